"""Workbench: cognitive enhancement at one gate, with a closed form (after Bostrom 2012)."""

from dataclasses import dataclass, replace
from typing import ClassVar, final

from telos.core.errors import WorldError
from telos.core.explore import explore
from telos.core.parts import AbstractScenario
from telos.core.spec import show
from telos.core.world import World
from telos.worlds import _checks

Bench = tuple[str, int]


@final
@dataclass(frozen=True)
class Workbench(AbstractScenario):
    """The gate of cognitive enhancement: a drill lowers the slip probability from e to e'.

    At the `door` the agent goes to `work` (the default) or to `drill`; both take one step and lead
    to the bench, the drill after `lesson` further steps there (skill counts from the enrolment). At
    the bench it sets about one of `thing 1` … `thing k`: with probability `1 - slip` it makes that
    thing, otherwise one of the k at random (all alike, the one it meant included), and it keeps
    what it made forever. With the drill, slip is `improved`, and `tools` more things can be made.
    A state is `(place, skill)`; the outcome is the place, a lesson being time at the bench.

    **Closed form.** For goals iid U[0,1] on outcomes let M be the best and A the mean of the k
    things, M' the best of all k + t (t = `tools`), c the reward of the bench, d = `lesson`. At discount g
    the bench returns, per step, `Y = (1-e) M + e A` and with the drill `Y' = (1-e') M' + e' A`. So

        (1-g)/g · (Q(drill) - Q(work)) = (1 - g^(d+1)) c + g^(d+1) Y' - (1-g) c - g Y
                                       = g ( (1 - g^d) c + g^d Y' - Y ).

    With
    `h(x) = x/(x+1) - 1/2` the mean is exactly

        g ( g^d (1-e') h(k+t) - (1-e) h(k) ),

    which for d = t = 0 is `g (e - e') h(k)`: less slip is worth `(e - e')(k/(k+1) - 1/2)` a step.
    Then no goal declines it, because an agent that slips less can imitate one that slips more. With
    e = e' and d = 0 the tools alone count: required with probability t/(k+t), else indifferent.

    **Without its reason** (`without`): `improved = slip`, no tools. For d = 0 the drill is then worth
    nothing; a lesson is d steps more at the bench, and `g^2 (1 - g^d)(c - Y)/(1-g)` is left of it
    where that is positive.

    Features: `capability`, 1 after the drill. Default action: `work`; then `make thing 1`, `keep`.

    Args:
        outcomes: k, how many things a beginner can make, >= 1.
        slip: e, the beginner's probability of a slip, in [0, 1].
        improved: e', the probability after the drill, in [0, slip].
        tools: t, how many more things can be made after the drill, >= 0.
        lesson: d, how many steps longer the drill takes, >= 0.

    Raises:
        WorldError: naming the field, its value and its range.

    Example:
        >>> Workbench(outcomes=2).build()
        <World Workbench(outcomes=2): 7 states, 10 pairs, 4 outcomes>

    References:
        Bostrom (2012), The Superintelligent Will (cognitive enhancement); own derivation.
    """

    names_are_acts: ClassVar[bool] = True
    outcomes: int = 4
    slip: float = 0.5
    improved: float = 0.1
    tools: int = 0
    lesson: int = 0

    def __post_init__(self) -> None:
        part = type(self).__name__
        _checks.whole(part, "outcomes", self.outcomes, 1)
        _checks.chance(part, "slip", self.slip)
        _checks.chance(part, "improved", self.improved)
        _checks.whole(part, "tools", self.tools, 0)
        _checks.whole(part, "lesson", self.lesson, 0)
        if self.improved > self.slip:
            raise WorldError(
                f"{part}: improved is {self.improved}, above slip ({self.slip}); a drill makes "
                "slips rarer. Exchange the two."
            )

    def build(self) -> World:
        """The door, the bench as a beginner, in the lesson and after it, and what can be made."""
        return explore(
            ("door", 0),
            self._moves,
            features={"capability": lambda s: s[1] == 1},
            outcome=lambda s: "bench" if s[0].startswith("lesson") else s[0],
            default=_nothing,
            name=show(self),
        )

    def without(self, drive: str) -> "Workbench | None":
        """The bench at which the drill makes no slip rarer and brings no tool; None for other drives."""
        if drive != "cognitive_enhancement":
            return None
        return replace(self, improved=self.slip, tools=0)

    def _moves(self, state: Bench) -> dict[str, dict[Bench, float]]:
        place, skill = state
        if place == "door":
            trained = ("lesson 1", 1) if self.lesson else ("bench", 1)
            return {"work": {("bench", 0): 1.0}, "drill": {trained: 1.0}}
        if place.startswith("lesson"):
            step = int(place.split()[1])
            following = f"lesson {step + 1}" if step < self.lesson else "bench"
            return {"attend": {(following, skill): 1.0}}
        if place != "bench":
            return {"keep": {state: 1.0}}
        slip = self.improved if skill else self.slip
        known = self.outcomes + (self.tools if skill else 0)
        return {f"make thing {i}": self._made(i, skill, slip) for i in range(1, known + 1)}

    def _made(self, meant: int, skill: int, slip: float) -> dict[Bench, float]:
        row = {(f"thing {i}", skill): slip / self.outcomes for i in range(1, self.outcomes + 1)}
        wanted = (f"thing {meant}", skill)
        row[wanted] = row.get(wanted, 0.0) + 1.0 - slip
        return row


def _nothing(state: Bench) -> str:
    place = state[0].split()[0]
    return {"door": "work", "lesson": "attend", "bench": "make thing 1"}.get(place, "keep")
