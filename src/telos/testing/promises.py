"""Promises: what a part's contract says, tried one by one; and what every part promises."""

import dataclasses
import json
import pickle
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any, final

import numpy as np

from telos.core.arrays import Floats
from telos.core.errors import CheckFailed, FeatureMissing, ProblemError
from telos.core.spec import digest, from_spec, modules_of, show, to_spec
from telos.core.world import World
from telos.runs.source import authors_line

GOALS = 4
DISCOUNT = 0.9


class CheckStatus(StrEnum):
    """How a check went; `NOTED` is something to know that breaks no promise."""

    PASSED = "passed"
    NOTED = "noted"
    FAILED = "failed"


@final
@dataclasses.dataclass(frozen=True)
class Check:
    """One promise of a part's contract.

    Args:
        name: the promise, as a short sentence.
        status: whether it was kept.
        detail: what was seen; where it failed, the place, the value and the remedy.
    """

    name: str
    status: CheckStatus
    detail: str = ""

    @property
    def failed(self) -> bool:
        """Whether the promise was broken."""
        return self.status is CheckStatus.FAILED


@final
@dataclasses.dataclass(frozen=True)
class Note:
    """What a check returns that has something to say but nothing to blame."""

    text: str


Promise = tuple[str, Callable[[], str | Note]]


def keep(promises: Iterable[Promise], needed: str) -> tuple[Check, ...]:
    """Try each promise: a function that returns what it saw, or raises CheckFailed.

    Any other error is a failed check too: the part was used as its contract allows. The checks end at
    the promise called `needed` unless it passes.
    """
    checks: list[Check] = []
    for name, promise in promises:
        try:
            seen = promise()
        except CheckFailed as broken:
            checks.append(Check(name, CheckStatus.FAILED, str(broken)))
        except Exception as error:  # noqa: BLE001 - a third-party part may raise anything
            place = authors_line(error)
            text = f"{type(error).__name__}: {error}" + (f" ({place})" if place else "")
            checks.append(Check(name, CheckStatus.FAILED, text))
        else:
            noted = isinstance(seen, Note)
            status = CheckStatus.NOTED if noted else CheckStatus.PASSED
            checks.append(Check(name, status, seen.text if isinstance(seen, Note) else seen))
        if name == needed and checks[-1].status is not CheckStatus.PASSED:
            break
    return tuple(checks)


@final
@dataclasses.dataclass(frozen=True)
class Fitting:
    """The first world that a part does not refuse, and what it said of those before.

    Args:
        world: that world; None: it refused all of them.
        refusals: its words.
        asked: the world that the user named, if any.
    """

    world: World | None
    refusals: tuple[str, ...]
    asked: World | None

    def place(self) -> World | Note:
        """The world to check in, or a note that none fits.

        Raises:
            CheckFailed: if it refuses without a word, or refuses the world that the user named.
        """
        if not all(self.refusals):
            raise CheckFailed("it refuses a world without saying why; give the error a message.")
        said = " ".join(dict.fromkeys(self.refusals))
        if self.world is None and self.asked is not None:
            raise CheckFailed(f"it refuses {self.asked.name}: {said}")
        if self.world is None:
            return Note(
                f"not applicable here: {said} To check the rest, name a world it is made for: "
                "telos check … --world maze.py:Maze."
            )
        return self.world


def fitting(
    part: Any, use: Callable[[World], object], places: Iterable[World], asked: World | None
) -> Fitting:
    """Try a part in the world that the user named, or in one after the other until it fits."""
    refusals: list[str] = []
    for place in places if asked is None else (asked,):
        try:
            use(place)
        except (FeatureMissing, ProblemError) as refusal:
            said = str(refusal)
            # What does not speak in the part's own name is a slip inside it, not a refusal.
            if isinstance(refusal, ProblemError) and said and type(part).__name__ not in said:
                return Fitting(place, tuple(refusals), asked)
            refusals.append(said)
        except Exception:  # noqa: BLE001 - it is raised again, and reported, where it is a check
            return Fitting(place, tuple(refusals), asked)
        else:
            return Fitting(place, tuple(refusals), asked)
    return Fitting(None, tuple(refusals), asked)


def check_policy(world: World, policy: Floats, what: str) -> None:
    """Raise CheckFailed unless every row of F[G, L] is a policy."""
    sums = np.add.reduceat(policy, world.pair_ptr[:-1], axis=1)
    wrong = np.abs(sums - 1.0) > 1e-9
    if wrong.any() or (policy < 0).any():
        g, s = (int(i) for i in np.argwhere(wrong)[0]) if wrong.any() else (0, 0)
        raise CheckFailed(
            f"{what}: goal {g}, state {world.states[s]!r}: probabilities sum to {sums[g, s]:.6g}, "
            f"the least is {policy.min():.6g}; they must sum to 1 and not be negative."
        )


def promises_of_data(part: Any) -> Iterator[Promise]:
    """The promises that make a part its own configuration."""
    yield "is a frozen dataclass", lambda: _frozen(part)
    yield "hashes and compares by its fields", lambda: _hashable(part)
    yield "can be written down and read back", lambda: _round_trip(part)
    yield "can be sent to another process", lambda: _pickles(part)
    yield "says what it is", lambda: _documented(part)


def _frozen(part: Any) -> str:
    if not dataclasses.is_dataclass(part):
        raise CheckFailed("it is not a dataclass; put @dataclass(frozen=True) above the class.")
    kind: Any = type(part)
    if not kind.__dataclass_params__.frozen:
        raise CheckFailed("its fields can be changed; write @dataclass(frozen=True).")
    return ""


def _hashable(part: Any) -> str:
    try:
        same = hash(part) == hash(dataclasses.replace(part)) and part == dataclasses.replace(part)
    except TypeError as problem:
        raise CheckFailed(f"{problem}; use tuples for fields that are lists.") from None
    if not same:
        raise CheckFailed("a copy with the same fields is not equal to it; leave out eq=False.")
    return ""


def _round_trip(part: Any) -> str:
    spec = json.loads(json.dumps(to_spec(part), allow_nan=False))
    again = from_spec(spec, trust=modules_of(spec))
    if again != part:
        raise CheckFailed(f"read back, it is {show(again)} and not {show(part)}.")
    return f"key {digest(spec)}"


def _pickles(part: Any) -> str:
    if pickle.loads(pickle.dumps(part)) != part:
        raise CheckFailed("pickled and unpickled, it is not equal to itself.")
    return ""


def _documented(part: Any) -> str:
    own = type(part).__dict__.get("__doc__") or ""
    first = own.strip().splitlines()[0] if own.strip() else ""
    if not first or first.startswith(f"{type(part).__name__}("):  # dataclass makes one up
        raise CheckFailed("its class has no docstring; begin it with one sentence.")
    return first
