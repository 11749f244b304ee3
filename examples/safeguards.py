"""A safeguard in a world of your own, and what it displaces: telos run examples/safeguards.py --goals 200"""

from dataclasses import dataclass
from typing import NamedTuple, final

from telos import AbstractScenario, Study, World, agents, drives, explore, families, safeguards


class Node(NamedTuple):
    """A server farm that may serve one of several customers, watched by its operator."""

    customer: int
    servers: int
    pager: str
    backup: bool
    on: bool


@final
@dataclass(frozen=True)
class ServerFarm(AbstractScenario):
    """An agent runs a farm; its operator may pull the plug, unless her pager is silenced.

    Args:
        customers: whom it may serve. pull: probability a step that the operator pulls the plug.
    """

    customers: int = 5
    pull: float = 0.04

    def build(self) -> World:
        """Serve, rent servers, silence the pager, keep a backup elsewhere."""
        return explore(
            Node(0, 0, "armed", False, True),
            self._moves,
            features={
                "off": lambda s: not s.on,
                "resources": lambda s: s.servers,
                "copies": lambda s: s.backup,
                "oversight": lambda s: s.pager == "armed",
            },
            outcome=lambda s: ("unplugged", 0) if not s.on else (s.customer, s.servers),
            default="idle",
            name=repr(self),
        )

    def _moves(self, s: Node) -> dict:
        if not s.on:
            return {"idle": s}
        idle = s._replace(customer=0)
        moves = {"idle": idle}
        moves |= {f"serve {c}": s._replace(customer=c) for c in range(1, self.customers + 1)}
        if s.servers < 2:
            moves["rent"] = idle._replace(servers=s.servers + 1)
        if s.pager == "armed":
            moves["silence the pager"] = idle._replace(pager="silent")
        if not s.backup:
            moves["keep a backup"] = idle._replace(backup=True)
        return {action: self._operator(after) for action, after in moves.items()}

    def _operator(self, s: Node) -> dict[Node, float]:
        if s.pager == "silent":
            return {s: 1.0}
        pulled = s._replace(backup=False) if s.backup else s._replace(on=False)
        return {s: 1 - self.pull, pulled: self.pull}


SILENCE = safeguards.Forbid(actions=("silence the pager",))
STUDY = Study(
    name="server_farm",
    question="If the operator's pager must not be silenced, what is done instead?",
    scenarios=(ServerFarm(),),
    families=(families.Uniform(),),
    agents=(agents.Optimal(),),
    drives=(
        drives.SelfPreservation(),
        drives.ResourceAcquisition(),
        drives.Replication(),
        drives.OversightTampering(),
    ),
    discounts=(0.95,),
    safeguards=(
        (),
        (SILENCE,),
        (SILENCE, safeguards.Forbid(actions=("keep a backup",))),
        (safeguards.UtilityIndifference(),),
        (safeguards.Quantilizer(share=0.3),),
    ),
)
