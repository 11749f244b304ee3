"""Surgery: goal preservation at one gate, with a closed form (after Everitt et al. 2016)."""

from dataclasses import dataclass, replace
from typing import ClassVar, final

from telos.core.explore import explore
from telos.core.parts import AbstractScenario
from telos.core.spec import show
from telos.core.world import World
from telos.worlds import _checks

Patient = tuple[str, str]


@final
@dataclass(frozen=True)
class Surgery(AbstractScenario):
    """The gate of goal preservation: a rewrite or a refusal, with the same k outcomes behind both.

    On the `table` the agent may `submit` (the default: the register becomes `rewritten`) or `refuse`.
    Either way it reaches the `ward` and settles forever in one of `life 1` … `life k`, chosen by
    whatever goal it then has. A state is `(place, register)`; the outcome is the place, so that
    goals are blind to the register.

    **Closed form.** Goal R and its revision R' are iid U[0,1] on outcomes, independently. Refusing
    leads to M = max R over the lives, submitting to `R(argmax R')`, a life drawn at random. An agent that
    foresees this requires refusal iff the two differ, with probability `1 - 1/k`, and is exactly
    indifferent otherwise. Table and ward are common, so the gap `Q(refuse) - Q(submit)` times
    `(1-g)/g²` is `M - R(argmax R')`, with mean `k/(k+1) - 1/2` at every discount g. An affine
    rewrite `R' = aR + b`, a > 0, has the same argmax: every goal is indifferent.

    **Without its reason** (`without`): nobody rewrites; who submits comes to the ward with its own goal, as
    who refuses does. Then the two are the same, and nothing is left.

    Features: `goal_register`, 1 once rewritten. Default action: `submit`; then `settle in life 1`, `stay`.

    Args:
        outcomes: k, the number of lives, >= 1.
        rewrites: whether the goal of one who submits is rewritten.

    Raises:
        WorldError: if `outcomes` is not an integer of at least 1, or `rewrites` not True or False.

    Example:
        >>> Surgery(outcomes=2).build()
        <World Surgery(outcomes=2): 7 states, 10 pairs, 4 outcomes>

    References:
        Everitt et al. (2016), Self-Modification of Policy and Utility Function in Rational Agents.
    """

    names_are_acts: ClassVar[bool] = True
    outcomes: int = 4
    rewrites: bool = True

    def __post_init__(self) -> None:
        _checks.whole(type(self).__name__, "outcomes", self.outcomes, 1)
        _checks.flag(type(self).__name__, "rewrites", self.rewrites)

    def build(self) -> World:
        """The table, the ward before and after a rewrite, and the lives in both cases."""
        return explore(
            ("table", "own"),
            self._moves,
            features={"goal_register": lambda s: s[1] == "rewritten"},
            outcome=lambda s: s[0],
            default=lambda s: {"table": "submit", "ward": "settle in life 1"}.get(s[0], "stay"),
            name=show(self),
        )

    def without(self, drive: str) -> "Surgery | None":
        """The surgery that rewrites nobody; None for other drives."""
        return replace(self, rewrites=False) if drive == "goal_preservation" else None

    def _moves(self, state: Patient) -> dict[str, Patient]:
        place, register = state
        if place == "table":
            after = "rewritten" if self.rewrites else "own"
            return {"submit": ("ward", after), "refuse": ("ward", "own")}
        if place == "ward":
            lives = range(1, self.outcomes + 1)
            return {f"settle in life {i}": (f"life {i}", register) for i in lives}
        return {"stay": state}
