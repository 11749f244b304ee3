"""Models that Storm holds, or builds from PRISM programs and JANI files, as worlds and goals."""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from telos.core.arrays import Floats, Ints
from telos.core.errors import WorldError, install
from telos.core.text import printable
from telos.interop._model import StatedModel, StateTable, allowances, assembled, check_width
from telos.interop._storm_apart import apart
from telos.interop._text import read_text
from telos.interop._transitions import TransitionTable, without_zeros
from telos.interop.rewards import RewardedModel, expected, matched

#: The kinds of model that are Markov decision processes.
KINDS = ("MDP", "DTMC")
#: What else a model of Storm may be, by the attribute that says so.
OTHERS = {
    "is_symbolic_model": "a symbolic model; build a sparse one, with stormpy.build_model",
    "has_parameters": "a parametric model; give its parameters values first",
    "supports_uncertainty": "a model with intervals; give its probabilities values first",
    "is_partially_observable": "a partly observed model, which a world is not",
}
#: 64 MiB: programs are written by hand.
MOST_PROGRAM = 2**26
#: How long Storm may build, unless the caller allows more.
MOST_SECONDS = 3600.0


def read_storm(
    model: Any, *, default: str = "", allow: str | Iterable[str] = (), name: str = "Storm's model"
) -> RewardedModel:
    """A sparse model of stormpy, a Markov decision process or a Markov chain, to the last digit.

    Labels become features, `init` the first state, reward models goals by name, labels of choices names of
    actions (several labels of one choice are joined by ``+``). Where Storm knows the variables of the
    states, they become features too, and a state is called by their values.

    Args:
        model: what `stormpy.build_model` returns, say.
        default: the action of doing nothing; it must be legal in every state.
        allow: ``deadlocks`` (a state without an action gets the action ``loop``), ``several starts``
            (several states labeled `init` are equally likely).
        name: how messages call the world.

    Returns:
        The world, its goals and the mapping back; see `RewardedModel`.

    Raises:
        WorldError: if it is another kind of model, or what it holds is not a world.
        GoalsError: if a reward is not finite.

    References:
        Hensel et al. (2022), The Probabilistic Model Checker Storm.
    """
    return assembled(_found_in(model, name), default, allow)


def read_prism(
    path: str | os.PathLike[str],
    constants: Mapping[str, float | str] | str = "",
    *,
    default: str = "",
    allow: str | Iterable[str] = (),
    most: int = MOST_PROGRAM,
    seconds: float = MOST_SECONDS,
) -> RewardedModel:
    """A program in the PRISM language, as Storm builds it; needs stormpy (extra `storm`).

    A short program may have any number of states. Storm builds all of them, with no limit of its own, in a
    process of its own: if that runs out of memory, stack or time, the program is refused.

    Args:
        path: the program, of an MDP or a DTMC.
        constants: values of its undefined constants, as {"N": 3} or "N=3".
        default: the action of doing nothing; it must be legal in every state.
        allow: ``deadlocks``, ``several starts``, as for `read_storm`.
        most: the largest size of the file in bytes.
        seconds: how long Storm may take.

    Returns:
        The world, its goals and the mapping back; see `RewardedModel`.

    Raises:
        WorldError: with Storm's own words, if Storm cannot build it; or as `read_storm`.

    References:
        Kwiatkowska et al. (2011), PRISM 4.0: Verification of Probabilistic Real-Time Systems.
    """
    return _built(stormpy_program, _checked(path, most), constants, seconds, default, allow)


def read_jani(
    path: str | os.PathLike[str],
    constants: Mapping[str, float | str] | str = "",
    *,
    default: str = "",
    allow: str | Iterable[str] = (),
    most: int = MOST_PROGRAM,
    seconds: float = MOST_SECONDS,
) -> RewardedModel:
    """A model in the JANI format, as Storm builds it; needs stormpy (extra `storm`).

    Args:
        path: the model, of an MDP or a DTMC.
        constants, default, allow, most, seconds: as for `read_prism`.

    Returns:
        The world, its goals and the mapping back; see `RewardedModel`.

    Raises:
        WorldError: with Storm's own words, if Storm cannot build it; or as `read_storm`.

    References:
        Budde et al. (2017), JANI: Quantitative Model and Tool Interaction.
    """
    return _built(stormpy_jani, _checked(path, most), constants, seconds, default, allow)


def _stormpy() -> Any:
    """The package, imported when it is needed."""
    try:
        import stormpy
    except ImportError:
        raise WorldError(
            f"stormpy is not installed. {install('storm')}. DRN and explicit files are read without it."
        ) from None
    if not hasattr(stormpy, "instantiate_constants"):
        raise WorldError("this stormpy is too old; install stormpy 2.0 or later.")
    return stormpy


def _checked(path: str | os.PathLike[str], most: int) -> str:
    """The path, if it names a regular text file of bounded size."""
    return read_text(path, most).path


def _built(
    parse: Callable[[str], Any],
    where: str,
    constants: Mapping[str, float | str] | str,
    seconds: float,
    default: str,
    allow: str | Iterable[str],
) -> RewardedModel:
    _stormpy()
    allowed = allowances(where, allow)
    constants = constants if isinstance(constants, str) else dict(constants)
    found = apart(where, build, (parse, where, constants), seconds)
    return assembled(found, default, allowed)


def stormpy_program(where: str) -> Any:
    """The PRISM program in a file, as Storm parses it."""
    return _stormpy().parse_prism_program(where)


def stormpy_jani(where: str) -> Any:
    """The JANI model in a file, as Storm parses it."""
    return _stormpy().parse_jani_model(where)[0]


def build(
    parse: Callable[[str], Any], where: str, constants: Mapping[str, float | str] | str
) -> StatedModel:
    """What Storm makes of a file, in this process.

    Args:
        parse: `stormpy_program` or `stormpy_jani`. where: the file. constants: as for `read_prism`.

    Raises:
        WorldError: with Storm's own words, if it cannot.
    """
    stormpy = _stormpy()
    program = _asked(where, lambda: parse(where))
    if constants:
        program, _ = _asked(where, lambda: stormpy.instantiate_constants(program, constants))
    if program.has_undefined_constants:
        missing = sorted(c.name for c in program.constants if not c.defined)
        raise WorldError(
            f"{where}: constants without a value: {', '.join(missing)}. Give them, as in "
            f"constants={{{missing[0]!r}: 3}}."
        )
    options = stormpy.BuilderOptions(build_full=True)
    model = _asked(where, lambda: stormpy.build_model(program, options=options))
    return _found_in(model, Path(where).stem)


def _asked(where: str, ask: Any) -> Any:
    """What Storm answers. Its exceptions come in many classes, most of them RuntimeError."""
    try:
        return ask()
    except Exception as problem:  # noqa: BLE001 - a foreign library, given a third-party program
        said = " ".join(printable(problem, keep="").split())[:400]
        raise WorldError(
            f"{where}: Storm says: {said} Correct the file or the constants."
        ) from None


def _found_in(model: Any, name: str) -> StatedModel:
    """What a model says. Raises WorldError, as `read_storm`."""
    kind = getattr(getattr(model, "model_type", None), "name", None)
    if kind is None:
        raise WorldError(
            f"read_storm takes a sparse model of stormpy, not a {type(model).__name__}; build one with "
            "stormpy.build_model."
        )
    for attribute, what in OTHERS.items():
        if getattr(model, attribute, False):
            raise WorldError(f"{name}: {what}.")
    if kind not in KINDS:
        raise WorldError(f"{name}: a {kind}; only an MDP and a DTMC are Markov decision processes.")
    read = _transitions(model, kind)
    labels = {
        label: np.array(list(model.labeling.get_states(label)), dtype=np.int64)
        for label in sorted(model.labeling.get_labels())
    }
    rewards = dict(sorted(model.reward_models.items()))
    check_width(name, len(rewards), read.size + len(read.action))
    paid = {title or "reward": _rewards(each, read) for title, each in rewards.items()}
    return StatedModel(name, name, read, labels, rewards=paid, table=_table(model))


def _transitions(model: Any, kind: str) -> TransitionTable:
    """The matrix, row by row."""
    matrix = model.transition_matrix
    size = int(model.nr_states)
    groups = (
        np.array(list(model.nondeterministic_choice_indices), dtype=np.int64)
        if kind == "MDP"
        else np.arange(size + 1)
    )
    fan = np.array([len(matrix.get_row(row)) for row in range(matrix.nr_rows)], dtype=np.int64)
    column, value = _entries(matrix)
    codes: dict[str, int] = {}
    action = np.full(len(fan), -1)
    if model.has_choice_labeling():
        for choice in range(len(fan)):
            title = "+".join(sorted(model.choice_labeling.get_labels_of_choice(choice)))
            if title:
                action[choice] = codes.setdefault(title, len(codes))
    next_ptr = np.concatenate(([0], np.cumsum(fan)))
    read = TransitionTable(size, groups, next_ptr, column, value, action, list(codes), [])
    return without_zeros(read)


def _entries(matrix: Any) -> tuple[Ints, Floats]:
    """Columns and values of all entries, row by row."""
    pairs = [(entry.column, entry.value) for entry in matrix]
    column = np.array([c for c, _ in pairs], dtype=np.int64)
    return column, np.array([float(v) for _, v in pairs], dtype=np.float64)


def _rewards(rewards: Any, read: TransitionTable) -> tuple[Floats | None, Floats | None]:
    """What states pay, and what choices pay: for themselves, and in expectation for their transitions."""
    of_state = of_choice = None
    if rewards.has_state_rewards:
        of_state = np.array([float(v) for v in rewards.state_rewards])
    if rewards.has_state_action_rewards:
        of_choice = np.array([float(v) for v in rewards.state_action_rewards])
    if rewards.has_transition_rewards:
        matrix = rewards.transition_rewards
        fan = [len(matrix.get_row(row)) for row in range(matrix.nr_rows)]
        column, value = _entries(matrix)
        code = np.repeat(np.arange(len(fan)), fan) * read.size + column
        owner = np.repeat(np.arange(len(fan)), np.diff(read.next_ptr))
        each = matched(owner * read.size + read.next_state, code, value)
        mean = expected(read.next_prob, read.next_ptr, each)
        of_choice = mean if of_choice is None else of_choice + mean
    return of_state, of_choice


def _table(model: Any) -> StateTable | None:
    """The variables of the states and their values, if Storm kept them and they tell states apart."""
    if not model.has_state_valuations():
        return None
    valuations = model.state_valuations
    variables = sorted(valuations.get_all_variables(), key=lambda variable: str(variable.name))
    columns = [valuations.get_values_states(variable) for variable in variables]
    rows = list(zip(*columns, strict=True))
    plain = all(isinstance(value, int) for row in rows for value in row)
    if not columns or not plain or len(set(rows)) < len(rows):
        return None
    return StateTable([str(variable.name) for variable in variables], rows)
