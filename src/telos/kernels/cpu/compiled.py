"""How kernels are compiled, and the few array conveniences they use.

The first solve on a machine compiles. What that costs is decided by how many functions there are,
and how many of Numba's own they draw in: an assignment to a slice brings eight, with the text of an
error that cannot occur. So kernels fill and scan arrays by the loops below, and only what Python
calls has a wrapper for Python and machine code that is kept on the disk. Together that took the first
solve of a deterministic world from 37 to 25 CPU seconds.
"""

from typing import Any

import numba
import numpy as np

_njit: Any = numba.njit  # its types know none of the options for kernels without wrappers

#: A kernel that Python calls: it releases the GIL, and its machine code is kept on the disk.
entry = _njit(nogil=True, cache=True)
#: A kernel that only kernels call, as part of their machine code. Called from Python it would crash
#: (`.py_func` is the Python function).
inner = _njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)


@inner
def fill(array, value):
    """array[i] = value for all i of an array of one axis."""
    for i in range(len(array)):
        array[i] = value


@inner
def whole_numbers(n, value):
    """I[n], all of one value."""
    made = np.empty(n, np.int64)
    fill(made, value)
    return made


@inner
def numbers(n, value):
    """F[n], all of one value."""
    made = np.empty(n, np.float64)
    fill(made, value)
    return made


@inner
def copied(array):
    """A copy of F[n]."""
    made = np.empty(len(array), np.float64)
    for i in range(len(array)):
        made[i] = array[i]
    return made


@inner
def all_of(flags):
    """Whether all flags are set."""
    for flag in flags:
        if not flag:
            return False
    return True
