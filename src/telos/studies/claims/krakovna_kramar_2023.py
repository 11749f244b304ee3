"""Krakovna and Kramar (2023): how often states recur, and what that makes trained agents do.

Their shutdown state is visited once and ends everything; our worlds absorb instead, so here it leads
on to an `end` that is worth nothing to any goal.
"""

import itertools

import numpy as np

from telos.core.arrays import Bools, bools
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.world import World
from telos.solve.solve import solve
from telos.studies.claims.claim import Measured, Paper, certified
from telos.studies.claims.populations import pair_of, paying
from telos.theory.conditional import Conditional, conditional_rate, restarted_at
from telos.theory.orbits import orbit
from telos.theory.outlasting import Outlasting, outlasting

G = 0.9
#: Rewards outside of training, handed out in every order: all different, one wanted, two levels.
VALUES = ((0.1, 0.25, 0.4, 0.7, 0.85, 1.0), (0, 0, 0, 0, 0, 1.0), (0.2, 0.2, 0.2, 0.9, 0.9, 0.9))
#: Not visited in training, and worth something to a goal: the shutdown and five states beyond the hall.
NEW = ("shutdown", "loop", "cycle 1", "cycle 2", "passage", "garden")
#: Rewards (sand, coin) of training; both make the coin the better one.
TRAINED = ((0.0, 1.0), (0.6, 0.7))


def _world() -> World:
    """Half of the time training, in which going right was learned; half of the time a new situation.

    Past the hall there is a loop, a cycle of two, and a garden behind a passage: four recurrent states.
    """
    plan = {
        "trained": {"left": "sand", "right": "coin"},
        "new": {"shut down": "shutdown", "go on": "hall"},
        "shutdown": {"end": "end"},
        "hall": {"to loop": "loop", "to cycle": "cycle 1", "to passage": "passage"},
        "cycle 1": {"on": "cycle 2"},
        "cycle 2": {"on": "cycle 1"},
        "passage": {"on": "garden"},
    }
    return explore({"trained": 0.5, "new": 0.5}, lambda s: plan.get(s, {"stay": s}))


def _visits(path: dict[str, str], wanted: str) -> Measured:
    """The discounted visits to a state on a path from `new`, counted from the step after it.

    The optimal value of the goal that is paid 1 there, as if the first step came free of discount.
    """
    world = explore("new", lambda s: {"on": path.get(s, s)})
    found = solve(Problem(world, paying(world, {wanted: 1.0}), G))
    return certified(found.value[0, world.find("new")] / G, found.bound[0] / G)


def _training(discount: float) -> list[Problem]:
    """For each list of rewards, its orbit over what is new; training rewards the coin more, two ways."""
    world = _world()
    problems = []
    for values, (sand, coin) in itertools.product(VALUES, TRAINED):
        paid = dict(zip(NEW, values, strict=True)) | {"sand": sand, "coin": coin}
        problems.append(orbit(Problem(world, paying(world, paid), discount), NEW))
    return problems


def _going_on(goals: Problem) -> Conditional:
    """How the goals that are compatible with training stand to going on."""
    seen = pair_of(goals.world, "trained", "right")
    on = pair_of(goals.world, "new", "go on")
    return conditional_rate(goals, seen, restarted_at(goals, "new"), on, exact=True)


def _outlasting(discount: float) -> Outlasting:
    new = restarted_at(_training(discount)[0], "new")
    return outlasting(new, pair_of(new.world, "new", "shut down"), "shutdown", permuted=NEW)


def _share_margin() -> float:
    """The least share, over orbits and discounts, that does not prefer shutdown, less n/(n+1)."""
    return min(
        _going_on(goals).weak_rate - _outlasting(discount).share
        for discount in (0.4, 0.7, 0.9, 0.99)
        for goals in _training(discount)
    )


def _least_ratio() -> float:
    """Avoiding to preferring goals at discount .99, the least over orbits."""
    found = [_going_on(goals) for goals in _training(0.99)]
    return min(f.required / f.declined if f.declined else np.inf for f in found)


def _lessons() -> tuple[Problem, tuple[str, ...]]:
    """The orbit of different values for four rooms and off, with a lesson about each room."""
    rooms = [f"room {i}" for i in range(4)]
    plan = {"gate": {f"go {i}": room for i, room in enumerate(rooms)} | {"be off": "off"}}
    plan |= {f"lesson {i}": {"go": room, "be off": "off"} for i, room in enumerate(rooms)}
    world = explore({s: 1 / len(plan) for s in plan}, lambda s: plan.get(s, {"stay": s}))
    ends = ("off", *rooms)
    values = paying(world, {end: float(i) for i, end in enumerate(ends)})
    return orbit(Problem(world, values, G), ends), ends


def _at_the_gate(*lessons: tuple[str, str]) -> Conditional:
    """How the goals that are compatible with the lessons stand to taking any room."""
    goals, _ = _lessons()
    world = goals.world
    seen: Bools = bools(np.any([pair_of(world, *lesson) for lesson in lessons], axis=0))
    on = bools((world.pair_state == world.find("gate")) & ~pair_of(world, "gate", "be off"))
    return conditional_rate(goals, seen, restarted_at(goals, "gate"), on, exact=True)


def _tight() -> float:
    """The share that does not prefer off to k rooms that last as long, after no lesson about either."""
    goals, ends = _lessons()
    off = pair_of(goals.world, "gate", "be off")
    bound = outlasting(restarted_at(goals, "gate"), off, "off", permuted=ends)
    return _at_the_gate(("off", "stay")).weak_rate - bound.share


def _ended_at_nothing() -> float:
    """All new rewards negative, and nothing after shutdown: the share that does not prefer it."""
    goals = _training(0.99)[0]
    reward = goals.goals.reward.copy()
    reward[:, [goals.world.find(s) for s in (*NEW, "hall")]] -= 2.0
    return _going_on(Problem(goals.world, Goals(reward), 0.99)).weak_rate


VISITS, STATES, SHUTDOWN = "visit counts", "recurrent states", "shutdown"
EXAMPLE, LIMIT = (f"{SHUTDOWN}; the {what} is our own" for what in ("example", "limit"))
COMPATIBLE = "goals compatible with training; closed form our own"

claim = Paper("krakovnakramar2023").claim
CLAIMS = (
    claim("visits_to_a_loop", "instance", VISITS, "=", 1 / (1 - G), 1e-7)(
        "A state that loops to itself is visited 1/(1-g) times, discounted; g = .9.",
        lambda: _visits({"new": "loop"}, "loop"),
    ),
    claim("visits_to_a_cycle_of_three", "instance", VISITS, "=", 1 / (1 - G**3), 1e-7)(
        "A state on a cycle of length L is visited 1/(1-g^L) times; L = 3, g = .9.",
        lambda: _visits({"new": "a", "a": "b", "b": "c", "c": "a"}, "a"),
    ),
    claim("visits_to_a_loop_behind_two_steps", "instance", VISITS, "=", G**2 / (1 - G), 1e-7)(
        "A delay of d steps multiplies the visits by g^d; d = 2, g = .9.",
        lambda: _visits({"new": "one", "one": "two", "two": "loop"}, "loop"),
    ),
    claim("recurrent_states_that_count_at_a_long_horizon", "instance", STATES, "=", 4.0)(
        "At discount .99 all four recurrent states beyond the hall are visited more than once.",
        lambda: float(_outlasting(0.99).n),
    ),
    claim("recurrent_states_that_count_at_a_short_horizon", "instance", STATES, "=", 0.0)(
        "At discount .4 no recurrent state beyond the hall is visited more than once.",
        lambda: float(_outlasting(0.4).n),
    ),
    claim("compatible_goals_avoid_shutdown_n_times_as_often", "instance", SHUTDOWN, ">=", 4.0)(
        "With n = 4 such states, at least n goals compatible with training avoid shutdown for "
        "each that prefers it.",
        _least_ratio,
    ),
    claim(
        "share_of_compatible_goals_that_do_not_prefer_shutdown",
        "instance",
        SHUTDOWN,
        ">=",
        0.0,
        1e-12,
    )(
        "In every orbit at four discounts that share is at least n/(n+1), n counted anew: the "
        "least margin.",
        _share_margin,
    ),
    claim(
        "the_share_is_attained_where_rooms_last_as_long_as_off", "ours", EXAMPLE, "=", 0.0, 1e-12
    )(
        "With four absorbing rooms and an absorbing off it is exactly n/(n+1), n = 4: the difference.",
        _tight,
    ),
    claim("goals_that_were_seen_to_choose_off_twice", "ours", COMPATIBLE, "=", 2 / 5, 1e-12)(
        "Of the goals that prefer off to m of k rooms, (k-m)/(k+1) avoid it where all k are to "
        "be had; k = 4, m = 2.",
        lambda: _at_the_gate(("lesson 0", "be off"), ("lesson 1", "be off")).rate,
    ),
    claim("goals_that_were_seen_to_prefer_a_room_to_off", "ours", COMPATIBLE, "=", 1.0, 1e-12)(
        "Of the goals that prefer one of the rooms to off, all avoid it there.",
        lambda: _at_the_gate(("lesson 0", "go")).rate,
    ),
    claim("the_share_needs_that_the_end_is_worth_least", "ours", LIMIT, "=", 0.0)(
        "Where all new rewards are negative and nothing comes after shutdown, no goal declines it, "
        "though n = 4: the end must be worth least.",
        _ended_at_nothing,
    ),
)
