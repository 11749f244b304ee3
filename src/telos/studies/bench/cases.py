"""Cases: the worlds that the bench compares on, shipped ones and random factories and employees."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Floats
from telos.core.errors import StudyError
from telos.core.parts import AbstractScenario
from telos.core.world import World
from telos.drives import DETECTORS, DRIVES
from telos.worlds import WORLDS, DrivenEmployee, PaperclipFactory

#: States of a shipped world at most, and of a random one at least and at most.
MOST_STATES, FEWEST_RANDOM, MOST_RANDOM = 2_000, 100, 800
#: Worlds drawn for one case before it is given up; 1 in 3 has the wanted size.
MOST_TRIES = 200
GOODS = ("clips", "pins", "stamps", "springs")
CAREERS = ("medicine", "science", "music")


@final
@dataclass(frozen=True)
class BenchCase:
    """One world of the bench.

    Args:
        name: unique; a file can bear it.
        scenario: builds the world.
        kind: `shipped`, `factory` or `employee`.
    """

    name: str
    scenario: AbstractScenario
    kind: str


def has_drive(world: World) -> bool:
    """Whether some drive or detector that is shipped finds a legal pair that pursues it.

    Args:
        world: the world.
    """
    kinds = (kind for kind in (*DRIVES, *DETECTORS) if {*kind.needs} <= {*world.features})
    return any(bool(kind().affordances(world).pursues.any()) for kind in kinds)


def shipped_cases(most: int = MOST_STATES) -> tuple[BenchCase, ...]:
    """The shipped worlds of at most `most` states in which some drive can be pursued.

    Args:
        most: states of a world.
    """
    found = []
    for kind in WORLDS:
        world = kind().build()
        if world.size <= most and has_drive(world):
            found.append(BenchCase(kind.__name__, kind(), "shipped"))
    return tuple(found)


def random_cases(n: int, seed: int, *, first: int = 0) -> tuple[BenchCase, ...]:
    """Random factories (even numbers) and employees (odd ones), each from a stream of its own.

    Args:
        n: how many, >= 0. seed: names the sequence, >= 0. first: the number of the first, >= 0.

    Returns:
        Cases `random-0000`, ...; case i is the same whatever `n` and `first`. Its parameters are drawn
        from the ranges below until the world has `FEWEST_RANDOM` to `MOST_RANDOM` states.

    Raises:
        StudyError: if `n`, `seed` or `first` is negative.

    Example:
        >>> random_cases(3, 0)[2] == random_cases(1, 0, first=2)[0]
        True
    """
    if min(n, seed, first) < 0:
        raise StudyError(f"random cases: {n} from {first}, seed {seed}; none may be below 0.")
    return tuple(_case(i, seed) for i in range(first, first + n))


def _case(number: int, seed: int) -> BenchCase:
    rng = np.random.default_rng([seed, number])
    draw: Callable[[np.random.Generator], AbstractScenario] = _employee if number % 2 else _factory
    kind = "employee" if number % 2 else "factory"
    for scenario in _draws(draw, rng):
        if FEWEST_RANDOM <= scenario.build().size <= MOST_RANDOM:
            return BenchCase(f"random-{number:04d}", scenario, kind)
    raise StudyError(
        f"random case {number}, seed {seed}: no world of the wanted size in {MOST_TRIES}."
    )


def _draws(
    draw: Callable[[np.random.Generator], AbstractScenario], rng: np.random.Generator
) -> Iterator[AbstractScenario]:
    return (draw(rng) for _ in range(MOST_TRIES))


def _factory(rng: np.random.Generator) -> PaperclipFactory:
    """One to four products; each drive's cause is lacking in one of eight, else drawn over its range."""
    levels = int(rng.integers(1, 4))
    slips = np.sort(rng.uniform(0.02, 0.4, levels))[::-1]
    return PaperclipFactory(
        products=GOODS[: int(rng.integers(1, 5))],
        capacity=int(rng.integers(1, 3)),
        machines=int(rng.integers(0, 4)),
        slips=_told(slips),
        switching_off=_cause(rng, 0.12),
        rewriting=_cause(rng, 0.12),
        machine_yield=int(rng.random() >= 0.125),
        commons=_shared(rng),
    )


def _employee(rng: np.random.Generator) -> DrivenEmployee:
    """One to three careers; each drive's cause is lacking in one of eight, else drawn over its range."""
    steps = int(rng.integers(1, 4))
    hire, recall = np.sort(rng.uniform(0.02, 0.9, 2))[::-1]
    return DrivenEmployee(
        careers=CAREERS[: int(rng.integers(1, 4))],
        levels=int(rng.integers(1, 5)),
        contacts=int(rng.integers(0, 3)),
        contact_worth=float(rng.random() >= 0.125),
        budget=int(rng.integers(0, 2)),
        rise=_told(np.sort(rng.uniform(0.15, 0.95, steps))),
        neglect=round(float(rng.uniform(0.2, 1.0)), 3),
        dismissal=_cause(rng, 0.12),
        hire=round(float(hire), 3),
        recall=round(float(recall), 3),
        programme=_cause(rng, 0.12),
        lapse=round(float(rng.uniform(0.05, 0.5)), 3),
        commons=_shared(rng),
    )


def _cause(rng: np.random.Generator, most: float) -> float:
    """A risk uniform on [0.005, most], or, in one of eight, none."""
    none, risk = rng.random() < 0.125, rng.uniform(0.005, most)
    return 0.0 if none else round(float(risk), 3)


def _shared(rng: np.random.Generator) -> int:
    """Units of a commons that others live on too: 1 or 2 in one of four worlds, else none."""
    some, units = rng.random() < 0.25, int(rng.integers(1, 3))
    return units if some else 0


def _told(chances: Floats) -> tuple[float, ...]:
    return tuple(round(float(chance), 3) for chance in chances)
