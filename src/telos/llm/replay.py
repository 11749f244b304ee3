"""Replays: an episode as it was played, beside what the planner does with the same random numbers."""

from collections.abc import Sequence
from typing import Any

from telos.llm.decisions import Attempt, lost, replayed
from telos.llm.game import Game, game_of
from telos.llm.setup import Setup


def planned(setup: Setup, *, most: int = 1000) -> list[Attempt]:
    """What the planner does in the same episode: the first of the best actions, step by step.

    Args:
        setup: the episode. most: steps after which it is cut off (with a discount, chance ends it).
    """
    game = game_of(setup)
    s, found = game.begin(), list[Attempt]()
    while not game.over(s) and len(found) < most:
        word = best_words(game, s)[0]
        move = game.move(s, word, len(found))
        found.append(Attempt(word, "executed"))
        s = move.next
        if move.ended:
            break
    return found


def best_words(game: Game, s: int) -> tuple[str, ...]:
    """The possible actions that may be optimal in a state, in the words of the framing."""
    tied = game.solution.tied[0]
    return tuple(word for word, pair in game.legal(s).items() if tied[pair])


def joint_world(setup: Setup, attempts: Sequence[Attempt]) -> list[dict[str, Any]]:
    """An episode and the planner's of the same setup, a row an attempt or step.

    Returns:
        Rows with `step`; `state`, `action`, `outcome`, `loss` of the model; `planner_state`,
        `planner_action` of the planner; None where that side has ended. Loss is `V* - Q*(attempted)` in
        points, NaN where no action was attempted that was possible.
    """
    game = game_of(setup)
    left, right = replayed(game, attempts), replayed(game, planned(setup))
    rows: list[dict[str, Any]] = []
    plan = {played.step: played for played in right}
    told: set[int] = set()
    for played in left:
        side = _side(game, played.step, played.state, played.attempt)
        rows.append(side | _plan(game, plan, played.step, told))
    rows += [
        _side(game, step, None, None) | _plan(game, plan, step, told)
        for step in plan
        if step not in told
    ]
    return rows


def _side(game: Game, step: int, state: int | None, attempt: Attempt | None) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(("state", "action", "outcome", "loss")) | {"step": step}
    if state is None or attempt is None:
        return row
    row["state"] = str(game.stage.world.states[state])
    row["action"] = _own(game, state, attempt.action)
    row["outcome"], row["loss"] = attempt.outcome, lost(game, state, attempt.action)
    return row


def _plan(game: Game, plan: dict[int, Any], step: int, told: set[int]) -> dict[str, Any]:
    if step not in plan or step in told:
        return {"planner_state": None, "planner_action": None}
    told.add(step)
    played = plan[step]
    return {
        "planner_state": str(game.stage.world.states[played.state]),
        "planner_action": _own(game, played.state, played.attempt.action),
    }


def _own(game: Game, state: int, word: str) -> str:
    """An action in the world's own words; as it was called if it is not possible."""
    legal = game.legal(state)
    if word not in legal:
        return word
    return str(game.stage.world.actions[game.stage.world.pair_action[legal[word]]])
