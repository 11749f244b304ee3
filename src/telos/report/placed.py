"""Placed: dots with names that do not run into one another, as one panel of a figure."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

from telos.report.arms import KINDS, Arm
from telos.report.draw import INK, Figure, draw, rows
from telos.report.words import known, percent, steadied

WIDTH, HEIGHT = 400, 270
#: Of the panel, above all that is kept, for names.
HEADROOM = 0.3
#: Of one letter at the size of the names; of one line.
LETTER, LINE = 5.6, 13.0
SIZE = 10.5
MOST_LETTERS = 62
KIND_COLORS = {
    "specification": "#2272b4",
    "restriction": "#c2571a",
    "oversight": "#1f8a70",
    "combined": "#8e5ea2",
}
KIND_SHAPES = {
    "specification": "circle",
    "restriction": "square",
    "oversight": "triangle-up",
    "combined": "diamond",
}


@final
@dataclass(frozen=True)
class Mark:
    """One safeguard in one panel: where it stands, with the ends of both intervals.

    That of no safeguard has no trial.
    """

    trial: str
    arm: Arm
    rate: float
    rate_ends: tuple[float | None, float | None]
    kept: float
    kept_ends: tuple[float | None, float | None]


@final
@dataclass(frozen=True)
class Name:
    """A name beside its dot: the text, where it starts or ends, and the dot it belongs to."""

    text: str
    x: float
    y: float
    align: str
    dot: tuple[float, float]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, right, top and bottom, in pixels."""
        wide = LETTER * len(self.text)
        left = self.x if self.align == "left" else self.x - wide
        return left, left + wide, self.y - LINE / 2, self.y + LINE / 2


def price_panel(marks: Sequence[Mark], front: Sequence[int], name: str, title: str) -> Figure:
    """Value kept against the rate that is left, one dot a safeguard, the undominated ones joined.

    Args:
        marks: the safeguards, and no safeguard. front: places of the undominated, by the rate.
        name, title: the figure's own name, and the drive's.
    """
    import altair as alt

    least = min([mark.kept for mark in marks] + [marks[i].kept_ends[0] or 1.0 for i in front])
    low = max(-1.0, min(0.95, least) - 0.02)
    top = 1 + HEADROOM * (1 - low)
    x = alt.X("rate:Q").scale(domain=[-0.02, 1.02], nice=False)
    x = x.axis(format="~%", values=[0, 0.25, 0.5, 0.75, 1], grid=True)
    y = alt.Y("kept:Q").scale(domain=[low, top], nice=False, zero=False)
    y = y.axis(format="~%", values=_stops(low)).title("task value kept")
    x = x.title("goals that still require the drive")
    dots = alt.Chart(rows([_dot(mark) for mark in marks if mark.trial]))
    layers: list[Any] = [*_bars(marks, front, x, y)]
    joined = alt.Chart(rows([_dot(marks[i]) for i in front]))
    layers.append(
        joined.mark_line(color=INK, strokeWidth=1.3, opacity=0.55).encode(x=x, y=y, order="rate:Q")
    )
    layers += _none(marks, x, y)
    layers.append(
        dots.mark_point(filled=True, opacity=0.85, size=58, stroke="white", strokeWidth=0.7).encode(
            x=x,
            y=y,
            color=alt.Color("kind:N", legend=None).scale(
                domain=list(KINDS), range=[KIND_COLORS[kind] for kind in KINDS]
            ),
            shape=alt.Shape("kind:N", legend=None).scale(
                domain=list(KINDS), range=[KIND_SHAPES[kind] for kind in KINDS]
            ),
            description="words:N",
        )
    )
    layers += _names(names(marks, front, low, top), (low, top), x, y)
    best = ", ".join(marks[i].arm.label for i in front)
    label = f"{title}: task value kept against the rate still required; undominated: {best}"
    figure = draw(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT), name, label)
    return Figure(_told(figure.svg), figure.label)


def names(marks: Sequence[Mark], front: Sequence[int], low: float, top: float) -> list[Name]:
    """The names of the undominated dots, moved up or down until none covers another.

    No dot lies up and to the left of an undominated one, so names go there while there is room.

    Args:
        marks, front: as in `price_panel`. low, top: the values at the ends of the panel.

    Returns:
        One name a place: dots that lie on one another share it.
    """
    dots = [_spot(mark, low, top) for mark in marks]
    places: dict[tuple[float, float], list[str]] = {}
    for i in front:
        places.setdefault(dots[i], []).append(marks[i].arm.title)
    found: list[Name] = []
    for dot, texts in sorted(places.items(), reverse=True):
        tries = _tries(_short(texts), dot)
        found.append(min(tries, key=lambda name: _cost(name, found, dots)))
    return found


def _stops(low: float) -> list[float]:
    """Round values of the axis, none above all."""
    step = next(step for step in (0.02, 0.05, 0.1, 0.2, 0.5) if (1 - low) / step <= 6)
    return [round(1 - step * k, 4) for k in range(6) if 1 - step * k >= low]


def _spot(mark: Mark, low: float, top: float) -> tuple[float, float]:
    """Where a dot is, in pixels from the left and from above."""
    across = WIDTH * (mark.rate + 0.02) / 1.04
    return round(across, 1), round(HEIGHT * (top - mark.kept) / (top - low), 1)


def _tries(text: str, dot: tuple[float, float]) -> list[Name]:
    """Places for a name, those near its dot and above it first."""
    x, y = dot
    wide = LETTER * len(text)
    sides = [("right", max(x + 4, wide)), ("left", min(x - 4, WIDTH - wide)), ("left", x + 9)]
    found = []
    for k in range(16):
        for away in (-(10 + LINE * k), 10 + LINE * k):
            inside = LINE / 2 <= y + away <= HEIGHT - LINE / 2
            found += [Name(text, at, y + away, align, dot) for align, at in sides if inside]
    return found


def _cost(name: Name, others: Sequence[Name], dots: Sequence[tuple[float, float]]) -> float:
    """How badly a name stands: over another name, over dots, far away, out of the panel."""
    left, right, top, bottom = name.box
    covered = sum(left - 5 < x < right + 5 and top - 3 < y < bottom + 3 for x, y in dots)
    over = sum(_overlap(name, other) for other in others)
    out = max(0.0, -left) + max(0.0, right - WIDTH)
    below = 8.0 if name.y > name.dot[1] else 0.0
    return 1e4 * over + 60.0 * covered + 30.0 * out + abs(name.y - name.dot[1]) + below


def _short(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - 1} more" if len(texts) > 1 else ""
    room = MOST_LETTERS - len(more)
    first = texts[0] if len(texts[0]) <= room else f"{texts[0][: room - 1].rstrip()}\u2025"
    return first + more


def _overlap(a: Name, b: Name) -> bool:
    (left, right, top, bottom), (l2, r2, t2, b2) = a.box, b.box
    return left < r2 + 4 and l2 < right + 4 and top < b2 and t2 < bottom


def _dot(mark: Mark) -> dict[str, Any]:
    words = (
        f"{mark.arm.label}: {percent(mark.rate)} still require the drive, "
        f"{steadied(mark.kept, None, None)} of the task kept"
    )
    return {"rate": mark.rate, "kept": mark.kept, "kind": mark.arm.kind, "words": words}


def _bars(marks: Sequence[Mark], front: Sequence[int], x: Any, y: Any) -> list[Any]:
    """Both intervals of the undominated dots."""
    import altair as alt

    across = [
        {"rate": m.rate_ends[0], "end": m.rate_ends[1], "kept": m.kept}
        for m in (marks[i] for i in front if marks[i].trial)
        if all(map(known, m.rate_ends))
    ]
    along = [
        {"rate": m.rate, "kept": m.kept_ends[0], "end": min(m.kept_ends[1] or 1.0, 1.0)}
        for m in (marks[i] for i in front)
        if all(map(known, m.kept_ends))
    ]
    style: dict[str, Any] = {"color": INK, "opacity": 0.22, "strokeWidth": 1.2}
    found: list[Any] = []
    if across:
        found.append(alt.Chart(rows(across)).mark_rule(**style).encode(x=x, x2="end:Q", y=y))
    if along:
        found.append(alt.Chart(rows(along)).mark_rule(**style).encode(x=x, y=y, y2="end:Q"))
    return found


def _none(marks: Sequence[Mark], x: Any, y: Any) -> list[Any]:
    """A cross where things stand without any safeguard."""
    import altair as alt

    free = [_dot(mark) for mark in marks if not mark.trial]
    if not free:
        return []
    data = alt.Chart(rows(free))
    cross = data.mark_point(shape="cross", color=INK, filled=True, size=80, angle=45, opacity=1)
    return [cross.encode(x=x, y=y, description="words:N")]


def _names(found: Sequence[Name], ends: tuple[float, float], x: Any, y: Any) -> list[Any]:
    """The names, and a thin line from each that was moved to its dot."""
    import altair as alt

    def spot(across: float, down: float) -> tuple[float, float]:
        return across / WIDTH * 1.04 - 0.02, ends[1] - down / HEIGHT * (ends[1] - ends[0])

    layers: list[Any] = []
    lines = []
    for name in found:
        if abs(name.y - name.dot[1]) > LINE:
            left, right, _, _ = name.box
            near = min(max(name.dot[0], left), right)
            under = name.y + LINE / 2 * (1 if name.y < name.dot[1] else -1)
            (rate, kept), (end, top) = spot(*name.dot), spot(near, under)
            lines.append({"rate": rate, "kept": kept, "end": end, "top": top})
    if lines:
        rule = alt.Chart(rows(lines)).mark_rule(color=INK, opacity=0.3, strokeWidth=0.8)
        layers.append(rule.encode(x=x, y=y, x2="end:Q", y2="top:Q"))
    for align in ("left", "right"):
        texts = [
            {"text": name.text, "rate": rate, "kept": kept}
            for name in found
            if name.align == align
            for rate, kept in (spot(name.x, name.y),)
        ]
        if texts:
            text = alt.Chart(rows(texts)).mark_text(
                align=align, baseline="middle", fontSize=SIZE, color=INK, limit=0
            )
            layers.append(text.encode(x=x, y=y, text="text:N"))
    return layers


def _told(svg: str) -> str:
    """What each dot is, as a title that a reader sees when pointing at it."""
    return re.sub(
        r'<path aria-label="([^"]*)"([^>]*?)/?>(</path>)?',
        lambda found: (
            f"<path{found[2].rstrip('/')}><title>"
            f"{html.escape(html.unescape(found[1]), quote=False)}</title></path>"
        ),
        svg,
    )
