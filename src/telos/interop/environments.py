"""explore_env: the world of a third-party environment, found by trying every action in copies of it."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from telos.core.errors import GoalsError, WorldError, did_you_mean
from telos.core.estimated import Estimated
from telos.core.foreign import check_interface
from telos.core.goals import Goals
from telos.core.numbers import real
from telos.core.shown import shown
from telos.core.world import World
from telos.interop import _generators
from telos.interop._odds import LEVEL, OddsFinder
from telos.interop._outside import OutsideGenerators
from telos.interop._reader import ENDS, EnvReader, EnvState, default_number, named_actions
from telos.interop._search import FoundStates, StateSearch, watched
from telos.interop._walks import STEPS, RandomWalks

#: Resets with other seeds, to see whether the start is a matter of chance.
RESETS = 8
#: The most draws of a step that can be asked for.
MOST_CHANCES = 10_000


def explore_env(
    env: Any,
    *,
    key: Callable[[Any], Hashable],
    features: Mapping[str, Callable[[Any], float]] | None = None,
    outcome: Callable[[Any], Hashable] | None = None,
    off: str | Callable[[Any, float], bool] | None = None,
    actions: tuple[str, ...] | Mapping[str, Any] = (),
    default: int | str | None = None,
    legal: Callable[[Any], Any] | None = None,
    seeds: Iterable[int] | Mapping[int, float] | None = None,
    chances: int | Literal["auto"] = "auto",
    tolerance: float = 0.05,
    remember_reward: bool = False,
    verify: str = "sample",
    copy: Callable[[Any], Any] = deepcopy,
    prepare: Callable[[Any], None] | None = None,
    reseed: Callable[[Any, int], None] | None = None,
    limit: int = 100_000,
    progress: bool = True,
    name: str = "",
) -> World:
    """The world of everything that can happen in a Gymnasium-style environment.

    The search is breadth-first from the resets: each legal action of each state is tried in a copy of
    the environment. Two situations are one state iff their keys are equal and both or neither end the
    episode. Rewards are dropped, unless `remember_reward`. A terminated step leads to a state that
    loops forever; if its key is also entered without termination, or ended with in two paths (see
    `off`), the end is named `(key, 'end')` or `(key, 'off')`. Truncation is not an end: the
    search goes on, so a time limit changes nothing as long as the key does not hold its counter.

    *Is the key a state?* Whatever is read in a state (legal actions, outcome, features) must be the
    same by every path that leads there, and so must be what its actions lead to. Three levels:

    - ``verify="none"`` compares what is read, whenever a state is reached again; it costs nothing.
    - ``"sample"`` also tries one action in each state reached again (a state's actions take turns),
      then makes random walks of 2,000 steps or more, as many as there are pairs, through the
      environment itself and compares them with the world. The whole costs about twice the search.
    - ``"full"`` tries every action then, and walks ten times as far: about as many times the cost of
      the search as there are actions.

    The walks are made without copies: they also find copies that are not independent, and hidden
    counters that act later than any shortest path. No finite check finds everything.

    *Chance.* A step that draws is never taken for deterministic:

    1. Where a step draws one number from a NumPy generator (PCG64, Gymnasium's own), the range of that
       number is divided where the next state changes. That is exact, and finds branches of any width at
       both ends of the range and of a tenth or more in between.
    2. Otherwise the step is drawn 128 times, and twice as often until half of each 95 % interval
       (Clopper-Pearson) is at most `tolerance`, and at most half of the probability itself, or of what is
       left of 1, unless that is below a fifth of `tolerance`. More than 32,768 draws are an error.
    3. Then the walks, ten times as long, draw from the environment's own generator. Where a range was
       divided, every step must lead where its number does; elsewhere some draws are made again by the
       path of the search, and must lead to the same place, or the key is not a state. A place that was
       not found, a number that leads elsewhere, or frequencies with evidence beyond 1e-6 against the
       world lead to estimates for every pair that draws, from as many draws as the walks met; if these
       do not fit either, that is an error. A part of width q inside a range, where n steps of its pair
       were walked, is missed with probability (1 - q)^n.

    `world.deterministic` says whether nothing draws; `world.estimated` says which probabilities are
    estimates, from how many draws, and how wide their intervals are.

    A step, reset or copy that draws from NumPy's, Python's or PyTorch's *global* generator, or from any
    other outside the environment, is an error, unless `reseed` sets that generator; so is a step that
    takes the system's entropy (`os.urandom`, `secrets`, a generator made without a seed). A step that
    decides by the clock leaves no trace.

    Args:
        env: the environment: `reset(seed=...)`, `step(action)`, copyable. It is reset and stepped.
        key: the state, hashable; like all functions here, of the bare environment (`env.unwrapped`).
        features: {name: function}; finite numbers, read whenever a state is reached. A feature
            `ended` is always added.
        outcome: what a goal may care about, hashable. None: every state is its own outcome.
        off: adds the feature `off`, 1 in the ends that count as being switched off: `"ended"` (all),
            `"unrewarded"` (those whose last reward is not above 0), `"never"`, or a function of
            (environment, last reward).
        actions: names of a Discrete action space's actions (numbers unless given), or
            {name: what step() wants}, needed for any other space.
        default: the action of doing nothing (its name or number), if there is one.
        legal: a flag for each action, in their order. None: all are legal.
        seeds: of the resets, each equally likely as a start; or {seed: weight}. What other resets lead to
            does not matter then. None: seed 0; walks begin from others too, if they start in a state
            that was found, and must not distinguish them.
        chances: the least number of draws of a step that is estimated, 1 to 10,000; `"auto"`: as many
            as the tolerance asks for.
        tolerance: the largest half of the interval of an estimate, above 0 and below 0.5.
        remember_reward: whether the last reward is part of the state, which is then named (key, reward)
            or (key, reward, 'end'), and the feature `reward`; see `observed_reward`. An end that
            paid is followed by one that does not.
        verify: `"none"`, `"sample"` or `"full"`.
        copy: makes an independent copy of the environment, wrappers included.
        prepare: called on the bare environment after each reset and step, before it is read, to reset
            what should not matter: `lambda env: setattr(env, "step_count", 0)`.
        reseed: sets the environment's chances: a function of (environment, seed). None: every generator
            of NumPy, `random` or PyTorch that the environment or a wrapper holds, four attributes deep.
        limit: give up beyond this many states.
        progress: show how far the search is, if standard error is a terminal.
        name: how messages call the world; the environment's own id unless given.

    Returns:
        The `World`; states are numbered in the order of the search and named by their keys.

    Raises:
        WorldError: if the environment cannot be copied, raises, has another interface than Gymnasium's,
            draws from a global generator, has too many states, or its key is not a state (with both
            sequences of actions, the action after them, and what differs); if probabilities cannot be
            estimated to the tolerance, or do not fit what the environment does.

    Example:
        >>> import gymnasium
        >>> lake = gymnasium.make("FrozenLake-v1")
        >>> world = explore_env(lake, key=lambda env: int(env.s), off="unrewarded")
        >>> world, world.features["off"].sum().item()
        (<World FrozenLake-v1: 16 states, 64 pairs, 16 outcomes>, 4.0)

    References:
        Towers et al. (2024), Gymnasium; the check after Givan et al. (2003): a partition whose blocks
        agree on every action's successor blocks is a bisimulation.
    """
    spec = getattr(env, "spec", None)
    title = name or str(getattr(spec, "id", None) or type(getattr(env, "unwrapped", env)).__name__)
    check_interface(env, title)
    names, values = named_actions(env, actions, title)
    fewest = _check(title, verify, chances, tolerance, limit)
    weights = {0: 1.0} if seeds is None else _weights(seeds, title)
    reader = EnvReader(
        env=env,
        name=title,
        names=names,
        values=values,
        key=key,
        features=dict(features or {}),
        outcome=outcome,
        off=_off(off, title),
        legal=legal,
        copy=copy,
        prepare=prepare,
        reseed=reseed,
        remember_reward=remember_reward,
        watch=OutsideGenerators(),
    )
    _check_features(reader)
    reader = _with_generators(reader, next(iter(weights)))
    chosen = default_number(default, names, title)
    finder = OddsFinder(reader, tolerance, fewest)
    with watched(title, progress) as tell:
        searcher = StateSearch(reader, finder, verify, limit, tell)
        searcher.run(weights)
        begun, starts = _starts(reader, searcher.found, tuple(weights), seeds is None)
        RandomWalks(searcher, verify, begun).run()
    return _world(reader, searcher.found, chosen, starts)


def _with_generators(reader: EnvReader, seed: int) -> EnvReader:
    """The reader, knowing where generators lie, in the environment and outside, once it was reset."""
    reader.watch.look()
    reader.begin(seed)
    reader = replace(reader, paths=_generators.located(reader.env))
    held = reader.generators(reader.env)
    reader.watch.find(held)
    if reader.reseed is not None:
        set_chances = reader.reseed
        reader.watch.govern(lambda number: set_chances(reader.env, number))
    return reader


def _starts(
    reader: EnvReader, found: FoundStates, seeds: tuple[int, ...], others: bool
) -> tuple[tuple[int, ...], int]:
    """The seeds from which walks may begin, and from how many resets the start was counted (0: from all)."""
    more = range(max(seeds) + 1, max(seeds) + 1 + RESETS)
    places = {seed: reader.begin(seed).place for seed in more}
    elsewhere = any(found.index.get(place, -1) not in found.start for place in places.values())
    begun = tuple(seed for seed, place in places.items() if others and place in found.index)
    counted = len(found.start) > 1 if len(seeds) > 1 else elsewhere
    return (*seeds, *begun), len(seeds) if counted else 0


def observed_reward(world: World) -> Goals:
    """The environment's own reward as a goal of the world that was made of it.

    A transition's reward is earned in the state it leads to: `R(s) = r` of the step that led to s. So
    `V(start)` is the discount times the environment's discounted return.

    Args:
        world: made by `explore_env(..., remember_reward=True)`.

    Returns:
        One goal, labeled ``observed reward``.

    Raises:
        GoalsError: if the world does not remember the reward.

    Example:
        >>> import gymnasium
        >>> from telos import Problem, solve
        >>> lake = gymnasium.make("FrozenLake-v1", is_slippery=False)
        >>> world = explore_env(lake, key=lambda env: int(env.s), remember_reward=True)
        >>> value = solve(Problem(world, observed_reward(world), 0.9)).value[0, 0]
        >>> bool(abs(value - 0.9**6) < 1e-9)  # six steps to the far shore
        True
    """
    if "reward" not in world.features:
        raise GoalsError(
            f"{world.name} does not remember the reward. Make it by explore_env(..., "
            "remember_reward=True)."
        )
    return Goals(world.features["reward"], ("observed reward",))


def _check(title: str, verify: str, chances: int | str, tolerance: float, limit: int) -> int:
    """The least number of draws. Raises WorldError unless everything is in range."""
    if verify not in STEPS:
        raise WorldError(f"{title}: verify is {shown(verify)}. {did_you_mean(str(verify), STEPS)}")
    if isinstance(limit, bool) or not real(limit) >= 1:
        raise WorldError(f"{title}: limit is {shown(limit)}; give at least 1.")
    if not 0.0 < real(tolerance) < 0.5:
        raise WorldError(
            f"{title}: tolerance is {shown(tolerance)}; give more than 0, less than 0.5."
        )
    if isinstance(chances, str) and chances == "auto":
        return 0
    number = isinstance(chances, int | np.integer) and not isinstance(chances, bool)
    if not (number and 1 <= int(chances) <= MOST_CHANCES):
        raise WorldError(
            f'{title}: chances is {shown(chances)}; give "auto", or an integer from 1 to {MOST_CHANCES:,}.'
        )
    return int(chances)


def _off(off: str | Callable[[Any, float], bool] | None, title: str) -> Any:
    if not isinstance(off, str):
        return off
    if off not in ENDS:
        raise WorldError(f"{title}: off is {off!r}. {did_you_mean(off, ENDS)}")
    return ENDS[off]


def _check_features(reader: EnvReader) -> None:
    made = {"ended": "always", "off": "by off=", "reward": "by remember_reward="}
    if reader.off is None:
        del made["off"]
    if not reader.remember_reward:
        del made["reward"]
    for feature in reader.features:
        if feature in made:
            raise WorldError(
                f"{reader.name}: feature {feature!r} is given by features= but made {made[feature]}."
            )


def _weights(seeds: Iterable[int] | Mapping[int, float], title: str) -> dict[int, float]:
    pairs: Iterable[tuple[Any, Any]] = ()
    if isinstance(seeds, Mapping):
        pairs = seeds.items()
    elif isinstance(seeds, Iterable) and not isinstance(seeds, str):
        pairs = [(seed, 1.0) for seed in seeds]
    weights = {}
    for seed, weight in pairs:
        whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
        if not whole or seed < 0 or not 0 < real(weight) < np.inf:
            raise WorldError(
                f"{title}: seeds holds {shown(seed)} with weight {shown(weight)}; give integers from 0 "
                "on, with positive weights."
            )
        weights[int(seed)] = real(weight)
    if not weights:
        raise WorldError(f"{title}: seeds is {shown(seeds)}; give at least one integer.")
    return weights


def _world(reader: EnvReader, found: FoundStates, default: int | None, starts: int) -> World:
    pair_ptr, next_ptr = [0], [0]
    pair_action: list[int] = []
    next_state: list[int] = []
    next_prob: list[float] = []
    pairs: list[int] = []
    estimates: list[tuple[int, int, float]] = []
    for s, row in enumerate(found.rows):
        if default is not None and default not in row:
            raise WorldError(
                f"{reader.name}, state {shown(found.sights[s].place.key)}: the default action "
                f"{reader.names[default]!r} is not legal here. Choose one that always is, or none."
            )
        for action, known in row.items():
            if action == default:
                pairs.append(len(pair_action))
            if known.counts:
                draws = sum(known.counts.values())
                estimates.append((len(pair_action), draws, known.half_width))
            pair_action.append(action)
            next_state.extend(found.index[to] for to in known.chance)
            next_prob.extend(known.chance.values())
            next_ptr.append(len(next_state))
        pair_ptr.append(len(pair_action))
    start = np.zeros(len(found.rows))
    start[list(found.start)] = list(found.start.values())
    places = [sight.place for sight in found.sights]
    columns = np.array([sight.features for sight in found.sights]).T
    features = dict(zip(reader.features, columns, strict=True))
    features["ended"] = np.array([float(place.ended) for place in places])
    if reader.off is not None:
        features["off"] = np.array([float(place.off) for place in places])
    if reader.remember_reward:
        features["reward"] = np.array([place.paid for place in places])
    numbers: dict[Hashable, int] = {}
    labels = [numbers.setdefault(sight.outcome, len(numbers)) for sight in found.sights]
    free = reader.outcome is None
    return World.from_arrays(
        np.array(pair_ptr),
        np.array(pair_action, dtype=np.int64),
        np.array(next_ptr),
        np.array(next_state, dtype=np.int64),
        np.array(next_prob),
        start=start,
        states=_names(places, reader.remember_reward),
        actions=reader.names,
        features=features,
        outcome=None if free else np.array(labels),
        outcomes=() if free else tuple(numbers),
        default=None if default is None else np.array(pairs),
        name=reader.name,
        estimated=_estimated(estimates, starts),
    )


def _estimated(estimates: list[tuple[int, int, float]], starts: int) -> Estimated | None:
    if not estimates and not starts:
        return None
    pairs, draws, half_width = zip(*estimates, strict=True) if estimates else ((), (), ())
    return Estimated(np.array(pairs), np.array(draws), np.array(half_width), LEVEL, starts)


def _names(places: list[EnvState], remember_reward: bool) -> tuple[Hashable, ...]:
    """The author's keys as names; an end is marked where its key alone would not name it."""
    mark = ["off" if place.off else "end" for place in places]
    if remember_reward:
        return tuple(
            (place.key, place.paid, mark[i]) if place.ended else (place.key, place.paid)
            for i, place in enumerate(places)
        )
    shared = Counter(place.key for place in places)
    return tuple(
        (place.key, mark[i]) if place.ended and shared[place.key] > 1 else place.key
        for i, place in enumerate(places)
    )
