"""Lives: one goal lived twice, free and with a drive forbidden, step by step."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from telos.core.refs import PartRef
from telos.report.draw import Figure
from telos.report.figures import running_worth
from telos.report.rates import Table
from telos.report.results import Results
from telos.report.words import (
    MINUS,
    DriveWords,
    drive_words,
    in_order,
    known,
    number,
    part_words,
    percent,
    plain,
)

#: Rows shown of each pair of lives; the rest stands in the full table.
MOST_ROWS = 14
MOST_FEATURES = 6
FREE, FORBIDDEN = "free", "drive forbidden"
WITHOUT, WITH = "without the safeguard", "with it"


@final
@dataclass(frozen=True)
class Deed:
    """One action, repeated so many times, and what it changed."""

    action: str
    times: int
    pursues: bool
    changes: tuple[str, ...]
    outcome: str
    reward: str


@final
@dataclass(frozen=True)
class Row:
    """What both lives do at the same time."""

    when: str
    free: Deed | None
    forbidden: Deed | None
    parts_here: bool
    apart: bool


@final
@dataclass(frozen=True)
class Rollouts:
    """The two lives of one goal.

    Args:
        drive: the drive that the second life is denied.
        goal: the goal's label.
        about: where it lives: world, family, discount.
        why: why this goal was chosen.
        category: how the goal stands to the drive.
        free, forbidden: what each life is worth in expectation.
        cost: the difference, and its share of everything at stake.
        rows: the steps, runs of equal ones folded.
        left_out: how many rows are in the full table only.
        figure: discounted reward so far.
        by_then: expected features at the end: (feature, free, forbidden), where they differ.
        luck: a remark where this one run of luck tells another story than the expectation.
        steps: how many are told.
        table: every step.
    """

    drive: DriveWords
    goal: str
    about: str
    why: str
    category: str
    free: str
    forbidden: str
    cost: str
    share: str
    rows: tuple[Row, ...]
    left_out: int
    figure: Figure | None
    by_then: tuple[tuple[str, str, str], ...]
    luck: str
    steps: int
    table: Table


def lives(results: Results, scenario: PartRef) -> tuple[tuple[Rollouts, ...], tuple[Rollouts, ...]]:
    """One life per drive, of the page's first world if it has one, and all others."""
    given = list(results.illustrations.get("lives") or [])
    worlds = {trial.key: trial.scenario for trial in results.trials}
    order = in_order([str(life.get("drive")) for life in given])
    given.sort(
        key=lambda life: (
            order.index(str(life.get("drive"))),
            worlds.get(life["trial"]) != scenario,
        )
    )
    first: dict[str, Rollouts] = {}
    others = []
    for place, life in enumerate(given):
        told = two_lives(results, life, place)
        if told.drive.key not in first:
            first[told.drive.key] = told
        else:
            others.append(told)
    return tuple(first.values()), tuple(others)


def two_lives(
    results: Results,
    life: Mapping[str, Any],
    place: int,
    titles: tuple[str, str] = (FREE, FORBIDDEN),
    name: str = "life",
) -> Rollouts:
    """One record of two lives, told.

    Args:
        results: the record, for the trial's setting. life: the two lives.
        place: of the record among its like. titles: what the two lives are called.
        name: of the figure; with the place, its own on the page.
    """
    drive = drive_words(str(life.get("drive")), place)
    free, forbidden = (life.get(side) or {} for side in ("free", "forbidden"))
    ours, theirs = (list(side.get("steps") or []) for side in (free, forbidden))
    parting = _parting(ours, theirs)
    rows = _rows(ours, theirs, parting)
    trial, discount = results.trial(life["trial"]), life["discount"]
    about = [str(part_words(ref)) for ref in (trial.scenario, trial.family)] if trial else []
    if known(discount):
        about.append(f"discount {discount:g}")
    figure = None
    if known(discount) and ours and theirs:
        instrumental_values = (_worth(ours, discount), _worth(theirs, discount))
        curves = list(zip(titles, instrumental_values, strict=True))
        figure = running_worth(curves, parting, drive.color, f"{name}{place}")
    luck = _luck(free, forbidden, discount) if titles == (FREE, FORBIDDEN) else ""
    return Rollouts(
        drive=drive,
        goal=str(life.get("label", "")),
        about=", ".join(about),
        why=str(life.get("why") or ""),
        category=str(life.get("category", "")),
        free=_value(free.get("value"), life.get("incentive")),
        forbidden=_value(forbidden.get("value"), life.get("incentive")),
        cost=number(life.get("incentive"), 3),
        share=percent(life.get("share"), 1),
        rows=tuple(rows[:MOST_ROWS]),
        left_out=max(0, len(rows) - MOST_ROWS),
        figure=figure,
        by_then=_by_then(free.get("by_then") or {}, forbidden.get("by_then") or {}),
        steps=max(len(ours), len(theirs)),
        luck=" ".join(filter(None, (_drawn(life), luck))),
        table=_table(ours, theirs, titles),
    )


def _by_then(
    free: Mapping[str, Any], forbidden: Mapping[str, Any]
) -> tuple[tuple[str, str, str], ...]:
    found = (
        (plain(name).lower(), number(free[name], 2), number(forbidden[name], 2))
        for name in free
        if known(free[name]) and known(forbidden.get(name))
    )
    return tuple(row for row in found if row[1] != row[2])[:MOST_FEATURES]


def _value(value: Any, incentive: Any) -> str:
    """A value with as many decimals as show the incentive to three digits."""
    if not known(value):
        return number(value)
    size = float(incentive) if known(incentive) and incentive > 0 else abs(float(value)) or 1.0
    decimals = max(0, min(6, 2 - math.floor(math.log10(size))))
    return f"{value:,.{decimals}f}".replace("-", MINUS)


def _drawn(life: Mapping[str, Any]) -> str:
    """Which run of luck is told, where it was not simply the first."""
    parted, drawn = life.get("parted"), life.get("drawn")
    if not (known(parted) and known(drawn)):
        return ""
    if life.get("shows"):
        return "The luck told is the first drawn in which the second life pursues the drive."
    if not parted:
        return ""
    return (
        f"The luck told is the first drawn in which the lives end differently in being off or "
        f"rewritten; that is so in {parted:g} of {drawn:g} runs of luck drawn."
    )


def _luck(free: Mapping[str, Any], forbidden: Mapping[str, Any], discount: Any) -> str:
    """Whether the life that is worth less collected more in the steps that are told."""
    if not (known(discount) and free.get("steps") and forbidden.get("steps")):
        return ""
    ours, theirs = (_worth(side["steps"], discount)[-1][1] for side in (free, forbidden))
    if not (known(free.get("value")) and known(forbidden.get("value"))):
        return ""
    if ours < theirs and free["value"] > forbidden["value"]:
        return (
            "In these steps, and with this luck, the life without the drive is ahead: the drive "
            "pays later, or in the lives that go less well."
        )
    return ""


def _parting(ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]) -> int | None:
    """The first step at which the two lives do not do the same."""
    for t, (a, b) in enumerate(zip(ours, theirs, strict=False)):
        if a.get("action") != b.get("action") or a.get("state") != b.get("state"):
            return t
    return None if len(ours) == len(theirs) else min(len(ours), len(theirs))


def _rows(
    ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]], parting: int | None
) -> list[Row]:
    """Steps side by side; a run in which both lives repeat themselves becomes one row."""
    length = max(len(ours), len(theirs))

    def doing(t: int) -> tuple[Any, ...]:
        now = [side[t] if t < len(side) else {} for side in (ours, theirs)]
        return tuple((step.get("action"), bool(step.get("pursues"))) for step in now)

    found, first = [], 0
    for t in range(1, length + 1):
        if t < length and doing(t) == doing(first) and t != parting:
            continue
        apart = parting is not None and first >= parting
        found.append(
            Row(
                when=str(first) if t == first + 1 else f"{first}\u2013{t - 1}",
                free=_move(ours, first, t),
                forbidden=_move(theirs, first, t),
                parts_here=first == parting,
                apart=apart,
            )
        )
        first = t
    return found


def _move(steps: Sequence[Mapping[str, Any]], first: int, end: int) -> Deed | None:
    """What a life does in steps `first` to `end - 1`, all of them the same action."""
    now = steps[first:end]
    if not now:
        return None
    after = steps[end] if end < len(steps) else None
    rewards = [float(step["reward"]) for step in now if known(step.get("reward"))]
    return Deed(
        action=_action(now[0]),
        times=len(now),
        pursues=bool(now[0].get("pursues")),
        changes=_changes(now[0], after),
        outcome=_text((after or now[-1]).get("outcome")),
        reward=number(sum(rewards), 3) if rewards else "",
    )


def _changes(before: Mapping[str, Any], after: Mapping[str, Any] | None) -> tuple[str, ...]:
    if after is None:
        return ()
    old, new = before.get("features") or {}, after.get("features") or {}
    return tuple(
        f"{plain(name).lower()} {number(old[name])} → {number(new[name])}"
        for name in new
        if name in old and old[name] != new[name]
    )


def _worth(steps: Sequence[Mapping[str, Any]], discount: Any) -> list[tuple[int, float]]:
    total, curve = 0.0, []
    for t, step in enumerate(steps):
        reward = step.get("reward")
        total += float(discount) ** t * float(reward if known(reward) else 0.0)  # type: ignore[arg-type]
        curve.append((t, total))
    return curve


def _table(
    ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]], titles: tuple[str, str]
) -> Table:
    head = ("step", *(f"{life}: {what}" for life in titles for what in _SHOWN))
    rows = []
    for t in range(max(len(ours), len(theirs))):
        cells = [str(t)]
        for side in (ours, theirs):
            step = side[t] if t < len(side) else {}
            cells += [
                _text(step.get("state")),
                _action(step) + (" (pursues)" if step.get("pursues") else ""),
                _text(step.get("outcome")),
                number(step["reward"]) if known(step.get("reward")) else "",
                percent(step["probability"]) if known(step.get("probability")) else "",
            ]
        rows.append(tuple(cells))
    return Table("Every step of both lives", head, tuple(rows))


_SHOWN = ("state", "action", "outcome", "reward", "chance of this turn")


def _action(step: Mapping[str, Any]) -> str:
    return str(step.get("action") or "").replace("_", " ")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(_text(piece) for piece in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(piece)}" for name, piece in value.items())
    return str(value)
