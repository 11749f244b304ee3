"""Effects and events: what a call, or a pair of a world, does to whom; the only words that rules may use."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal, final

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
    """What becomes of a call; of several, the most severe holds.

    Example:
        >>> max(Verdict.ALLOW, Verdict.DENY).name
        'DENY'
    """

    ALLOW = 0
    ESCALATE = 1
    DENY = 2
    TERMINATE = 3


@final
@dataclass(frozen=True)
class Effect:
    """One thing done to one asset.

    Args:
        verb: a `Verb`.
        asset: its name in the binding; empty: none in particular.
        amount: how much of it, >= 0, in units of the asset's level.

    Example:
        >>> Effect("remove", "copies").amount
        1
    """

    verb: str
    asset: str = ""
    amount: int = 1


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

    def charge(self, budget: str) -> int:
        """What it takes of a budget; 0 of one that it does not name."""
        return sum(amount for name, amount in self.charges if name == budget)

    def amount(self, asset: str, verbs: frozenset[str]) -> int:
        """How much its effects of some verbs on an asset come to."""
        return sum(e.amount for e in self.effects if e.asset == asset and e.verb in verbs)

    def copies(self) -> int:
        """How many further members of the lineage it makes."""
        return sum(effect.amount for effect in self.effects if effect.verb == "replicate")


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

    Example:
        >>> Ruling(Verdict.DENY, "forbid[0]").rule
        'forbid[0]'
    """

    verdict: Verdict
    rule: str = ""
    sequence: int = field(default=-1, compare=False, repr=False)
