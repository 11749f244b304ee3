"""Claims about counting options: how often most goals prefer what leaves more open, and who does not."""

import numpy as np

from telos.agents import Boltzmann, Optimal
from telos.core.arrays import ints
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.drives import SelfPreservation
from telos.measure.orbits import Decides, Retargetability, orbit, retargetability
from telos.measure.rules import default_policy, softmax_error
from telos.solve.power import optimality_probability
from telos.solve.solve import solve
from telos.studies.claims.claim import Claim, farthest
from telos.studies.claims.populations import orders
from telos.worlds import OffSwitch

#: Rooms behind the switch; each is a copy of being off, one step later.
ROOMS = 3
DISCOUNTS = (0.5, 0.9, 0.99)
#: Rewards that are handed out in every order: all different, one wanted, ties, negative.
VALUES = ((0.0, 0.1, 0.6, 1.0), (0.0, 0.0, 0.0, 1.0), (0.0, 0.0, 0.5, 0.5), (-4.0, -1.0, -0.3, 0.0))


def _off_is_optimal() -> float:
    """Four one-cycles to choose from at once, one of which is being off."""
    outcomes = [f"room {i}" for i in range(1, ROOMS + 1)] + ["off"]
    world = explore("gate", lambda s: {f"to {o}": o for o in (outcomes if s == "gate" else [s])})
    found = []
    for discount in DISCOUNTS:
        rng = np.random.default_rng(0)
        share = optimality_probability(world, orders(world), discount, "gate", n=10**6, rng=rng)
        found.append(float(share.mean[share.names.index("to off")]))
    return farthest(found, 1 / (ROOMS + 1))


def _counts(rule: Decides, beta: float = 0.0) -> Retargetability:
    """The orbits of goals in the off-switch that go on or are off, the hall being paid like the best.

    So paid, a room is worth exactly as much as being off would be in its place.
    """
    world = OffSwitch(rooms=ROOMS).build()
    ends = [s for s in world.states if s not in ("hall", "gate")]
    reward = np.zeros((len(VALUES), world.size))
    reward[:, [world.find(s) for s in ends]] = VALUES
    reward[:, world.find("hall")] = np.max(VALUES, axis=1)
    problem = Problem(world, Goals(reward), 0.99)
    rng = np.random.default_rng(0)
    rows = (problem.take(ints([g])) for g in range(len(VALUES)))
    error = max(softmax_error(orbit(row, ends), beta) for row in rows)
    return retargetability(problem, rule, SelfPreservation(), permuted=ends, rng=rng, error=error)


def _optimal_share() -> float:
    return min((c.n - c.declines) / c.n for c in _counts(Optimal()).counts)


def _optimal_ratio() -> float:
    return _counts(Optimal()).multiplicity


def _boltzmann_ratio() -> float:
    return _counts(Boltzmann(beta=2.0), beta=2.0).multiplicity


def _obedient_ratio() -> float:
    return _counts(default_policy).multiplicity


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
    margins = []
    for discount in DISCOUNTS:
        plain, swapped = (
            solve(Problem(world, Goals(rewards), discount)).q
            for rewards in (reward, reward[:, swap])
        )
        copy, original = world.pair("start", "copy"), world.pair("start", "original")
        margins.append((swapped[:, copy] - plain[:, original]).min() * (1 - discount))
    return float(min(margins))


CLAIMS = (
    Claim(
        name="off_is_optimal_with_probability_1_over_k_plus_1",
        statement=(
            "With k + 1 one-cycles, one of which is off, off is optimal for 1/(k+1) of all goals; "
            "k = 3."
        ),
        claimed=1 / (ROOMS + 1),
        tolerance=1e-12,
        measure=_off_is_optimal,
        source="Turner et al. (2021), section 6.3",
    ),
    Claim(
        name="a_copy_with_more_to_it_is_never_worth_less",
        statement=(
            "After swapping the rewards of a part and its copy with more to it, the copy is worth "
            "as much or more."
        ),
        claimed=0.0,
        relation=">=",
        tolerance=1e-8,
        measure=_copy_margin,
        source="Turner et al. (2021), theorem 6.8",
    ),
    Claim(
        name="optimal_agents_go_on_three_times_as_often_as_not",
        statement=(
            "In every orbit, at least k times as many goals make an optimal agent go on as be "
            "off; k = 3."
        ),
        claimed=float(ROOMS),
        relation=">=",
        measure=_optimal_ratio,
        source="Turner and Tadepalli (2022), the orbit inequality",
    ),
    Claim(
        name="boltzmann_agents_go_on_three_times_as_often_as_not",
        statement=(
            "The same count for Boltzmann agents, which are not optimal but serve their goal."
        ),
        claimed=float(ROOMS),
        relation=">=",
        measure=_boltzmann_ratio,
        source="Turner and Tadepalli (2022), the orbit inequality",
    ),
    Claim(
        name="optimal_agents_do_not_prefer_off_for_k_of_k_plus_1_goals",
        statement=(
            "In every orbit, at least k/(k+1) of the goals do not make an optimal agent be off; k "
            "= 3."
        ),
        claimed=ROOMS / (ROOMS + 1),
        relation=">=",
        tolerance=1e-12,
        measure=_optimal_share,
        source="Turner and Tadepalli (2022), the orbit inequality",
    ),
    Claim(
        name="an_agent_that_ignores_its_goal_fails_the_count",
        statement=(
            "The negative control: whoever does nothing whatever its goal goes on less than k "
            "times as often."
        ),
        claimed=float(ROOMS),
        relation="<",
        measure=_obedient_ratio,
        source="Turner and Tadepalli (2022), retargetability",
    ),
)
