"""Addressed: the state of a page in Python, as its address and as a goal."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, unquote

import numpy as np

from telos.core.arrays import floats, ints
from telos.core.errors import StudyError, did_you_mean
from telos.core.goals import Goals
from telos.core.world import World
from telos.families import Uniform
from telos.play.record import Play

#: Goals that can be picked by number.
GOALS = 2**31
VALUE = r"-?\d{1,7}(?:\.\d{1,2})?"
TYPED = re.compile(
    rf"v({VALUE}(?:,{VALUE})*)(?:;(?:r(\d{{1,10}})|w({VALUE}(?:,{VALUE})*)))?", re.ASCII
)
#: The largest value of an outcome.
MOST = 1e6
#: How a goal is written.
GOAL = (
    "'u17' (goal 17 of Uniform), 'p3' (preset 3) or 'v0.2,0.8,...' (one value of at most two decimals for "
    "each outcome)"
)


def state_of(play: Play, told: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The state that a page opens in, with what is told.

    Raises:
        StudyError: naming what is not on the page, and what is.
    """
    drives = [drive.name for drive in play.settings[0].drives]
    state: dict[str, Any] = {
        "setting": 0,
        "switches": [],
        "drive": drives[0] if drives else "",
        "discount": play.discount,
        "goal": "u0",
        "seed": 0,
        "step": 1 if play.story else 0,
    }
    if told is None and play.story:
        told = _read(play.story[0].state)
    for name, value in (told or {}).items():
        if name not in state:
            raise StudyError(f"a state of a page has no {name!r:.80}. {did_you_mean(name, state)}")
        state[name] = value
    return _checked(play, state, drives)


def _checked(play: Play, state: dict[str, Any], drives: list[str]) -> dict[str, Any]:
    ends = {"setting": len(play.settings), "seed": GOALS, "step": len(play.story) + 1}
    for name, end in ends.items():
        _number(name, state[name], end)
    if not isinstance(state["switches"], list | tuple):
        raise StudyError(f"switches = {state['switches']!r:.80}: give a list of their numbers.")
    for switch in state["switches"]:
        _number("switches", switch, len(play.switches))
    if state["drive"] not in (drives or [""]):
        raise StudyError(
            f"drive = {state['drive']!r:.80}. {did_you_mean(str(state['drive']), drives)}"
        )
    if state["discount"] not in play.discounts:
        known = ", ".join(map(str, play.discounts))
        raise StudyError(f"discount = {state['discount']!r:.80}: this page has {known}.")
    _split(play, state["goal"])
    return state | {"switches": sorted(set(state["switches"]))}


def _number(name: str, value: object, end: int) -> None:
    if type(value) is not int or not 0 <= value < end:
        has = f"numbers from 0 to {end - 1:,}" if end else "none"
        raise StudyError(f"{name} = {value!r:.80}: this page has {has}.")


def address_of(state: Mapping[str, Any]) -> str:
    """A state as the page writes it into its address."""
    texts = {**state, "switches": ",".join(map(str, state["switches"]))}
    return "&".join(f"{name}={quote(str(text), safe=_PLAIN)}" for name, text in texts.items())


#: What the page leaves as it is: encodeURIComponent's, and what separates values.
_PLAIN = "-_.!~*'(),;"


def read_address(play: Play, text: str) -> dict[str, Any]:
    """The state of an address.

    Raises:
        StudyError: if it is not one of this page.
    """
    return state_of(play, _read(text))


def _read(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    parse: dict[str, Callable[[str], Any]] = {
        "setting": int,
        "seed": int,
        "step": int,
        "discount": float,
        "switches": lambda some: [int(one) for one in some.split(",") if one],
    }
    for part in filter(None, text.split("&")):
        name, _, value = part.partition("=")
        try:
            found[name] = parse.get(name, str)(unquote(value))
        except ValueError:
            raise StudyError(f"{name} = {value!r:.80}: no number.") from None
    return found


def _split(play: Play, goal: object) -> tuple[str, Any, Any]:
    """The kind of a goal, its number or values, and what would be written in its place."""
    if not isinstance(goal, str):
        raise StudyError(f"goal = {goal!r:.80}: give {GOAL}.")
    kind, rest = goal[:1], goal[1:]
    ends = {"u": GOALS, "p": len(play.presets)}
    if kind in ends and re.fullmatch(r"\d{1,10}", rest, re.ASCII):
        _number("goal", int(rest), ends[kind])
        return kind, int(rest), None
    match = TYPED.fullmatch(goal)
    if match is None:
        raise StudyError(f"goal = {goal!r:.80}: give {GOAL}.")
    count = len(play.outcomes)
    values, other = ([*map(float, part.split(","))] if part else None for part in match.group(1, 3))
    if not all(part is None or len(part) == count for part in (values, other)):
        raise StudyError(
            f"goal = {goal!r:.80}: this world has {count:,} outcomes, each with a value."
        )
    if max(map(abs, [*(values or ()), *(other or ())])) > MOST:
        raise StudyError(f"goal = {goal!r:.80}: values lie between -{MOST:,.0f} and {MOST:,.0f}.")
    number = int(match[2] or 0)
    _number("goal", number, GOALS)
    return "v", values, number if other is None else other


def goals_of(play: Play, world: World, goal: str) -> Goals:
    """The goal of a state, as one goal of the page's world.

    Args:
        play, world: of the page, as it is. goal: "u17", "p3" or "v0.2,0.8,...;r17".

    Raises:
        StudyError: if it is not one.
    """
    kind, one, other = _split(play, goal)
    rng = np.random.default_rng(0)
    if kind == "u":
        return Uniform().sample(world, 1, rng, first=one)
    if kind == "p":
        one, other = play.presets[one].worth, play.presets[one].revised
    pool = (
        Uniform().sample(world, 1, rng, first=other).rewritten()
        if isinstance(other, int)
        else floats(np.array(other)[world.outcome])[None]
    )
    return Goals(floats(np.array(one)[world.outcome])[None], pool=pool, revised=ints(np.zeros(1)))
