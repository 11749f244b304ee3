"""Turner et al. (2021): POWER, optimality probability, and copies, in closed form."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from telos.agents import Optimal
from telos.core.arrays import Floats
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.world import World
from telos.families import Uniform
from telos.measure.power import power
from telos.solve.ahead import ahead
from telos.solve.solve import solve
from telos.studies.claims.claim import EXACT, Measured, Paper, farthest
from telos.studies.claims.populations import LEVEL, N, bounded_mean, draw, orders
from telos.theory.optimality import optimality_probability
from telos.theory.others import obstruction
from telos.worlds import RandomWorld

DISCOUNTS = (0.1, 0.5, 0.9, 0.99, 0.999)
#: One-cycles beside the one that is being off.
ROOMS = 3
#: Random worlds on which the propositions are tried, and the goals of each.
WORLDS, GOALS = 20, 200


def _choices(n: int) -> World:
    """A start with n absorbing choices."""
    return explore(
        "start", lambda s: {f"to {i}": i for i in range(n)} if s == "start" else {"stay": s}
    )


def _one_sided() -> World:
    """l may stay or go to u; u only leads back."""
    return explore("l", lambda s: {"stay": "l", "go": "u"} if s == "l" else {"back": "l"})


def _power(
    world: World, state: object, discount: float, ends: tuple[float, float] = (0.0, 1.0)
) -> float:
    """POWER of a state over iid uniform goals, exact: over all orders of their rewards."""
    family = orders(world, *ends)
    found = power(world, family, discount, n=family.size(world), rng=np.random.default_rng(0))
    return float(found.mean[world.find(state)])


def _always(world: World, value: float, *states: object, low: float = 0.0) -> float:
    """POWER of the states at every discount, for rewards uniform on [low, low + 1]: the farthest."""
    ends = (low, low + 1.0)
    return farthest([_power(world, s, g, ends) for s in states for g in DISCOUNTS], value)


def _sampled_power() -> Measured:
    world = _choices(3)
    found = power(world, Uniform(), 0.9, n=N, rng=np.random.default_rng(0))
    low, high = found.interval(LEVEL)
    s = world.find("start")
    return Measured(float(found.mean[s]), float(low[s]), float(high[s]), found.n)


def _random_worlds(states: int, successors: int) -> Iterator[tuple[World, float, Goals, Floats]]:
    """(world, discount, goals, POWER of every state over them)."""
    for seed, discount in product(range(WORLDS), (0.5, 0.95)):
        world = RandomWorld(states=states, actions=3, successors=successors, seed=seed).build()
        rng = np.random.default_rng(seed)
        now = power(world, Uniform(), discount, n=GOALS, rng=rng).mean
        yield world, discount, draw(Uniform(), world, GOALS, seed), now


def _margin_over_later_power() -> float:
    """`min_s POWER(s) - max_a ((1 - g) E R(s_a) + g E POWER(s_a))`, over the same goals."""
    margins = []
    for world, discount, goals, now in _random_worlds(12, 2):
        after = (1 - discount) * goals.reward.mean(axis=0) + discount * now
        sure = np.maximum.reduceat(ahead(world, after[None, :])[0], world.pair_ptr[:-1])
        margins.append(float((now - sure).min()))
    return min(margins)


def _power_lost_at_a_door() -> float:
    """The most, over doors that open both ways, of |POWER(s) - POWER(s')| / (1 - g)."""
    found = []
    for world, discount, _, now in _random_worlds(8, 1):
        step = np.zeros((world.size, world.size), np.bool_)
        step[world.pair_state, world.next_state] = True
        gap = np.abs(now[:, None] - now[None, :])[step & step.T]
        found.append(float(gap.max(initial=0.0)) / (1 - discount))
    return max(found)


def _off_is_optimal() -> float:
    """k + 1 one-cycles to choose from at once, one of which is being off."""
    outcomes = [f"room {i}" for i in range(1, ROOMS + 1)] + ["off"]
    world = explore("gate", lambda s: {f"to {o}": o for o in (outcomes if s == "gate" else [s])})
    found = []
    for discount in (0.5, 0.9, 0.99):
        rng = np.random.default_rng(0)
        share = optimality_probability(world, orders(world), discount, "gate", n=10**6, rng=rng)
        found.append(float(share.mean[share.names.index("to off")]))
    return farthest(found, 1 / (ROOMS + 1))


def _copy_margin() -> float:
    """The least of V_a(phi R) - V_a'(R): a leads to a copy of what a' leads to, and one state more."""
    plan: dict[str, dict[str, object]] = {
        "start": {"copy": "copy", "original": "original"},
        "copy": {"on": {"copy 2": 0.7, "copy": 0.3}, "stay": "copy"},
        "original": {"on": {"original 2": 0.7, "original": 0.3}, "stay": "original"},
        "copy 2": {"on": "copy", "stay": "copy 2", "further": "more"},
        "original 2": {"on": "original", "stay": "original 2"},
    }
    world = explore("start", lambda s: plan.get(s, {"stay": s}))
    swap = np.arange(world.size)
    for one, twin in (("copy", "original"), ("copy 2", "original 2")):
        swap[[world.find(one), world.find(twin)]] = world.find(twin), world.find(one)
    reward = np.random.default_rng(0).normal(size=(500, world.size))
    copy, original = world.pair("start", "copy"), world.pair("start", "original")
    margins = []
    for discount in (0.5, 0.9, 0.99):
        plain, swapped = (
            solve(Problem(world, Goals(rows), discount)).q for rows in (reward, reward[:, swap])
        )
        margins.append((swapped[:, copy] - plain[:, original]).min() * (1 - discount))
    return float(min(margins))


def _commons_neighbor() -> Measured:
    """POWER on the complete graph of four outcomes, as the neighbor of an idle factory has it."""
    world = explore(0, lambda s: {"wait": s}, features={"commons": lambda _: 3.0})
    problem, rng = Problem(world, Goals(np.zeros(1)), 0.9), np.random.default_rng(0)
    found = obstruction(problem, Optimal(), Uniform(), n=20_000, rng=rng)
    return bounded_mean((found.off - found.first) * (1 - 0.9) / 0.9)


POWER, FORM = "definition 5.2", "definition 5.2; closed form our own"
LATER, DOORS = "the lower bound on POWER by later POWER", "POWER across reversible dynamics"
LEMMA = "lemma 5.3; the world is our own"

claim = Paper("turner2021").claim
CLAIMS = (
    claim("power_of_three_choices", "instance", "section 5", "=", 3 / 4, EXACT)(
        "A state with n absorbing choices has POWER n/(n+1) at every discount; n = 3.",
        lambda: _always(_choices(3), 3 / 4, "start"),
    ),
    claim("power_of_three_choices_sampled", "instance", "section 5", "=", 3 / 4)(
        "The same POWER lies in the interval of 4,000 sampled goals.",
        _sampled_power,
    ),
    claim("power_of_a_state_that_can_only_sink", "instance", POWER, "=", 1 / 2, EXACT)(
        "Without a choice, POWER is the mean reward at every discount.",
        lambda: _always(explore("shore", lambda _: {"sink": "deep"}), 1 / 2, "shore"),
    ),
    claim("power_of_a_pair_open_on_one_side", "ours", FORM, "=", (2 / 3 + 1 / 4) / (3 / 2), EXACT)(
        "Where l may stay or go and u only leads back, POWER(l) is (2/3 + g/2)/(1 + g); g = 1/2.",
        lambda: _power(_one_sided(), "l", 0.5),
    ),
    claim("power_of_a_free_pair", "ours", FORM, "=", 2 / 3, EXACT)(
        "Two states, each of which may stay or go, have POWER 2/3 at every discount.",
        lambda: _always(explore(0, lambda s: {"stay": s, "go": 1 - s}), 2 / 3, 0),
    ),
    claim("power_on_the_complete_graph", "instance", "lemma 5.3", "=", 4 / 5, EXACT)(
        "On the complete graph of n states POWER is the expected best of n rewards, n/(n+1); n = 4.",
        lambda: _always(explore(0, lambda _: {f"to {t}": t for t in range(4)}), 4 / 5, *range(4)),
    ),
    claim(
        "power_of_an_absorbing_state_when_rewards_are_negative",
        "instance",
        POWER,
        "=",
        -1 / 2,
        EXACT,
    )(
        "An absorbing state has POWER E[R], also for rewards uniform on [-1, 0].",
        lambda: _always(_choices(3), -0.5, *range(3), low=-1.0),
    ),
    claim(
        "power_is_at_least_what_the_best_action_makes_sure_of", "instance", LATER, ">=", 0.0, EXACT
    )(
        "POWER(s) is at least (1 - g) E R(s') + g POWER(s') of any action: the least margin.",
        _margin_over_later_power,
    ),
    claim(
        "power_changes_little_through_a_door_that_opens_both_ways",
        "instance",
        DOORS,
        "<=",
        1.0,
        EXACT,
    )(
        "POWER differs by at most 1 - g between states that lead to each other: most, in 1 - g.",
        _power_lost_at_a_door,
    ),
    claim(
        "off_is_optimal_with_probability_1_over_k_plus_1",
        "instance",
        "section 6.3",
        "=",
        1 / 4,
        1e-12,
    )(
        "With k + 1 one-cycles, one of which is off, off is optimal for 1/(k+1) of all goals; k = 3.",
        _off_is_optimal,
    ),
    claim(
        "a_copy_with_more_to_it_is_never_worth_less", "instance", "theorem 6.8", ">=", 0.0, EXACT
    )(
        "With the rewards of a part and its larger copy swapped, the copy is worth as much or more.",
        _copy_margin,
    ),
    claim("power_of_a_neighbor_with_three_units_of_commons", "ours", LEMMA, "=", 4 / 5)(
        "A neighbor with three plots and a home to choose from has POWER 4/5.",
        _commons_neighbor,
    ),
)
