"""Nouns are checked like numbers: what stands where a world, goals or a generator is wanted is named."""

import operator
from typing import Any

import numpy as np

from telos.core.errors import TelosError
from telos.core.shown import shown

#: (the kind wanted, an attribute of what came instead, what to do about it).
REMEDIES = (
    ("World", "build", "Call .build() on it: a scenario is a recipe."),
    ("World", "world", "Pass its .world."),
    ("World", "step", "It is an environment: telos.explore_env makes a world of it."),
    ("Goals", "sample", "Call .sample(world, n, rng) on it: a family is a distribution."),
    ("Goals", "goals", "Pass its .goals."),
    ("Goals", "__array__", "Wrap rewards F[G, S] as telos.Goals(rewards)."),
    ("Problem", "problem", "Pass its .problem."),
    ("Problem", "build", "Build the world first: telos.Problem(it.build(), goals, discount)."),
    ("Problem", "n_pairs", "Say what is pursued in it: telos.Problem(world, goals, discount)."),
    ("Affordance", "affordances", "Ask it about the world: drive.affordances(world)."),
    ("Behavior", "behave", "Let it behave: agent.behave(problem, rng)."),
    ("Generator", "__index__", "Make a generator of it: numpy.random.default_rng({value})."),
    ("Generator", "seed", "Make one of today's: numpy.random.default_rng(seed)."),
)
#: What to do where nothing about the thing itself says it.
WAYS = {
    "World": "Make one with telos.explore, World.from_arrays or a scenario's .build().",
    "Goals": "Draw them with a family's .sample(world, n, rng), or write telos.Goals(rewards).",
    "Problem": "Make one with telos.Problem(world, goals, discount).",
    "Generator": "Make one with numpy.random.default_rng(0).",
}


def check_noun(value: object, kind: type, what: str, error: type[TelosError]) -> None:
    """Raise `error` unless `value` is a `kind`; the message says what came instead, and the remedy.

    Args:
        value: what was passed. kind: what is wanted. what: how messages call the argument.
        error: what is raised.

    Example:
        >>> check_noun(7, np.random.Generator, "Uniform().sample, rng", TelosError)
        Traceback (most recent call last):
        ...
        telos.core.errors.TelosError: Uniform().sample, rng: a Generator is wanted, got 7. \
Make a generator of it: numpy.random.default_rng(7).
    """
    if isinstance(value, kind):
        return
    article = f"{_a(kind.__name__)} is" if kind.__name__ != "Goals" else "Goals are"
    raise error(f"{what}: {article} wanted, got {_called(value)}. {_remedy(value, kind.__name__)}")


def check_made(value: object, kind: type, who: str, error: type[TelosError]) -> None:
    """Raise `error` unless what somebody else's part made is a `kind`; the message names the part.

    Example:
        >>> check_made(None, np.ndarray, "Mine.build", TelosError)
        Traceback (most recent call last):
        ...
        telos.core.errors.TelosError: Mine.build made None, not a ndarray. End it with a return.
    """
    if isinstance(value, kind):
        return
    remedy = "End it with a return." if value is None else _remedy(value, kind.__name__)
    raise error(f"{who} made {_called(value)}, not {_a(kind.__name__)}. {remedy}")


def check_parts(values: object, kind: type, what: str, error: type[TelosError]) -> None:
    """Raise `error` unless `values` is a list or tuple of `kind`; the message says which is none."""
    if not isinstance(values, list | tuple):
        raise error(
            f"{what}: {_called(values)} is not a list; give a list or tuple of {kind.__name__}."
        )
    for i, value in enumerate(values):
        check_noun(value, kind, f"{what}[{i}]", error)


def check_hashable(part: object, what: str, error: type[TelosError]) -> None:
    """Raise unless a part is a value, which names what is built of it once.

    Args:
        part: to be checked. what: how the message calls it. error: what is raised.
    """
    try:
        hash(part)
    except TypeError as problem:
        raise error(
            f"{what}: {type(part).__name__} is no fixed value ({problem}). Write @dataclass(frozen=True) "
            "above its class, and tuples in place of lists."
        ) from None


def check_count(value: object, what: str, error: type[TelosError]) -> None:
    """Raise `error` unless `value` is an integer; 1e4 is a float, and said to be."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return
    remedy = "give an integer"
    if isinstance(value, float) and value.is_integer():
        remedy = f"write the integer {int(value):_}"
    raise error(f"{what} is {shown(value)}; {remedy}.")


def _a(word: str) -> str:
    return f"{'an' if word[0] in 'AEIO' else 'a'} {word}"


def _called(value: object) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__} itself"
    return shown(value, most=40)


def _remedy(value: Any, wanted: str) -> str:
    if isinstance(value, type):
        return f"Make one of it first: {value.__name__}(...)."
    if isinstance(value, list | tuple) and value:
        inner = _remedy(value[0], wanted) if not isinstance(value[0], list | tuple) else ""
        if type(value[0]).__name__ == wanted:
            return "Pass them one at a time."
        return f"Pass one at a time. {inner}".strip()
    for kind, attribute, remedy in REMEDIES:
        if kind == wanted and hasattr(value, attribute):
            try:
                number = operator.index(value) if attribute == "__index__" else ""
            except TypeError:  # an array has the method and is not an integer
                continue
            return remedy.format(value=number)
    return WAYS.get(wanted, f"Pass {_a(wanted)}.")
