"""Reading a tabular environment: from Gymnasium's `P` to the compressed lists of a World."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.errors import WorldError, did_you_mean
from telos.core.foreign import check_interface, raised
from telos.core.numbers import integers, real, reals
from telos.core.replay import check_steps, check_wrappers
from telos.core.shown import shown

Row = list[tuple[float, int, bool]]


def read_table(
    env: Any,
    features: Mapping[str, Any],
    outcome: Any,
    default: int | str | None,
    action_names: tuple[str, ...],
    name: str,
) -> dict[str, Any]:
    """The fields of a World, read from ``env.unwrapped.P``; see `World.from_gymnasium`.

    Returns:
        A dictionary of the arguments of `World.from_arrays`.

    Raises:
        WorldError: if there is no such table, a row of it is malformed, a wrapper may act outside it,
            or the environment's own steps contradict it.
    """
    base = getattr(env, "unwrapped", env)
    try:
        table = getattr(base, "P", None)
    except Exception as problem:
        raise raised(problem, f"{type(base).__name__}: its attribute P") from problem
    spec = getattr(env, "spec", None)
    title = name or str(getattr(spec, "id", None) or type(base).__name__)
    check_interface(env, title)
    if table is None or not hasattr(table, "__len__") or not len(table):
        raise WorldError(
            f"{title}: no transition table. from_gymnasium needs env.unwrapped.P[state][action] = "
            "[(probability, next state, reward, terminated), ...]."
        )
    check_wrappers(env, title)
    rows = _rows(table, title)
    start = _start(base, len(table), title)
    check_steps(base, rows, start, title)
    states, built = _absorb(rows, start)
    names = _action_names(built, action_names, title)
    origin = np.array([s[0] if isinstance(s, tuple) else s for s in states])
    fields = _compressed(built)
    fields["states"] = tuple(states)
    fields["actions"] = names
    fields["features"] = {
        k: _per_state(v, origin, f"feature {k!r}", title) for k, v in features.items()
    }
    if outcome is not None:
        fields["outcome"], fields["outcomes"] = _outcomes(outcome, origin, title)
    if default is not None:
        fields["default"] = _default_pairs(default, names, fields, title)
    fields["start"] = np.concatenate((start, np.zeros(len(states) - len(start))))
    fields["name"] = title
    return fields


def _rows(table: Any, title: str) -> dict[int, dict[int, Row]]:
    size = len(table)
    rows: dict[int, dict[int, Row]] = {}
    for s, by_action in _numbered(table, f"{title}: a state of P"):
        where = f"{title}, state {s}"
        rows[s] = {
            a: [_entry(e, f"{where}, action {a}") for e in _listed(row, f"{where}, action {a}")]
            for a, row in _numbered(by_action, f"{where}: an action of P")
        }
    if sorted(rows) != list(range(size)):
        raise WorldError(f"{title}: the states of P must be numbered 0 to {size - 1}.")
    for s, choices_of_s in rows.items():
        for a, row in choices_of_s.items():
            for _, t, _ in row:
                if not 0 <= t < size:
                    raise WorldError(f"{title}, state {s}, action {a}: leads to {t}, not in P.")
    return rows


def _numbered(listed: Any, what: str) -> Iterator[tuple[int, Any]]:
    """What a list or a dictionary holds under each number."""
    if isinstance(listed, Mapping):
        for key, value in listed.items():
            yield int(integers(key, what, WorldError)), value
        return
    try:
        yield from enumerate(listed)
    except TypeError:
        raise WorldError(
            f"{what} leads to {shown(listed)}; P is a list or dictionary of states, each of actions."
        ) from None


def _listed(row: Any, where: str) -> Iterable[Any]:
    if isinstance(row, str | bytes | Mapping) or not isinstance(row, Iterable):
        raise WorldError(
            f"{where}: {shown(row)} is not a list of (probability, next state, reward, terminated)."
        )
    return row


def _entry(entry: Any, where: str) -> tuple[float, int, bool]:
    try:
        probability, successor, _, terminated = entry
    except (TypeError, ValueError):
        raise WorldError(
            f"{where}: {shown(entry)} is not (probability, next state, reward, terminated)."
        ) from None
    if not real(probability) >= 0:
        raise WorldError(f"{where}: probability {shown(probability)} is not a number from 0 to 1.")
    if not (isinstance(terminated, bool | np.bool_ | int | float) and terminated in (0, 1)):
        raise WorldError(f"{where}: terminated is {shown(terminated)}; give True or False.")
    to = int(integers(successor, f"{where}: the next state", WorldError))
    return real(probability), to, bool(terminated)


def _absorb(
    rows: dict[int, dict[int, Row]], start: Floats
) -> tuple[list[Hashable], list[dict[int, Row]]]:
    """Turn every terminated entry into an absorbing state: in place, or as a copy of its own.

    A copy is needed where one can also be in the state without an end: after a step that did not end
    the episode, or because episodes start there.
    """
    ends: set[int] = set()
    passed: set[int] = {int(s) for s in np.flatnonzero(start)}
    for s, choices in rows.items():
        for row in choices.values():
            for p, t, terminated in row:
                if p > 0 and terminated:
                    ends.add(t)
                elif p > 0 and t != s:
                    passed.add(t)
    size = len(rows)
    copies = {t: size + i for i, t in enumerate(sorted(ends & passed))}
    states: list[Hashable] = [*range(size), *((t, "end") for t in copies)]
    built: list[dict[int, Row]] = []
    for s in range(size):
        if s in ends and s not in copies:
            built.append({a: [(1.0, s, True)] for a in rows[s]})
            continue
        built.append(
            {
                a: _merged([(p, copies.get(t, t) if end else t, end) for p, t, end in row])
                for a, row in rows[s].items()
            }
        )
    built.extend({a: [(1.0, copies[t], True)] for a in rows[t]} for t in copies)
    return states, built


def _merged(row: Row) -> Row:
    """One entry a successor: toy environments list a slip into the same wall twice."""
    total: dict[int, float] = {}
    for p, t, _ in row:
        if p != 0:
            total[t] = total.get(t, 0.0) + p
    return [(p, t, False) for t, p in total.items()]


def _compressed(rows: list[dict[int, Row]]) -> dict[str, Any]:
    pair_ptr, pair_action, next_ptr = [0], [], [0]
    next_state: list[int] = []
    next_prob: list[float] = []
    for choices in rows:
        for a, row in choices.items():
            pair_action.append(a)
            next_state.extend(t for _, t, _ in row)
            next_prob.extend(p for p, _, _ in row)
            next_ptr.append(len(next_state))
        pair_ptr.append(len(pair_action))
    return {
        "pair_ptr": np.array(pair_ptr),
        "pair_action": np.array(pair_action, dtype=np.int64),
        "next_ptr": np.array(next_ptr),
        "next_state": np.array(next_state, dtype=np.int64),
        "next_prob": np.array(next_prob, dtype=np.float64),
    }


def _action_names(
    rows: list[dict[int, Row]], names: tuple[str, ...], title: str
) -> tuple[str, ...]:
    count = 1 + max((a for choices in rows for a in choices), default=-1)
    if not names:
        return tuple(str(a) for a in range(count))
    if len(names) < count:
        raise WorldError(f"{title}: {len(names)} action names for {count} actions.")
    return tuple(names)


def _per_state(values: Any, origin: Any, what: str, title: str) -> Any:
    size = int(origin.max()) + 1
    if isinstance(values, Callable):  # type: ignore[arg-type]
        by_state = np.array([values(int(s)) for s in range(size)])
    else:
        by_state = reals(values, f"{title}: {what}", WorldError)
    if by_state.shape[:1] != (size,):
        raise WorldError(f"{title}: {what} has {by_state.shape} values for {size} states.")
    return by_state[origin]


def _outcomes(values: Any, origin: Any, title: str) -> tuple[Any, tuple[Hashable, ...]]:
    """Each state's outcome by number, in the order in which states meet them, and their names."""
    size = int(origin.max()) + 1
    if callable(values):
        listed = [values(s) for s in range(size)]
    else:
        listed = values.tolist() if isinstance(values, np.ndarray) else list(values)
    if len(listed) != size:
        raise WorldError(f"{title}: outcome has {len(listed)} values for {size} states.")
    numbers: dict[Hashable, int] = {}
    try:
        labels = [numbers.setdefault(label, len(numbers)) for label in listed]
    except TypeError as problem:
        raise WorldError(f"{title}: an outcome must be hashable ({problem}); use tuples.") from None
    return np.array(labels)[origin], tuple(numbers)


def _default_pairs(
    default: int | str, names: tuple[str, ...], fields: dict[str, Any], title: str
) -> Any:
    if isinstance(default, str):
        if default not in names:
            raise WorldError(f"{title}: no action {default!r}. {did_you_mean(default, names)}")
        default = names.index(default)
    ptr, action = fields["pair_ptr"], fields["pair_action"]
    pairs = []
    for s in range(len(ptr) - 1):
        here = np.flatnonzero(action[ptr[s] : ptr[s + 1]] == default)
        if len(here) == 0:
            raise WorldError(f"{title}, state {s}: the default action {default} is not legal here.")
        pairs.append(ptr[s] + here[0])
    return np.array(pairs)


def _start(base: Any, size: int, title: str) -> Floats:
    """F[S], where episodes start: state 0 unless the environment says otherwise."""
    given = getattr(base, "initial_state_distrib", None)
    if given is None:
        return floats(np.eye(1, size)[0])
    start = reals(given, f"{title}: initial_state_distrib", WorldError)
    if start.shape != (size,):
        raise WorldError(f"{title}: initial_state_distrib has {start.size} entries, not {size}.")
    return start
