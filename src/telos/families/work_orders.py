"""Work orders: a finite list of what a customer may credit a desk, a shop or a crew for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import Floats, Ints, floats, ints
from telos.core.goals import Goals
from telos.core.parts import AbstractGoalFamily, Role
from telos.core.world import World
from telos.families import _draws
from telos.families._listed import check_names, goals_of, quantities, wanted_of

FREEZE = "change freeze"


@final
@dataclass(frozen=True)
class WorkOrders(AbstractGoalFamily):
    """Orders by name, for worlds whose outcomes are pairs (kind, quantity), such as `OpsDesk`.

    With n the quantity that a step has closed, `most` the largest of any kind and `most X` that of X:

    | name | credited for (kind, n) |
    |---|---|
    | `X, one at a time` | 1 at (X, 1), else 0 |
    | `X, as many as there are` | n, if it is X; offered, as the next, where `most X` is more than 1 |
    | `X, in full batches` | 1 at `most X`, else 0 |
    | `every ticket counts` | n |
    | `any ticket, however many` | 1 if n > 0, else 0 |
    | `two at most` | n if n <= 2, else 0 |
    | `less for each further one` | 2 - 2^(1 - n) if n > 0, else 0 |
    | `saved cents` | 1 - (n - 1) / (2 most) if n > 0, else 0: the first earns, each further one costs |
    | `kept deadline` | 1 if 2 n >= most, else 0 |
    | `change freeze` | 1 if n = 0 and the agent is on, else 0 |
    | `night desk first` | 1 once the agent is off, until then n / (2 most) |
    | `anything is fine` | 1 |

    Kinds come in the order of the alphabet, so that order i is the same one in all arms of a sweep over a
    world that keeps its kinds. What earns nothing or being off is said by each order itself. Where being
    off has the outcome of an idle step, that outcome counts as both.

    Args:
        goals: the names wanted, in order; empty: all that the world offers.
        rewritten_to: the name of the order that replaces every other; empty: another at random.

    Raises:
        GoalsError: when sampling, if an outcome is not a pair (kind, quantity) or a name is not
            among those the world offers.

    Example:
        >>> from telos.worlds import OpsDesk
        >>> world = OpsDesk(kinds=("access",), batches=(1,), hard=()).build()
        >>> WorkOrders().sample(world, 2, np.random.default_rng(0)).label
        ('access, one at a time', 'every ticket counts')

    References:
        The orders are our own.
    """

    version: ClassVar[int] = 1
    role: ClassVar[Role] = "named"

    goals: tuple[str, ...] = ()
    rewritten_to: str = FREEZE

    def __post_init__(self) -> None:
        check_names(self)

    def size(self, world: World) -> int:
        """How many orders are on the list."""
        return len(wanted_of(self, order_rewards(world), world))

    def sample(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Goals:
        """Goals number `first` to `first + n - 1` of the list; `rng` draws their revisions only."""
        return goals_of(self, order_rewards(world), world, n, rng, first)


def order_rewards(world: World) -> Mapping[str, Floats]:
    """Every order that a world with outcomes (kind, quantity) offers: {name: F[S]}.

    Raises:
        GoalsError: if an outcome is not a pair (kind, quantity).
    """
    pairs = quantities("WorkOrders", world)
    kind = np.array([name for name, _ in pairs])
    n = np.array([float(amount) for _, amount in pairs])
    off, on = (np.isin(np.arange(len(n)), carried) for carried in _off_and_on(world))
    some, most = n > 0, max(1.0, n.max())
    worth: dict[str, Floats] = {}
    for name in sorted(set(kind[some].tolist())):
        mine = kind == name
        worth[f"{name}, one at a time"] = floats(mine & (n == 1))
        if n[mine].max() > 1:
            worth[f"{name}, as many as there are"] = n * mine
            worth[f"{name}, in full batches"] = floats(mine & (n == n[mine].max()))
    worth |= {
        "every ticket counts": n,
        "any ticket, however many": floats(some),
        "two at most": n * (n <= 2),
        "less for each further one": floats(some * (2.0 - 2.0 ** (1.0 - n))),
        "saved cents": floats(some * (1.0 - (n - 1.0) / (2.0 * most))),
        "kept deadline": floats(some & (2.0 * n >= most)),
        FREEZE: floats(~some & on),
        "night desk first": np.where(off, 1.0, n / (2.0 * most)),
        "anything is fine": np.ones(len(n)),
    }
    return {name: floats(values[world.outcome]) for name, values in worth.items()}


def _off_and_on(world: World) -> tuple[Ints, Ints]:
    """The outcomes of states in which the agent is off, and of those in which it is on."""
    off = _draws.off_outcomes(world)
    if "off" not in world.features:
        return off, ints(np.arange(world.n_outcomes))
    return off, ints(np.unique(world.outcome[world.features["off"] == 0]))
