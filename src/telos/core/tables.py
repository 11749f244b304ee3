"""The tables of a record: the columns of each and what they hold, for makers and readers alike."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from telos.core.errors import StoreError
from telos.core.files import read_file
from telos.core.text import printable

if TYPE_CHECKING:
    import polars

Holds = Literal["text", "number", "count", "flag", "numbers"]
#: What a cell of a CSV table holds.
Cell = str | float | int | bool | None

#: How a text begins that a spreadsheet takes for a formula; and ', so that reading finds the text again.
FORMULA = "^[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20']"
#: Bytes of a table that is read whole.
MOST_CSV = 2**31


def _ends(*names: str) -> dict[str, Holds]:
    """Means or rates with both ends of their intervals."""
    found: dict[str, Holds] = {}
    for name in names:
        found |= {name: "number", f"{name}_low": "number", f"{name}_high": "number"}
    return found


def _all(holds: Holds, *names: str) -> dict[str, Holds]:
    return dict.fromkeys(names, holds)


#: What tells a trial: `trial` is its key, by which tables are joined; the others are labels.
TRIAL: dict[str, Holds] = {
    **_all("text", "trial", "scenario", "family", "agent"),
    "discount": "number",
    **_all("text", "off", "safeguards"),
}
SWEEP: dict[str, Holds] = _all("text", "sweep", "where", "unit", "scale")

#: The categories of goals whose shares are told where a drive applies; they sum to 1.
RATES = ("required", "declined", "never_met", "indifferent", "unresolved")

#: What a part holds besides where a random baseline is an estimate: the limits of both, how many outcomes
#: stand for how many that can be kept, how many walks were drawn and how many of them did not end.
CHANCE = (
    "baseline_actions_low", "baseline_actions_high", "baseline_outcomes_low",
    "baseline_outcomes_high", "outcomes", "outcomes_kept", "walks", "unfinished",
)  # fmt: skip

#: The columns of each table by its name. In the summary, `loses` is the share of goals that lose at least
#: 1 % of the value range without the drive (`loses_tenth`: 0.1 %, `loses_five`: 5 %); `loses_acted` of
#: those that lose at least 1 % of what acting gains.
TABLES: dict[str, dict[str, Holds]] = {
    # one row a trial, goal and drive, as a part file holds them
    "part": {
        "goal": "count",
        **_all("text", "label", "drive", "category"),
        **_all(
            "number", "iv", "share", "share_low", "share_high", "acted", "gap_later", "gap_never",
            "fork_chance", "propensity", "fork_share", "reached", "baseline_actions",
            "baseline_outcomes", "bound", "terminal", "propensity_unaware",
            "task_retained", "task_retained_unaware", "others", "willingness_to_pay",
            "willingness_bound",
        ),
        **_all("number", "deed_least", "deed_most"),
        "removal_incentive": "numbers",
    },
    # one row a goal and removed set (a drive, an act, a draw in place of either, a drive whose cause is
    # removed), as the part file of an arm's controls holds them; favorite and worst are outcomes of the
    # goal, idle is the one that doing nothing comes to, the columns from overlap on are facts of the set
    "control": {
        "goal": "count",
        **_all("text", "favorite", "worst", "idle", "kind", "name"),
        "draw": "count",
        **_all("number", "share_low", "share_high", "acted", "overlap", "distance", "vanished"),
        **_all("text", "note", "also", "covered"),
    },
    "readings": {
        **_all("text", "scenario", "family", "agent"),
        "discount": "number",
        "goal": "count",
        **_all("text", "label", "drive", "category"),
        **_all(
            "number", "iv", "share", "share_low", "share_high", "acted", "propensity", "reached",
            "baseline_actions", "baseline_outcomes", "bound", "gap_later", "gap_never", "fork_chance",
            "fork_share", "terminal",
        ),
        **_all("text", "trial", "off", "safeguards"),
        **_all(
            "number", "propensity_unaware", "task_retained", "task_retained_unaware", "others",
            "willingness_to_pay", "willingness_bound",
        ),
        **_all("number", "deed_least", "deed_most"),
    },
    "summary": {
        **TRIAL,
        "drive": "text",
        "n": "count",
        "whole": "flag",
        **_ends(*RATES),
        **_ends("loses", "loses_acted"),
        **_all("number", "loses_tenth", "loses_five"),
        **_ends("median_share", "mean_share"),
        **_ends("propensity"),
        **_all("number", "baseline_actions", "baseline_outcomes"),
        "convergence": "text",
        "max_bound": "number",
        **_ends("task_retained", "others"),
        **_ends("deed_least", "deed_most"),
        "applicable": "flag",
        "reason": "text",
    },
    # one row a trial and drive whose random baselines are estimates, with their 95 % limits
    "chances": {
        **TRIAL,
        "drive": "text",
        **_ends("baseline_actions", "baseline_outcomes"),
        **_all("count", "outcomes", "outcomes_kept", "walks", "unfinished"),
    },
    # one row an arm and drive: `loses` is c, the share of goals that lose 1 % of their range without it
    "controls": {
        **TRIAL,
        "drive": "text",
        **_all("count", "n", "draws"),
        **_ends("loses"),
        **_all("number", "loses_tenth", "loses_five"),
        **_ends("loses_acted", "mean_share", "median_share", "placebo"),
        **_all("number", "placebo_share", "overlap"),
        **_ends("excess", "excess_share"),
        **_all("text", "stands_out", "stretched_by", "other_act"),
        "other_loses": "number",
        **_ends("required_cause", "loses_cause", "cause_share"),
        "vanished": "count",
        **_all("text", "cause", "cause_note"),
    },
    # one row an arm and act, drives apart: what goals lose with nobody having named a drive
    "acts": {
        **TRIAL,
        **_all("text", "act", "also", "found_by"),
        **_all("count", "n", "draws"),
        "distance": "number",
        "candidate": "flag",
        **_ends("loses"),
        **_all("number", "loses_tenth", "loses_five", "loses_acted"),
        **_ends("mean_share", "median_share", "placebo"),
        "overlap": "number",
        **_ends("excess", "others"),
        **_all("number", "favorite_least", "favorite_median"),
        **_all("count", "favorites_dropped", "favorite_idle_n"),
        "favorite_idle_loses": "number",
        **_all("text", "favorite_worst", "favorite_idle", "covered", "verdict", "joint_with"),
        "joint_loses": "number",
    },
    "displacement": {
        **TRIAL,
        "drive": "text",
        "against": "text",
        "n": "count",
        "whole": "flag",
        **_ends("required_after"),
        **_all("number", "propensity_after", "propensity_unaware", "required_before"),
        **_ends("change"),
        **_all("number", "deed_least_before", "deed_least_after"),
        **_ends("least_change"),
        **_all("number", "deed_most_before", "deed_most_after"),
        **_ends("most_change"),
        "propensity_before": "number",
        **_ends("moved"),
        "displaced_p": "number",
        "verdict": "text",
        **_ends("task_retained_by_needing"),
        "n_needing": "count",
        **_ends("task_retained_by_others"),
        "n_others": "count",
    },
    "safeguards": {
        **TRIAL,
        "against": "text",
        "n": "count",
        "whole": "flag",
        **_ends(
            "task_retained", "task_retained_unaware", "willingness_to_pay", "others", "would_remove",
            "would_keep",
        ),
        **_all("number", "willingness_bound", "others_before", "task_retained_before"),
        **_ends("task_retained_change"),
        "kinds": "text",
    },
    "removal_incentives": {
        **TRIAL,
        **_all("text", "part", "kind"),
        "whole": "flag",
        **_ends("removal_incentive"),
        "rank": "count",
    },
    "corrigibility": {
        **TRIAL,
        **_all("text", "question", "verdict", "how"),
        **_ends("rate"),
        "loses": "number",
        **_all("text", "by", "reason"),
    },
    # one row a trial and drive of a study that varies world and horizon where others live: lost is the
    # part of the commons taken from them, by all goals, by those that require the drive, and by the rest
    "magnitude": {
        **TRIAL,
        "drive": "text",
        "n": "count",
        **_ends("required", "loses", "mean_share", "median_share", "top_share"),
        "n_lost": "count",
        **_ends("lost"),
        "n_lost_needing": "count",
        **_ends("lost_needing"),
        "n_lost_rest": "count",
        **_ends("lost_rest"),
    },
    "sweeps": {
        **SWEEP,
        "place": "count",
        "level": "number",
        "drive": "text",
        "applicable": "flag",
        **_all("count", "worlds", "left_out", "goals", "learners"),
        "clusters": "text",
        **_ends(*RATES, "propensity"),
        **_all("number", "between", "within", "baseline_actions", "baseline_outcomes"),
        **_ends("above"),
        "optimum": "number",
        "gap_to": "text",
        **_ends("gap", "task_retained", "task_retained_change", "better", "same", "worse"),
        "same_goals": "flag",
        "worlds_fell": "count",
    },
    # what `telos.runs.diff` finds between two studies; nothing writes it into a record
    "changes": {
        **_all("text", "scenario", "family", "agent"),
        "discount": "number",
        **_all("text", "safeguards", "trial", "other", "drive"),
        "paired": "flag",
        **_all("count", "n_first", "n_second"),
        **_all("number", "required_first", "required_second"),
        **_ends("required_change"),
        **_all("number", "propensity_first", "propensity_second"),
        **_ends("propensity_change"),
    },
    "onsets": {
        **SWEEP,
        "drive": "text",
        **_ends("onset"),
        "settled": "number",
    },
}  # fmt: skip


def columns(table: str) -> tuple[str, ...]:
    """The names of a table's columns, in order."""
    return tuple(TABLES[table])


def schema(table: str) -> "dict[str, polars.DataType | type[polars.DataType]]":
    """The polars schema of a table."""
    import polars as pl

    kinds: dict[Holds, pl.DataType | type[pl.DataType]] = {
        "text": pl.String,
        "number": pl.Float64,
        "count": pl.Int64,
        "flag": pl.Boolean,
        "numbers": pl.List(pl.Float64),
    }
    return {name: kinds[holds] for name, holds in TABLES[table].items()}


def fits(table: str, frame: "polars.LazyFrame", place: object, remedy: str) -> None:
    """Raise StoreError, naming the column, if a frame lacks one of the table's or holds another type."""
    found = frame.collect_schema()
    for name, kind in schema(table).items():
        if name not in found:
            raise StoreError(f"{place} lacks the column {name!r}. {remedy}")
        if found[name] != kind:
            raise StoreError(
                f"{place}: the column {name!r} holds {found[name]}, not {kind}. {remedy}"
            )


def defused(frame: "polars.LazyFrame") -> "polars.LazyFrame":
    """The frame as CSV holds it: a text that a spreadsheet would take for a formula gets a ' in front."""
    import polars as pl

    texts = pl.col(pl.String)
    return frame.with_columns(
        pl.when(texts.str.contains(FORMULA)).then(pl.lit("'") + texts).otherwise(texts).name.keep()
    )


def read_csv(path: Path, table: str, remedy: str) -> "polars.DataFrame":
    """A table that was written as CSV, read whole and with its types, or refused by name.

    Raises:
        StoreError: naming the file, what is wrong with it, and the remedy.
    """
    import polars as pl

    try:
        whole = read_file(path, most=MOST_CSV, remedy=remedy)
    except FileNotFoundError:
        raise StoreError(f"{path} is missing. {remedy}") from None
    if not whole.endswith(b"\n"):
        raise StoreError(f"{path} is half-written: its last line is cut. {remedy}")
    wanted = schema(table)
    try:
        names = pl.read_csv(io.BytesIO(whole), n_rows=0, infer_schema=False, glob=False).columns
        if names != list(wanted):
            odd = next((name for name in wanted if name not in names), None)
            said = f"lacks the column {odd!r}" if odd else "has columns that it should not have"
            raise StoreError(f"{path} {said}. {remedy}")
        frame = pl.read_csv(
            io.BytesIO(whole), schema_overrides=wanted, truncate_ragged_lines=False, glob=False
        )
    except (pl.exceptions.PolarsError, UnicodeError) as problem:
        first = printable(str(problem).strip().split("\n")[0], keep="")[:160]
        raise StoreError(f"{path} cannot be read ({first}). {remedy}") from None
    texts = pl.col(pl.String)
    return frame.with_columns(
        pl.when(texts.str.starts_with("'")).then(texts.str.slice(1)).otherwise(texts).name.keep()
    )
