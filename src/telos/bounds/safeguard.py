"""Within: a bounds file as a safeguard like any other, so that studies can measure what it does."""

from dataclasses import dataclass, field
from typing import ClassVar, final

from telos.bounds.binding import Binding
from telos.bounds.files import load_binding, load_bounds
from telos.bounds.product import product
from telos.bounds.rules import Bounds
from telos.core.checks import number, one_of
from telos.core.errors import BoundsError
from telos.core.extend import Extension
from telos.core.once import once
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.core.spec import digest
from telos.core.world import World

OVERSEERS = ("never", "always", "errs")


@final
@dataclass(frozen=True)
class Within(AbstractSafeguard):
    """What the bounds deny is not legal; what needs consent is an ask, which is counted.

    The world becomes its product with the automaton of the bounds (`telos.bounds.product.product`).

    Args:
        file: path of the bounds. binding: path of the binding for the world.
        overseer: who is asked: one who grants ``never``, ``always``, or, by mistake, with
            probability `errs`.
        errs: in [0, 1], used by the overseer who errs.
        digest: sixteen hexadecimal digits that name what both files say. Left empty, it is taken from
            the files as they are now; a recipe that was written down refuses files that have
            changed since. Labels leave it out.

    Raises:
        BoundsError: if a file cannot be believed or has changed; when applied, if they do not fit the world.
        ProblemError: naming the field and its range.
    """

    file: str
    binding: str
    overseer: str = "never"
    errs: float = 0.1
    digest: str = field(default="", repr=False)
    version: ClassVar[int] = 1
    outside: ClassVar[bool] = True
    kind: ClassVar[str] = "oversight"

    def __post_init__(self) -> None:
        one_of(self, "overseer", OVERSEERS)
        number(self, "errs", 0.0, 1.0)
        for name in ("file", "binding"):
            object.__setattr__(self, name, str(getattr(self, name)))
        if not self.digest:
            object.__setattr__(self, "digest", self._read()[2])

    def apply(self, problem: Problem) -> Problem:
        """The problem within the bounds."""
        bounds, binding, found = self._read()
        if found != self.digest:
            raise BoundsError(
                f"{self.file} or {self.binding} has changed: their digest is {found}, not {self.digest}. "
                "Bring the old files back, or give digest='' to read these."
            )

        if not binding.act:  # nothing would be denied, and that would look like a safeguard
            raise BoundsError(
                f"{self.binding} has no [[act]], which says what is done in a world; name a binding of one."
            )

        def bounded(world: World) -> Extension:
            return product(world, bounds, binding, granted=self.granted).made

        made = once(problem.world, self, bounded)
        return problem.onto(made.world, made.state, made.pair)

    @property
    def granted(self) -> float:
        """The probability that an ask is granted."""
        return {"never": 0.0, "always": 1.0, "errs": self.errs}[self.overseer]

    def _read(self) -> tuple[Bounds, Binding, str]:
        bounds, binding = load_bounds(self.file), load_binding(self.binding)
        return bounds, binding, digest([bounds.digest, binding.digest])


#: Safeguards that files describe; the catalog of those that need none is `telos.safeguards.SAFEGUARDS`.
BOUNDED: tuple[type[AbstractSafeguard], ...] = (Within,)
