"""A safeguard that fails, or that moves what it is judged by, is named and refused, not measured."""

from dataclasses import dataclass, replace
from typing import ClassVar, final

import numpy as np
import pytest

from telos import explore
from telos.core.errors import ProblemError, StudyError, WorldError
from telos.core.extend import Move, extend
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.core.spec import to_spec
from telos.families import Uniform
from telos.measure.corrigibility import Inclination, corrigibility
from telos.measure.guard import guard
from telos.safeguards import Forbid, Noisy
from telos.testing.checks import check_part
from telos.worlds import OffSwitch


def _problem():
    world = OffSwitch(rooms=2).build()
    return Problem(world, Uniform().sample(world, 3, np.random.default_rng(0)), 0.9)


@final
@dataclass(frozen=True)
class Strange(AbstractSafeguard):
    """A safeguard that goes wrong in a way of its own."""

    way: str = ""
    kind: ClassVar[str] = "restriction"

    def apply(self, problem):
        """Something that no safeguard may make of a problem."""
        return {
            "nothing": lambda: None,
            "discount": lambda: replace(problem, discount=0.5),
            "goals": lambda: problem.take(np.array([0])),
            "way back": lambda: replace(Noisy(0.1).apply(problem), origin=None),
            "slip": lambda: problem.nonsense,
            "nan": lambda: problem.with_bonus(np.full(problem.world.n_pairs, np.nan)),
        }[self.way]()


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("nothing", "returned a NoneType, not a Problem"),
        ("discount", "changed the discount, by which everything is judged"),
        ("goals", "changed the goals, by which everything is judged"),
        ("way back", "lost the way back"),
        ("slip", "apply.. failed with AttributeError.*line"),
    ],
)
def test_what_no_safeguard_may_do_is_refused_by_name(way, words):
    with pytest.raises(ProblemError, match=words) as slip:
        guard(_problem(), (Strange(way),))
    assert "Strange(" in str(slip.value)


def test_one_safeguard_is_not_several_and_a_class_is_none():
    with pytest.raises(ProblemError, match=r"write \(Noisy"):
        guard(_problem(), Noisy(0.1))
    with pytest.raises(ProblemError, match="give instances"):
        guard(_problem(), (Noisy,))


def test_the_contract_fails_what_is_broken_everywhere_and_what_refuses_its_own_world():
    assert [c.name for c in check_part(Strange("nan")) if c.failed] == ["applies"]
    ban = Forbid(actions=("fly",))
    assert not [c for c in check_part(ban) if c.failed]  # made for another world, perhaps
    assert [c for c in check_part(ban, OffSwitch().build()) if c.failed]


@pytest.mark.parametrize(
    ("moves", "words"),
    [
        (lambda s, m: None, "returned a NoneType"),
        (lambda s, m: [], "no move"),
        (lambda s, m: ["on"], "yielded 'on'"),
        (lambda s, m: [Move("on", s, {(9, 0): 1.0})], r"leads to \(9, 0\)"),
        (lambda s, m: [Move("on", s, {1: 1.0})], "leads to 1"),
    ],
)
def test_moves_with_a_memory_are_looked_at_before_they_are_believed(moves, words):
    ring = explore(0, lambda s: {"on": (s + 1) % 2})
    with pytest.raises(WorldError, match=words):
        extend(ring, 0, moves, name="ring, counted")


def test_what_cannot_be_written_down_is_refused_before_it_is_run():
    with pytest.raises(StudyError, match=r"Forbid.actions|Odd.rate is nan"):
        to_spec(Odd(float("nan")))


@final
@dataclass(frozen=True)
class Odd(AbstractSafeguard):
    """A safeguard with a rate."""

    rate: float = 0.0

    def apply(self, problem):
        """The same problem."""
        return problem


def test_held_by_force_is_not_a_good_will():
    for possible, verdict in ((False, "cannot"), (True, "yes")):
        found = Inclination(0.0, 0.0, 0.01, 0.0, 0.0, 0.0, possible=possible)
        assert corrigibility({"self_preservation": found})[0].verdict == verdict
