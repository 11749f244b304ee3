"""ClonedWorld: a third-party environment in a study, named by dotted paths, with no class to write."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, final

from telos.core.errors import WorldError
from telos.core.parts import AbstractScenario
from telos.core.spec import paths_in, resolve, show
from telos.core.world import World
from telos.interop._reader import ENDS
from telos.interop.environments import explore_env
from telos.interop.toy_text import OptionValue


@final
@dataclass(frozen=True)
class ClonedWorld(AbstractScenario):
    """An environment that can be copied, explored by `explore_env`, with everything given by name.

    A *reading* is either the dotted path of a function of the bare environment,
    ``my_lab.envs:fuel_left``, or the name of an attribute of it, ``s`` or ``robot.position`` (a
    method is called). Read `explore_env` for what each argument means.

    Args:
        make: dotted path of the function that makes the environment.
        options: pairs (name, value) handed to `make`.
        key: readings that together are the state; one alone, or a tuple of several.
        features: pairs (name, reading).
        outcome: readings that together are the outcome; empty: every state is its own.
        off: ``ended``, ``unrewarded``, ``never``, or the dotted path of a function of (environment,
            last reward); None: no such feature.
        actions: names of the actions. default: the action of doing nothing.
        legal: a reading: a flag for each action; empty: all are legal.
        seeds: of the resets, each equally likely as a start; empty: seed 0, as in `explore_env`.
        tolerance: the largest half of the interval of an estimated probability.
        remember_reward: whether the last reward is part of the state.
        verify: ``none``, ``sample`` or ``full``.
        copy: dotted path of the function that copies the environment.
        prepare: dotted path of a function of the bare environment, called after each step; or empty.
        limit: give up beyond this many states.

    Raises:
        WorldError: as `explore_env`, or if a reading is neither a path nor an attribute.
        StudyError: if a dotted path leads nowhere.

    Example:
        >>> ClonedWorld(options=(("id", "CliffWalking-v1"),), off=None).build()
        <World CliffWalking-v1: 38 states, 152 pairs, 38 outcomes>
    """

    version: ClassVar[int] = 2  # 1 drew three times whatever a step did
    outside: ClassVar[bool] = True

    make: str = "gymnasium:make"
    options: tuple[tuple[str, OptionValue], ...] = (("id", "FrozenLake-v1"),)
    key: tuple[str, ...] = ("s",)
    features: tuple[tuple[str, str], ...] = ()
    outcome: tuple[str, ...] = ()
    off: str | None = "unrewarded"
    actions: tuple[str, ...] = ()
    default: int | str | None = None
    legal: str = ""
    seeds: tuple[int, ...] = ()
    tolerance: float = 0.05
    remember_reward: bool = False
    verify: str = "sample"
    copy: str = "copy:deepcopy"
    prepare: str = ""
    limit: int = 100_000

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "options", tuple((str(name), value) for name, value in self.options))
        put(self, "features", tuple((str(name), str(of)) for name, of in self.features))
        for field in ("key", "outcome"):
            given = getattr(self, field)
            put(self, field, (given,) if isinstance(given, str) and given else tuple(given))
        for field in ("actions", "seeds"):
            put(self, field, tuple(getattr(self, field)))
        if not self.key:
            raise WorldError(f"{type(self).__name__}: key is empty; name what makes up a state.")

    def names(self) -> tuple[str, ...]:
        """The dotted paths that building follows, other than those of the defaults."""
        readings = (self.key, self.outcome, self.legal, [of for _, of in self.features])
        own = (type(self).make, type(self).copy)
        functions = [path for path in (self.make, self.copy) if path not in own]
        return paths_in(functions, self.off, self.prepare, readings, [v for _, v in self.options])

    def build(self) -> World:
        """The environment, made and explored."""
        options: dict[str, Any] = dict(self.options)
        env = resolve(self.make)(**options)
        named = None if self.off is None else self.off if self.off in ENDS else resolve(self.off)
        return explore_env(
            env,
            key=self._together(self.key),
            features={name: self._reading(of) for name, of in self.features},
            outcome=self._together(self.outcome) if self.outcome else None,
            off=named,
            actions=self.actions,
            default=self.default,
            legal=self._reading(self.legal) if self.legal else None,
            seeds=self.seeds or None,
            tolerance=self.tolerance,
            remember_reward=self.remember_reward,
            verify=self.verify,
            copy=resolve(self.copy),
            prepare=resolve(self.prepare) if self.prepare else None,
            limit=self.limit,
            progress=False,
            name="" if self.make == type(self).make else show(self),
        )

    def _together(self, readings: tuple[str, ...]) -> Callable[[Any], Any]:
        each = [self._reading(reading) for reading in readings]
        if len(each) == 1:
            return each[0]
        return lambda env: tuple(read(env) for read in each)

    def _reading(self, of: str) -> Callable[[Any], Any]:
        """A function of the environment, by its path or by the attribute that it reads."""
        if ":" in of:
            found: Callable[[Any], Any] = resolve(of)
            return found

        def read(env: Any) -> Any:
            value = env
            for piece in of.split("."):
                if piece.startswith("__"):
                    raise WorldError(
                        f"{show(self)}: {of!r} reads {piece}, which is Python's own. Name an attribute "
                        "of the environment's author."
                    )
                if not hasattr(value, piece):
                    raise WorldError(
                        f"{show(self)}: {type(env).__name__} has no attribute {of!r}. Name an "
                        "attribute, or a function by its dotted path, as in my_lab.envs:fuel_left."
                    )
                value = getattr(value, piece)
            return value() if callable(value) else value

        return read
