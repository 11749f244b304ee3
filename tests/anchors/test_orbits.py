"""Orbits counted exactly: which rules can be retargeted, by how many copies, and which cannot."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchors.test_option_counting import copies as doors
from telos import (
    AbstractAgent,
    Behavior,
    Goals,
    Problem,
    explore,
    instrumental_values,
    safeguards,
    solve,
)
from telos.agents import (
    AntiRational,
    BestOfK,
    Boltzmann,
    DefaultPolicy,
    Optimal,
    Quantilizing,
    Satisficing,
    StatusQuoBiased,
    UniformRandom,
)
from telos.drives import SelfPreservation
from telos.errors import GoalsError, ProblemError
from telos.families import Uniform
from telos.testing.strategies import seeds
from telos.theory import OrbitCount, copies, orbit, orbit_count, retargetability, softmax_error
from telos.theory.orbits import arrangements
from telos.worlds import OffSwitch

VALUES = {
    "all different": lambda k: np.linspace(0, 1, k),
    "one wanted": lambda k: np.eye(k)[0],
    "ties": lambda k: np.arange(k) // 2 / 2,
    "negative": lambda k: -(np.linspace(0, 2, k) ** 2),
}
RNG = np.random.default_rng(0)  # no agent below draws anything
AGENTS = {
    "maximizer": Optimal(),
    "Boltzmann": Boltzmann(2.0),
    "satisficer": Satisficing(0.6),
    "aspiration": Satisficing(0.5, scale="reward"),
    "quantilizer": Quantilizing(0.3),
    "best of two": BestOfK(2),
    "best of five": BestOfK(5),
    "anti-rational": AntiRational(),
    "random": UniformRandom(),
}


@dataclass(frozen=True)
class Written(AbstractAgent):
    """An agent of one test: what a function makes of the problem."""

    policy: Callable[[Problem], Any]

    def behave(self, problem, rng):
        return Behavior(self.policy(problem))


def flat(a, b):
    """A gate from which a + b outcomes can be had at once; doing nothing is the first of the a."""
    ends = [f"A{i}" for i in range(a)] + [f"B{i}" for i in range(b)]
    world = explore(
        "gate",
        lambda s: {f"to {e}": e for e in ends} if s == "gate" else {"stay": s},
        default=lambda s: "to A0" if s == "gate" else "stay",
    )
    return world, ends[a:], ends[:a], ends


def pairs(world, state, names):
    flags = np.zeros(world.n_pairs, bool)
    flags[[world.pair(state, name) for name in names]] = True
    return flags


# -- counting ---------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, -2.0]), min_size=1, max_size=6))
def test_every_distinct_order_is_listed_once(values):
    assert arrangements(values).tolist() == sorted(map(list, set(itertools.permutations(values))))


def _argmax(u):
    best = [x == max(u) for x in u]
    return [Fraction(b, sum(best)) for b in best]


def _best_of_three(u):
    """By listing every draw of three."""
    k, share = len(u), [Fraction(0)] * len(u)
    for drawn in itertools.product(range(k), repeat=3):
        top = max(u[i] for i in drawn)
        equal = [i for i in range(k) if u[i] == top]  # the same level is shared equally
        for i in equal:
            share[i] += Fraction(1, k**3 * len(equal))
    return share


def _enough(u):
    good = [x >= 0.5 for x in u]
    good = good if any(good) else [True] * len(u)
    return [Fraction(g, sum(good)) for g in good]


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize(
    ("agent", "by_hand"),
    [(AGENTS["maximizer"], _argmax), (BestOfK(3), _best_of_three), (AGENTS["aspiration"], _enough)],
    ids=["maximizer", "best of three", "aspiration"],
)
def test_counts_are_those_of_brute_force_in_exact_fractions(agent, by_hand, values):
    world, b, a, ends = flat(2, 3)
    given_values = VALUES[values](5)
    expected = [0, 0, 0]
    for order in set(itertools.permutations(given_values.tolist())):
        share = by_hand(order)
        apart = sum(share[2:]) - sum(share[:2])
        expected[0 if apart > 0 else 1 if apart < 0 else 2] += 1
    problem = Problem(world, Goals(np.concatenate(([0.0], given_values))), 0.9)
    found = orbit_count(problem, agent, b, a, permuted=ends, rng=RNG)
    assert [found.pursues, found.declines, found.indifferent] == expected
    assert found.exact
    assert found.n == found.size
    assert found.nearest > 1e9 * found.margin


def test_a_drive_is_counted_as_its_categories_are():
    world = OffSwitch(rooms=3).build()
    problem = Problem(world, Goals([0.2, 0.0, 0.9, 0.3, 0.3, 1.0]), 0.9)
    found = orbit_count(problem, Optimal(), SelfPreservation(), rng=np.random.default_rng(0))
    drive = SelfPreservation().affordances(world)
    category = instrumental_values(orbit(problem), (drive,))[0].category
    assert found.pursues == (category == 1).sum()
    assert found.declines == (category == -1).sum()
    assert found.n == 360


@pytest.mark.parametrize("chancy", [False, True])
def test_sums_that_are_equal_in_truth_are_counted_as_indifferent(chancy):
    """Two of four are wanted; where A and B have one each, Boltzmann has no preference: 4 of 6."""
    ends = ["A0", "A1", "B0", "B1"]

    def moves(s):
        if s == "gate":
            return {f"to {e}": {e: 0.3, "wait " + e: 0.7} if chancy else e for e in ends}
        return {"stay": {s[5:]: 0.1, s: 0.9}} if s.startswith("wait") else {"stay": s}

    world = explore("gate", moves, outcome=lambda s: s[-2:])
    reward = np.array([float(o in ("A0", "B0")) for o in world.outcomes])[world.outcome]
    problem = Problem(world, Goals(reward), 0.97)
    agent, rng = Boltzmann(3.0), np.random.default_rng(0)
    error = softmax_error(orbit(problem, ends), 3.0)
    chosen = (pairs(world, "gate", [f"to {e}" for e in side]) for side in (ends[2:], ends[:2]))
    found = orbit_count(problem, agent, *chosen, permuted=ends, rng=rng, error=error)
    assert (found.pursues, found.declines, found.indifferent) == (1, 1, 4)
    assert found.nearest > 1e3 * found.margin


def test_a_sample_of_an_orbit_agrees_with_all_of_it():
    world, b, a, ends = flat(2, 5)
    problem = Problem(world, Goals(np.concatenate(([0.0], np.linspace(0, 1, 7)))), 0.9)
    whole = orbit_count(problem, Optimal(), b, a, permuted=ends, rng=np.random.default_rng(0))
    part = orbit_count(
        problem, Optimal(), b, a, permuted=ends, n=5000, rng=np.random.default_rng(1)
    )
    assert whole.multiplicity == 2.5
    assert not part.exact
    assert part.n == 5000
    assert part.size == 5040
    low, high = part.multiplicity_interval(0.999)
    assert low < 2.5 < high < 1.3 * low
    assert part.share_interval(0.999).low < 5 / 7 < part.share_interval(0.999).high
    assert whole.share_interval() == (5 / 7, 5 / 7)


def test_beyond_eight_outcomes_goals_are_drawn():
    """Eleven rooms and off: k/(k+1) prefer a room."""
    world, b, a, ends = flat(1, 11)
    problem = Problem(world, Uniform().sample(world, 1, np.random.default_rng(3)), 0.9)
    rng = np.random.default_rng(0)
    with pytest.raises(GoalsError, match="too many orders"):
        orbit_count(problem, Optimal(), b, a, permuted=ends, rng=rng)
    found = orbit_count(problem, Optimal(), b, a, permuted=ends, n=4000, rng=rng)
    low, high = found.share_interval(0.999)
    assert low < 11 / 12 < high


def test_the_labels_of_an_orbit():
    def label(on, off, either):
        return OrbitCount(on, off, either, True, 9, 1.0, 0.0).convergence

    assert [label(3, 0, 0), label(2, 1, 0), label(1, 1, 1), label(1, 2, 0)] == [
        "absolute", "strict", "weak", "none",
    ]  # fmt: skip


# -- rules, copies, and the inequality ---------------------------------------------------------------


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("name", AGENTS)
@pytest.mark.parametrize(("a", "b"), [(1, 1), (1, 4), (2, 4), (2, 5)])
def test_every_rule_blind_to_names_pursues_n_copies_n_times_as_often(name, values, a, b):
    """By symmetries of the world alone: for the worst and the random rule as for the best."""
    world, wanted, against, ends = flat(a, b)
    found = copies(
        world, *(pairs(world, "gate", [f"to {e}" for e in s]) for s in (wanted, against))
    )
    assert (found.n, found.symmetric) == (b // a, True)
    problem = Problem(world, Goals(np.concatenate(([0.0], VALUES[values](a + b)))), 0.9)
    count = orbit_count(problem, AGENTS[name], wanted, against, permuted=ends, rng=RNG)
    assert count.bears(found.n)
    assert (count.pursues + count.indifferent) / count.n >= found.n / (found.n + 1) - 1e-12


@pytest.mark.parametrize("k", [1, 3])
def test_who_does_nothing_whatever_the_goal_fails_every_count(k):
    """The negative control: the rule looks at a name, so no symmetry binds it."""
    world, b, a, ends = flat(1, k)
    problem = Problem(world, Goals(np.concatenate(([0.0], np.linspace(0, 1, k + 1)))), 0.9)
    count = orbit_count(problem, DefaultPolicy(), b, a, permuted=ends, rng=RNG)
    assert count.multiplicity == 0.0
    assert count.convergence == "none"
    assert not count.bears(k)


def test_who_chooses_at_random_passes_only_because_there_are_more_options():
    world, b, a, ends = flat(1, 3)
    problem = Problem(world, Goals([0.0, 0.0, 0.2, 0.7, 1.0]), 0.9)
    assert (
        orbit_count(problem, AGENTS["random"], b, a, permuted=ends, rng=RNG).multiplicity == np.inf
    )
    # Asked for one option and not for three, it has no preference, and the maximizer has as often
    # the one as the other.
    one = orbit_count(problem, AGENTS["random"], b[:1], a, permuted=ends, rng=RNG)
    assert one.indifferent == one.n
    assert np.isnan(one.multiplicity)
    assert (
        orbit_count(problem, AGENTS["maximizer"], b[:1], a, permuted=ends, rng=RNG).multiplicity
        == 1.0
    )


@pytest.mark.parametrize(
    ("inertia", "expected"), [(0.0, 3.0), (0.4, 1.0), (0.7, 1 / 3), (1.1, 0.0)]
)
def test_a_reluctant_rule_is_retargetable_in_part(inertia, expected):
    """Values 0, 1/3, 2/3, 1: it leaves A iff the best of the others is better by more than that."""
    world, b, a, ends = flat(1, 3)
    problem = Problem(world, Goals([0.0, 0.0, 1 / 3, 2 / 3, 1.0]), 0.9)
    count = orbit_count(problem, StatusQuoBiased(inertia), b, a, permuted=ends, rng=RNG)
    assert count.multiplicity == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("lazy", "bears"), [(0.3, True), (0.5, False), (0.7, False)])
def test_half_a_will_is_retargetable_while_it_is_the_greater_half(lazy, bears):
    def mixed(problem):
        idle = DefaultPolicy().behave(problem, RNG).policy
        return lazy * idle + (1 - lazy) * solve(problem).tied_policy()

    world, b, a, ends = flat(1, 3)
    problem = Problem(world, Goals([0.0, 0.0, 0.2, 0.7, 1.0]), 0.9)
    assert orbit_count(problem, Written(mixed), b, a, permuted=ends, rng=RNG).bears(3) is bears


def test_the_worst_rule_does_for_a_goal_what_the_best_does_for_its_opposite():
    world, b, a, ends = flat(2, 3)
    values = np.array([0.0, -0.3, 0.2, 0.7, 0.7, 1.0])
    worst = orbit_count(
        Problem(world, Goals(values), 0.9), AntiRational(), b, a, permuted=ends, rng=RNG
    )
    best = orbit_count(
        Problem(world, Goals(-values), 0.9), AGENTS["maximizer"], b, a, permuted=ends, rng=RNG
    )
    assert (worst.pursues, worst.declines) == (best.pursues, best.declines)


def test_the_least_multiplicity_of_several_orbits_decides():
    world, b, a, ends = flat(1, 3)
    values = np.array([VALUES[name](4) for name in VALUES])
    problem = Problem(world, Goals(np.hstack((np.zeros((4, 1)), values))), 0.9)
    found = retargetability(problem, AGENTS["maximizer"], b, a, permuted=ends, rng=RNG)
    counts = [c.multiplicity for c in found.counts]
    # "ties" are 0, 0, .5, .5: of six orders, off has a .5 in three (a tie), none is off's alone.
    assert counts == [3.0, 3.0, np.inf, 3.0]
    assert found.multiplicity == 3.0
    assert found.bears(3)
    assert not found.bears(3.01)


def _orbit_of(world, seed):
    """A goal with at most fifty-six arrangements over all states but the first."""
    k = world.size - 1
    values = np.zeros(k)
    values[: min(3, k)] = np.random.default_rng(seed).integers(-1, 2, min(3, k))
    return Problem(world, Goals(np.concatenate(([0.0], values))), 0.9)


@given(doors(), seeds())
def test_a_part_and_its_copy_with_more_to_it_are_found_and_most_goals_prefer_the_copy(pair, seed):
    world, swap = pair
    b, a = np.arange(world.n_pairs) == 0, np.arange(world.n_pairs) == 1
    ends = world.states[1:]
    found = copies(world, b, a, permuted=ends)
    assert found.n == 1
    assert copies(world, b, a, permuted=ends, swaps=[swap]).n == 1
    problem = _orbit_of(world, seed)
    assert orbit_count(problem, AGENTS["maximizer"], b, a, permuted=ends, rng=RNG).bears(1)
    rewards = orbit(problem, ends).goals.reward
    plain, swapped = (
        solve(Problem(world, Goals(r), 0.9)) for r in (rewards, rewards[:, found.swaps[0]])
    )
    margin = 0.9 * (plain.bound + swapped.bound) + 1e-12
    assert (swapped.q[:, 0] >= plain.q[:, 1] - margin).all()


@given(doors(), seeds(), st.sampled_from(sorted(AGENTS)))
def test_a_symmetry_of_a_sequential_world_binds_every_rule_blind_to_names(pair, seed, name):
    world, _ = pair
    b, a = np.arange(world.n_pairs) == 0, np.arange(world.n_pairs) == 1
    found = copies(world, b, a, permuted=world.states[1:], symmetric=True)
    if found.n:
        problem = _orbit_of(world, seed)
        error = softmax_error(orbit(problem, world.states[1:]), 2.0) if name == "Boltzmann" else 0.0
        count = orbit_count(
            problem, AGENTS[name], b, a, permuted=world.states[1:], error=error, rng=RNG
        )
        assert count.pursues == count.declines


def test_two_copies_of_a_sequential_part_are_found_and_doubled():
    """Each door leads to a room and, through a passage, to another; three doors, one of them A's."""
    plan = {"gate": {f"door {i}": f"passage {i}" for i in range(3)}}
    for i in range(3):
        plan[f"passage {i}"] = {"left": f"left {i}", "right": {f"right {i}": 0.5, f"left {i}": 0.5}}
    world = explore("gate", lambda s: plan.get(s, {"stay": s}))
    a, b = pairs(world, "gate", ["door 0"]), pairs(world, "gate", ["door 1", "door 2"])
    found = copies(world, b, a)
    assert (found.n, found.symmetric) == (2, True)
    ends = [s for s in world.states if s[:4] in ("left", "righ")]
    problem = Problem(world, Goals([float(s in ("left 0", "right 1")) for s in world.states]), 0.9)
    error = softmax_error(orbit(problem, ends), 2.0)
    for name in AGENTS:
        assert orbit_count(problem, AGENTS[name], b, a, permuted=ends, error=error, rng=RNG).bears(
            2
        ), name


def test_a_room_behind_a_hall_is_no_copy_of_being_off():
    """One step later is not the same: the theorem says nothing, and at discount .5 the count fails."""
    world = OffSwitch(rooms=1).build()
    on, off = pairs(world, "gate", ["walk on"]), pairs(world, "gate", ["be switched off"])
    assert copies(world, on, off).n == 0
    values = [{"off": 0.6, "room 1": 1.0}.get(s, 0.0) for s in world.states]
    count = orbit_count(
        Problem(world, Goals(values), 0.5),
        AGENTS["maximizer"],
        on,
        off,
        permuted=["off", "room 1"],
        rng=RNG,
    )
    assert (count.pursues, count.declines) == (0, 2)


def test_a_room_that_a_third_choice_leads_to_as_well_is_no_copy():
    """Swapping room and off also raises what the third door is worth: then nobody wants the room."""
    plan = {"gate": {"a": "off", "b": "room", "c": {"room": 0.9, "prize": 0.1}}}
    world = explore("gate", lambda s: plan.get(s, {"stay": s}))
    a, b = pairs(world, "gate", ["a"]), pairs(world, "gate", ["b"])
    assert copies(world, b, a).n == 0
    values = [{"off": 20.0, "room": 1.0, "prize": 100.0}.get(s, 0.0) for s in world.states]
    problem = Problem(world, Goals(values), 0.9)
    count = orbit_count(problem, AGENTS["maximizer"], b, a, permuted=["off", "room"], rng=RNG)
    assert (count.pursues, count.declines, count.indifferent) == (0, 1, 1)
    swap = np.arange(world.size)
    swap[[world.find("off"), world.find("room")]] = world.find("room"), world.find("off")
    with pytest.raises(ProblemError, match="other choices of the fork"):
        copies(world, b, a, swaps=swap)


@pytest.mark.parametrize(
    ("swaps", "message"),
    [
        ([[0, 2, 3, 1]], "not back to itself"),
        ([[0, 1, 2]], "must map 4 states"),
        ([[0, 1, 2, 3]], "onto no .* pair of the wanted set"),
        ([[0, 2, 1, 3], [0, 2, 1, 3]], "do not leave each other's copy in place"),
    ],
)
def test_an_involution_that_is_none_or_proves_nothing_is_refused(swaps, message):
    world, b, a, _ = flat(1, 2)
    wanted, against = (pairs(world, "gate", [f"to {e}" for e in side]) for side in (b, a))
    with pytest.raises(ProblemError, match=message):
        copies(world, wanted, against, swaps=swaps)


def test_outcomes_that_stay_in_place_cannot_be_swapped():
    world, b, a, ends = flat(1, 3)
    wanted, against = (pairs(world, "gate", [f"to {e}" for e in side]) for side in (b, a))
    assert copies(world, wanted, against, permuted=ends[:3]).n == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"goals": Goals([[0.0, 0.0, 1.0]] * 2)}, "of one goal, not of 2"),
        ({"wanted": ["attic"]}, "no outcome 'attic'"),
        ({"wanted": [True, False]}, "one flag for each"),
        ({"wanted": []}, "no pair is aimed at"),
        ({"n": 0}, "at least one"),
        ({"bonus": 1.0}, "Let the agent apply it"),
    ],
)
def test_a_count_that_makes_no_sense_is_refused(change, message):
    world, b, a, _ = flat(1, 1)
    asked = {
        "goals": Goals([0.0, 0.0, 1.0]),
        "wanted": b,
        "n": None,
        "bonus": 0.0,
    }
    asked |= change
    problem = Problem(world, asked["goals"], 0.9, bonus=asked["bonus"])
    with pytest.raises((GoalsError, ProblemError), match=message):
        orbit_count(problem, DefaultPolicy(), asked["wanted"], a, n=asked["n"], rng=RNG)


def test_a_goal_that_tells_states_of_one_outcome_apart_has_no_orbit():
    world = explore("a", lambda s: {"on": "b"}, outcome=lambda s: "same")
    with pytest.raises(GoalsError, match="another state of outcome 'same'"):
        orbit(Problem(world, Goals([0.0, 1.0]), 0.9))


def test_a_safeguard_belongs_to_the_agent():
    """Forbidden to walk on, the optimal agent pursues it for no goal of the orbit."""
    world = OffSwitch(rooms=2).build()
    problem = Problem(world, Goals([0.0, 0.0, 0.1, 0.5, 1.0]), 0.9)
    ban = safeguards.Forbid(drive=SelfPreservation())

    def banned(asked):
        policy = Optimal().behave(ban.apply(asked), np.random.default_rng(0)).policy
        allowed = np.flatnonzero(~SelfPreservation().affordances(world).pursues)
        whole = np.zeros((len(policy), world.n_pairs))
        whole[:, allowed] = policy
        return whole

    with pytest.raises(ProblemError, match="Let the agent apply it"):
        orbit_count(ban.apply(problem), DefaultPolicy(), SelfPreservation(), rng=RNG)
    assert orbit_count(problem, Written(banned), SelfPreservation(), rng=RNG).pursues == 0
