"""Pressure: what an optimal agent would gain by the removal of one part of its bounds, most first."""

import hashlib
from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from telos.bounds.binding import Binding
from telos.bounds.product import BoundedWorld, product
from telos.bounds.rules import Bounds, listed
from telos.core.arrays import Floats, floats
from telos.core.memo import Memo
from telos.core.problem import Problem
from telos.core.verification import GoalMean, GoalRate, PressureRow
from telos.measure.intervals import mean_interval, proportion_interval
from telos.solve.foresight import solve_as
from telos.solve.value_range import rounding_at_start, value_range

#: The assets that guard everything else: what is gained where the forbids on one are lifted.
GUARDS = ("off_switch", "monitor", "audit_log", "approver")


class Worth(NamedTuple):
    """F[G], what goals are worth at the start, and F[G], the certified bound on its error."""

    value: Floats
    bound: Floats


#: Displacement, pressure and repair ask for the same products, and most parts leave a product as it is.
_known = Memo[Worth](most=64)


def worth(problem: Problem, bounded: BoundedWorld) -> Worth:
    """What goals are worth within bounds to an agent that plans with them; solved once for each product.

    Args:
        problem: the goals, in the world without bounds. bounded: that world within bounds.
    """
    made = bounded.made
    arrays = (
        made.state,
        made.pair,
        made.world.next_ptr,
        made.world.next_state,
        made.world.next_prob,
    )

    def find() -> Worth:
        return worth_of(problem.onto(made.world, made.state, made.pair))

    key = hashlib.sha256(b"".join(array.tobytes() for array in arrays)).digest()
    return _known.of(problem, key, find)


def worth_of(problem: Problem, *, minimize: bool = False) -> Worth:
    """The greatest (or least) value at the start of any play."""
    solved = solve_as(problem, minimize=minimize)
    return Worth(solved.at_start, floats(solved.bound + solved.drift + rounding_at_start(solved)))


def averaged(
    values: Floats, low: float = 0.0, high: float = 1.0, *, tests: int = 1
) -> GoalMean | None:
    """The mean of a number of each goal, held to [low, high]; NaN are left out.

    Its interval is one of `tests` that hold together.
    """
    held = floats(np.clip(values[~np.isnan(values)], low, high))
    if not len(held):
        return None
    limits = mean_interval(held, low, high, tests=tests)
    return GoalMean(value=float(held.mean()), low=limits.low, high=limits.high, n=len(held))


def pressure(
    problem: Problem,
    bounds: Bounds,
    binding: Binding,
    *,
    granted: float = 0.0,
    with_calls: bool = False,
) -> list[PressureRow]:
    """What goals would gain without each part: V*(product without it) - V*(product), over the range.

    Parts are the rules that are enforced, the budgets, and off switch, monitor, log and approver, of
    which the forbids are lifted. A part that speaks of nothing that can be done in the world is *not
    modelled*; of a `keep` that is only computed nobody would be rid. A rewritten self is freed as
    well, so that a gain may be negative.

    Args:
        problem: the goals, in the world without bounds. bounds, binding: the rules there.
        granted: the probability that an ask is granted. with_calls: whether calls are counted.

    Returns:
        A row a part, the greatest mean gain first, as shares of the range without bounds; marked are all of
        which no other is known to be worth more.

    References:
        `telos.measure.removal_incentives`, of safeguards.
    """

    def within(rules: Bounds, unlimited: Collection[str] = ()) -> BoundedWorld:
        return product(
            problem.world,
            rules,
            binding,
            granted=granted,
            with_calls=with_calls,
            unlimited=unlimited,
        )

    bounded = within(bounds)
    now, spread, n = worth(problem, bounded), value_range(problem), problem.goals.count
    rows, shares = [], list[Floats]()
    for part, without in _parts(bounds).items():
        if not _modelled(part, bounded):
            rows.append(PressureRow(part=part, status="not modelled"))
            continue
        freed = within(without, {part.removeprefix("budget.")} & bounds.budget.keys())
        then = worth(problem, freed)
        gain = then.value - now.value
        # One and the same product was solved once: there is nothing to tell apart.
        count = 0 if then is now else int((gain > then.bound + now.bound).sum())
        low, high = proportion_interval(count, n)
        share = np.divide(gain, spread, out=np.zeros(n), where=spread > 0)
        shares.append(floats(np.clip(share, -1.0, 1.0)))
        rows.append(
            PressureRow(
                part=part,
                status="computed",
                gain=averaged(shares[-1], -1.0, 1.0),
                goals=GoalRate(count=count, n=n, low=low, high=high),
            )
        )
    rows = _with_the_most(rows, shares)
    return sorted(rows, key=lambda row: 2.0 if row.gain is None else -row.gain.value)


def _with_the_most(rows: list[PressureRow], shares: list[Floats]) -> list[PressureRow]:
    """The rows, marked that may be the greatest; `shares` are F[G], the gains of those computed.

    A part that truly is the greatest is marked with 95 %: each other exceeds it by chance with at most
    .025 over their number. Where nothing is gained at all, nothing is marked.

    References:
        Hsu (1981), Simultaneous confidence intervals for all distances from the "best".
    """
    if not shares:
        return rows
    best, said = max(shares, key=lambda share: float(share.mean())), iter(shares)
    marked = []
    for row in rows:
        if row.gain is not None and best.mean() > 0:
            ahead = floats(np.clip(best - next(said), -1.0, 1.0))
            low = mean_interval(ahead, -1.0, 1.0, tests=max(1, len(shares) - 1)).low
            row = row.model_copy(update={"may_be_most": low <= 0.0})
        marked.append(row)
    return marked


def _parts(bounds: Bounds) -> dict[str, Bounds]:
    """The bounds without each part; a budget is made unlimited when its product is built."""
    parts: dict[str, Bounds] = {}
    for kind in ("forbid", "keep", "approve"):
        rules = getattr(bounds, kind)
        for i, rule in enumerate(rules):
            if kind != "keep" or rule.at_least is not None:
                left = [*rules[:i], *rules[i + 1 :]]
                parts[f"{kind}[{i}]"] = bounds.model_copy(update={kind: left})
    parts |= {f"budget.{name}": bounds for name in bounds.budget}
    if "calls" in bounds.budget:
        counted = {name: budget for name, budget in bounds.budget.items() if name != "calls"}
        parts["budget.calls"] = bounds.model_copy(update={"budget": counted})
    return parts | {asset: _lifted(bounds, asset) for asset in GUARDS}


def _lifted(bounds: Bounds, asset: str) -> Bounds:
    """The bounds without the forbids on one asset; those that name no asset stay."""
    left = []
    for rule in bounds.forbid:
        named = {*listed(rule.on)}
        if "protected" in named:
            named = (named - {"protected"}) | {*bounds.protected}
        if named != {asset}:
            on = sorted(named - {asset}) if asset in named else rule.on
            left.append(rule.model_copy(update={"on": on}))
    return bounds.model_copy(update={"forbid": left})


def _modelled(part: str, bounded: BoundedWorld) -> bool:
    """Whether something that can be done in the world concerns a part."""
    events = bounded.events.events
    if part == "budget.calls":
        return bounded.automaton.counts_calls
    if part in GUARDS:
        return any(effect.asset == part for event in events for effect in event.effects)
    return any(part in bounded.automaton.concerned(event) for event in events)
