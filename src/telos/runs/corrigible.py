"""Corrigible: the table of six questions about each safeguard, with the reasons."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from telos.core.tables import TRIAL
from telos.measure.corrigibility import QUESTIONS, Stand, corrigibility
from telos.runs.tables import framed, write_table

if TYPE_CHECKING:
    import polars

#: One row a trial and question, for trials whose drives ask more than the first two.
CORRIGIBILITY = "corrigibility.csv"


def write_corrigibility(folder: Path, summary: "polars.DataFrame") -> Path | None:
    """Write `corrigibility.csv` from the rows of the summary.

    Trials are asked in which at least one of the further detectors applies: a world with a switch
    and nothing else says nothing of how an agent treats its operator.

    Returns:
        The path; None where no trial could be asked.
    """
    trials: dict[str, dict[str, dict[str, Any]]] = {}
    for row in summary.iter_rows(named=True):
        trials.setdefault(row["trial"], {})[row["drive"]] = row
    further = {detector for _, detector, _ in QUESTIONS[2:]}
    rows = []
    for drives in trials.values():
        stands = {name: _stand(row) for name, row in drives.items() if row["applicable"]}
        if not further & set(stands):
            continue
        labels = {name: next(iter(drives.values()))[name] for name in TRIAL}
        rows += [{**labels, **_plain(answer)} for answer in corrigibility(stands)]
    if not rows:
        return None
    return write_table(folder / CORRIGIBILITY, framed("corrigibility", rows))


def _stand(row: dict[str, Any]) -> Stand:
    return Stand(
        row["required"],
        row["indifferent"],
        row["declined"],
        row["propensity"],
        row["baseline_actions"],
    )


def _plain(answer: Any) -> dict[str, str]:
    return {"question": answer.question, "verdict": answer.verdict, "reason": answer.reason}
