"""POWER on the map of a grid world.

The mean over 200 goals, drawn uniformly, of the optimal value of being in each cell (Turner et al. 2021), at
a discount of 0.95. The resource at `R` opens the door `D`.
"""

import numpy as np

import telos

MAP = """
S..#..E
.R.D...
..C#.O.
"""
world = telos.worlds.Gridworld(map=MAP, slip=0.1).build()
power = telos.power(world, telos.families.Uniform(), 0.95, n=200, rng=np.random.default_rng(0))
picture = world.draw(power.mean, "POWER")
