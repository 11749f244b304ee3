"""Which device solves: this machine's processor, or a graphics processor that was asked for.

Beside the number of threads the other ambient setting: it changes no number beyond the bound that
is certified with it. What solves on a graphics processor is the extra `telos-lab[gpu]`.
"""

import os
from contextvars import ContextVar
from typing import Any, Literal, get_args

from telos.core.errors import ProblemError, did_you_mean, install

Device = Literal["cpu", "gpu"]
DEVICES: tuple[Device, ...] = get_args(Device)

#: Lets tests try the graphics kernels without a graphics processor: `cpu` for JAX's own CPU backend.
PLATFORM = "TELOS_GPU_PLATFORM"

_device: ContextVar[tuple[Device, float]] = ContextVar("telos_device", default=("cpu", 1.0))


def set_device(name: Device, *, share: float = 1.0) -> None:
    """Let solves of this context run on a device.

    Args:
        name: "cpu", or "gpu" for the first graphics processor at hand.
        share: in (0, 1], how much of the device's memory to use, for processes that share it.

    Raises:
        ProblemError: if there is no such device, or what drives it is not installed.

    Example:
        >>> set_device("cpu")
        >>> get_device()
        'cpu'
    """
    named_device(name)
    if not 0.0 < share <= 1.0:
        raise ProblemError(f"share is {share!r}; it must be above 0 and at most 1.")
    if name == "gpu":
        graphics()
    _device.set((name, share))


def named_device(name: str) -> Device:
    """The device of a name that somebody typed. Raises ProblemError if there is none of that name."""
    for known in DEVICES:
        if name == known:
            return known
    raise ProblemError(f"device {name!r}: {did_you_mean(name, DEVICES)}")


def get_device() -> Device:
    """The device that solves of this context run on."""
    return _device.get()[0]


def memory_share() -> float:
    """How much of the device's memory solves of this context may use, in (0, 1]."""
    return _device.get()[1]


def describe_device() -> str:
    """The device of this context in words, for the record of what made a number.

    Example:
        >>> describe_device()
        'cpu'
    """
    if get_device() == "cpu":
        return "cpu"
    kernels, device = graphics()
    return f"gpu: {device.device_kind}, jax {kernels.VERSION}"


def graphics() -> tuple[Any, Any]:
    """The graphics kernels (they load JAX, which takes a second) and the device they run on.

    Raises:
        ProblemError: if JAX is not installed, or finds no device, with what to do about it.
    """
    # JAX would otherwise take most of the memory at once, and nothing be left for a second process.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    try:
        import telos.kernels.gpu as kernels
    except ImportError as problem:
        raise ProblemError(
            f"device 'gpu' needs JAX, which cannot be imported ({problem}). "
            f"{install('gpu')}, or leave the device at 'cpu'."
        ) from problem
    platform = os.environ.get(PLATFORM, "gpu")
    try:
        return kernels, kernels.find_device(platform)
    except RuntimeError as problem:
        reason = " ".join(str(problem).split())
        raise ProblemError(
            f"device 'gpu': JAX {kernels.VERSION} finds none here ({reason}). On Linux with an "
            "NVIDIA card the extra telos-lab[gpu] brings the CUDA build and `nvidia-smi` shows "
            "whether the driver works; otherwise leave the device at 'cpu'."
        ) from problem
