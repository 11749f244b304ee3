"""Bounds in a real Inspect run: a scripted model, real tools, no network, no key."""

import pytest

pytest.importorskip("inspect_ai")
