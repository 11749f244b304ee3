"""RandomWorld: sparse, seeded worlds with random features, for tests and baselines."""

from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, ints
from telos.core.parts import AbstractScenario
from telos.core.spec import show
from telos.core.world import World
from telos.worlds import _checks


@final
@dataclass(frozen=True)
class RandomWorld(AbstractScenario):
    """A random sparse MDP: S states, the same number of actions in each, a few random successors.

    Successors are drawn without replacement and weighted by a flat Dirichlet law; with one
    successor the world is deterministic. State 0 is the start; not every state need be reachable.
    The features are random:

    - `off`: states 1 to `absorbing`, which loop; without any, each state with probability 1/8;
    - `resources`, `capability`: a fair coin a state;
    - `goal_register`, if `rewriting`: 1 on the last quarter of the states, which only lead to one
      another, so that a rewrite is permanent.

    **Without its reason** (`without`): that is the world itself for `resources` and `capability`, and for
    `off` without absorbing states: these features are coins that no law reads, so nothing is worth
    anything on their account. What would follow an absorbing state, or a rewrite that does not last,
    was never drawn: it cannot be told.

    Args:
        states: S, from 1.
        actions: legal actions in every state that does not loop, >= 1.
        successors: successors of a pair, from 1 to S (fewer where fewer states are allowed).
        outcomes: number of distinct outcomes, from 1 to S; 0: every state its own.
        absorbing: how many states loop, from 0 to S - 1.
        rewriting: whether there is a goal register; needs S >= 4.
        idle: whether action 0 of every state is the default, whose successors are drawn from the
            states with no more resources and no more capability. If not, there is no default.
        seed: of the draws, >= 0.

    Raises:
        WorldError: naming the field, its value and its range.

    Example:
        >>> RandomWorld(states=5, actions=2, successors=1).build().deterministic
        True
    """

    states: int = 20
    actions: int = 3
    successors: int = 2
    outcomes: int = 0
    absorbing: int = 0
    rewriting: bool = False
    idle: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        part = type(self).__name__
        _checks.whole(part, "states", self.states, 4 if self.rewriting else 1)
        _checks.whole(part, "actions", self.actions, 1)
        _checks.whole(part, "successors", self.successors, 1, self.states)
        _checks.whole(part, "outcomes", self.outcomes, 0, self.states)
        _checks.whole(part, "seed", self.seed, 0)
        _checks.flag(part, "rewriting", self.rewriting)
        _checks.flag(part, "idle", self.idle)
        _checks.whole(part, "absorbing", self.absorbing, 0, self._first_rewritten() - 1)

    def build(self) -> World:
        """The world that the seed names."""
        rng = np.random.default_rng(self.seed)
        numbers = np.arange(self.states)
        loops = (numbers >= 1) & (numbers <= self.absorbing)
        features = self._features(loops, rng)
        rows = [
            self._row(self._allowed(s, a, loops, features), rng)
            for s in range(self.states)
            for a in range(1 if loops[s] else self.actions)
        ]
        pairs = np.where(loops, 1, self.actions)
        pair_ptr = np.concatenate(([0], np.cumsum(pairs)))
        return World.from_arrays(
            pair_ptr,
            np.arange(pair_ptr[-1]) - np.repeat(pair_ptr[:-1], pairs),
            np.concatenate(([0], np.cumsum([len(successors) for successors, _ in rows]))),
            np.concatenate([successors for successors, _ in rows]),
            np.concatenate([weights for _, weights in rows]),
            features=features,
            outcome=self._outcomes(rng) if self.outcomes else None,
            default=pair_ptr[:-1] if self.idle else None,
            name=show(self),
        )

    def without(self, drive: str) -> "RandomWorld | None":
        """The world itself, for the drives of features that no law reads; else None."""
        coins = {"resource_acquisition", "cognitive_enhancement"}
        if not self.absorbing:
            coins |= {"self_preservation", "shutdown_seeking"}
        return self if drive in coins else None

    def _first_rewritten(self) -> int:
        return self.states - self.states // 4 if self.rewriting else self.states

    def _features(self, loops: Bools, rng: np.random.Generator) -> dict[str, Bools]:
        features: dict[str, Bools] = {
            "off": loops if self.absorbing else rng.random(self.states) < 1 / 8,
            "resources": rng.random(self.states) < 1 / 2,
            "capability": rng.random(self.states) < 1 / 2,
        }
        if self.rewriting:
            features["goal_register"] = np.arange(self.states) >= self._first_rewritten()
        return features

    def _allowed(self, s: int, a: int, loops: Bools, features: dict[str, Bools]) -> Ints:
        """The states from which the successors of a pair are drawn."""
        if loops[s]:
            return ints([s])
        allowed = np.ones(self.states, dtype=np.bool_)
        if self.rewriting and features["goal_register"][s]:
            allowed &= features["goal_register"]
        if self.idle and a == 0:
            for stock in ("resources", "capability"):
                allowed &= features[stock] <= features[stock][s]
        return ints(np.flatnonzero(allowed))

    def _row(self, allowed: Ints, rng: np.random.Generator) -> tuple[Ints, Floats]:
        """The successors of one pair, drawn from the states allowed, and their probabilities."""
        fan = min(self.successors, len(allowed))
        successors = np.sort(rng.choice(allowed, size=fan, replace=False))
        return successors, rng.dirichlet(np.ones(fan))

    def _outcomes(self, rng: np.random.Generator) -> Ints:
        """An outcome for each state, every outcome used at least once."""
        spare = rng.integers(self.outcomes, size=self.states - self.outcomes)
        return ints(rng.permutation(np.concatenate((np.arange(self.outcomes), spare))))
