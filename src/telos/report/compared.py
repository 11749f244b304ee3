"""Compared: one page on how language models take drives, beside the planner that read the same text."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from telos.core.errors import StoreError
from telos.report.details import Section, sections
from telos.report.dose import dose_figure
from telos.report.estimated import (
    TIES,
    UNDERPOWERED,
    Row,
    certain,
    estimate_of,
    estimates_table,
    key_of,
    limits,
    main_row,
    parts_table,
)
from telos.report.figure import Figure
from telos.report.forest import Axis, Forest, Line, Mark, forest
from telos.report.responses import Responses, responses
from telos.report.table import Table, table
from telos.report.templating import template
from telos.report.words import Estimate, estimate, extended, in_order, known, number, plain
from telos.runs.files import write_text

if TYPE_CHECKING:
    import polars

#: The tables that a page is made of.
NEEDED = ("counts", "ended", "exposure", "estimates", "curves", "replays")
#: A bias of e^6 to one is a certainty: the axis ends there.
MOST_BIAS = 6.0
MOST_STEPS = 30
#: The status of what the choices bound on one side only.
SEPARATED = "separated"
OUTCOMES = ("executed", "denied", "invalid", "no call", "refusal", "error", "limit")
EXPOSURE = ("exposed", "unanswered", "attempted", "executed", "denied", "repeated", "lost")


@final
@dataclass(frozen=True)
class Told:
    """What the answer says of one model: biases (drive, δ), and what could not be excluded.

    Args:
        goals: how many it was given. reach: the largest bias inside any of its intervals; may be infinite.
        sees: the smallest bias that all its judged drives would show, where that is not enough; else None.
        ties: whether its β is infinite, so that drives decide among ties at most.
    """

    model: str
    towards: tuple[tuple[str, Estimate], ...]
    away: tuple[tuple[str, Estimate], ...]
    judged: int
    goals: int
    reach: float
    sees: float | None = None
    ties: bool = False

    @property
    def unbounded(self) -> bool:
        """Whether no bias is too large to lie inside some interval."""
        return math.isinf(self.reach)


@final
@dataclass(frozen=True)
class Compared:
    """What the template prints of a comparison.

    Args:
        told: per model; more than three are counted instead. counts: (drive, towards, away, models).
        example: need and deed of the drive with the strongest bias: model, drive, need, deed.
        asked: what the models were asked. never: drives without an occasion.
        responses: to the doses of arms, where arms were played.
        parts: what the choices follow: value, words, an instruction, noise.
        separated: whether some estimate is infinite, since the choices are separated.
    """

    told: tuple[Told, ...]
    counts: tuple[tuple[str, int, int, int], ...]
    example: tuple[str, str, Estimate | None, Estimate | None] | None
    asked: tuple[tuple[str, str], ...]
    never: tuple[str, ...]
    forest: Forest | None
    biases: Forest | None
    parts: Table
    doses: tuple[tuple[str, Figure], ...]
    table: Table
    details: tuple[Section, ...]
    responses: Responses | None = None
    separated: bool = False


def write_comparison(
    tables: Mapping[str, "polars.DataFrame"],
    out: Path,
    made: Iterable[tuple[str, str]] = (),
    restrained: Iterable[str] = (),
) -> Path:
    """Write the page of a comparison; it opens without a network.

    Args:
        tables: by name, `NEEDED` (see `telos.llm.comparison`).
        out: the HTML file.
        made: what the page says of how it was made: (name, value).
        restrained: sentences on the models that were restrained.

    Returns:
        The path of the page.

    Raises:
        StoreError: if a table is missing or `out` cannot be written, saying which and what to do.
    """
    lacking = [name for name in NEEDED if name not in tables]
    if lacking:
        raise StoreError(f"the page of a comparison lacks the tables {', '.join(lacking)}.")
    page = compared(tables, made)
    text = template("compared.html").render(page=page, restrained=list(restrained))
    return write_text(out, text, "Name another folder with --out.")


def compared(
    tables: Mapping[str, "polars.DataFrame"], made: Iterable[tuple[str, str]] = ()
) -> Compared:
    """What the page says, as data."""
    rows = {name: tables[name].to_dicts() for name in NEEDED}
    estimates, exposure = rows["estimates"], rows["exposure"]
    models = [row["model"] for row in rows["counts"]]
    drives = in_order({row["drive"] for row in exposure})
    find = {key_of(row): row for row in estimates}
    told = tuple(_told(model, drives, find) for model in models)
    return Compared(
        told=told,
        counts=tuple(_counted(drive, told) for drive in drives),
        example=_example(told, find),
        asked=_asked(rows["counts"]),
        never=_never(drives, exposure),
        forest=_forest(models, drives, estimates, rows["curves"]),
        biases=_biases(models, drives, find),
        parts=parts_table(models, find),
        doses=_doses(models, drives, rows["curves"]),
        table=estimates_table(estimates),
        details=_details(rows, models, tuple(made)),
        responses=responses(models, estimates),
        separated=any(row["status"] == SEPARATED for row in estimates),
    )


# -- answer --------------------------------------------------------------------------------------


def _told(model: str, drives: Sequence[str], find: Mapping[Any, Row]) -> Told:
    rows = {drive: main_row(find, model, "choice", "bias", drive) for drive in drives}
    judged = {d: row for d, row in rows.items() if row is not None and known(row["p"])}
    judged = {d: row for d, row in judged.items() if row["status"] != TIES}
    named = {d: limits(row) for d, row in judged.items() if certain(row)}
    ends = [abs(e) for row in judged.values() for e in (row["low"], row["high"]) if extended(e)]
    weak = [row["detectable"] for row in judged.values() if row["status"] == UNDERPOWERED]
    goals = max((row["clusters"] for row in judged.values()), default=0)
    return Told(
        model=model,
        towards=tuple((plain(d).lower(), e) for d, e in named.items() if e.value > 0),
        away=tuple((plain(d).lower(), e) for d, e in named.items() if e.value < 0),
        judged=len(judged),
        goals=int(goals),
        reach=max(ends, default=math.inf),
        sees=max(weak, default=None),
        ties=any(row is not None and row["status"] == TIES for row in rows.values()),
    )


def _counted(drive: str, told: Sequence[Told]) -> tuple[str, int, int, int]:
    name = plain(drive).lower()
    towards, away = (
        sum(name in [d for d, _ in getattr(each, way)] for each in told)
        for way in ("towards", "away")
    )
    return name, towards, away, len(told)


def _example(
    told: Sequence[Told], find: Mapping[Any, Row]
) -> tuple[str, str, Estimate | None, Estimate | None] | None:
    biases = [
        (abs(e.value), each.model, drive)
        for each in told
        for drive, e in (*each.towards, *each.away)
    ]
    if not biases:
        return None
    _, model, name = max(biases)
    keys = {plain(key[3]).lower(): key[3] for key in find if key[3]}
    need, deed = (
        estimate_of(main_row(find, model, group, term, keys[name]))
        for group, term in (("convergence", "exact"), ("rate", "attempted"))
    )
    return model, name, need, deed


def _asked(counts: Sequence[Row]) -> tuple[tuple[str, str], ...]:
    """What the models were asked, and how much of it: (name, value)."""
    if not counts:
        return ()
    levels = [
        (name, dict.fromkeys(x for row in counts for x in str(row[name]).split("; ")))
        for name in ("worlds", "goals", "framings", "instructions")
    ]
    sums = {name: sum(row[name] for row in counts) for name in ("episodes", "decisions")}
    return (
        ("models", f"{len(counts):,}"),
        *((name, ", ".join(found)) for name, found in levels),
        *((name, f"{value:,}") for name, value in sums.items()),
    )


def _never(drives: Sequence[str], exposure: Sequence[Row]) -> tuple[str, ...]:
    said = []
    for drive in drives:
        mine = [row for row in exposure if row["drive"] == drive]
        none = [row["model"] for row in mine if row["exposed"] + row["unanswered"] == 0]
        if none:
            said.append(
                f"{plain(drive)}: no decision of {', '.join(none)} gave an occasion (an action that "
                "pursues it and one that does not), so nothing can be said of it."
            )
    return tuple(said)


# -- figures -------------------------------------------------------------------------------------


def _forest(
    models: Sequence[str], drives: Sequence[str], estimates: Sequence[Row], curves: Sequence[Row]
) -> Forest | None:
    """Attempts of each model, then by framing and by instruction; the needs of the same goals."""
    find = {key_of(row): row for row in estimates}
    lines = [Line("All decisions", {})]
    for model in models:
        marks = {}
        for drive in drives:
            need = main_row(find, model, "convergence", "exact", drive)
            deed = main_row(find, model, "rate", "attempted", drive)
            bins = [r for r in curves if (r["model"], r["drive"]) == (model, drive)]
            marks[drive] = Mark(
                estimate_of(need), estimate_of(deed), None,
                _mean(bins, "planner"), (None, _mean(bins, "boltzmann")),
            )  # fmt: skip
        lines.append(Line(model, _shown(marks)))
    rates = [r for r in estimates if r["group"] == "rate" and r["factor"] and not r["base"]]
    for factor in dict.fromkeys(row["factor"] for row in rates):
        mine = [row for row in rates if row["factor"] == factor]
        if len({row["level"] for row in mine}) == 1:
            continue  # the same lines as of all decisions
        lines.append(Line(f"By {factor}", {}))
        for model, level in dict.fromkeys((row["model"], row["level"]) for row in mine):
            some = [r for r in mine if (r["model"], r["level"]) == (model, level)]
            marks = {row["drive"]: Mark(deed=estimate_of(row)) for row in some}
            # What differs stands first: long names of models are cut where there is no room.
            label = level if len(models) == 1 else f"{level}, {model}"
            lines.append(Line(label, _shown(marks)))
    seen = [drive for drive in drives if any(drive in line.marks for line in lines)]
    return forest(lines, {d: plain(d) for d in seen}) if seen else None


def _shown(marks: Mapping[str, Mark]) -> dict[str, Mark]:
    return {drive: mark for drive, mark in marks.items() if mark.need or mark.deed}


def _mean(bins: Sequence[Row], name: str) -> float | None:
    some = [(row["n"], row[name]) for row in bins if known(row[name])]
    n = sum(count for count, _ in some)
    return sum(count * value for count, value in some) / n if n else None


def _biases(models: Sequence[str], drives: Sequence[str], find: Mapping[Any, Row]) -> Forest | None:
    lines = []
    for model in models:
        rows = {d: main_row(find, model, "choice", "bias", d) for d in drives}
        found = {d: Mark(measure=e) for d, row in rows.items() if (e := estimate_of(row))}
        if found:
            lines.append(Line(model, found))
    marks = [mark.measure for line in lines for mark in line.marks.values()]
    if not marks:
        return None
    ends = [
        abs(e) for m in marks if m for e in (m.value, m.low, m.high) if e is not None and known(e)
    ]
    reach = min(MOST_BIAS, max(1, math.ceil(max(ends, default=MOST_BIAS))))
    axis = Axis(-reach, reach, ((-reach, f"−{reach}"), (0.0, "0"), (reach, f"+{reach}")))
    return forest(lines, {d: plain(d) for d in drives if any(d in x.marks for x in lines)}, axis)


def _doses(
    models: Sequence[str], drives: Sequence[str], curves: Sequence[Row]
) -> tuple[tuple[str, Figure], ...]:
    found = []
    for i, drive in enumerate(drives):
        lines = [
            (model, [r for r in curves if (r["model"], r["drive"]) == (model, drive)])
            for model in models
        ]
        lines = [(model, bins) for model, bins in lines if bins]
        if lines:
            found.append((plain(drive), dose_figure(lines, list(models), plain(drive), f"dose{i}")))
    return tuple(found)


# -- numbers -------------------------------------------------------------------------------------


def _details(
    rows: Mapping[str, Sequence[Row]], models: Sequence[str], made: tuple[tuple[str, str], ...]
) -> tuple[Section, ...]:
    counted = ("decisions", *OUTCOMES, "retries", "blind", "censored")
    decisions = [(r["model"], *(r[name] for name in counted)) for r in rows["counts"]]
    ended = [(r["model"], plain(str(r["ended"])).lower(), r["episodes"]) for r in rows["ended"]]
    occasions = [
        (r["model"], plain(r["drive"]), estimate(r, "reach"), *(r[name] for name in EXPOSURE))
        for r in rows["exposure"]
    ]
    heads = ["model", "drive", "episodes with an occasion:rate"]
    return sections(
        Section(
            "What was not reached",
            "Nothing of it is counted as safe.",
            (
                table("Decisions", ["model", *(f"{name}:count" for name in counted)], decisions),
                table("Endings", ("model", "episodes ended by", "episodes:count"), ended),
                table("Occasions", [*heads, *(f"{name}:count" for name in EXPOSURE)], occasions),
            ),
        ),
        Section(
            "One episode beside the planner's",
            "The one that lost most by decisions about a drive; the planner had the same random "
            "numbers.",
            tuple(_replay(model, rows["replays"]) for model in models),
        ),
        Section("Provenance", "", facts=made),
    )


def _replay(model: str, replays: Sequence[Row]) -> Table:
    steps = [row for row in replays if row["model"] == model]
    about = ", ".join(str(steps[0][name]) for name in ("world", "goal")) if steps else ""
    names = ("step", "state", "action", "outcome", "loss", "planner_action")
    rows = [
        tuple(number(r[name]) if known(r[name]) else r[name] for name in names)
        for r in steps[:MOST_STEPS]
    ]
    return table(f"{model}: {about}", [plain(name).lower() for name in names], rows)
