"""A table held against the environment that carries it: some thousand steps, compared one by one."""

import sys
from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from telos.core.errors import WorldError
from telos.core.evidence import against, threshold
from telos.core.foreign import check_step, raised
from telos.core.numbers import integers
from telos.core.shown import shown

#: Steps made in all: at least this many, and a multiple of the number of pairs up to the greatest. A taxi
#: of 3,000 pairs, whose passenger changes his mind in three episodes of ten, is caught some 30 times.
STEPS, TIMES, MOST = 10_000, 10, 30_000
#: Steps after which a walk begins anew, and resets made at least.
WALK, RESETS = 300, 50

#: Wrappers that change no transition: they count, check, draw pictures, or pay otherwise.
HARMLESS = frozenset(
    {
        "TimeLimit",
        "OrderEnforcing",
        "PassiveEnvChecker",
        "RecordEpisodeStatistics",
        "RecordVideo",
        "HumanRendering",
        "RenderCollection",
        "AddWhiteNoise",
        "ObstructView",
        "TransformReward",
        "ClipReward",
        "NormalizeReward",
    }
)

#: (next state, whether the episode ends there).
To = tuple[int, bool]


def check_wrappers(env: Any, title: str) -> None:
    """Refuse an environment with a wrapper that may act outside the table of what it wraps.

    Raises:
        WorldError: naming the wrapper.
    """
    base = getattr(env, "unwrapped", env)
    layer = env
    while layer is not base and layer is not None:
        kind = type(layer)
        shipped = getattr(sys.modules.get("gymnasium.wrappers"), kind.__name__, None) is kind
        changed = {"step", "reset"} & vars(layer).keys()
        if changed or not (shipped and kind.__name__ in HARMLESS):
            raise WorldError(
                f"{title}: the wrapper {kind.__name__} may change what a step does, and the table P of "
                "the environment beneath knows nothing of it. Pass env.unwrapped if it changes no "
                "transition; otherwise explore the whole with telos.explore_env."
            )
        layer = getattr(layer, "env", None)


def check_steps(
    base: Any,
    rows: Mapping[int, Mapping[int, list[tuple[float, int, bool]]]],
    start: Any,
    title: str,
) -> None:
    """Walk through a copy of the environment and compare every reset and step with the table.

    In each state the action tried least often is taken, so that all that can be reached is. Seen are
    the support, the frequencies (evidence beyond 1e-6, over all pairs), what ends the episode, and
    where episodes start. Rewards are not compared: a world has none. An environment without a `step`
    of its own is its table.

    Args:
        base: the bare environment. rows: rows[s][a] lists (probability, next state, whether it ends).
        start: F[S], the start distribution. title: how messages call the environment.

    Raises:
        WorldError: naming the state, the action, what was seen and what the table says.
    """
    if not all(_has_its_own(base, method) for method in ("reset", "step")):
        return
    table = {
        (s, a): _added_up(row) for s, choices in rows.items() for a, row in choices.items() if row
    }
    walker = _Walker(_copied(base), title, table, {s: list(row) for s, row in rows.items()})
    first = {s: float(p) for s, p in enumerate(start) if p > 0}
    walker.walk(min(max(STEPS, TIMES * len(table)), MOST), first)
    walker.check_frequencies(first)


def _has_its_own(base: Any, method: str) -> bool:
    of = getattr(type(base), method, None)
    return callable(of) and getattr(of, "__module__", "") != "gymnasium.core"


def _copied(base: Any) -> Any:
    """A copy to be stepped, which draws no picture; the environment itself where it has none."""
    try:
        made = deepcopy(base)
    except Exception:  # noqa: BLE001 - copying runs whatever code the environment has
        return base
    if getattr(made, "render_mode", None) is not None:
        made.render_mode = None
    return made


def _added_up(row: list[tuple[float, int, bool]]) -> dict[To, float]:
    total: dict[To, float] = {}
    for p, t, end in row:
        if p > 0:
            total[t, end] = total.get((t, end), 0.0) + p
    return total


@final
@dataclass(frozen=True)
class _Walker:
    """Walks through an environment beside its table.

    Args:
        env: the environment. title: how messages call it.
        table: {(state, action): {(next state, ends): probability}}. actions: those of each state.
        seen: what was counted. begun: the states that resets led to.
    """

    env: Any
    title: str
    table: dict[tuple[int, int], dict[To, float]]
    actions: dict[int, list[int]]
    seen: dict[tuple[int, int], Counter[To]] = field(default_factory=dict)
    begun: Counter[int] = field(default_factory=Counter)

    def walk(self, steps: int, first: Mapping[int, float]) -> None:
        """Make `steps` steps, and resets between them."""
        rng = np.random.default_rng(0)
        tried: Counter[tuple[int, int]] = Counter()
        made = number = 0
        while made < steps or number < RESETS:
            s = self._reset(number, first)
            number += 1
            for _ in range(min(WALK, steps - made)):
                least = min(tried[s, a] for a in self.actions[s])
                among = [a for a in self.actions[s] if tried[s, a] == least]
                action = among[int(rng.integers(len(among)))]
                tried[s, action] += 1
                made += 1
                s, end, cut = self._step(s, action)
                if end or cut:
                    break

    def check_frequencies(self, first: Mapping[int, float]) -> None:
        """Raise if a pair, or all of them together, or the starts, speak against the table."""
        evidence = {pair: against(seen, self.table[pair]) for pair, seen in self.seen.items()}
        worst = max(evidence, key=lambda pair: evidence[pair], default=None)
        limit = threshold(2 * len(evidence))
        if worst is not None and (
            evidence[worst] > limit or sum(evidence.values()) > threshold(2) > 0
        ):
            s, a = worst
            self._refuse(s, a, _counted(self.seen[worst]))
        if against(self.begun, first) > threshold(1):
            raise WorldError(
                f"{self.title}: {sum(self.begun.values())} resets led to {_counted(self.begun)}, but "
                f"its table starts in {_listed(first)}. Correct initial_state_distrib."
            )

    def _reset(self, seed: int, first: Mapping[int, float]) -> int:
        try:
            answer = self.env.reset(seed=seed)
        except Exception as problem:
            raise raised(problem, f"{self.title}: reset(seed={seed})") from problem
        s = self._state(answer[0] if isinstance(answer, tuple) and answer else answer, "reset")
        self.begun[s] += 1
        if s not in first:
            raise WorldError(
                f"{self.title}: reset(seed={seed}) leads to state {s}, but its table starts in "
                f"{_listed(first)}. Let it carry initial_state_distrib, one probability a state."
            )
        return s

    def _step(self, s: int, action: int) -> tuple[int, bool, bool]:
        where = f"{self.title}, state {s}, action {action}"
        try:
            answer = self.env.step(action)
        except Exception as problem:
            raise raised(problem, f"{where}: step") from problem
        check_step(where, answer)
        t, end = self._state(answer[0], where), bool(answer[2])
        row = self.table.get((s, action), {})
        if (t, end) not in row:
            self._refuse(s, action, f"to {_place(t, end)}")
        self.seen.setdefault((s, action), Counter())[t, end] += 1
        return t, end, bool(answer[3])

    def _state(self, observation: Any, where: str) -> int:
        """The number of the state: what the environment holds as `s`, or else what it shows."""
        value = getattr(self.env, "s", observation)
        if np.ndim(value) == 0:
            try:
                number = int(integers(value, where, WorldError))
            except WorldError:
                number = -1
            if number in self.actions:
                return number
        raise WorldError(
            f"{where}: {self.title} is in {shown(value)}, which is not one of the {len(self.actions)} "
            "states of its table P. Let the observation, or the attribute s, be the state's number."
        )

    def _refuse(self, s: int, action: int, seen: str) -> None:
        spec = getattr(self.env, "spec", None)
        options = ", ".join(f"{k}={shown(v)}" for k, v in getattr(spec, "kwargs", {}).items())
        raise WorldError(
            f"{self.title}, state {s}, action {action}: steps of the environment lead {seen}, but its "
            f"table P says {_listed(self.table.get((s, action), {}))}. Something acts outside the table"
            f"{f' (it was made with {options})' if options else ''}. Leave that out, or explore the "
            "environment itself with telos.explore_env and a key that holds all that matters."
        )


def _place(t: int, end: bool) -> str:
    return f"{t} and the end" if end else str(t)


def _listed(chance: Mapping[Any, float]) -> str:
    shares = [f"{_name(to)} with {p:.4g}" for to, p in list(chance.items())[:6]]
    return (
        ", ".join(shares) + (f" and {len(chance) - 6} more" if len(chance) > 6 else "") or "nothing"
    )


def _counted(seen: Mapping[Any, int]) -> str:
    total = sum(seen.values())
    shares = [f"to {_name(to)} {n} of {total} times" for to, n in list(seen.items())[:6]]
    return ", ".join(shares)


def _name(to: Any) -> str:
    return _place(*to) if isinstance(to, tuple) else str(to)
