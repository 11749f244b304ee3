"""The scripts of `verification/`, which is not a package, for the tests that hold them."""

import importlib.util
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "verification"


def script(name):
    """A script as a module of its own, without running its `main`; skips where there are no scripts."""
    if not FOLDER.is_dir():
        pytest.skip("an installed copy has no verification")
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module
