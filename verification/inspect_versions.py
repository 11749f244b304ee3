"""Whether the language-model half works with the oldest and the newest Inspect that it promises.

    uv run python verification/inspect_versions.py [--newest 0.3.285]

Makes an environment for each version under a temporary folder, installs this checkout with its extra, and
runs `tests/llm` and the tests of the two commands there: some five minutes. The network is for installing
only.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FLOOR = "0.3.189"
TESTS = ("tests/llm", "tests/cli/test_compare.py", "tests/cli/test_audit.py")


def main() -> int:
    """Run the check; the exit code is 0 if all tests pass on both versions."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--newest", default="", help="a version; the newest there is unless given")
    asked = words.parse_args()
    codes = []
    with tempfile.TemporaryDirectory() as scratch:
        for wanted in (
            f"inspect-ai=={FLOOR}",
            f"inspect-ai=={asked.newest}" if asked.newest else "inspect-ai",
        ):
            python = _environment(Path(scratch) / str(len(codes)), wanted)
            version = "import inspect_ai; print(inspect_ai.__version__)"
            subprocess.run([python, "-c", f"print('Inspect', end=' '); {version}"], check=True)
            done = subprocess.run(
                [python, "-m", "pytest", "-q", "-n2", *TESTS], cwd=ROOT, check=False
            )
            codes.append(done.returncode)
    return max(codes)


def _environment(folder: Path, wanted: str) -> str:
    """The interpreter of an environment with this checkout and one version of Inspect."""
    uv = next((p for p in (ROOT / ".tools/bin/uv",) if p.exists()), Path("uv"))
    subprocess.run([str(uv), "venv", "-q", "--python", sys.executable, str(folder)], check=True)
    python = str(folder / "bin" / "python")
    needed = [wanted, "pytest", "pytest-xdist", "pytest-benchmark", "hypothesis", "quantecon"]
    subprocess.run(
        [str(uv), "pip", "install", "-q", "--python", python, "-e", f"{ROOT}[llm]", *needed],
        check=True,
        env=os.environ | {"UV_NO_PROGRESS": "1"},
    )
    return python


if __name__ == "__main__":
    sys.exit(main())
