"""What every chart is: a title that says the finding, a subtitle with measure and unit, its data, and how it is drawn.

Belongs here: the frame, colours, axes and the three forms (PNG, SVG, CSV). The drawing of each kind stands in the
modules beside this one. Charts are drawn through the object interface of matplotlib on a `Figure` of their own: no
global state, so threads may draw at the same time.

Colours are from the Okabe-Ito and ColorBrewer sets: safe for colour-blind readers and distinct when printed in grey.
"""

import io
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from textwrap import wrap
from typing import Any, Required, TypedDict

import pandas as pd

from ossu_analysis import texts

BLUE, SKY, ORANGE, GREEN, GREY, INK = "#0B5394", "#8FBDE0", "#C25A00", "#00795C", "#8A939B", "#1F2933"
LIGHT = "#DCE3EA"
SEQUENTIAL = ("#EFF3FF", "#BDD7E7", "#6BAED6", "#3182BD", "#08519C")
HATCH_MISSING = "////"
PAPER = 150
"""Dots per inch of the PNG that documents hold."""
FAST: dict[str, Any] = {"pil_kwargs": {"compress_level": 1}}
"""PNG that is a tenth larger and written twice as fast."""
WIDTH = 6.3
"""Inches: the text width of an A4 page with margins of 2 cm and a little over."""


class Head(TypedDict, total=False):
    """What every function that makes a chart is told by name and hands on to the `Chart`, which says what it means."""

    key: Required[str]
    title: Required[str]
    subtitle: Required[str]
    source: str
    is_demonstration: bool


@dataclass(frozen=True)
class Chart:
    """A chart that has not been drawn yet.

    Parameters
    ----------
    data : DataFrame
        What is drawn, as a reader would want it in a CSV.
    draw : callable
        Receives the matplotlib figure and the room left by the title (top edge, 0 to 1).
    height, width : float
        Inches.
    key : str
        Stable ASCII name, used for files.
    title, subtitle : str
        The finding; the measure, unit and territory.
    source : str
        Printed under the chart.
    is_demonstration : bool
        Whether „демонстрационни данни“ is printed on it.
    """

    data: pd.DataFrame
    draw: Callable[[Any, float], None]
    height: float = 3.4
    width: float = WIDTH
    _: KW_ONLY
    key: str
    title: str
    subtitle: str
    source: str = ""
    is_demonstration: bool = False

    def __post_init__(self) -> None:
        for name in ("title", "subtitle", "source"):
            object.__setattr__(self, name, texts.printable(getattr(self, name)))

    @property
    def description(self) -> str:
        """Words for readers who do not see the chart."""
        mark = f" {texts.text('common.demonstration')}." if self.is_demonstration else ""
        return f"{self.title.rstrip('.')}. {self.subtitle}.{mark}"

    @cached_property
    def figure(self) -> Any:
        """The drawn matplotlib figure; drawn once, whatever the number of forms asked for."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(self.width, self.height))
        top = _head(figure, self)
        self.draw(figure, top)
        return figure

    def png(self, dpi: int = PAPER) -> bytes:
        """PNG; 150 dots per inch for paper, 88 for a page 550 pixels wide."""
        return self._paper if dpi == PAPER else self._saved("png", dpi=dpi, **FAST)

    @cached_property
    def _paper(self) -> bytes:
        return self._saved("png", dpi=PAPER, **FAST)

    def svg(self) -> bytes:
        """SVG; text stays text, without a creation date, so the same chart is the same file."""
        import matplotlib as mpl

        with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": self.key}):
            return self._saved("svg", metadata={"Date": None})

    def _saved(self, form: str, **options: Any) -> bytes:
        stream = io.BytesIO()
        self.figure.savefig(stream, format=form, **options)
        return stream.getvalue()

    def csv(self) -> bytes:
        """The data as a spreadsheet in Bulgarian settings opens them: ``;``, decimal comma, UTF-8 with BOM."""
        return self.data.to_csv(index=False, sep=";", decimal=",").encode("utf-8-sig")


def _head(figure: Any, chart: Chart) -> float:
    """Write title, subtitle, source and mark; return the top edge that is left for the axes."""
    characters = round(chart.width * 10.9)
    title, subtitle = wrap(chart.title, characters), wrap(chart.subtitle, round(characters * 1.32))
    line = 1 / (chart.height * 72)
    top = 1 - 6 * line
    figure.text(0.012, top, "\n".join(title), size=10, weight="bold", color=INK, va="top", linespacing=1.15)
    top -= 13.5 * line * len(title)
    figure.text(0.012, top, "\n".join(subtitle), size=8, color="#48525C", va="top", linespacing=1.15)
    top -= 11 * line * len(subtitle)
    foot = wrap(chart.source, round(characters * 1.5))[:2]
    figure.text(0.012, 3 * line, "\n".join(foot), size=6.8, color="#5B6670", va="bottom")
    if chart.is_demonstration:
        mark = texts.text("common.demonstration")
        box = {"facecolor": "#FFF4D6", "edgecolor": "#B58900", "linewidth": 0.6, "pad": 2}
        figure.text(0.988, 3 * line, mark, size=7, color="#6B4E00", va="bottom", ha="right", bbox=box)
    return top - 4 * line


def place(chart_height: float, foot_lines: int = 1) -> float:
    """Bottom edge that leaves room for tick labels and the source line."""
    return (24 + 10 * foot_lines) / (chart_height * 72)


def room(largest: float, size: float) -> float:
    """Share of a chart's width that numbers up to ``largest`` take in letters of ``size`` points."""
    return (len(texts.number(largest)) + 1) * 0.62 * size / (WIDTH * 72)


def clean(axes: Any, grid: str = "y") -> None:
    """Take away the frame, lighten ticks, keep a faint grid along one axis."""
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=7.5, length=0, colors="#48525C")
    if grid:
        axes.grid(axis=grid, color=LIGHT, linewidth=0.6)
        axes.set_axisbelow(True)


def bulgarian_numbers(axis: Any, digits: int = 0) -> None:
    """Tick labels as ``12 345,6``."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=5, integer=digits == 0))
    axis.set_major_formatter(FuncFormatter(lambda value, _: texts.number(value, digits)))


def whole_years(axis: Any, nbins: int = 6) -> None:
    """Year ticks without a thousands separator."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=nbins, integer=True))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))


def empty(axes: Any) -> None:
    """Say „няма данни“ where there is nothing to draw."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, texts.text("common.no_data"), ha="center", va="center", size=9, color=GREY,
              transform=axes.transAxes)  # fmt: skip
