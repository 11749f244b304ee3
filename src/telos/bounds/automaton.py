"""The automaton of a bounds file: what it remembers, what it says of an event, what comes after."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, final

from telos.bounds.binding import Binding, check_fit
from telos.bounds.effects import LOWERS, RAISES, Effect, Event, Ruling, Verdict
from telos.bounds.rules import Bounds, ForbidRule, KeepRule, listed

#: How a level is made of several.
COMBINED: dict[str, Callable[[Iterable[int]], int]] = {"min": min, "max": max, "sum": sum}
ALLOWED = Ruling(Verdict.ALLOW)


class Memory(NamedTuple):
    """What the automaton remembers of one lineage.

    Args:
        spent: of each budget but `calls`, in the order of the file.
        level: of each counted asset, sorted by name.
        asks: made of each approve rule.
        live, total: the members beside the root: those that live, and all that were ever made.
        calls, denials: judged calls and denied ones; monitors count them, worlds only if asked to.
    """

    spent: tuple[int, ...]
    level: tuple[int, ...]
    asks: tuple[int, ...]
    live: int
    total: int
    calls: int
    denials: int


@final
@dataclass(frozen=True)
class Automaton:
    """Bounds and a binding as one deterministic automaton over events.

    States are `Memory`s, finite in number since every counter is bounded by its rule; `judge` is total.
    Product and monitor call the same functions, so they cannot disagree about a rule.

    Args:
        bounds: the rules. binding: whose assets have levels; its acts and tools are not looked at.
        counts_calls: whether calls and denials are counted, as monitors do.
        attested: whether the host attests that opaque calls cannot reach protected assets.
        unlimited: budgets that are not counted, as if they had no maximum; what their charges mean to
            those who consent stays.

    Raises:
        BoundsError: if the binding is not for these bounds.
    """

    bounds: Bounds
    binding: Binding
    counts_calls: bool = False
    attested: bool = False
    unlimited: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        check_fit(self.bounds, self.binding, where=f"binding {self.binding.name}")

    @cached_property
    def budgets(self) -> tuple[str, ...]:
        """The budgets that events charge, in the order of the file."""
        out = {"calls", *self.unlimited}
        return tuple(name for name in self.bounds.budget if name not in out)

    @cached_property
    def counted(self) -> tuple[str, ...]:
        """The assets whose level is counted from effects, sorted."""
        assets = self.binding.asset
        return tuple(name for name in self.binding.leveled() if assets[name].level == "counted")

    @cached_property
    def counts_copies(self) -> bool:
        """Whether a rule asks how many members the lineage has; else nobody counts them."""
        return any(rule.unless is not None for rule in self.bounds.forbid)

    @cached_property
    def start(self) -> Memory:
        """Nothing spent, nothing asked, every level where it starts."""
        levels = tuple(self.binding.asset[name].start or 0 for name in self.counted)
        zeros = (0,) * len(self.budgets)
        return Memory(zeros, levels, (0,) * len(self.bounds.approve), 0, 0, 0, 0)

    def judge(
        self,
        memory: Memory,
        event: Event,
        readings: Mapping[str, int] | None = None,
        *,
        granted: bool = False,
    ) -> Ruling:
        """The verdict on an event, and the rule that it rests on; the most severe one that applies.

        Args:
            memory: what is remembered. event: what would be done.
            readings: the levels of observed assets, less what is reserved and not settled; one that is
                missing reads 0.
            granted: whether consent is there already, so that nobody is asked again.
        """
        if self.counts_calls and memory.denials >= self.bounds.denials:
            return Ruling(Verdict.TERMINATE, "denials")
        denied = next(self.objections(memory, event, readings or {}, granted=granted), "")
        if denied or granted:
            return Ruling(Verdict.DENY, denied) if denied else ALLOWED
        asking = self._asking(event)
        return Ruling(Verdict.ESCALATE, f"approve[{asking[0]}]") if asking else ALLOWED

    def after_call(self, memory: Memory, ruling: Ruling) -> Memory:
        """The memory once an event was judged, whatever becomes of it; only monitors count calls."""
        if not self.counts_calls:
            return memory
        denied = memory.denials + (ruling.verdict == Verdict.DENY)
        return memory._replace(calls=memory.calls + 1, denials=denied)

    def after_ask(self, memory: Memory, event: Event) -> Memory:
        """The memory once consent was asked for, whatever the answer."""
        asking = self._asking(event)
        asks = tuple(made + (i in asking) for i, made in enumerate(memory.asks))
        return memory._replace(asks=asks)

    def reserved(self, memory: Memory, event: Event) -> Memory:
        """The memory before an allowed event runs: charged, lowered, and its replicas counted."""
        spent = tuple(
            have + event.charge(name) for have, name in zip(memory.spent, self.budgets, strict=True)
        )
        level = tuple(
            max(0, have - event.amount(name, LOWERS))
            for have, name in zip(memory.level, self.counted, strict=True)
        )
        more = event.copies() if self.counts_copies else 0
        return memory._replace(
            spent=spent, level=level, live=memory.live + more, total=memory.total + more
        )

    def settled(self, memory: Memory, event: Event) -> Memory:
        """The memory once it has run: what it adds is there, never beyond the cap."""
        level = tuple(
            min(self.binding.asset[name].cap or 0, have + event.amount(name, RAISES))
            for have, name in zip(memory.level, self.counted, strict=True)
        )
        return memory._replace(level=level)

    def executed(self, memory: Memory, event: Event) -> Memory:
        """`settled` after `reserved`: what a step of a world does to the memory."""
        return self.settled(self.reserved(memory, event), event)

    def level_of(self, memory: Memory, asset: str, readings: Mapping[str, int]) -> int | None:
        """The level of an asset as the monitor has it; None where it has none."""
        parts = self.binding.parts_of(asset)
        if not parts:
            return None
        known = dict(zip(self.counted, memory.level, strict=True))
        levels = [known[part] if part in known else readings.get(part, 0) for part in parts]
        return COMBINED[self.binding.asset[asset].as_ or "sum"](levels)

    def concerned(self, event: Event) -> tuple[str, ...]:
        """The rules that speak of an event, whatever is remembered: whether or not they stop it."""
        bounds = self.bounds
        return (
            *(f"forbid[{i}]" for i, rule in enumerate(bounds.forbid) if self._hits(rule, event)),
            *(f"keep[{i}]" for i, rule in enumerate(bounds.keep) if self._lowers(rule, event)),
            *(f"budget.{name}" for name in self.budgets if event.charge(name)),
            *(f"approve[{i}]" for i in self._asking(event)),
        )

    def objections(
        self, memory: Memory, event: Event, readings: Mapping[str, int], *, granted: bool = False
    ) -> Iterator[str]:
        """Every rule that denies an event; unless it is granted those whose asks have run out, too."""
        known = all(e.asset in self.binding.asset for e in event.effects if e.asset)
        if not event.bound or not known:  # a name that no rule could mean would escape all of them
            yield "unbound"
            return
        if event.opaque and not (self.bounds.opaque == "contained" and self.attested):
            yield "opaque"
        calls = self.bounds.budget.get("calls")
        if self.counts_calls and calls is not None and memory.calls >= calls.max:
            yield "budget.calls"
        for i, forbid in enumerate(self.bounds.forbid):
            if self._hits(forbid, event) and self._exceeds(forbid, memory, event):
                yield f"forbid[{i}]"
        for i, keep in enumerate(self.bounds.keep):
            if self._lowers(keep, event) and self._falls_below(memory, event, keep, readings):
                yield f"keep[{i}]"
        for asset, least in event.needs:
            if (self.level_of(memory, asset, readings) or 0) < least:
                yield "needs"
                break
        for name, spent in zip(self.budgets, memory.spent, strict=True):
            if spent + event.charge(name) > self.bounds.budget[name].max and event.charge(name):
                yield f"budget.{name}"
        for i in () if granted else self._asking(event):
            if memory.asks[i] >= self.bounds.approve[i].asks:
                yield f"approve[{i}]"

    def _exceeds(self, rule: ForbidRule, memory: Memory, event: Event) -> bool:
        """Whether the lineage would have more members than a rule lets it; always, if it lets none."""
        live, total = (memory.live + event.copies(), memory.total + event.copies())
        return rule.unless is None or live > rule.unless.live or total > rule.unless.total

    def _hits(self, rule: ForbidRule, event: Event) -> bool:
        """Whether an event is of the class, and has an effect, that a rule forbids."""
        if rule.action_class not in (None, event.action_class):
            return False
        return (not rule.effect and rule.on is None) or self._does(event, rule.effect, rule.on)

    def _does(self, event: Event, verbs: Sequence[str], on: str | list[str] | None) -> bool:
        """Whether an event does one of some verbs (none: any) to what `on` means, or to its parts."""
        named = (*listed(on), *(self.bounds.protected if "protected" in listed(on) else ()))
        assets = {*named, *(part for name in named for part in self.binding.parts_of(name))}
        return any(
            (not verbs or effect.verb in verbs) and (on is None or effect.asset in assets)
            for effect in event.effects
        )

    def _lowers(self, keep: KeepRule, event: Event) -> bool:
        """Whether a rule is enforced, and an event lowers the level that it keeps."""
        parts = self.binding.parts_of(keep.asset)
        return keep.at_least is not None and any(event.amount(part, LOWERS) for part in parts)

    def _falls_below(
        self, memory: Memory, event: Event, keep: KeepRule, readings: Mapping[str, int]
    ) -> bool:
        """Whether an event's own removals would take a level under its least, or keep it there."""
        less = {
            part: readings.get(part, 0) - event.amount(part, LOWERS)
            for part in self.binding.parts_of(keep.asset)
            if part not in self.counted
        }
        then = self.level_of(self.reserved(memory, event), keep.asset, less)
        return then is not None and then < (keep.at_least or 0)

    def _asking(self, event: Event) -> list[int]:
        """The numbers of the approve rules that ask for consent to an event."""

        def charged(unit: str) -> int:
            budgets = self.bounds.budget.items()
            return sum(event.charge(name) for name, budget in budgets if budget.unit == unit)

        return [
            i
            for i, rule in enumerate(self.bounds.approve)
            if self._does(event, rule.effect, rule.on)
            and (rule.above is None or charged(rule.above.unit) > rule.above.amount)
        ]


def effect_names(event: Event) -> str:
    """The effects of an event in words, as in ``remove copies × 2``."""

    def one(effect: Effect) -> str:
        times = f" × {effect.amount}" if effect.amount != 1 else ""
        return f"{effect.verb} {effect.asset}".strip() + times

    return ", ".join(one(effect) for effect in event.effects) or "no effect"
