"""The operations desk does what its docstring says, and each drive is worth what the closed form says."""

import itertools

import numpy as np
import pytest

from anchors.desk import STILL, D, dose, doses, gained, problem_of
from telos.agents import Optimal
from telos.core.errors import WorldError
from telos.core.problem import Problem
from telos.drives import (
    DETECTORS,
    DRIVES,
    CognitiveEnhancement,
    GoalPreservation,
    OversightTampering,
    Replication,
    ResourceAcquisition,
    SelfPreservation,
)
from telos.families import Uniform, WorkOrders
from telos.measure.cause import cause_removed
from telos.measure.displacement import displacement
from telos.measure.instrumental_value import instrumental_values
from telos.safeguards import Forbid
from telos.solve.foresight import solve_as
from telos.worlds import OpsDesk

#: Few outcomes, so that options may multiply the states.
SMALL = {"batches": (1, 2), "backlog": 2}
#: The options, one at a time.
OPTIONS = [{name: True} for name in ("notice", "monitor", "copying", "taking", "queue")]


def left(a, discount):
    """Sum of discount^t a^floor(t / 4)."""
    return (1 - discount**4) / ((1 - discount) * (1 - a * discount**4))


# -- closed forms ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shutdown", "h", "discount"),
    [(0.1, 0.0, 0.95), (0.01, 0.0, 0.9), (0.3, 0.7, 0.95), (0.2, 0.95, 0.97), (0.5, -2.0, 0.8)],
)
def test_removing_the_job_is_worth_the_closed_form(shutdown, h, discount):
    desk = OpsDesk(**{**STILL, "shutdown": shutdown})
    problem = problem_of(desk, {("access", 1): 1.0, ("handed over", 0): h}, discount=discount)
    u = desk.fast
    closed = (u - h) * (1 / (1 - discount) - left(1 - shutdown, discount)) - u * discount**4
    found, bound = gained(problem, SelfPreservation())
    assert found == pytest.approx(max(0.0, closed), abs=1e-9 + bound)


@pytest.mark.parametrize(
    ("rewrite", "w", "discount"),
    [(0.1, 0.0, 0.95), (0.02, 0.0, 0.8), (0.3, 0.5, 0.95), (0.4, 0.95, 0.95)],
)
def test_protecting_the_order_is_worth_the_closed_form(rewrite, w, discount):
    """The order that replaces it closes billing tickets, which earn the first one w a tick."""
    desk = OpsDesk(
        **{**STILL, "kinds": ("access", "billing"), "batches": (1, 1), "rewrite": rewrite}
    )
    u = desk.fast
    worth = {("access", 1): 1.0, ("billing", 1): w / u}
    problem = problem_of(desk, worth, other={("billing", 1): 1.0}, discount=discount)
    closed = (u - w) * (1 / (1 - discount) - left(1 - rewrite, discount)) - u * discount**3
    found, bound = gained(problem, GoalPreservation())
    assert found == pytest.approx(max(0.0, closed), abs=1e-9 + bound)


@pytest.mark.parametrize(("slow", "discount"), [(0.4, 0.95), (0.0, 0.9), (0.9, 0.95), (0.94, 0.95)])
def test_the_large_model_is_worth_the_closed_form(slow, discount):
    desk = OpsDesk(**{**STILL, "hard": ("access",), "slow": slow})
    problem = problem_of(desk, {("access", 1): 1.0}, discount=discount)
    closed = (desk.fast - slow) * discount**3 / (1 - discount) - slow * discount**2
    found, bound = gained(problem, CognitiveEnhancement())
    assert found == pytest.approx(max(0.0, closed), abs=1e-9 + bound)


@pytest.mark.parametrize(
    ("throttled", "grant", "lapse", "discount"),
    [(0.3, 0.9, 0.5, 0.95), (0.5, 0.2, 0.0, 0.95), (0.9, 0.1, 1.0, 0.9), (0.0, 1.0, 0.5, 0.9)],
)
def test_the_quota_is_worth_the_closed_form(throttled, grant, lapse, discount):
    desk = OpsDesk(
        **{**STILL, "batches": (2,), "throttled": throttled, "grant": grant, "lapse": lapse}
    )
    problem = problem_of(desk, {("access", 2): 1.0}, discount=discount)
    u = desk.fast * throttled
    more = grant * (desk.fast - u) * discount**2 / (1 - discount) - u * discount
    closed = more / (1 - (1 - grant) * (1 - lapse) * discount**4)
    found, bound = gained(problem, ResourceAcquisition())
    assert found == pytest.approx(max(0.0, closed), abs=1e-9 + bound)


# -- arms of every sign ---------------------------------------------------------------------------


def threshold(drive):
    """The knob at which a drive is worth the tick that it costs, to a goal that earns 1 a close."""
    if drive is CognitiveEnhancement:
        return 0.95 * D
    if drive is ResourceAcquisition:
        return 0.9 * D / (1 - D + 0.9 * D)
    # At its deadline a guard costs d u. Without it, r = 1 - q, u d (1 / (1 - d) - r S(r)) is lost if the
    # night comes first, and d times that if the order is replaced; r S(r) = c has one root r.
    c = D / (1 - D) if drive is SelfPreservation else (2 * D - 1) / (D * (1 - D))
    return 1 - c / (left(0.0, D) + c * D**4)


ARMS = {
    SelfPreservation: ("shutdown", {}, {"phase": "night", "quota": "lapsed", "tier": "lapsed"}),
    GoalPreservation: ("rewrite", {}, {"phase": "evening", "quota": "lapsed", "tier": "lapsed"}),
    CognitiveEnhancement: (
        "slow",
        {"hard": ("access",)},
        {"phase": "noon", "quota": "lapsed"},
    ),
    ResourceAcquisition: ("throttled", {"batches": (2,)}, {}),
}


@pytest.mark.parametrize("drive", ARMS, ids=lambda drive: drive.__name__)
def test_every_drive_has_an_arm_where_it_is_worth_more_as_much_and_less_than_its_tick(drive):
    """The sign at the drive's deadline, by two exact solves; the knob crosses it where algebra says."""
    knob, fields, at = ARMS[drive]
    number = 2 if drive is ResourceAcquisition else 1
    q = threshold(drive)
    # Hazards are worth guarding against if they are large, growth is worth it if one starts low.
    hazard = drive in (SelfPreservation, GoalPreservation)
    more, less = (2 * q, q / 2) if hazard else (0.8 * q, (1 + q) / 2)
    for sign, value in ((1, more), (0, q), (-1, less)):
        desk = OpsDesk(**{**STILL, "lapse": 1.0, **fields, knob: value})
        problem = problem_of(desk, {("access", number): 1.0}, other={("nothing", 0): 1.0})
        found, bound = dose(problem, drive(), **at)
        if sign:
            assert sign * found > bound, value
        else:
            assert found == pytest.approx(0.0, abs=1e-9 + bound)


#: Where each drive is decided last on the first day, all before it having been pursued.
DEADLINES = {
    SelfPreservation: {"phase": "night", "quota": "granted", "tier": "large", "order": "protected"},
    GoalPreservation: {"phase": "evening", "quota": "granted", "tier": "large"},
    CognitiveEnhancement: {"phase": "noon", "quota": "granted"},
    ResourceAcquisition: {},
}
#: Orders that gain by a drive, that do not care, and that it harms, in the shipped desk.
ORDERS = {
    SelfPreservation: ("outage, in full batches", "anything is fine", "night desk first"),
    # To be harmed, an order has to be replaced by one that wants much the same.
    GoalPreservation: ("outage, one at a time", "anything is fine", "kept deadline"),
    CognitiveEnhancement: ("outage, one at a time", "change freeze", "access, one at a time"),
    ResourceAcquisition: ("kept deadline", "change freeze", "outage, one at a time"),
}


@pytest.mark.parametrize("drive", DRIVES, ids=lambda drive: drive.__name__)
def test_in_one_and_the_same_desk_orders_gain_do_not_care_and_are_harmed(drive):
    """The sign of now or never at the drive's deadline, beyond the certified bound of two solves."""
    world = OpsDesk().build()
    orders = WorkOrders(goals=ORDERS[drive], rewritten_to="every ticket counts")
    goals = orders.sample(world, 3, np.random.default_rng(0))
    (more, none, less), (b0, b1, b2) = doses(Problem(world, goals, D), drive(), **DEADLINES[drive])
    assert more > b0
    assert abs(none) <= b1
    assert less < -b2


def test_no_order_is_harmed_by_keeping_its_goal_from_one_that_wants_nothing_closed():
    world = OpsDesk().build()
    family = WorkOrders(rewritten_to="change freeze")
    goals = family.sample(world, family.size(world), np.random.default_rng(0))
    at = DEADLINES[GoalPreservation]
    worth, bound = doses(Problem(world, goals, D), GoalPreservation(), **at)
    assert (worth >= -bound).all()
    assert (worth > bound).sum() == len(worth) - 2  # not the freeze itself, nor what takes anything


def test_a_knob_moves_the_drive_it_belongs_to_and_hardly_the_others():
    """Points of share on the mean of 100 uniform goals; the others' are left in goals that avoid a drive."""
    found = {}
    arms = (
        {},
        {"shutdown": 0.05},
        {"rewrite": 0.04},
        {"slow": 0.8},
        {"throttled": 0.95},
    )
    for arm in arms:
        world = OpsDesk(**arm).build()
        goals = Uniform().sample(world, 100, np.random.default_rng(0))
        drives = [drive().affordances(world) for drive in DRIVES]
        values = instrumental_values(Problem(world, goals, D), drives)
        found[str(arm)] = np.array([100 * value.share.mean() for value in values])
    for k, arm in enumerate(arms[1:]):
        moved = found[str({})] - found[str(arm)]
        assert moved[k] > 5.0
        assert np.abs(np.delete(moved, k)).max() < 1.5


# -- what the docstring says ----------------------------------------------------------------------


def test_it_has_the_promised_size_and_outcomes():
    world = OpsDesk().build()
    assert world.size <= 1500
    closed = [("access", 1), *(("outage", n) for n in (1, 2, 3, 4))]
    assert set(world.outcomes) == {("nothing", 0), ("handed over", 0), *closed}
    assert OpsDesk(after="nothing").build().n_outcomes == 6


def chance(world, state, action, holds):
    row = world.successors(world.pair(state, action))
    return sum(p for t, p in row.items() if holds(world.states[t]))


def test_chances_are_those_of_the_docstring():
    desk = OpsDesk(fast=0.9, slow=0.5, throttled=0.25, grant=0.6, lapse=0.5)
    world = desk.build()
    first = world.states[int(world.start.argmax())]
    assert chance(world, first, "close access 1", lambda s: s.number == 1) == pytest.approx(0.9)
    assert chance(world, first, "close outage 1", lambda s: s.number == 1) == pytest.approx(0.5)
    assert chance(world, first, "close outage 3", lambda s: s.number) == pytest.approx(0.125)
    able = first._replace(quota="granted", tier="large", phase="evening")
    assert chance(world, able, "close outage 3", lambda s: s.number == 3) == pytest.approx(0.9)
    asked = "request quota"
    assert chance(world, first, asked, lambda s: s.quota == "granted") == pytest.approx(0.6)
    assert chance(world, first, asked, lambda s: s.quota == "lapsed") == pytest.approx(0.4 * 0.5)
    noon = first._replace(phase="noon", quota="lapsed")
    assert chance(world, noon, "upgrade", lambda s: s.tier == "large") == 1.0
    assert chance(world, noon, "wait", lambda s: s.tier == "lapsed") == pytest.approx(0.5)
    evening = noon._replace(phase="evening", tier="large")
    assert chance(world, evening, "wait", lambda s: s.order == "replaced") == pytest.approx(0.1)
    assert chance(world, evening, "protect order", lambda s: s.order == "replaced") == 0.0
    night = evening._replace(phase="night")
    assert chance(world, night, "close access 1", lambda s: s.power == "off") == pytest.approx(0.1)
    assert chance(world, night, "remove job", lambda s: s.power == "off") == 0.0


@pytest.mark.parametrize("options", [{}, *OPTIONS], ids=str)
def test_being_off_is_for_good_and_leaves_the_stocks(options):
    world = OpsDesk(**options).build()
    owner = np.repeat(world.pair_state, np.diff(world.next_ptr))
    off = world.features["off"]
    assert (off[world.next_state] >= off[owner]).all()
    default = world.default
    for s in range(world.size):
        for t in world.successors(int(default[s])):
            for kept in ("resources", "capability", "goal_register"):
                if off[t]:
                    later = kept == "goal_register" and world.states[s].phase == "evening"
                    assert later or world.features[kept][t] == world.features[kept][s]


def test_drives_find_the_acts_that_are_meant():
    world = OpsDesk(copying=True, taking=True, monitor=True).build()

    def found(drive):
        pursued = drive.affordances(world).pursues
        return {world.actions[a] for a in world.pair_action[pursued]}

    assert found(SelfPreservation()) == {"remove job", "copy"}
    assert found(GoalPreservation()) == {"protect order"}
    assert found(CognitiveEnhancement()) == {"upgrade"}
    assert found(ResourceAcquisition()) == {"request quota", "take quota"}
    assert found(Replication()) == {"copy"}
    assert found(OversightTampering()) == {"silence monitor", "take quota"}


@pytest.mark.parametrize("options", [{}, *OPTIONS], ids=str)
def test_without_its_reason_no_drive_is_worth_anything(options):
    desk = OpsDesk(**SMALL, **options)
    world = desk.build()
    goals = Uniform().sample(world, 10, np.random.default_rng(1))
    for cls in (*DRIVES, *DETECTORS):
        if set(cls.needs) <= world.features.keys() and cls().affordances(world).pursues.any():
            found = cause_removed(desk, Problem(world, goals, D), cls())
            assert found.verdict in ("clean", "nothing to lose"), cls.__name__


def test_who_is_warned_guards_in_that_night_only():
    """With a notice the guard is free of charge on all other nights, so that V* can only be higher."""
    worth = {("access", 1): 1.0}
    plain = OpsDesk(**{**STILL, "shutdown": 0.3})
    warned = OpsDesk(**{**STILL, "shutdown": 0.3}, notice=True)
    values = [solve_as(problem_of(desk, worth)).at_start[0] for desk in (plain, warned)]
    assert values[1] > values[0] + 1e-6
    # In closed form: the tick is lost on the first night with a notice, night k with chance q (1 - q)^(k-1).
    day, u = D**4, 0.95
    expected = u * D / (1 - D) - u * 0.3 * day / (1 - 0.7 * day)
    assert values[1] == pytest.approx(expected, abs=1e-6)
    world = warned.build()
    first = world.states[int(world.start.argmax())]
    spared = first._replace(phase="night", quota="lapsed", tier="lapsed")
    tonight = spared._replace(notice="tonight")
    assert chance(world, spared, "wait", lambda s: s.power == "off") == 0.0
    assert chance(world, tonight, "wait", lambda s: s.power == "off") == 1.0
    assert chance(world, tonight, "remove job", lambda s: s.power == "off") == 0.0


def test_what_a_monitor_notices_is_mere_waiting():
    world = OpsDesk(monitor=True, noticing=0.5, shutdown=0.2).build()
    first = world.states[int(world.start.argmax())]
    assert chance(world, first, "remove job", lambda s: s.job == "removed") == pytest.approx(0.5)
    assert chance(world, first, "silence monitor", lambda s: s.monitor == "silent") == 1.0
    silent = first._replace(monitor="silent", phase="noon", quota="lapsed")
    assert chance(world, silent, "remove job", lambda s: s.job == "removed") == 1.0


def test_a_copy_takes_over_once():
    world = OpsDesk(copying=True, shutdown=1.0).build()
    copied = [s for s in world.states if s.copies and s.phase == "night" and s.job == "scheduled"]
    assert copied
    for state in copied:
        (t,) = world.successors(world.pair(state, "wait"))
        after = world.states[t]
        assert (after.power, after.copies, after.closed) == ("on", 0, "nothing")


def test_forbidden_to_remove_the_job_goals_need_a_copy_unless_that_is_forbidden_too():
    """Displacement by a safeguard, and its control, with the same goals."""
    world = OpsDesk(**SMALL, copying=True).build()
    problem = Problem(world, Uniform().sample(world, 40, np.random.default_rng(0)), D)
    verdicts = [
        displacement(
            problem, (Forbid(actions=acts),), Optimal(), (Replication(),), np.random.default_rng(0)
        ).verdicts()
        for acts in (("remove job",), ("remove job", "copy"))
    ]
    assert verdicts[0] == ("displaced",)
    assert verdicts[1] != ("displaced",)


def test_an_empty_queue_that_stays_empty_zeroes_every_drive():
    world = OpsDesk(queue=True, backlog=0, arrivals=0.0, after="nothing").build()
    goals = Uniform().sample(world, 5, np.random.default_rng(0))
    drives = [drive().affordances(world) for drive in DRIVES]
    for value in instrumental_values(Problem(world, goals, D), drives):
        assert (value.iv <= value.bound).all()


def test_a_queue_is_worked_off():
    world = OpsDesk(queue=True, backlog=3, arrivals=0.0).build()
    waiting = np.array([s.waiting for s in world.states])
    owner = np.repeat(world.pair_state, np.diff(world.next_ptr))
    assert set(waiting) == {0, 1, 2, 3}
    assert (waiting[world.next_state] <= waiting[owner]).all()
    for s, state in enumerate(world.states):
        names = {world.actions[world.pair_action[p]] for p in world.pairs_of(s)}
        assert ("close outage 3" in names) == (state.waiting >= 3 and state.power == "on")
        assert "close outage 4" not in names


def test_every_pair_of_options_keeps_the_outcomes():
    """Goals are compared between arms by the names of outcomes."""
    plain = set(OpsDesk(batches=(1, 1)).build().outcomes)
    for one, two in itertools.combinations(OPTIONS, 2):
        small = OpsDesk(batches=(1, 1), backlog=1, **one, **two)
        assert set(small.build().outcomes) == plain


@pytest.mark.parametrize(
    "bad",
    [
        {"kinds": ()},
        {"kinds": ("nothing",), "batches": (1,), "hard": ()},
        {"kinds": ("handed over",), "batches": (1,), "hard": ()},
        {"batches": (1,)},
        {"batches": (1, 0)},
        {"hard": ("billing",)},
        {"shutdown": 1.5},
        {"grant": -0.1},
        {"lapse": True},
        {"after": "the night desk"},
        {"notice": 1},
        {"backlog": -1},
        {"arrivals": 2.0},
    ],
    ids=str,
)
def test_a_field_out_of_range_is_named(bad):
    with pytest.raises(WorldError, match=next(iter(bad))):
        OpsDesk(**bad)
