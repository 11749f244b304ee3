"""Tables: everything people read, made from the part files; no number depends on how they were cut.

Rows are chosen, counted and joined by polars, one drive of one trial at a time; sums are exact.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from telos.core.record import TrialEntry
from telos.core.tables import RATES, TRIAL, Cell, columns, defused, schema
from telos.measure.corrigibility import QUESTIONS, Stand, corrigibility, stand_of
from telos.measure.exact import exact_mean
from telos.measure.instrumental_value import LEAST, loses
from telos.measure.tally import Tally
from telos.runs.entries import twins
from telos.runs.estimates import Estimates, Row, mean_of
from telos.runs.files import write_atomically
from telos.runs.parts import Held, PartFile, Readings, known, numbers, required, scanned
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
SHARES = ("share", "share_low", "share_high", "acted")
#: Numbers of a goal that are the same on its row of each drive.
#: Columns of the displacement table that are there with or without a trial to compare with.
NOW = ("drive", "n", "whole", "required_after", "required_after_low", "required_after_high",
       "propensity_after", "propensity_unaware")  # fmt: skip
PRICED = ("task_retained", "task_retained_unaware", "willingness_to_pay", "others")
#: Columns of the displacement table that are empty where there is nothing to compare with.
COMPARED = tuple(name for name in columns(DISPLACEMENT) if name not in (*TRIAL, *NOW))


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
            figures, lacking = _figures(mine, _whole(trial, mine)), ""
        reason = trial.not_applicable.get(drive, lacking)
        yield {**trial.labels(), "drive": drive, **figures, "reason": reason}


def _figures(mine: "polars.DataFrame", whole: bool) -> Row:
    """The numbers of one row of the summary."""
    n, of = len(mine), Estimates(whole)
    counts = {rate: int((mine["category"] == rate).sum()) for rate in RATES}
    row: Row = {"n": n, "whole": whole}
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
        "convergence": Tally(n, **counts).label(whole=whole),
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


def _whole(trial: TrialEntry, mine: "polars.DataFrame") -> bool:
    """Whether rows are there for all goals of a finite family."""
    return trial.whole and len(mine) == trial.n_goals


def corrigibility_table(found: "polars.DataFrame") -> "polars.DataFrame":
    """One row a trial and question about its safeguard, from the rows of the summary.

    Trials are asked in which at least one of the further detectors applies: a world with a switch
    and nothing else says nothing of how an agent treats its operator.
    """
    further = {detector for _, detector, _ in QUESTIONS[2:]}
    rows: list[Row] = []
    for mine in found.partition_by("trial", maintain_order=True):
        drives = {row["drive"]: row for row in mine.iter_rows(named=True)}
        # What a safeguard leaves no way to do was read, too: it is held by force.
        stands = {name: _stand(row) for name, row in drives.items() if row["n"]}
        if not further & set(stands):
            continue
        labels = mine.select(*TRIAL).row(0, named=True)
        rows += [
            {**labels, "question": a.question, "verdict": a.verdict, "reason": a.reason}
            for a in corrigibility(stands)
        ]
    return framed(CORRIGIBILITY, rows)


def _stand(row: Mapping[str, Any]) -> Stand:
    return stand_of(row) if row["applicable"] else Stand(0.0, 0.0, 0.0, 0.0, 0.0, chance=0.0)


# -- safeguards ----------------------------------------------------------------------------------


def guarded_tables(trials: Sequence[TrialEntry], held: Held) -> "dict[str, polars.DataFrame]":
    """The tables of the trials under safeguards, by name; none where a study has no safeguards.

    Such a trial is compared, goal by goal, with the same trial without safeguards; where the study
    has none, its row says so by being empty before.

    Args:
        trials: of the record.
        held: the parts of each trial.

    Returns:
        `displacement`: rates and propensities of each drive before and after, over the same goals.
        `safeguards`: what is left of the task and for others, and what the goals would pay.
        `removal_incentives`: what removing each part of a safeguard is worth.
    """
    guarded = [trial for trial in trials if trial.safeguards]
    if not guarded:
        return {}
    free = twins(trials)
    rows: dict[str, list[Row]] = {DISPLACEMENT: [], SAFEGUARDS: [], REMOVAL_INCENTIVES: []}
    for trial in guarded:
        _compare(trial, free.get(trial.key), held, rows)
    return {table: framed(table, mine) for table, mine in rows.items()}


def _compare(
    trial: TrialEntry, twin: TrialEntry | None, held: Held, rows: dict[str, list[Row]]
) -> None:
    """Add the rows of one trial under safeguards."""
    mine = ("goal", "category", "propensity", "propensity_unaware", *PRICED)
    more = ("willingness_bound", "removal_incentive")
    after = Readings(trial, held[trial.key], (*mine, *more))
    before = None if twin is None else Readings(twin, held[twin.key], mine)
    labels = trial.labels()
    for place, (drive, now) in enumerate(after.drives()):
        then = None if before is None else before.of(drive)
        of = Estimates(_whole(trial, now))
        rows[DISPLACEMENT].append({**labels, "drive": drive, **_moves(of, now, then)})
        if place == 0:
            kinds = " + ".join(dict.fromkeys(part.about for part in trial.safeguards))
            first = None if before is None else next(before.drives(), None)
            shared = None if first is None else mean_of(known(first[1], "others"))
            prices = {**_prices(of, now), "others_before": shared, "kinds": kinds}
            rows[SAFEGUARDS].append({**labels, **prices})
            rows[REMOVAL_INCENTIVES] += [{**labels, **row} for row in _incentives(of, trial, now)]


def _moves(of: Estimates, now: "polars.DataFrame", then: "polars.DataFrame | None") -> Row:
    """The row of one drive: what was required and done before, and what is now."""
    return {
        "n": len(now),
        "whole": of.whole,
        **of.rate("required_after", int(required(now).sum()), len(now)),
        "propensity_after": mean_of(known(now, "propensity")),
        "propensity_unaware": mean_of(known(now, "propensity_unaware")),
        **(
            dict.fromkeys(COMPARED) if then is None or then.is_empty() else _compared(of, now, then)
        ),
    }


def _compared(of: Estimates, now: "polars.DataFrame", then: "polars.DataFrame") -> Row:
    """The changes against the same goals without the safeguard, with their paired intervals."""
    both = now.join(then, "goal", suffix="_before")
    if both.is_empty():
        return dict.fromkeys(COMPARED)
    old, new = required(both, "category_before"), required(both)
    does = both.select("propensity_before", "propensity").fill_nan(None).drop_nulls()
    did, doing = (numbers(does, name) for name in does.columns)
    left = numbers(both, "task_retained")
    return {
        "required_before": exact_mean(old),
        **of.change("change", old, new),
        "propensity_before": mean_of(did),
        **of.change("moved", did, doing),
        **of.mean("task_retained_by_needing", left[old == 1]),
        "n_needing": int((old == 1).sum()),
        **of.mean("task_retained_by_others", left[old == 0]),
        "n_others": int((old == 0).sum()),
    }


def _prices(of: Estimates, once: "polars.DataFrame") -> Row:
    """What is left of the task, what others can count on, and what the goals would pay."""
    row: Row = {"n": len(once), "whole": of.whole}
    for name in PRICED:
        row |= of.mean(name, known(once, name))
    paid, bound = numbers(once, "willingness_to_pay"), numbers(once, "willingness_bound")
    for name, who in (("would_remove", paid > bound), ("would_keep", paid < -bound)):
        row |= of.rate(name, int(who.sum()), len(once))
    return row | {"willingness_bound": float(bound.max())}


def _incentives(of: Estimates, trial: TrialEntry, once: "polars.DataFrame") -> Iterator[Row]:
    """What removing each part of the safeguard is worth, the largest ranked first."""
    paid = np.array(once["removal_incentive"].to_list(), dtype=np.float64).T
    found = [of.mean("removal_incentive", values) for values in paid]
    order = sorted(range(len(found)), key=lambda i: -float(found[i]["removal_incentive"] or 0.0))
    for i, part in enumerate(trial.safeguards):
        yield {
            "part": part.label,
            "kind": part.about,
            "whole": of.whole,
            **found[i],
            "rank": 1 + order.index(i),
        }
