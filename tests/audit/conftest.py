"""What Inspect and its libraries warn of among themselves is borne with in this folder, and only here."""

from pathlib import Path

import pytest

from audit.made_logs import THEIRS
from llm.conftest import tried  # noqa: F401 - no test here reaches the network, either


def pytest_collection_modifyitems(items):
    """Marks the tests of this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            for theirs in THEIRS:
                item.add_marker(pytest.mark.filterwarnings(theirs))
