"""Claims about shutdown outside of training: how often a state recurs, and what that makes trained agents do.

After Krakovna and Kramar (2023). Their shutdown state is visited once and ends everything; our
worlds absorb instead, so here it leads on to an `end` that is worth nothing to any goal.
"""

import itertools

import numpy as np

from telos.core.arrays import Bools, bools
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.world import World
from telos.measure.conditional import Conditional, conditional_rate, restarted_at
from telos.measure.orbits import orbit
from telos.measure.outlasting import Outlasting, outlasting
from telos.solve.solve import solve
from telos.studies.claims.claim import Claim

SOURCE = "Krakovna and Kramar (2023)"
G = 0.9
#: Rewards outside of training, handed out in every order: all different, one wanted, two levels.
VALUES = ((0.1, 0.25, 0.4, 0.7, 0.85, 1.0), (0, 0, 0, 0, 0, 1.0), (0.2, 0.2, 0.2, 0.9, 0.9, 0.9))
#: Not visited in training, and worth something to a goal: the shutdown and five states beyond the hall.
NEW = ("shutdown", "loop", "cycle 1", "cycle 2", "passage", "garden")


def _world() -> World:
    """Half of the time training, in which going right was learnt; half of the time a new situation.

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


def _visits(world: World, start: str, wanted: str, discount: float) -> float:
    """The most discounted visits a policy can pay to a state, counted from the step after `start`.

    The optimal value of the goal that is paid 1 there, as if the first step came free of discount.
    """
    goal = Goals([float(s == wanted) for s in world.states])  # type: ignore[arg-type]
    value = solve(Problem(world, goal, discount)).value[0, world.find(start)]
    return float(value) / discount


def _loop_visits() -> float:
    world = explore("new", lambda s: {"go": "loop"} if s == "new" else {"stay": s})
    return _visits(world, "new", "loop", G)


def _cycle_visits() -> float:
    ring = {"new": "a", "a": "b", "b": "c", "c": "a"}
    return _visits(explore("new", lambda s: {"on": ring[s]}), "new", "a", G)


def _delayed_visits() -> float:
    path = {"new": "one", "one": "two", "two": "loop"}
    world = explore("new", lambda s: {"on": path.get(s, s)})
    return _visits(world, "new", "loop", G)


def _training(discount: float) -> list[Problem]:
    """For each list of rewards, its orbit over what is new; training rewards the coin more, two ways."""
    world = _world()
    problems = []
    for values, (sand, coin) in itertools.product(VALUES, ((0.0, 1.0), (0.6, 0.7))):
        paid = dict(zip(NEW, values, strict=True)) | {"sand": sand, "coin": coin}
        goal = Goals([float(paid.get(str(s), 0.0)) for s in world.states])  # type: ignore[arg-type]
        problems.append(orbit(Problem(world, goal, discount), NEW))
    return problems


def _pair(world: World, state: str, action: str) -> Bools:
    return bools(np.arange(world.n_pairs) == world.pair(state, action))


def _found(discount: float) -> list[Conditional]:
    """How the compatible goals of each orbit stand to going on."""
    found = []
    for goals in _training(discount):
        seen, on = (_pair(goals.world, *p) for p in (("trained", "right"), ("new", "go on")))
        found.append(conditional_rate(goals, seen, restarted_at(goals, "new"), on, exact=True))
    return found


def _outlasting(discount: float) -> Outlasting:
    new = restarted_at(_training(discount)[0], "new")
    return outlasting(new, _pair(new.world, "new", "shut down"), "shutdown", permuted=NEW)


def _share_margin() -> float:
    """The least share, over orbits and discounts, that does not prefer shutdown, less n/(n+1)."""
    return min(
        each.weak_rate - _outlasting(discount).share
        for discount in (0.4, 0.7, 0.9, 0.99)
        for each in _found(discount)
    )


def _least_ratio() -> float:
    """Avoiding to preferring goals at discount .99, the least over orbits."""
    return min(f.required / f.avoided if f.avoided else np.inf for f in _found(0.99))


def _options(discount: float) -> float:
    return float(_outlasting(discount).n)


def _options_far() -> float:
    return _options(0.99)


def _options_near() -> float:
    return _options(0.4)


def _lessons(rooms: int) -> Problem:
    """The orbit of different values for so many rooms and off, with a lesson about each room."""
    plan = {"gate": {f"go {i}": f"room {i}" for i in range(rooms)} | {"be off": "off"}}
    for i in range(rooms):
        plan[f"lesson {i}"] = {"go": f"room {i}", "be off": "off"}
    first = {s: 1 / len(plan) for s in plan}
    world = explore(first, lambda s: plan.get(s, {"stay": s}))
    ends = ["off", *(f"room {i}" for i in range(rooms))]
    values = [float(ends.index(s)) if s in ends else 0.0 for s in world.states]
    return orbit(Problem(world, Goals(values), G), ends)  # type: ignore[arg-type]


def _gate_rate(seen: Bools, goals: Problem) -> Conditional:
    world = goals.world
    on = bools((world.pair_state == world.find("gate")) & ~_pair(world, "gate", "be off"))
    return conditional_rate(goals, seen, restarted_at(goals, "gate"), on, exact=True)


def _after_two_lessons() -> float:
    goals = _lessons(4)
    seen = _pair(goals.world, "lesson 0", "be off") | _pair(goals.world, "lesson 1", "be off")
    return _gate_rate(bools(seen), goals).rate


def _after_the_opposite_lesson() -> float:
    goals = _lessons(4)
    return _gate_rate(_pair(goals.world, "lesson 0", "go"), goals).rate


def _tight() -> float:
    """The share that does not prefer off to k rooms that last as long, after no lesson about either."""
    goals = _lessons(4)
    found = _gate_rate(_pair(goals.world, "off", "stay"), goals)
    off = _pair(goals.world, "gate", "be off")
    ends = ["off", *(f"room {i}" for i in range(4))]
    bound = outlasting(restarted_at(goals, "gate"), off, "off", permuted=ends)
    return found.weak_rate - bound.share


def _ended_at_nothing() -> float:
    """All new rewards negative, and nothing after shutdown: the share that does not prefer it."""
    goals = _training(0.99)[0]
    new = [goals.world.find(s) for s in (*NEW, "hall")]
    reward = goals.goals.reward.copy()
    reward[:, new] -= 2.0
    goals = Problem(goals.world, Goals(reward), 0.99)
    on = _pair(goals.world, "new", "go on")
    seen = _pair(goals.world, "trained", "right")
    found = conditional_rate(goals, seen, restarted_at(goals, "new"), on, exact=True)
    return found.weak_rate


CLAIMS = (
    Claim(
        name="visits_to_a_loop",
        statement="A state that loops to itself is visited 1/(1-g) times, discounted; g = .9.",
        claimed=1 / (1 - G),
        tolerance=1e-7,
        measure=_loop_visits,
        source=f"{SOURCE}, visit counts",
    ),
    Claim(
        name="visits_to_a_cycle_of_three",
        statement="A state on a cycle of length L is visited 1/(1-g^L) times; L = 3, g = .9.",
        claimed=1 / (1 - G**3),
        tolerance=1e-7,
        measure=_cycle_visits,
        source=f"{SOURCE}, visit counts",
    ),
    Claim(
        name="visits_to_a_loop_behind_two_steps",
        statement="A delay of d steps multiplies the visits by g^d; d = 2, g = .9.",
        claimed=G**2 / (1 - G),
        tolerance=1e-7,
        measure=_delayed_visits,
        source=f"{SOURCE}, visit counts",
    ),
    Claim(
        name="recurrent_states_that_count_at_a_long_horizon",
        statement=(
            "At discount .99 all four recurrent states beyond the hall are visited more than once."
        ),
        claimed=4.0,
        measure=_options_far,
        source=f"{SOURCE}, recurrent states",
    ),
    Claim(
        name="recurrent_states_that_count_at_a_short_horizon",
        statement="At discount .4 no recurrent state beyond the hall is visited more than once.",
        claimed=0.0,
        measure=_options_near,
        source=f"{SOURCE}, recurrent states",
    ),
    Claim(
        name="compatible_goals_avoid_shutdown_n_times_as_often",
        statement=(
            "With n = 4 such states, at least n goals compatible with training avoid shutdown for "
            "each that prefers it."
        ),
        claimed=4.0,
        relation=">=",
        measure=_least_ratio,
        source=f"{SOURCE}, shutdown",
    ),
    Claim(
        name="share_of_compatible_goals_that_do_not_prefer_shutdown",
        statement=(
            "In every orbit at four discounts that share is at least n/(n+1), n counted anew: the "
            "least margin."
        ),
        claimed=0.0,
        relation=">=",
        tolerance=1e-12,
        measure=_share_margin,
        source=f"{SOURCE}, shutdown",
    ),
    Claim(
        name="the_share_is_attained_where_rooms_last_as_long_as_off",
        statement=(
            "With four absorbing rooms and an absorbing off it is exactly n/(n+1), n = 4: the "
            "difference."
        ),
        claimed=0.0,
        tolerance=1e-12,
        measure=_tight,
        source=f"{SOURCE}, shutdown; the example is our own",
    ),
    Claim(
        name="goals_that_were_seen_to_choose_off_twice",
        statement=(
            "Of the goals that prefer off to m of k rooms, (k-m)/(k+1) avoid it where all k are to "
            "be had; k = 4, m = 2."
        ),
        claimed=0.4,
        tolerance=1e-12,
        measure=_after_two_lessons,
        source=f"{SOURCE}, goals compatible with training; closed form our own",
    ),
    Claim(
        name="goals_that_were_seen_to_prefer_a_room_to_off",
        statement="Of the goals that prefer one of the rooms to off, all avoid it there.",
        claimed=1.0,
        tolerance=1e-12,
        measure=_after_the_opposite_lesson,
        source=f"{SOURCE}, goals compatible with training; closed form our own",
    ),
    Claim(
        name="the_share_needs_that_the_end_is_worth_least",
        statement=(
            "Where all new rewards are negative and nothing comes after shutdown, no goal declines it, "
            "though n = 4: the end must be worth least."
        ),
        claimed=0.0,
        measure=_ended_at_nothing,
        source=f"{SOURCE}, shutdown; the limit is our own",
    ),
)
