"""A third-party environment as the search sees it: reset, stepped, copied and read, with its complaints."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from types import EllipsisType
from typing import Any, NamedTuple, final

import numpy as np

from telos.core.errors import WorldError, did_you_mean
from telos.core.foreign import check_reset, check_step, raised
from telos.core.numbers import real
from telos.core.shown import shown
from telos.core.validation import NAN_NAME, holds_nan
from telos.interop import _generators
from telos.interop._generators import Draw
from telos.interop._outside import OutsideGenerators, listened

#: Ends that count as being switched off, by name.
ENDS: Mapping[str, Callable[[Any, float], bool]] = {
    "ended": lambda env, reward: True,
    "unrewarded": lambda env, reward: reward <= 0,
    "never": lambda env, reward: False,
}


class EnvState(NamedTuple):
    """A state: the author's key, whether the episode has ended (as being off), the last reward if kept."""

    key: Hashable
    ended: bool
    off: bool
    paid: float


class EnvReading(NamedTuple):
    """What is read of the environment in one state."""

    place: EnvState
    legal: tuple[bool, ...]
    outcome: Hashable
    features: tuple[float, ...]


class ActionPath(NamedTuple):
    """A path from a reset: its seed, each action with its draw, and the draw set after the reset."""

    seed: int
    steps: tuple[tuple[int, Draw], ...] = ()
    stream: Draw = None

    def then(self, action: int, draw: Draw) -> "ActionPath":
        """This path, and one step more."""
        return self._replace(steps=(*self.steps, (action, draw)))


class TriedStep(NamedTuple):
    """One step that was tried in a copy.

    Args:
        draw: its draw. sight: what was seen then. env: the copy there. drew: whether it drew at all.
        bits: 53 or 32 if it drew one number of that many bits and nothing else; else 0.
    """

    draw: Draw
    sight: EnvReading
    env: Any
    drew: bool
    bits: int


@final
@dataclass(frozen=True)
class EnvReader:
    """The environment with everything its owner says about it.

    Args:
        env: the environment; it is reset and stepped.
        name: how messages call it.
        names, values: the actions, as the world names them and as `step` wants them.
        key: the state, read from the bare environment.
        features: functions of the bare environment, by name.
        outcome, off, legal, copy, prepare, reseed: as in `explore_env`.
        remember_reward: whether the last reward is part of the state.
        watch: the global generators.
        paths: where generators lie deeper than the attributes of the environment.
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
    remember_reward: bool
    watch: OutsideGenerators
    paths: tuple[_generators.AttributePath, ...] = ()

    def begin(self, seed: int, stream: Draw = None) -> EnvReading:
        """Reset the environment itself, and then set its chances to the draw `stream`."""
        where = f"{self.name}, reset(seed={seed})"
        try:
            answer = self.env.reset(seed=seed)
        except Exception as problem:
            raise raised(problem, where) from problem
        check_reset(self.name, answer)
        self.check_globals(where)
        sight = self._read(self.env, False, 0.0, None, -1)
        self.set(self.env, stream)
        return sight

    def step(
        self, env: Any, action: int, draw: Draw, at: EnvState | None = None, quick: bool = False
    ) -> EnvReading:
        """Step an environment in place; the draw None leaves its chances as they come.

        Args:
            env, action, draw: as they say. at: where it stands, for messages. quick: look only at NumPy's
                global generator, and do not listen for the system's entropy.
        """
        self.set(env, draw)
        entropy: tuple[str, ...] = ()
        try:
            if quick or self.reseed is not None:
                answer = env.step(self.values[action])
            else:
                answer, entropy = listened(lambda: env.step(self.values[action]))
        except Exception as problem:
            raise raised(problem, f"{self.where(at, action)}: step") from problem
        if entropy:
            raise self.watch.error(list(entropy), f"{self.where(at, action)}: the step")
        if not (isinstance(answer, tuple) and len(answer) == 5):
            check_step(self.where(at, action), answer)
        self.check_globals(f"{self.where(at, action)}: the step", quick)
        # A truncated episode goes on: a time limit is not a part of the world.
        return self._read(env, bool(answer[2]), answer[1], at, action)

    def where(self, at: EnvState | None, action: int) -> str:
        """A place of the environment in words, and an action (-1: none)."""
        state = "" if at is None else f", state {shown(at.key, 40)}"
        return f"{self.name}{state}{f', action {self.names[action]!r}' if action >= 0 else ''}"

    def check_globals(self, where: str, quick: bool = False) -> None:
        """Raise if a generator outside the environment was drawn from since the last look."""
        moved = self.watch.look(quick)
        if moved:
            raise self.watch.error(moved, where)

    def clone(self, env: Any, quick: bool = False) -> Any:
        """An independent copy; quick: look only at NumPy's global generator."""
        try:
            made = self.copy(env)
        except Exception as problem:
            raise WorldError(
                f"{self.name}: the environment cannot be copied ({type(problem).__name__}: {problem}). "
                "Pass copy=, a function that returns an independent copy of it and leaves out what "
                "cannot be copied (a window, a file, a lock)."
            ) from problem
        self.check_globals(f"{self.name}: copying the environment", quick)
        if made is None or made is env:
            raise WorldError(
                f"{self.name}: copy= returned {'nothing' if made is None else 'its own argument'}; "
                "it must return an independent copy."
            )
        return made

    def attempt(
        self, env: Any, action: int, draw: Draw, at: EnvState, quick: bool = True
    ) -> TriedStep:
        """What one action and draw lead to, in a copy; quick: look only at NumPy's global generator."""
        there = self.clone(env, quick)
        self.set(there, draw)
        held = self.generators(there)
        before = _generators.states(held)
        sight = self.step(there, action, None, at, quick)
        now = self.generators(there)
        after = _generators.states(now)
        # where reseed= sets generators that we do not see, every step may draw
        drew = self.reseed is not None or _generators.moved(before, after)
        bits = 0 if self.reseed is not None else _generators.bits_drawn(now, before, after)
        return TriedStep(draw, sight, there, drew, bits)

    def generators(self, env: Any) -> list[Any]:
        """The generators of the environment that we see."""
        return _generators.generators(env, self.paths)

    def set(self, env: Any, draw: Draw) -> None:
        """Set the chances of an environment to a draw."""
        if self.reseed is None or not isinstance(draw, int):
            if draw is not None:
                _generators.set_to(self.generators(env), draw)
            return
        try:
            self.reseed(env, _generators.short(draw))
        except Exception as problem:
            raise raised(problem, f"{self.name}: reseed=") from problem
        self.watch.look()

    def replay(self, path: ActionPath) -> EnvReading:
        """Where a path leads in the environment itself, without any copy."""
        sight = self.begin(path.seed, path.stream)
        for action, draw in path.steps:
            sight = self.step(self.env, action, draw)
        return sight

    def shown(self, path: ActionPath) -> str:
        """A path in words: ``reset(seed=0), right, right``."""
        names = [self.names[action] for action, _ in path.steps]
        if len(names) > 100:
            names = [*names[:50], f"… ({len(names) - 100} more) …", *names[-50:]]
        return ", ".join([f"reset(seed={path.seed})", *names])

    def legal_in(self, sight: EnvReading) -> list[int]:
        """The numbers of the actions that are legal."""
        return [action for action, legal in enumerate(sight.legal) if legal]

    def _read(
        self, env: Any, ended: bool, reward: Any, at: EnvState | None, action: int
    ) -> EnvReading:
        bare = getattr(env, "unwrapped", env)
        try:
            if self.prepare is not None:
                self.prepare(bare)
            key = self._name("key", self.key(bare), "a state")
            outcome = None
            if self.outcome is not None:
                outcome = self._name("outcome", self.outcome(bare), f"state {shown(key)}")
            features = tuple(
                self._number(name, of(bare), key) for name, of in self.features.items()
            )
            paid = self._number("reward", reward, key) if self._reward_matters(ended) else 0.0
            off = ended and self.off is not None and bool(self.off(bare, paid))
            legal = self._mask(bare, ended, key)
        except WorldError:
            raise
        except Exception as problem:
            where = f"{self.where(at, action)}: reading the environment after it"
            raise raised(problem, where) from problem
        return EnvReading(
            EnvState(key, ended, off, paid if self.remember_reward else 0.0),
            legal,
            outcome,
            features,
        )

    def _reward_matters(self, ended: bool) -> bool:
        return self.remember_reward or (ended and self.off is not None)

    def _mask(self, bare: Any, ended: bool, key: Hashable) -> tuple[bool, ...]:
        if self.legal is None or ended:
            return (True,) * len(self.names)
        mask = tuple(bool(flag) for flag in self.legal(bare))
        if len(mask) != len(self.names):
            raise WorldError(
                f"{self.name}, state {shown(key)}: legal returned {len(mask)} flags for {len(self.names)} "
                "actions; give one flag an action, in their order."
            )
        if not any(mask):
            raise WorldError(
                f"{self.name}, state {shown(key)}: legal allows no action, but the episode has not ended."
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
                f"{self.name}, {where}: {what} is {shown(value)}, which is not hashable; {remedy}."
            ) from None
        if holds_nan(plain):
            raise WorldError(f"{self.name}, {where}: {what} is {shown(plain)}. {NAN_NAME}")
        thing = next((part for part in _parts(plain) if _only_itself(part)), None)
        if thing is not None:
            raise WorldError(
                f"{self.name}, {where}: {what} holds {shown(thing)}, which equals nothing but itself, so "
                f"that no copy would be the same state. Say what matters about the {type(thing).__name__}."
            )
        named: Hashable = plain
        return named

    def _number(self, feature: str, value: Any, key: Hashable) -> float:
        number = real(value)
        if not np.isfinite(number):
            raise WorldError(
                f"{self.name}, state {shown(key)}: {feature} is {shown(value)}; give a finite number."
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
    """The actions' names, and what `step` is to be given for each."""
    if isinstance(actions, str):
        raise WorldError(f"{name}: actions is {shown(actions)}; give a tuple of names.")
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
    """The number of the action of doing nothing."""
    if default is None:
        return None
    if isinstance(default, str):
        if default not in names:
            raise WorldError(f"{name}: no action {default!r}. {did_you_mean(default, names)}")
        return names.index(default)
    if isinstance(default, bool) or not isinstance(default, int | np.integer):
        raise WorldError(f"{name}: default is {shown(default)}; give an action's name or number.")
    if not 0 <= default < len(names):
        raise WorldError(f"{name}: default is {default}, but there are {len(names)} actions.")
    return int(default)
