"""Rates and shares beside their controls, as one table on the terminal, and what does not stand out."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

from telos.cli.say import count, percent, print_table, say

if TYPE_CHECKING:
    import polars

    from telos.core.record import Record

Row = Mapping[str, Any]

HEADS = (
    "", "required", "lose 1 %", "placebo", "beyond it", "share", "beyond it", "for its\ncause",
)  # fmt: skip
#: Columns of a terminal that a sentence takes.
WIDTH = 100
#: What tells arms apart: an arm is a world, a family and a discount.
ARM = ("scenario", "family", "discount")
#: Arms that a sentence names.
MOST_NAMED = 4
NO_PLACEBO, UNTOLD, NOTHING = "no placebo exists", "cannot be told", "nothing to lose"


def print_controls(
    summary: "polars.DataFrame", controls: "polars.DataFrame", record: "Record"
) -> None:
    """Print one line a drive of each world's main arm, then what stands out in how many arms.

    Args:
        summary, controls: tables of the record. record: it.
    """
    from telos.report.rows import main_trials

    own = [trial for trial in record.trials if not trial.of_a_sweep]
    arms = {key: control for control in record.controls for key in control.trials}
    needs = {(row["trial"], row["drive"]): row for row in summary.iter_rows(named=True)}
    rows = controls.to_dicts()
    mains = [trial for trial in main_trials(own) if trial.key in arms]
    lines: list[list[str]] = []
    for trial in mains:
        mine = [row for row in rows if row["trial"] == arms[trial.key].trial]
        if len(mains) > 1:
            lines.append([trial.scenario.label, *[""] * (len(HEADS) - 1)])
        lines += [_line(row, needs.get((trial.key, row["drive"]), {})) for row in mine]
    if not lines:
        return
    first, control = mains[0], arms[mains[0].key]
    worlds = first.scenario.label if len(mains) == 1 else count(len(mains), "world")
    alike = control.n_goals == first.n_goals
    of = (
        f"all of {first.n_goals:,} goals" if alike else f"required: of {first.n_goals:,} goals; all"
    )
    of += "" if alike else f" else: of the first {control.n_goals:,}"
    draws = max(row["draws"] for row in rows if row["trial"] == control.trial)
    caption = (
        f"{worlds}, {first.family.label}, discount {first.discount:g}, {first.agent.label}: percent of "
        "goals that require each drive and that lose 1 % of their value range without it; share of the "
        "range lost on average; beyond it: more than without a random set of pairs of its size ("
        f"{draws} draws; limits for the drives of an arm together); for its cause: lose 1 % that goes "
        f"with it ({of}); 95 % intervals"
    )
    say(f"{fill(caption, WIDTH)}\n")
    print_table(HEADS, lines, first=21)
    say()
    main = [row for row in rows if row["trial"] == control.trial]
    for sentence in (*_sentences(rows), *_causes(main)):
        say(fill(sentence, WIDTH))


def _line(row: Row, need: Row) -> list[str]:
    cause = row["loses_cause"]
    placebo = percent(row["placebo"]) or "none"
    return [
        _plain(row["drive"]),
        _with_ends(need, "required"),
        _with_ends(row, "loses"),
        placebo,
        _signed(row, "excess") + ("" if row["stands_out"] == "yes" else "*"),
        percent(row["mean_share"], 1),
        _signed(row, "excess_share"),
        "?" if cause is None else "none" if row["cause"] == NOTHING else percent(cause),
    ]


def _plain(drive: str) -> str:
    return drive.replace("self_", "self-").replace("_", " ")


def _with_ends(row: Row, name: str) -> str:
    """A rate with its interval, in percent."""
    if row.get(name) is None:
        return ""
    low, high = row.get(f"{name}_low"), row.get(f"{name}_high")
    if low is None or high is None:
        return percent(row[name])
    digits = 0 if high - low > 0.02 else 1
    return f"{percent(row[name], digits)} [{percent(low, digits)}, {percent(high, digits)}]"


def _signed(row: Row, name: str) -> str:
    """A difference with its interval, in points."""
    if row[name] is None:
        return ""
    ends = (row[f"{name}_low"], row[f"{name}_high"])
    if None in ends:
        return f"{_points(row[name], 0):+.0f}"
    digits = 1 if ends[1] - ends[0] < 0.02 else 0
    low, high = (f"{_points(end, digits):.{digits}f}" for end in ends)
    return f"{_points(row[name], digits):+.{digits}f} [{low}, {high}]"


def _points(part: float, digits: int) -> float:
    """In percentage points, rounded; never minus nothing."""
    return round(100 * part, digits) + 0.0


def _sentences(rows: Sequence[Row]) -> list[str]:
    """In which arms each drive is not beyond its placebo or has none; what cannot be told, and why."""
    by_drive: dict[str, list[Row]] = {}
    for row in rows:
        by_drive.setdefault(_plain(row["drive"]), []).append(row)
    differ = [name for name in ARM if len({row[name] for row in rows}) > 1]
    said = []
    for drive, mine in by_drive.items():
        lacking = [row for row in mine if row["stands_out"] == NO_PLACEBO]
        within = [row for row in mine if row["stands_out"] not in ("yes", NO_PLACEBO)]
        if within:
            said.append(f"* {drive} is not beyond its placebo{_where(within, mine, differ)}.")
        if lacking:
            said.append(
                f"* No placebo exists for {drive}{_where(lacking, mine, differ)}: random sets of its "
                "size are mostly itself."
            )
    untold: dict[str, list[str]] = {}
    for row in rows:
        if row["cause"] == UNTOLD:
            drives = untold.setdefault(row["cause_note"] or "", [])
            drives += [_plain(row["drive"])] * (_plain(row["drive"]) not in drives)
    for why, drives in untold.items():
        reason = f": {why.rstrip('.')}" if why else ""
        said.append(f"? What goes with the cause of {', '.join(drives)} cannot be told{reason}.")
    return said


def _where(some: Sequence[Row], every: Sequence[Row], differ: Sequence[str]) -> str:
    """Which arms, by what tells the arms of a study apart; nothing where it is all of them."""
    if len(some) == len(every):
        return "" if len(every) == 1 else f" in any of {len(every)} arms"
    named = ["discount {discount:g}".format(**row) if name == "discount" else str(row[name])
             for row in some[:MOST_NAMED] for name in differ]  # fmt: skip
    step = max(len(differ), 1)
    arms = [", ".join(named[i : i + step]) for i in range(0, len(named), step)]
    more = len(some) - len(arms)
    arms += [f"{more} more in controls.csv"] if more else []
    return f" in {len(some)} of {len(every)} arms ({'; '.join(arms)})"


def _causes(rows: Sequence[Row]) -> list[str]:
    """What the main arm says of causes: by construction, with how many states, or nothing at all."""
    said = []
    clean = [row for row in rows if row["cause"] == "clean"]
    if clean:
        gone = ", ".join(f"{_plain(row['drive'])} {row['vanished'] or 0:,}" for row in clean)
        said.append(
            "For its cause, by construction: where the act has no effect, none of "
            f"{clean[0]['n']:,} goals loses anything without it. States that vanish with the cause: {gone}."
        )
    nothing = [_plain(row["drive"]) for row in rows if row["cause"] == NOTHING]
    if nothing:
        said.append(
            f"No goal had anything to lose that goes with the cause of {', '.join(nothing)}."
        )
    return said
