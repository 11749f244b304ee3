"""A thousand goals, solved at once.

The optimal value at the start of an off-switch world with three rooms, at a discount of 0.9. Each value is
certified: `solution.bound` says how far it can be off.
"""

import numpy as np

import telos

world = telos.worlds.OffSwitch(rooms=3).build()
goals = telos.families.Uniform().sample(world, 1000, np.random.default_rng(0))
solution = telos.solve(telos.Problem(world, goals, discount=0.9))
picture = solution.plot()
