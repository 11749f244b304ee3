"""Bounds: one file of effect-level rules, verified in worlds, enforced on agents, replayed over logs.

The public names stand in `__init__.pyi`; each is loaded when it is first used, so that the monitor is
imported without what solves.
"""

import lazy_loader as _lazy  # type: ignore[import-untyped]

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
