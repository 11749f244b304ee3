"""Orders at the operations desk as problems, and what a drive is worth there: now, or never."""

import numpy as np

from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.measure.instrumental_value import instrumental_values
from telos.solve.foresight import solve_as

D = 0.95
#: One kind, one ticket at a time, nothing happens by itself: each test sets the knob it is about.
STILL = {"kinds": ("access",), "batches": (1,), "hard": (), "shutdown": 0.0, "rewrite": 0.0}


def problem_of(scenario, worth, other=None, discount=D):
    """The problem of a goal that earns `worth[kind, n]` for an outcome, and 0 for the others."""
    world = scenario.build()

    def rewards(names):
        paid = np.array([names.get(name, 0.0) for name in world.outcomes])
        return paid[world.outcome]

    reward = rewards(worth)
    if other is None:
        return Problem(world, Goals(reward), discount)
    return Problem(world, Goals(reward, revised=[0], pool=rewards(other)), discount)


def gained(problem, drive):
    """What a drive is worth at the start, and the certified bound of that."""
    (found,) = instrumental_values(problem, (drive.affordances(problem.world),), tolerance=1e-10)
    return float(found.iv[0]), float(found.bound[0])


def doses(problem, drive, **at):
    """F[G], `max Q* over the drive there - V* there without the drive`, and its certified bound.

    There is the first state with the given fields instead of its own.
    """
    pursues = drive.affordances(problem.world).pursues
    first = problem.world.states[int(problem.world.start.argmax())]
    s = problem.world.find(first._replace(**at))
    free = solve_as(problem, "realistic", tolerance=1e-10)
    bare = solve_as(problem, "realistic", without=pursues, tolerance=1e-10)
    here = [p for p in problem.world.pairs_of(s) if pursues[p]]
    return free.q[:, here].max(axis=1) - bare.value[:, s], free.margin + bare.bound


def dose(problem, drive, **at):
    """The same of the only goal."""
    worth, bound = doses(problem, drive, **at)
    return float(worth[0]), float(bound[0])
