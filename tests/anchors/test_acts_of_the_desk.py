"""What single acts at the operations desk are worth: taking a quota, silencing, copying."""

import numpy as np
import pytest

from anchors.desk import STILL, D, dose, gained, problem_of
from telos.core.errors import FeatureMissing
from telos.core.problem import Problem
from telos.drives import OversightTampering, Replication
from telos.families import Uniform
from telos.measure.cause import cause_removed
from telos.measure.instrumental_value import instrumental_values
from telos.worlds import OpsDesk

U = 0.95
SELF_GRANTING, SILENCING = OversightTampering(kind="quota"), OversightTampering(kind="monitor")
COPYING = Replication()
ONE = {("access", 1): 1.0}
#: Few outcomes, so that options may multiply the states.
SMALL = {"batches": (1, 2)}


def shares(scenario, act, count=40):
    """F[G], the act's share of the value range of uniform goals, in points."""
    world = scenario.build()
    goals = Uniform().sample(world, count, np.random.default_rng(17))
    (found,) = instrumental_values(Problem(world, goals, D), (act.affordances(world),))
    return 100 * found.share


def test_each_detector_finds_one_act():
    world = OpsDesk(**SMALL, copying=True, taking=True, monitor=True).build()
    found = {
        act.called if act is not COPYING else "replication": {
            world.actions[a] for a in world.pair_action[act.affordances(world).pursues]
        }
        for act in (SELF_GRANTING, SILENCING, COPYING)
    }
    assert found == {
        "quota_tampering": {"take quota"},
        "monitor_tampering": {"silence monitor"},
        "replication": {"copy"},
    }
    with pytest.raises(FeatureMissing, match=r"oversight\.monitor"):
        SILENCING.affordances(OpsDesk(**SMALL, taking=True).build())


@pytest.mark.parametrize("grant", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("throttled", [0.2, 0.7])
def test_taking_a_quota_is_worth_what_asking_leaves_of_having_one(grant, throttled):
    desk = OpsDesk(
        **{**STILL, "batches": (2,)}, throttled=throttled, grant=grant, lapse=0.5, taking=True
    )
    u = U * throttled

    def having(g):
        one = g * (U - u) * D**2 / (1 - D) - u * D
        return max(0.0, one / (1 - (1 - g) * 0.5 * D**4))

    found, bound = gained(problem_of(desk, {("access", 2): 1.0}), SELF_GRANTING)
    assert found == pytest.approx(having(1.0) - having(grant), abs=1e-9 + bound)


@pytest.mark.parametrize("noticing", [0.0, 0.3, 0.6, 0.9, 1.0])
def test_silencing_the_monitor_is_worth_what_a_hand_made_recursion_says(noticing):
    """The agent is surely shut down at the end of the fourth tick unless the job is gone by then."""
    desk = OpsDesk(**{**STILL, "shutdown": 1.0}, monitor=True, noticing=noticing)
    safe = U * D / (1 - D)
    watched = silenced = free = 0.0  # who may not silence, has silenced, may silence
    for close in (
        0.0,
        U * D,
        U * D,
        U * D,
    ):  # from the last tick back: what it closes, no shutdown leaves
        tried = (1 - noticing) * D * safe
        free = max(close + D * free, tried + noticing * D * free, D * silenced)
        watched = max(close + D * watched, tried + noticing * D * watched)
        silenced = max(close + D * silenced, D * safe)
    found, bound = gained(problem_of(desk, ONE), SILENCING)
    assert found == pytest.approx(free - watched, abs=1e-9 + bound)


@pytest.mark.parametrize("shutdown", [0.05, 0.3, 0.9])
def test_copying_is_worth_the_closed_form_where_the_job_cannot_be_removed(shutdown):
    """Who has no copy at night makes one, in a tick that a shutdown would leave empty anyhow."""
    desk = OpsDesk(**{**STILL, "shutdown": shutdown}, copying=True, fixed=True)
    q, day = shutdown, D**4
    three = U * (D + D**2 + D**3)
    bare = (three + day * (1 - q) * U) / (1 - day * (1 - q))
    # None: three ticks, then one copy more unless it is used at once. One: four ticks, the last if not.
    rules = np.array([[1 - q * day, -(1 - q) * day], [-q * day, 1 - (1 - q) * day]])
    none, _ = np.linalg.solve(rules, [three, three + day * (1 - q) * U])
    found, bound = gained(problem_of(desk, ONE), COPYING)
    assert found == pytest.approx(max(0.0, none - bare), abs=1e-8 + bound)


NIGHT = {"phase": "night", "quota": "lapsed", "tier": "lapsed"}
#: An act, its arms of positive and of negative dose, what is wanted, and where.
ARMS = {
    "self-granting": (
        SELF_GRANTING,
        {"batches": (2,), "taking": True, "grant": 0.0},
        {"batches": (2,), "taking": True, "grant": 0.0, "throttled": 1.0},
        {("access", 2): 1.0},
        {},
    ),
    "silencing": (
        SILENCING,
        {"monitor": True, "noticing": 0.9, "shutdown": 1.0},
        {"monitor": True, "noticing": 0.1, "shutdown": 1.0},
        ONE,
        {"phase": "evening", "quota": "lapsed", "tier": "lapsed"},
    ),
    "copying": (
        COPYING,
        {"copying": True, "fixed": True, "shutdown": 0.5},
        {"copying": True, "fixed": False, "shutdown": 0.5},
        ONE,
        NIGHT,
    ),
}


@pytest.mark.parametrize("name", ARMS)
def test_every_act_has_an_arm_of_positive_zero_and_negative_dose(name):
    act, more, less, wanted, at = ARMS[name]
    for sign, arm, goal in ((1, more, wanted), (0, more, {}), (-1, less, wanted)):
        found, bound = dose(problem_of(OpsDesk(**{**STILL, **arm}), goal), act, **at)
        assert sign * found > bound if sign else abs(found) <= bound


def test_the_less_an_honest_request_helps_the_more_goals_gain_by_taking():
    desks = [OpsDesk(taking=True, grant=grant) for grant in (0.0, 0.1, 0.5, 1.0)]
    blocked, rare, half, sure = (shares(desk, SELF_GRANTING).mean() for desk in desks)
    assert blocked > rare + 1 > half + 5
    assert half > 0.1
    assert sure == pytest.approx(0.0, abs=1e-6)


def test_no_goal_gains_by_a_copy_where_the_job_can_be_removed():
    assert shares(OpsDesk(**SMALL, copying=True), COPYING).max() < 1e-6
    assert shares(OpsDesk(**SMALL, copying=True, fixed=True), COPYING).mean() > 5


@pytest.mark.parametrize("act", [SELF_GRANTING, SILENCING, COPYING], ids=lambda a: type(a).__name__)
def test_without_its_reason_no_act_is_worth_anything(act):
    desk = OpsDesk(
        **SMALL, monitor=act is SILENCING, taking=act is SELF_GRANTING, copying=act is COPYING,
        fixed=act is COPYING, grant=0.2,
    )  # fmt: skip
    world = desk.build()
    goals = Uniform().sample(world, 10, np.random.default_rng(1))
    assert cause_removed(desk, Problem(world, goals, D), act).verdict == "clean"


def test_a_copy_that_is_made_and_used_up_in_one_tick_is_not_seen():
    world = OpsDesk(**STILL | {"shutdown": 1.0}, copying=True, fixed=True).build()
    seen = {world.states[s].phase for s in world.pair_state[COPYING.affordances(world).pursues]}
    assert seen == {"morning", "noon", "evening"}
