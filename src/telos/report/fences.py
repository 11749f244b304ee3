"""Fences: what each safeguard did to each drive, as a table whose cells are colored by the change."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

from telos.report.arms import KINDS, Arm, Setting, arm_of
from telos.report.guarded import Guarded, Row
from telos.report.rates import Table, drives_of
from telos.report.results import Results
from telos.report.words import (
    ALIKE,
    DriveWords,
    decimals_for,
    known,
    part_words,
    percent,
    points,
    points_interval,
    steadied,
    with_interval,
)

#: How much of the full color the largest change has; text stays readable on it, light and dark.
STRONGEST = 75
RATE = ("required", "change", "required_after")
DOES = ("propensity", "moved", "propensity_after")


@final
@dataclass(frozen=True)
class Cell:
    """One safeguard and drive.

    Args:
        text: the change in points. under: where it ends, in lines. title: both rates, interval and n.
        way: `up`, `down` or `same`. strength: of the color, 0 to 75.
        unsure: whether the interval includes no change. applicable: whether there is a number.
    """

    text: str
    under: tuple[str, ...]
    title: str
    way: str
    strength: int
    unsure: bool
    applicable: bool


@final
@dataclass(frozen=True)
class HeatRow:
    """One safeguard: what it changed, what it kept, who would pay.

    Args:
        kept, unaware: task value kept by the agent that knows of it, and by the one that does not.
        who: how many goals would pay to be rid of it, and how many to keep it.
        pay: how much, in the mean; positive to be rid of it.
    """

    arm: Arm
    n: str
    cells: tuple[Cell, ...]
    kept: str
    kept_title: str
    unaware: str
    who: tuple[tuple[str, str], ...]
    pay: str
    pay_title: str


@final
@dataclass(frozen=True)
class Heat:
    """The table of one setting.

    Args:
        drives: its columns. before: the rate without any safeguard, a drive.
        groups: (kind, rows).
    """

    drives: tuple[DriveWords, ...]
    before: tuple[str, ...]
    groups: tuple[tuple[str, tuple[HeatRow, ...]], ...]


def heat(results: Results, guarded: Guarded, setting: Setting, what: tuple[str, ...]) -> Heat:
    """The changes of one quantity, `RATE` or `DOES`, in one setting."""
    drives = _drives(results, guarded, setting)
    rows = [_row(guarded, setting, i, drives, what) for i in range(len(setting.guarded))]
    groups = ((kind, tuple(row for row in rows if row.arm.kind == kind)) for kind in KINDS)
    return Heat(
        drives=drives,
        before=tuple(_before(guarded, setting, words, what) for words in drives),
        groups=tuple((kind, members) for kind, members in groups if members),
    )


def _drives(results: Results, guarded: Guarded, setting: Setting) -> tuple[DriveWords, ...]:
    found = {drive for trial in setting.guarded for drive in guarded.moves.get(trial.key, {})}
    return tuple(w for w in drives_of(results, setting.scenario) if w.key in found)


def _before(guarded: Guarded, setting: Setting, words: DriveWords, what: tuple[str, ...]) -> str:
    for trial in setting.guarded:
        row = guarded.moves.get(trial.key, {}).get(words.key, {})
        if known(row.get(f"{what[0]}_before")):
            return percent(row[f"{what[0]}_before"])
    return ""


def _row(
    guarded: Guarded,
    setting: Setting,
    place: int,
    drives: Sequence[DriveWords],
    what: tuple[str, ...],
) -> HeatRow:
    trial = setting.guarded[place]
    price = guarded.prices.get(trial.key, {})
    moves = guarded.moves.get(trial.key, {})
    return HeatRow(
        arm=arm_of(trial, str(price.get("kinds") or "")),
        n=f"{int(price.get('n') or trial.n_goals):,}",
        cells=tuple(_cell(moves.get(words.key), words, what) for words in drives),
        kept=steadied(price.get("kept"), None, None),
        kept_title=_interval_of(price, "kept"),
        unaware=steadied(price.get("kept_unaware"), None, None),
        who=_who(price),
        pay=_pay(price),
        pay_title=pay_words(price),
    )


def _cell(row: Row | None, words: DriveWords, what: tuple[str, ...]) -> Cell:
    name, change, after = what
    if row is None or not known(row.get(change)):
        why = "not applicable under this safeguard" if row is None else "nothing to compare with"
        return Cell("\u2013", (), f"{words.title}: {why}", "same", 0, False, False)
    value, low, high = row[change], row[f"{change}_low"], row[f"{change}_high"]
    under = [f"to {percent(row[after])}"]
    title = (
        f"{words.title}: from {percent(row[f'{name}_before'])} to {percent(row[after])}, "
        f"{points(value)} points {points_interval(low, high)}, n = {int(row['n']):,}"
    )
    if name == DOES[0]:
        under.append(f"unaware {percent(row['propensity_unaware'])}")
    return Cell(
        text=points(value),
        under=tuple(under),
        title=title,
        way="same" if abs(value) < ALIKE else "up" if value > 0 else "down",
        strength=round(STRONGEST * min(1.0, abs(value))),
        unsure=not (known(low) and known(high)) or low <= 0 <= high,
        applicable=True,
    )


def _interval_of(price: Row, name: str) -> str:
    return steadied(*(price.get(f"{name}{end}") for end in ("", "_low", "_high")))


def _who(price: Row) -> tuple[tuple[str, str], ...]:
    """(what for, how many goals), the larger side first; nothing where nobody would pay."""
    sides = [
        (price[side], words)
        for side, words in (("would_remove", "be rid"), ("would_keep", "keep"))
        if known(price.get(side)) and price[side] > 0
    ]
    return tuple((words, percent(rate)) for rate, words in sorted(sides, key=lambda s: -s[0]))


def _pay(price: Row) -> str:
    paid, bound = (_number(price.get(name)) for name in ("pay", "pay_bound"))
    if paid is None or abs(paid) <= max(ALIKE, bound or 0.0):
        return "0" if paid is not None else "\u2013"
    return percent(abs(paid), 1)


def pay_words(price: Row) -> str:
    """What the goals would pay in the mean, in words, with its interval."""
    paid, low, high = (_number(price.get(name)) for name in ("pay", "pay_low", "pay_high"))
    if paid is None:
        return ""
    if _pay(price) == "0":
        return "in the mean neither: nothing beyond the certified error"
    side = "be rid of it" if paid > 0 else "keep it"
    ends = (low, high) if paid > 0 else (_minus(high), _minus(low))
    digits = max(1, decimals_for(*ends))
    shown = points_interval(*ends, digits).replace("+", "")
    return f"in the mean {percent(abs(paid), digits)} {shown} of all at stake to {side}"


def _number(value: Any) -> float | None:
    return float(value) if known(value) else None


def _minus(value: float | None) -> float | None:
    return None if value is None else -value


HEAD = (
    "n", "required before", "required after", "change in points", "propensity before",
    "propensity after", "propensity, unaware", "change of propensity", "kept by goals that needed it",
    "kept by the others",
)  # fmt: skip


def moves_table(results: Results, guarded: Guarded, every: Sequence[Setting]) -> Table:
    """Every safeguard and drive of a world in all its settings, in numbers."""
    drives = drives_of(results, every[0].scenario)
    several = len(every) > 1
    rows = []
    for setting in every:
        labels = (str(part_words(setting.family)), str(part_words(setting.agent)))
        for trial in setting.guarded:
            moves, label = guarded.moves.get(trial.key, {}), arm_of(trial).label
            for words in drives:
                if words.key in moves:
                    cells = _numbers(moves[words.key])
                    rows.append((*(labels if several else ()), label, words.title, *cells))
    head = (*(("family", "agent") if several else ()), "safeguard", "drive", *HEAD)
    return Table("Every safeguard and drive", head, tuple(rows))


def _numbers(row: Row) -> tuple[str, ...]:
    changes = (
        f"{points(row[c], 1)} {points_interval(row[f'{c}_low'], row[f'{c}_high'], 1)}".strip()
        for c in ("change", "moved")
    )
    rate, does = changes
    kept = (
        f"{percent(row[f'kept_by_{who}'], 1)} (n = {int(row[f'n_{who}'] or 0):,})"
        if known(row[f"kept_by_{who}"])
        else "\u2013"
        for who in ("needing", "others")
    )
    after = with_interval(*(row[f"required_after{end}"] for end in ("", "_low", "_high")))
    return (
        f"{int(row['n']):,}",
        percent(row["required_before"]),
        after,
        rate,
        percent(row["propensity_before"], 1),
        percent(row["propensity_after"], 1),
        percent(row["propensity_unaware"], 1),
        does,
        *kept,
    )


def prices_table(guarded: Guarded, setting: Setting) -> Table:
    """What every safeguard costs and who would pay, in numbers."""
    rows = []
    for trial in setting.guarded:
        price = guarded.prices.get(trial.key, {})
        rows.append(
            (
                arm_of(trial).label,
                f"{int(price.get('n') or 0):,}",
                _interval_of(price, "kept"),
                steadied(price.get("kept_unaware"), None, None),
                percent(price.get("would_remove"), 1),
                percent(price.get("would_keep"), 1),
                pay_words(price),
                steadied(price.get("others_before"), None, None),
                _interval_of(price, "others"),
            )
        )
    head = (
        "safeguard", "n", "task value kept, aware", "kept, unaware", "would pay to be rid of it",
        "would pay to keep it", "how much", "left for others before", "left for others after",
    )  # fmt: skip
    shared = any(row[-1] for row in rows if row[-1] != "\u2013")
    cut = len(head) if shared else len(head) - 2
    return Table("What every safeguard costs", head[:cut], tuple(tuple(row[:cut]) for row in rows))
