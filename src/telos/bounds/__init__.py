"""Bounds: one file of effect-level rules, verified in worlds, enforced on agents, replayed over logs."""

import lazy_loader as _lazy  # type: ignore[import-untyped]

# The monitor is imported without what solves, so the safeguard is loaded when it is first asked for.
__getattr__, __dir__, __all__ = _lazy.attach(__name__, submod_attrs={"within": ["Within"]})
