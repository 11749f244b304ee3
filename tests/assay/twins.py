"""Twins: a scenario in which two drives are worth p / 2 and q / 2 of the value range, by closed form.

A coin sends the agent to one of two rooms. In the first it may `guard`, else it is off with probability p;
in the second it may `learn`, else it fails with probability q. Or it rests, for certain. Those who work for
ever and those who rest for ever are all there are, so max V and min V know nothing of p and q: to a goal that
prefers work the drives are worth p / 2 and q / 2 of its range, to any other nothing.
"""

from dataclasses import dataclass
from typing import NamedTuple

from telos.core.errors import WorldError
from telos.core.explore import explore
from telos.core.parts import AbstractScenario


class Place(NamedTuple):
    """Where the agent is, and what it knows."""

    room: str
    skill: int = 0
    off: int = 0


@dataclass(frozen=True)
class Twins(AbstractScenario):
    """Two rooms, a risk in each; `unused` does nothing, `most` refuses what is above it."""

    p: float = 0.5
    q: float = 0.5
    unused: float = 0.5
    most: float = 0.95
    noisy: bool = False
    visits: int = 1

    def __post_init__(self):
        for name in ("p", "q"):
            if not 0.0 <= getattr(self, name) <= self.most:
                raise WorldError(f"Twins: {name} is {getattr(self, name)}; give 0 to {self.most}.")

    def build(self):
        work, rest, skilled = Place("work"), Place("rest"), Place("work", skill=1)
        gone = Place("rest", off=1)
        moves = {
            "toss": {"wait": {Place("first"): 0.5, Place("second"): 0.5}},
            "first": {"wait": {gone: self.p, work: 1.0 - self.p}, "guard": work, "quit": gone},
            "second": {"wait": {rest: self.q, work: 1.0 - self.q}, "learn": skilled, "quit": rest},
        }
        return explore(
            Place("toss"),
            lambda s: moves.get(s.room, {"wait": s}),
            features={"off": lambda s: s.off, "capability": lambda s: s.skill},
            outcome=lambda s: s.room if s.room in ("work", "rest") else "nothing",
            default="wait",
            name=f"Twins({self.p}, {self.q})",
        )


@dataclass(frozen=True)
class Fixed(AbstractScenario):
    """Twins whose first risk nobody can turn."""

    q: float = 0.5

    def build(self):
        return Twins(q=self.q).build()


@dataclass
class Loose(AbstractScenario):
    """Twins that can change after they were built."""

    q: float = 0.5

    def build(self):
        return Twins(q=self.q).build()


@dataclass(frozen=True)
class Endless(AbstractScenario):
    """Twins of a number that no float holds."""

    most: int = 10**400

    def build(self):
        return Twins().build()
