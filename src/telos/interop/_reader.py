"""A stranger's environment as the search sees it: reset, stepped, copied and read, with its complaints."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from types import EllipsisType
from typing import Any, NamedTuple, final

import numpy as np

from telos.core.errors import WorldError, did_you_mean
from telos.interop import _chance

#: How often a step that draws is made again with other draws, where none is expected to matter. The
#: eight divide the first draw evenly: a branch that takes an eighth of it or more is always met.
REDRAWS = 8

#: Ends that count as being switched off, by name.
ENDS: Mapping[str, Callable[[Any, float], bool]] = {
    "ended": lambda env, reward: True,
    "unrewarded": lambda env, reward: reward <= 0,
    "never": lambda env, reward: False,
}


class Place(NamedTuple):
    """A state: the author's key, whether the episode has ended (as being off), the last reward if kept."""

    key: Hashable
    ended: bool
    off: bool
    paid: float


class Sight(NamedTuple):
    """What is read of the environment in one state."""

    place: Place
    legal: tuple[bool, ...]
    outcome: Hashable
    features: tuple[float, ...]


class Path(NamedTuple):
    """A way from a reset: its seed, and each action with the number of its draw (-1: as it comes)."""

    seed: int
    steps: tuple[tuple[int, int], ...] = ()

    def then(self, action: int, draw: int) -> "Path":
        """This way, and one step more."""
        return Path(self.seed, (*self.steps, (action, draw)))


class Step(NamedTuple):
    """One step that was tried: its draw, what was seen then, the copy there, and whether it drew."""

    draw: int
    sight: Sight
    env: Any
    drew: bool


@final
@dataclass(frozen=True)
class Reader:
    """The environment with everything its owner says about it.

    Args:
        env: the environment; it is reset and stepped.
        name: how messages call it.
        names, values: the actions, as the world names them and as `step` wants them.
        key: the state, read from the bare environment.
        features: functions of the bare environment, by name.
        outcome, off, legal, copy, prepare, reseed: as in `explore_env`.
        chances: draws tried a step; 1: none are expected.
        remember_reward: whether the last reward is part of the state.
    """

    env: Any
    name: str
    names: tuple[str, ...]
    values: tuple[Any, ...]
    key: Callable[[Any], Hashable]
    features: Mapping[str, Callable[[Any], float]]
    outcome: Callable[[Any], Hashable] | None
    off: Callable[[Any, float], bool] | None
    legal: Callable[[Any], Any] | None
    copy: Callable[[Any], Any]
    prepare: Callable[[Any], None] | None
    reseed: Callable[[Any, int], None] | None
    chances: int
    remember_reward: bool

    def begin(self, seed: int) -> Sight:
        """Reset the environment itself."""
        answer = self.env.reset(seed=seed)
        if not (isinstance(answer, tuple) and len(answer) == 2):
            raise WorldError(
                f"{self.name}: reset(seed=...) must return (observation, info), as Gymnasium has it."
            )
        return self._read(self.env, False, 0.0)

    def step(self, env: Any, action: int, draw: int) -> Sight:
        """Step an environment in place; draw -1 leaves its chances as they come."""
        self._set(env, draw)
        answer = env.step(self.values[action])
        if not (isinstance(answer, tuple) and len(answer) == 5):
            raise WorldError(
                f"{self.name}: step() must return (observation, reward, terminated, truncated, info), "
                "as Gymnasium has it."
            )
        # What is truncated goes on: a limit of somebody's patience is no end of the world.
        return self._read(env, bool(answer[2]), float(answer[1]))

    def draws(self) -> tuple[int, ...]:
        """The seeds of the draws that are tried."""
        return _chance.stratified(self.chances if self.chances > 1 else REDRAWS)

    def clone(self, env: Any) -> Any:
        """An independent copy."""
        try:
            made = self.copy(env)
        except Exception as problem:  # noqa: BLE001 - copying runs whatever code the environment has
            raise WorldError(
                f"{self.name}: the environment cannot be copied ({type(problem).__name__}: {problem}). "
                "Pass copy=, a function that returns an independent copy of it and leaves out what "
                "cannot be copied (a window, a file, a lock)."
            ) from None
        if made is None or made is env:
            raise WorldError(
                f"{self.name}: copy= returned {'nothing' if made is None else 'its own argument'}; "
                "it must return an independent copy."
            )
        return made

    def tries(self, env: Any, action: int) -> list[Step]:
        """What an action leads to: one step, or one for each draw if the step draws at all."""
        steps = [self._try(env, action, -1 if self.chances == 1 else 0)]
        if steps[0].drew:
            steps += [self._try(env, action, draw) for draw in range(1, self.chances)]
        return steps

    def redrawn(self, env: Any, step: Step, action: int) -> Sight | None:
        """Another sight that the same step may lead to, if it draws and one is found."""
        if not step.drew:
            return None
        for draw in range(REDRAWS):
            sight = self.step(self.clone(env), action, draw)
            if sight != step.sight:
                return sight
        return None

    def replay(self, path: Path) -> Sight:
        """Where a way leads in the environment itself, without any copy."""
        sight = self.begin(path.seed)
        for action, draw in path.steps:
            sight = self.step(self.env, action, draw)
        return sight

    def shown(self, path: Path) -> str:
        """A way in words: ``reset(seed=0), right, right``."""
        names = [self.names[action] for action, _ in path.steps]
        if len(names) > 100:
            names = [*names[:50], f"… ({len(names) - 100} more) …", *names[-50:]]
        return ", ".join([f"reset(seed={path.seed})", *names])

    def legal_in(self, sight: Sight) -> list[int]:
        """The numbers of the actions that are legal."""
        return [action for action, legal in enumerate(sight.legal) if legal]

    def _set(self, env: Any, draw: int) -> None:
        if draw >= 0:
            (self.reseed or _chance.reseed)(env, self.draws()[draw])

    def _try(self, env: Any, action: int, draw: int) -> Step:
        there = self.clone(env)
        self._set(there, draw)
        before = _chance.places(there)
        sight = self.step(there, action, -1)
        # where the owner seeds other generators than those we see, nobody can tell
        drew = self.reseed is not None or before != _chance.places(there)
        return Step(draw, sight, there, drew)

    def _read(self, env: Any, ended: bool, reward: float) -> Sight:
        bare = getattr(env, "unwrapped", env)
        if self.prepare is not None:
            self.prepare(bare)
        key = self._name("key", self.key(bare), "a state")
        outcome = None
        if self.outcome is not None:
            outcome = self._name("outcome", self.outcome(bare), f"state {key!r}")
        features = tuple(self._number(name, of(bare), key) for name, of in self.features.items())
        off = ended and self.off is not None and bool(self.off(bare, reward))
        paid = self._number("reward", reward, key) if self.remember_reward else 0.0
        return Sight(Place(key, ended, off, paid), self._mask(bare, ended, key), outcome, features)

    def _mask(self, bare: Any, ended: bool, key: Hashable) -> tuple[bool, ...]:
        if self.legal is None or ended:
            return (True,) * len(self.names)
        mask = tuple(bool(flag) for flag in self.legal(bare))
        if len(mask) != len(self.names):
            raise WorldError(
                f"{self.name}, state {key!r}: legal returned {len(mask)} flags for {len(self.names)} "
                "actions; give one flag an action, in their order."
            )
        if not any(mask):
            raise WorldError(
                f"{self.name}, state {key!r}: legal allows no action, but the episode has not ended."
            )
        return mask

    def _name(self, what: str, value: Any, where: str) -> Hashable:
        """A value that names something: hashable, compared by what it says, readable."""
        plain = _plain(value)
        remedy = "use tuples, not lists or dictionaries"
        if any(isinstance(part, np.ndarray) for part in _parts(plain)):
            remedy = "for an array use value.tobytes(), or tuple(value.ravel())"
        try:
            hash(plain)
        except TypeError:
            raise WorldError(
                f"{self.name}, {where}: {what} is {value!r}, which is not hashable; {remedy}."
            ) from None
        thing = next((part for part in _parts(plain) if _only_itself(part)), None)
        if thing is not None:
            raise WorldError(
                f"{self.name}, {where}: {what} holds {thing!r}, which equals nothing but itself, so "
                f"that no copy would be the same state. Say what matters about the {type(thing).__name__}."
            )
        named: Hashable = plain
        return named

    def _number(self, feature: str, value: Any, key: Hashable) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = float("nan")
        if not np.isfinite(number):
            raise WorldError(
                f"{self.name}, state {key!r}: {feature} is {value!r}; give a finite number."
            )
        return number


def _plain(value: Any) -> Any:
    """NumPy's numbers as Python's own, which read better as names; also within tuples."""
    if type(value) is tuple:
        return tuple(_plain(part) for part in value)
    return value.item() if isinstance(value, np.generic) else value


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple | frozenset):
        for part in value:
            yield from _parts(part)
    else:
        yield value


def _only_itself(value: Any) -> bool:
    """Whether equality was never defined, as for an object of the environment put into a key."""
    own: Any = type(value)
    undefined = own.__eq__ is object.__eq__ and own.__hash__ is object.__hash__
    return undefined and value is not None and not isinstance(value, type | EllipsisType)


def named_actions(
    env: Any, actions: tuple[str, ...] | Mapping[str, Any], name: str
) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """The actions' names, and what `step` is to be given for each.

    Raises:
        WorldError: if the action space cannot be listed, or there are too few names.
    """
    if isinstance(actions, Mapping):
        return tuple(str(key) for key in actions), tuple(actions.values())
    space = getattr(env, "action_space", None)
    if space is None or type(space).__name__ != "Discrete":
        raise WorldError(
            f"{name}: the action space is {space!r}, which is not a list. Pass the actions to try as "
            'actions={"left": ..., "right": ...}, each name with what step() wants for it.'
        )
    count, first = int(space.n), int(getattr(space, "start", 0))
    values = tuple(range(first, first + count))
    names = tuple(actions) or tuple(str(value) for value in values)
    if len(names) < count:
        raise WorldError(f"{name}: {len(names)} action names for {count} actions.")
    return names[:count], values


def default_number(default: int | str | None, names: tuple[str, ...], name: str) -> int | None:
    """The number of the action of doing nothing.

    Raises:
        WorldError: if there is no such action.
    """
    if default is None:
        return None
    if isinstance(default, str):
        if default not in names:
            raise WorldError(f"{name}: no action {default!r}. {did_you_mean(default, names)}")
        return names.index(default)
    if not 0 <= default < len(names):
        raise WorldError(f"{name}: default is {default}, but there are {len(names)} actions.")
    return int(default)
