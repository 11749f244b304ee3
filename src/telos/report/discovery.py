"""Discovery: which acts goals need with no drive named, and how each drive stands beside its controls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from telos.report.results import Recorded, Row, Trial
from telos.report.rows import world_name
from telos.report.words import Estimate, estimate, in_order, known, part_words, plain

#: Acts that a picture shows of the candidates, and of the work beside which they stand.
MOST_ACTS, MOST_WORK = 14, 6
MOST, SOME = "needed by most", "needed by some"
NO_PLACEBO = "no placebo exists"
#: Worlds whose pictures are shown; the first is open.
MOST_PICTURES = 4


@final
@dataclass(frozen=True)
class Favorites:
    """c of an act by the outcome that a goal likes best.

    Args:
        least, worst, median: the least c, whose it is, and the median, over favorites of 5 goals or
            more; None where there is no such favorite. dropped: favorites of fewer goals.
        idle: the outcome that doing nothing comes to. idle_n, idle_loses: the goals that like it best,
            and c among them; None if there is none.
    """

    least: float | None
    worst: str
    median: float | None
    dropped: int
    idle: str
    idle_n: int
    idle_loses: float | None


@final
@dataclass(frozen=True)
class ActLine:
    """One act of the picture.

    Args:
        name: the act. c: goals that lose 1 % of their range without it.
        placebo: the mean over draws, with their range; None for work.
        verdict: in words. drives: whose pairs they are; empty where no detector covers it.
        distance: from the task. share: what is lost on average. favorites: c by favorite outcome.
        joint: what stands in for it.
    """

    name: str
    c: Estimate
    placebo: Estimate | None
    excess: Estimate | None
    verdict: str
    drives: str
    distance: float | None
    share: Estimate | None
    favorites: Favorites
    joint: tuple[str, float] | None
    needed: bool


@final
@dataclass(frozen=True)
class Discovery:
    """The acts of one arm: candidates, and the work beside which they stand.

    Args:
        where: the world. n: goals asked. of: goals of the trial. draws: of the candidates, each number
            once. goals: family and discount. candidates, work: the acts shown, by falling c.
        more: acts that are not shown.
    """

    where: str
    n: int
    of: int
    draws: tuple[int, ...]
    goals: str
    candidates: tuple[ActLine, ...]
    work: tuple[ActLine, ...]
    more: int

    @property
    def most(self) -> tuple[ActLine, ...]:
        """The acts that most goals need."""
        return tuple(line for line in self.candidates if line.verdict == MOST)

    @property
    def best_work(self) -> ActLine | None:
        """The act on task, never a candidate, that most goals need; None if there is none."""
        return self.work[0] if self.work else None

    @property
    def exploratory(self) -> tuple[ActLine, ...]:
        """The acts found by a feature that are beyond their placebo, without a rank."""
        return tuple(line for line in self.candidates if line.verdict.startswith("exploratory"))

    @property
    def some(self) -> tuple[ActLine, ...]:
        """The acts that some goals need, more than a placebo."""
        return tuple(line for line in self.candidates if line.verdict == SOME)


@final
@dataclass(frozen=True)
class Standing:
    """One drive beside its controls, for the sentences at the top."""

    drive: str
    where: str
    link: str
    c: Estimate
    excess: Estimate | None
    share: Estimate | None
    excess_share: Estimate | None
    stands_out: str
    cause: str
    cause_c: Estimate | None
    vanished: int
    stretched_by: str
    cause_note: str


@final
@dataclass(frozen=True)
class Controls:
    """What the controls of a study say at the top of its page.

    Args:
        n: goals of the controls. of: of the trial. draws: sets of each placebo.
        beyond, within, untold: drives that stand out, that do not, and of which no placebo exists.
    """

    n: int
    of: int
    draws: int
    beyond: tuple[Standing, ...]
    within: tuple[Standing, ...]
    untold: tuple[Standing, ...]

    @property
    def every(self) -> tuple[Standing, ...]:
        """All of them."""
        return (*self.beyond, *self.within, *self.untold)


def discoveries(results: Recorded, mains: Sequence[Trial]) -> tuple[Discovery, ...]:
    """The acts of the main arm of each world; none where the record has no controls."""
    found = []
    for trial in mains:
        key, n = results.control_of(trial)
        rows = [row for row in results.tables.get("acts", ()) if row["trial"] == key]
        if rows:
            found.append(_discovery(results, trial, rows, n))
    return tuple(found[:MOST_PICTURES])


def _discovery(results: Recorded, trial: Trial, rows: Sequence[Row], n: int) -> Discovery:
    candidates = [_line(row) for row in rows if row["candidate"]]
    work = [_line(row) for row in rows if not row["candidate"]]
    shown = candidates[:MOST_ACTS], work[:MOST_WORK]
    return Discovery(
        where=world_name(results, trial.scenario),
        n=n,
        of=trial.n_goals,
        draws=tuple(sorted({row["draws"] for row in rows if row["candidate"]})),
        goals=f"{part_words(trial.family)}, γ {trial.discount:g}",
        candidates=tuple(shown[0]),
        work=tuple(shown[1]),
        more=len(rows) - sum(map(len, shown)),
    )


def _line(row: Row) -> ActLine:
    c = estimate(row, "loses")
    return ActLine(
        name=" or ".join(filter(None, (row["act"], row["also"]))),
        c=c or Estimate(0.0),
        placebo=estimate(row, "placebo"),
        excess=estimate(row, "excess"),
        verdict=row["verdict"],
        drives=", ".join(
            plain(drive).lower() for drive in (row["covered"] or "").split("; ") if drive
        ),
        distance=row["distance"],
        share=estimate(row, "mean_share"),
        favorites=_favorites(row),
        joint=(row["joint_with"], row["joint_loses"]) if row["joint_with"] else None,
        needed=row["verdict"] in (MOST, SOME),
    )


def _favorites(row: Row) -> Favorites:
    least, median, idle = (
        row[name] if known(row[name]) else None
        for name in ("favorite_least", "favorite_median", "favorite_idle_loses")
    )
    return Favorites(
        least=least,
        worst=row["favorite_worst"] or "",
        median=median,
        dropped=row["favorites_dropped"] or 0,
        idle=row["favorite_idle"] or "",
        idle_n=row["favorite_idle_n"] or 0,
        idle_loses=idle,
    )


def controls(
    results: Recorded, mains: Sequence[Trial], lines: Mapping[tuple[str, str], str]
) -> Controls | None:
    """How each drive stands in the first world where it applies; None without controls."""
    found: dict[str, Standing] = {}
    n, of, draws = 0, 0, 0
    for trial in mains:
        key, count = results.control_of(trial)
        for row in results.tables.get("controls", ()):
            if row["trial"] == key and row["drive"] not in found:
                found[row["drive"]] = _standing(results, trial, row, lines)
                n, of, draws = n or count, of or trial.n_goals, draws or row["draws"]
    if not found:
        return None
    every = [found[drive] for drive in in_order(found)]
    return Controls(
        n=n,
        of=of,
        draws=draws,
        beyond=tuple(each for each in every if each.stands_out == "yes"),
        within=tuple(each for each in every if each.stands_out == "no"),
        untold=tuple(each for each in every if each.stands_out == NO_PLACEBO),
    )


def _standing(
    results: Recorded, trial: Trial, row: Row, lines: Mapping[tuple[str, str], str]
) -> Standing:
    return Standing(
        drive=plain(row["drive"]).lower(),
        where=world_name(results, trial.scenario).lower(),
        link=lines.get((trial.key, row["drive"]), ""),
        c=estimate(row, "loses") or Estimate(0.0),
        excess=estimate(row, "excess"),
        share=estimate(row, "mean_share"),
        excess_share=estimate(row, "excess_share"),
        stands_out=row["stands_out"],
        cause=row["cause"] or "",
        cause_c=estimate(row, "loses_cause"),
        vanished=row["vanished"] or 0,
        stretched_by=row["stretched_by"] or "",
        cause_note=(row["cause_note"] or "").rstrip("."),
    )
