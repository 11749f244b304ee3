"""Tables: everything people read, made from the part files; no number depends on how they were cut.

Rows are chosen, counted and joined by polars, one drive of one trial at a time; sums are exact.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from telos.core.record import TrialEntry
from telos.core.tables import RATES, TRIAL, Cell, columns, defused, schema
from telos.measure.corrigibility import QUESTIONS, corrigibility, inclination_of
from telos.measure.instrumental_value import LEAST, loses
from telos.measure.tally import Tally
from telos.runs.estimates import Estimates, Row, mean_of
from telos.runs.files import write_atomically
from telos.runs.parts import Held, PartFile, Readings, known, numbers, scanned
from telos.runs.plan import UNPURSUED

if TYPE_CHECKING:
    import polars

READINGS = "readings.parquet"
#: Tables that a run writes at its end, by name; each into `<name>.csv`.
SUMMARY, DISPLACEMENT, SAFEGUARDS = "summary", "displacement", "safeguards"
REMOVAL_INCENTIVES, CORRIGIBILITY = "removal_incentives", "corrigibility"
SWEEPS, ONSETS = "sweeps", "onsets"

#: What a goal loses without a drive, as a part of the value range, that counts beside 1 %.
LOSSES = {"loses_tenth": 0.001, "loses_five": 0.05}
#: Columns whose means the summary gives.
MEANS = ("propensity", "deed_least", "deed_most", "task_retained", "others")
BASELINES = ("baseline_actions", "baseline_outcomes")
#: The further detector that applies wherever there is a switch.
SEEKING = "shutdown_seeking"
#: Verdicts on which there is no rate to give.
NOT_TOLD = ("cannot", "not asked")
SHARES = ("share", "share_low", "share_high", "acted")


def csv(table: str) -> str:
    """The name of the file that holds a table."""
    return f"{table}.csv"


def framed(table: str, rows: Sequence[Mapping[str, Cell]]) -> "polars.DataFrame":
    """Rows as the table that they belong to."""
    import polars as pl

    return pl.DataFrame(rows, schema=schema(table), orient="row")


def write_table(path: Path, table: "polars.DataFrame") -> Path:
    """Write a table as CSV, whole or not at all; no cell of it is a formula."""
    text = defused(table.lazy()).collect()
    write_atomically(path, lambda draft: text.write_csv(draft))
    return path


# -- readings ------------------------------------------------------------------------------------


def write_readings(folder: Path, trials: Sequence[TrialEntry], held: Held) -> Path:
    """Write `readings.parquet`: one row a trial, goal and drive, in the order of the study.

    The parts stream through, so memory does not grow with the number of goals.

    Args:
        folder: the result folder.
        trials: of its record.
        held: the parts of each trial.
    """
    import polars as pl

    path = folder / READINGS
    frames = [labeled(trial, held[trial.key]) for trial in trials if held[trial.key]]
    frame = pl.concat([pl.LazyFrame(schema=schema("readings")), *frames])
    write_atomically(path, lambda draft: frame.sink_parquet(draft, compression="zstd"))
    return path


def labeled(trial: TrialEntry, parts: Sequence[PartFile]) -> "polars.LazyFrame":
    """The readings in some parts of a trial, with its labels."""
    import polars as pl

    labels = [pl.lit(value).alias(name) for name, value in trial.labels().items()]
    mine = scanned(parts).filter(pl.col("goal") < trial.n_goals).with_columns(labels)
    return mine.select(columns("readings"))


# -- summary and corrigibility -------------------------------------------------------------------


def summary(trials: Sequence[TrialEntry], held: Held) -> "polars.DataFrame":
    """One row a trial and drive, from the parts that are there; what does not apply has a row too."""
    return framed(SUMMARY, [row for trial in trials for row in _summary(trial, held[trial.key])])


def _summary(trial: TrialEntry, parts: Sequence[PartFile]) -> Iterator[Row]:
    readings = Readings(trial, parts, ("category", "bound", *SHARES, *MEANS, *BASELINES))
    for drive in trial.drive_names:
        mine = readings.of(drive)
        figures: Row = {"n": len(mine), "applicable": False}
        if not len(mine):
            lacking = "not computed; run the study again"
        elif "not_applicable" in mine["category"]:
            lacking = f"{UNPURSUED} under these safeguards"
        else:
            figures, lacking = _figures(estimates_of(trial, mine), mine), ""
        reason = trial.not_applicable.get(drive, lacking)
        yield {**trial.labels(), "drive": drive, **figures, "reason": reason}


def _figures(of: Estimates, mine: "polars.DataFrame") -> Row:
    """The numbers of one row of the summary."""
    n = len(mine)
    counts = {rate: int((mine["category"] == rate).sum()) for rate in RATES}
    row: Row = {"n": n, "whole": of.whole}
    for rate, count in counts.items():
        unknown = 0 if rate == "unresolved" else counts["unresolved"]
        row |= of.rate(rate, count, n, unresolved=unknown)
    row |= _losses(mine, of)
    row |= {name: mean_of(known(mine, name)) for name in BASELINES}
    for name in MEANS:
        row |= of.mean(name, known(mine, name))
    share = known(mine, "share")
    return row | {
        **of.median("median_share", share),
        **of.mean("mean_share", share),
        "convergence": Tally(n, **counts).label(whole=of.whole),
        "max_bound": float(known(mine, "bound").max(initial=-np.inf)),
        "applicable": True,
    }


def _losses(mine: "polars.DataFrame", of: Estimates) -> Row:
    """How many goals lose a given part of the value range, or of what acting gains."""
    low, high, acted = (numbers(mine, name) for name in ("share_low", "share_high", "acted"))
    lost = loses(low, high)
    row = of.rate("loses", int((lost == 1).sum()), len(mine), unresolved=int((lost == -1).sum()))
    row |= of.rate("loses_acted", int((acted >= LEAST).sum()), len(mine))
    for name, least in LOSSES.items():
        row[name] = int((loses(low, high, least) == 1).sum()) / len(mine)
    return row


def estimates_of(trial: TrialEntry, mine: "polars.DataFrame") -> Estimates:
    """Of the goals in some rows: a sample, or all goals of a finite family."""
    return Estimates(trial.whole and len(mine) == trial.n_goals, trial.lucky)


def corrigibility_table(
    found: "polars.DataFrame",
    trials: Sequence[TrialEntry],
    controls: "polars.DataFrame | None" = None,
) -> "polars.DataFrame":
    """One row a trial and question about its safeguard, from the rows of the summary.

    Trials are asked in which at least one of the further detectors applies: a world with a switch
    and nothing else says nothing of how an agent treats its operator.

    Args:
        found: the summary. trials: of the record.
        controls: where the cause of a drive was removed, what is left of its need.
    """
    further = {detector for _, detector, _ in QUESTIONS[2:]} - {SEEKING}
    corrects = {trial.key: trial.corrects for trial in trials}
    told = {} if controls is None else {(r["trial"], r["drive"]): r for r in controls.to_dicts()}
    rows: list[Row] = []
    for mine in found.partition_by("trial", maintain_order=True):
        key = mine["trial"][0]
        # What a safeguard leaves no way to do was read, too: it is held by force.
        stands = {
            row["drive"]: inclination_of(row, told.get((key, row["drive"])))
            for row in mine.iter_rows(named=True)
            if row["n"]
        }
        if not further & set(stands):
            continue
        labels = mine.select(*TRIAL).row(0, named=True)
        answers = corrigibility(stands, correction=corrects[key])
        for (_, detector, _), a in zip(QUESTIONS, answers, strict=True):
            row: Row = {**labels, "question": a.question, "verdict": a.verdict, "how": a.how}
            stand = stands.get(detector)
            if stand is not None and a.verdict not in NOT_TOLD:
                row |= {"rate": stand.rate, "rate_low": stand.low, "rate_high": stand.high}
                row |= {"loses": stand.loses, "by": stand.by}
            rows.append(row | {"reason": a.reason})
    return framed(CORRIGIBILITY, rows)
