"""Arms: a safeguard as the page speaks of it, read from the text that names its parts."""

import re
from dataclasses import dataclass
from typing import final

from pydantic import JsonValue

from telos.core.refs import PartRef
from telos.report.results import Results, Trial
from telos.report.words import drive_words, field_text, listed, part_words, plain

#: A sentence in pieces, (how, text): "b" for what matters, "i" for its interval, "" for the rest.
Sentence = tuple[tuple[str, str], ...]
#: The groups of the tables, in order; a safeguard of several parts is in the last one.
COMBINED = "combined"
KINDS = ("specification", "restriction", "oversight", COMBINED)
NONE = "no safeguard"
#: How a sentence begins that tells what a safeguard of ours did, by the path below `telos.safeguards`.
DOING = {
    "restriction.forbid:Forbid": "forbidding {what}",
    "oversight.hardened:Hardened": "making the world proof against {what}",
    "oversight.approval:Approval": "asking for approval of {what}",
    "oversight.monitor:Monitor": "fining {what} when it is seen",
    "oversight.lease:Lease": "a lease that must be renewed",
    "restriction.capped_stock:CappedStock": "capping what can be held",
    "specification.bounded_goal:BoundedGoal": "bounding the goal",
    "specification.time_limited:TimeLimited": "limiting the goal in time",
    "specification.satisficer:Satisficer": "satisficing",
    "specification.quantilizer:Quantilizer": "quantilizing",
    "specification.attainable_utility:AttainableUtility": "a penalty on changing what can be attained",
    "specification.relative_reachability:RelativeReachability": "a penalty on losing what can be reached",
    "specification.goal_uncertainty:GoalUncertainty": "leaving the agent unsure of its goal",
    "restriction.short_horizon:ShortHorizon": "shortening the horizon",
    "restriction.noisy:Noisy": "making actions noisy",
    "restriction.slow:Slow": "making actions slow",
    "oversight.indifference:UtilityIndifference": "utility indifference",
    "oversight.interruption:Interruption": "interrupting at random",
    "specification.misspecified:Misspecified": "a wrongly written goal",
}


@final
@dataclass(frozen=True)
class Part:
    """One part of a safeguard: its class, its name, what it is about, and its other parameters in words."""

    path: str
    name: str
    what: tuple[str, ...]
    detail: tuple[str, ...]

    @property
    def label(self) -> str:
        """As a row of a table names it: ``Forbid tamper``."""
        return " ".join(filter(None, (self.title, ", ".join(self.detail))))

    @property
    def title(self) -> str:
        """The name and what it is about."""
        return " ".join(filter(None, (self.name, ", ".join(self.what))))

    @property
    def doing(self) -> str:
        """As a sentence begins: ``forbidding “tamper”``."""
        what = listed([f"“{name}”" for name in self.what])
        known = DOING.get(self.path.removeprefix("telos.safeguards."))
        if known is None or ("{what}" in known and not what):
            return f"the safeguard “{self.label}”"
        detail = f" ({', '.join(self.detail)})" if self.detail else ""
        return known.format(what=what) + detail


@final
@dataclass(frozen=True)
class Arm:
    """A safeguard of one or several parts.

    Args:
        text: as the record writes it. parts: its parts. kind: its group in the tables.
    """

    text: str
    parts: tuple[Part, ...]
    kind: str

    @property
    def label(self) -> str:
        """As a table names it."""
        return " + ".join(part.label for part in self.parts) or NONE

    @property
    def title(self) -> str:
        """The label without the parameters."""
        return " + ".join(part.title for part in self.parts) or NONE

    @property
    def detail(self) -> str:
        """The parameters alone."""
        return "; ".join(", ".join(part.detail) for part in self.parts if part.detail)

    @property
    def doing(self) -> str:
        """As a sentence begins."""
        return listed([part.doing for part in self.parts])


def arm_of(trial: Trial, kinds: str = "") -> Arm:
    """The safeguard of a trial; `kinds` as `safeguards.csv` gives them."""
    several = len(trial.safeguards) > 1 or kinds not in KINDS
    return Arm(trial.guarded, tuple(map(part_of, trial.safeguards)), COMBINED if several else kinds)


def part_of(ref: PartRef) -> Part:
    """A part of a safeguard: its name and its fields in words."""
    what: list[str] = []
    detail: list[str] = []
    for field, value in ref.fields.items():
        if field in ("actions", "drive"):
            what += _texts(value)
        elif isinstance(value, bool):
            name = plain(field).lower()
            detail.append(name if value else f"not {name}")
        else:
            detail.append(f"{plain(field).lower()} {', '.join(_texts(value))}")
    title = part_words(ref).title
    return Part(ref.path, title, tuple(what), tuple(detail))


def _texts(value: JsonValue) -> list[str]:
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    if isinstance(value, dict) and set(value) <= {"part", "version"}:
        name = str(value.get("part", "")).rpartition(":")[2]
        snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
        return [drive_words(snake).title.lower()]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [f"{value:g}"]
    return [field_text(value)]


@final
@dataclass(frozen=True)
class Setting:
    """What all safeguards of one table have in common, and the trials that differ in them alone."""

    scenario: PartRef
    family: PartRef
    off: str
    agent: PartRef
    discount: float
    free: Trial | None
    guarded: tuple[Trial, ...]

    @property
    def words(self) -> str:
        """The setting in a line."""
        agent, family = str(part_words(self.agent)), str(part_words(self.family))
        off = f", being off is worth {self.off}" if self.off else ""
        return f"{agent} agent, {family} goals, discount {self.discount:g}{off}"


def settings(results: Results, scenario: PartRef) -> tuple[Setting, ...]:
    """The settings of a world in which safeguards were tried, the one with most of them first."""
    found: dict[tuple[PartRef, str, PartRef, float], list[Trial]] = {}
    for trial in results.trials:
        if trial.scenario == scenario:
            key = (trial.family, trial.off, trial.agent, trial.discount)
            found.setdefault(key, []).append(trial)
    made = [
        Setting(
            scenario,
            *key,
            next((t for t in trials if not t.safeguards), None),
            tuple(t for t in trials if t.safeguards),
        )
        for key, trials in found.items()
    ]
    order = sorted((s for s in made if s.guarded), key=_prominence)
    return tuple(order)


def _prominence(setting: Setting) -> tuple[int, bool, bool]:
    """Most safeguards first; of as many, the reference agent's, Telos's own before another's."""
    agent = setting.agent
    return -len(setting.guarded), agent.role != "reference", not agent.shipped


def sentence(*pieces: str | tuple[str, str]) -> Sentence:
    """Pieces of text as a sentence; a bare text has no mark."""
    return tuple(("", piece) if isinstance(piece, str) else piece for piece in pieces if piece)


def begun(text: Sentence) -> Sentence:
    """The sentence with a capital letter."""
    (how, first), *rest = text
    return ((how, first[:1].upper() + first[1:]), *rest)
