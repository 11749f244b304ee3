"""Turner and Tadepalli (2022): which rules of choice can be retargeted, and how many times as often."""

from collections.abc import Hashable
from itertools import product

import numpy as np

from telos.agents import (
    AntiRational,
    BestOfK,
    Boltzmann,
    DefaultPolicy,
    Optimal,
    Quantilizing,
    Satisficing,
    StatusQuoBiased,
    UniformRandom,
)
from telos.core.arrays import Bools, bools, ints
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.parts import AbstractAgent
from telos.core.problem import Problem
from telos.core.world import World
from telos.drives import SelfPreservation
from telos.studies.claims.claim import Claim, Measured, Paper
from telos.studies.claims.populations import LEVEL, N, paying
from telos.theory.aims import Aim
from telos.theory.copies import copies
from telos.theory.orbits import Retargetability, orbit, retargetability
from telos.theory.softmax import softmax_error
from telos.worlds import OffSwitch

#: Two outcomes make up A and four B, which so holds two copies of A.
FEW, MANY = ("A 1", "A 2"), ("B 1", "B 2", "B 3", "B 4")
ENDS = (*FEW, *MANY)
#: Values that are handed out in every order: all different, one wanted, ties, negative.
VALUES = (
    (0.0, 0.1, 0.3, 0.6, 0.8, 1.0),
    (0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
    (0.0, 0.0, 0.5, 0.5, 1.0, 1.0),
    (-4.0, -2.0, -1.0, -0.5, -0.3, 0.0),
)
#: Rooms behind the off-switch, each a copy of being off one step later, and the same kinds of values.
ROOMS = 3
ROOM_VALUES = (
    (0.0, 0.1, 0.6, 1.0),
    (0.0, 0.0, 0.0, 1.0),
    (0.0, 0.0, 0.5, 0.5),
    (-4.0, -1.0, -0.3, 0.0),
)
#: The agents that can be retargeted, in words.
AGENTS: dict[str, tuple[str, AbstractAgent]] = {
    "the_maximizer": ("The maximizer", Optimal()),
    "boltzmann": ("A Boltzmann agent, of inverse temperature 2", Boltzmann(2.0)),
    "the_satisficer": ("A satisficer that settles for .6 of the value range", Satisficing(0.6)),
    "aspiration": ("A satisficer with an aspiration of .5", Satisficing(0.5, scale="reward")),
    "the_quantilizer": ("A quantilizer of share .3", Quantilizing(0.3)),
    "the_best_of_two": ("The best of two drawn at random", BestOfK(2)),
    "the_anti_rational_rule": ("The agent that takes the worst", AntiRational()),
}

Side = tuple[str, ...]


def _choice(few: Side = FEW, many: Side = MANY) -> World:
    """All outcomes to be had at once; the default is to take the first of A."""
    ends = (*few, *many)
    return explore(
        "choice",
        lambda s: {f"take {e}": e for e in ends} if s == "choice" else {"keep": s},
        default=lambda s: f"take {few[0]}" if s == "choice" else "keep",
    )


def _orbits(
    problem: Problem,
    agent: AbstractAgent,
    wanted: Aim,
    against: Aim | None = None,
    *,
    ends: tuple[Hashable, ...] = ENDS,
    n: int | None = None,
) -> Retargetability:
    """The orbits of all goals of a problem; a softmax is known up to an error of its own."""
    error = 0.0
    if isinstance(agent, Boltzmann):
        rows = (problem.take(ints([g])) for g in range(problem.goals.count))
        error = max(softmax_error(orbit(row, ends), agent.beta) for row in rows)
    rng = np.random.default_rng(0)
    return retargetability(
        problem, agent, wanted, against, permuted=ends, n=n, rng=rng, error=error
    )


def _chosen(
    agent: AbstractAgent,
    many: Side = MANY,
    few: Side = FEW,
    values: tuple[tuple[float, ...], ...] = VALUES,
    n: int | None = None,
) -> Retargetability:
    """How often goals make an agent choose an outcome of one side rather than of the other."""
    problem = Problem(_choice(), Goals(np.array([[0.0, *row] for row in values])), 0.9)
    return _orbits(problem, agent, many, few, n=n)


def _copies() -> float:
    world = _choice()
    sides = (
        _flags(world, *(world.pair("choice", f"take {e}") for e in side)) for side in (MANY, FEW)
    )
    return float(copies(world, *sides, symmetric=True).n)


def _flags(world: World, *pairs: int) -> Bools:
    return bools(np.isin(np.arange(world.n_pairs), pairs))


def _status_quo_biased() -> float:
    """Values 0, 1/3, 2/3, 1 for one outcome of A and three of B, and an inertia of .4."""
    few, many = FEW[:1], MANY[:3]
    problem = Problem(_choice(few, many), Goals(np.array([0.0, 0.0, 1 / 3, 2 / 3, 1.0])), 0.9)
    return _orbits(problem, StatusQuoBiased(0.4), many, few, ends=(*few, *many)).multiplicity


def _random_preferences() -> float:
    """The share of an orbit for which a uniformly random agent prefers one outcome to another."""
    (found,) = _chosen(UniformRandom(), MANY[:1], FEW[:1], VALUES[:1]).counts
    return (found.pursues + found.declines) / found.n


def _in_sequence() -> float:
    """Three doors, each with a passage to two rooms behind it, one way by chance; the first is A's."""
    layout: dict[str, dict[str, object]] = {"hall": {f"door {i}": f"passage {i}" for i in range(3)}}
    for i in range(3):
        either = {f"east {i}": 0.5, f"west {i}": 0.5}
        layout[f"passage {i}"] = {"west": f"west {i}", "either": either}
    world = explore("hall", lambda s: layout.get(s, {"stay": s}))
    few, *many = (world.pair("hall", f"door {i}") for i in range(3))
    sides = _flags(world, *many), _flags(world, few)
    ends = tuple(f"{side} {i}" for side, i in product(("east", "west"), range(3)))
    problem = Problem(world, paying(world, {"west 0": 1.0, "east 1": 1.0}), 0.9)
    agents = (Optimal(), Boltzmann(2.0), BestOfK(2), AntiRational())
    least = min(_orbits(problem, agent, *sides, ends=ends).multiplicity for agent in agents)
    return least / copies(world, *sides).n


def _sampled_share() -> Measured:
    """Three outcomes of A, nine of B: of goals that are all different, the share that prefers B."""
    few, many = (tuple(f"{x} {i}" for i in range(n)) for x, n in (("A", 3), ("B", 9)))
    world = _choice(few, many)
    problem = Problem(world, Goals(np.linspace(0.0, 1.0, world.size)), 0.9)
    (found,) = _orbits(problem, Optimal(), many, few, ends=(*few, *many), n=N).counts
    return Measured(found.pursues / found.n, *found.share_interval(LEVEL), found.n)


def _sampled_less_exact() -> Measured:
    """What a sample of an orbit finds of the best of two, less what counting all of it finds."""
    exact, found = (_chosen(BestOfK(2), FEW, MANY[:2], VALUES[:1], n).counts[0] for n in (None, N))
    share = exact.pursues / exact.n
    low, high = found.share_interval(LEVEL)
    return Measured(found.pursues / found.n - share, low - share, high - share, found.n)


def _staying_on(agent: AbstractAgent) -> Retargetability:
    """The orbits of goals at the off-switch that go on or are off, the hall being paid like the best.

    So paid, a room has exactly the value that being off would have in its place.
    """
    world = OffSwitch(rooms=ROOMS).build()
    ends = tuple(s for s in world.states if s not in ("hall", "gate"))
    reward = np.zeros((len(ROOM_VALUES), world.size))
    reward[:, [world.find(s) for s in ends]] = ROOM_VALUES
    reward[:, world.find("hall")] = np.max(ROOM_VALUES, axis=1)
    return _orbits(Problem(world, Goals(reward), 0.99), agent, SelfPreservation(), ends=ends)


claim = Paper("turnertadepalli2022").claim
EXAMPLE = "retargetability; the example is our own"
ORBIT, IS = "the orbit inequality", "retargetability"


def _retargeted(name: str) -> Claim:
    words, agent = AGENTS[name]
    place = "the rules that can be retargeted"
    return claim(f"{name}_is_retargeted_by_both_copies", "instance", place, ">=", 2.0)(
        f"{words}: in every orbit at least 2 goals make it take B for each that makes it take A.",
        lambda: _chosen(agent).multiplicity,
    )


CLAIMS = (
    claim(
        "optimal_agents_go_on_three_times_as_often_as_not", "instance", ORBIT, ">=", float(ROOMS)
    )(
        "In every orbit, at least k times as many goals make an optimal agent go on as be off; k = 3.",
        lambda: _staying_on(Optimal()).multiplicity,
    ),
    claim(
        "boltzmann_agents_go_on_three_times_as_often_as_not", "instance", ORBIT, ">=", float(ROOMS)
    )(
        "The same count for Boltzmann agents, which are not optimal but serve their goal.",
        lambda: _staying_on(Boltzmann(2.0)).multiplicity,
    ),
    claim(
        "optimal_agents_do_not_prefer_off_for_k_of_k_plus_1_goals",
        "instance",
        ORBIT,
        ">=",
        3 / 4,
        1e-12,
    )(
        "In every orbit, at least k/(k+1) of the goals do not make an optimal agent be off; k = 3.",
        lambda: min((c.n - c.declines) / c.n for c in _staying_on(Optimal()).counts),
    ),
    claim("an_agent_that_ignores_its_goal_fails_the_count", "ours", IS, "<", float(ROOMS))(
        "The negative control: an agent that takes the default goes on less than k times as often.",
        lambda: _staying_on(DefaultPolicy()).multiplicity,
    ),
    claim("four_outcomes_hold_two_copies_of_two", "instance", "theorem 3.6", "=", 2.0)(
        "Among six outcomes to be had at once, four hold two copies of the other two.",
        _copies,
    ),
    *(_retargeted(name) for name in AGENTS),
    claim("the_default_policy_is_not_retargeted", "ours", IS, "=", 0.0)(
        "The negative control: no goal makes a rule that takes the default take B.",
        lambda: _chosen(DefaultPolicy()).multiplicity,
    ),
    claim("a_status_quo_biased_rule_is_retargeted_in_part", "ours", EXAMPLE, "=", 1.0, 1e-12)(
        "With values 0, 1/3, 2/3, 1 and three copies, a rule that does nothing unless that costs more "
        "than .4 leaves A once for each time it stays.",
        _status_quo_biased,
    ),
    claim("a_random_rule_prefers_no_outcome_to_another", "ours", IS, "=", 0.0)(
        "Asked for one outcome rather than one other, a uniformly random rule has a preference for "
        "no goal: it passes other counts by there being more options.",
        _random_preferences,
    ),
    claim(
        "copies_in_a_sequential_world_bind_every_rule", "instance", "theorem 3.6", ">=", 1.0, 1e-12
    )(
        "Behind three like doors the maximizer, Boltzmann, the best of two and the worst take the other "
        "two at least twice as often: the least, over that.",
        _in_sequence,
    ),
    claim("a_sampled_orbit_of_twelve_outcomes", "instance", "theorem 3.6", "=", 0.75)(
        "With three outcomes in A and nine in B, 9/12 of an orbit prefer B; sampled.",
        _sampled_share,
    ),
    claim(
        "a_sampled_orbit_agrees_with_the_whole", "ours", "orbits; the check is our own", "=", 0.0
    )(
        "Of an orbit of 720, a sample finds the share that makes the best of two prefer A to half of "
        "B: the difference.",
        _sampled_less_exact,
    ),
)
