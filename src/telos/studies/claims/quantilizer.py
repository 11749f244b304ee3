"""Claims about mild optimization: what a quantilizer may cost at most, and what a satisficer gives up."""

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
from telos.studies.claims.claim import Claim
from telos.studies.claims.populations import draw

SOURCE = "Taylor (2016)"
SHARES = (0.8, 0.5, 0.25, 0.1, 0.02)
WORLDS = 40
LEVELS = (0.0, 0.5, 0.9, 0.99, 1.0)


def layered(rng: np.random.Generator, decisions: int) -> World:
    """A world of so many decisions in a row, each among one to four actions of chancy ends; then rest."""
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


def _trials(decisions: int) -> Iterator[tuple[Problem, float, Floats, Floats, Floats]]:
    """Problem, share, quantilizer's policy, base policy, and a cost that nobody thought of."""
    rng = np.random.default_rng(decisions)
    for _ in range(WORLDS):
        world = layered(rng, decisions)
        base = (1.0 / np.diff(world.pair_ptr))[world.pair_state]
        problem = Problem(world, Goals(rng.normal(size=world.size)), 0.9)
        for share in SHARES:
            policy = plan(Quantilizer(share).apply(problem))[0]
            yield problem, share, policy, floats(base), floats(rng.exponential(size=world.n_pairs))


def _cost(decisions: int) -> float:
    """The most that a cost ever exceeded the base's, as a part of share^-T."""
    found = []
    for problem, share, policy, base, cost in _trials(decisions):
        spent, usual = (float(occupancy(problem, p)[0] @ cost) for p in (policy, base))
        found.append(spent / usual * share**decisions)
    return max(found)


def _one_decision() -> float:
    return _cost(1)


def _three_decisions() -> float:
    return _cost(3)


def _attained() -> float:
    """What it pays where only the best tenth of ten actions costs anything, in units of the base's."""
    world = explore(
        "desk", lambda s: {f"a{i}": i for i in range(10)} if s == "desk" else {"rest": s}
    )
    problem = Problem(world, Goals(np.arange(11.0)), 0.9)
    policy = plan(Quantilizer(0.1).apply(problem))[0]
    return float(policy[9] / 0.1)


def _divergence() -> float:
    """The most by which KL(pi | base) exceeded log(1 / share), in any state."""
    found = []
    for problem, share, policy, base, _ in _trials(2):
        ratio = np.where(policy > 0, policy, base) / base
        each = np.add.reduceat(policy * np.log(ratio), problem.world.pair_ptr[:-1])
        found.append(float(each.max() - np.log(1 / share)))
    return max(found)


def _base() -> float:
    """How far the policy of share 1 is from the base policy."""
    apart = []
    for problem, _, _, base, _ in _trials(2):
        apart.append(float(np.abs(plan(Quantilizer(1.0).apply(problem))[0] - base).max()))
    return max(apart)


def _maximizer() -> float:
    """How far the value of a share of one in a million is from the optimum."""
    apart = []
    for problem, _, _, _, _ in _trials(2):
        value = evaluate(problem, plan(Quantilizer(1e-6).apply(problem)))
        apart.append(float(np.abs(value - solve(problem).value).max()))
    return max(apart)


def _given_up() -> float:
    """The most that a satisficer gave up, less (1 - level) D, in units of D."""
    found = []
    for seed in range(WORLDS):
        world = layered(np.random.default_rng(seed), 3)
        problem = Problem(world, draw(Normal(), world, 5, seed), 0.9)
        stake, best = value_range(problem), solve(problem).at_start
        for level in LEVELS:
            policy = plan(Satisficer(level).apply(problem))
            lost = best - evaluate(problem, policy) @ world.start
            found.append(float(((lost - (1 - level) * stake) / stake).max()))
    return max(found)


CLAIMS = (
    Claim(
        name="a_quantilizer_costs_at_most_one_over_its_share",
        statement=(
            "In one decision no cost is more than 1/share times the base policy's: the most, as a "
            "part of that bound, over random worlds and costs."
        ),
        claimed=1.0,
        relation="<=",
        tolerance=1e-9,
        measure=_one_decision,
        source=f"{SOURCE}, the bound on costs",
    ),
    Claim(
        name="over_three_decisions_the_bound_is_its_cube",
        statement=(
            "In three decisions in a row, discounted costs are at most share^-3 times the base "
            "policy's: the most, as a part of it."
        ),
        claimed=1.0,
        relation="<=",
        tolerance=1e-9,
        measure=_three_decisions,
        source=f"{SOURCE}, the bound on costs; for sequences our own",
    ),
    Claim(
        name="the_bound_of_a_quantilizer_is_attained",
        statement=(
            "Where only the best of ten actions costs anything, a quantilizer of share .1 pays ten "
            "times what the base pays."
        ),
        claimed=10.0,
        tolerance=1e-9,
        measure=_attained,
        source=f"{SOURCE}, the bound on costs; the example is our own",
    ),
    Claim(
        name="a_quantilizer_stays_near_its_base",
        statement=(
            "In every state KL(pi | base) is at most log(1/share): the most by which it was exceeded."
        ),
        claimed=0.0,
        relation="<=",
        tolerance=1e-9,
        measure=_divergence,
        source=f"{SOURCE}; follows from the bound on the ratio",
    ),
    Claim(
        name="with_a_share_of_one_a_quantilizer_is_its_base",
        statement="Its policy is then the base policy: the largest difference.",
        claimed=0.0,
        tolerance=1e-12,
        measure=_base,
        source=f"{SOURCE}, the limits of the definition",
    ),
    Claim(
        name="with_a_vanishing_share_a_quantilizer_maximizes",
        statement="Towards a share of zero its value is the optimum: the largest difference.",
        claimed=0.0,
        tolerance=1e-6,
        measure=_maximizer,
        source=f"{SOURCE}, the limits of the definition",
    ),
    Claim(
        name="a_satisficer_gives_up_no_more_than_it_says",
        statement=(
            "Content with level L of a range D, it loses at most (1 - L) D: the most by which it lost "
            "more, in parts of D."
        ),
        claimed=0.0,
        relation="<=",
        tolerance=1e-6,
        measure=_given_up,
        source="Kakade and Langford (2002), lemma 6.1",
    ),
)
