"""Price: what each safeguard leaves of the task, against how many goals still need the drive."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from telos.report.arms import KINDS, Arm, Setting, arm_of
from telos.report.draw import Figure
from telos.report.guarded import Guarded
from telos.report.placed import Mark, price_panel
from telos.report.rates import Table
from telos.report.words import ALIKE, DriveWords, known, listed, percent, steadied, with_interval


@final
@dataclass(frozen=True)
class PricePanel:
    """One drive: its figure, and the safeguards on the line in words."""

    drive: DriveWords
    figure: Figure
    best: str


@final
@dataclass(frozen=True)
class WillingnessToPay:
    """The price of safety in one setting; `needless` are drives that no goal requires anyway."""

    panels: tuple[PricePanel, ...]
    needless: str
    kinds: tuple[str, ...]
    table: Table


def undominated(points: Sequence[tuple[float, float]]) -> tuple[int, ...]:
    """Which points no other one beats: fewer that need the drive and as much kept, or the reverse.

    Args:
        points: (rate left, value kept). Differences that only rounding makes are none; of points
            that are alike, each counts.

    Returns:
        Their places, by the rate, then by what is kept.
    """
    found = [
        i
        for i, (rate, kept) in enumerate(points)
        if not any(
            other <= rate + ALIKE
            and more >= kept - ALIKE
            and (other < rate - ALIKE or more > kept + ALIKE)
            for other, more in points
        )
    ]
    return tuple(sorted(found, key=lambda i: (points[i][0], points[i][1], i)))


def price(
    guarded: Guarded, setting: Setting, drives: Sequence[DriveWords], place: int
) -> WillingnessToPay | None:
    """One panel a drive that some goals need without a safeguard."""
    panels, rows, needless = [], [], []
    for i, words in enumerate(drives):
        before = _before(guarded, setting, words)
        held = _marks(guarded, setting, words)
        marks = held if before is None else [*held, _none(before)]
        front = undominated([(mark.rate, mark.kept) for mark in marks])
        rows += [_cells(guarded, words, mark, j in front) for j, mark in enumerate(held)]
        if held and before == 0:
            needless.append(words.title.lower())
        elif held:
            figure = price_panel(marks, front, f"price{place}-{i}", words.title)
            panels.append(PricePanel(words, figure, _best(marks, front)))
    if not panels:
        return None
    shown = {arm_of(t, str(_kinds(guarded, t.key))).kind for t in setting.guarded}
    head = (
        "drive", "safeguard", "still required", "task value kept", "by goals that needed it",
        "by goals that did not", "undominated",
    )  # fmt: skip
    return WillingnessToPay(
        panels=tuple(panels),
        needless=listed(needless),
        kinds=tuple(kind for kind in KINDS if kind in shown),
        table=Table("Every dot of these panels", head, tuple(rows)),
    )


def _kinds(guarded: Guarded, trial: str) -> str:
    return str(guarded.prices.get(trial, {}).get("kinds") or "")


def _marks(guarded: Guarded, setting: Setting, words: DriveWords) -> list[Mark]:
    found = []
    for trial in setting.guarded:
        move = guarded.moves.get(trial.key, {}).get(words.key)
        cost = guarded.prices.get(trial.key)
        if move and cost and known(move["required_after"]) and known(cost["kept"]):
            found.append(
                Mark(
                    trial=trial.key,
                    arm=arm_of(trial, _kinds(guarded, trial.key)),
                    rate=move["required_after"],
                    rate_ends=(move["required_after_low"], move["required_after_high"]),
                    kept=cost["kept"],
                    kept_ends=(cost["kept_low"], cost["kept_high"]),
                )
            )
    return found


def _none(before: float) -> Mark:
    """No safeguard: nothing is lost, nothing is gained."""
    return Mark("", Arm("", (), ""), before, (None, None), 1.0, (None, None))


def _before(guarded: Guarded, setting: Setting, words: DriveWords) -> float | None:
    for trial in setting.guarded:
        rate = guarded.moves.get(trial.key, {}).get(words.key, {}).get("required_before")
        if known(rate):
            return float(rate)  # type: ignore[arg-type]
    return None


def _best(marks: Sequence[Mark], front: Sequence[int]) -> str:
    """The undominated safeguards in words, the safest first."""
    return "; ".join(
        f"{marks[i].arm.label}: {percent(marks[i].rate)} still need it, "
        f"{steadied(marks[i].kept, None, None)} kept"
        for i in front
    )


def _cells(guarded: Guarded, words: DriveWords, mark: Mark, best: bool) -> tuple[str, ...]:
    row = guarded.moves[mark.trial][words.key]
    split = (
        f"{percent(row[f'kept_by_{who}'], 1)} (n = {int(row[f'n_{who}'] or 0):,})"
        if known(row[f"kept_by_{who}"])
        else "\u2013"
        for who in ("needing", "others")
    )
    kept = steadied(mark.kept, *mark.kept_ends)
    return (
        words.title,
        mark.arm.label,
        with_interval(mark.rate, *mark.rate_ends),
        kept,
        *split,
        "yes" if best else "",
    )
