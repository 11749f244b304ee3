"""The chances of a stranger's environment: its generators found, watched, and set to chosen draws."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

#: Up to here a seed is sought for each n-th of both kinds of draw: n^2 ln n trials, 0.2 s at 64.
BOTH_KINDS = 64


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


def generators(env: Any) -> list[Any]:
    """The NumPy generators that the layers of an environment hold as attributes."""
    kinds = (np.random.Generator, np.random.RandomState)
    return [
        value
        for layer in layers(env)
        for value in getattr(layer, "__dict__", {}).values()
        if isinstance(value, kinds)
    ]


def places(env: Any) -> list[Any]:
    """Where each generator stands in its sequence: equal before and after a step that drew nothing."""
    return [_plain(_state(generator)) for generator in generators(env)]


def reseed(env: Any, seed: int) -> None:
    """Set every generator of the environment to the beginning of a seed's sequence, in place.

    In place, so that parts of the environment that share the generator go on sharing it.
    """
    for generator in generators(env):
        if isinstance(generator, np.random.RandomState):
            generator.seed(seed)
        else:
            bits = generator.bit_generator
            bits.state = type(bits)(seed).state


def _state(generator: Any) -> Any:
    if isinstance(generator, np.random.RandomState):
        return generator.get_state(legacy=False)
    return generator.bit_generator.state


def _plain(state: Any) -> Any:
    if isinstance(state, dict):
        return tuple(_plain(value) for value in state.values())
    return state.tobytes() if isinstance(state, np.ndarray) else state
