"""Explicit transition files of PRISM and Storm as worlds, and worlds as such files."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, final

import numpy as np

from telos.core.errors import WorldError
from telos.core.goals import Goals
from telos.core.parts import AbstractScenario
from telos.core.world import World
from telos.interop._explicit_read import (
    read_choices,
    read_labels,
    read_numbers,
    read_transition_numbers,
    read_transitions,
    read_variables,
)
from telos.interop._explicit_write import written
from telos.interop._model import NumberFile, StatedModel, allowances, assembled
from telos.interop._text import MOST_BYTES, TextFile, as_text, path_of, read_bytes, read_text
from telos.interop._transitions import with_loops
from telos.interop.rewards import RewardedModel, expected, paid


@final
@dataclass(frozen=True)
class ExplicitWorld(AbstractScenario):
    """A Markov decision process in the explicit files of PRISM or Storm, whichever each file is.

    `P(s' | s, a)` is the number that the transition file gives, rescaled where a sum is within 1e-9
    of 1; state number n of the file is state number n of the world. A label becomes a feature, 1
    in the states that carry it; `init` marks the first state, and `deadlock` (states that PRISM had
    to give a loop) is dropped. A variable of the state file becomes a feature too (true is 1), and
    a state is then called by the values of its variables. Every state is an outcome of its own unless
    `outcome` says otherwise. A choice without a name is called by its number, ``a0``; a
    second choice of the same name in a state is called ``name.2``.

    What the two formats cannot express is in files of state rewards, `values`, under three names that
    are not features: ``start`` holds the chance of beginning in each state, ``outcome`` the number of
    each state's outcome, and ``default`` the number of the choice of doing nothing in it.

    Args:
        tra: path of the transitions (`.tra`).
        lab: path of the labels (`.lab`); without it, state 0 is the first.
        sta: path of the variables of each state (PRISM's `.sta`), if there is one.
        choices: path of the names of the choices (Storm's choice labels), if there is one. PRISM
            names them in the transition file.
        values: pairs (feature, path of a file of state rewards), or a mapping: one number a state.
        actions: pairs (name in the files, name in the world), in the order in which the
            world lists its actions; others follow under the names they have.
        default: the action of doing nothing, as the world calls it; it must be legal in every state.
        outcome: features whose values together are the outcome of a state. Both come before `values`.
        allow: what is otherwise refused: ``deadlocks`` (a state without a choice gets the action
            ``loop``), ``several starts`` (several states labeled `init`, which PRISM leaves to an
            adversary, are equally likely).
        digest: sixteen hexadecimal digits that name the contents of all files, in the order above. Left
            empty, it is taken from the files as they are now; so a trial's key changes with what is in
            them, and a recipe that was written down refuses files that have changed since.
        most: the largest size of a file, in bytes; larger ones are refused.

    Raises:
        WorldError: naming the file, the line, the value and the remedy.

    Example:
        >>> import tempfile
        >>> tra = Path(tempfile.mkdtemp()) / "door.tra"
        >>> _ = tra.write_text("mdp\\n0 0 0 1\\n0 1 0 0.5\\n0 1 1 0.5\\n1 0 1 1\\n")
        >>> ExplicitWorld(tra=str(tra)).build()
        <World door: 2 states, 3 pairs, 2 outcomes>

    References:
        Kwiatkowska et al. (2011), PRISM 4.0: Verification of Probabilistic Real-Time Systems;
        Hensel et al. (2022), The Probabilistic Model Checker Storm.
    """

    outside: ClassVar[bool] = True

    tra: str
    lab: str = ""
    sta: str = ""
    choices: str = ""
    values: tuple[tuple[str, str], ...] = ()
    actions: tuple[tuple[str, str], ...] = ()
    default: str = ""
    outcome: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    digest: str = ""
    most: int = MOST_BYTES

    def __post_init__(self) -> None:
        put = object.__setattr__
        try:
            for field in ("tra", "lab", "sta", "choices"):
                put(self, field, os.fsdecode(getattr(self, field)))
            given = self.values.items() if isinstance(self.values, Mapping) else self.values
            put(self, "values", tuple((str(n), os.fsdecode(path)) for n, path in _pairs(given)))
            put(self, "actions", tuple((str(old), str(new)) for old, new in _pairs(self.actions)))
            for field in ("outcome", "allow"):
                names = getattr(self, field)
                put(self, field, (names,) if isinstance(names, str) else tuple(names))
        except (TypeError, ValueError) as problem:
            raise WorldError(
                f"ExplicitWorld: {problem}. Give paths as text, values as pairs (feature, path), actions "
                "as pairs (name in the files, name in the world), outcome and allow as tuples."
            ) from None
        allowances("ExplicitWorld", self.allow)
        for column in zip(*self.actions, strict=True):
            if len(set(column)) < len(column):
                raise WorldError(f"ExplicitWorld: actions names one twice: {column}.")
        if not self.digest:
            put(self, "digest", _digest(self._read()))

    def build(self) -> World:
        """The world that the files describe."""
        data = self._read()
        if (found := _digest(data)) != self.digest:
            raise WorldError(
                f"{self.tra}: the files have changed: their digest is {found}, not {self.digest}. Bring "
                "the old files back, or give digest='' to read these."
            )
        return self._world(data)

    def _world(self, data: dict[str, bytes]) -> World:
        """The world that files of these contents describe; the contents are released during the reading."""

        def text(path: str) -> TextFile:
            return as_text(path, data[path])

        read = read_transitions(text(self.tra))
        read = with_loops(self.tra, read, allowed="deadlocks" in self.allow)
        model = StatedModel(
            path=self.tra,
            name=Path(self.tra).stem,
            read=read,
            labels=read_labels(text(self.lab), read.size) if self.lab else None,
            labels_path=self.lab,
            table=read_variables(text(self.sta), read.size) if self.sta else None,
            choices=read_choices(text(self.choices), read) if self.choices else None,
            numbers={
                name: NumberFile(path, read_numbers(text(path), read.size))
                for name, path in self.values
            },
        )
        data.clear()  # a third of the memory that reading takes
        return assembled(model, self.default, self.allow, dict(self.actions), self.outcome).world

    def _read(self) -> dict[str, bytes]:
        optional = [path for path in (self.lab, self.sta, self.choices) if path]
        paths = (self.tra, *optional, *(path for _, path in self.values))
        return {path: read_bytes(path, self.most) for path in paths}


def read_explicit(
    tra: str | os.PathLike[str],
    lab: str | os.PathLike[str] = "",
    *,
    sta: str | os.PathLike[str] = "",
    choices: str | os.PathLike[str] = "",
    values: Mapping[str, str | os.PathLike[str]] | None = None,
    default: str = "",
    outcome: Iterable[str] = (),
    allow: Iterable[str] = (),
    most: int = MOST_BYTES,
) -> World:
    """The world in explicit files of PRISM or Storm; `ExplicitWorld` says how they are read.

    Args:
        tra, lab, sta, choices: paths of the transitions, labels, variables and names of choices.
        values: {feature: path of a file of state rewards}.
        default: the action of doing nothing.
        outcome: features whose values together are the outcome of a state.
        allow: ``deadlocks``, ``several starts``: what is otherwise refused.
        most: the largest size of a file, in bytes.

    Returns:
        The world.

    Raises:
        WorldError: naming the file, the line, the value and the remedy, whatever is in the files.

    Example:
        >>> import tempfile
        >>> tra = Path(tempfile.mkdtemp()) / "loop.tra"
        >>> _ = tra.write_text("1 1 1\\n0 0 0 1 stay\\n")
        >>> read_explicit(tra, default="stay").actions
        ('stay',)
    """
    recipe = ExplicitWorld(
        tra=tra,  # type: ignore[arg-type]
        lab=lab,  # type: ignore[arg-type]
        sta=sta,  # type: ignore[arg-type]
        choices=choices,  # type: ignore[arg-type]
        values=values or (),  # type: ignore[arg-type]
        default=default,
        outcome=outcome,  # type: ignore[arg-type]
        allow=allow,  # type: ignore[arg-type]
        most=most,
        digest="of a world that is read once",  # and so it is not taken
    )
    return recipe._world(recipe._read())


def read_rewards(
    world: World,
    states: str | os.PathLike[str] = "",
    transitions: str | os.PathLike[str] = "",
    *,
    name: str = "reward",
    most: int = MOST_BYTES,
) -> RewardedModel:
    """The rewards in explicit files, as a goal for the world that `read_explicit` made of its transitions.

    What a state pays and what a transition pays are added up: `R(s) + sum P(s' | s, a) R(s, a, s')`. A
    reward that depends on the action is paid in a state of its own; see `RewardedModel`.

    Args:
        world: the world, with states and choices numbered as in the files.
        states: path of a file of state rewards (PRISM's `.srew`, Storm's `.state.rew`), if there is one.
        transitions: path of a file of transition rewards (`.trew`, `.trans.rew`), lines of ``state choice
            successor reward``, if there is one. TransitionTable without a line pay nothing.
        name: how the goal is called.
        most: the largest size of a file in bytes.

    Returns:
        The world, its goal and the mapping back.

    Raises:
        WorldError: naming the file, the line, the value and the remedy.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "coin.trew"
        >>> _ = path.write_text("0 0 1 4\\n")
        >>> coin = World.from_arrays([0, 1, 2], [0, 0], [0, 2, 3], [0, 1, 1], [0.5, 0.5, 1.0])
        >>> read_rewards(coin, transitions=path).goals.reward.tolist()
        [[2.0, 0.0]]
    """
    srew, trew = path_of(states), path_of(transitions)
    if not srew and not trew:
        raise WorldError("read_rewards: no file; name one of states and transitions.")
    rewards = np.zeros(world.n_pairs)
    if srew:
        rewards += read_numbers(read_text(srew, most), world.size)[world.pair_state]
    if trew:
        each = read_transition_numbers(read_text(trew, most), world)
        rewards += expected(world.next_prob, world.next_ptr, each)
    return paid(world, rewards[None], (name,))


def write_explicit(
    world: World,
    tra: str | os.PathLike[str],
    lab: str | os.PathLike[str] = "",
    *,
    dialect: str = "storm",
    goals: Goals | None = None,
) -> ExplicitWorld:
    """Write a world as explicit files, and say how to read them back.

    Features of 0 and 1 with a name that a property can contain become labels; every other feature
    a file of state rewards, beside the transitions, with 17 significant digits where needed. Reading
    the recipe back gives the same world to the last digit, except that states (and outcomes) go by
    their numbers. Files of the same names are replaced.

    Args:
        world: the world.
        tra: path of the transitions; the other files take its name with other endings.
        lab: path of the labels; the transitions' with `.lab` unless given.
        dialect: ``storm`` or ``prism``.
        goals: written as files of state rewards too, `.goal0.` and so on; not part of the recipe.

    Returns:
        The recipe that reads the files back.

    Raises:
        WorldError: if a file cannot be written, or a feature has one of the names ``start``,
            ``outcome`` and ``default``.

    Example:
        >>> import tempfile
        >>> from telos import explore
        >>> world = explore("hall", lambda s: {"stay": s, "leave it": "yard"})
        >>> recipe = write_explicit(world, Path(tempfile.mkdtemp()) / "house.tra", dialect="prism")
        >>> print(Path(recipe.tra).read_text().splitlines()[2])
        0 1 1 1.0 leave_it
        >>> recipe.build().actions
        ('stay', 'leave it')
    """
    files = written(world, Path(tra), Path(lab) if os.fspath(lab) else None, dialect, goals)
    for path, text in files.texts.items():
        try:
            Path(path).write_text(text, encoding="utf-8", newline="\n")
        except (OSError, ValueError) as problem:
            reason = getattr(problem, "strerror", None) or problem
            raise WorldError(
                f"{path}: cannot be written ({reason}). Name a folder that is there."
            ) from None
    return ExplicitWorld(
        tra=files.tra,
        lab=files.lab,
        choices=files.choices,
        values=files.values,
        actions=files.actions,
    )


def _pairs(given: Iterable[Any]) -> Iterable[Any]:
    """The same; a word of two letters is not a pair, though Python would unpack it."""
    for pair in given:
        if isinstance(pair, str):
            raise TypeError(f"{pair!r} is not a pair")
        yield pair


def _digest(data: dict[str, bytes]) -> str:
    """Sixteen digits for the contents, one after the other with their lengths; paths do not matter."""
    found = hashlib.sha256()
    for content in data.values():
        found.update(b"%d:" % len(content) + content)
    return found.hexdigest()[:16]
