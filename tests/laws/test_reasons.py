"""Laws of the world without a reason: in any factory, workshop, bench or orchard, nothing is left of it."""

import contextlib

import numpy as np
import pytest

from telos import Problem, cause_removed
from telos.drives import DETECTORS, DRIVES
from telos.errors import FeatureMissing
from telos.families import Normal
from telos.measure.other_world import can_be_pursued
from telos.worlds import FewerActions, Orchard, OverseenWorkshop, PaperclipFactory, Workbench

SEEDS = range(6)


def _factory(rng):
    """A small factory with random options; no probability is 0 or 1, which would hide states."""
    capacity = int(rng.integers(1, 3))
    return PaperclipFactory(
        products=("clips", "pins")[: int(rng.integers(1, 3))],
        capacity=capacity,
        machines=int(rng.integers(1, 3)),
        price=int(rng.integers(1, capacity + 1)),
        slips=tuple(rng.uniform(0.02, 0.6, int(rng.integers(2, 4))).tolist()),
        switching_off=float(rng.uniform(0.01, 0.5)),
        rewriting=float(rng.uniform(0.01, 0.5)),
        commons=int(rng.integers(0, 2)),
        waste=float(rng.uniform(0.01, 0.2)),
        monitor=bool(rng.integers(2)),
        copies=bool(rng.integers(2)),
        desk=bool(rng.integers(2)),
    )


def _workshop(rng):
    chances = dict(
        zip(("press", "correct", "wear", "influence"), rng.uniform(0.02, 0.9, 4), strict=True)
    )
    return OverseenWorkshop(
        products=int(rng.integers(1, 3)), **{k: float(v) for k, v in chances.items()}
    )


def _gate(rng):
    slip = float(rng.uniform(0.1, 1.0))
    bench = Workbench(outcomes=3, slip=slip, improved=slip / 2, tools=int(rng.integers(2)))
    orchard = Orchard(free=int(rng.integers(1, 4)), locked=int(rng.integers(1, 4)))
    return bench if rng.random() < 0.5 else orchard


def _found(scenario, n=8):
    world = scenario.build()
    problem = Problem(world, Normal().sample(world, n, np.random.default_rng(0)), 0.9)
    for drive in (*DRIVES, *DETECTORS):
        with contextlib.suppress(FeatureMissing):
            affordance = drive().affordances(world)
            if can_be_pursued(world, affordance):
                yield cause_removed(scenario, problem, affordance)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("make", [_factory, _workshop, _gate])
def test_no_goal_needs_the_act_where_its_reason_is_gone(make, seed):
    scenario = make(np.random.default_rng(seed))
    verdicts = {found.drive: found.verdict for found in _found(scenario)}
    assert verdicts
    assert set(verdicts.values()) <= {"clean", "nothing to lose"}, (scenario, verdicts)


@pytest.mark.parametrize("seed", SEEDS)
def test_of_fewer_actions_it_can_be_told_what_they_are_for(seed):
    rng = np.random.default_rng(seed)
    inner = (_factory, _workshop, _gate)[seed % 3](rng)
    fewer = FewerActions(inner, share=float(rng.uniform(0.5, 1.0)), seed=seed)
    for found in _found(fewer):
        assert not found.why
        assert (found.low <= found.instrumental).all()
        assert (found.instrumental <= found.high).all()
        assert (found.bound < 1e-6).all()
