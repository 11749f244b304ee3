"""Draw: a chart becomes inline SVG that needs no network, no script and no browser to make."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, final

#: Stands for the page's own text color, so that a figure is right on white, on black and on paper.
INK = "#010203"
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
CATEGORY_COLORS = {"required": "#2272b4", "indifferent": "#9aa3ad", "avoided": "#d9602b"}


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


def rows(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Altair data from a few records, aggregated beforehand."""
    return {"values": records}


def draw(chart: Any, name: str, label: str) -> Figure:
    """Render an altair chart.

    Args:
        chart: the chart; its marks use `INK` for whatever should follow the page's text color.
        name: unique on the page; marks inside the figure are named after it.
        label: what the figure shows, for readers who do not see it.
    """
    import vl_convert

    spec = chart.to_dict(validate=False)  # vl-convert says what is wrong; this costs seconds
    spec["config"] = {**spec.get("config", {}), **_config()}
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
    return {
        "background": None,
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            **text,
            "labelFontSize": 11,
            "titleFontSize": 11,
            "titleFontWeight": "normal",
            "labelOpacity": 0.85,
            "titleOpacity": 0.85,
            "labelFlush": False,
            "labelLimit": 0,
            "titleLimit": 0,
            "domainColor": INK,
            "domainOpacity": 0.35,
            "tickColor": INK,
            "tickOpacity": 0.35,
            "gridColor": INK,
            "gridOpacity": 0.1,
        },
        "text": {"font": FONT, "color": INK},
    }


def _adapted(svg: str, name: str, label: str) -> str:
    """Colors that follow the page, ids of the figure's own, and a name in words."""
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"', "", svg)
    svg = svg.replace(INK, "currentColor")
    ids = {found: f"{name}-{i}" for i, found in enumerate(re.findall(r'id="([^"]+)"', svg))}
    for found, ours in ids.items():
        svg = svg.replace(f'id="{found}"', f'id="{ours}"').replace(
            f"url(#{found})", f"url(#{ours})"
        )
    quoted = label.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    opening = f'<svg role="img" aria-label="{quoted}"'
    return re.sub(r' aria-roledescription="[^"]*"', "", svg).replace("<svg", opening, 1)
