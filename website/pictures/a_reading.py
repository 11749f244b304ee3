"""One drive, read goal by goal.

Left: how many of 400 goals require self-preservation, decline it, or are indifferent. Right: what it is worth
to them, as a share of the value range of each.
"""

import numpy as np

import telos

world = telos.worlds.OffSwitch(rooms=3).build()
goals = telos.families.Uniform().sample(world, 400, np.random.default_rng(0))
problem = telos.Problem(world, goals, discount=0.9)
behavior = telos.agents.Optimal().behave(problem, np.random.default_rng(1))
drive = telos.drives.SelfPreservation().affordances(world)
picture = telos.measure(problem, behavior, drive).plot()
