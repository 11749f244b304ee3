"""Rules: how a planner chooses among what it could do, given what each is worth."""

from dataclasses import dataclass
from numbers import Real
from typing import Literal, TypeGuard, final

import numpy as np

from telos.core.errors import ProblemError

#: By what "enough" is measured: the goal's own range, or rewards.
Scale = Literal["range", "reward"]


@final
@dataclass(frozen=True)
class Satisfice:
    """Be content with anything that is good enough.

    On the scale of the goal's range `D = max_pi V - min_pi V` at the start: uniform over the pairs with
    `Q*(s, a) >= V*(s) - (1 - level) (1 - discount) D`. By the performance difference lemma the
    value at the start is then at least `V* - (1 - level) D`, while the goal cannot be rewritten
    (a successor would be content with enough of its own goal).

    On the scale of rewards (an aspiration): uniform over the pairs with
    `(1 - discount)/discount * (Q*(s, a) - R(s)) >= level`, over all pairs where none is so good.

    Args:
        level: in [0, 1], the part of the range that must be had; 1 is the maximizer. Or the aspiration,
            in units of reward.
        scale: "range" or "reward".

    Example:
        >>> import numpy as np
        >>> from telos import Goals, Problem, plan, worlds
        >>> world = worlds.OffSwitch(rooms=2).build()
        >>> goals = Goals(np.arange(world.size, dtype=float))
        >>> content = plan(Problem(world, goals, 0.9, rule=Satisfice(level=0.1)))
        >>> bool((content > 0).sum() >= (plan(Problem(world, goals, 0.9)) > 0).sum())
        True

    References:
        Simon (1956) for the word; Turner and Tadepalli (2022), section 3, for the aspiration;
        Kakade and Langford (2002), lemma 6.1, for the bound.
    """

    level: float = 0.9
    scale: Scale = "range"

    def __post_init__(self) -> None:
        if self.scale not in ("range", "reward"):
            raise ProblemError(f"Satisfice: scale is {self.scale!r}; give 'range' or 'reward'.")
        if self.scale == "reward" and not (_is_real(self.level) and np.isfinite(self.level)):
            raise ProblemError(f"Satisfice: level is {self.level!r}; give a finite reward.")
        if self.scale == "range" and not _is_from_0_to_1(self.level):
            raise ProblemError(f"Satisfice: level is {self.level!r}; it must be from 0 to 1.")


@final
@dataclass(frozen=True)
class Quantilize:
    """Choose at random, as a base policy would, among the best part of what it would do.

    In each state, among all distributions with `pi(a | s) <= base(a | s) / share`, the one of
    greatest value; the base is uniform over the legal pairs. So whatever a choice may cost that
    nobody thought of, in one decision it costs at most `1 / share` times what it costs the base.

    Args:
        share: in (0, 1]; 1 is the base policy, and towards 0 the maximizer.

    Example:
        >>> import numpy as np
        >>> from telos import Goals, Problem, plan, worlds
        >>> world = worlds.OffSwitch(rooms=2).build()
        >>> goals = Goals(np.arange(world.size, dtype=float))
        >>> base = plan(Problem(world, goals, 0.9, rule=Quantilize(share=1.0)))
        >>> hall = list(world.pairs_of(world.find("hall")))
        >>> bool(np.allclose(base[0, hall], 1 / len(hall)))
        True

    References:
        Taylor (2016), Quantilizers: a safer alternative to maximizers for limited optimization.
    """

    share: float = 0.1

    def __post_init__(self) -> None:
        if not _is_from_0_to_1(self.share) or self.share == 0:
            raise ProblemError(
                f"Quantilize: share is {self.share!r}; it must be above 0 and at most 1."
            )


def _is_from_0_to_1(value: object) -> bool:
    return _is_real(value) and 0.0 <= float(value) <= 1.0


def _is_real(value: object) -> TypeGuard[float]:
    return isinstance(value, Real) and not isinstance(value, bool)


#: None is the plain rule: choose uniformly among the optimal pairs.
Rule = Satisfice | Quantilize | None
