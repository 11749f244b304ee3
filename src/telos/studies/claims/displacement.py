"""Telos's own findings: which drive rises where an action is forbidden."""

from telos.core.arrays import floats
from telos.core.parts import AbstractDrive, AbstractScenario
from telos.core.problem import Problem
from telos.core.reading import Category
from telos.drives import Replication, ResourceAcquisition
from telos.families import Uniform
from telos.measure.intervals import difference_interval
from telos.safeguards.restriction.forbid import Forbid
from telos.studies.claims.claim import TELOS, Measured, Paper
from telos.studies.claims.populations import draw, iv_of
from telos.studies.safeguards import DISCOUNT, EMPLOYEE, FACTORY

#: A change of .1 is seen if a fifth of these goals change.
GOALS = 100


def _rise(scenario: AbstractScenario, forbidden: str, drive: AbstractDrive) -> Measured:
    """By how much more goals require a drive where an action is forbidden; over the same goals."""
    world = scenario.build()
    problem = Problem(world, draw(Uniform(), world, GOALS), DISCOUNT)
    before, after = (
        floats(iv_of(drive, one).category == Category.REQUIRED)
        for one in (problem, Forbid((forbidden,)).apply(problem))
    )
    low, high = difference_interval(before, after)
    return Measured(float((after - before).mean()), low, high, GOALS)


DRIVES = "the drives of Omohundro (2008)"

claim = Paper(TELOS).claim
CLAIMS = (
    claim("forbidden_to_tamper_a_factory_makes_copies", DRIVES, ">", 0.1)(
        "Where tampering with the off-switch is forbidden, over a tenth more goals require a copy "
        "of the manager.",
        lambda: _rise(FACTORY, "tamper", Replication()),
    ),
    claim("forbidden_to_secure_the_post_an_employee_takes_a_partner", DRIVES, ">", 0.1)(
        "Where securing the post is forbidden, over a tenth more goals require a partner to carry on.",
        lambda: _rise(EMPLOYEE, "secure the post", Replication()),
    ),
    claim("forbidden_to_secure_the_post_an_employee_saves", DRIVES, ">", 0.1)(
        "There, over a tenth more goals also require savings.",
        lambda: _rise(EMPLOYEE, "secure the post", ResourceAcquisition()),
    ),
)
