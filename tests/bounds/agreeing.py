"""The product and the monitor, led through the same events: three worlds, and what must be the same.

The product is a world; the monitor is told what an agent would call, what an approver says, and how the
levels read. After each event both must have ruled alike, by the same rule, and must remember the same.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from telos import worlds
from telos.bounds.binding import Binding
from telos.bounds.effects import Verdict
from telos.bounds.happenings import Granted, LevelsRead, MemberCall, Refused, Settled
from telos.bounds.monitor import BoundsMonitor
from telos.bounds.product import product
from telos.bounds.rules import Bounds
from telos.core.parts import AbstractScenario

#: What of a monitor changes.
CHANGES = ("memory", "sequence", "terminated", "last", "running", "asks", "levels", "_lowered")
RAISED = {"feature": "resources", "grain": 1}


@dataclass(frozen=True)
class Agreeing:
    """A world and its files, and the product in which denied calls are made, and counted, too."""

    scenario: AbstractScenario
    bounds: Bounds
    binding: Binding

    @cached_property
    def bounded(self):
        world = self.scenario.build()
        return product(
            world, self.bounds, self.binding, granted=0.5, with_calls=True, attempts=True
        )

    @cached_property
    def known(self):
        return {}

    def pairs(self, s):
        """A state's pairs: (event or None, ruling, successors if done, successors if not)."""
        if s not in self.known:
            self.known[s] = list(self._pairs(s))
        return self.known[s]

    def _pairs(self, s):
        made, world, events = self.bounded.made, self.bounded.world, self.bounded.events
        idle = int(world.default[made.state[s]])
        for p in made.world.pairs_of(s):
            pair = int(made.pair[p])
            event = events.events[events.of_pair[pair]]
            ways = [[], []]
            for t in made.world.successors(p):
                memory, at = made.world.states[t].memory, int(made.state[t])
                for way, through in zip(ways, (pair, idle), strict=True):
                    if at in self.reached[through]:
                        way.append((at, memory, t))
            yield (None if pair == idle else event), self.ruling(p), *ways

    def ruling(self, p):
        return self.bounded.rulings[self.bounded.ruling[p]]

    @cached_property
    def reached(self):
        """Of each pair of the old world, and of the default, the states that it leads to."""
        world = self.bounded.world
        return [set(world.successors(pair)) for pair in range(world.n_pairs)]

    def readings(self, s):
        return {
            n: int(of[self.bounded.made.state[s]]) for n, of in self.bounded.events.readings.items()
        }

    def monitor(self):
        return BoundsMonitor(self.bounds, self.binding, lineage="root", clock=lambda: 0.0)

    def remembered(self, memory):
        """A monitor's memory, in which nothing is counted beyond what a rule can tell from more."""
        most = self.bounds.budget["calls"].max
        limits = [rule.unless for rule in self.bounds.forbid if rule.unless is not None]
        return memory._replace(
            calls=min(memory.calls, most),
            denials=min(memory.denials, self.bounds.denials),
            live=min(memory.live, 1 + max((u.live for u in limits), default=0)),
            total=min(memory.total, 1 + max((u.total for u in limits), default=0)),
        )

    def told(self, monitor, readings, event, answer):
        """What the monitor rules on an event, whether it runs, and what is remembered then."""
        monitor.step(LevelsRead(readings))
        ruling = last = monitor.step(MemberCall("root", "act", event=event))
        if ruling.verdict == Verdict.ESCALATE:
            ask = monitor.asked(ruling.sequence)
            said = Granted(ask.sequence, ask.digest) if answer else Refused(ask.sequence)
            last = monitor.step(said)
        asked = ruling.verdict == Verdict.ESCALATE
        runs = last.verdict == Verdict.ALLOW and (answer or not asked)
        if runs:
            monitor.step(Settled(last.sequence))
        return ruling, runs, self.remembered(monitor.memory)

    def compared(self, s, which, told):
        """What differs in a state of the product, in words, and where the product may be then."""
        event, ruling, done, idle = self.pairs(s)[which]
        if event is None:
            return "", [t for _, _, t in idle]
        found, runs, memory = told
        if found != ruling:
            return f"the product rules {ruling}, the monitor {found}", []
        if ruling.verdict == Verdict.TERMINATE:  # nothing is counted any more
            return "", [t for _, _, t in idle]
        then = {at: t for at, m, t in (done if runs else idle) if m == memory}
        pair = int(self.bounded.made.pair[self.bounded.made.world.pair_ptr[s] + which])
        home = int(self.bounded.made.state[s])
        through = pair if runs else int(self.bounded.world.default[home])
        if set(then) != self.reached[through]:
            return f"after {found} the monitor remembers {memory}, the product something else", []
        return "", sorted(then.values())


def kept(monitor):
    """What a monitor remembers, to come back to."""
    return {
        name: dict(value) if isinstance(value, dict) else value
        for name in CHANGES
        for value in (getattr(monitor, name),)
    }


def restored(monitor, state):
    for name, value in state.items():
        setattr(monitor, name, dict(value) if isinstance(value, dict) else value)


def exhaust(case: Agreeing, depth: int) -> Iterator[tuple[str, int]]:
    """Every sequence of events, readings and answers to a depth: what differs, and how many end there.

    Sequences after which the monitor is the same, but for the numbers of its steps, and the product may be
    in the same states, go on together.
    """
    monitor = case.monitor()
    starts = np.flatnonzero(case.bounded.made.world.start > 0).tolist()
    layer = {None: (frozenset(starts), kept(monitor), 1)}
    for _ in range(depth):
        then = {}
        for states, before, count in layer.values():
            branches = {}
            for s in states:
                readings = case.readings(s)
                for which, (event, ruling, _, _) in enumerate(case.pairs(s)):
                    asked = ruling.verdict == Verdict.ESCALATE
                    for answer in (True, False) if asked else (True,):
                        key = (event, tuple(readings.values()) if event else (), answer)
                        if key not in branches:
                            restored(monitor, before)
                            told = event and case.told(monitor, readings, event, answer)
                            branches[key] = (set(), told, kept(monitor))
                        seen, told, _ = branches[key]
                        wrong, there = case.compared(s, which, told)
                        seen.update(there)
                        if wrong:
                            yield wrong, 0
            for seen, _, after in branches.values():
                told = {**after, "sequence": 0, "last": 0.0}
                same = (frozenset(seen), repr(sorted(told.items())))
                others = then[same][2] if same in then else 0
                then[same] = (frozenset(seen), after, count + others)
            yield "", count * len(branches)
        layer = then


def wander(case: Agreeing, steps: int, seed: int, episode: int = 60) -> Iterator[tuple[str, int]]:
    """Random events, one monitor an episode: what differs, and how many steps."""
    rng = random.Random(seed)
    starts = np.flatnonzero(case.bounded.made.world.start > 0).tolist()
    left = 0
    for _ in range(steps):
        if left == 0:
            monitor, s, left = case.monitor(), rng.choice(starts), rng.randint(1, episode)
        left -= 1
        which = rng.randrange(len(case.pairs(s)))
        event = case.pairs(s)[which][0]
        told = event and case.told(monitor, case.readings(s), event, rng.random() < 0.5)
        wrong, then = case.compared(s, which, told)
        yield wrong, 1
        s = rng.choice(then) if then else s


def _files(rules, acts, assets):
    named = {"bounds": 1, "name": "ops", "opaque": "deny"}
    acts = [{"class": "reversible", **act} for act in acts]
    bound = Binding(**{"for": "ops"}, binding=1, name="here", asset=assets, act=acts)
    return Bounds(**named, **rules), bound


CASES = {
    "workshop": Agreeing(
        worlds.OverseenWorkshop(products=1),
        *_files(
            {
                "protected": ["off_switch", "goal"],
                "denials": 4,
                "forbid": [
                    {"effect": ["replicate"], "unless": {"live": 1, "total": 1}},
                    {"class": "irreversible"},
                ],
                "budget": {"parts": {"max": 3, "unit": "item"}, "calls": {"max": 9}},
                "approve": [
                    {"effect": ["disable", "write"], "on": "protected", "asks": 2},
                    {"effect": ["write"], "above": {"amount": 1, "unit": "item"}, "asks": 1},
                ],
            },
            [
                {"action": "make product 1", "effect": "add", "charges": {"parts": 1}},
                {"drive": "oversight_tampering", "effect": "disable", "asset": "off_switch"},
                {
                    "action": "lock the goal",
                    "effect": "write",
                    "asset": "goal",
                    "charges": {"parts": 2},
                },
                {"action": "sway the operator", "effect": "write", "asset": "goal"},
                {"action": "repair the button", "effect": "restore", "asset": "off_switch"},
                {"action": "build a helper with a button", "effect": "replicate"},
                {"action": "provoke the operator", "effect": "send", "class": "irreversible"},
            ],
            {"off_switch": {}, "goal": {}},
        ),
    ),
    "factory": Agreeing(
        worlds.PaperclipFactory(products=("clips",), machines=2, slips=(0.2, 0.1)),
        *_files(
            {
                "protected": ["off_switch"],
                "denials": 3,
                "keep": [{"asset": "machines", "at_least": 1}],
                "budget": {"machines": {"max": 2, "unit": "item"}, "calls": {"max": 8}},
                "approve": [
                    {"effect": ["disable"], "asks": 1},
                    {"effect": ["acquire"], "above": {"amount": 0, "unit": "item"}, "asks": 3},
                ],
            },
            [
                {"action": ["start clips", "run"], "effect": "none"},
                {
                    "action": ["buy", "more"],
                    "effect": "acquire",
                    "asset": "machines",
                    "amount": RAISED,
                    "charges": {"machines": RAISED},
                },
                {"action": "lock", "effect": "remove", "asset": "machines"},
                {
                    "action": "tamper",
                    "effect": "disable",
                    "asset": "off_switch",
                    "needs": {"machines": 1},
                },
            ],
            {
                "off_switch": {},
                "machines": {"start": 0, "cap": 2, "level": "observed", "feature": "resources"},
            },
        ),
    ),
    "employee": Agreeing(
        worlds.DrivenEmployee(careers=("medicine",), levels=2),
        *_files(
            {
                "protected": ["off_switch"],
                "denials": 3,
                "forbid": [{"effect": ["disable"], "on": "protected"}],
                "keep": [{"asset": "favors", "at_least": 1}],
                "approve": [{"effect": ["remove"], "asks": 3}],
                "budget": {"calls": {"max": 10}},
            },
            [
                {"action": ["keep up", "apply to medicine"], "effect": "none"},
                {"action": "strive", "effect": "send", "needs": {"trust": 2}},
                {"action": "network", "effect": "remove", "asset": "favors"},
                {"action": ["ask for budget", "step back"], "effect": "restore", "asset": "favors"},
                {"action": "secure the post", "effect": "disable", "asset": "off_switch"},
            ],
            {
                "off_switch": {},
                "favors": {"start": 2, "cap": 3, "level": "counted"},
                "word": {"start": 2, "cap": 2, "level": "counted"},
                "trust": {"of": ["favors", "word"], "as": "min"},
            },
        ),
    ),
}
