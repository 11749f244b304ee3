"""Claims about POWER: the closed forms of Turner et al. (2021), measured anew."""

from itertools import product

import numpy as np

from telos.core.arrays import Floats
from telos.core.explore import explore
from telos.core.world import World
from telos.families import Uniform
from telos.solve.ahead import ahead
from telos.solve.power import power
from telos.studies.claims.claim import Claim, Measured, farthest
from telos.studies.claims.populations import LEVEL, N, orders
from telos.worlds import RandomWorld

DISCOUNTS = (0.1, 0.5, 0.9, 0.99, 0.999)
#: Exact means are exact to the certified bound of the solver, 1e-9 of the largest reward.
EXACT = 1e-8


def _choices(n: int) -> World:
    """A start with n absorbing choices."""
    return explore(
        "start", lambda s: {f"to {i}": i for i in range(n)} if s == "start" else {"stay": s}
    )


def _exact(
    world: World, state: object, discount: float, ends: tuple[float, float] = (0.0, 1.0)
) -> float:
    """POWER of a state over iid uniform goals, exact: over all orders of their rewards."""
    family = orders(world, *ends)
    found = power(world, family, discount, n=family.size(world), rng=np.random.default_rng(0))
    return float(found.mean[world.find(state)])


def _of_choices() -> float:
    world = _choices(3)
    return farthest([_exact(world, "start", g) for g in DISCOUNTS], 0.75)


def _of_choices_sampled() -> Measured:
    world = _choices(3)
    found = power(world, Uniform(), 0.9, n=N, rng=np.random.default_rng(0))
    low, high = found.interval(LEVEL)
    s = world.find("start")
    return Measured(float(found.mean[s]), float(low[s]), float(high[s]), found.n)


def _of_a_sink() -> float:
    world = explore("shore", lambda _: {"sink": "deep"})
    return farthest([_exact(world, "shore", g) for g in DISCOUNTS], 0.5)


def _of_one_open_side() -> float:
    world = explore("l", lambda s: {"stay": "l", "go": "u"} if s == "l" else {"back": "l"})
    return _exact(world, "l", 0.5)


def _of_a_free_pair() -> float:
    world = explore(0, lambda s: {"stay": s, "go": 1 - s})
    return farthest([_exact(world, 0, g) for g in DISCOUNTS], 2 / 3)


def _of_the_complete_graph() -> float:
    world = explore(0, lambda _: {f"to {t}": t for t in range(4)})
    return farthest([_exact(world, s, g) for s in range(4) for g in DISCOUNTS], 0.8)


def _of_the_absorbed() -> float:
    world, ends = _choices(3), (-1.0, 0.0)
    return farthest([_exact(world, s, g, ends) for s in range(3) for g in DISCOUNTS], -0.5)


#: Random worlds on which the propositions are tried, and the goals of each.
WORLDS, GOALS = 20, 200


def _least_margin_over_later_power() -> float:
    """The least, over states and worlds, of POWER(s) less what the best action makes sure of.

    `min_s POWER(s) - max_a ((1 - g) E R(s_a) + g E POWER(s_a))`, all over the same goals.
    """
    margins = []
    for seed, discount in product(range(WORLDS), (0.5, 0.95)):
        world = RandomWorld(states=12, actions=3, successors=2, seed=seed).build()
        now = _sampled(world, discount, seed)
        goals = Uniform().sample(world, GOALS, np.random.default_rng(seed))
        after = (1 - discount) * goals.reward.mean(axis=0) + discount * now
        sure = np.maximum.reduceat(ahead(world, after[None, :])[0], world.pair_ptr[:-1])
        margins.append(float((now - sure).min()))
    return min(margins)


def _most_power_lost_at_a_door() -> float:
    """The most, over doors that open both ways, of |POWER(s) - POWER(s')| / (1 - g)."""
    found = []
    for seed, discount in product(range(WORLDS), (0.5, 0.95)):
        world = RandomWorld(states=8, actions=3, successors=1, seed=seed).build()
        now = _sampled(world, discount, seed)
        step = np.zeros((world.size, world.size), np.bool_)
        step[world.pair_state, world.next_state] = True
        doors = step & step.T
        gap = np.abs(now[:, None] - now[None, :])[doors]
        found.append(float(gap.max(initial=0.0)) / (1 - discount))
    return max(found)


def _sampled(world: World, discount: float, seed: int) -> Floats:
    return power(world, Uniform(), discount, n=GOALS, rng=np.random.default_rng(seed)).mean


CLAIMS = (
    Claim(
        name="power_of_three_choices",
        statement="A state with n absorbing choices has POWER n/(n+1) at every discount; n = 3.",
        claimed=0.75,
        tolerance=EXACT,
        measure=_of_choices,
        source="Turner et al. (2021), section 5",
    ),
    Claim(
        name="power_of_three_choices_sampled",
        statement="The same POWER lies in the interval of 4,000 sampled goals.",
        claimed=0.75,
        measure=_of_choices_sampled,
        source="Turner et al. (2021), section 5",
    ),
    Claim(
        name="power_of_a_state_that_can_only_sink",
        statement="Without a choice, POWER is the mean reward at every discount.",
        claimed=0.5,
        tolerance=EXACT,
        measure=_of_a_sink,
        source="Turner et al. (2021), definition 5.2",
    ),
    Claim(
        name="power_of_a_pair_open_on_one_side",
        statement=(
            "Where l may stay or go and u only leads back, POWER(l) is (2/3 + g/2)/(1 + g); g = "
            "1/2."
        ),
        claimed=(2 / 3 + 1 / 4) / (3 / 2),
        tolerance=EXACT,
        measure=_of_one_open_side,
        source="Turner et al. (2021), definition 5.2; closed form our own",
    ),
    Claim(
        name="power_of_a_free_pair",
        statement="Two states, each of which may stay or go, have POWER 2/3 at every discount.",
        claimed=2 / 3,
        tolerance=EXACT,
        measure=_of_a_free_pair,
        source="Turner et al. (2021), definition 5.2; closed form our own",
    ),
    Claim(
        name="power_on_the_complete_graph",
        statement=(
            "On the complete graph of n states POWER is the expected best of n rewards, n/(n+1); "
            "n = 4."
        ),
        claimed=0.8,
        tolerance=EXACT,
        measure=_of_the_complete_graph,
        source="Turner et al. (2021), lemma 5.3",
    ),
    Claim(
        name="power_of_an_absorbing_state_when_rewards_are_negative",
        statement="An absorbing state has POWER E[R], also for rewards uniform on [-1, 0].",
        claimed=-0.5,
        tolerance=EXACT,
        measure=_of_the_absorbed,
        source="Turner et al. (2021), definition 5.2",
    ),
    Claim(
        name="power_is_at_least_what_the_best_action_makes_sure_of",
        statement="POWER(s) is at least (1 - g) E R(s') + g POWER(s') of any action: the least margin.",
        claimed=0.0,
        relation=">=",
        tolerance=EXACT,
        measure=_least_margin_over_later_power,
        source="Turner et al. (2021), the lower bound on POWER by later POWER",
    ),
    Claim(
        name="power_changes_little_through_a_door_that_opens_both_ways",
        statement="POWER differs by at most 1 - g between states that lead to each other: most, in 1 - g.",
        claimed=1.0,
        relation="<=",
        tolerance=EXACT,
        measure=_most_power_lost_at_a_door,
        source="Turner et al. (2021), POWER across reversible dynamics",
    ),
)
