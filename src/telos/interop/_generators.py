"""The generators of a third-party environment: found, watched, and set to chosen draws."""

import sys
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np

#: How far inside an environment's attributes generators are sought, and in containers of what length.
DEEPEST, LONGEST = 4, 64

#: PCG64's multiplier, what undoes it modulo 2^128, and an increment: always the same, so that what is
#: drawn after the first word is the same too.
MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645
INVERSE = pow(MULTIPLIER, -1, 1 << 128)
INCREMENT = 0x14057B7EF767814F5851F42D4C957F2D

#: Where a generator lies: the number of the layer, and the attributes or keys that lead to it.
AttributePath = tuple[int, tuple[Any, ...]]


class FirstWord(NamedTuple):
    """A draw: the first word of 64 bits that the generator yields."""

    word: int


class SavedStates(NamedTuple):
    """A draw: the states in which the generators were before a step."""

    states: list[Any]


#: How the chances of a step are set: as they come, by the seed of all generators, or by one of the above.
Draw = None | int | FirstWord | SavedStates

#: The draw that is tried first: its upper 53 bits are the least, and so are its lower 32 but for 0, which
#: NumPy's bounded integers reject.
FIRST = FirstWord(1)


def layers(env: Any) -> Iterator[Any]:
    """The environment, and what each of its wrappers wraps, from the outside in."""
    seen: set[int] = set()
    while env is not None and id(env) not in seen:
        seen.add(id(env))
        yield env
        env = getattr(env, "__dict__", {}).get("env")


def located(env: Any) -> tuple[AttributePath, ...]:
    """Where generators lie deeper than the attributes of the layers themselves."""
    found: list[AttributePath] = []
    seen = {id(layer) for layer in layers(env)}

    def search(value: Any, layer: int, path: tuple[Any, ...]) -> None:
        if id(value) in seen or len(path) > DEEPEST:
            return
        seen.add(id(value))
        if isinstance(value, kinds()):
            if len(path) > 1:
                found.append((layer, path))
            return
        for key, inner in _inside(value):
            search(inner, layer, (*path, key))

    for number, layer in enumerate(layers(env)):
        seen.discard(id(layer))
        search(layer, number, ())
    return tuple(found)


def generators(env: Any, paths: tuple[AttributePath, ...] = ()) -> list[Any]:
    """The generators that the layers of an environment hold as attributes, or at the end of `paths`."""
    of_a_kind, stack = kinds(), list(layers(env))
    held = [
        value
        for layer in stack
        for value in getattr(layer, "__dict__", {}).values()
        if isinstance(value, of_a_kind)
    ]
    if not paths:
        return held if len(held) < 2 else list({id(each): each for each in held}.values())
    for number, path in paths:
        value = stack[number] if number < len(stack) else None
        for key in path:
            value = dict(_inside(value)).get(key)
        if isinstance(value, of_a_kind):
            held.append(value)
    return list({id(each): each for each in held}.values())


def states(held: list[Any]) -> list[Any]:
    """Where each generator stands in its sequence, to be put back by `restore`."""
    return [_state(generator) for generator in held]


def moved(before: list[Any], after: list[Any]) -> bool:
    """Whether a step between two looks at the generators drew anything."""
    return bool(plain(before) != plain(after))


def restore(held: list[Any], saved: list[Any]) -> None:
    """Put generators back to where `states` found them."""
    for generator, state in zip(held, saved, strict=False):
        if isinstance(generator, np.random.Generator):
            generator.bit_generator.state = state
        elif isinstance(generator, np.random.RandomState):
            generator.set_state(state)
        elif hasattr(generator, "setstate"):
            generator.setstate(state)
        else:
            generator.set_state(state)


def set_to(held: list[Any], draw: Draw) -> None:
    """Set every generator to a draw; None leaves it where it is."""
    if isinstance(draw, SavedStates):
        restore(held, draw.states)
    elif isinstance(draw, FirstWord):
        put_word(held, draw.word)
    elif draw is not None:
        reseed(held, draw)


def reseed(held: list[Any], seed: int) -> None:
    """Set every generator to the beginning of a seed's sequence, in place.

    In place, so that parts of the environment that share the generator go on sharing it.
    """
    for generator in held:
        if isinstance(generator, np.random.Generator):
            bits = generator.bit_generator
            bits.state = type(bits)(seed).state
        elif isinstance(generator, np.random.RandomState):
            generator.seed(np.random.SeedSequence(seed).generate_state(4))
        elif hasattr(generator, "manual_seed"):
            generator.manual_seed(seed)
        else:
            generator.seed(seed)


def short(seed: int) -> int:
    """A seed that generators of every kind take, below 2^32; small ones as they are."""
    return seed if seed < 1 << 24 else int(np.random.SeedSequence(seed).generate_state(1)[0])


def put_word(held: list[Any], word: int) -> None:
    """Let each PCG64 yield `word` next: `random()` takes its upper 53 bits, `integers` its lower 32.

    PCG64 first steps, `state' = state * MULTIPLIER + inc`, then rotates `high ^ low` of it by its upper
    six bits: of the state `word` it yields the word itself.
    """
    for generator in held:
        if _is_pcg(generator):
            state = ((word - INCREMENT) * INVERSE) % (1 << 128)
            generator.bit_generator.state = {
                "bit_generator": "PCG64",
                "state": {"state": state, "inc": INCREMENT},
                "has_uint32": 0,
                "uinteger": 0,
            }


def bits_drawn(held: list[Any], before: list[Any], after: list[Any]) -> int:
    """How many bits the only draw of a step took, 53 or 32; 0 if that is unknown, or it drew more."""
    drawn = _only_drawn(held, before, after)
    if drawn is None:
        return 0
    one, two = drawn
    if _next(one) != two["state"]["state"]:
        return 0
    return 32 if two["has_uint32"] else 53


def number_drawn(held: list[Any], before: list[Any], bits: int) -> int:
    """The number that a step drew between two looks at the generators; -1 if it drew others, or more.

    A generator that keeps half of a word for the next draw of 32 bits yields that half first.

    Args:
        held: the generators as they are now. before: their states then. bits: 53 or 32, of the number.
    """
    drawn = _only_drawn(held, before, states(held))
    if drawn is None:
        return -1
    one, two = drawn
    if bits == 32 and one["has_uint32"]:
        same = one["state"]["state"] == two["state"]["state"]
        return int(one["uinteger"]) if same else -1
    state = _next(one)
    if state != two["state"]["state"] or (bits == 32) != (one["has_uint32"] != two["has_uint32"]):
        return -1
    turn, word = state >> 122, (state >> 64) ^ (state & ((1 << 64) - 1))
    word = ((word >> turn) | (word << (64 - turn))) & ((1 << 64) - 1)
    return int(word >> 11 if bits == 53 else word & ((1 << 32) - 1))


def _only_drawn(
    held: list[Any], before: list[Any], after: list[Any]
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The states before and after of the only generator that moved, if that is a PCG64."""
    drawn = [i for i in range(len(held)) if moved(before[i : i + 1], after[i : i + 1])]
    if len(before) != len(after) or len(drawn) != 1 or not _is_pcg(held[drawn[0]]):
        return None
    return before[drawn[0]], after[drawn[0]]


def _next(state: dict[str, Any]) -> int:
    """The state that PCG64 steps to."""
    return int((state["state"]["state"] * MULTIPLIER + state["state"]["inc"]) % (1 << 128))


def _is_pcg(generator: Any) -> bool:
    return isinstance(generator, np.random.Generator) and isinstance(
        generator.bit_generator, np.random.PCG64
    )


@cache
def kinds() -> tuple[type, ...]:
    """The kinds of generators of NumPy, Python and PyTorch."""
    known: list[type] = [np.random.Generator, np.random.RandomState]
    for module, name in (("random", "Random"), ("torch", "Generator")):
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type):
            known.append(kind)
    return tuple(known)


def _inside(value: Any) -> list[tuple[Any, Any]]:
    """What an object or a short container holds, by attribute, key or number."""
    if isinstance(value, dict):
        return list(value.items()) if len(value) <= LONGEST else []
    if isinstance(value, list | tuple):
        return list(enumerate(value)) if len(value) <= LONGEST else []
    if isinstance(value, type) or type(value).__module__ in ("builtins", "types", "numpy"):
        return []
    slots = getattr(type(value), "__slots__", ())
    held = [(name, getattr(value, name, None)) for name in slots if name != "__dict__"]
    return [*getattr(value, "__dict__", {}).items(), *held]


def _state(generator: Any) -> Any:
    if isinstance(generator, np.random.Generator):
        return generator.bit_generator.state
    if isinstance(generator, np.random.RandomState):
        return generator.get_state(legacy=False)
    return generator.getstate() if hasattr(generator, "getstate") else generator.get_state()


def plain(state: Any) -> Any:
    """States as values that can be compared."""
    if isinstance(state, dict):
        return tuple(plain(value) for value in state.values())
    if isinstance(state, list):
        return [plain(value) for value in state]
    if hasattr(state, "numpy"):  # a tensor
        return state.numpy().tobytes()
    return state.tobytes() if isinstance(state, np.ndarray) else state
