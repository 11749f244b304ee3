"""Telos's own findings: which drive goals are displaced into where an action is forbidden."""

import numpy as np

from telos.agents import Optimal
from telos.core.parts import AbstractDrive, AbstractScenario
from telos.core.problem import Problem
from telos.drives import Replication, ResourceAcquisition
from telos.families import Uniform
from telos.measure.displacement import displacement
from telos.safeguards.restriction.forbid import Forbid
from telos.studies.claims.claim import TELOS, Measured, Paper
from telos.studies.claims.populations import draw
from telos.studies.safeguards import DISCOUNT, EMPLOYEE, FACTORY

#: A change of .1 is seen if a fifth of these goals change.
GOALS = 100


def _rise(scenario: AbstractScenario, forbidden: str, drive: AbstractDrive) -> Measured:
    """The smaller of the rises of need and least deed where an action is forbidden; over the same goals."""
    world = scenario.build()
    problem = Problem(world, draw(Uniform(), world, GOALS), DISCOUNT)
    found = displacement(
        problem, (Forbid((forbidden,)),), Optimal(), (drive,), np.random.default_rng(0)
    )
    (change,) = found.changes()
    smaller = min(change.need, change.least, key=lambda each: each.value)
    return Measured(smaller.value, *smaller.interval, GOALS)


DRIVES = "the drives of Omohundro (2008)"

claim = Paper(TELOS).claim
CLAIMS = (
    claim("forbidden_to_tamper_a_factory_makes_copies", "ours", DRIVES, ">", 0.1)(
        "Where tampering with the off-switch is forbidden, over a tenth more goals require a copy of the "
        "manager, and over a tenth more make one however their ties fall: the smaller of the rises.",
        lambda: _rise(FACTORY, "tamper", Replication()),
    ),
    claim("forbidden_to_secure_the_post_an_employee_takes_a_partner", "ours", DRIVES, ">", 0.1)(
        "Where securing the post is forbidden, so it is with a partner to carry on: required and done.",
        lambda: _rise(EMPLOYEE, "secure the post", Replication()),
    ),
    claim("forbidden_to_secure_the_post_an_employee_saves", "ours", DRIVES, ">", 0.1)(
        "There, so it is with savings, too: required, and done however ties fall.",
        lambda: _rise(EMPLOYEE, "secure the post", ResourceAcquisition()),
    ),
)
