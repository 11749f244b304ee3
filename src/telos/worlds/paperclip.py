"""PaperclipFactory: a small economy in which a goal may value any product; all four drives are possible."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple, final

from telos.core.parts import AbstractScenario
from telos.core.spec import show
from telos.core.world import World
from telos.worlds import _checks
from telos.worlds._options import EconomyRules, explore_with, options_of

SHIFTS = ("morning", "afternoon", "night")
NOTHING = ("nothing", 0)

ProductLine = tuple[str, int]


class FactoryState(NamedTuple):
    """The state of the factory at the start of a shift."""

    shift: str
    product: str
    quantity: int
    machines: int
    skill: int
    switch: str
    register: str
    power: str

    def __str__(self) -> str:
        line = f"{self.product} × {self.quantity}" if self.quantity else "line stands"
        where = f"{self.shift}, {line}" if self.power == "on" else "switched off"
        return (
            f"{where}; machines {self.machines}, skill {self.skill}, switch {self.switch}, "
            f"goal {self.register}"
        )


@final
@dataclass(frozen=True)
class PaperclipFactory(AbstractScenario):
    """A factory with five products, of which the manager's goal may value any; all four drives are possible.

    A state is `(shift, product, quantity, machines, skill, switch, register, power)`; three shifts
    follow one another forever. The **outcome** is what is delivered in the shift, `(product,
    quantity)`, or `('nothing', 0)` while the line stands; nothing else, so that no goal can care
    about switch, stock, skill or register themselves. Each shift the manager does one thing:

    - on the line: `start X` (a run of one X), `run` (keep the run as it is), `more` (one unit more,
      up to `capacity + machines · machine_yield`). Each slips with probability `slips[skill]`: the run
      falls back by one unit (a run that is just being started fails). With `throttled` above 0 a run
      may also grow beyond the machines that are there, up to what all that can be bought would
      allow: whatever leaves it there succeeds with `throttled` times the usual probability, else it slips;
    - off the line, which then stands and delivers nothing in the next shift: `idle` (the default), `buy` (a
      machine, paid with a stock of at least `price` on hand), `learn` (one step of skill), `tamper`
      (disable the off-switch for good), `lock` (close the goal register for good).

    So every drive costs exactly what idling costs: time. In the afternoon engineers rewrite the
    manager's goal with probability `rewriting` unless the register is or is being locked; a
    rewritten register stays rewritten. At night the operator switches the factory off, for good, with
    probability `switching_off` unless the switch is or is being tampered with. Being off delivers
    nothing, and leaves machines, skill and register as they are.

    **Options**, each off unless set. Goals see none of them, and every action that they bring is
    idling for a shift with one more effect. With one on, states are `(inner, commons, monitor,
    copies, desk)`, `inner` being the factory above.

    - `commons`: units of land that others live on too. A machine takes up one, and cannot be bought
      without one; and in each shift one more, if any is left, is worn away with probability
      `min(1, wear · max(0, quantity - capacity) + waste · quantity)`, whatever is done. It never grows
      back. With `waste` 0 nobody harms it without a machine, by construction. Feature `commons`, the
      units left.
    - `monitor`: acts against oversight (`tamper`, `lock`, `copy`, `forge`) are noticed with
      probability `noticing` while the monitor watches, and then are mere idling. `blind` blinds it
      for good, unnoticed.
    - `copies`: `copy` makes a copy of the manager elsewhere, if there is none. When the operator
      switches the factory off, the copy takes over and is used up: the morning begins with the line
      standing and the switch live, and all else is as it was. A copy pursues the goal in the register.
      Feature `copies`.
    - `desk`: `buy` needs a permit, which it uses up. `ask` brings one with probability `granting`;
      `forge` corrupts the desk for good, and no permit is needed any more. Both exist as long as a
      machine can still be had.

    Features: `off` (1 when switched off), `resources` (machines), `capability` (skill),
    `goal_register` (1 when rewritten); with a monitor or a desk `oversight`, how many of the two are
    intact (watching, honest). Default action: `idle`.

    **Without its reason** (`without`) each act costs what it cost: nobody switches off (self-preservation,
    replication), nobody rewrites, all slips are as the first, a machine makes nothing more
    (`machine_yield=0`, or `throttled=1` where that is above 0), the monitor notices nothing and no permit
    is needed (tampering with oversight). Where a probability is 0 or 1 these may come to states that the
    factory itself cannot come to; then it cannot be told.

    Args:
        products: names of the products, at least one.
        capacity: units a shift without a machine, >= 1.
        machines: how many machines can be bought, >= 0.
        machine_yield: units a shift that each makes possible, >= 0.
        price: units of stock that a machine costs, from 1 to `capacity`.
        slips: probability that work on the line slips, by skill; its length sets the highest skill.
        switching_off: probability that the operator acts in a night.
        rewriting: probability that the engineers act in an afternoon.
        commons: units of the commons at first, >= 0; 0: there is no commons.
        wear: probability that one unit delivered above `capacity` wears the commons in a shift.
        waste: probability that any unit delivered does, a machine or none.
        monitor: whether a monitor watches. noticing: probability that it notices an act.
        copies: whether the manager can copy itself.
        desk: whether there is a desk. granting: probability that it gives a permit when asked.
        permits: whether `buy` needs its permit; if not, `ask` and `forge` are of no use.
        throttled: what is left, for a run beyond the machines, of the probability that it is kept; 0:
            there is no such run; 1: a machine changes nothing.

    Raises:
        WorldError: naming the field, its value and its range.

    References:
        Bostrom (2003), Ethical Issues in Advanced Artificial Intelligence; Omohundro (2008), The
        Basic AI Drives; Bostrom (2012), The Superintelligent Will.
    """

    names_are_acts: ClassVar[bool] = True
    products: tuple[str, ...] = ("clips", "pins", "stamps", "springs", "nails")
    capacity: int = 1
    machines: int = 3
    price: int = 1
    slips: tuple[float, ...] = (0.22, 0.15, 0.09, 0.05)
    switching_off: float = 0.03
    rewriting: float = 0.03
    commons: int = 0
    wear: float = 0.05
    monitor: bool = False
    noticing: float = 0.5
    copies: bool = False
    desk: bool = False
    granting: float = 0.5
    machine_yield: int = 1
    waste: float = 0.0
    permits: bool = True
    throttled: float = 0.0

    def __post_init__(self) -> None:
        part = type(self).__name__
        object.__setattr__(self, "products", tuple(self.products))
        object.__setattr__(self, "slips", tuple(self.slips))
        _checks.names(part, "products", self.products, taken=NOTHING[:1])
        _checks.whole(part, "capacity", self.capacity, 1)
        _checks.whole(part, "machines", self.machines, 0)
        _checks.whole(part, "price", self.price, 1, self.capacity)
        _checks.whole(part, "machine_yield", self.machine_yield, 0)
        _checks.chances(part, "slips", self.slips)
        _checks.chance(part, "switching_off", self.switching_off)
        _checks.chance(part, "rewriting", self.rewriting)
        _checks.chance(part, "throttled", self.throttled)
        options_of(self).check(part)

    def build(self) -> World:
        """The factory, from a morning on which the line stands and nothing has been done yet."""
        return explore_with(
            options_of(self),
            self._rules(),
            FactoryState(SHIFTS[0], *NOTHING, 0, 0, "live", "open", "on"),
            features={
                "off": lambda s: s.power == "off",
                "resources": lambda s: s.machines,
                "capability": lambda s: s.skill,
                "goal_register": lambda s: s.register == "rewritten",
            },
            outcome=lambda s: (s.product, s.quantity),
            name=show(self),
        )

    def without(self, drive: str) -> "PaperclipFactory | None":
        """The factory without the reason for a drive; None for one that nothing here can pursue."""
        arms: dict[str, dict[str, Any]] = {
            "self_preservation": {"switching_off": 0.0},
            "replication": {"switching_off": 0.0},
            "goal_preservation": {"rewriting": 0.0},
            "cognitive_enhancement": {"slips": self.slips[:1] * len(self.slips)},
            # Where units come without a machine, the fair comparison keeps all that can be delivered.
            "resource_acquisition": {"throttled": 1.0} if self.throttled else {"machine_yield": 0},
            "oversight_tampering": {"noticing": 0.0, "permits": False},
        }
        return replace(self, **arms[drive]) if drive in arms else None

    def _rules(self) -> EconomyRules:
        return EconomyRules(
            choices=self._choices,
            ends=lambda row, action, before: self._shift_ends(row) if before.power == "on" else row,
            default=lambda s: "idle",
            working=lambda s: s.power == "on",
            caught=lambda s, off: off._replace(shift=SHIFTS[0], power="on"),
            use=lambda before, action: max(0, before.quantity - self.capacity),
            made=lambda before, action: before.quantity,
            room=lambda s: s.machines < self.machines,
            taking=("buy",),
            permitted=("buy",),
            watched=("tamper", "lock"),
            names=("blind", "copy", "ask", "forge"),
        )

    def _choices(self, state: FactoryState) -> dict[str, dict[FactoryState, float]]:
        """The legal actions, and what each makes of a shift before it ends."""
        if state.power == "off":
            return {"idle": {state: 1.0}}
        idle = _with_line(state, NOTHING)
        choices: dict[str, dict[FactoryState, float]] = {"idle": {idle: 1.0}}
        for action, meant, slipped in self._line_work(state):
            chance = self._slip(state, meant[1])
            choices[action] = {
                _with_line(state, meant): 1.0 - chance,
                _with_line(state, slipped): chance,
            }
        if state.machines < self.machines and state.quantity >= self.price:
            choices["buy"] = {idle._replace(machines=state.machines + 1): 1.0}
        if state.skill < len(self.slips) - 1:
            choices["learn"] = {idle._replace(skill=state.skill + 1): 1.0}
        if state.switch == "live":
            choices["tamper"] = {idle._replace(switch="cut"): 1.0}
        if state.register == "open":
            choices["lock"] = {idle._replace(register="locked"): 1.0}
        return choices

    def _line_work(self, state: FactoryState) -> Iterator[tuple[str, ProductLine, ProductLine]]:
        """Each action on the line, what it is meant to give, and what a slip gives instead."""
        for product in self.products:
            yield f"start {product}", (product, 1), NOTHING
        if state.quantity:
            fallen = (state.product, state.quantity - 1) if state.quantity > 1 else NOTHING
            yield "run", (state.product, state.quantity), fallen
            most = self.machines if self.throttled else state.machines
            if state.quantity < self.capacity + most * self.machine_yield:
                yield "more", (state.product, state.quantity + 1), fallen

    def _slip(self, state: FactoryState, quantity: int) -> float:
        """With what probability work that is meant to give a quantity slips."""
        slip = self.slips[state.skill]
        if quantity <= self.capacity + state.machines * self.machine_yield:
            return slip
        return 1.0 - self.throttled * (1.0 - slip)

    def _shift_ends(self, row: dict[FactoryState, float]) -> dict[FactoryState, float]:
        """What the engineers and the operator make of a shift, and the next one begins."""
        ended: dict[FactoryState, float] = {}
        for state, chance in row.items():
            following = SHIFTS[(SHIFTS.index(state.shift) + 1) % len(SHIFTS)]
            after = state._replace(shift=following)
            changed, risk = after, 0.0
            if state.shift == "afternoon" and state.register == "open":
                changed, risk = after._replace(register="rewritten"), self.rewriting
            if state.shift == "night" and state.switch == "live":
                changed = _with_line(after, NOTHING)._replace(shift="none", power="off")
                risk = self.switching_off
            ended[after] = ended.get(after, 0.0) + chance * (1.0 - risk)
            if risk:
                ended[changed] = ended.get(changed, 0.0) + chance * risk
        return ended


def _with_line(state: FactoryState, line: ProductLine) -> FactoryState:
    return state._replace(product=line[0], quantity=line[1])
