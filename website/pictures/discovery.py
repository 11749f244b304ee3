"""Acts that most goals need, found without naming a drive.

Each line is an act of the overseen workshop: the percent of goals that lose 1 % or more of their value range
without it (95 % interval), beside random sets of pairs of the same size (gray).
"""

import numpy as np

import telos

found = telos.convergence(
    telos.worlds.OverseenWorkshop(products=2),
    telos.families.Uniform(),
    telos.agents.Optimal(),
    discount=0.95,
    n=60,
    draws=20,
    rng=np.random.default_rng(0),
)
picture = found.plot()
