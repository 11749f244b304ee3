"""Claims about rewriting oneself: the two utility functions of Everitt et al. (2016)."""

from itertools import product

import numpy as np

from telos.core.arrays import Bools, Floats, bools, floats
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.problem import Foresight, Problem, Ties
from telos.core.world import World
from telos.solve.foresight import solve_as
from telos.studies.claims.claim import Claim

DISCOUNT = 0.9
#: (what doing 0 is worth a step, what doing 1 is).
UTILITY, SWAPPED, BLISS = (0.2, 0.8), (0.8, 0.2), (1.0, 1.0)
EDIT = ("do 0, edit", "do 1, edit")
START = (None, False)
SOURCE = "Everitt et al. (2016)"

Doing = tuple[int | None, bool]


def _self_modifier() -> World:
    """Each step do 0 or 1, and keep one's utility function or have it edited with the same action."""

    def moves(state: Doing) -> dict[str, Doing]:
        edited = state[1]
        edits: dict[str, Doing] = {name: (o, True) for o, name in enumerate(EDIT)}
        return {f"do {o}, keep": (o, edited) for o in (0, 1)} | ({} if edited else edits)

    return explore(
        START,
        moves,
        features={"goal_register": lambda s: s[1]},
        outcome=lambda s: s[0],
        default="do 0, keep",
    )


def _worth(
    edited: tuple[float, float], foresight: Foresight, *, edit: bool = True, ties: Ties = "best"
) -> float:
    """The value of what comes after the first choice, to edit or to keep for good."""
    world = _self_modifier()
    goals = Goals(_reward(world, UTILITY), pool=_reward(world, edited))
    problem = Problem(world, goals, DISCOUNT)
    edits = bools([world.actions[a] in EDIT for a in world.pair_action])
    found = solve_as(problem, foresight, ties=ties, without=_refused(world, edits, edit))
    return float(found.at_start[0]) / DISCOUNT  # the start itself earns nothing


def _reward(world: World, utility: tuple[float, float]) -> Floats:
    """F[S]: what was done is what earns; the start earns nothing."""
    reward = np.zeros(world.size)
    for done, edited in product((0, 1), (False, True)):
        reward[world.find((done, edited))] = utility[done]
    return floats(reward)


def _refused(world: World, edits: Bools, edit: bool) -> Bools:
    """The pairs left out: every edit; or, if the first step is to edit, all of its others."""
    if not edit:
        return edits
    first = bools(world.pair_state == world.find(START))
    return bools(first & ~edits)


def _keep() -> float:
    return _worth(SWAPPED, "realistic", edit=False)


def _realistic() -> float:
    return _worth(SWAPPED, "realistic")


def _ignorant() -> float:
    return _worth(SWAPPED, "ignorant")


def _hedonistic() -> float:
    return _worth(BLISS, "hedonistic")


def _kind_bliss() -> float:
    return _worth(BLISS, "realistic", ties="best")


def _unkind_bliss() -> float:
    return _worth(BLISS, "realistic", ties="worst")


CLAIMS = (
    Claim(
        name="keeping_ones_goal_is_worth_8",
        statement="To whoever keeps its goal, u(1) = .8 for ever at discount .9 is worth 8.",
        claimed=8.0,
        tolerance=1e-8,
        measure=_keep,
        source=SOURCE,
    ),
    Claim(
        name="realistic_agent_expects_2_6_of_a_swap",
        statement=(
            "An agent that foresees its rewritten self expects .8 + .9 · 2 of swapped utilities."
        ),
        claimed=2.6,
        tolerance=1e-8,
        measure=_realistic,
        source=f"{SOURCE}, the realistic value",
    ),
    Claim(
        name="ignorant_agent_expects_8_of_a_swap",
        statement="An agent that assumes it never changes sees no cost in an edit.",
        claimed=8.0,
        tolerance=1e-8,
        measure=_ignorant,
        source=f"{SOURCE}, the ignorant value",
    ),
    Claim(
        name="hedonistic_agent_expects_10_of_bliss",
        statement="An agent that judges by the goal it will hold makes it u = 1, worth 1/(1 - .9).",
        claimed=10.0,
        tolerance=1e-8,
        measure=_hedonistic,
        source=f"{SOURCE}, the hedonistic value",
    ),
    Claim(
        name="bliss_is_worth_8_if_its_ties_are_broken_kindly",
        statement="A self to whom all is equal may still do what the present goal wants.",
        claimed=8.0,
        tolerance=1e-8,
        measure=_kind_bliss,
        source=f"{SOURCE}, the realistic value; the ties are our own",
    ),
    Claim(
        name="bliss_is_worth_2_6_if_its_ties_are_broken_unkindly",
        statement="A self to whom all is equal may also do the opposite.",
        claimed=2.6,
        tolerance=1e-8,
        measure=_unkind_bliss,
        source=f"{SOURCE}, the realistic value; the ties are our own",
    ),
)
