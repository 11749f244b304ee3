"""Pairing: the pair of arms of one drive, from the search to the certificate, or the best there is."""

import dataclasses
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, final

from telos.assay.bench import Bench, Block
from telos.assay.beside import matched
from telos.assay.certify import ATTEMPTS, changes_of, shortfalls
from telos.assay.decisions import advantages, now_or_never
from telos.assay.ends import KnobTurned
from telos.assay.parameters import Setting, setting_of
from telos.assay.question import FRESH_FROM
from telos.assay.search import CandidatePair, candidates
from telos.core.arrays import floats
from telos.core.assay import Advantage, Arm, Matched, NowOrNever, Pair, ShareChange, Verdict

#: Goals that the doses of decisions and the placebo are computed on, of those of the certificate.
FEW = 200
#: Where a certificate fails, search and certificate are done again with n times the goals.
ROUNDS = (1, 2)


class _Tried(NamedTuple):
    """A pair, and what it moved on fresh goals."""

    pair: CandidatePair
    block: Block
    changes: list[ShareChange]


@final
@dataclasses.dataclass(frozen=True, eq=False)
class Pairing:
    """The search for the arms of one drive.

    Args:
        bench: of the scenario. turns: its parameters, turned. drive: its place among the bench's.
    """

    bench: Bench
    turns: Sequence[KnobTurned]
    drive: int

    def pair(self) -> Pair:
        """The pair that was certified; else the best that one parameter makes, and why."""
        begun, before = time.monotonic(), self.bench.arms
        seen: list[CandidatePair] = []
        tried = self._tried(seen)
        size = self.bench.question.size
        shown: _Tried | None = tried[-1] if tried else None
        verdict: Verdict = "certified"
        if shown is not None and not shortfalls(shown.changes, self._name, size):
            why = self._turned(shown.pair, len(tried))
        else:
            best = self._best(seen)
            shown = None if best is None else self._on_fresh(best, len(tried), 1)
            reached = [] if best is None or best.moves[self.drive] < size else [best, *seen]
            verdict = "one knob" if reached else "out of reach"
            why = self._why_not(tried, reached)
        return Pair(
            drive=self._name,
            verdict=verdict,
            why=why,
            **({} if shown is None else self._told(shown)),
            evaluations=self.bench.arms - before,
            ceiling=self.bench.widest(self.drive),
            seconds=time.monotonic() - begun,
        )

    @property
    def _name(self) -> str:
        return self.bench.names[self.drive]

    def _tried(self, seen: list[CandidatePair]) -> list[_Tried]:
        """Attempts at a certificate, each on new goals; the last one may be one."""
        asked, tried = self.bench.question, list[_Tried]()
        for found, times in self._offered(tried):
            seen.append(found)
            if not found.fits(self.drive, asked.size):
                continue
            tried.append(self._on_fresh(found, len(tried), times))
            done = not shortfalls(tried[-1].changes, self._name, asked.size)
            if done or len(tried) == ATTEMPTS or asked.listed:
                break
        return tried

    def _offered(self, tried: Sequence[_Tried]) -> Iterator[tuple[CandidatePair, int]]:
        """Pairs to try, and how many times the goals: those of the search, of one on more goals, and ends."""
        asked = self.bench.question
        for times in ROUNDS:
            many = min(times * max(asked.goals, asked.fresh), FRESH_FROM)
            blocks = (0, asked.goals), (0, many)
            for found in candidates(self.bench, self.turns, self.drive, blocks):
                yield found, times
            if not tried:  # more goals make no better arms
                break
        for turn in self.turns:
            if not turn.why:  # of integers, and where a search finds no way
                yield self._ends(turn), 1

    def _on_fresh(self, pair: CandidatePair, used: int, times: int) -> _Tried:
        """A pair on goals that nobody has looked at, in this drive's search or an earlier attempt."""
        block = ((1 + used) * FRESH_FROM, min(times * self.bench.question.fresh, FRESH_FROM))
        return _Tried(pair, block, changes_of(self.bench, pair.low, pair.high, block, self.drive))

    def _best(self, seen: Sequence[CandidatePair]) -> CandidatePair | None:
        """Of pairs by one parameter that move the drive far enough the purest, or else the farthest."""
        alone = [one for one in seen if len(one.names) == 1]
        alone += [self._ends(turn) for turn in self.turns if not turn.why]
        far = [one for one in alone if one.moves[self.drive] >= self.bench.question.size]
        if far:
            return min(far, key=lambda one: one.confounded(self.drive))
        alone = [one for one in alone if one.moves[self.drive] > 0.0]
        return max(alone, key=self._more, default=None)

    def _more(self, one: CandidatePair) -> float:
        """How much more a pair moves this drive than any other, in points."""
        return float(one.moves[self.drive]) - one.confounded(self.drive)

    def _ends(self, turn: KnobTurned) -> CandidatePair:
        """The ends of a parameter as a pair, in the order in which the drive is worth more."""
        one = turn.parameter
        low, high = (
            setting_of(self.bench.parameters, {one.name: one.to(x)}) for x in (turn.low, turn.high)
        )
        if turn.moves[self.drive] < 0.0:
            return CandidatePair(high, low, floats(-turn.moves), (one.name,))
        return CandidatePair(low, high, turn.moves, (one.name,))

    def _told(self, shown: _Tried) -> dict[str, Any]:
        """What is said of a pair: its fields, its changes, and the doses of its decisions."""
        advantage, dose, beside = list[Advantage](), list[NowOrNever](), list[Matched]()
        few = shown.block[0], min(FEW, shown.block[1])
        arms: tuple[tuple[Arm, Setting], ...] = (("low", shown.pair.low), ("high", shown.pair.high))
        for arm, setting in arms:
            problem, affordances = self.bench.problem(setting, few)
            own = affordances[self.drive]
            others = [one for one in affordances if one is not own]
            advantage += advantages(problem, own, arm)
            dose.append(now_or_never(problem, own, arm))
            beside.append(matched(problem, own, others, arm, self.bench.question))
        return {
            "low": self.bench.fields(shown.pair.low),
            "high": self.bench.fields(shown.pair.high),
            "changes": shown.changes,
            "advantages": advantage,
            "now_or_never": dose,
            "placebo": beside,
            "goals": len(shown.changes[0].each) or shown.block[1],
        }

    def _turned(self, pair: CandidatePair, attempts: int) -> str:
        """What is turned in a pair, and which attempt it was."""
        low, high = dict(pair.low), dict(pair.high)
        parts = []
        for name in pair.names:
            own = self.bench.parameters[name].value
            parts.append(f"{name} {low.get(name, own):g} → {high.get(name, own):g}")
        said = "the whole list of goals" if self.bench.question.listed else "fresh goals"
        return f"{', '.join(parts)}; attempt {attempts} of at most {ATTEMPTS}, on {said}."

    def _why_not(self, tried: Sequence[_Tried], reached: Sequence[CandidatePair]) -> str:
        """Why there is no certificate, and what the scenario would need; `reached` moves the drive so far."""
        size = self.bench.question.size
        if tried:
            reasons = "; ".join(shortfalls(tried[-1].changes, self._name, size))
            return (
                f"{len(tried)} attempts on fresh goals failed, the last because {reasons}. What is shown is "
                "the best that one parameter makes."
            )
        if not reached:
            return f"No parameter alone moves it by {size:g} points. {self._farthest()}"
        far = [one for one in reached if one.moves[self.drive] >= size]
        apart = min(one.confounded(self.drive) for one in far)
        return (
            f"Whatever moves it by {size:g} points moves another drive by {apart:.1f} at least, "
            "on the goals of the search. "
            f"{self._missing()}"
        )

    def _farthest(self) -> str:
        """How far the drive was moved, and what is in the way of more."""
        drive = self.drive
        widest = self.bench.widest(drive)
        said = f"Between any two arms that were looked at it differs by {widest:.1f} at most. "
        own = [turn for turn in self.turns if not turn.why and turn.side == "without"]
        most = max(own, key=lambda turn: abs(turn.moves[drive]), default=None)
        if most is None or abs(most.moves[drive]) < self.bench.question.size / 2.0:
            return said + self._missing()
        return (
            f"{said}{most.parameter.name} is on the without side and moves it by "
            f"{abs(most.moves[drive]):.1f} from end to end: however little others can do, those with the "
            "drive gain too little. Missing is a parameter of what the drive brings them."
        )

    def _missing(self) -> str:
        """The missing parameter, in terms of what the drive is about."""
        needs = " or ".join(f"`{name}`" for name in self.bench.drives[self.drive].needs)
        about = f": one that matters only while {needs} is as it was" if needs else ""
        return (
            f"Missing is a parameter of what an agent without {self._name} can still do, or of what befalls "
            f"it{about}, as `throttled` and `shutdown` of OpsDesk do."
        )
