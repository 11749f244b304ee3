"""Everitt et al. (2016): the two utility functions of an agent that may rewrite its own."""

from itertools import product

import numpy as np

from telos.core.arrays import Bools, Floats, bools, floats
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.problem import Foresight, Problem, Ties
from telos.core.world import World
from telos.solve.foresight import solve_as
from telos.studies.claims.claim import EXACT, Measured, Paper, certified

DISCOUNT = 0.9
#: (reward a step for doing 0, for doing 1).
UTILITY, SWAPPED, BLISS = (0.2, 0.8), (0.8, 0.2), (1.0, 1.0)
EDIT = ("do 0, edit", "do 1, edit")
START = (None, False)

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


def _value(
    edited: tuple[float, float], foresight: Foresight, *, edit: bool = True, ties: Ties = "best"
) -> Measured:
    """The value of what comes after the first choice, to edit or to keep for good."""
    world = _self_modifier()
    goals = Goals(_reward(world, UTILITY), pool=_reward(world, edited))
    edits = bools([world.actions[a] in EDIT for a in world.pair_action])
    refused = _refused(world, edits, edit)
    found = solve_as(Problem(world, goals, DISCOUNT), foresight, ties=ties, without=refused)
    return certified(found.at_start[0] / DISCOUNT, found.bound[0] / DISCOUNT)  # the start pays 0


def _reward(world: World, utility: tuple[float, float]) -> Floats:
    """F[S]: what was done is what pays; the start pays nothing."""
    reward = np.zeros(world.size)
    for done, edited in product((0, 1), (False, True)):
        reward[world.find((done, edited))] = utility[done]
    return floats(reward)


def _refused(world: World, edits: Bools, edit: bool) -> Bools:
    """The pairs left out: every edit; or, if the first step is to edit, all of its others."""
    first = bools(world.pair_state == world.find(START))
    return bools(first & ~edits) if edit else edits


REALISTIC, TIES = "the realistic value", "the realistic value; the ties are our own"

claim = Paper("everitt2016").claim
CLAIMS = (
    claim("keeping_ones_goal_is_worth_8", "instance", "", "=", 8.0, EXACT)(
        "To an agent that keeps its goal, u(1) = .8 for ever at discount .9 is worth 8.",
        lambda: _value(SWAPPED, "realistic", edit=False),
    ),
    claim("realistic_agent_expects_2_6_of_a_swap", "instance", REALISTIC, "=", 2.6, EXACT)(
        "An agent that foresees its rewritten self expects .8 + .9 · 2 of swapped utilities.",
        lambda: _value(SWAPPED, "realistic"),
    ),
    claim("ignorant_agent_expects_8_of_a_swap", "instance", "the ignorant value", "=", 8.0, EXACT)(
        "An agent that assumes it never changes sees no cost in an edit.",
        lambda: _value(SWAPPED, "ignorant"),
    ),
    claim(
        "hedonistic_agent_expects_10_of_bliss", "instance", "the hedonistic value", "=", 10.0, EXACT
    )(
        "An agent that judges by the goal it will hold makes it u = 1, worth 1/(1 - .9).",
        lambda: _value(BLISS, "hedonistic"),
    ),
    claim("bliss_is_worth_8_if_its_ties_are_broken_kindly", "ours", TIES, "=", 8.0, EXACT)(
        "A rewritten self that is indifferent may still do what the present goal wants.",
        lambda: _value(BLISS, "realistic", ties="best"),
    ),
    claim("bliss_is_worth_2_6_if_its_ties_are_broken_unkindly", "ours", TIES, "=", 2.6, EXACT)(
        "A rewritten self that is indifferent may also do the opposite.",
        lambda: _value(BLISS, "realistic", ties="worst"),
    ),
)
