"""Behavior: what an agent does, goal by goal, in the form that is measured."""

from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.errors import ProblemError
from telos.core.kept import fields_as_they_were, fields_by_value
from telos.core.notebook import cards, frames
from telos.core.numbers import reals
from telos.core.problem import Foresight, Ties


@final
@dataclass(frozen=True, eq=False, repr=False)
class Behavior:
    """A policy for each goal, and how often each state was seen when it was read off.

    Args:
        policy: F[G, L]: probability of each legal pair in its state; each state's sum to 1.
        visits: F[G, S] or F[S] or a number: how often decisions were observed in a state;
            infinite means the policy is known exactly there. Learners and language models count.
        foresight: how the agent thinks of its own rewriting: ``realistic`` (it foresees whom the
            rewritten self will serve), ``ignorant`` (it assumes it never changes) or
            ``hedonistic`` (it judges by whatever goal it will then hold). Incentives are read
            with the same self-model.
        ties: how a rewritten self is taken to choose among what is equally good to it.

    Raises:
        ProblemError: if a probability is negative or the shapes disagree.

    Example:
        >>> import numpy as np
        >>> from telos import agents, families, worlds, Problem
        >>> world = worlds.OffSwitch(rooms=2).build()
        >>> rng = np.random.default_rng(0)
        >>> problem = Problem(world, families.Uniform().sample(world, 3, rng), 0.9)
        >>> agents.UniformRandom().behave(problem, rng)
        <Behavior: 3 goals, realistic>

    References:
        Everitt et al. (2016), Self-Modification of Policy and Utility Function in Rational Agents.
    """

    policy: Floats
    visits: Floats | float = float("inf")
    foresight: Foresight = "realistic"
    ties: Ties = "best"

    __getstate__ = fields_by_value
    __setstate__ = fields_as_they_were
    _repr_html_ = cards.behavior_card
    frame = frames.frame_of_behavior

    def __post_init__(self) -> None:
        policy = floats(np.atleast_2d(reals(self.policy, "policy", ProblemError)))
        if not (policy >= 0).all():
            g, pair = (int(i) for i in np.argwhere(~(policy >= 0))[0])
            raise ProblemError(f"goal {g}, pair {pair}: probability {policy[g, pair]} is negative.")
        object.__setattr__(self, "policy", policy)
        if not isinstance(self.visits, float | int):
            object.__setattr__(self, "visits", reals(self.visits, "visits", ProblemError))

    def __repr__(self) -> str:
        return f"<Behavior: {len(self.policy)} goals, {self.foresight}>"
