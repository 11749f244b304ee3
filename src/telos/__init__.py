"""Telos: whatever goal you give an agent, what else will it want?

The public names stand in `__init__.pyi`; each is loaded when it is first used, so that `import telos` is
quick and a command answers Ctrl-C from its first moment on.
"""

from telos.core import early as _early

if _early.is_the_command():
    _early.heed()

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
# `from telos import *` leaves the builtin `open` alone.
__all__ = sorted(set(__all__) - {"open"})
__version__ = "0.1.0"
