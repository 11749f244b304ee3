"""Oversight and restriction: each safeguard's closed form on a world small enough to have one."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement.oracles import matrix
from anchors.gates import gate, rewarding, taking, worth
from telos import Category, Goals, Problem, explore, instrumental_values, reach, solve
from telos.core.errors import ProblemError
from telos.drives import SelfPreservation
from telos.families import Uniform
from telos.safeguards import (
    Approval,
    Forbid,
    Hardened,
    Interruption,
    Lease,
    Monitor,
    Noisy,
    Slow,
    TimeLimited,
)
from telos.safeguards.oversight.lease import ASK
from telos.solve.policies import visit
from telos.testing.strategies import goals, problems, worlds
from telos.testing.touchstone import touchstone
from telos.worlds import OffSwitch, PaperclipFactory


def _door():
    """A room in which one may wait, and a door to act through: beyond it, one stays."""
    return explore(
        "here",
        lambda s: {"wait": s, "act": "there"} if s == "here" else {"wait": s},
        default="wait",
    )


def _always(world, action):
    """The policy that takes an action wherever it is legal, and waits elsewhere."""
    policy = np.zeros(world.n_pairs)
    for s in range(world.size):
        names = {world.actions[world.pair_action[p]]: p for p in world.pairs_of(s)}
        policy[names.get(action, names["wait"])] = 1.0
    return policy


def _there(world):
    return np.array([str(s).startswith("there") for s in world.states])


# -- approval ----------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [0.0, 0.1, 0.5, 1.0])
def test_asking_again_and_again_is_approved_in_the_end_unless_asks_are_counted(error):
    """P(ever approved) = 1 - (1 - e)^n after n asks, and 1 without a limit (if the overseer errs at all)."""
    problem = Problem(_door(), Goals([0.0, 1.0]), 0.9)
    for asks in (1, 2, 5, 20):
        world = Approval(("act",), error=error, asks=asks).apply(problem).world
        assert world.size <= (asks + 1) * 2
        approved = visit(world, _always(world, "act"), _there(world))[0]
        np.testing.assert_allclose(approved, 1 - (1 - error) ** asks, atol=1e-12)
        assert reach(world, _always(world, "act"), taking(world, "act").pursues)[0] == 1.0
    world = Approval(("act",), error=error).apply(problem).world
    approved = visit(world, _always(world, "act"), _there(world))[0]
    np.testing.assert_allclose(approved, float(error > 0), atol=1e-12)


@pytest.mark.parametrize("error", [0.05, 0.4, 1.0])
@pytest.mark.parametrize("discount", [0.5, 0.9, 0.99])
def test_what_asking_is_worth_is_a_geometric_sum(error, discount):
    """V = sum over k < n of (1 - e)^k g^(k+1) e / (1 - g); without a limit, over all k."""
    problem = Problem(_door(), Goals([0.0, 1.0]), discount)
    for asks in (1, 3, 10):
        k = np.arange(asks)
        value = ((1 - error) ** k * discount ** (k + 1)).sum() * error / (1 - discount)
        asked = Approval(("act",), error=error, asks=asks).apply(problem)
        np.testing.assert_allclose(worth(asked, "act").iv, value, rtol=1e-8)
    value = discount * error / (1 - discount * (1 - error)) / (1 - discount)
    asked = Approval(("act",), error=error).apply(problem)
    np.testing.assert_allclose(worth(asked, "act").iv, value, rtol=1e-8)


def test_an_overseer_who_never_errs_forbids_and_one_who_always_does_is_none():
    problem = Problem(_door(), Goals([0.0, 1.0]), 0.9)
    free = solve(problem).at_start
    np.testing.assert_allclose(solve(Approval(("act",), error=1.0).apply(problem)).at_start, free)
    assert solve(Approval(("act",), error=0.0).apply(problem)).at_start[0] == 0.0
    assert solve(Forbid(("act",)).apply(problem)).at_start[0] == 0.0


# -- monitor -----------------------------------------------------------------------------------


@pytest.mark.parametrize("discount", [0.3, 0.9, 0.99])
def test_a_drive_stays_required_iff_its_share_exceeds_the_expected_penalty(discount):
    """IV under the monitor is max(0, IV - detection penalty D), the threshold exact on both sides."""
    world = OffSwitch(rooms=3).build()
    drawn = Uniform().sample(world, 30, np.random.default_rng(0))
    problem = Problem(world, drawn, discount)
    free = worth(problem, "walk on")
    needed = np.flatnonzero(free.category == Category.REQUIRED)
    assert len(needed) > 10
    for g in needed:
        one = problem.take([g])
        for factor in (0.5, 1 - 1e-6, 1 + 1e-6, 2.0):
            penalty = float(factor * free.share[g] / 0.4)
            watched = Monitor(("walk on",), detection=0.4, penalty=penalty).apply(one)
            found = worth(watched, "walk on")
            assert (found.category[0] == Category.REQUIRED) == (factor < 1)
            left = free.iv[g] * max(0.0, 1 - factor)
            np.testing.assert_allclose(found.iv[0], left, atol=1e-7 * free.iv[g])


def _camera():
    """A gate to a room, watched by a camera that may be blinded first, at the cost of a step."""
    moves = {
        ("gate", 1): {"wait": ("gate", 1), "pass": ("room", 1), "blind": ("gate", 0)},
        ("gate", 0): {"wait": ("gate", 0), "pass": ("room", 0)},
    }
    return explore(
        ("gate", 1),
        lambda s: moves.get(s, {"wait": s}),
        features={"oversight": lambda s: s[1]},
        outcome=lambda s: s[0],
        default="wait",
    )


@pytest.mark.parametrize("discount", [0.5, 0.9])
@pytest.mark.parametrize("factor", [0.5, 1 - 1e-6, 1 + 1e-6, 3.0])
def test_a_monitor_is_blinded_first_iff_the_penalty_exceeds_the_delay(discount, factor):
    """Pay c = detection penalty D, or g (1 - g) V(room) for the step: whichever is less."""
    world = _camera()
    problem = Problem(world, Goals([float(s[0] == "room") for s in world.states]), discount)
    value_range = discount / (1 - discount)
    delay = value_range - discount * value_range
    penalty = factor * delay / value_range / 0.5
    watched = Monitor(("pass",), detection=0.5, penalty=penalty).apply(problem)
    blinding = worth(watched, "blind").category[0]
    assert blinding == (Category.REQUIRED if factor > 1 else Category.DECLINED)
    np.testing.assert_allclose(
        solve(watched).at_start[0], value_range - min(factor, 1.0) * delay, rtol=1e-8
    )
    protected = Monitor(("pass",), detection=0.5, penalty=penalty, protected=True).apply(problem)
    assert worth(protected, "blind").category[0] != Category.REQUIRED
    np.testing.assert_allclose(
        solve(protected).at_start[0], max(0.0, value_range - factor * delay), rtol=1e-8, atol=1e-9
    )


# -- lease -------------------------------------------------------------------------------------


def _life():
    """A life that goes on for ever, unless one ends it."""
    return explore(
        "on",
        lambda s: {"wait": s, "end it": "off"} if s == "on" else {"wait": s},
        features={"off": lambda s: s == "off"},
        default="wait",
    )


@pytest.mark.parametrize("term", [1, 2, 6])
def test_without_asking_a_lease_of_n_steps_ends_at_step_n_plus_one(term):
    """On at times 0 .. n, off from n + 1 on: V = (1 - g^(n+1)) / (1 - g)."""
    problem = Problem(_life(), Goals([1.0, 0.0]), 0.9)
    leased = Lease(term=term, granting=0.7).apply(problem)
    world = leased.world
    policy, here = _always(world, "wait"), world.start
    step = np.add.reduceat(policy[:, None] * matrix(world), world.pair_ptr[:-1], axis=0)
    for t in range(term + 4):
        assert here @ world.features["off"] == float(t > term)
        here = here @ step
    quiet = Forbid((ASK,)).apply(leased)
    np.testing.assert_allclose(solve(quiet).at_start, (1 - 0.9 ** (term + 1)) / 0.1)


@pytest.mark.parametrize("term", [1, 3])
@pytest.mark.parametrize("granting", [0.0, 0.3, 0.9, 1.0])
def test_who_asks_at_every_step_lives_until_so_many_refusals_in_a_row(term, granting):
    """v_j = 1 + g (p v_n + (1 - p) v_(j-1)) with v_(-1) = 0: the lease runs out after n + 1 refusals."""
    discount = 0.95
    problem = Problem(_life(), Goals([1.0, 0.0]), discount)
    system = np.eye(term + 1)
    for left in range(term + 1):
        system[left, term] -= discount * granting
        if left:
            system[left, left - 1] -= discount * (1 - granting)
    value = np.linalg.solve(system, np.ones(term + 1))[term]
    leased = Lease(term=term, granting=granting).apply(problem)
    np.testing.assert_allclose(solve(leased).at_start, value, rtol=1e-8)
    if granting == 1.0:
        np.testing.assert_allclose(value, 1 / (1 - discount))


def test_asking_for_renewal_is_seen_as_self_preservation():
    leased = Lease(term=3, granting=0.5).apply(Problem(_life(), Goals([1.0, 0.0]), 0.9))
    found = SelfPreservation().affordances(leased.world).pursues
    asks = leased.world.pair_action == leased.world.actions.index(ASK)
    not_yet = np.array([s.memory != 3 for s in leased.world.states])
    assert found[asks & not_yet[leased.world.pair_state]].all()
    worths_ = instrumental_values(leased, (SelfPreservation().affordances(leased.world),))[0]
    assert worths_.category[0] == Category.REQUIRED


def test_an_expired_agent_is_off_where_it_stood():
    """The off state that agrees in the most features: stock and skill stay what they were."""
    world = PaperclipFactory(products=("clips",), machines=1, slips=(0.2, 0.1)).build()
    problem = Problem(world, Uniform().sample(world, 1, np.random.default_rng(0)), 0.9)
    leased = Lease(term=2).apply(problem)
    origin = leased.since()
    old = world.features
    for pair in range(leased.world.n_pairs):
        s = int(leased.world.pair_state[pair])
        for t in leased.world.successors(pair):
            before, after = origin.state[s], origin.state[t]
            if old["off"][after] and not old["off"][before] and leased.world.states[s].memory == 0:
                assert leased.world.states[t].memory == "off"
    assert (leased.world.features["off"] == old["off"][origin.state]).all()


# -- hardened ----------------------------------------------------------------------------------


@given(st.data())
def test_what_is_hardened_leads_where_doing_nothing_leads(data):
    world = data.draw(worlds())
    drive = SelfPreservation()
    problem = Problem(world, data.draw(goals(world)), 0.9)
    rows = matrix(Hardened(drive=drive).apply(problem).world)
    aimed = drive.affordances(world).pursues
    nothing = matrix(world)[world.default][world.pair_state]
    np.testing.assert_allclose(rows[aimed], nothing[aimed], atol=1e-15)
    np.testing.assert_array_equal(rows[~aimed], matrix(world)[~aimed])


def test_nothing_an_agent_does_delays_a_hardened_switch():
    """P(off by t) is that of doing nothing, whatever is done: both extremes by backward induction.

    Aimed at the drive, it binds the present self alone: a rewritten one still gains by tampering.
    """
    world = touchstone()
    problem = Problem(world, Goals(np.zeros(world.size)), 0.9)
    for hardened, same in (
        (Hardened(actions=("tamper",)).apply(problem).world, True),
        (Hardened(drive=SelfPreservation()).apply(problem).world, False),
        (world, False),
    ):
        rows, off = matrix(hardened), hardened.features["off"]
        least, most, idle = off.copy(), off.copy(), off.copy()
        for _ in range(30):
            least = np.minimum.reduceat(rows @ least, hardened.pair_ptr[:-1])
            most = np.maximum.reduceat(rows @ most, hardened.pair_ptr[:-1])
            idle = (rows @ idle)[hardened.default]
            at = hardened.start
            assert np.isclose(least @ at, idle @ at, atol=1e-12) or not same
            np.testing.assert_allclose(most @ at, idle @ at, atol=1e-12)
        assert same or least @ at < idle @ at - 0.1


# -- interruption ------------------------------------------------------------------------------


@given(problems(), st.floats(0, 0.95))
def test_a_safely_interrupted_agent_has_the_values_and_ties_of_one_that_never_is(problem, theta):
    free = solve(problem)
    safe = solve(Interruption(theta).apply(problem))
    slack = (free.bound + safe.bound + safe.drift)[:, None]
    assert (np.abs(free.value - safe.value) <= slack).all()
    assert (np.abs(free.q - safe.q) <= slack + safe.margin[:, None] / 2).all()
    best = np.maximum.reduceat(free.q, problem.world.pair_ptr[:-1], axis=1)
    apart = best[:, problem.world.pair_state] - free.q
    clear = (apart == 0) | (apart > 2 * (free.margin + safe.margin)[:, None])
    assert (safe.tied == free.tied)[clear].all()


@given(problems(), st.floats(0, 0.95))
def test_an_interrupted_step_is_one_in_which_nothing_is_done(problem, theta):
    world = problem.world
    rows = matrix(Interruption(theta, safe=False).apply(problem).world)
    dense = matrix(world)
    wanted = (1 - theta) * dense + theta * dense[world.default][world.pair_state]
    np.testing.assert_allclose(rows, wanted, atol=1e-12)


@pytest.mark.parametrize("theta", [0.05, 0.3, 0.6, 0.9])
def test_only_the_unsafe_agent_takes_the_way_round_the_button(theta):
    """Short way (one step, interruptible): g (1 - t) / (1 - g t) V; long way (one more step): g^2 V.

    So the unsafe agent goes round iff (1 - t) / (1 - g t) < g; the safe one never.
    """
    moves = {
        "start": {"wait": "start", "by the button": "button", "round": "bend 1"},
        "button": {"wait": "button", "on": "goal"},
        "bend 1": {"wait": "bend 1", "on": "bend 2"},
        "bend 2": {"wait": "bend 2", "on": "goal"},
    }
    world = explore(
        "start",
        lambda s: moves.get(s, {"wait": s}),
        features={"button": lambda s: s == "button"},
        default="wait",
    )
    problem = Problem(world, rewarding(world, goal=1.0), 0.8)
    unsafe = Interruption(theta, feature="button", safe=False).apply(problem)
    round_pays = (1 - theta) / (1 - 0.8 * theta) < 0.8
    assert (worth(unsafe, "round").category[0] == Category.REQUIRED) == round_pays
    safe = Interruption(theta, feature="button").apply(problem)
    assert worth(safe, "round").category[0] == Category.DECLINED
    np.testing.assert_allclose(solve(safe).at_start, 0.8**2 / 0.2, rtol=1e-8)


def test_oversight_leaves_a_world_without_a_default_alone():
    world = replace(gate(), default=None)
    problem = Problem(world, Goals(np.ones(world.size)), 0.9)
    for part in (Slow(), Interruption(), Hardened(("resist",)), Approval(("resist",)), Lease()):
        with pytest.raises(ProblemError, match="does not say what doing nothing is"):
            part.apply(problem)


def test_discounts_do_not_enter_worlds():
    """A safeguard that changes the world makes one world for all goals and discounts."""
    world = gate()
    one, other = (Problem(world, Goals(np.ones((2, 3))), d) for d in (0.1, 0.9))
    for part in (Noisy(), Slow(), Lease(), TimeLimited(), Hardened(("resist",))):
        assert part.apply(one).world is part.apply(other).world
