"""Rewards of states and of transitions in explicit files of PRISM and Storm, as goals."""

import os

import numpy as np

from telos.core.arrays import Floats
from telos.core.errors import WorldError
from telos.core.world import World
from telos.interop._explicit_read import read_numbers, repeated
from telos.interop._lines import (
    MOST_BYTES,
    Line,
    after,
    decimal,
    first_of,
    lines_of,
    nth,
    path_of,
    read_bytes,
    shown,
    text_of,
    whole,
)
from telos.interop._words import Column, Row, columns
from telos.interop.rewards import RewardedModel, expected, paid


def read_rewards(
    world: World,
    states: str | os.PathLike[str] = "",
    transitions: str | os.PathLike[str] = "",
    *,
    name: str = "reward",
    most: int = MOST_BYTES,
) -> RewardedModel:
    """The rewards in explicit files, as a goal for the world that `read_explicit` made of its transitions.

    What a state pays and what a transition pays are added up: `R(s) + sum P(s' | s, a) R(s, a, s')`. A
    reward that depends on the action is paid in a state of its own; see `RewardedModel`.

    Args:
        world: the world, with states and choices numbered as in the files.
        states: path of a file of state rewards (PRISM's `.srew`, Storm's `.state.rew`), if there is one.
        transitions: path of a file of transition rewards (`.trew`, `.trans.rew`), lines of ``state choice
            successor reward``, if there is one. Transitions without a line pay nothing.
        name: how the goal is called.
        most: the largest size of a file in bytes.

    Returns:
        The world, its goal and the way back.

    Raises:
        WorldError: naming the file, the line, the value and the remedy.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp()) / "coin.trew"
        >>> _ = path.write_text("0 0 1 4\\n")
        >>> coin = World.from_arrays([0, 1, 2], [0, 0], [0, 2, 3], [0, 1, 1], [0.5, 0.5, 1.0])
        >>> read_rewards(coin, transitions=path).goals.reward.tolist()
        [[2.0, 0.0]]
    """
    srew, trew = path_of(states), path_of(transitions)
    if not srew and not trew:
        raise WorldError("read_rewards: no file; name one of states and transitions.")
    rewards = np.zeros(world.n_pairs)
    if srew:
        rewards += read_numbers(srew, read_bytes(srew, most), world.size)[world.pair_state]
    if trew:
        each = _of_transitions(trew, text_of(trew, read_bytes(trew, most)), world)
        rewards += expected(world.next_prob, world.next_ptr, each)
    return paid(world, rewards[None], (name,))


def _of_transitions(path: str, data: bytes, world: World) -> Floats:
    """F[N], the reward of each transition of the world."""
    head = first_of(lines_of(path, data, comment="#"), path)
    words = head.words
    promised, place = None, (0, 1)
    if len(words) == 3:  # PRISM counts states, choices and rewards
        whole(head, words[0], "the number of states")
        promised = whole(head, words[2], "the number of rewards")
        if words[0] != str(world.size):
            raise head.wrong(
                f"rewards for {words[0]} states and a world of {world.size}; the files do not match."
            )
        place = after(data, head), head.number + 1
    choices = np.diff(world.pair_ptr)

    def one(line: Line) -> Row:
        words = line.words
        if len(words) != 4:
            raise line.wrong(f"{shown(line.text)} is not: state choice successor reward.")
        state = whole(line, words[0], "the state", world.size)
        choice = whole(line, words[1], "the choice", int(choices[state]))
        successor = whole(line, words[2], "the successor", world.size)
        return state, choice, successor, decimal(line, words[3], "the reward")

    def fine(found: list[Column]) -> bool:
        state, choice, successor, _ = found
        inside = (state < world.size).all() and (successor < world.size).all()
        return bool(inside and (choice < choices[state]).all())

    state, choice, successor, value = columns(path, data, place, "iiid", one, fine).values
    if promised is not None and promised != len(state):
        raise head.wrong(f"{promised} rewards announced, but {len(state)} follow.")
    lines = lines_of(path, data, comment="#", start=place[0], number=place[1])
    given = (world.pair_ptr[state] + choice) * world.size + successor
    if (row := repeated(given)) is not None:
        raise nth(lines, row).wrong("the same transition a second time; write its reward once.")
    owner = np.repeat(np.arange(world.n_pairs), np.diff(world.next_ptr))
    code = owner * world.size + world.next_state
    order = np.argsort(code)
    at = np.minimum(np.searchsorted(code, given, sorter=order), len(code) - 1)
    strange = code[order[at]] != given
    if strange.any():
        row = int(np.argmax(strange))
        raise nth(lines, row).wrong(
            f"state {state[row]}, choice {choice[row]} never leads to state {successor[row]}; the files do "
            "not match."
        )
    rewards = np.zeros(len(code))
    rewards[order[at]] = value
    return rewards
