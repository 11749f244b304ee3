"""The loader: what a file says is read whole and strictly, or refused with its line and the remedy."""

import tomllib

import pytest

from telos.bounds.files import load_bounds, read_bounds
from telos.bounds.scanner import scan
from telos.core.errors import BoundsError

MINIMAL = 'bounds = 1\nname = "ops"\ndenials = 3\nopaque = "deny"\nprotected = ["clock"]\n'


def test_a_minimal_file_is_read(tmp_path):
    path = tmp_path / "ops.toml"
    path.write_text(MINIMAL, encoding="utf-8")
    assert load_bounds(path).protected == ["clock"]
    assert scan(MINIMAL, "ops.toml")[0] == tomllib.loads(MINIMAL)


def test_a_file_that_others_may_write_is_refused(tmp_path):
    path = tmp_path / "ops.toml"
    path.write_text(MINIMAL, encoding="utf-8")
    path.chmod(0o664)
    with pytest.raises(BoundsError, match="can be written by others"):
        load_bounds(path)


def test_true_is_not_one():
    with pytest.raises(BoundsError, match=r"^ops\.toml:1: bounds is true; write a decimal integer"):
        read_bounds(MINIMAL.replace("bounds = 1", "bounds = true"), "ops.toml")
