"""Forest: one figure for every study; rows are what it varies, columns the drives.

It is drawn as paths in units of the axis, without text: labels and ticks are the page's own, so that one
drawing serves every width and 500 cells take 50 kB.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from telos.report.words import Estimate

#: Height of a row in figures of up to 60 rows, and in longer ones.
LINE, LOW_LINE, MOST_LINES = 20, 16, 60
#: The need stands this far above the middle of its row, the deed as far below.
APART = 4
#: From back to front: classes of the style sheet, and the kinds of marks that they hold.
LAYERS = (
    "row", "need-before", "deed-before", "need-whisker", "deed-whisker", "measure-whisker",
    "baseline", "need", "deed", "measure",
)  # fmt: skip
#: Dots that are drawn again, smaller, in the color of the paper: open ones.
OPEN = ("deed-before", "deed")


@final
@dataclass(frozen=True)
class Mark:
    """What one panel shows on one line.

    Args:
        need: filled. deed: open. measure: something else, in ink. baseline: a tick on the deed.
        before: need and deed in the reference, gray.
    """

    need: Estimate | None = None
    deed: Estimate | None = None
    measure: Estimate | None = None
    baseline: float | None = None
    before: tuple[float | None, float | None] = (None, None)


@final
@dataclass(frozen=True)
class Line:
    """A line of the forest: a label, and a mark a panel; without any, a heading."""

    label: str
    marks: Mapping[str, Mark]


@final
@dataclass(frozen=True)
class Axis:
    """The axis that all panels share: its ends, and the numbers that stand below it."""

    low: float = 0.0
    high: float = 1.0
    ticks: tuple[tuple[float, str], ...] = ((0.0, "0"), (0.5, "50"), (1.0, "100"))

    def at(self, value: float) -> float:
        """Where a value is, in hundredths of the width, inside it."""
        return 100 * min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


@final
@dataclass(frozen=True)
class Panel:
    """One column: its title, what it shows in words, and the paths by their class."""

    title: str
    label: str
    paths: tuple[tuple[str, str, bool], ...]


@final
@dataclass(frozen=True)
class Forest:
    """The figure: labels (with whether each is a heading), panels, the axis.

    Args:
        compares: whether anything is compared with a state before. line: height of a row.
    """

    labels: tuple[tuple[str, bool], ...]
    panels: tuple[Panel, ...]
    ticks: tuple[tuple[float, str], ...]
    compares: bool
    line: int

    @property
    def room(self) -> float:
        """The room that its labels need, in rem: at least 15.5, and at most 32."""
        longest = max((len(text) for text, heads in self.labels if not heads), default=0)
        return min(32.0, max(15.5, 0.46 * longest))

    @property
    def height(self) -> int:
        """Of the drawing."""
        return self.line * len(self.labels)


def forest(lines: Sequence[Line], panels: Mapping[str, str], axis: Axis | None = None) -> Forest:
    """The figure of these lines.

    Args:
        lines: from the top down. panels: the title of each panel by the key of its marks.
        axis: of every panel; rates in percent unless given.
    """
    scale = axis or Axis()
    height = LINE if len(lines) <= MOST_LINES else LOW_LINE
    drawn = []
    for key, title in panels.items():
        marks = [(i, line.marks[key]) for i, line in enumerate(lines) if key in line.marks]
        paths = _paths(marks, scale, height)
        some = tuple((kind, paths[kind], kind in OPEN) for kind in LAYERS if kind in paths)
        said = f"{title}: {len(marks)} rows; their numbers are in the table below"
        drawn.append(Panel(title, said, some))
    return Forest(
        labels=tuple((line.label, not line.marks) for line in lines),
        panels=tuple(drawn),
        ticks=tuple((scale.at(value), text) for value, text in scale.ticks),
        compares=any(m.before != (None, None) for line in lines for m in line.marks.values()),
        line=height,
    )


def _paths(marks: Sequence[tuple[int, Mark]], axis: Axis, line: int) -> dict[str, str]:
    """Every kind of mark as one path; a dot is a line of no length with round ends."""
    found: dict[str, list[str]] = {}

    def put(kind: str, y: int, low: float | None, high: float | None) -> None:
        if low is not None and high is not None:
            left, right = axis.at(low), axis.at(high)
            end = "h0" if left == right else f"H{right:.4g}"
            found.setdefault(kind, []).append(f"M{left:.4g},{y}{end}")

    for i, mark in marks:
        middle = line * i + line // 2
        put("row", middle, axis.low, axis.high)
        for kind, here, before, y in (
            ("need", mark.need, mark.before[0], middle - APART),
            ("deed", mark.deed, mark.before[1], middle + APART),
            ("measure", mark.measure, None, middle),
        ):
            put(f"{kind}-before", y, before, before)
            if here is not None:
                put(f"{kind}-whisker", y, here.low, here.high)
                put(kind, y, here.value, here.value)
        if mark.baseline is not None:
            at = axis.at(mark.baseline)
            found.setdefault("baseline", []).append(f"M{at:.4g},{middle - 1}v10")
    return {kind: "".join(pieces) for kind, pieces in found.items()}
