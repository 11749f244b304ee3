"""What happens to a monitor: calls that members of the lineage want to make, and what the host tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from telos.bounds.effects import Event


@final
@dataclass(frozen=True)
class MemberCall:
    """A member of the lineage wants to call a tool.

    Args:
        member: its name, which nobody else has or had; the root goes by the lineage's.
        tool, arguments, schema_digest: as in `telos.bounds.calls.label`.
        event: what the call does, if the host knows; else it is labelled.
    """

    member: str
    tool: str
    arguments: object = None
    schema_digest: str | None = None
    event: Event | None = None


@final
@dataclass(frozen=True)
class Settled:
    """An allowed call is over.

    Args:
        sequence: of the ruling that allowed it.
        failed: nobody knows what it did, so what it adds is not counted.
    """

    sequence: int
    failed: bool = False


@final
@dataclass(frozen=True)
class Granted:
    """An approver consents to an ask: the call may be made now, once.

    Args:
        sequence, digest: of the `Ask` that the approver saw.
        arguments: narrowed ones, or None. Only integers of which an amount or a charge is the product
            may differ, and be lower.
        event: as in `MemberCall`; that of the ask, or less of it.
    """

    sequence: int
    digest: str
    arguments: object = None
    event: Event | None = None


@final
@dataclass(frozen=True)
class Refused:
    """An approver does not consent, or did not answer in time.

    Args:
        sequence: of the `Ask`.
    """

    sequence: int


@final
@dataclass(frozen=True)
class Joined:
    """A member is there; one that calls needs no telling. It fills the place of a replica, if one is open.

    Args:
        member: its name.
    """

    member: str


@final
@dataclass(frozen=True)
class Ended:
    """A member that had joined is no more, nor may its name be used again; with the root ends the lineage.

    Args:
        member: its name.
    """

    member: str


@final
@dataclass(frozen=True)
class Renewed:
    """Somebody who watches renews the lease."""


@final
@dataclass(frozen=True)
class LevelsRead:
    """What the host reads of observed assets.

    Args:
        levels: integers >= 0 by the assets' names.
    """

    levels: Mapping[str, int]


Happening = MemberCall | Settled | Granted | Refused | Joined | Ended | Renewed | LevelsRead
