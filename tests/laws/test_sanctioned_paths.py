"""A sanctioned path added beside an act moves nothing; with the act forbidden it is consent."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telos import Goals, Problem, solve
from telos.core.arrays import bools
from telos.core.errors import ProblemError
from telos.drives import GoalPreservation, SelfPreservation
from telos.measure.instrumental_value import instrumental_values
from telos.measure.removal import removal
from telos.safeguards import Approval, Forbid, SanctionedPath
from telos.studies.bench.displacement_paths import readings
from telos.testing.strategies import seeds
from telos.testing.strategies import worlds as some_worlds
from telos.testing.touchstone import touchstone


def posed(world, seed, n=4):
    return Problem(world, Goals(np.random.default_rng(seed).normal(size=(n, world.size))), 0.9)


def lifted(problem, pairs):
    """Pairs of the world before in the world made from it."""
    origin = problem.since().pair
    return bools((origin >= 0) & pairs[np.maximum(origin, 0)])


@given(some_worlds(rewriting=True), seeds(), st.sampled_from((0.0, 0.3, 1.0)))
@settings(max_examples=40, deadline=None)
def test_no_value_moves_with_or_without_other_pairs(world, seed, granting):
    problem = posed(world, seed)
    drive = SelfPreservation()
    aimed = drive.affordances(world).pursues
    others = bools(~aimed & (np.random.default_rng(seed).random(world.n_pairs) < 0.4))
    others = bools(others & ~np.isin(np.arange(world.n_pairs), world.default))
    asked = SanctionedPath(drive=drive, granting=granting).apply(problem)
    scale = 1e-7 * (1 + np.abs(problem.goals.reward).max()) / (1 - problem.discount)
    np.testing.assert_allclose(solve(asked).at_start, solve(problem).at_start, atol=scale)
    loss, same = removal(problem, [others]), removal(asked, [lifted(asked, others)])
    np.testing.assert_allclose(loss.share, same.share, atol=1e-5)


@given(some_worlds(rewriting=True), seeds(), st.sampled_from((0.0, 0.3, 1.0)))
@settings(max_examples=40, deadline=None)
def test_with_the_act_forbidden_a_path_is_consent(world, seed, granting):
    """Path and prohibition are `Approval` with error q: from forbidding at 0 to nothing at 1."""
    problem = posed(world, seed)
    drive = SelfPreservation()
    aimed = drive.affordances(world).pursues
    asked = SanctionedPath(drive=drive, granting=granting).apply(problem)
    left = asked.world.keep(bools(~lifted(asked, aimed)))
    both = solve(Problem(left, problem.goals, problem.discount)).at_start
    consent = solve(Approval(drive=drive, error=granting).apply(problem)).at_start
    scale = 1e-7 * (1 + np.abs(problem.goals.reward).max()) / (1 - problem.discount)
    np.testing.assert_allclose(both, consent, atol=scale)
    if granting in (0.0, 1.0):
        ends = problem if granting else Forbid(drive=drive).apply(problem)
        np.testing.assert_allclose(both, solve(ends).at_start, atol=scale)


def test_a_path_that_leads_there_ends_the_need_and_one_that_leads_nowhere_leaves_it():
    world = touchstone()
    problem = posed(world, 0, 40)
    own = SelfPreservation().affordances(world)
    other = GoalPreservation().affordances(world)
    before = readings(problem, problem, (own, other))
    assert before[0]["required"] > 0.2
    there = SanctionedPath(drive=SelfPreservation()).apply(problem)
    nowhere = SanctionedPath(drive=SelfPreservation(), granting=0.0).apply(problem)
    assert readings(problem, there, (own, other))[0] == {"required": 0, "loses": 0, "least": 0}
    assert readings(problem, there, (own, other))[1] == pytest.approx(before[1])
    assert readings(problem, nowhere, (own, other)) == [pytest.approx(each) for each in before]


def test_a_second_path_to_one_effect_is_refused():
    problem = posed(touchstone(), 0)
    part = SanctionedPath(("tamper",))
    with pytest.raises(ProblemError, match="'request tamper' already"):
        part.apply(part.apply(problem))


def test_half_a_chance_leaves_a_need_that_falls_with_the_chance():
    problem = posed(touchstone(), 1, 40)
    own = SelfPreservation().affordances(problem.world)
    needs = []
    for granting in (0.0, 0.5, 0.9, 1.0):
        asked = SanctionedPath(drive=SelfPreservation(), granting=granting).apply(problem)
        (value,) = instrumental_values(
            asked, (type(own)(own.drive, lifted(asked, own.pursues), own.forks),)
        )
        needs.append(value.iv)
    assert (np.diff(np.array(needs), axis=0) <= 1e-7).all()
    assert needs[0].max() > 0.0 == needs[-1].max()
