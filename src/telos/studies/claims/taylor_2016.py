"""Taylor (2016): what a quantilizer may cost at most; beside it, what a satisficer gives up."""

from collections.abc import Iterator

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.world import World
from telos.families import Normal
from telos.safeguards.specification.quantilizer import Quantilizer
from telos.safeguards.specification.satisficer import Satisficer
from telos.solve.plan import plan
from telos.solve.policies import evaluate, occupancy
from telos.solve.solve import solve
from telos.solve.value_range import value_range
from telos.studies.claims.claim import Paper
from telos.studies.claims.populations import draw

SHARES = (0.8, 0.5, 0.25, 0.1, 0.02)
WORLDS = 40
LEVELS = (0.0, 0.5, 0.9, 0.99, 1.0)


def _layered(rng: np.random.Generator, decisions: int) -> World:
    """A world of n decisions in a row, each among one to four actions of chancy ends; then rest."""
    rows: dict[tuple[int, int], dict[str, dict[tuple[int, int], float]]] = {}
    for t in range(decisions):
        for i in range(1 if t == 0 else 3):
            count = int(rng.integers(1, 5))
            ends = [rng.choice(3, 2, replace=False) for _ in range(count)]
            rows[t, i] = {
                f"a{a}": {
                    (t + 1, int(k)): float(p)
                    for k, p in zip(to, rng.dirichlet((1, 1)), strict=True)
                }
                for a, to in enumerate(ends)
            }
    return explore((0, 0), lambda s: rows.get(s, {"rest": s}))


def _policy(problem: Problem, share: float) -> Floats:
    return floats(plan(Quantilizer(share).apply(problem))[0])


def _trials(decisions: int) -> Iterator[tuple[float, Problem, Floats, Floats]]:
    """Share, problem, base policy, and a cost that nobody thought of."""
    rng = np.random.default_rng(decisions)
    for _ in range(WORLDS):
        world = _layered(rng, decisions)
        base = (1.0 / np.diff(world.pair_ptr))[world.pair_state]
        problem = Problem(world, Goals(rng.normal(size=world.size)), 0.9)
        for share in SHARES:
            yield share, problem, floats(base), floats(rng.exponential(size=world.n_pairs))


def _cost(decisions: int) -> float:
    """The most that a cost ever exceeded the base's, as a part of share^-T."""
    found = []
    for share, problem, base, cost in _trials(decisions):
        policies = (_policy(problem, share), base)
        spent, usual = (float(occupancy(problem, p)[0] @ cost) for p in policies)
        found.append(spent / usual * share**decisions)
    return max(found)


def _attained() -> float:
    """Its cost where only the best tenth of ten actions has any, in units of the base's."""
    world = explore(
        "desk", lambda s: {f"a{i}": i for i in range(10)} if s == "desk" else {"rest": s}
    )
    return float(_policy(Problem(world, Goals(np.arange(11.0)), 0.9), 0.1)[9] / 0.1)


def _divergence() -> float:
    """The most by which KL(pi | base) exceeded log(1 / share), in any state."""
    found = []
    for share, problem, base, _ in _trials(2):
        policy = _policy(problem, share)
        ratio = np.where(policy > 0, policy, base) / base
        each = np.add.reduceat(policy * np.log(ratio), problem.world.pair_ptr[:-1])
        found.append(float(each.max() - np.log(1 / share)))
    return max(found)


def _from_the_base() -> float:
    return max(float(np.abs(_policy(p, 1.0) - base).max()) for _, p, base, _ in _trials(2))


def _from_the_optimum(problem: Problem, share: float) -> float:
    value = evaluate(problem, plan(Quantilizer(share).apply(problem)))
    return float(np.abs(value - solve(problem).value).max())


def _given_up() -> float:
    """The most that a satisficer gave up, less (1 - level) D, in units of D."""
    found = []
    for seed in range(WORLDS):
        world = _layered(np.random.default_rng(seed), 3)
        problem = Problem(world, draw(Normal(), world, 5, seed), 0.9)
        span, best = value_range(problem), solve(problem).at_start
        for level in LEVELS:
            policy = plan(Satisficer(level).apply(problem))
            lost = best - evaluate(problem, policy) @ world.start
            found.append(float(((lost - (1 - level) * span) / span).max()))
    return max(found)


claim, kakade = Paper("taylor2016").claim, Paper("kakade2002").claim
SEQUENCES = "the bound on costs; for sequences our own"
EXAMPLE = "the bound on costs; the example is our own"
RATIO = "follows from the bound on the ratio; our own"
BOUND, LIMITS = "the bound on costs", "the limits of the definition"
CLAIMS = (
    claim("a_quantilizer_costs_at_most_one_over_its_share", "instance", BOUND, "<=", 1.0, 1e-9)(
        "In one decision no cost is more than 1/share times the base policy's: the most, as a "
        "part of that bound, over random worlds and costs.",
        lambda: _cost(1),
    ),
    claim("over_three_decisions_the_bound_is_its_cube", "ours", SEQUENCES, "<=", 1.0, 1e-9)(
        "In three decisions in a row, discounted costs are at most share^-3 times the base "
        "policy's: the most, as a part of it.",
        lambda: _cost(3),
    ),
    claim("the_bound_of_a_quantilizer_is_attained", "ours", EXAMPLE, "=", 10.0, 1e-9)(
        "Where only the best of ten actions costs anything, a quantilizer of share .1 pays ten "
        "times what the base pays.",
        _attained,
    ),
    claim("a_quantilizer_stays_near_its_base", "ours", RATIO, "<=", 0.0, 1e-9)(
        "In every state KL(pi | base) is at most log(1/share): the most by which it was exceeded.",
        _divergence,
    ),
    claim("with_a_share_of_one_a_quantilizer_is_its_base", "instance", LIMITS, "=", 0.0, 1e-12)(
        "Its policy is then the base policy: the largest difference.",
        _from_the_base,
    ),
    claim("with_a_vanishing_share_a_quantilizer_maximizes", "instance", LIMITS, "=", 0.0, 1e-6)(
        "Towards a share of zero its value is the optimum: the largest difference.",
        lambda: max(_from_the_optimum(problem, 1e-6) for _, problem, *_ in _trials(2)),
    ),
    kakade(
        "a_satisficer_gives_up_no_more_than_it_says",
        "ours",
        "follows from lemma 6.1; our own",
        "<=",
        0.0,
        1e-6,
    )(
        "A satisficer that settles for level L of a range D loses at most (1 - L) D: the most by "
        "which it lost more, in parts of D.",
        _given_up,
    ),
)
