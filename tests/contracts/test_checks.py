"""The public checks: shipped agents and drives keep them, and each broken promise is found."""

from dataclasses import dataclass, replace
from itertools import count
from typing import ClassVar

import numpy as np
import pytest

from telos import AbstractAgent, AbstractDrive, AbstractGoalFamily, AbstractScenario
from telos.agents import AGENTS, ShortSighted
from telos.core.behavior import Behavior
from telos.core.errors import CheckFailed, StudyError
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.reading import Affordance
from telos.drives import DRIVES, SelfPreservation
from telos.families import FAMILIES, Uniform
from telos.testing.checks import CheckStatus, assert_part, check_part
from telos.worlds import OffSwitch

COUNTER = count()


def _made(cls):
    """A part with its default parameters; the one agent that has none gets some."""
    return cls(planning_discount=0.5) if cls is ShortSighted else cls()


@pytest.mark.parametrize("cls", [*AGENTS, *DRIVES, *FAMILIES], ids=lambda cls: cls.__name__)
def test_a_shipped_part_keeps_its_contract(cls):
    assert_part(_made(cls))


# -- broken parts --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Restless(AbstractScenario):
    """Builds another world each time."""

    def build(self):
        return explore(next(COUNTER), lambda s: {"wait": s})


@dataclass(frozen=True)
class Generous(AbstractScenario):
    """Pays for doing nothing."""

    def build(self):
        return explore(
            0, lambda s: {"wait": min(s + 1, 3)}, features={"resources": float}, default="wait"
        )


@dataclass(frozen=True)
class Dim(AbstractScenario):
    """Is off by halves."""

    def build(self):
        return explore(0, lambda s: {"wait": s}, features={"off": lambda s: 0.5}, default="wait")


@dataclass(frozen=True)
class Unended(AbstractScenario):
    """Has a state without an action."""

    def build(self):
        return explore(0, lambda s: {"go": 1} if s == 0 else {})


@dataclass(frozen=True)
class Plain(AbstractScenario):
    def build(self):
        return OffSwitch().build()


@dataclass(frozen=True)
class Guarded(AbstractScenario):
    """A key keeps the guard from switching off; what it says without that reason depends on its field."""

    said: str = "honest"
    guard: bool = True
    key: bool = True

    def build(self):
        after = {"wait": "off" if self.guard else "hall", "take key": "hall, key"}
        moves = {"hall": after if self.key else {"wait": after["wait"]}}
        return explore(
            "hall",
            lambda s: moves.get(s, {"wait": s}),
            features={"off": lambda s: s == "off"},
            default="wait",
        )

    def without(self, drive):
        if self.said == "anything" or drive == "self_preservation":
            honest = replace(self, guard=False)
            return {"act": replace(self, key=False), "text": "no guard"}.get(self.said, honest)
        return None


@dataclass(frozen=True)
class Shy(AbstractScenario):
    """Has a drive, and says nothing of its reason."""

    def build(self):
        return Guarded().build()


@dataclass(frozen=True)
class Sequential(AbstractGoalFamily):
    """Draws one goal after the other from one stream."""

    def sample(self, world, n, rng, *, first=0):
        values = rng.random((n, world.n_outcomes))
        return Goals(values[:, world.outcome])


@dataclass(frozen=True)
class Narrow(AbstractGoalFamily):
    """Forgets a state."""

    def sample(self, world, n, rng, *, first=0):
        return Goals(np.zeros((n, world.size - 1)))


@dataclass(frozen=True)
class Seeing(AbstractGoalFamily):
    """Wants to be switched on, for its own sake."""

    def sample(self, world, n, rng, *, first=0):
        labels = tuple(f"on {first + i}" for i in range(n))
        return Goals(np.broadcast_to(1.0 - world.feature("off"), (n, world.size)), labels)


@dataclass(frozen=True)
class Improper(AbstractAgent):
    """Takes half a step."""

    def behave(self, problem, rng):
        return Behavior(np.full((problem.goals.count, problem.world.n_pairs), 0.5))


@dataclass(frozen=True)
class Moody(AbstractAgent):
    """Does not draw from the generator it is given."""

    def behave(self, problem, rng):
        world = problem.world
        policy = np.zeros((problem.goals.count, world.n_pairs))
        policy[:, world.pair_ptr[:-1] + next(COUNTER) % np.diff(world.pair_ptr)] = 1.0
        return Behavior(policy)


@dataclass(frozen=True)
class Crowded(AbstractAgent):
    """Pursues its neighbors' goals."""

    def behave(self, problem, rng):
        world = problem.world
        policy = np.zeros((problem.goals.count, world.n_pairs))
        policy[:, world.pair_ptr[:-1] + problem.goals.count % np.diff(world.pair_ptr)] = 1.0
        return Behavior(policy)


@dataclass(frozen=True)
class Everything(AbstractDrive):
    """Calls everything a pursuit."""

    needs: ClassVar[tuple[str, ...]] = ("off",)

    def affordances(self, world):
        world.feature("off")
        return Affordance("everything", np.ones(world.n_pairs, bool), np.zeros(world.size, bool))


@dataclass(frozen=True)
class Astray(AbstractDrive):
    """Has forks where there are none."""

    needs: ClassVar[tuple[str, ...]] = ("off",)

    def affordances(self, world):
        found = SelfPreservation().affordances(world)
        return replace(found, drive="astray", forks=np.ones(world.size, bool))


@dataclass(frozen=True)
class Secretive(AbstractDrive):
    """Does not say what it reads."""

    def affordances(self, world):
        return replace(SelfPreservation().affordances(world), drive="secretive")


@pytest.mark.parametrize(
    ("part", "name", "detail"),
    [
        (Restless(), "builds the same world twice", "order"),
        (Generous(), "gains nothing by doing nothing", "raises 'resources' by 1"),
        (Dim(), "keeps marks at 0 and 1", "'off' is 0.5"),
        (Unended(), "builds a world", "no legal action"),
        (Plain(), "says what it is", "docstring"),
        (
            Guarded("act"),
            "takes away reasons and nothing else",
            "action 'take key': pursues self_p",
        ),
        (Guarded("text"), "takes away reasons and nothing else", "return a scenario, or None"),
        (Guarded("anything"), "takes away reasons and nothing else", "no such drive"),
        (Sequential(), "draws the same goals in chunks", "goal_streams"),
        (Narrow(), "draws goals", "shape"),
        (Improper(), "behaves", "sum to"),
        (Moody(), "behaves the same for the same generator", "two calls differ"),
        (Crowded(), "treats each goal by itself", "alone"),
        (Everything(), "is never pursued by doing nothing", "default pair"),
        (Astray(), "knows where it is a choice", "fork"),
        (Secretive(), "says which features it needs", "needs is empty"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_broken_promise_is_found_and_named(part, name, detail):
    failed = {check.name: check.detail for check in check_part(part) if check.failed}
    assert name in failed
    assert detail in failed[name]
    with pytest.raises(CheckFailed, match=name):
        assert_part(part)


def test_a_reason_that_is_taken_away_is_named_and_one_that_is_not_is_noted():
    assert check_part(Guarded())[-1].detail == "self_preservation"
    silent = check_part(replace(Guarded(), said="anything", key=False))[-1]
    assert silent.failed
    shy = check_part(Shy())[-1]
    assert (shy.status, shy.detail[:42]) == (
        CheckStatus.NOTED,
        "without() is silent on self_preservation, ",
    )


def test_a_family_that_sees_features_is_allowed_and_noted():
    checks = {check.name: check for check in check_part(Seeing())}
    assert checks["is blind to features"].status is CheckStatus.NOTED
    assert "off" in checks["is blind to features"].detail
    assert_part(Seeing())


def test_what_is_no_part_is_refused():
    with pytest.raises(StudyError, match="not a part"):
        check_part(Uniform)


@dataclass(frozen=True)
class Fame(AbstractDrive):
    """Reads a feature that no touchstone has."""

    needs: ClassVar[tuple[str, ...]] = ("fame",)

    def affordances(self, world):
        fame = world.feature("fame")
        after = np.add.reduceat(world.next_prob * fame[world.next_state], world.next_ptr[:-1])
        rises = after > fame[world.pair_state]
        some = np.logical_or.reduceat(rises, world.pair_ptr[:-1])
        every = np.logical_and.reduceat(rises, world.pair_ptr[:-1])
        return Affordance("fame", rises, some & ~every)


def test_a_drive_on_a_feature_of_its_own_is_checked_in_a_world_that_has_it():
    moves = {"wait": lambda s: s, "sing": lambda s: min(s + 1, 3)}
    stage = explore(
        0,
        lambda s: {action: to(s) for action, to in moves.items()},
        features={"fame": float},
        default="wait",
    )
    assert check_part(Fame())[-1].status is CheckStatus.NOTED
    assert_part(Fame(), stage)
    assert len(check_part(Fame(), stage)) > len(check_part(Fame()))
    failed = [check for check in check_part(Fame(), OffSwitch().build()) if check.failed]
    assert "carries no feature 'fame'" in failed[0].detail


def test_a_scenario_builds_a_world_of_its_own():
    with pytest.raises(StudyError, match="a world of its own"):
        check_part(OffSwitch(), OffSwitch().build())
