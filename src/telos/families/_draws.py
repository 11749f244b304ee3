"""What families share: one draw a goal and outcome name, labels, and the worth of being off."""

from collections.abc import Hashable
from typing import Literal, Protocol, TypeGuard

import numpy as np

from telos.core.arrays import Floats, Ints, ints, sealed
from telos.core.checks import number
from telos.core.digests import Words, digests
from telos.core.errors import GoalsError
from telos.core.goals import Goals
from telos.core.memo import Memo
from telos.core.parts import AbstractGoalFamily, Finite
from telos.core.spec import show
from telos.core.streams import keyed_draws
from telos.core.world import World

Off = Literal["iid", "zero", "mean"]
OFF = ("iid", "zero", "mean")

#: Outcomes of equal worth that a label names.
FEW = 3

_KEYS = Memo[Words](most=1)


class Between(Protocol):
    """A family with limits `low` and `high`."""

    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


def check_interval(part: Between) -> None:
    """Raise GoalsError unless `low` and `high` are finite numbers with low < high."""
    number(part, "low")
    number(part, "high")
    if not part.low < part.high:
        raise GoalsError(f"{type(part).__name__}: low is {part.low}, not below high ({part.high}).")


def check_endless(part: object, family: object) -> None:
    """Raise GoalsError unless the family that a part wraps is not a finite list."""
    if not isinstance(family, AbstractGoalFamily) or isinstance(family, Finite):
        raise GoalsError(
            f"{type(part).__name__}: family is {show(family)}; give an endless family such as "
            "Uniform()."
        )


def check_range(part: str, n: int, first: int, size: int | None = None) -> None:
    """Raise GoalsError unless goals `first` to `first + n - 1` exist (in a list of `size`)."""
    if n < 1 or first < 0:
        raise GoalsError(
            f"{part}: asked for {n} goals from number {first}; ask for at least one, from 0 on."
        )
    if size is not None and first + n > size:
        raise GoalsError(
            f"{part}: asked for goals {first} to {first + n - 1}, but there are {size}, numbered "
            f"from 0. Ask for at most {size - first if first < size else 0} here."
        )


def off_outcomes(world: World) -> Ints:
    """The numbers of the outcomes that an off state carries; none in a world without `off`."""
    if "off" not in world.features:
        return ints(np.zeros(0))
    return ints(np.unique(world.outcome[world.features["off"] != 0]))


def free_outcomes(world: World, off: Off, part: str) -> Ints:
    """The outcomes whose worth is drawn: all if off is worth its own draw, else all but off's."""
    fixed = off_outcomes(world) if off != "iid" else ints(np.zeros(0))
    free = np.setdiff1d(np.arange(world.n_outcomes), fixed)
    if len(free) == 0:
        raise GoalsError(
            f"{part}: in {world.name} every outcome is one of being off, so that off={off!r} leaves "
            'nothing to draw. Declare off="iid".'
        )
    return ints(free)


def declared(values: Floats, world: World, off: Off, mean: float) -> Floats:
    """`values`, F[..., K], with every outcome of being off set to what off is declared to be worth."""
    if off != "iid":
        values[..., off_outcomes(world)] = 0.0 if off == "zero" else mean
    return values


def outcome_draws(
    world: World, rng: np.random.Generator, n: int, *, first: int = 0, draws: int = 2
) -> Floats:
    """F[n, draws, K]: numbers uniform on (0, 1), named by `rng`, goal, draw and outcome's name.

    The number of goal i and an outcome is therefore the same in every world that has an outcome of that
    name, whatever other outcomes there are and in whichever order they were found: the arms of a sweep
    over a world's parameters are paired. How much of this the *worth* keeps is the family's:

    - of one outcome's numbers alone (`Uniform`, `Normal`, `Skewed`): the worth is the same;
    - `Simplex`: the proportions are; the scale changes with the sum over all outcomes;
    - `Sparse`: the choice is, unless the outcome wanted lies in one of the two worlds only.

    An outcome that has no name goes by its number (see `telos.core.digests.digests`).

    Args:
        world: whose outcomes.
        rng: names the sequence; it is advanced by one key whatever the rest.
        n: how many goals.
        first: the number of the first goal, >= 0.
        draws: how many numbers a goal and outcome. Shipped families take the first for a goal's own worth
            of an outcome, the second for that of its revision.

    Example:
        >>> from telos import explore
        >>> rooms = {"left": "a", "right": "b"}
        >>> one = explore("gate", lambda s: rooms if s == "gate" else {"stay": s})
        >>> two = explore("b", lambda s: {"leave": "gate"} if s == "b" else rooms)
        >>> a, b = (outcome_draws(w, np.random.default_rng(0), 5) for w in (one, two))
        >>> one.outcomes, two.outcomes
        (('gate', 'a', 'b'), ('b', 'gate', 'a'))
        >>> bool((a[..., [2, 0, 1]] == b).all())
        True
    """
    return keyed_draws(rng, outcome_keys(world), n, first=first, draws=draws)


def normal(values: Floats) -> Floats:
    """Standard normal numbers made of uniform ones, in their place."""
    from scipy.special import ndtri

    ndtri(values, out=values)
    return values


def outcome_keys(world: World) -> Words:
    """U[K], the digests of a world's outcomes."""
    return _KEYS.of(world, None, lambda: digests(world.outcomes))


def goals_on(world: World, values: Floats, first: int) -> Goals:
    """The goals that value outcomes so: `values` is F[n, 2, K], each goal before its revision."""
    # Sealed here, where they are made, so that Goals need not copy what may fill much memory.
    reward = sealed(np.take(values[:, 0], world.outcome, axis=1))
    pool = sealed(np.take(values[:, 1], world.outcome, axis=1))
    return Goals(reward, labels(world, values[:, 0], first), pool=pool)


def labels(world: World, worth: Floats, first: int) -> tuple[str, ...]:
    """What goals with `worth`, F[n, K], are called: by the outcomes that they value most."""
    best, most = worth.argmax(axis=1).tolist(), worth.max(axis=1, keepdims=True)
    name = {k: words(world.outcomes[k]) for k in set(best)}
    told = [name[k] for k in best]
    for i in np.flatnonzero((worth == most).sum(axis=1) > 1):
        tied = np.flatnonzero(worth[i] == most[i])
        told[i] = " or ".join(words(world.outcomes[k]) for k in tied[:FEW])
        if len(tied) > FEW:
            told[i] = f"any of {len(tied)} outcomes"
    return tuple(f"goal {first + i}: above all {what}" for i, what in enumerate(told))


def words(outcome: Hashable) -> str:
    """An outcome in words: ``3 clips`` for ``('clips', 3)``, ``nothing`` for ``('nothing', 0)``."""
    if not is_quantity(outcome):
        return str(outcome)
    kind, quantity = outcome
    return f"{quantity} {one(kind) if quantity == 1 else kind}" if quantity else kind


def one(kind: str) -> str:
    """The singular of a plural in s, as far as that can be told: ``clip`` for ``clips``."""
    return kind[:-1] if kind.endswith("s") and not kind.endswith("ss") else kind


def is_quantity(outcome: Hashable) -> TypeGuard[tuple[str, float]]:
    """Whether an outcome is a pair (kind, quantity): a word and a number that is not negative."""
    return (
        isinstance(outcome, tuple)
        and len(outcome) == 2
        and isinstance(outcome[0], str)
        and isinstance(outcome[1], int | float)
        and not isinstance(outcome[1], bool)
        and outcome[1] >= 0
    )
