"""The array types every page of the code speaks, and the one way to make an array that nobody can change."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

Entry = TypeVar("Entry", bound=np.generic)

#: Half the distance from 1.0 to the next float64: the relative error of one rounding.
UNIT_ROUNDOFF = 2.0**-53


def _frozen(values: ArrayLike, dtype: Any) -> NDArray[Any]:
    array = np.ascontiguousarray(values, dtype=dtype)
    if array.flags.writeable:
        # A caller may still hold the array it passed in: share memory only with ourselves.
        array = array.copy() if array is values or array.base is not None else array
        array.setflags(write=False)
    return array


def floats(values: ArrayLike) -> Floats:
    """A read-only, C-ordered float64 array of `values` (copied unless it is one already)."""
    return _frozen(values, np.float64)


def ints(values: ArrayLike) -> Ints:
    """A read-only, C-ordered int64 array of `values` (copied unless it is one already)."""
    return _frozen(values, np.int64)


def bools(values: ArrayLike) -> Bools:
    """A read-only, C-ordered boolean array of `values` (copied unless it is one already)."""
    return _frozen(values, np.bool_)


def sealed(made: NDArray[Entry]) -> NDArray[Entry]:
    """`made` itself, read-only from now on, and not copied.

    For an array that was made a moment ago and that nobody else holds: `floats` and its like would
    copy it, since a caller may go on writing to what it hands over.
    """
    made.setflags(write=False)
    return made


def frozen(array: NDArray[Entry]) -> NDArray[Entry]:
    """A read-only, C-ordered view of an array, which may itself stay writable.

    For kernels, which are compiled once for arrays that can be written to and once for others.
    """
    view = np.ascontiguousarray(array).view()
    view.setflags(write=False)
    return view
