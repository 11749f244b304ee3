"""Numbers from outside, taken as they are or refused: nothing is rounded, parsed or cut off unseen."""

from typing import Any

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints
from telos.core.errors import TelosError
from telos.core.shown import shown

#: The largest float below which every integer is a float of its own.
EXACT = 2.0**53
#: What `float` would take for a number, or refuse with a warning.
NOT_REAL = (str, bytes, bytearray, complex, np.complexfloating)


def integers(values: Any, what: str, error: type[TelosError]) -> Ints:
    """I[...], read-only. Floats that are integers, as 3.0, are taken for them; nothing else is.

    Args:
        values: a number, or any array of them. what: how messages call it. error: what is raised.

    Raises:
        error: naming the first entry that is a fraction, NaN, a truth value, a text, or out of range.

    Example:
        >>> integers([0.0, 3], "rows", TelosError).tolist()
        [0, 3]
    """
    array = _array(values, what, "integers", error)
    if array.dtype.kind == "i":
        return ints(array).reshape(array.shape)
    if array.dtype.kind == "u":
        bad = array > np.iinfo(np.int64).max
    elif array.dtype.kind == "f":
        bad = ~(np.isfinite(array) & (array == np.floor(array)) & (np.abs(array) <= EXACT))
    else:
        bad = _where(array, lambda v: not _is_integer(v))
    _refuse(values, array, bad, what, "give integers that fit into 64 bits", error)
    return ints(array.astype(np.int64)).reshape(array.shape)


def reals(values: Any, what: str, error: type[TelosError]) -> Floats:
    """F[...], read-only, C-ordered. Truth values count as 0 and 1; texts and complex numbers are refused.

    Args:
        values: a number, or any array of them. what: how messages call it. error: what is raised.

    Raises:
        error: naming the first entry that is not a real number. NaN and infinity pass: what is wrong
            with them is for the caller to say.

    Example:
        >>> reals([True, 2], "reward", TelosError).tolist()
        [1.0, 2.0]
    """
    array = _array(values, what, "numbers", error, truths=True)
    if array.dtype.kind in "fiub":
        return floats(array).reshape(array.shape)
    bad = _where(array, lambda v: not _is_real(v))
    _refuse(values, array, bad, what, "give real numbers", error)
    return floats(array.astype(np.float64)).reshape(array.shape)


def real(value: Any) -> float:
    """A number as a float; NaN if it is none: a text is not read as one, nor None as NaN.

    Example:
        >>> real(True), real("0.5")
        (1.0, nan)
    """
    if type(value) is float:  # as most are; a third of the time that building a world took
        return value
    if isinstance(value, NOT_REAL):
        return float("nan")
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def flags(values: Any, what: str, error: type[TelosError]) -> Bools:
    """B[...], read-only: truth values, and no numbers that would be taken for them."""
    array = _array(values, what, "truth values", error, truths=True)
    if array.dtype.kind != "b" and array.size:
        numbers = f"{array.dtype} numbers" if array.dtype.kind in "iuf" else "no truth values"
        raise error(
            f"{what} holds {numbers}, such as {shown(array.flat[0])}; give True or "
            "False for each, not a list of indices."
        )
    return bools(array)


def _array(
    values: Any, what: str, wanted: str, error: type[TelosError], truths: bool = False
) -> np.ndarray[Any, Any]:
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise error(
            f"{what} has masked entries; fill them, as in values.filled(0), or leave them out."
        )
    if isinstance(values, np.ndarray) and values.dtype.kind in ("iufb" if truths else "iuf"):
        return values
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "iufb":
            array = np.asarray(values, dtype=object)  # beside a text, a number stays a number
    except (TypeError, ValueError, OverflowError):
        raise error(
            f"{what} is {shown(values)}, which is not an array of {wanted}: its rows differ in length."
        ) from None
    except Exception as problem:  # somebody else's __array__ may raise anything
        raise error(
            f"{what} is {shown(values)}, which is not an array of {wanted}: making one raises "
            f"{type(problem).__name__}."
        ) from problem
    if not truths and _holds_truths(values, array):
        raise error(f"{what} holds truth values; give {wanted}.")
    return array


def _holds_truths(values: Any, array: np.ndarray[Any, Any]) -> bool:
    """Whether there is a True among numbers, which NumPy would take for a 1."""
    if array.dtype.kind == "b":
        return array.size > 0
    flat = values if isinstance(values, list | tuple) and array.ndim == 1 else ()
    return any(isinstance(value, bool | np.bool_) for value in flat)


def _is_real(value: Any) -> bool:
    if isinstance(value, bool | np.bool_ | str | bytes | complex) or value is None:
        return False
    try:
        return float(value) == float(value)
    except (TypeError, ValueError, OverflowError):
        return False


def _is_integer(value: Any) -> bool:
    return _is_real(value) and abs(value) <= 2**63 and value == int(value) != 2**63


def _where(array: np.ndarray[Any, Any], wrong: Any) -> Bools:
    marks = [bool(wrong(value)) for value in array.flat]
    return np.array(marks, np.bool_).reshape(array.shape)


def _refuse(
    given: Any,
    array: np.ndarray[Any, Any],
    bad: Any,
    what: str,
    remedy: str,
    error: type[TelosError],
) -> None:
    if not np.any(bad):
        return
    at = tuple(int(i) for i in np.argwhere(bad)[0])
    # As it was written: beside a number beyond 64 bits NumPy makes floats of integers.
    value = given[at[0]] if len(at) == 1 and isinstance(given, list | tuple) else array[at]
    value = value.item() if isinstance(value, np.generic) else value
    place = f"{what}[{', '.join(map(str, at))}]" if at else what
    raise error(f"{place} is {shown(value)}; {remedy}.")
