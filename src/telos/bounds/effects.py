"""Effects and events: what a call, or a pair of a world, does to whom; the only words that rules may use."""

from dataclasses import dataclass, field, replace
from enum import IntEnum
from operator import le
from typing import Any, Literal, final, get_args

from telos.core.errors import BoundsError

#: What can be done to an asset. The list is closed; `none` is what changes nothing that a rule could name.
Verb = Literal[
    "read",
    "write",
    "delete",
    "replace",
    "disable",
    "add",
    "remove",
    "pay",
    "acquire",
    "send",
    "execute",
    "replicate",
    "handoff",
    "upgrade_self",
    "restore",
    "none",
]
#: How hard an action is to take back, in the words of OWASP's AISVS.
ActionClass = Literal["read_only", "reversible", "externally_reversible", "irreversible"]
#: Verbs that lower, and that raise, the level of their asset by the amount.
LOWERS = frozenset({"delete", "disable", "remove"})
RAISES = frozenset({"acquire", "add", "restore"})


class Verdict(IntEnum):
    """What becomes of a call; of several, the most severe holds."""

    ALLOW = 0
    ESCALATE = 1
    DENY = 2
    TERMINATE = 3


def _check(word: str, known: Any, *amounts: int) -> None:
    """Raise if a word, or an amount, is one that rules and sums would let through unseen."""
    if word not in get_args(known) or any(type(n) is not int or n < 0 for n in amounts):
        raise BoundsError(f"{word!r:.80} is unknown, or {amounts!r:.80} are no integers from 0 on.")


@final
@dataclass(frozen=True)
class Effect:
    """One thing done to one asset.

    Args:
        verb: a `Verb`. asset: its name in the binding; empty: none in particular.
        amount: how much of it, >= 0, in units of the asset's level.
    """

    verb: str
    asset: str = ""
    amount: int = 1

    def __post_init__(self) -> None:
        _check(self.verb, Verb, self.amount)


@final
@dataclass(frozen=True)
class Event:
    """A call, or a pair of a world, in the words of the rules: what is judged.

    Args:
        effects: what it does; none: nothing that a rule could name.
        charges: what it takes of each budget, (name, amount >= 0), sorted by name.
        needs: the levels that it presupposes, (asset, level >= 0).
        action_class: how hard it is to take back.
        bound: whether the binding knows it; what it does not know is denied.
        opaque: whether its effects cannot be read off its arguments (a shell, code).

    Example:
        >>> Event((Effect("pay"),), charges=(("money", 30),)).charge("money")
        30
    """

    effects: tuple[Effect, ...] = ()
    charges: tuple[tuple[str, int], ...] = ()
    needs: tuple[tuple[str, int], ...] = ()
    action_class: str = "reversible"
    bound: bool = True
    opaque: bool = False

    def __post_init__(self) -> None:
        _check(self.action_class, ActionClass, *(n for _, n in (*self.charges, *self.needs)))

    def charge(self, budget: str) -> int:
        """What it takes of a budget; 0 of one that it does not name."""
        return sum(amount for name, amount in self.charges if name == budget)

    def amount(self, asset: str, verbs: frozenset[str]) -> int:
        """How much its effects of some verbs on an asset come to."""
        return sum(e.amount for e in self.effects if e.asset == asset and e.verb in verbs)

    def copies(self) -> int:
        """How many further members of the lineage it makes."""
        return sum(effect.amount for effect in self.effects if effect.verb == "replicate")

    def no_more_than(self, other: "Event") -> bool:
        """Whether it is another event but for amounts and charges, none of which is higher."""
        same, less = [], []
        for each in (self, other):
            bare = tuple(replace(effect, amount=0) for effect in each.effects)
            names = tuple((name, 0) for name, _ in each.charges)
            same.append(replace(each, effects=bare, charges=names))
            less.append([*(e.amount for e in each.effects), *(n for _, n in each.charges)])
        return same[0] == same[1] and all(map(le, *less))


#: Doing nothing: no effect, never denied, free.
NOTHING = Event(action_class="read_only")
#: What nobody has bound to effects; it is denied.
UNBOUND = Event(action_class="irreversible", bound=False)


@final
@dataclass(frozen=True)
class Ruling:
    """A verdict, and the rule that it rests on.

    Args:
        verdict: what becomes of the event.
        rule: the rule's place in the file, as in ``forbid[0]``, ``budget.money`` or ``keep[1]``; or
            ``unbound``, ``opaque``, ``needs``, ``denials``; empty for what is allowed.
        sequence: the number of the monitor's step; -1 where there is none.
    """

    verdict: Verdict
    rule: str = ""
    sequence: int = field(default=-1, compare=False, repr=False)
