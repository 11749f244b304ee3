"""Figure: an Altair chart as inline SVG that follows the page's colors and needs no network."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, final

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
#: Colors that stand for those of the page, which differ between light and dark.
INK, PAPER, NEED, DEED, GRAY = "#010203", "#040506", "#070809", "#0a0b0c", "#0d0e0f"
THEMED = {
    INK: "currentColor",
    PAPER: "var(--paper)",
    NEED: "var(--need)",
    DEED: "var(--deed)",
    GRAY: "var(--gray)",
    "#0072B2": "var(--first)",  # too dark a blue for a dark page
}
#: What every mark repeats, and the page says once or not at all.
IDLE = (
    r' (?:aria-[a-z]+|role|font-family|class)="[^"]*"| font-weight="normal"| font-size="12px"'
    r'|(?<=\d|") opacity="1"| stroke-miterlimit="10"'
)
#: Okabe and Ito's, of which `THEMED` lightens the first on dark pages, in the order in which lines take them.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
SHAPES = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross")
DASHES = ((1, 0), (6, 3), (2, 2), (8, 2, 2, 2), (4, 4), (10, 3))


@final
@dataclass(frozen=True)
class Figure:
    """A drawn chart.

    Args:
        svg: an ``<svg role="img" aria-label=…>`` element, ready to stand in a page.
        label: what it shows, in words.
    """

    svg: str
    label: str


def data(records: Sequence[Any]) -> dict[str, Any]:
    """Altair data from a few records."""
    return {"values": list(records)}


def draw(chart: Any, name: str, label: str) -> Figure:
    """Render an Altair chart; the same chart gives the same text.

    Args:
        chart: the chart; colors of `THEMED` follow the page.
        name: unique on the page; marks inside the figure are named after it.
        label: what the figure shows, for readers who do not see it.
    """
    import vl_convert

    spec = chart.to_dict(validate=False)  # vl-convert says what is wrong; this costs seconds
    spec["config"] = {**_config(), **spec.get("config", {})}
    svg = vl_convert.vegalite_to_svg(spec, vl_version=_version())
    return Figure(_adapted(svg, name, label), label)


@cache
def _version() -> str:
    """The newest Vega-Lite that altair writes for and vl-convert can draw."""
    import altair
    import vl_convert

    wanted = ".".join(altair.SCHEMA_VERSION.lstrip("v").split(".")[:2])
    known = vl_convert.get_vegalite_versions()
    return wanted if wanted in known else str(known[-1])


def _config() -> dict[str, Any]:
    text = {"labelColor": INK, "titleColor": INK, "labelFont": FONT, "titleFont": FONT}
    sizes = {"labelFontSize": 11, "titleFontSize": 11.5, "titleFontWeight": "normal"}
    lines = {"domainColor": INK, "tickColor": INK, "gridColor": INK}
    faint = {"domainOpacity": 0.35, "tickOpacity": 0.35, "gridOpacity": 0.12}
    limits = {"labelLimit": 0, "titleLimit": 0, "labelFlush": False, "tickSize": 4}
    return {
        "background": None,
        "font": FONT,
        "view": {"stroke": None},
        "axis": {**text, **sizes, **lines, **faint, **limits},
        "text": {"font": FONT, "color": INK},
        "legend": {**text, "labelFontSize": 11},
        "title": {"font": FONT, "color": INK, "fontSize": 12.5, "anchor": "start"},
    }


def _adapted(svg: str, name: str, label: str) -> str:
    """Colors that follow the page, ids of the figure's own, a name in words, and nothing idle."""
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"', "", svg)
    svg = re.sub(IDLE, "", svg)
    svg = re.sub(r"(\d\.\d)\d+", r"\1", svg)
    svg = re.sub(r"M([\d.]+),([\d.]+)L([\d.]+),\2(?![\d.])", r"M\1,\2H\3", svg)
    for stand_in, color in THEMED.items():
        svg = svg.replace(stand_in, color)
    ids = {found: f"{name}-{i}" for i, found in enumerate(re.findall(r' id="([^"]+)"', svg))}
    for found, ours in ids.items():
        svg = svg.replace(f'id="{found}"', f'id="{ours}"').replace(f"#{found})", f"#{ours})")
    return svg.replace("<svg", f'<svg role="img" aria-label="{html.escape(label)}"', 1)
