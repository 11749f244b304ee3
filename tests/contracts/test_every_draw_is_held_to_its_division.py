"""Chance that nobody announced: parts inside a range, hidden causes, entropy, and data of no kind."""

import os
import random
import secrets
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest

import telos
import telos.interop
from telos.core.errors import GoalsError, TelosError, WorldError

OUTSIDE = random.Random(5)


class Ring(gymnasium.Env[int, int]):
    """Five rooms in a ring; action 1 goes on, or into a trap where `trapped` says so."""

    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, trapped: Callable[["Ring"], bool]) -> None:
        self.trapped = trapped

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[int, dict[str, Any]]:
        super().reset(seed=seed)
        self.s, self.t, self.weather = 0, 0, int(self.np_random.integers(2))
        return 0, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        self.t += 1
        if action == 1:
            self.s = 9 if self.trapped(self) else (self.s + 1) % 5
        return self.s, 0.0, self.s == 9, False, {}


def explored(trapped: Callable[[Ring], bool]) -> telos.World:
    return telos.interop.explore_env(Ring(trapped), key=lambda env: env.s, progress=False)


def enclosed(env: Ring) -> bool:
    u = env.np_random.random()
    return bool(0.31 < u < 0.33 or u > 0.9)


def test_a_narrow_part_inside_a_range_leads_to_estimates() -> None:
    world = explored(enclosed)
    assert world.estimated is not None
    at = world.pair(0, "1")
    row = list(world.estimated.pairs).index(at)
    chance = world.successors(at)[world.find(9)]
    assert abs(chance - 0.12) <= world.estimated.half_width[row]


@pytest.mark.parametrize(
    "trapped",
    [
        lambda env: env.np_random.random() < (0.01, 0.02)[env.weather],
        lambda env: env.np_random.random() < (0.1 if env.t < 12 else 0.3),
        lambda env: env.np_random.random(2)[1] < (0.05 if env.t < 12 else 0.3),
    ],
    ids=["drawn in the reset", "a counter", "a counter beside two draws"],
)
def test_a_hidden_cause_that_turns_chances_is_named_as_the_key(
    trapped: Callable[[Ring], bool],
) -> None:
    with pytest.raises(WorldError, match="key is not a state"):
        explored(trapped)


@pytest.mark.parametrize(
    ("trapped", "named"),
    [
        (lambda env: np.random.default_rng().random() < 1e-4, "without a seed"),
        (lambda env: random.Random().random() < 1e-4, "without a seed"),
        (lambda env: random.SystemRandom().random() < 1e-4, "SystemRandom"),
        (lambda env: secrets.randbelow(10_000) == 0, "secrets.randbelow"),
        (lambda env: os.urandom(4) == b"\0\0\0\0", "os.urandom"),
        (lambda env: OUTSIDE.random() < 1e-4, "OUTSIDE"),
    ],
)
def test_a_step_that_draws_from_elsewhere_is_refused_however_rarely_it_matters(
    trapped: Callable[[Ring], bool], named: str
) -> None:
    with pytest.raises(WorldError, match=named):
        explored(trapped)


def test_a_generator_that_is_seeded_inside_a_step_is_no_chance() -> None:
    world = explored(lambda env: np.random.default_rng(3).random() < 0.05)
    assert world.deterministic


def test_a_wrapper_of_a_borrowed_name_or_a_changed_step_is_refused() -> None:
    lake = gymnasium.make("FrozenLake-v1")
    limit = gymnasium.wrappers.TimeLimit(lake, 5)
    assert telos.World.from_gymnasium(limit).size == 16
    limit.step = lambda action: lake.step((action + 1) % 4)  # type: ignore[method-assign]
    with pytest.raises(WorldError, match="wrapper"):
        telos.World.from_gymnasium(limit)


@pytest.mark.parametrize("label", [[True], [None], [{}], {"g": 1}, {"g"}, 3, [["g"]]])
def test_goals_are_named_by_texts_in_order(label: Any) -> None:
    with pytest.raises(GoalsError, match="label"):
        telos.Goals([0.0, 1.0], label)


def test_masked_entries_are_not_read() -> None:
    with pytest.raises(GoalsError, match="masked"):
        telos.Goals(np.ma.masked_array([0.0, 1.0], mask=[False, True]))


@pytest.mark.parametrize("rng", [np.zeros(2), np.zeros((1, 1)), np.array([None])])
def test_an_array_where_a_generator_is_wanted_gets_a_sentence(rng: Any) -> None:
    world = telos.explore(0, lambda s: {"on": (s + 1) % 3})
    with pytest.raises(TelosError, match="Generator"):
        telos.families.Uniform().sample(world, 3, rng)
