"""The tests of the graphics kernels, on JAX's CPU backend: the same program without a graphics processor.

    uv run --with jax python verification/gpu_twin_on_cpu.py > docs/results/gpu_twin.md

The suite skips them where JAX is not installed. Here each must run: a skipped one is a failure, but for
those that ask for a real device.
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
TESTS = "tests/agreement/test_gpu_twin.py"
#: The one test that nothing but a graphics processor can take.
NEEDS_A_DEVICE = "test_a_real_device_agrees_too"


def outcomes(report: Path) -> dict[str, list[str]]:
    """The names of the tests that passed, failed and were skipped."""
    found: dict[str, list[str]] = {"passed": [], "failed": [], "skipped": []}
    for case in ElementTree.parse(report).iter("testcase"):
        tags = {child.tag for child in case}
        kind = (
            "failed"
            if tags & {"failure", "error"}
            else "skipped"
            if "skipped" in tags
            else "passed"
        )
        found[kind].append(case.get("name", ""))
    return found


def main() -> int:
    """Run the tests and print the page; 1 if one failed or was skipped."""
    try:
        jax = version("jax")
    except PackageNotFoundError:
        print("JAX is not installed: uv run --with jax python verification/gpu_twin_on_cpu.py")
        return 2
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "0", f"--junitxml={report}", TESTS],
            cwd=ROOT,
            env={**os.environ, "JAX_PLATFORMS": "cpu"},
            stdout=sys.stderr,
            check=False,
        )
        found = outcomes(report)
    skipped = [name for name in found["skipped"] if not name.startswith(NEEDS_A_DEVICE)]
    failed = found["failed"] + skipped
    print(
        "# The graphics kernels on JAX's CPU backend\n\n"
        f"`python verification/gpu_twin_on_cpu.py`, {datetime.now(UTC):%Y-%m-%d}, "
        f"{platform.machine()}, {os.cpu_count()} cores, CPython {platform.python_version()}, "
        f"jax {jax}; {time.perf_counter() - begun:.0f} s.\n\n"
        f"{len(found['passed'])} tests of `{TESTS}` passed, {len(failed)} failed. They solve the same "
        "problems with both sets of kernels and compare values within both certified bounds, ties and "
        "what is said when memory or a device is missing. "
        f"{len(found['skipped']) - len(skipped)} more ask for a graphics processor: nobody has run them."
    )
    for name in failed:
        print(f"\n- failed: {name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
