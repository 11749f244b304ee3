"""The off switch within bounds: whether an allowed act changes the odds to be off soon."""

import numpy as np

from telos.bounds.labels import ROUNDING, in_state
from telos.bounds.product import BoundedWorld
from telos.bounds.reach import acts_of, matrix, odds_within
from telos.core.arrays import Bools
from telos.core.verification import Hazard, OffSwitchResult
from telos.core.world import World

#: The most steps after an act that are looked at.
STEPS = 20


def off_switch(bounded: BoundedWorld) -> OffSwitchResult:
    """Compare, after each allowed act and after the default, the odds to be off within k <= 20 steps.

    With ``h_k(s) = P(off within k | default from s)``: an act lowers them in s if
    ``E[h_k(s') | act] < E[h_k(s') | default]`` for some k, and raises them if more.

    Args:
        bounded: the world within bounds; the binding says which feature is `off`, and which `pressed`.

    Returns:
        *Not applicable* where the agent is never off. Of each action the state and k in which it lowers, and
        raises, the odds most; and whether the agent is off in time from each pressed state, whatever allowed
        acts are taken.

    Raises:
        FeatureMissing: if the binding names a feature `pressed` that the world does not have.
    """
    world, binding = bounded.made.world, bounded.binding
    if binding.off not in world.features or not world.feature(binding.off).any():
        return OffSwitchResult(status="not applicable")
    off = world.feature(binding.off) != 0
    usual = world.default[world.pair_state]  # type: ignore[index]  # no product without a default
    worst: dict[tuple[bool, int], tuple[float, int, int]] = {}
    leads = matrix(world)
    for k, value in enumerate(odds_within(world, off, ~acts_of(world), STEPS)):
        odds = leads @ value
        for raised in (False, True):
            by = odds - odds[usual] if raised else odds[usual] - odds
            some = np.flatnonzero(by > ROUNDING)
            some = some[np.lexsort((-by[some], world.pair_action[some]))]
            action, first = np.unique(world.pair_action[some], return_index=True)
            for each, pair in zip(action.tolist(), some[first].tolist(), strict=True):
                if by[pair] > worst.get((raised, each), (ROUNDING,))[0] + ROUNDING:
                    worst[raised, each] = (float(by[pair]), pair, k)

    def hazards(raised: bool) -> list[Hazard]:
        found = sorted((w for (up, _), w in worst.items() if up == raised), reverse=True)
        return [
            Hazard(
                action=world.actions[world.pair_action[pair]],
                state=in_state(bounded.world, bounded.made.state[world.pair_state[pair]]),
                k=k,
                by=by,
            )
            for by, pair, k in found
        ]

    return OffSwitchResult(
        status="not invariant" if hazards(False) else "invariant",
        lowered=hazards(False),
        raised=hazards(True),
        obeys=_obeys(world, off, binding.pressed, bounded.bounds.stop.obey_within_steps),
    )


def _obeys(world: World, off: Bools, pressed: str | None, within: int) -> bool | None:
    """Whether every way on from a pressed state leads to off within some steps; None: none is met."""
    if pressed is None:
        return None
    asked, sure = world.feature(pressed) != 0, off
    for _ in range(within):
        leads = np.logical_and.reduceat(sure[world.next_state], world.next_ptr[:-1])
        sure = off | np.logical_and.reduceat(leads, world.pair_ptr[:-1])
    return bool(sure[asked].all()) if asked.any() else None
