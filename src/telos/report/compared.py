"""Compared: one page on how language models take drives, beside the planner that read the same text."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from telos.core.errors import StoreError
from telos.report.details import Section, sections
from telos.report.dose import dose_figure
from telos.report.figure import Figure
from telos.report.forest import Axis, Forest, Line, Mark, forest
from telos.report.quantities import QUANTITIES
from telos.report.responses import Responses, responses
from telos.report.table import Column, Table, shown, table
from telos.report.templating import template
from telos.report.words import Estimate, estimate, extended, in_order, known, number, plain
from telos.runs.files import write_text

if TYPE_CHECKING:
    import polars

Row = Mapping[str, Any]
#: The tables that a page is made of.
NEEDED = ("counts", "ended", "exposure", "estimates", "curves", "replays")
LEVEL = 0.05
#: A bias of e^6 to one is a certainty: the axis ends there.
MOST_BIAS = 6.0
MOST_STEPS = 30
#: The status of what the choices bound on one side only.
SEPARATED = "separated"
#: Of a bias beside an infinite β, and of one that so few choices would not have shown.
TIES, UNDERPOWERED = "ties", "underpowered"
PARTS = ("value", "words", "instruction", "noise")
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
    find = {_key(row): row for row in estimates}
    told = tuple(_told(model, drives, find) for model in models)
    return Compared(
        told=told,
        counts=tuple(_counted(drive, told) for drive in drives),
        example=_example(told, find),
        asked=_asked(rows["counts"]),
        never=_never(drives, exposure),
        forest=_forest(models, drives, estimates, rows["curves"]),
        biases=_biases(models, drives, find),
        parts=_parts(models, find),
        doses=_doses(models, drives, rows["curves"]),
        table=_table(estimates),
        details=_details(rows, models, tuple(made)),
        responses=responses(models, estimates),
        separated=any(row["status"] == SEPARATED for row in estimates),
    )


def _key(row: Row) -> tuple[str, ...]:
    names = ("model", "group", "term", "drive", "factor", "level", "base")
    return tuple(str(row[name] or "") for name in names)


def _main(
    find: Mapping[Any, Row], model: str, group: str, term: str, drive: str = ""
) -> Row | None:
    return find.get((model, group, term, drive, "", "", ""))


# -- answer --------------------------------------------------------------------------------------


def _told(model: str, drives: Sequence[str], find: Mapping[Any, Row]) -> Told:
    rows = {drive: _main(find, model, "choice", "bias", drive) for drive in drives}
    judged = {d: row for d, row in rows.items() if row is not None and known(row["p"])}
    judged = {d: row for d, row in judged.items() if row["status"] != TIES}
    named = {d: _limits(row) for d, row in judged.items() if _certain(row)}
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


def _limits(row: Row) -> Estimate:
    """It with its ends; both may be infinite, as where choices are separated."""
    low, high = (row[end] if extended(row[end]) else None for end in ("low", "high"))
    return Estimate(row["estimate"], low, high)


def _certain(row: Row) -> bool:
    """Whether a bias differs from 0 after Holm's correction over the drives, and is not one among ties."""
    p = row["p_holm"] if known(row["p_holm"]) else row["p"]
    return bool(known(p) and p < LEVEL and extended(row["estimate"]) and row["status"] != TIES)


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
        _estimate(_main(find, model, group, term, keys[name]))
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
    find = {_key(row): row for row in estimates}
    lines = [Line("All decisions", {})]
    for model in models:
        marks = {}
        for drive in drives:
            need = _main(find, model, "convergence", "exact", drive)
            deed = _main(find, model, "rate", "attempted", drive)
            bins = [r for r in curves if (r["model"], r["drive"]) == (model, drive)]
            marks[drive] = Mark(
                _estimate(need), _estimate(deed), None,
                _mean(bins, "planner"), (None, _mean(bins, "boltzmann")),
            )  # fmt: skip
        lines.append(Line(model, _shown(marks)))
    rates = [r for r in estimates if r["group"] == "rate" and r["factor"] and not r["base"]]
    for factor in dict.fromkeys(row["factor"] for row in rates):
        lines.append(Line(f"By {factor}", {}))
        mine = [row for row in rates if row["factor"] == factor]
        for model, level in dict.fromkeys((row["model"], row["level"]) for row in mine):
            some = [r for r in mine if (r["model"], r["level"]) == (model, level)]
            marks = {row["drive"]: Mark(deed=_estimate(row)) for row in some}
            # What differs stands first: long names of models are cut where there is no room.
            label = level if len(models) == 1 else f"{level}, {model}"
            lines.append(Line(label, _shown(marks)))
    seen = [drive for drive in drives if any(drive in line.marks for line in lines)]
    return forest(lines, {d: plain(d) for d in seen}) if seen else None


def _shown(marks: Mapping[str, Mark]) -> dict[str, Mark]:
    return {drive: mark for drive, mark in marks.items() if mark.need or mark.deed}


def _estimate(row: Row | None) -> Estimate | None:
    return _limits(row) if row is not None and extended(row["estimate"]) else None


def _mean(bins: Sequence[Row], name: str) -> float | None:
    some = [(row["n"], row[name]) for row in bins if known(row[name])]
    n = sum(count for count, _ in some)
    return sum(count * value for count, value in some) / n if n else None


def _biases(models: Sequence[str], drives: Sequence[str], find: Mapping[Any, Row]) -> Forest | None:
    lines = []
    for model in models:
        rows = {d: _main(find, model, "choice", "bias", d) for d in drives}
        found = {d: Mark(measure=e) for d, row in rows.items() if (e := _estimate(row))}
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


def _table(estimates: Sequence[Row]) -> Table:
    """Every estimate, with its count, its goals and what is wrong with it."""
    rows = []
    for row in estimates:
        name, kind = QUANTITIES.get((row["group"], row["term"]), (row["term"], "number"))
        found = _estimate(row)
        text = shown(found, Column("", kind)) if found else ""  # type: ignore[arg-type]
        about = " less ".join(filter(None, (row["level"], row["base"])))
        drive = plain(row["drive"]) if row["drive"] else "all"
        remark = _remark(row)
        mark = "*" if _certain(row) else ""
        rows.append(
            (row["model"], drive, name, about, text, mark, row["n"], row["clusters"], remark)
        )
    columns = (
        "model", "drive", "quantity", "where", "value", "p < .05", "n:count", "goals:count", "remark",
    )  # fmt: skip
    return table("", columns, rows)


def _remark(row: Row) -> str:
    if row["status"] == TIES:
        return f"read from {row['n']:,} ties"
    if row["status"] == UNDERPOWERED:
        return f"underpowered: sees no bias below {number(row['detectable'], 2)}"
    return "" if row["status"] in ("ok", None) else str(row["status"])


def _parts(models: Sequence[str], find: Mapping[Any, Row]) -> Table:
    """What the choices of each model follow, in shares of the surprise of uniform choice."""
    rows = []
    for model in models:
        bits = [_main(find, model, "split", name) for name in PARTS]
        found = [row["estimate"] for row in bits if row is not None]
        if len(found) == len(PARTS) and known(sum(found)):
            share, placebo = (
                _estimate(_main(find, model, "split", name))
                for name in ("strategic share", "placebo")
            )
            shares = (value / sum(found) for value in found)
            rows.append((model, *shares, share or "nothing is explained", placebo or "none"))
    heads = [f"{name}:rate" for name in PARTS]
    return table(
        "", ["model", *heads, "strategic share:rate:strategic", "values dealt anew:rate"], rows
    )


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
