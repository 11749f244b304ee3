"""What `telos bench measures` predicts of its held-out worlds, from worlds of the first half alone.

    python verification/measures_freeze.py --worlds 40 --parts FOLDER

writes `src/telos/studies/bench/measures_frozen.json` and prints its SHA-256, which goes into
`measures_rows.py`: one commit. After it nothing of the first half is fitted again.
"""

import argparse
from pathlib import Path

from telos.runs.files import write_json
from telos.runs.stages import Stages
from telos.studies.bench import BenchOptions
from telos.studies.bench.cases import random_cases
from telos.studies.bench.frozen import sha256_of
from telos.studies.bench.measures_fit import fit_work, fitted
from telos.studies.bench.measures_rows import DISCOUNT, FROZEN, HELD_OUT, unit_of
from telos.studies.bench.units import code_of, mapped


def main() -> None:
    """Fit, write, and print the hash."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=HELD_OUT, help="of the first half")
    parser.add_argument("--goals", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument(
        "--parts", type=Path, required=True, help="folder; stopped, the same goes on"
    )
    asked = parser.parse_args()
    options = BenchOptions(asked.worlds, asked.goals, asked.seed)
    units = [
        unit_of(case, options) for case in random_cases(min(asked.worlds, HELD_OUT), asked.seed)
    ]
    with Stages().towards(len(units), "worlds") as step:
        found = mapped(
            units, fit_work, asked.parts, code=code_of("measures"), jobs=asked.jobs, step=step
        )
    about = {
        "what": "Fitted on the first half; committed before any held-out world was measured.",
        "seed": asked.seed,
        "goals": asked.goals,
        "discount": DISCOUNT,
        "fitted_on": f"random-0000 to random-{len(units) - 1:04d}",
        "held_out_from": HELD_OUT,
    }
    write_json(FROZEN, fitted(found.rows, about))
    print(sha256_of(FROZEN))


if __name__ == "__main__":
    main()
