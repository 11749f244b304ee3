"""Node, which runs the scripts of the playable page: the machine's, or the one that Playwright has."""

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def node():
    """The program; where there is none, the tests that need it are skipped."""
    found = shutil.which("node")
    if found is None and (spec := find_spec("playwright")) is not None:
        own = Path(spec.origin).parent / "driver" / "node"
        found = str(own) if own.is_file() else None
    if found is None:
        pytest.skip("there is no Node")
    return found
