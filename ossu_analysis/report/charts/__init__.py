"""Charts of the report, in matplotlib: functions that take a small tidy frame and return a `Chart` to draw later."""

from ossu_analysis.report.charts.accuracy import backtest_bars, calibration, monitoring_dots
from ossu_analysis.report.charts.base import Chart
from ossu_analysis.report.charts.outlook import scenario_ranges, waterfalls
from ossu_analysis.report.charts.population import age_name, fan, pyramid
from ossu_analysis.report.charts.services import demand_multiples, gap_heatmap
from ossu_analysis.report.charts.tiles import tile_layout, tile_map

__all__ = [
    "Chart",
    "age_name",
    "backtest_bars",
    "calibration",
    "demand_multiples",
    "fan",
    "gap_heatmap",
    "monitoring_dots",
    "pyramid",
    "scenario_ranges",
    "tile_layout",
    "tile_map",
    "waterfalls",
]
