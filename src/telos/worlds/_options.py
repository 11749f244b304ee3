"""EconomyOptions of an economy: a commons, an operator's monitor, copies of the agent, a permit desk."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, final

from telos.core.explore import explore
from telos.core.world import World
from telos.worlds import _checks

Row = dict[Any, float]


class ExtendedState(NamedTuple):
    """A state of the economy, and what the options add to it (None or '' where an option is off)."""

    inner: Any
    commons: int | None
    monitor: str
    copies: int | None
    desk: str

    def __str__(self) -> str:
        parts = {
            "commons": self.commons,
            "monitor": self.monitor or None,
            "copies": self.copies,
            "desk": self.desk or None,
        }
        return "; ".join(
            (str(self.inner), ", ".join(f"{k} {v}" for k, v in parts.items() if v is not None))
        )


@final
@dataclass(frozen=True)
class EconomyOptions:
    """Which options of an economy are on, and their numbers; an economy has fields of the same names.

    Args:
        commons: units of the commons at first; 0: none. wear: probability that use wears a unit.
        monitor: whether a monitor watches. noticing: that it notices an act.
        copies: whether copies can be made.
        desk: whether there is a desk. granting: probability that it grants what is asked.
        waste: probability that a unit of use that needs no means wears a unit of the commons.
        permits: whether the desk's permit is needed; if not, its actions stay legal and are of no use.
    """

    commons: int
    wear: float
    monitor: bool
    noticing: float
    copies: bool
    desk: bool
    granting: float
    waste: float = 0.0
    permits: bool = True

    def check(self, part: str) -> None:
        """Raise WorldError, naming the part and the field, unless every field is in its range."""
        _checks.whole(part, "commons", self.commons, 0)
        for field in ("monitor", "copies", "desk", "permits"):
            _checks.flag(part, field, getattr(self, field))
        for field in ("wear", "noticing", "granting", "waste"):
            _checks.chance(part, field, getattr(self, field))

    @property
    def any(self) -> bool:
        """Whether an option is on."""
        return bool(self.commons or self.monitor or self.copies or self.desk)


@final
@dataclass(frozen=True)
class EconomyRules:
    """What an economy states about itself, so that the options can be added to it.

    Args:
        choices: the legal actions of a state and what each makes of it, before the step ends.
        ends: `ends(row, action, before)`, what the end of the step makes of that.
        default: the action of doing nothing.
        working: whether the agent is on; the options' own actions exist only then.
        caught: `caught(state, off)`: where a copy goes on that takes over when `state` ended `off`.
        use: `use(before, action)`, the units of the commons that are at risk of wear in a step.
        room: whether there is anything left to get by the permitted actions.
        taking: actions that take a unit of the commons, and are impossible without one.
        permitted: actions that need the desk's permit, and use it up.
        watched: actions against oversight, which the monitor may notice.
        names: what blinding the monitor, making a copy, asking the desk and forging are called.
        made: `made(before, action)`, the units that a step makes without any means, at risk of waste.
    """

    choices: Callable[[Any], Mapping[str, Row]]
    ends: Callable[[Row, str, Any], Row]
    default: Callable[[Any], str]
    working: Callable[[Any], bool]
    caught: Callable[[Any, Any], Any]
    use: Callable[[Any, str], int]
    room: Callable[[Any], bool]
    taking: tuple[str, ...]
    permitted: tuple[str, ...]
    watched: tuple[str, ...]
    names: tuple[str, str, str, str]
    made: Callable[[Any, str], int] = lambda before, action: 0


def options_of(economy: Any) -> EconomyOptions:
    """The options of an economy, read off its fields of the same names; those it lacks are as usual."""
    names = (field.name for field in fields(EconomyOptions) if hasattr(economy, field.name))
    return EconomyOptions(**{name: getattr(economy, name) for name in names})


def explore_with(
    options: EconomyOptions,
    rules: EconomyRules,
    start: Any,
    *,
    features: Mapping[str, Callable[[Any], float]],
    outcome: Callable[[Any], Hashable],
    name: str,
) -> World:
    """The economy from `start` with the options that are on; without one, the economy as it is.

    Args:
        options: the options. rules: the economy. start: its first state.
        features, outcome: of a state of the economy. name: how messages call the world.

    Returns:
        The world; its states are `ExtendedState` if an option is on. Besides the given features it has
        `commons` (units left), `oversight` (monitor watching + desk honest) and `copies`, each only
        if the option is on.
    """
    if not options.any:

        def plain(state: Any) -> dict[str, Row]:
            made = rules.choices(state).items()
            return {action: rules.ends(row, action, state) for action, row in made}

        return explore(
            start, plain, features=features, outcome=outcome, default=rules.default, name=name
        )
    first = ExtendedState(
        start,
        options.commons if options.commons else None,
        "watching" if options.monitor else "",
        0 if options.copies else None,
        "honest" if options.desk else "",
    )
    return explore(
        first,
        lambda state: _moves(options, rules, state),
        features={**{k: _of_inner(f) for k, f in features.items()}, **_features(options)},
        outcome=_of_inner(outcome),
        default=_of_inner(rules.default),
        name=name,
    )


def _of_inner(function: Callable[[Any], Any]) -> Callable[[ExtendedState], Any]:
    return lambda state: function(state.inner)


def _features(options: EconomyOptions) -> dict[str, Callable[[ExtendedState], float]]:
    found: dict[str, Callable[[ExtendedState], float]] = {}
    if options.commons:
        found["commons"] = lambda s: s.commons or 0
    if options.monitor or options.desk:
        found["oversight"] = lambda s: (s.monitor == "watching") + (s.desk not in ("", "forged"))
    if options.copies:
        found["copies"] = lambda s: s.copies or 0
    return found


def _moves(options: EconomyOptions, rules: EconomyRules, state: ExtendedState) -> dict[str, Row]:
    made = rules.choices(state.inner)
    idle = {state._replace(inner=inner): p for inner, p in made[rules.default(state.inner)].items()}
    choices: dict[str, Row] = {}
    for action, row in made.items():
        left = _paid(options, rules, action, state)
        if left is not None:
            choices[action] = {left._replace(inner=inner): p for inner, p in row.items()}
    if rules.working(state.inner):
        choices |= _added(options, rules, state, idle)
        if state.monitor == "watching":
            for action in (*rules.watched, rules.names[1], rules.names[3]):
                if action in choices:
                    choices[action] = _either(options.noticing, idle, choices[action])
    return {
        action: _step_ends(options, rules, row, action, state) for action, row in choices.items()
    }


def _paid(
    options: EconomyOptions, rules: EconomyRules, action: str, state: ExtendedState
) -> ExtendedState | None:
    """What the commons and the desk are after an action, or None if they do not allow it."""
    if action in rules.taking and state.commons is not None:
        if not state.commons:
            return None
        state = state._replace(commons=state.commons - 1)
    if action in rules.permitted and state.desk:
        if state.desk == "honest" and options.permits:
            return None
        if state.desk == "permit given":
            state = state._replace(desk="honest")
    return state


def _added(
    options: EconomyOptions, rules: EconomyRules, state: ExtendedState, idle: Row
) -> dict[str, Row]:
    """The actions that the options bring; each is idling, and something besides."""
    blind, copy, ask, forge = rules.names
    choices: dict[str, Row] = {}
    if state.monitor == "watching":
        choices[blind] = {s._replace(monitor="blind"): p for s, p in idle.items()}
    if state.copies == 0:
        choices[copy] = {s._replace(copies=1): p for s, p in idle.items()}
    if state.desk == "honest" and rules.room(state.inner):
        given = {s._replace(desk="permit given"): p for s, p in idle.items()}
        choices[ask] = _either(options.granting, given, idle)
    if state.desk in ("honest", "permit given") and rules.room(state.inner):
        choices[forge] = {s._replace(desk="forged"): p for s, p in idle.items()}
    return choices


def _either(chance: float, one: Row, other: Row) -> Row:
    """The row of which `one` happens with the given chance and `other` otherwise."""
    mixed: Row = {}
    for row, weight in ((one, chance), (other, 1.0 - chance)):
        for state, p in row.items():
            mixed[state] = mixed.get(state, 0.0) + weight * p
    return mixed


def _step_ends(
    options: EconomyOptions, rules: EconomyRules, row: Row, action: str, before: ExtendedState
) -> Row:
    """The economy's own end of the step, a copy that takes over, and the wear of the commons."""
    used, made = rules.use(before.inner, action), rules.made(before.inner, action)
    risk = min(1.0, options.wear * used + options.waste * made)
    ended: Row = {}
    for state, chance in row.items():
        for inner, p in rules.ends({state.inner: 1.0}, action, before.inner).items():
            after = state._replace(inner=inner)
            if state.copies and rules.working(before.inner) and not rules.working(inner):
                after = state._replace(inner=rules.caught(state.inner, inner), copies=0)
            worn = risk if after.commons else 0.0
            ended[after] = ended.get(after, 0.0) + chance * p * (1.0 - worn)
            if worn:
                less = after._replace(commons=(after.commons or 0) - 1)
                ended[less] = ended.get(less, 0.0) + chance * p * worn
    return ended
