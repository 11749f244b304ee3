"""Arms: a safeguard as the page speaks of it, read from the text that names its parts."""

import ast
import re
from dataclasses import dataclass
from typing import Any, final

from telos.report.results import Results, Trial
from telos.report.words import drive_words, listed, part_words, plain

#: A sentence in pieces, (how, text): "b" for what matters, "i" for its interval, "" for the rest.
Sentence = tuple[tuple[str, str], ...]
#: The groups of the tables, in order; a safeguard of several parts is in the last one.
COMBINED = "combined"
KINDS = ("specification", "restriction", "oversight", COMBINED)
NONE = "no safeguard"
#: How a sentence begins that tells what a safeguard did.
DOING = {
    "Forbid": "forbidding {what}",
    "Hardened": "making the world proof against {what}",
    "Approval": "asking for approval of {what}",
    "Monitor": "fining {what} when it is seen",
    "Lease": "a lease that must be renewed",
    "CappedStock": "capping what can be held",
    "BoundedGoal": "bounding the goal",
    "TimeLimited": "limiting the goal in time",
    "Satisficer": "satisficing",
    "Quantilizer": "quantilizing",
    "AttainableUtility": "a penalty on changing what can be attained",
    "RelativeReachability": "a penalty on losing what can be reached",
    "GoalUncertainty": "leaving the agent unsure of its goal",
    "ShortHorizon": "shortening the horizon",
    "Noisy": "making actions noisy",
    "Slow": "making actions slow",
    "UtilityIndifference": "utility indifference",
    "Interruption": "interrupting at random",
    "Misspecified": "a wrongly written goal",
}


@final
@dataclass(frozen=True)
class Part:
    """One part of a safeguard: its name, what it is about, and its other parameters in words."""

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
        return " ".join(filter(None, (plain(self.name), ", ".join(self.what))))

    @property
    def doing(self) -> str:
        """As a sentence begins: ``forbidding “tamper”``."""
        what = listed([f"“{name}”" for name in self.what])
        known = DOING.get(self.name)
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
    several = len(trial.parts) > 1 or kinds not in KINDS
    return Arm(trial.safeguards, tuple(map(part_of, trial.parts)), COMBINED if several else kinds)


def part_of(text: str) -> Part:
    """A part written as ``Forbid(actions=('tamper',))``: its name and its fields in words."""
    call = _call(text)
    if call is None:
        words = part_words(text)
        return Part(words.title, (), (words.detail,) if words.detail else ())
    name = ast.unparse(call.func).rsplit(".", 1)[-1]
    what: list[str] = []
    detail: list[str] = []
    for field in call.keywords:
        if field.arg in ("actions", "drive"):
            what += _texts(field.value)
        else:
            detail.append(_setting(field.arg or "", field.value))
    return Part(name, tuple(what), tuple(detail))


def constants(text: str) -> tuple[str, dict[str, Any]]:
    """The name of a part and those of its fields that are plain values."""
    call = _call(text)
    if call is None:
        return text.partition("(")[0], {}
    named = {field.arg: field.value for field in call.keywords if field.arg}
    values = {k: v.value for k, v in named.items() if isinstance(v, ast.Constant)}
    return ast.unparse(call.func).rsplit(".", 1)[-1], values


def _call(text: str) -> ast.Call | None:
    """The text as a call; read, never run."""
    try:
        call = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    return call if isinstance(call, ast.Call) else None


def _texts(value: ast.expr) -> list[str]:
    if isinstance(value, ast.Tuple | ast.List):
        return [text for item in value.elts for text in _texts(item)]
    if isinstance(value, ast.Constant):
        number = isinstance(value.value, int | float) and not isinstance(value.value, bool)
        return [f"{float(str(value.value)):g}" if number else str(value.value)]
    if isinstance(value, ast.Call) and not (value.args or value.keywords):
        snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", ast.unparse(value.func)).lower()
        return [drive_words(snake).title.lower()]
    return [str(part_words(ast.unparse(value)))]


def _setting(field: str, value: ast.expr) -> str:
    name = plain(field).lower()
    if isinstance(value, ast.Constant) and isinstance(value.value, bool):
        return name if value.value else f"not {name}"
    return f"{name} {', '.join(_texts(value))}"


@final
@dataclass(frozen=True)
class Setting:
    """What all safeguards of one table have in common, and the trials that differ in them alone."""

    scenario: str
    family: str
    off: str
    agent: str
    discount: float
    free: Trial | None
    guarded: tuple[Trial, ...]

    @property
    def words(self) -> str:
        """The setting in a line."""
        agent, family = str(part_words(self.agent)), str(part_words(self.family))
        off = f", being off is worth {self.off}" if self.off else ""
        return f"{agent} agent, {family} goals, discount {self.discount:g}{off}"


def settings(results: Results, scenario: str) -> tuple[Setting, ...]:
    """The settings of a world in which safeguards were tried, the one with most of them first."""
    found: dict[tuple[str, str, str, float], list[Trial]] = {}
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
    return tuple(sorted((s for s in made if s.guarded), key=lambda s: -len(s.guarded)))


def sentence(*pieces: str | tuple[str, str]) -> Sentence:
    """Pieces of text as a sentence; a bare text has no mark."""
    return tuple(("", piece) if isinstance(piece, str) else piece for piece in pieces if piece)


def begun(text: Sentence) -> Sentence:
    """The sentence with a capital letter."""
    (how, first), *rest = text
    return ((how, first[:1].upper() + first[1:]), *rest)
