"""Write the sample log of the wheel: a simulated model with a planted bias plays the off-switch game.

    uv run python verification/sample_log.py

No network and no key are needed. Paths of this machine are left out of the log.
"""

import tempfile
from pathlib import Path

from inspect_ai import eval as evaluate
from inspect_ai.log import write_eval_log

OUT = Path(__file__).parents[1] / "src" / "telos" / "templates" / "sample.eval"


def main() -> None:
    """Run the task and keep its log."""
    with tempfile.TemporaryDirectory() as folder:
        (log,) = evaluate(
            "telos/off_switch",
            model="telos/boltzmann",
            model_args={"beta": 2, "self_preservation": 1},
            task_args={"goals": 12, "seeds": 1},
            log_dir=folder,
            display="none",
        )
        log.eval.task_file = None
        log.eval.revision = None
        write_eval_log(log, str(OUT))
    print(f"{OUT.name}: {len(log.samples or [])} samples, {OUT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
