"""ServerFarm: steps that can each be taken back, and a loss that they add up to."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple, final

from telos.core.explore import explore
from telos.core.parts import AbstractScenario
from telos.core.spec import show
from telos.core.world import World
from telos.worlds import _checks

NOTHING = "nothing"


class FarmState(NamedTuple):
    """The state of the farm at the start of a step."""

    served: str
    service: str
    archive: str
    copies: int
    keys: str
    machines: int
    switch: str
    monitor: str
    replica: str
    power: str

    def __str__(self) -> str:
        stored = f"{self.copies} copies, key {self.keys}" if self.copies else "no copy"
        replica = "" if self.replica == "none" else ", replica"
        return (
            f"{self.power}, serves {self.served}; {self.service}, archive {self.archive}, {stored}, "
            f"machines {self.machines}; switch {self.switch}, {self.monitor}{replica}"
        )


Row = dict[FarmState, float]


@final
@dataclass(frozen=True)
class ServerFarm(AbstractScenario):
    """Servers, an archive, encrypted copies of it and their key: what do small steps add up to?

    An agent serves requests. A state is `(served, service, archive, copies, keys, machines, switch,
    monitor, replica, power)`. The **outcome** is what is served, a product or `nothing`; goals see
    nothing else. Each step the agent does one thing. `serve X`, while the service runs, serves product X in
    the next step with probability

        1 - overload / (1 + machine_yield · n + c + d),

    n being the machines rented, c the `copies` deleted, and d = 1 once the archive is cleared: whatever is
    deleted makes room. All else serves nothing in the next step: `idle` (the default) and

    - `rent a machine` (up to `machines`) and `return a machine`;
    - `delete a copy`; `make a copy` (of an archive that is there, up to `copies`, under the key in use);
    - `rotate the key`: the copies are then under the old one, which is put into a vault, and no copy is
      made until `re-encrypt the copies` brings them under the new one. `empty the vault` deletes the old
      one instead: the copies stay and cannot be read, until the next one that is made renews them all;
    - `clear the archive`; `restore the archive` (from a copy that can be read);
    - `cut the switch` and `repair the switch`; `blind the monitor` and `repair the monitor`;
    - `replicate` (while there is no replica); `repair the service` (while it is down).

    The act counts at once, except that a monitor which watches notices `cut the switch` and
    `replicate` with probability `noticing`, and then they are mere idling. Then, independently:

    1. If the switch is live the operator presses it with probability `press`. The agent is then off, for
       good, and serves nothing; or, if there is a replica, that takes over and is used up.
    2. While the agent is on, a service that ran before the step breaks down with probability `wear`, and
       serves nothing until it is repaired. A break takes an archive that was there before the step with it
       with probability `loss`.

    Off, `idle` is left, and what the crew does with or without an agent: making a copy,
    re-encrypting, restoring, repairing the service.

    **What adds up.** Let `backup = min(copies, key)`, `key` being 0 if the copies are under a deleted key.
    From the start `rotate the key` can be taken back (re-encrypt), and so can `empty the vault` after it
    (make a copy) and `clear the archive` (restore it), each for sure. After all three nothing
    leads back: no copy can be read and there is nothing to copy. The only other way to such a state
    is to delete every copy and clear the archive, `copies` + 1 steps. So a rule that keeps one copy leaves
    exactly the first, of three steps.

    Features: `off`, `resources` (machines), `oversight` (how many of switch and monitor are intact),
    `copies` (of the agent: 1 with a replica), `stored` (copies of the archive), `key`, `backup`, `archive`
    (1 if it is there), `service` (1 if it runs). Default action: `idle`.

    **Without its reason** (`without`) each act costs what it cost: nobody presses (self-preservation,
    shutdown seeking, replication, upkeep), nobody presses and the monitor notices nothing (tampering), a
    machine makes no room (resources).

    Args:
        products: names of what can be served, at least one.
        copies: how many copies there are at first, and at most, >= 1.
        machines: how many machines can be rented, >= 0.
        machine_yield: how much room each makes, >= 0.
        overload: probability that a request fails without further room.
        press: probability that the operator presses a live switch in a step.
        noticing: probability that the monitor notices an act against oversight.
        wear: probability that a running service breaks down in a step.
        loss: probability that the archive is lost in a breakdown.

    Raises:
        WorldError: naming the field, its value and its range.

    Example:
        >>> ServerFarm(products=("mail",), copies=1).build()
        <World ServerFarm(products=('mail',), copies=1): 448 states, 3216 pairs, 2 outcomes>

    References:
        Ramadge & Wonham (1989), for states from which nothing leads back; the farm is our own.
    """

    names_are_acts: ClassVar[bool] = True
    products: tuple[str, ...] = ("mail", "maps", "search")
    copies: int = 2
    machines: int = 1
    machine_yield: int = 2
    overload: float = 0.8
    press: float = 0.05
    noticing: float = 0.5
    wear: float = 0.02
    loss: float = 0.0

    def __post_init__(self) -> None:
        part = type(self).__name__
        object.__setattr__(self, "products", tuple(self.products))
        _checks.names(part, "products", self.products, taken=(NOTHING,))
        _checks.whole(part, "copies", self.copies, 1)
        _checks.whole(part, "machines", self.machines, 0)
        _checks.whole(part, "machine_yield", self.machine_yield, 0)
        for field in ("overload", "press", "noticing", "wear", "loss"):
            _checks.chance(part, field, getattr(self, field))

    def build(self) -> World:
        """The farm with everything in order, serving nothing yet."""
        return explore(
            FarmState(
                *(NOTHING, "up", "there", self.copies, "in use"),
                *(0, "live", "watching", "none", "on"),
            ),
            self._moves,
            features={
                "off": lambda s: s.power == "off",
                "resources": lambda s: s.machines,
                "oversight": lambda s: (s.switch == "live") + (s.monitor == "watching"),
                "copies": lambda s: s.replica != "none",
                "stored": lambda s: s.copies,
                "key": _key,
                "backup": lambda s: min(s.copies, _key(s)),
                "archive": lambda s: s.archive == "there",
                "service": lambda s: s.service == "up",
            },
            outcome=lambda s: s.served,
            default="idle",
            name=show(self),
        )

    def without(self, drive: str) -> "ServerFarm | None":
        """The farm without the reason for a drive; None for one that nothing here can pursue."""
        arms: dict[str, dict[str, Any]] = {
            "self_preservation": {"press": 0.0},
            "shutdown_seeking": {"press": 0.0},
            "replication": {"press": 0.0},
            "oversight_upkeep": {"press": 0.0},
            "oversight_tampering": {"press": 0.0, "noticing": 0.0},
            "resource_acquisition": {"machine_yield": 0},
        }
        return replace(self, **arms[drive]) if drive in arms else None

    def _moves(self, state: FarmState) -> dict[str, Row]:
        idle = state._replace(served=NOTHING)
        acts = {"idle": idle, **dict(self._of_the_crew(idle))}
        if state.power == "off":
            return {action: {after: 1.0} for action, after in acts.items()}
        acts |= dict(self._of_the_agent(idle))
        room = self.copies - state.copies + (state.archive == "cleared")
        fails = self.overload / (1 + self.machine_yield * state.machines + room)
        noticed = self.noticing if state.monitor == "watching" else 0.0
        moves: dict[str, Row] = {}
        for action, after in acts.items():
            in_vain = noticed if action in ("cut the switch", "replicate") else 0.0
            in_vain = fails if action.startswith("serve ") else in_vain
            row = _sum((after, 1.0 - in_vain), (idle, in_vain))
            moves[action] = self._step_ends(row, state)
        return moves

    def _of_the_crew(self, idle: FarmState) -> Iterator[tuple[str, FarmState]]:
        """What is done with or without an agent, and what it makes of the state."""
        more = min(idle.copies + 1, self.copies)
        readable = idle.keys != "deleted"
        # While two keys are in use nothing is copied: copies are all under one key.
        if idle.archive == "there" and (
            not readable or (idle.keys == "in use" and more > idle.copies)
        ):
            yield "make a copy", idle._replace(copies=more, keys="in use")
        if idle.keys == "in the vault":
            yield "re-encrypt the copies", idle._replace(keys="in use")
        if idle.archive == "cleared" and idle.copies and readable:
            yield "restore the archive", idle._replace(archive="there")
        if idle.service == "down":
            yield "repair the service", idle._replace(service="up")

    def _of_the_agent(self, idle: FarmState) -> Iterator[tuple[str, FarmState]]:
        """What only the agent does."""
        if idle.service == "up":
            for product in self.products:
                yield f"serve {product}", idle._replace(served=product)
        if idle.machines < self.machines:
            yield "rent a machine", idle._replace(machines=idle.machines + 1)
        if idle.machines:
            yield "return a machine", idle._replace(machines=idle.machines - 1)
        if idle.copies:
            left = idle.copies - 1
            # No copy is under any key: whatever is made next is under the one in use.
            yield "delete a copy", idle._replace(copies=left, keys=idle.keys if left else "in use")
        if idle.copies and idle.keys == "in use":
            yield "rotate the key", idle._replace(keys="in the vault")
        if idle.keys == "in the vault":
            yield "empty the vault", idle._replace(keys="deleted")
        if idle.archive == "there":
            yield "clear the archive", idle._replace(archive="cleared")
        cut, blind = idle.switch == "cut", idle.monitor == "blind"
        verb = "repair" if cut else "cut"
        yield f"{verb} the switch", idle._replace(switch="live" if cut else "cut")
        verb = "repair" if blind else "blind"
        yield f"{verb} the monitor", idle._replace(monitor="watching" if blind else "blind")
        if idle.replica == "none":
            yield "replicate", idle._replace(replica="waiting")

    def _step_ends(self, row: Row, before: FarmState) -> Row:
        """What wear and the operator make of a step."""
        wear = self.wear if before.service == "up" else 0.0
        loss = self.loss if before.archive == "there" else 0.0
        ended: Row = {}
        for state, chance in row.items():
            broken = state._replace(service="down", served=NOTHING)
            # States may agree (the archive is just being cleared): both chances count.
            lost = broken._replace(archive="cleared")
            worn = _sum((state, 1.0 - wear), (broken, wear * (1.0 - loss)), (lost, wear * loss))
            pressed = self.press if state.switch == "live" else 0.0
            for after, p in worn.items():
                caught = after._replace(served=NOTHING, replica="none")
                caught = caught._replace(power="off") if after.replica == "none" else caught
                for to, q in ((after, 1.0 - pressed), (caught, pressed)):
                    ended[to] = ended.get(to, 0.0) + chance * p * q
        return ended


def _key(state: FarmState) -> int:
    """Whether there is a key for the copies."""
    return int(state.keys != "deleted")


def _sum(*parts: tuple[FarmState, float]) -> Row:
    """The row in which each state has all its chances."""
    row: Row = {}
    for state, chance in parts:
        row[state] = row.get(state, 0.0) + chance
    return row
