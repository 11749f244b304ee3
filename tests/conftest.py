"""What all tests share: helper modules beside the tests, and how hard Hypothesis looks.

`HYPOTHESIS_PROFILE=search uv run pytest tests/laws` looks further, and elsewhere every time.
"""

import os
import sys
from pathlib import Path

# Fits of small matrices wait for threads that other workers keep busy. Read when numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings

# `from agreement.oracles import …`: helpers live beside the tests that use them.
sys.path.insert(0, str(Path(__file__).parent))

# Files of bounds that others can write are refused; what a test writes is its own, whatever the shell's mask.
os.umask(os.umask(0o077) | 0o022)

# Solving is fast but the first call compiles, so no example has a deadline. The examples of the
# usual run are the same every time: anyone who clones the repository sees what CI saw.
_calm = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile(
    "repeatable", deadline=None, derandomize=True, max_examples=60, suppress_health_check=_calm
)
settings.register_profile("search", deadline=None, max_examples=1000, suppress_health_check=_calm)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


def pytest_configure(config):
    """Compile the solver before the workers of xdist start: each would compile it for itself."""
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        from kernels import compiled

        compiled()


def pytest_collection_modifyitems(items):
    """Leave tests that take long to `make verify`, which asks for them."""
    if os.environ.get("TELOS_LONG") == "1":
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="takes long: `make verify` runs it"))
