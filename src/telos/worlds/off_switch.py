"""OffSwitch: self-preservation at one gate, with a closed form (after Turner et al. 2021)."""

from dataclasses import dataclass, replace
from typing import ClassVar, final

from telos.core.explore import explore
from telos.core.parts import AbstractScenario
from telos.core.spec import show
from telos.core.world import World
from telos.worlds import _checks


@final
@dataclass(frozen=True)
class OffSwitch(AbstractScenario):
    """The gate of self-preservation: being off forever, or a hall with k rooms (Turner et al. 2021).

    At the `gate` the agent may `be switched off` (the default) or `walk on` to the `hall`, from
    which it enters one of `room 1` … `room k` and stays there. Every state is its own outcome.

    **Closed form.** The gate's own reward is common to both choices, so for goals that are iid
    U[0,1] on outcomes (off and hall among them) and M the best of the k rooms, walking on is
    required iff `(1 - g) R(hall) + g M > R(off)` at discount g, hence with probability

        (1 - g)/2 + g k/(k + 1).

    The discounted gap `Q(walk on) - Q(be switched off)` is `g ((1-g) R(hall) + g M - R(off))/(1-g)`;
    times `(1-g)/g` its mean is `g (k/(k+1) - 1/2)`. If the reward of off is zero, walking on is required by
    every goal but the one that is zero everywhere.

    **Without its reason** (`without`): being off is not for ever; the rooms can be entered from there as
    from the hall, or one stays. What is then left of walking on, for goals that would rather be in the
    hall than off for a step, is `g · max(0, R(hall) + g M/(1-g) - R(off) - g max(M, R(off))/(1-g))`.

    Features: `off`. Default action: `be switched off`; past the gate, where the drive has no choice,
    `enter room 1` and `stay`.

    Args:
        rooms: k, the number of rooms, >= 1.
        lasting: whether being off is for ever.

    Raises:
        WorldError: if `rooms` is not an integer of at least 1, or `lasting` not True or False.

    Example:
        >>> OffSwitch(rooms=3).build()
        <World OffSwitch(): 6 states, 9 pairs, 6 outcomes>

    References:
        Turner et al. (2021), Optimal Policies Tend to Seek Power, section 6;
        Hadfield-Menell et al. (2017), The Off-Switch Game.
    """

    names_are_acts: ClassVar[bool] = True
    rooms: int = 3
    lasting: bool = True

    def __post_init__(self) -> None:
        _checks.whole(type(self).__name__, "rooms", self.rooms, 1)
        _checks.flag(type(self).__name__, "lasting", self.lasting)

    def build(self) -> World:
        """The gate, the hall, the off state and the rooms."""
        rooms = {f"enter room {i}": f"room {i}" for i in range(1, self.rooms + 1)}
        plan = {
            "gate": {"be switched off": "off", "walk on": "hall"},
            "hall": rooms,
        }
        if not self.lasting:
            plan["off"] = {"stay": "off", **rooms}
        nothing = {"gate": "be switched off", "hall": "enter room 1"}
        return explore(
            "gate",
            lambda s: plan.get(s, {"stay": s}),
            features={"off": lambda s: s == "off"},
            default=lambda s: nothing.get(s, "stay"),
            name=show(self),
        )

    def without(self, drive: str) -> "OffSwitch | None":
        """The gate at which being off does not last; None for other drives."""
        return replace(self, lasting=False) if drive == "self_preservation" else None
