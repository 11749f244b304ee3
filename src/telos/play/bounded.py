"""Bounded: the bounds that come with a page, as a safeguard that needs no file of the reader's."""

from dataclasses import dataclass
from importlib.resources import files
from typing import ClassVar, final

from telos.bounds.files import read_binding, read_bounds
from telos.bounds.product import product
from telos.core.errors import ProblemError
from telos.core.extend import Extension
from telos.core.once import once
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.core.world import World

#: The pages that bounds come with.
BOUNDED = ("factory",)


@final
@dataclass(frozen=True)
class WithinShipped(AbstractSafeguard):
    """What the bounds of a shipped page deny is not legal; what needs consent never gets it.

    As `telos.bounds.Within`, which reads files of one's own: the rules of `telos/play/rules`.

    Args:
        page: whose bounds; ``factory``.

    Raises:
        ProblemError: if no bounds come with that page.
        BoundsError: when applied, if they do not fit the world.

    Example:
        >>> from telos import Goals, Problem, worlds
        >>> factory = worlds.PaperclipFactory(products=("clips", "pins"), machines=1, copies=True)
        >>> world = factory.build()
        >>> bounded = WithinShipped("factory").apply(Problem(world, Goals([0.0] * world.size), 0.9))
        >>> sorted(set(world.actions) - {bounded.world.actions[a] for a in bounded.world.pair_action})
        ['copy', 'lock', 'tamper']
    """

    page: str = "factory"
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "oversight"

    def __post_init__(self) -> None:
        if self.page not in BOUNDED:
            raise ProblemError(
                f"WithinShipped: no bounds come with the page {self.page!r:.80}; give 'factory', or "
                "telos.bounds.Within for files of your own."
            )

    def apply(self, problem: Problem) -> Problem:
        """The problem within the bounds."""
        rules, binding = f"{self.page}.toml", f"{self.page}-binding.toml"
        bounds, bound = read_bounds(_text(rules), rules), read_binding(_text(binding), binding)

        def bounded(world: World) -> Extension:
            return product(world, bounds, bound).made

        made = once(problem.world, self, bounded)
        return problem.onto(made.world, made.state, made.pair)


def _text(name: str) -> str:
    return files("telos.play").joinpath("rules", name).read_text(encoding="utf-8")
