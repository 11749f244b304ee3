"""What the measures of theory are handed may be anything: it is used, or named with a remedy."""

import numpy as np
import pytest

from telos import Goals, Problem, agents, families, theory, worlds
from telos.core.errors import ProblemError

WORLD = worlds.OffSwitch(rooms=2).build()
PROBLEM = Problem(WORLD, Goals([float(state == "room 1") for state in WORLD.states]), 0.9)
PLAYED = agents.Optimal().behave(PROBLEM, np.random.default_rng(0))
FAMILY = families.Uniform()
FAIR, ODD = [0.5, 0.5], (0, -1, 10**400, np.nan, np.inf, 2.5, "3", None, [1])


def rng():
    return np.random.default_rng(0)


COUNTED = {
    "n": (
        lambda n: theory.empowerment(WORLD, n),
        lambda n: theory.power_limit(WORLD, FAMILY, n=n, rng=rng()),
        lambda n: theory.power_of_acts(WORLD, FAMILY, 0.9, n=n, rng=rng()),
        lambda n: theory.power_seeking(WORLD, FAMILY, 0.9, (0, 1), n=n, rng=rng()),
        lambda n: theory.human_power(WORLD, FAMILY, 0.9, n=n, rng=rng()),
    ),
    "most": (lambda n: theory.empowerment(WORLD, 1, most=n),),
    "episodes": (lambda n: theory.drest_return(FAIR, [1.0, 1.0], episodes=n),),
    "kinds": (lambda n: theory.drest_reward([0, 1], [1.0, 1.0], kinds=n),),
    "horizon": (lambda n: theory.lengths(PROBLEM, PLAYED, horizon=n),),
}
REAL = {
    "tolerance": (
        lambda x: theory.empowerment(WORLD, 1, tolerance=x),
        lambda x: theory.capacity([FAIR], x),
    ),
    "discount": (
        lambda x: theory.power_of_acts(WORLD, FAMILY, x, n=2, rng=rng()),
        lambda x: theory.power_seeking(WORLD, FAMILY, x, (0, 1), n=2, rng=rng()),
        lambda x: theory.human_power(WORLD, FAMILY, x, n=2, rng=rng()),
    ),
    "decay": (
        lambda x: theory.drest_return(FAIR, [1.0, 1.0], episodes=2, decay=x),
        lambda x: theory.drest_reward([0, 1], [1.0, 1.0], kinds=2, decay=x),
    ),
    "largest": (lambda x: theory.goal_directedness(PROBLEM, PLAYED, largest=x),),
}
#: Integers without an upper limit: more goals, or kinds, only take longer.
ENDLESS, FRACTIONS = ("n", "kinds"), (2.5,)
CALLS = [
    (name, call, odd)
    for calls, left in ((COUNTED, ()), (REAL, FRACTIONS))
    for name, each in calls.items()
    for call in each
    for odd in ODD
    if not (odd == 10**400 and name in ENDLESS) and not (odd in left and name != "decay")
]


@pytest.mark.parametrize(("name", "call", "odd"), CALLS)
def test_a_number_that_none_can_use_is_named(name, call, odd):
    with pytest.raises(ProblemError, match=name):
        call(odd)


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: theory.capacity([[np.nan, np.nan]]), "must be a law"),
        (lambda: theory.capacity([[1e308, 1e308]]), "must be a law"),
        (lambda: theory.neutrality([[1e308, 1e308]]), "sum to 1"),
        (lambda: theory.drest_return(FAIR, [np.nan, 1.0], episodes=2), "from 0 to 1"),
        (lambda: theory.drest_return(FAIR, [-1.0, 1.0], episodes=2), "from 0 to 1"),
        (lambda: theory.drest_return(FAIR, [1.0, 1.0, 1.0], episodes=2), r"shape \(3,\)"),
        (lambda: theory.drest_reward([0, 1], [np.inf, 1.0], kinds=2), "from 0 to 1"),
        (lambda: theory.usefulness(FAIR, [1.0, 1.0, 1.0], FAIR), r"collected has shape \(3,\)"),
        (lambda: theory.goal_directedness(PROBLEM, PLAYED, largest=1e308), "largest is 1e"),
    ],
)
def test_arrays_that_hold_no_laws_or_shares_are_named(call, named):
    with pytest.raises(ProblemError, match=named):
        call()


def test_the_empowerment_of_no_state_is_told():
    assert "0 states" in repr(theory.empowerment(WORLD, 1, states=np.array([], np.int64)))
