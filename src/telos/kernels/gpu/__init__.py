"""The JAX kernels: the same optima on a graphics processor, many goals side by side."""

from typing import Any

import jax

from telos.kernels.gpu import block as block
from telos.kernels.gpu import goals as goals
from telos.kernels.gpu import inner as inner
from telos.kernels.gpu import rounds as rounds
from telos.kernels.gpu import slots as slots

#: JAX's own version, for the record of what made a number.
VERSION: str = jax.__version__


def find_device(platform: str) -> Any:
    """The first device of a platform: `"gpu"`, or `"cpu"` to try the kernels without one.

    Raises:
        RuntimeError: in JAX's own words, if there is none.
    """
    return jax.devices(platform)[0]
