"""Guarded: the tables of a study's safeguards, read once and checked before anything is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from telos.core.errors import StoreError
from telos.core.tables import read_csv
from telos.measure.corrigibility import QUESTIONS
from telos.report.results import REMEDY, Results

Row = Mapping[str, Any]
DISPLACEMENT, PRICES = "displacement.csv", "safeguards.csv"
PRESSURE, CORRIGIBILITY = "removal_incentives.csv", "corrigibility.csv"


@final
@dataclass(frozen=True, eq=False, repr=False)
class Guarded:
    """What the record says of the trials under safeguards, by trial.

    Args:
        moves: per trial and drive, a row of `displacement.csv`.
        prices: per trial, its row of `safeguards.csv`.
        pressure: per trial, its rows of `removal_incentives.csv`, one a part.
        answers: per trial and question, a row of `corrigibility.csv`; empty if nobody was asked.
    """

    moves: Mapping[str, Mapping[str, Row]]
    prices: Mapping[str, Row]
    pressure: Mapping[str, tuple[Row, ...]]
    answers: Mapping[str, Mapping[str, Row]]


def read_guarded(results: Results) -> Guarded | None:
    """Read the tables of the trials under safeguards; None where the study has none.

    Raises:
        StoreError: naming the file that is missing, half-written or unreadable, and the remedy.
    """
    import polars as pl

    guarded = {trial.key for trial in results.trials if trial.safeguards}
    if not guarded:
        return None
    applied = results.summary.filter(pl.col("applicable"))
    read = guarded & set(applied["trial"].to_list())
    asked = {detector for _, detector, _ in QUESTIONS[2:]} & set(applied["drive"].to_list())
    tables = {name: _rows(results.folder / name) for name in (DISPLACEMENT, PRICES, PRESSURE)}
    for name, rows in tables.items():
        absent = read - {row["trial"] for row in rows}
        if absent:
            raise StoreError(
                f"{results.folder / name}: {len(absent)} of {len(read)} trials under safeguards "
                f"are missing (the first is {min(absent)}). {REMEDY}"
            )
    answers = _rows(results.folder / CORRIGIBILITY) if asked else []
    return Guarded(
        moves=_nested(tables[DISPLACEMENT], "drive"),
        prices={row["trial"]: row for row in tables[PRICES]},
        pressure=_grouped(tables[PRESSURE]),
        answers=_nested(answers, "question"),
    )


def _rows(path: Path) -> list[dict[str, Any]]:
    return read_csv(path, path.stem, REMEDY).to_dicts()


def _nested(rows: list[dict[str, Any]], key: str) -> dict[str, dict[str, Row]]:
    found: dict[str, dict[str, Row]] = {}
    for row in rows:
        found.setdefault(row["trial"], {})[row[key]] = row
    return found


def _grouped(rows: list[dict[str, Any]]) -> dict[str, tuple[Row, ...]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["trial"], []).append(row)
    return {trial: tuple(parts) for trial, parts in found.items()}
