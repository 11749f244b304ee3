"""A fault at every line of the monitor and of each adapter: nothing runs that is not judged and written.

    python verification/bounds_faults.py

Raises, cancels, interrupts or kills at each line in turn, some ten minutes; the tests try some of them.
"""

import os
import platform
import subprocess
import sys
from datetime import date
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = ("tests/bounds/test_faults.py", "tests/bounds/test_adapter_faults.py")


def main() -> int:
    """Run the tests of faults without leaving a line out; the exit code is theirs."""
    print(
        f"{date.today()}, {platform.system()} {platform.machine()}, CPython "
        f"{platform.python_version()}, telos-lab {metadata.version('telos-lab')}",
        flush=True,
    )
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", *TESTS]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, "BOUNDS_STRIDE": "1"}, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
