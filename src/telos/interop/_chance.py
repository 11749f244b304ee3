"""The chances of a third-party environment: its generators found, watched, and set to chosen draws."""

import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

#: Up to here a seed is sought for each n-th of both kinds of draw: n^2 ln n trials, 0.2 s at 64.
BOTH_KINDS = 64
#: How far inside an environment's attributes generators are sought, and in containers of what length.
DEEPEST, LONGEST = 4, 64

#: A draw by number: -1 as it comes; from 0 a seed of all generators; from WORD the first word of 64 bits
#: that the generator yields; from SAVED a state that it was in (see `Reader.saved`).
WORD, SAVED = 1 << 65, 1 << 70
#: The draw that is tried first: its upper 53 bits are the least, and so are its lower 32 but for 0, which
#: NumPy's bounded integers reject.
FIRST = WORD + 1

#: PCG64's multiplier, what undoes it modulo 2^128, and an increment: always the same, so that what is
#: drawn after the first word is the same too.
MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645
INVERSE = pow(MULTIPLIER, -1, 1 << 128)
INCREMENT = 0x14057B7EF767814F5851F42D4C957F2D

#: Where a generator lies: the number of the layer, and the attributes or keys that lead to it.
Way = tuple[int, tuple[Any, ...]]


@cache
def stratified(n: int) -> tuple[int, ...]:
    """n seeds of which each makes NumPy's default generator begin in another n-th.

    Seed i is the first for which `floor(n u) = i`, where u is the generator's first `random()`; and,
    up to n = 64, also its first `integers(n) = i`. A step whose only draw is one of these (so are
    `choice` and a comparison of `random()` with summed probabilities), with branches whose
    probabilities are multiples of 1/n, then takes each branch exactly as often as it should.

    Args:
        n: how many, at least 1.

    Returns:
        The seeds, in the order of their n-ths.

    Example:
        >>> [int(4 * np.random.default_rng(seed).random()) for seed in stratified(4)]
        [0, 1, 2, 3]
        >>> [int(np.random.default_rng(seed).integers(4)) for seed in stratified(4)]
        [0, 1, 2, 3]
    """
    found: dict[int, int] = {}
    seed = 0
    while len(found) < n:
        rng = np.random.default_rng(seed)
        first = int(n * rng.random())
        same = n > BOTH_KINDS or int(np.random.default_rng(seed).integers(n)) == first
        if same and first not in found:
            found[first] = seed
        seed += 1
    return tuple(found[i] for i in range(n))


def layers(env: Any) -> Iterator[Any]:
    """The environment, and what each of its wrappers wraps, from the outside in."""
    seen: set[int] = set()
    while env is not None and id(env) not in seen:
        seen.add(id(env))
        yield env
        env = getattr(env, "__dict__", {}).get("env")


def located(env: Any) -> tuple[Way, ...]:
    """Where generators lie deeper than the attributes of the layers themselves."""
    found: list[Way] = []
    seen = {id(layer) for layer in layers(env)}

    def search(value: Any, layer: int, way: tuple[Any, ...]) -> None:
        if id(value) in seen or len(way) > DEEPEST:
            return
        seen.add(id(value))
        if isinstance(value, kinds()):
            if len(way) > 1:
                found.append((layer, way))
            return
        for key, inner in _inside(value):
            search(inner, layer, (*way, key))

    for number, layer in enumerate(layers(env)):
        seen.discard(id(layer))
        search(layer, number, ())
    return tuple(found)


def generators(env: Any, ways: tuple[Way, ...] = ()) -> list[Any]:
    """The generators that the layers of an environment hold as attributes, and those at the end of `ways`."""
    of_a_kind, stack = kinds(), list(layers(env))
    held = [
        value
        for layer in stack
        for value in getattr(layer, "__dict__", {}).values()
        if isinstance(value, of_a_kind)
    ]
    if not ways:
        return held if len(held) < 2 else list({id(each): each for each in held}.values())
    for number, way in ways:
        value = stack[number] if number < len(stack) else None
        for key in way:
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
    """How many bits the only draw of a step took, 53 or 32; 0 if that cannot be told, or it drew more."""
    drawn = [i for i in range(len(held)) if moved(before[i : i + 1], after[i : i + 1])]
    if len(before) != len(after) or len(drawn) != 1 or not _is_pcg(held[drawn[0]]):
        return 0
    one, two = before[drawn[0]], after[drawn[0]]
    inc = one["state"]["inc"]
    if (one["state"]["state"] * MULTIPLIER + inc) % (1 << 128) != two["state"]["state"]:
        return 0
    return 32 if two["has_uint32"] else 53


def number_drawn(held: list[Any], before: list[Any], bits: int) -> int:
    """The number that a step drew between two looks at the generators; -1 if it drew others, or more.

    A generator that keeps half of a word for the next draw of 32 bits yields that half first.

    Args:
        held: the generators as they are now. before: their states then. bits: 53 or 32, of the number.
    """
    after = states(held)
    drawn = [i for i in range(len(held)) if moved(before[i : i + 1], after[i : i + 1])]
    if len(before) != len(after) or len(drawn) != 1 or not _is_pcg(held[drawn[0]]):
        return -1
    one, two = before[drawn[0]], after[drawn[0]]
    state, inc = one["state"]["state"], one["state"]["inc"]
    if bits == 32 and one["has_uint32"]:
        return int(one["uinteger"]) if state == two["state"]["state"] else -1
    state = (state * MULTIPLIER + inc) % (1 << 128)
    if state != two["state"]["state"] or (bits == 32) != (one["has_uint32"] != two["has_uint32"]):
        return -1
    turn, word = state >> 122, (state >> 64) ^ (state & ((1 << 64) - 1))
    word = ((word >> turn) | (word << (64 - turn))) & ((1 << 64) - 1)
    return int(word >> 11 if bits == 53 else word & ((1 << 32) - 1))


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
