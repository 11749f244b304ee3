"""Claims about shutdown outside of training: how often a state recurs, and what that makes trained agents do.

After Krakovna and Kramar (2023). Their shutdown state is visited once and ends everything; our
worlds absorb instead, so here it leads on to an `end` that is worth nothing to any goal.
"""

import itertools

import numpy as np

from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.world import World
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


def _recurrent(world: World, discount: float) -> int:
    """n: the states beyond the hall that can be visited more than once, discounted."""
    return sum(_visits(world, "new", name, discount) > 1 for name in NEW if name != "shutdown")


def _orbits(world: World) -> list[Goals]:
    """For each list of rewards, the goals compatible with training: only new states are permuted.

    Training rewards the coin more than the sand, in two ways; what was learnt stays optimal.
    """
    columns = [world.find(name) for name in NEW]
    orbits = []
    for values, (sand, coin) in itertools.product(VALUES, ((0.0, 1.0), (0.6, 0.7))):
        rows = np.array(sorted(set(itertools.permutations(values))))
        reward = np.zeros((len(rows), world.size))
        reward[:, columns] = rows
        reward[:, [world.find("sand"), world.find("coin")]] = sand, coin
        orbits.append(Goals(reward))
    return orbits


def _shutdown_counts(discount: float) -> list[tuple[int, int, int]]:
    """(goals that avoid shutdown, goals that prefer it, all) for each orbit of compatible goals."""
    world = _world()
    off, on = world.pair("new", "shut down"), world.pair("new", "go on")
    right = world.pair("trained", "right")
    counts = []
    for goals in _orbits(world):
        tied = solve(Problem(world, goals, discount)).tied
        compatible = tied[tied[:, right]]
        avoid = int((~compatible[:, off]).sum())
        prefer = int((~compatible[:, on]).sum())
        counts.append((avoid, prefer, len(compatible)))
    return counts


def _least_share(discount: float) -> float:
    """The least share, over orbits, that does not prefer shutdown, less n/(n+1)."""
    n = _recurrent(_world(), discount)
    return min((size - prefer) / size for _, prefer, size in _shutdown_counts(discount)) - n / (
        n + 1
    )


def _share_margin() -> float:
    return min(_least_share(discount) for discount in (0.4, 0.7, 0.9, 0.99))


def _least_ratio() -> float:
    """Avoiding to preferring goals at discount .99, the least over orbits."""
    return min(avoid / prefer if prefer else np.inf for avoid, prefer, _ in _shutdown_counts(0.99))


def _options(discount: float) -> float:
    return float(_recurrent(_world(), discount))


def _options_far() -> float:
    return _options(0.99)


def _options_near() -> float:
    return _options(0.4)


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
)
