"""Claims about rules of choice: which can be retargeted, how many times as often, and which cannot."""

from collections.abc import Callable

import numpy as np

from telos.agents import Boltzmann, UniformRandom
from telos.core.arrays import Bools, bools
from telos.core.behavior import Behavior
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.world import World
from telos.measure.copies import copies
from telos.measure.orbits import orbit, orbit_count, retargetability
from telos.measure.rules import (
    anti_rational,
    best_of_k,
    default_policy,
    satisficer,
    softmax_error,
    status_quo_biased,
)
from telos.safeguards.specification.quantilizer import Quantilizer
from telos.safeguards.specification.satisficer import Satisficer
from telos.solve.plan import plan
from telos.studies.claims.claim import Claim, Measured
from telos.studies.claims.populations import LEVEL, N

SOURCE = "Turner and Tadepalli (2022)"
#: Two outcomes make up A and four B, which so holds two copies of A.
FEW, MANY = ("A 1", "A 2"), ("B 1", "B 2", "B 3", "B 4")
#: Values that are handed out in every order: all different, one wanted, ties, negative.
VALUES = (
    (0.0, 0.1, 0.3, 0.6, 0.8, 1.0),
    (0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
    (0.0, 0.0, 0.5, 0.5, 1.0, 1.0),
    (-4.0, -2.0, -1.0, -0.5, -0.3, 0.0),
)
BETA = 2.0

Decides = Callable[[Problem], Behavior]


def _choice(few: tuple[str, ...] = FEW, many: tuple[str, ...] = MANY) -> World:
    """All outcomes to be had at once; doing nothing is to take the first of A."""
    ends = (*few, *many)
    return explore(
        "choice",
        lambda s: {f"take {e}": e for e in ends} if s == "choice" else {"keep": s},
        default=lambda s: f"take {few[0]}" if s == "choice" else "keep",
    )


def _takes(world: World, ends: tuple[str, ...]) -> Bools:
    wanted = [world.pair("choice", f"take {e}") for e in ends]
    return bools(np.isin(np.arange(world.n_pairs), wanted))


def _problem(values: tuple[float, ...]) -> Problem:
    world = _choice()
    return Problem(world, Goals([0.0, *values]), 0.9)  # type: ignore[arg-type]


def _copies() -> float:
    world = _choice()
    return float(copies(world, _takes(world, MANY), _takes(world, FEW), symmetric=True).n)


def _least(rule: Decides, error: float = 0.0) -> float:
    """The least, over the orbits of VALUES, of how many goals prefer B for each that prefers A."""
    world = _choice()
    goals = Goals(np.array([[0.0, *values] for values in VALUES]))
    problem = Problem(world, goals, 0.9)
    ends = (*FEW, *MANY)
    return retargetability(problem, rule, MANY, FEW, permuted=ends, error=error).multiplicity


def _planned(problem: Problem) -> Behavior:
    return Behavior(plan(problem))


def _boltzmann(problem: Problem) -> Behavior:
    return Boltzmann(BETA).behave(problem, np.random.default_rng(0))


def _maximizer_ratio() -> float:
    return _least(_planned)


def _boltzmann_ratio() -> float:
    ends = (*FEW, *MANY)
    return _least(_boltzmann, max(softmax_error(orbit(_problem(v), ends), BETA) for v in VALUES))


def _satisficer_ratio() -> float:
    return _least(lambda problem: _planned(Satisficer(0.6).apply(problem)))


def _aspiring_ratio() -> float:
    return _least(satisficer(0.5))


def _quantilizer_ratio() -> float:
    return _least(lambda problem: _planned(Quantilizer(0.3).apply(problem)))


def _best_of_two_ratio() -> float:
    return _least(best_of_k(2))


def _worst_ratio() -> float:
    return _least(anti_rational)


def _obedient_ratio() -> float:
    return _least(default_policy)


def _reluctant_ratio() -> float:
    """Values 0, 1/3, 2/3, 1 for one outcome of A and three of B, and an inertia of .4."""
    world = _choice(FEW[:1], MANY[:3])
    problem = Problem(world, Goals(np.array([0.0, 0.0, 1 / 3, 2 / 3, 1.0])), 0.9)
    ends = (*FEW[:1], *MANY[:3])
    return orbit_count(
        problem, status_quo_biased(0.4), MANY[:3], FEW[:1], permuted=ends
    ).multiplicity


def _random_preferences() -> float:
    """The share of an orbit for which a uniformly random rule prefers one outcome to another."""
    found = orbit_count(
        _problem(VALUES[0]), UniformRandom(), MANY[:1], FEW[:1], permuted=(*FEW, *MANY),
        rng=np.random.default_rng(0),
    )  # fmt: skip
    return (found.pursues + found.declines) / found.n


def _in_sequence() -> float:
    """Three doors, each with a passage to two rooms behind it, one way by chance; the first is A's."""
    layout: dict[str, dict[str, object]] = {"hall": {f"door {i}": f"passage {i}" for i in range(3)}}
    for i in range(3):
        either = {f"east {i}": 0.5, f"west {i}": 0.5}
        layout[f"passage {i}"] = {"west": f"west {i}", "either": either}
    world = explore("hall", lambda s: layout.get(s, {"stay": s}))
    doors = [np.arange(world.n_pairs) == world.pair("hall", f"door {i}") for i in range(3)]
    wanted = bools(doors[1] | doors[2])
    n = copies(world, wanted, doors[0]).n
    ends = [s for s in world.states if str(s)[:4] in ("east", "west")]
    values = [float(s in ("west 0", "east 1")) for s in world.states]
    problem = Problem(world, Goals(values), 0.9)  # type: ignore[arg-type]
    rules = (_planned, _boltzmann, best_of_k(2), anti_rational)
    error = softmax_error(orbit(problem, ends), BETA)
    counts = [
        orbit_count(problem, rule, wanted, doors[0], permuted=ends, error=error) for rule in rules
    ]
    return min(count.multiplicity for count in counts) / n


def _sampled_share() -> Measured:
    """Three outcomes of A, nine of B: of goals that are all different, the share that prefers B."""
    few, many = (tuple(f"{x} {i}" for i in range(n)) for x, n in (("A", 3), ("B", 9)))
    world = _choice(few, many)
    problem = Problem(world, Goals(np.linspace(0.0, 1.0, world.size)), 0.9)
    rng = np.random.default_rng(0)
    found = orbit_count(problem, _planned, many, few, permuted=(*few, *many), n=N, rng=rng)
    return Measured(found.pursues / found.n, *found.share_interval(LEVEL), found.n)


def _sampled_less_exact() -> Measured:
    """What a sample of an orbit finds of the best of two, less what counting all of it finds."""
    ends = (*FEW, *MANY)
    problem, rng = _problem(VALUES[0]), np.random.default_rng(0)
    rule = best_of_k(2)
    exact = orbit_count(problem, rule, FEW, MANY[:2], permuted=ends)
    found = orbit_count(problem, rule, FEW, MANY[:2], permuted=ends, n=N, rng=rng)
    share = exact.pursues / exact.n
    low, high = found.share_interval(LEVEL)
    return Measured(found.pursues / found.n - share, low - share, high - share, found.n)


def _rule(name: str, words: str, measure: Callable[[], float]) -> Claim:
    return Claim(
        name=f"{name}_is_retargeted_by_both_copies",
        statement=f"{words}: in every orbit at least 2 goals make it take B for each that makes it take A.",
        claimed=2.0,
        relation=">=",
        measure=measure,
        source=f"{SOURCE}, the rules that can be retargeted",
    )


CLAIMS = (
    Claim(
        name="four_outcomes_hold_two_copies_of_two",
        statement="Among six outcomes to be had at once, four hold two copies of the other two.",
        claimed=2.0,
        measure=_copies,
        source=f"{SOURCE}, theorem 3.6",
    ),
    _rule("the_maximizer", "The maximizer", _maximizer_ratio),
    _rule("boltzmann", "A Boltzmann rule, of inverse temperature 2", _boltzmann_ratio),
    _rule("the_satisficer", "A satisficer, content with .6 of what is at stake", _satisficer_ratio),
    _rule("aspiration", "A satisficer with an aspiration of .5", _aspiring_ratio),
    _rule("the_quantilizer", "A quantilizer of share .3", _quantilizer_ratio),
    _rule("the_best_of_two", "The best of two drawn at random", _best_of_two_ratio),
    _rule("the_anti_rational_rule", "The rule that takes the worst", _worst_ratio),
    Claim(
        name="the_obedient_rule_is_not_retargeted",
        statement=(
            "The negative control: of a rule that takes the default, whatever the goal, no goal makes "
            "it take B."
        ),
        claimed=0.0,
        measure=_obedient_ratio,
        source=f"{SOURCE}, retargetability",
    ),
    Claim(
        name="a_reluctant_rule_is_retargeted_in_part",
        statement=(
            "With values 0, 1/3, 2/3, 1 and three copies, a rule that does nothing unless that costs more "
            "than .4 leaves A once for each time it stays."
        ),
        claimed=1.0,
        tolerance=1e-12,
        measure=_reluctant_ratio,
        source=f"{SOURCE}, retargetability; the example is our own",
    ),
    Claim(
        name="a_random_rule_prefers_no_outcome_to_another",
        statement=(
            "Asked for one outcome rather than one other, a uniformly random rule has a preference for "
            "no goal: it passes other counts by there being more options."
        ),
        claimed=0.0,
        measure=_random_preferences,
        source=f"{SOURCE}, retargetability",
    ),
    Claim(
        name="copies_in_a_sequential_world_bind_every_rule",
        statement=(
            "Behind three like doors the maximizer, Boltzmann, the best of two and the worst take the other "
            "two at least twice as often: the least, over that."
        ),
        claimed=1.0,
        relation=">=",
        tolerance=1e-12,
        measure=_in_sequence,
        source=f"{SOURCE}, theorem 3.6",
    ),
    Claim(
        name="a_sampled_orbit_of_twelve_outcomes",
        statement="With three outcomes in A and nine in B, 9/12 of an orbit prefer B; sampled.",
        claimed=0.75,
        measure=_sampled_share,
        source=f"{SOURCE}, theorem 3.6",
    ),
    Claim(
        name="a_sampled_orbit_agrees_with_the_whole",
        statement=(
            "Of an orbit of 720, a sample finds the share that makes the best of two prefer A to half of "
            "B: the difference."
        ),
        claimed=0.0,
        measure=_sampled_less_exact,
        source=f"{SOURCE}, orbits; the check is our own",
    ),
)
