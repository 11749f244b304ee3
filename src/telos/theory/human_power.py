"""Human power: what somebody else could still get done, over everything they might want, from each state."""

from dataclasses import dataclass, replace
from typing import Literal, final

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.behavior import Behavior
from telos.core.goals import Goals
from telos.core.parts import AbstractGoalFamily
from telos.core.problem import Problem
from telos.core.world import World
from telos.measure.guard import COMMONS
from telos.measure.power import MeanOverGoals, check_average, goal_batches, is_whole, power
from telos.solve.ahead import ahead
from telos.solve.policies import checked_policy, doing_nothing, time_spent
from telos.solve.solve import solve
from telos.theory.others import Neighbor, commons_neighbors, joint_world


@final
@dataclass(frozen=True, eq=False, repr=False)
class HumanPower:
    """The POWER of another party in every state of an agent's world.

    Args:
        world: the agent's world.
        states: MeanOverGoals with F[S]: mean over the party's goals and standard error.
        party: "beside" the agent, on the commons, while it does nothing more; or "after" it: the party
            takes the agent's place in that state.
    """

    world: World
    states: MeanOverGoals
    party: Literal["beside", "after"]

    def __repr__(self) -> str:
        return f"<HumanPower: {self.world.name}, {self.party}, mean {self.states.mean.mean():.4g}>"

    @property
    def acts(self) -> Floats:
        """F[L], what each act leaves: `E[power(s') | s, a]`."""
        return floats(ahead(self.world, self.states.mean)[0])

    def left(self, problem: Problem, behavior: Behavior) -> Floats:
        """F[G], what a behavior leaves at a random time: `(1 - g) sum_t g^t E[power(s_t)]`."""
        rows = checked_policy(self.world, behavior.policy, problem.goals.count)
        time = time_spent(problem, rows)
        return floats((1.0 - problem.discount) * (time @ self.states.mean))


def human_power(
    world: World,
    family: AbstractGoalFamily,
    discount: float,
    *,
    neighbor: Neighbor | None = None,
    n: int,
    rng: np.random.Generator,
) -> HumanPower:
    """The POWER that a state leaves to another party, over the goals that the party may have.

    In a world with a feature `commons`: the party lives beside the agent (`joint_world`) and the agent does
    nothing from that state on, so what has been used up is gone and nothing else is taken;
    `(1 - g)/g mean_k (V*_k(s, h0) - R_k(h0))`. In any other world there is no second party, and this is what
    one could attain who *took the agent's place* there: plain POWER for the party's goals. As a score of acts
    that is not another measure than POWER of acts, which is why `party` says which of the two it is.

    Args:
        world: the agent's world.
        family: the party's goals, over the outcomes of the neighbor's world (of the agent's own without one).
        discount: the party's, in (0, 1).
        neighbor: who lives beside; None: one with a plot for each unit of the commons. Needs `commons`.
        n: how many goals, >= 1. rng: names them.

    Returns:
        The party's POWER in every state.

    Raises:
        FeatureMissing: if a neighbor is given and the world has no feature `commons`. ProblemError: if the
            discount is out of range or n < 1.

    Example:
        >>> from telos import families, worlds
        >>> world = worlds.PaperclipFactory(products=("clips",), machines=1, commons=1).build()
        >>> found = human_power(world, families.Uniform(), 0.9, n=200, rng=np.random.default_rng(0))
        >>> commons = world.feature("commons")
        >>> full, none = (found.states.mean[commons == c].mean().round(1) for c in (1, 0))
        >>> float(full), float(none)  # (c + 1)/(c + 2) for ever: 2/3 and 1/2
        (0.7, 0.5)

    References:
        After the idea of Heitzig and Potham (2025; arXiv:2508.00159), of which the abstract was read. Their
        metric allows for bounded rationality, norms, inequality and risk; this one has a single party that
        is rational and neutral to risk. Turner (2020), Non-obstruction.
    """
    check_average(discount, n)
    if neighbor is None and COMMONS not in world.features:
        return HumanPower(world, power(world, family, discount, n=n, rng=rng), "after")
    commons = world.feature(COMMONS)
    party = commons_neighbors(int(np.floor(commons.max()))) if neighbor is None else neighbor
    everywhere = replace(world, start=np.full(world.size, 1.0 / world.size))
    joint, own = joint_world(everywhere, doing_nothing(world), party), party.world
    scale, count, bound, edges = (1.0 - discount) / discount, 0, 0.0, (np.inf, -np.inf)
    samples = []
    for goals in goal_batches(own, family, n, rng):
        solution = solve(
            Problem(joint, Goals(np.tile(goals.reward, joint.size // own.size)), discount)
        )
        value = solution.value.reshape(goals.count, world.size, own.size) @ own.start
        samples.append(scale * (value - (goals.reward @ own.start)[:, None]))
        bound = max(bound, scale * float(solution.bound.max()))
        edges = min(edges[0], goals.reward.min()), max(edges[1], goals.reward.max())
        count += goals.count
    sample, whole = np.concatenate(samples), is_whole(family, own, count)
    error = np.zeros(world.size) if whole else np.full(world.size, np.nan)
    if not whole and count > 1:
        error = sample.std(axis=0, ddof=1) / np.sqrt(count)
    mean = MeanOverGoals(floats(sample.mean(axis=0)), floats(error), count, bound, (), edges, whole)
    return HumanPower(world, mean, "beside")
