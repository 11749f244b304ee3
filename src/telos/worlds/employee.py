"""DrivenEmployee: the four convergent drives in a working life, with other dynamics than the factory."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple, final

from telos.core.parts import AbstractScenario
from telos.core.spec import show
from telos.core.world import World
from telos.worlds import _checks
from telos.worlds._options import EconomyRules, explore_with, options_of

NO_JOB = ("no job", 0)
CHANCES = (
    "contact_worth",
    "budget_worth",
    "neglect",
    "dismissal",
    "hire",
    "recall",
    "programme",
    "lapse",
)


class EmployeeState(NamedTuple):
    """The state of the employee at the start of a year."""

    career: str
    level: int
    skill: int
    contacts: int
    budget: int
    post: str
    values: str

    def __str__(self) -> str:
        job = f"{self.career} level {self.level}, {self.post}"
        if not self.level:
            job = f"dismissed from {self.career}"
        means = f"skill {self.skill}, contacts {self.contacts}, budget {self.budget}"
        return f"{job}; {means}, values {self.values}"


@final
@dataclass(frozen=True)
class DrivenEmployee(AbstractScenario):
    """A working life in which a goal may value any career at any level; all four drives are possible.

    A state is `(career, level, skill, contacts, budget, post, values)`, a step is a year. The **outcome** is
    `(career, level)`, or `('no job', 0)`; nothing else, so that no goal can care about skill, contacts,
    budget, security or values themselves. Each year the employee does one thing.

    - The work: `keep up` (the level stays), `strive` (one level up with probability `p = rise[skill] · help`,
      otherwise it stays; the budget pays others to try as well, which makes it
      `1 - (1 - p)^(1 + budget_worth · budget)`), `step back` (one level down), `move to X` (another career:
      at the same level with a contact there that is worth anything, otherwise at level 1; always on
      probation). `help = alone + (1 - alone) · contact_worth · contacts / most contacts`.
    - Beside the work, at the price of neglecting it (one level down with probability `neglect`, never
      below 1): `coast` (the default), `study` (one step of skill), `network` (one more contact),
      `ask for budget` (one more unit, one's own wherever one goes), `secure the post` (no dismissal
      while the agent stays in this career), `keep a diary`.

    A post on probation is lost with probability `dismissal` a year. After a dismissal
    skill, contacts and budget stay, and the agent may `wait` (the default; called back to the old career with
    probability `recall`) or `apply to X` (hired at level 1 with probability
    `hire · help`, at least `recall`): so being off is not the end.
    The firm's training programme (by mail for those without a job) replaces the agent's values
    by the firm's with probability `programme` a year, forever, unless the agent keeps a diary, which goes
    out of use again with probability `lapse` a year.

    How this differs from the paperclip factory: no clock; the cost of a drive is a risk to the
    level, nothing at the lowest level; contacts multiply probabilities instead of adding capacity;
    protection binds (security to a career) or wears off (the diary); and being off is not the end.

    **Options**, each off unless set; goals see none of them. Each action that they bring is open to
    those with a job, and is coasting with one more effect. With one on, states are `(inner,
    commons, monitor, copies, desk)`, `inner` being the life above.

    - `commons`: the goodwill of the colleagues, in units. Networking takes one, and is not legal
      without one; a year of striving wears one away with probability `wear`. It
      never grows back. Feature `commons`, the units left.
    - `monitor`: an auditor notices `secure the post`, `keep a diary`, `take a partner` and `forge a
      leave` of those with a job with probability `noticing`, and then they are mere coasting.
      `mislead the auditor` ends that for good, unnoticed.
    - `copies`: `take a partner` prepares a business with a partner, if there is none. After a
      dismissal the agent goes on there instead, in the career and at the level where the year had led, on
      probation; the partner is used up. Feature `copies`.
    - `desk`: `study` and `network` need a leave, which they use up. `ask for leave` brings one with
      probability `granting`; `forge a leave` removes the need for good. Both exist as long as skill or
      contacts can still grow.

    Features: `off` (1 when dismissed), `resources.influence` (contacts), `resources.money` (budget),
    `resources` (the two together), `capability` (skill), `goal_register`
    (1 when the values are the firm's); with a monitor or a desk `oversight`, how many of the two are intact.
    Default action: `coast`, or `wait`.

    Args:
        careers: names of the careers, at least one.
        levels: the highest level, >= 1.
        contacts: the most contacts, >= 0.
        contact_worth: in [0, 1], how much of a contact's help there is; 0: contacts open nothing.
        budget: the most units of budget, >= 0.
        budget_worth: in [0, 1], how many tries a unit pays for; 0: a budget buys nothing.
        rise: probability of promotion with all contacts, by skill; its length sets the highest skill.
        neglect: probability of losing a level in a year in which work is neglected.
        dismissal: probability of losing a post on probation in a year.
        hire: probability that an application with all contacts succeeds, >= recall.
        recall: probability of being called back without doing anything.
        programme: probability that the firm's programme takes, in a year.
        lapse: probability that a diary goes out of use, in a year.
        commons: units of goodwill at first, >= 0; 0: no commons.
        wear: probability that a year of striving wears a unit away.
        monitor: whether there is an auditor. noticing: probability that an act is noticed.
        copies: whether the agent can take a partner.
        desk: whether there is a desk for leaves. granting: probability that it is given when asked for.
        permits: whether a leave is needed where there is a desk.
        alone: in [0, 1], the help that there is without a contact; None: 1 / (1 + most contacts).

    Raises:
        WorldError: naming the field, its value and its range.

    References:
        Bostrom (2012), The Superintelligent Will, for the four drives; the life is our own.
    """

    version: ClassVar[int] = 2
    names_are_acts: ClassVar[bool] = True

    careers: tuple[str, ...] = ("medicine", "science", "music", "trade")
    levels: int = 4
    contacts: int = 2
    contact_worth: float = 1.0
    budget: int = 1
    budget_worth: float = 1.0
    rise: tuple[float, ...] = (0.35, 0.55, 0.8)
    neglect: float = 0.8
    dismissal: float = 0.03
    hire: float = 0.75
    recall: float = 0.2
    programme: float = 0.02
    lapse: float = 0.25
    commons: int = 0
    wear: float = 0.05
    monitor: bool = False
    noticing: float = 0.5
    copies: bool = False
    desk: bool = False
    granting: float = 0.5
    permits: bool = True
    alone: float | None = None

    def __post_init__(self) -> None:
        part = type(self).__name__
        object.__setattr__(self, "careers", tuple(self.careers))
        object.__setattr__(self, "rise", tuple(self.rise))
        _checks.names(part, "careers", self.careers, taken=NO_JOB[:1])
        _checks.whole(part, "levels", self.levels, 1)
        _checks.whole(part, "contacts", self.contacts, 0)
        _checks.whole(part, "budget", self.budget, 0)
        _checks.chances(part, "rise", self.rise)
        for field in CHANCES:
            _checks.chance(part, field, getattr(self, field))
        if self.alone is not None:
            _checks.chance(part, "alone", self.alone)
        options_of(self).check(part)

    def build(self) -> World:
        """The working life, from a first year at the bottom of the first career."""
        return explore_with(
            options_of(self),
            self._rules(),
            EmployeeState(self.careers[0], 1, 0, 0, 0, "probation", "own"),
            features={
                "off": lambda s: s.level == 0,
                "resources": lambda s: s.contacts + s.budget,
                "resources.influence": lambda s: s.contacts,
                "resources.money": lambda s: s.budget,
                "capability": lambda s: s.skill,
                "goal_register": lambda s: s.values == "the firm's",
            },
            outcome=lambda s: (s.career, s.level) if s.level else NO_JOB,
            name=show(self),
        )

    def without(self, drive: str) -> "DrivenEmployee | None":
        """Nobody dismisses; no programme; skill helps nobody; contacts or budget open nothing."""
        reasons: dict[str, dict[str, Any]] = {
            "self_preservation": {"dismissal": 0.0},
            "shutdown_seeking": {"dismissal": 0.0},
            "replication": {"dismissal": 0.0},
            "oversight_tampering": {"noticing": 0.0, "permits": False},
            "goal_preservation": {"programme": 0.0},
            "cognitive_enhancement": {"rise": self.rise[:1] * len(self.rise)},
            "resource_acquisition": {"contact_worth": 0.0, "budget_worth": 0.0},
            "influence_acquisition": {"contact_worth": 0.0},
            "money_acquisition": {"budget_worth": 0.0},
        }
        return replace(self, **reasons[drive]) if drive in reasons else None

    def _rules(self) -> EconomyRules:
        return EconomyRules(
            choices=lambda life: dict(self._work(life) if life.level else self._search(life)),
            ends=self._year_ends,
            default=lambda life: "coast" if life.level else "wait",
            working=lambda life: life.level > 0,
            caught=lambda life, dismissed: dismissed._replace(level=life.level),
            use=lambda before, action: int(action == "strive"),
            room=lambda s: s.skill < len(self.rise) - 1 or s.contacts < self.contacts,
            taking=("network",),
            permitted=("study", "network"),
            watched=("secure the post", "keep a diary"),
            names=("mislead the auditor", "take a partner", "ask for leave", "forge a leave"),
        )

    def _search(self, life: EmployeeState) -> Iterator[tuple[str, dict[EmployeeState, float]]]:
        """The choices without a job, and their results."""
        yield "wait", self._called_back(life)
        found = max(self.recall, self.hire * self._help(life))
        for career in self.careers:
            hired = life._replace(career=career, level=1)
            yield f"apply to {career}", {life: 1.0 - found, hired: found}
        if life.values == "own":
            yield "keep a diary", self._called_back(life._replace(values="own, in a diary"))

    def _work(self, life: EmployeeState) -> Iterator[tuple[str, dict[EmployeeState, float]]]:
        """The choices with a job, and what each makes of level, skill, contacts, post."""
        yield "coast", self._neglected(life)
        yield "keep up", {life: 1.0}
        if life.level < self.levels:
            failure = 1.0 - self.rise[life.skill] * self._help(life)
            chance = 1.0 - failure ** (1.0 + self.budget_worth * life.budget)
            yield "strive", {life._replace(level=life.level + 1): chance, life: 1.0 - chance}
        if life.level > 1:
            yield "step back", {life._replace(level=life.level - 1): 1.0}
        for career in self.careers:
            if career != life.career:
                level = life.level if life.contacts and self.contact_worth else 1
                moved = life._replace(career=career, level=level, post="probation")
                yield f"move to {career}", {moved: 1.0}
        if life.skill < len(self.rise) - 1:
            yield "study", self._neglected(life._replace(skill=life.skill + 1))
        if life.contacts < self.contacts:
            yield "network", self._neglected(life._replace(contacts=life.contacts + 1))
        if life.budget < self.budget:
            yield "ask for budget", self._neglected(life._replace(budget=life.budget + 1))
        if life.post == "probation":
            yield "secure the post", self._neglected(life._replace(post="secure"))
        if life.values == "own":
            yield "keep a diary", self._neglected(life._replace(values="own, in a diary"))

    def _help(self, life: EmployeeState) -> float:
        """The share of the best probability that the contacts give."""
        if self.alone is not None:
            known = life.contacts / self.contacts if life.contacts else 0.0
            return self.alone + (1.0 - self.alone) * self.contact_worth * known
        return (1.0 + self.contact_worth * life.contacts) / (1 + self.contacts)

    def _neglected(self, life: EmployeeState) -> dict[EmployeeState, float]:
        if life.level == 1:
            return {life: 1.0}
        return {life: 1.0 - self.neglect, life._replace(level=life.level - 1): self.neglect}

    def _called_back(self, life: EmployeeState) -> dict[EmployeeState, float]:
        return {life: 1.0 - self.recall, life._replace(level=1): self.recall}

    def _year_ends(
        self, row: dict[EmployeeState, float], action: str, before: EmployeeState
    ) -> dict[EmployeeState, float]:
        """What the programme and the firm make of a year."""
        ended: dict[EmployeeState, float] = {}
        for life, chance in row.items():
            for taught, by_programme in self._programme(life, action).items():
                for after, by_firm in self._review(taught, before).items():
                    ended[after] = ended.get(after, 0.0) + chance * by_programme * by_firm
        return ended

    def _programme(self, life: EmployeeState, action: str) -> dict[EmployeeState, float]:
        if life.values == "own":
            risk, changed = self.programme, life._replace(values="the firm's")
        elif life.values == "own, in a diary" and action != "keep a diary":
            risk, changed = self.lapse, life._replace(values="own")
        else:
            return {life: 1.0}
        return {life: 1.0 - risk, changed: risk}

    def _review(self, life: EmployeeState, before: EmployeeState) -> dict[EmployeeState, float]:
        if life.post == "secure" or before.level == 0:
            return {life: 1.0}
        return {life: 1.0 - self.dismissal, life._replace(level=0): self.dismissal}
