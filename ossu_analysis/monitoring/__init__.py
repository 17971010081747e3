"""Did the last plan come true, what moved: an earlier forecast against what has been observed since."""

from ossu_analysis.monitoring.deviation import population_deviation

__all__ = ["population_deviation"]
