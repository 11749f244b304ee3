"""Control parts: what a part file of controls holds, checked whole before any of it is believed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.errors import StoreError
from telos.core.record import ControlEntry
from telos.core.tables import fits
from telos.measure.cause import SAID, verdict_of
from telos.measure.placebo import PER_CANDIDATE
from telos.runs.parts import AGAIN, PartFile

if TYPE_CHECKING:
    import polars

#: What is removed: a drive's pairs; those of an act off task; of one on task; of two acts together; and
#: again a drive's, as the part of its worth that goes with its cause.
DRIVE, ACT, WORK, JOINT, CAUSE = KINDS = ("drive", "act", "work", "joint", "cause")
#: Between the names of two acts that are removed together; between several names of one thing.
AND, OR = " + ", "; "
#: Sets of pairs that an arm's controls may have, draws apart: drives and acts.
MOST_SETS = 2_048
#: Draws of a drive's placebo where none are saved.
DRAWS = 40
#: Draws that an act has at most: with more than ten acts off task a verdict may err more often than .05.
MOST_DRAWS = 200
#: By so much the limits of a share may lie beyond its edges.
ROUNDING = 1e-6


@final
@dataclass(frozen=True, eq=False, repr=False)
class Controlled:
    """What the goals lose without one set of pairs, and without each draw in its place.

    Args:
        kind, name: what the set is.
        low, high: F[G], limits of the share of the range. acted: F[G], of what acting gains.
        draw_low, draw_high: F[G, K], the same of each draw; K = 0 where there is none.
        overlap: the part of the set's moves that a draw shares on average; NaN without draws.
        distance: of an act, from the default's next outcome; NaN for others.
        vanished: of a cause, how many states go with it; NaN for others.
        note: how an act was found; of a cause, its verdict, or why it cannot be told.
        also, covered: of an act, other names of its pairs, and the drives that have half of its moves.
    """

    kind: str
    name: str
    low: Floats
    high: Floats
    acted: Floats
    draw_low: Floats
    draw_high: Floats
    overlap: float
    distance: float
    vanished: float
    note: str
    also: tuple[str, ...]
    covered: tuple[str, ...]

    @property
    def share(self) -> Floats:
        """F[G], the middle of the limits; NaN where it cannot be told."""
        return floats((self.low + self.high) / 2)

    @property
    def draw_share(self) -> Floats:
        """F[G, K], the middle of the limits of each draw."""
        return floats((self.draw_low + self.draw_high) / 2)


@final
@dataclass(frozen=True, eq=False, repr=False)
class ArmControls:
    """The controls of one arm: best and worst outcome of each goal, and each set by kind and name.

    `idle` is the outcome that doing nothing comes to.
    """

    favorite: tuple[str, ...]
    worst: tuple[str, ...]
    sets: Mapping[tuple[str, str], Controlled]
    idle: str = ""

    def of(self, kind: str) -> tuple[Controlled, ...]:
        """The sets of one kind, in the order in which they were measured."""
        return tuple(each for (what, _), each in self.sets.items() if what == kind)


def read_controls(control: ControlEntry, parts: Sequence[PartFile]) -> ArmControls | None:
    """The controls of an arm; None if its part is not there.

    Raises:
        StoreError: if the part is damaged, or cannot be of a run.
    """
    if not parts:
        return None
    part = parts[0]
    frame = part.read()
    fits("control", frame.lazy(), part.path, "Delete it and run the study again.")
    try:
        return _checked(control, frame)
    except (ValueError, TypeError) as problem:
        raise StoreError(f"{part.path}: {problem}. {AGAIN}") from None


def draws_of_acts(draws: int, count: int) -> int:
    """How many draws each of M acts off task has in a record: `max(draws, 20 M)`, at most 200.

    Where draws are saved, at most twice those of a drive.

    Args:
        draws: those of a drive, and as many at least. count: M, acts off task.
    """
    most = MOST_DRAWS if draws >= DRAWS else 2 * draws
    return max(draws, min(PER_CANDIDATE * count, most))


def _checked(control: ControlEntry, frame: "polars.DataFrame") -> ArmControls:
    import polars as pl

    if len(frame) > (max(control.draws, MOST_DRAWS) + 1) * MOST_SETS * max(
        control.n_goals, frame["goal"].n_unique()
    ):
        raise ValueError("it holds more rows than controls can have")
    must = ("goal", "favorite", "worst", "kind", "name", "draw")
    if any(frame[name].null_count() for name in must):
        raise ValueError("a row lacks its goal, its set or its draw")
    mine = frame.filter(pl.col("goal") < control.n_goals)
    sets = dict(_sets(control, mine))
    if not sets:
        raise ValueError("it holds no set of pairs")
    first = mine.filter(pl.col("draw") == -1).unique("goal", keep="first").sort("goal")
    best, worst = (tuple(first[name].to_list()) for name in ("favorite", "worst"))
    return ArmControls(best, worst, sets, first["idle"][0] or "")


def _sets(
    control: ControlEntry, mine: "polars.DataFrame"
) -> Iterator[tuple[tuple[str, str], Controlled]]:
    """Each set with its draws, in the order of the part."""
    import polars as pl

    found = mine.partition_by("kind", "name", as_dict=True, maintain_order=True)
    enough = draws_of_acts(control.draws, sum(kind == ACT for kind, _ in found))
    for (kind, name), own in found.items():
        if kind not in KINDS:
            raise ValueError(f"a row is of the kind {kind!r:.40}, which nobody knows")
        rows = own.filter(pl.col("draw") == -1).sort("goal")
        draws = own.filter(pl.col("draw") != -1).sort("goal", "draw")
        width = (enough if kind == ACT else control.draws) if len(draws) else 0
        one = rows.row(0, named=True) if len(rows) else {}
        own_grids = {
            c: _grid(control, rows, c, (-1,))[:, 0] for c in ("share_low", "share_high", "acted")
        }
        draw_grids = {
            c: _grid(control, draws, c, range(width)) for c in ("share_low", "share_high")
        }
        yield (
            (kind, name),
            Controlled(
                kind=kind,
                name=name,
                low=floats(own_grids["share_low"]),
                high=floats(own_grids["share_high"]),
                acted=floats(own_grids["acted"]),
                draw_low=draw_grids["share_low"],
                draw_high=draw_grids["share_high"],
                overlap=_number(one.get("overlap")),
                distance=_number(one.get("distance")),
                vanished=_number(one.get("vanished")),
                note=_note(kind, rows),
                also=_names(one.get("also")),
                covered=_names(one.get("covered")),
            ),
        )


def _note(kind: str, rows: "polars.DataFrame") -> str:
    """What is said of a set; of a cause, what its goals say together, or why it cannot be told."""
    words = [word or "" for word in rows["note"].to_list()]
    first = words[0] if words else ""
    return verdict_of(words) if kind == CAUSE and first in SAID else first


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(filter(None, (text or "").split(OR)))


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)


def _grid(
    control: ControlEntry, rows: "polars.DataFrame", column: str, draws: Sequence[int]
) -> Floats:
    """F[G, K], the numbers of rows sorted by goal and draw; each of them must be there, once."""
    import polars as pl

    held = len(rows) == control.n_goals * len(draws)  # before numbers are made for a claim of more
    if (
        not held
        or rows["goal"].to_list() != np.repeat(np.arange(control.n_goals), len(draws)).tolist()
        or rows["draw"].to_list() != list(draws) * control.n_goals
    ):
        raise ValueError("a set lacks goals or draws, or has some twice")
    values = rows[column].cast(pl.Float64).fill_null(np.nan).to_numpy()
    with np.errstate(invalid="ignore"):
        out = np.abs(values) > 1.0 + ROUNDING
    if out.any():
        raise ValueError(f"{column} is {values[int(np.argmax(out))]:.6g}, which no share is")
    return floats(values.reshape(control.n_goals, len(draws)))
