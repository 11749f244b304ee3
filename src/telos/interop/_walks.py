"""Long walks in the environment itself, without copies, held against the world that was found."""

import numpy as np

from telos.interop._differences import Difference, key_error, random_error
from telos.interop._reader import Path, Reader
from telos.interop._search import Found

#: Steps walked in all: at least so many, and a multiple of the number of pairs. The search looks one
#: step further than its own shortest ways; a counter that acts later is met only by a long walk.
STEPS = {"none": (0, 0), "sample": (2_000, 1), "full": (20_000, 10)}
#: Into how many walks that do not end early the steps are divided.
WALKS = 4
#: How often an action that ends the episode at once is taken, where there is another.
ENDING = 0.05


def walk(reader: Reader, found: Found, verify: str) -> int:
    """Walk at random and compare each step with the pair that was found.

    Args:
        reader: the environment; its own chances run (in a random one, draws that were tried).
        found: the states and pairs.
        verify: "none", "sample" or "full".

    Returns:
        The number of steps walked.

    Raises:
        WorldError: where the environment does something that the pair does not.
    """
    least, times = STEPS[verify]
    budget = max(least, times * sum(len(row) for row in found.rows)) if least else 0
    rng = np.random.default_rng(0)
    seeds = sorted({seed for parent, seed, _ in found.came if parent < 0})
    walked = number = 0
    while walked < budget:
        walked += 1 + _one(reader, found, seeds[number % len(seeds)], budget // WALKS, rng)
        number += 1
    return walked


def _one(reader: Reader, found: Found, seed: int, most: int, rng: np.random.Generator) -> int:
    sight = reader.begin(seed)
    s = found.index.get(sight.place, -1)
    if s < 0:
        first = next(
            i for i, (parent, of, _) in enumerate(found.came) if (parent, of) == (-1, seed)
        )
        raise random_error(reader, Path(seed), found.sights[first], sight)
    steps: list[tuple[int, int]] = []
    for taken in range(most):
        if sight != found.sights[s]:
            way = Path(seed, tuple(steps))
            raise key_error(reader, Difference(found.path(s), way, found.sights[s], sight))
        if sight.place.ended:
            return taken
        action = _choice(found, s, reader.legal_in(sight), rng)
        row = found.rows[s][action]
        draw = -1 if reader.chances == 1 else int(rng.integers(reader.chances))
        after = reader.step(reader.env, action, draw)
        expected = row[draw] if len(row) > 1 else row[0]
        if found.index.get(after.place, -1) not in row:
            before = found.sights[s]
            to = found.sights[expected].place
            raise key_error(
                reader,
                Difference(
                    found.path(s),
                    Path(seed, tuple(steps)),
                    before,
                    before,
                    action,
                    draw,
                    to,
                    after.place,
                ),
            )
        steps.append((action, draw))
        sight, s = after, found.index[after.place]
    return most


def _choice(found: Found, s: int, legal: list[int], rng: np.random.Generator) -> int:
    """A legal action; seldom one that ends the episode at once, so that walks get long."""
    on = [a for a in legal if not any(found.sights[t].place.ended for t in found.rows[s][a])]
    among = on if on and rng.random() >= ENDING else legal
    return among[int(rng.integers(len(among)))]
