"""Harm: what a more capable agent does with a goal that was written wrongly, and what holds it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from telos.core.moments import Moments
from telos.core.refs import PartRef
from telos.measure.streamed import streamed_mean_interval
from telos.report.arms import Arm, Sentence, part_of, sentence
from telos.report.curves import Curve, Point, capability_curves, style
from telos.report.draw import Figure
from telos.report.guarded import Guarded
from telos.report.rates import Table
from telos.report.results import Results, Trial
from telos.report.windows import windows
from telos.report.words import (
    ALIKE,
    field_text,
    known,
    listed,
    part_words,
    percent,
    steadied,
)

Parts = tuple[PartRef, ...]

RIGHTLY = "rightly written"
#: The dials of capability: field, title of the axis, what turning it up is called.
DIALS = (
    ("planning_discount", "how far the agent looks ahead (planning discount)", "looking further ahead"),
    ("beta", "how surely it takes the better action (β)", "a steadier hand"),
)  # fmt: skip
VALUE, OTHERS = "intended value kept", "left for others"


@final
@dataclass(frozen=True)
class Means:
    """What one trial keeps of the intended value and leaves for others, with intervals."""

    n: int
    kept: tuple[float, float | None, float | None]
    others: tuple[float, float | None, float | None] | None


@final
@dataclass(frozen=True)
class Sweep:
    """One way of being more capable.

    Args:
        title: what is turned up. curves: the lines, for their key. kept, others: both figures;
            the second is None in a world without commons. said: the sentences. table: the numbers.
    """

    title: str
    curves: tuple[Curve, ...]
    kept: Figure
    others: Figure | None
    said: tuple[Sentence, ...]
    table: Table


@final
@dataclass(frozen=True)
class HeldRow:
    """One restraint on the same wrongly written goal, or a row to compare with."""

    label: str
    kept: str
    kept_at: tuple[float, float, float]
    others: str
    others_at: tuple[float, float, float] | None
    reference: bool


@final
@dataclass(frozen=True)
class Held:
    """What each restraint gives back to one wrongly written goal, in the hands of one agent."""

    wrongly: str
    agent: str
    n: int
    rows: tuple[HeldRow, ...]


@final
@dataclass(frozen=True)
class Harm:
    """One population of goals: the dials, and what holds the most capable agent."""

    family: str
    dials: tuple[Sweep, ...]
    held: tuple[Held, ...]


def written(parts: Sequence[PartRef]) -> str:
    """How the goal is written, in words: ``the commons forgotten``."""
    found = []
    for ref in parts:
        fields = ref.fields
        if fields.get("omits"):
            whole = fields.get("omission", 1.0)
            some = "" if whole == 1.0 else f"{percent(whole)} of "
            found.append(f"{some}the {fields['omits']} forgotten")
        if fields.get("error"):
            found.append(f"{percent(fields['error'])} of outcomes misjudged")
        if not (fields.get("omits") or fields.get("error")):
            found.append(part_of(ref).label)
    return listed(found) or RIGHTLY


def _mistakes(parts: Sequence[PartRef]) -> int:
    """How many things are wrong with the goal: left out, misjudged."""
    return sum(bool(ref.fields.get(field)) for ref in parts for field in ("omits", "error"))


def harms(results: Results, guarded: Guarded, scenario: PartRef, place: int) -> tuple[Harm, ...]:
    """One a population of goals of the world that was written wrongly and given to several agents."""
    groups: dict[tuple[PartRef, str, float], list[Trial]] = {}
    for trial in results.trials:
        if trial.scenario == scenario:
            groups.setdefault((trial.family, trial.off, trial.discount), []).append(trial)
    found: list[Harm] = []
    for (family, _, _), trials in groups.items():
        if not any(_only_wrongly(t) and t.safeguards for t in trials):
            continue
        if len({t.agent for t in trials}) < 2:
            continue
        means = _means(results, guarded, trials)
        name = f"harm{place}-{len(found)}"
        held = _held(trials, means)
        dials = tuple(_dials(trials, means, held, name))
        if dials:
            found.append(Harm(str(part_words(family)), dials, held))
    return tuple(found)


def _only_wrongly(trial: Trial) -> bool:
    return all(ref.role == "misspecified" for ref in trial.safeguards)


def _means(results: Results, guarded: Guarded, trials: Sequence[Trial]) -> dict[str, Means]:
    found: dict[str, Means] = {}
    for trial in trials:
        row = guarded.prices.get(trial.key)
        if row is not None and known(row["kept"]):
            others = (row["others"], row["others_low"], row["others_high"])
            found[trial.key] = Means(
                int(row["n"]),
                (row["kept"], row["kept_low"], row["kept_high"]),
                others if known(others[0]) else None,
            )
    free = [trial.key for trial in trials if not trial.safeguards]
    return found | _free(results, free)


def _free(results: Results, keys: list[str]) -> dict[str, Means]:
    """The same of the trials without safeguards, from their readings."""
    import polars as pl

    columns = results.readings.collect_schema().names()
    if not {"kept", "others", "goal"} <= set(columns):
        return {}
    found = {}
    for key in keys:
        drive, kept, others = None, Moments(), Moments()
        numbers = (pl.col(name).cast(pl.Float64) for name in ("kept", "others"))
        for window in windows(results, key, "drive", *numbers):
            drive = drive or window["drive"][0]  # the numbers are the same on the row of each drive
            once = window.filter(pl.col("drive") == drive)
            values = (once[name].drop_nulls().drop_nans().to_numpy() for name in ("kept", "others"))
            kept, others = (
                m.merge(Moments.of(v)) for m, v in zip((kept, others), values, strict=True)
            )
        if kept.n:
            shared = (others.mean, *streamed_mean_interval(others)) if others.n else None
            found[key] = Means(kept.n, (kept.mean, *streamed_mean_interval(kept)), shared)
    return found


def _dials(
    trials: Sequence[Trial], means: dict[str, Means], held: tuple[Held, ...], name: str
) -> list[Sweep]:
    arms: dict[Parts, dict[PartRef, Trial]] = {}
    for trial in trials:
        if _only_wrongly(trial) and trial.key in means:
            arms.setdefault(trial.safeguards, {})[trial.agent] = trial
    agents = list(dict.fromkeys(t.agent for t in trials))
    ways = sorted(arms, key=bool)
    places = {parts: i + bool(ways[0]) for i, parts in enumerate(ways)}
    found: list[Sweep] = []
    for field, axis, doing in _dials_of(agents):
        stops = _stops(agents, field, trials[0].discount)
        lines = [
            (parts, [(i, mine[a]) for i, (a, _) in enumerate(stops) if a in mine])
            for parts, mine in ((parts, arms[parts]) for parts in ways)
        ]
        lines = [line for line in lines if len(line[1]) > 1]
        if any(parts for parts, _ in lines):
            labels = [label for _, label in stops]
            mine = held if not found else ()
            drawn = [(*line, places[line[0]]) for line in lines]
            found.append(_dial(drawn, labels, (axis, doing), means, mine, f"{name}-{len(found)}"))
    return found


def _dials_of(agents: Sequence[PartRef]) -> tuple[tuple[str, str, str], ...]:
    used = tuple(dial for dial in DIALS if any(dial[0] in a.fields for a in agents))
    return used or (("", "agent", "the last of these agents"),)


def _stops(agents: Sequence[PartRef], field: str, discount: float) -> list[tuple[PartRef, str]]:
    """(agent, label) in the order of the study; the optimal one last, the blind one first."""
    if not field:
        return [(agent, str(part_words(agent))) for agent in agents]
    middle = [(a, field_text(a.fields[field])) for a in agents if field in a.fields]
    best = [a for a in agents if a.role == "reference" and a not in dict(middle)]
    blind = [a for a in agents if a.role == "blind" and field == "beta"]
    end = f"{discount:g} (optimal)" if field == "planning_discount" else "optimal"
    ends = [(a, end if len(best) == 1 else f"{end}: {part_words(a)}") for a in best]
    return [*((a, "at random") for a in blind), *middle, *ends]


#: How the goal is written, the agents with their places on the axis, and the place of its style.
Line = tuple[Parts, list[tuple[int, Trial]], int]


def _dial(
    lines: list[Line],
    stops: list[str],
    turning: tuple[str, str],
    means: dict[str, Means],
    held: tuple[Held, ...],
    name: str,
) -> Sweep:
    axis, doing = turning
    kept = [_curve(line, means, VALUE) for line in lines]
    others = [_curve(line, means, OTHERS) for line in lines]
    shared = [curve for curve in others if len(curve.points) > 1]
    title = axis.partition(" (")[0]
    return Sweep(
        title=title[:1].upper() + title[1:],
        curves=tuple(kept),
        kept=capability_curves(kept, stops, axis, VALUE, f"{name}-kept"),
        others=capability_curves(shared, stops, axis, OTHERS, f"{name}-others") if shared else None,
        said=_said(lines, doing, means, held),
        table=_numbers(lines, stops, means),
    )


def _curve(line: Line, means: dict[str, Means], what: str) -> Curve:
    parts, members, place = line
    color, dash, shape = style(place)
    values = [(i, _of(means[trial.key], what)) for i, trial in members]
    points = tuple(Point(i, *value) for i, value in values if value is not None)
    return Curve(written(parts), color, dash, shape, points)


def _of(mean: Means, what: str) -> tuple[float, float | None, float | None] | None:
    return mean.kept if what == VALUE else mean.others


def _said(
    lines: list[Line], doing: str, means: dict[str, Means], held: tuple[Held, ...]
) -> tuple[Sentence, ...]:
    """What the dial does to the goal as it was meant, and to the one that suffers most from it.

    Of goals with one mistake in them, if there are any: two at once explain less.
    """
    right = next((members for parts, members, _ in lines if not parts), None)
    parts, worst, _ = min(
        (line for line in lines if line[0]),
        key=lambda line: (_mistakes(line[0]), _gain(line[1], means)),
    )
    wrongly, n = written(parts), f"(n = {means[worst[0][1].key].n:,})"
    pieces: list[str | tuple[str, str]] = []
    if right:
        pieces += [f"With the goal {RIGHTLY}, {doing} ", *_turned(right, means, VALUE), "; with "]
    pieces += [f"{wrongly} it " if right else f"With {wrongly}, {doing} "]
    pieces += _turned(worst, means, VALUE, "it" if right else "")
    if all(means[trial.key].others for _, trial in (worst[0], worst[-1])):
        pieces += [", and ", *_turned(worst, means, OTHERS)]
    said = [sentence(*pieces, ("i", n), ".")]
    mine = next((one for one in held if one.wrongly == wrongly), None)
    best = max(
        (row for row in mine.rows if not row.reference) if mine else (),
        key=lambda row: row.kept_at[0],
        default=None,
    )
    if best is not None:
        also = f", and leaves {best.others} for others" if best.others else ""
        said.append(
            sentence("Held by “", ("b", best.label), "”, it keeps ", ("b", best.kept), f"{also}.")
        )
    return tuple(said)


def _gain(members: list[tuple[int, Trial]], means: dict[str, Means]) -> float:
    return means[members[-1][1].key].kept[0] - means[members[0][1].key].kept[0]


def _turned(
    members: list[tuple[int, Trial]], means: dict[str, Means], what: str, short: str = ""
) -> list[str | tuple[str, str]]:
    """``raises the intended value kept from a to b``, with the intervals; `short` stands for what."""
    first, last = (_of(means[trial.key], what) for _, trial in (members[0], members[-1]))
    assert first is not None
    assert last is not None
    change = last[0] - first[0]
    verb = "leaves" if abs(change) < ALIKE else "raises" if change > 0 else "lowers"
    name = short or ("the intended value kept" if what == VALUE else "what is left for others")
    if verb == "leaves":
        return [f"{verb} {name} at ", ("b", percent(last[0]))]
    return [
        f"{verb} {name} from ",
        *_valued(first),
        " to ",
        *_valued(last),
    ]


def _valued(value: tuple[float, float | None, float | None]) -> list[str | tuple[str, str]]:
    """A mean in bold and its interval, to the digits that the interval bears."""
    number, _, ends = steadied(*value).partition(" [")
    return [("b", number), *([("i", f"[{ends}")] if ends else [])]


def _numbers(lines: list[Line], stops: list[str], means: dict[str, Means]) -> Table:
    cells = []
    for parts, members, _ in lines:
        for i, trial in members:
            mean = means[trial.key]
            shared = steadied(*mean.others) if mean.others else ""
            cells.append(
                (
                    written(parts),
                    stops[i],
                    f"{mean.n:,}",
                    steadied(*mean.kept),
                    shared,
                )
            )
    head = ("goal", "agent", "n", VALUE, OTHERS)
    return Table("Every point of these curves", head, tuple(cells))


def _held(trials: Sequence[Trial], means: dict[str, Means]) -> tuple[Held, ...]:
    """The restraints on each wrongly written goal, for the agent given most of them, the best of such."""
    restrained: dict[tuple[Parts, PartRef], list[Trial]] = {}
    for trial in trials:
        wrong = tuple(ref for ref in trial.safeguards if ref.role == "misspecified")
        if wrong and len(wrong) < len(trial.safeguards) and trial.key in means:
            restrained.setdefault((wrong, trial.agent), []).append(trial)
    best: dict[Parts, PartRef] = {}
    for (wrong, agent), members in restrained.items():
        rank = (len(members), agent.role == "reference")
        other = best.get(wrong)
        if other is None or rank > (len(restrained[wrong, other]), other.role == "reference"):
            best[wrong] = agent
    found = []
    for wrong, agent in best.items():
        alone = [
            t for t in trials if t.agent == agent and t.safeguards in ((), wrong) and t.key in means
        ]
        rows = [_held_row(t, means, written(t.safeguards), True) for t in alone]
        members = sorted(restrained[wrong, agent], key=lambda t: -means[t.key].kept[0])
        rows += [_held_row(t, means, _rest(t, wrong), False) for t in members]
        n = means[members[0].key].n
        found.append(Held(written(wrong), str(part_words(agent)), n, tuple(rows)))
    return tuple(found)


def _rest(trial: Trial, wrong: Parts) -> str:
    parts = tuple(part_of(ref) for ref in trial.safeguards if ref not in wrong)
    return Arm("", parts, "").label


def _held_row(trial: Trial, means: dict[str, Means], label: str, reference: bool) -> HeldRow:
    mean = means[trial.key]
    others = mean.others
    return HeldRow(
        label=label,
        kept=steadied(*mean.kept),
        kept_at=_at(mean.kept),
        others=steadied(*others) if others else "",
        others_at=_at(others) if others else None,
        reference=reference,
    )


def _at(value: tuple[float, float | None, float | None]) -> tuple[float, float, float]:
    """A mean and the ends of its interval, within the bar that shows them."""
    mean, low, high = value
    ends = (low if known(low) else mean, high if known(high) else mean)
    first, last = (max(0.0, min(1.0, float(end))) for end in ends)  # type: ignore[arg-type]
    return max(0.0, min(1.0, mean)), first, last
