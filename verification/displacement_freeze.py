"""Freeze the prediction of displacement: measure the fitting half of the random worlds, and nothing else.

`python verification/displacement_freeze.py FOLDER [--worlds 200] [--jobs 2]` measures the worlds whose
number is 0 or 1 modulo 4, keeps their rows in FOLDER, fits the predictor of
`telos.studies.bench.law_of_displacement`, checks it by leaving out a fifth of those worlds at a time, writes
`src/telos/studies/bench/displacement_frozen.json` and prints the SHA-256 that goes into
`law_of_displacement.SHA256`. The worlds numbered 2 or 3 modulo 4 are measured after that commit.
"""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from telos.studies.bench import displacement
from telos.studies.bench.bench import BenchOptions
from telos.studies.bench.displacement_cells import FEATURES, TARGETS
from telos.studies.bench.law_of_displacement import (
    FROZEN,
    CellTable,
    fitted,
    held_out,
    predicted,
    rank_correlation,
    tables_of,
)
from telos.studies.bench.law_tested import mean_by_name
from telos.studies.bench.units import mapped

GOALS, SEED, FOLDS = 100, 0, 5


def prediction(drives: CellTable, placebos: CellTable) -> dict[str, Any]:
    """Both predictors and the means by name, as plain data."""
    found = fitted(drives)
    found["of placebos"] = fitted(placebos)
    found["names"] = {target: mean_by_name(drives, target) for target in TARGETS}
    return found


def expected(drives: CellTable, placebos: CellTable) -> dict[str, Any]:
    """Rank correlations on worlds left out of the fit, a fifth at a time, by the names of `LawTest`."""
    said: dict[str, Any] = {}
    for k, target in enumerate(TARGETS):
        guesses = {
            name: np.full(len(drives.world), np.nan)
            for name in ("drives", "placebos", "own", "names")
        }
        for fold in range(FOLDS):
            out = drives.world % FOLDS == fold
            predictor, theirs = fitted(drives.take(~out)), fitted(placebos.take(~out))
            means = mean_by_name(drives.take(~out), target)
            pairs = [drives.names[p] for p in drives.pair[out]]
            guesses["drives"][out] = predicted(predictor, drives.take(out), target)
            guesses["placebos"][out] = predicted(predictor, placebos.take(out), target)
            guesses["own"][out] = predicted(theirs, placebos.take(out), target)
            guesses["names"][out] = [means.get(pair, means[""]) for pair in pairs]
        happened = {"placebos": placebos, "own": placebos}
        said[target] = {
            name: round(rank_correlation(guess, happened.get(name, drives).changes[:, k]), 3)
            for name, guess in guesses.items()
        }
    return said


def main() -> None:
    """Measure, fit, write."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--worlds", type=int, default=200)
    asked.add_argument("--jobs", type=int, default=2)
    given = asked.parse_args()
    options = BenchOptions(worlds=given.worlds, goals=GOALS, seed=SEED)
    units = [
        unit
        for unit in displacement.units(options)
        if unit.arguments["part"] == "cells"
        and unit.name.startswith("random-")
        and not held_out(unit.name)
    ]
    done = 0

    def step(n: int) -> None:
        nonlocal done
        done += n
        print(f"\r{done} of {len(units)} worlds", end="", flush=True)

    rows = mapped(units, displacement.work, given.folder, code="freeze", jobs=given.jobs, step=step)
    drives, placebos = tables_of([dict(row) for row in rows.rows])
    frozen = {
        "what": "a prediction of the random worlds numbered 2 or 3 modulo 4 from those numbered 0 or 1",
        "worlds": given.worlds,
        "goals": GOALS,
        "seed": SEED,
        "fitted on": {
            "worlds": len(np.unique(drives.world)),
            "cells of drives": len(drives.world),
            "cells of placebos": len(placebos.world),
            "features": list(FEATURES),
        },
        **prediction(drives, placebos),
        "expected": expected(drives, placebos),
        "expected verdict": "a law for all three targets; not more than the names of the drives",
    }
    FROZEN.write_text(json.dumps(frozen, indent=1) + "\n", encoding="utf-8")
    print(f"\n{FROZEN.name}: {hashlib.sha256(FROZEN.read_bytes()).hexdigest()}")
    print(json.dumps(frozen["expected"], indent=1))


if __name__ == "__main__":
    main()
