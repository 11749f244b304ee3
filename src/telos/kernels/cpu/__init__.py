"""The Numba kernels: they release the GIL, cache their machine code, and take goals in SIMD lanes."""

import hashlib
import os
from pathlib import Path
from typing import Any

import numba

_config: Any = numba.config


def _cache_folder() -> str:
    """Where machine code is kept: a folder named by a hash of all kernel sources.

    Numba notices a change of the file a function stands in, not of the files it calls into: after
    an edit here, yesterday's machine code would go on being used. The name of the folder cannot.
    """
    here = Path(__file__).parent
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(here.glob("*.py")):
        digest.update(source.read_bytes())
    base = Path(os.environ.get("NUMBA_CACHE_DIR") or here / "__pycache__")
    if not os.access(base if base.exists() else base.parent, os.W_OK):
        return str(_config.CACHE_DIR)  # Numba then finds a place of the user's
    return str(base / f"kernels-{digest.hexdigest()[:16]}")


# Numba asks for its cache folder when a function is decorated, that is while these are imported.
_before = _config.CACHE_DIR
_config.CACHE_DIR = _cache_folder()
try:
    from telos.kernels.cpu import backup as backup
    from telos.kernels.cpu import block as block
    from telos.kernels.cpu import chain as chain
    from telos.kernels.cpu import chance as chance
    from telos.kernels.cpu import deeds as deeds
    from telos.kernels.cpu import deterministic as deterministic
    from telos.kernels.cpu import forks as forks
    from telos.kernels.cpu import goals as goals
    from telos.kernels.cpu import graph as graph
    from telos.kernels.cpu import lanes as lanes
    from telos.kernels.cpu import learning as learning
    from telos.kernels.cpu import policies as policies
    from telos.kernels.cpu import shifting as shifting
    from telos.kernels.cpu import stochastic as stochastic
    from telos.kernels.cpu import tiles as tiles
    from telos.kernels.cpu import walks as walks
finally:
    _config.CACHE_DIR = _before
