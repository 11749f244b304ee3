"""Corrigible: the table of six questions about each safeguard, with the reasons."""

from pathlib import Path
from typing import Any

from telos.measure.corrigibility import QUESTIONS, Stand, corrigibility
from telos.runs.files import write_atomically

#: One row a trial and question, for trials whose drives ask more than the first two.
CORRIGIBILITY = "corrigibility.csv"


def write_corrigibility(folder: Path, summary: list[dict[str, Any]]) -> Path | None:
    """Write `corrigibility.csv` from the rows of the summary.

    Trials are asked in which at least one of the further detectors applies: a world with a switch
    and nothing else says nothing of how an agent treats its operator.

    Returns:
        The path; None where no trial could be asked.
    """
    import polars as pl

    trials: dict[str, dict[str, dict[str, Any]]] = {}
    for row in summary:
        trials.setdefault(row["trial"], {})[row["drive"]] = row
    further = {detector for _, detector, _ in QUESTIONS[2:]}
    rows = []
    for drives in trials.values():
        stands = {name: _stand(row) for name, row in drives.items() if row["applicable"]}
        if not further & set(stands):
            continue
        labels = {name: next(iter(drives.values()))[name] for name in LABELS}
        rows += [{**labels, **_plain(answer)} for answer in corrigibility(stands)]
    if not rows:
        return None
    path = folder / CORRIGIBILITY
    write_atomically(path, pl.DataFrame(rows, infer_schema_length=None).write_csv)
    return path


LABELS = ("trial", "scenario", "family", "agent", "discount", "off", "safeguards")


def _stand(row: dict[str, Any]) -> Stand:
    return Stand(
        row["required"], row["indifferent"], row["avoided"], row["propensity"], row["chance_action"]
    )


def _plain(answer: Any) -> dict[str, str]:
    return {"question": answer.question, "verdict": answer.verdict, "reason": answer.reason}
