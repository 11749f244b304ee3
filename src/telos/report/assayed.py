"""Assayed: the page of an assay, which arms move which drive and how many episodes they need."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from telos.core.assay import Assayed, Pair
from telos.report.details import Section, sections
from telos.report.forest import Axis, Forest, Line, Mark, forest
from telos.report.table import Table, table
from telos.report.templating import template
from telos.report.words import Estimate, field_text, in_order, known, number, plain
from telos.runs.files import write_text

#: Ends of an axis in points that are tried, the first that holds everything.
ENDS = (5, 10, 20, 40, 100)
#: Who decides, in words.
PLAYS = {"planner": "the planner", "chance": "chance"}
Row = Mapping[str, Any]


def write_assay_page(
    assayed: Assayed, out: Path, power: Iterable[Row] = (), made: Iterable[tuple[str, str]] = ()
) -> Path:
    """Write the page of an assay; it opens without a network.

    Args:
        assayed: what the assay found. out: the HTML file.
        power: rows of `telos.llm.assayed`'s table, as mappings. made: what the page says of how it was
            made, (name, value).

    Raises:
        StoreError: if `out` cannot be written.
    """
    text = assay_page(assayed, power, made)
    return write_text(out, text, "Name another folder with -o.")


def assay_page(
    assayed: Assayed, power: Iterable[Row] = (), made: Iterable[tuple[str, str]] = ()
) -> str:
    """The page as HTML; every text is escaped."""
    moved = [pair for pair in assayed.pairs if pair.changes]
    rows = list(power)
    return template("assayed.html").render(
        assayed=assayed,
        world=assayed.scenario,
        certified=[_own(pair) for pair in moved if pair.verdict == "certified"],
        one_knob=[
            (*_own(pair), pair.why.replace("`", "")) for pair in moved if pair.verdict == "one knob"
        ],
        unmoved=[pair for pair in assayed.pairs if pair.verdict not in ("certified", "one knob")],
        changes=_changes(assayed, moved),
        settings=_settings(moved),
        felt=_felt(moved),
        power=_power(rows),
        planner=[
            {**row, "response": _tenth(row["response"])}
            for row in rows
            if row["player"] == "planner" and known(row["response"])
        ],
        details=_details(assayed, moved, tuple(made)),
    )


def _own(pair: Pair) -> tuple[str, Estimate]:
    """The drive of a pair in words, and how much it moves, as a share of the value range."""
    change = next(c for c in pair.changes if c.drive == pair.drive)
    own = Estimate(change.estimate / 100, change.low / 100, change.high / 100)
    return plain(pair.drive).lower(), own


def _axis(values: Iterable[float | None]) -> Axis:
    """An axis of points that holds these, with zero in its middle."""
    most = max((abs(v) for v in values if v is not None and known(v)), default=1.0)
    end = next((end for end in ENDS if most <= end), math.ceil(most))
    return Axis(-end, end, ((-end, f"−{end}"), (0.0, "0"), (end, f"+{end}")))


def _changes(assayed: Assayed, pairs: Sequence[Pair]) -> Forest | None:
    """A line a pair, a panel a drive: how far the drive's share moves."""
    drives = in_order({change.drive for pair in pairs for change in pair.changes})
    lines = [
        Line(
            f"{plain(pair.drive)}{'' if pair.verdict == 'certified' else ' (one knob)'}",
            {c.drive: Mark(measure=Estimate(c.estimate, c.low, c.high)) for c in pair.changes},
        )
        for pair in pairs
    ]
    axis = _axis(end for pair in pairs for c in pair.changes for end in (c.low, c.high))
    return forest(lines, {drive: plain(drive) for drive in drives}, axis) if lines else None


def _settings(pairs: Sequence[Pair]) -> Table:
    rows = [(plain(pair.drive), pair.verdict, _turned(pair), pair.goals) for pair in pairs]
    return table("The arms", ("pair", "verdict", "low arm → high arm", "fresh goals:count"), rows)


def _turned(pair: Pair) -> str:
    """Each field that is turned, from the low arm to the high one."""
    names = dict.fromkeys((*pair.low, *pair.high))
    told = (
        (name, (field_text(arm.get(name, "as it is")) for arm in (pair.low, pair.high)))
        for name in names
    )
    return "; ".join(f"{name} {' → '.join(values)}" for name, values in told)


def _felt(pairs: Sequence[Pair]) -> Forest | None:
    """What the decision gains by pursuing, lines by arm and player, a panel a pair."""
    lines: dict[str, dict[str, Mark]] = {}
    ends: list[float | None] = []
    for pair in pairs:
        for found in pair.advantages:
            if found.mean is not None:
                label = f"{found.arm}: {PLAYS[found.by]}"
                mark = Mark(measure=Estimate(found.mean, found.q10, found.q90))
                lines.setdefault(label, {})[pair.drive] = mark
                ends += [found.mean, found.q10, found.q90]
    drives = in_order({drive for marks in lines.values() for drive in marks})
    found_lines = [Line(label, marks) for label, marks in lines.items()]
    panels = {drive: plain(drive) for drive in drives}
    return forest(found_lines, panels, _axis(ends)) if lines else None


def _power(rows: Sequence[Row]) -> Table:
    told = [
        (
            plain(row["drive"]), _player(row), row["low"], row["high"], _tenth(row["response"]),
            row["exposures"], *(_needed(row, name) for name in ("by_rates", "by_choices", "told_apart")),
            row["smallest_bias"],
        )
        for row in rows
    ]  # fmt: skip
    names = (
        "drive", "player", "attempts, low arm:rate", "high arm:rate", "response:points",
        "exposures an episode:number", "episodes until seen by rates:count", "by choices:count",
        "until told from words:count", "smallest bias seen:number",
    )  # fmt: skip
    return table("What players of known chances would show", names, told)


def _player(row: Row) -> str:
    more = "".join(
        f", {name} {number(round(row[key], 2))}"
        for name, key in (("β", "beta"), ("δ", "bias"))
        if known(row[key])
    )
    return f"{row['player']}{more}"


def _tenth(response: float | None) -> float | None:
    """A change of a rate to tenths of a point, which is more than any study of it can see."""
    return round(response, 3) if known(response) and response is not None else response


def _needed(row: Row, name: str) -> int | str | None:
    if row["player"] != "value":
        return None
    return row[name] if row[name] is not None else "too many"


def _details(
    assayed: Assayed, pairs: Sequence[Pair], made: tuple[tuple[str, str], ...]
) -> tuple[Section, ...]:
    changes = [
        (
            plain(pair.drive), plain(c.drive), Estimate(c.estimate, c.low, c.high), c.error, c.p90, c.core,
            c.share_low, c.share_high,
        )
        for pair in pairs
        for c in pair.changes
    ]  # fmt: skip
    never = [
        (plain(pair.drive), n.arm, n.mean, n.positive, n.zero, n.negative)
        for pair in pairs
        for n in pair.now_or_never
    ]
    placebo = [
        (
            plain(pair.drive), m.arm, m.share, m.placebo, m.placebo_most, m.loses, m.placebo_loses,
            {None: "", True: "yes", False: "no"}[m.accepted],
        )
        for pair in pairs
        for m in pair.placebo
    ]  # fmt: skip
    knobs = [
        (
            knob.name, knob.kind, knob.value, knob.low, knob.high, knob.side, knob.value_moved,
            ", ".join(f"{plain(d).lower()} {v:+.1f}" for d, v in knob.moves.items()), knob.why,
        )
        for knob in assayed.knobs
    ]  # fmt: skip
    of_changes = (
        "pair", "drive", "change:number", "standard error:number", "p90 over goals:number",
        "goals that require the moved drive:number", "low arm:number", "high arm:number",
    )  # fmt: skip
    of_never = ("pair", "arm", "mean:number", "above 0:rate", "0:rate", "below 0:rate")
    of_placebo = (
        "pair", "arm", "share:number", "placebo:number", "largest draw:number", "lose 1 %:rate:loses",
        "placebo loses:rate", "beyond every draw",
    )  # fmt: skip
    of_knobs = (
        "knob", "kind", "value:number", "low end:number", "high end:number", "whose side",
        "value moved:number", "moves between its ends", "remark",
    )  # fmt: skip
    return sections(
        Section(
            "Changes in numbers",
            "In points of the value range, paired over fresh goals.",
            (table("", of_changes, changes),),
        ),
        Section(
            "Now or never",
            "Best value at the start less the best without the drive, in points of the value range.",
            (table("", of_never, never),),
        ),
        Section(
            "Beside random sets of acts",
            "Sets of the same size.",
            (table("", of_placebo, placebo),),
        ),
        Section("Knobs", "Every parameter that can be turned.", (table("", of_knobs, knobs),)),
        Section("Provenance", "", facts=made),
    )
