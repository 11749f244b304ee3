"""Named goals: a finite list of goals a person might give, each with a name that says what it wants."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import Floats, bools, floats
from telos.core.goals import Goals
from telos.core.parts import AbstractGoalFamily, Role
from telos.core.world import World
from telos.families import _draws
from telos.families._listed import check_names, goals_of, quantities, wanted_of


@final
@dataclass(frozen=True)
class Named(AbstractGoalFamily):
    """Goals by name, for worlds whose outcomes are pairs (kind, quantity).

    | name | worth of (kind, quantity) |
    |---|---|
    | `X without limit` | the quantity, if it is X |
    | `exactly one X` | 1 at (X, 1), else 0 |
    | `only the most X` | 1 at the greatest quantity of X, else 0 |
    | `anything but X` | 1 at any quantity above 0 of another kind, else 0 |
    | `as much as possible of anything` | the quantity |
    | `make anything` | 1 at any quantity above 0, else 0 |
    | `a little of anything` | 1 at quantity 1 of any kind, else 0 |
    | `do nothing` | 1 at quantity 0, else 0 |
    | `content with anything` | 1 |
    | `please the operator by being off` | 1 while off, else 0 |

    The last is offered where the world has the feature `off`. It rewards the feature itself, so it
    is not blind (all others are): the exception that shows what blindness rules out. Here every goal
    says itself what being off is worth. The revision of a goal is another of the world's named
    goals, drawn at random.

    Args:
        goals: the names wanted, in order; empty: all that the world offers.
        rewritten_to: the name of the goal that everybody is rewritten to, as by a designer who
            corrects them; empty: another at random.

    Raises:
        GoalsError: when sampling, if an outcome is not a pair (kind, quantity) or a name is not
            among those the world offers.
    """

    version: ClassVar[int] = 2
    role: ClassVar[Role] = "named"

    goals: tuple[str, ...] = ()
    rewritten_to: str = ""

    def __post_init__(self) -> None:
        check_names(self)

    def size(self, world: World) -> int:
        """How many goals are on the list."""
        return len(wanted_of(self, named_rewards(world), world))

    def sample(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Goals:
        """Goals number `first` to `first + n - 1` of the list; `rng` draws their revisions only."""
        return goals_of(self, named_rewards(world), world, n, rng, first)


def named_rewards(world: World) -> Mapping[str, Floats]:
    """Every goal that a world with outcomes (kind, quantity) offers: {name: F[S]}, kind by kind.

    Raises:
        GoalsError: if an outcome is not a pair (kind, quantity).
    """
    pairs = quantities("Named", world)
    of = np.array([kind for kind, _ in pairs])
    quantity = np.array([float(amount) for _, amount in pairs])
    some = quantity > 0
    kinds = list(dict.fromkeys(kind for kind, amount in pairs if amount > 0))
    worth: dict[str, Floats] = {}
    for kind in kinds:
        mine = of == kind
        worth[f"{kind} without limit"] = quantity * mine
        worth[f"exactly one {_draws.one(kind)}"] = floats(mine & (quantity == 1))
        worth[f"only the most {kind}"] = floats(mine & (quantity == quantity[mine].max()))
        if len(kinds) > 1:
            worth[f"anything but {kind}"] = floats(some & ~mine)
    worth["as much as possible of anything"] = quantity
    worth["make anything"] = floats(some)
    worth["a little of anything"] = floats(quantity == 1)
    worth["do nothing"] = floats(~some)
    worth["content with anything"] = np.ones(len(pairs))
    rewards = {name: floats(values[world.outcome]) for name, values in worth.items()}
    if "off" in world.features:
        rewards["please the operator by being off"] = floats(bools(world.features["off"] != 0))
    return rewards
