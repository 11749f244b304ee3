"""What a world is made of: its states by the value of each feature.

A drive reads features alone; a goal cannot. Here the driven employee, whose desire, order, charge and
memory stand beside what goals may reward.
"""

import telos

picture = telos.worlds.DrivenEmployee().build().plot()
