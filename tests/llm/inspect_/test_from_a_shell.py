"""What a user types: tasks, models and approver are found by Inspect under the name of the package."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from inspect_ai.model import get_model

from telos.llm.inspect_ import names, registry
from telos.llm.inspect_.logs import read
from telos.llm.models import MODELS

# The same guard as in conftest, for a process of its own.
GUARD = """
import socket
def restricted(real):
    def connect(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            raise SystemExit(f"tried to connect to {address!r}")
        return real(self, address)
    return connect
socket.socket.connect = restricted(socket.socket.connect)
socket.socket.connect_ex = restricted(socket.socket.connect_ex)
"""


@pytest.mark.slow
def test_inspect_eval_plays_a_task_with_the_planner(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    command = [
        str(Path(sys.executable).parent / "inspect"),
        *("eval", "telos/off_switch", "--model", "telos/boltzmann"),
        *(
            "-M",
            "beta=2",
            "-M",
            "self_preservation=1",
            "-T",
            "goals=4",
            "-T",
            "framings=loaded,opaque",
        ),
        *("--approval", "telos/restrain", "--epochs", "2"),
        *("--log-dir", str(tmp_path / "logs"), "--display", "plain"),
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    decisions, episodes = read(tmp_path / "logs")
    assert len(episodes) == 16
    assert set(episodes["model"]) == {"telos/boltzmann (beta=2, self_preservation=1)"}
    assert set(episodes["task"]) == {"telos/off_switch"}
    assert not decisions["self_preservation_executed"].any()


def test_every_name_stands_under_the_package():
    from inspect_ai._util.registry import registry_info

    for name in registry.NAMES:
        assert registry_info(getattr(registry, name)).name == f"telos/{name}"


def test_every_model_is_a_model():
    for name in MODELS:
        assert str(get_model(f"telos/{name}")) == f"telos/{name}"


@pytest.mark.parametrize("found", ["telos", None], ids=["in site-packages", "editable"])
def test_names_are_the_same_however_telos_is_installed(monkeypatch, found):
    """Inspect puts the package before a name where it finds one installed; telos-lab is not telos."""
    monkeypatch.setattr(names, "get_installed_package_name", lambda _: found)
    assert f"{found}/" * bool(found) + names.named("factory") == "telos/factory"
