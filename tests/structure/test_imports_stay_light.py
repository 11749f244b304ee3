"""What `import telos` must not load: heavy packages wait until the function that needs them."""

import json
import subprocess
import sys

import pytest

HEAVY = (
    "altair",
    "gymnasium",
    "hypothesis",
    "jax",
    "jinja2",
    "llvmlite",
    "numba",
    "polars",
    "quantecon",
    "scipy.stats",
    "vl_convert",
)
COMMAND_LINE_ONLY = ("rich", "typer")


def _loaded_by(statement, suspects):
    """The suspects that a fresh interpreter has loaded after one statement."""
    code = f"import json, sys\n{statement}\n" + (
        f"print(json.dumps([name for name in {list(suspects)!r} if name in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_importing_telos_loads_nothing_heavy():
    assert _loaded_by("import telos", (*HEAVY, *COMMAND_LINE_ONLY, "numpy")) == []


def test_looking_at_the_public_names_loads_nothing_heavy():
    assert _loaded_by("import telos; dir(telos)", HEAVY) == []


@pytest.mark.parametrize("package", ["core", "worlds", "families", "drives", "agents"])
def test_importing_a_part_package_loads_nothing_that_draws_or_stores(package):
    suspects = ("altair", "jinja2", "polars", "typer", "vl_convert")
    assert _loaded_by(f"import telos.{package}", suspects) == []


def test_asking_the_command_line_for_help_loads_nothing_heavy():
    ask = (
        "from telos.cli import main\n"
        "sys.argv = ['telos', '--help']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code"
    )
    assert _loaded_by(ask, HEAVY) == []
