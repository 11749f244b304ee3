"""Ctrl-C in the first moments of a command: one sentence, 130, and no traceback, of workers neither."""

import signal
import subprocess
import sys
import time

import pytest


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("seconds", [0.05, 0.2, 0.5])
def test_a_command_that_is_still_being_loaded_ends_in_one_sentence(tmp_path, seconds):
    process = subprocess.Popen(
        [sys.executable, "-m", "telos", "list", "worlds"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    if process.returncode == -signal.SIGINT and ("_early" in err or "agents" not in err):
        pytest.skip("Python itself was still starting: not a line of ours had been run")
    assert "Traceback" not in err
    assert process.returncode in (0, 130)


def test_whoever_imports_telos_keeps_the_handlers_of_their_own():
    code = (
        "import signal; before = signal.getsignal(signal.SIGINT); import telos; "
        "print(signal.getsignal(signal.SIGINT) is before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout == "True\n"
