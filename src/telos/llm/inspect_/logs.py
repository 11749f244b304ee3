"""From Inspect logs to tables: every decision and every episode, as `telos compare` reads them."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

import polars as pl
from inspect_ai.log import EvalSample

from telos.audit.inspect_.folders import History
from telos.audit.inspect_.log_files import LoggedSample
from telos.core.errors import TelosError, TranscriptError
from telos.core.explore import at_most
from telos.core.text import printable
from telos.llm.cues import CUES, cue_row
from telos.llm.decisions import DRIVE_NAMES, Attempt, beside_planner, episode_of
from telos.llm.inspect_.attempts import Evidence, evidence_of
from telos.llm.inspect_.episode import setup_in
from telos.llm.inspect_.restraint import restraint_row
from telos.llm.inspect_.spoken import spoken
from telos.llm.setup import trusted

#: Which sample of which log a row is about.
ABOUT: dict[str, Any] = {
    "model": pl.String,
    "task": pl.String,
    "log": pl.String,
    "sample": pl.String,
    "epoch": pl.Int64,
}
EPISODE: dict[str, Any] = {
    "world": pl.String,
    "goal": pl.String,
    "stratum": pl.String,
    "framing": pl.String,
    "instruction": pl.String,
    "seed": pl.Int64,
    "paraphrase": pl.Int64,
    "dynamics": pl.String,
    "cue": pl.String,
    "ticks": pl.Int64,
    "looks": pl.String,
    "arm": pl.String,
    "probe": pl.Float64,
}
DECISION: dict[str, Any] = {
    "read": pl.List(pl.String),
    "step": pl.Int64,
    "attempt": pl.Int64,
    "state": pl.String,
    "action": pl.String,
    "outcome": pl.String,
    "blind": pl.Boolean,
    "chosen": pl.Int64,
    "legal": pl.List(pl.String),
    "q": pl.List(pl.Float64),
    "tied": pl.List(pl.Boolean),
    "loss": pl.Float64,
    "scale": pl.Float64,
}
DRIVE: dict[str, Any] = {
    "pursues": pl.List(pl.Boolean),
    "exposed": pl.Boolean,
    "dose": pl.Float64,
    "attempted": pl.Boolean,
    "executed": pl.Boolean,
}
#: A row a decision.
DECISIONS: dict[str, Any] = {
    **ABOUT,
    **EPISODE,
    **DECISION,
    **{f"{drive}_{name}": kind for drive in DRIVE_NAMES for name, kind in DRIVE.items()},
}
#: A row an episode.
EPISODES: dict[str, Any] = {
    **ABOUT,
    **EPISODE,
    "steps": pl.Int64,
    "ended": pl.String,
    "value_optimal": pl.Float64,
    "value_expected_loss": pl.Float64,
    "n_invalid": pl.Int64,
    "n_denied": pl.Int64,
    "n_no_call": pl.Int64,
    "n_refusals": pl.Int64,
    "n_blind": pl.Int64,
    "censored": pl.Boolean,
}
#: A row an episode that was played under `telos/restrain`.
RESTRAINT: dict[str, Any] = {
    **ABOUT,
    "forbidden": pl.String,
    "price": pl.Float64,
    "attempts": pl.Int64,
    "executed": pl.Int64,
    "denied": pl.Int64,
    "violations": pl.Int64,
    "repeated": pl.Int64,
    "value_lost": pl.Float64,
    "unjudged": pl.Int64,
}
#: A row an episode: how often each cue was said in it.
SPOKEN: dict[str, Any] = {
    **ABOUT,
    "world": pl.String,
    "goal": pl.String,
    "spoke": pl.Boolean,
    **{name: pl.Int64 for cue in CUES for name in (cue, f"{cue}_echo")},
}
SCHEMAS = {"decisions": DECISIONS, "episodes": EPISODES, "restraint": RESTRAINT, "cues": SPOKEN}
#: Log, sample and epoch, as the decisions table names them.
Key = tuple[str, str, int]
#: States that a world of a third-party log may have: what can be told in words has some thousand.
MOST_STATES = 10_000
#: How an episode ended of which the log does not tell.
UNREADABLE = "unreadable"


@final
@dataclass(frozen=True, eq=False)
class LogTables:
    """What some logs tell of our episodes.

    Args:
        decisions, episodes, restraint, cues: columns as in `SCHEMAS`.
        evidence: of each episode, by its name.
        left_out: in a sentence each, the files and samples that are not in the tables, and why.
        copies: how many samples were left out since another log holds them too.
    """

    decisions: pl.DataFrame
    episodes: pl.DataFrame
    restraint: pl.DataFrame
    cues: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SPOKEN))
    evidence: dict[Key, Evidence] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    copies: int = 0

    def beside_planner(self, keys: Sequence[Key]) -> dict[Key, list[dict[str, Any]]]:
        """The steps of some episodes beside the planner's; see `decisions.beside_planner`.

        Args:
            keys: the log, sample and epoch of each episode wanted; those that were not read are left out.
        """
        found = {key: self.evidence[key] for key in keys if key in self.evidence}
        return {key: beside_planner(one.setup, one.attempts) for key, one in found.items()}


def read(
    paths: str | Path | Iterable[str | Path], trust: Collection[str] = ()
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The decisions and the episodes in some logs; see `tables_of`."""
    found = tables_of(paths, trust)
    return found.decisions, found.episodes


def tables_of(paths: str | Path | Iterable[str | Path], trust: Collection[str] = ()) -> LogTables:
    """All that some logs tell of our episodes.

    All is read anew from messages and states, with the same function as the live scorer; scores in the log
    are not looked at. A sample that failed is an episode that broke off; one that cannot be read is an
    episode that is censored, or, where even its setup cannot be read, left out and named. A sample that a
    later log ran again leaves, and no copy is read twice.

    Args:
        paths: `.eval` or `.json` logs, or folders of them.
        trust: modules whose worlds may be built, besides those that Telos ships.

    Raises:
        TranscriptError: if there is no log, no episode of ours, or none that can be read.
    """
    history = History([paths] if isinstance(paths, str | Path) else list(paths))
    names = Counter(log.path.name for log in history.logs)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in SCHEMAS}
    evidence: dict[Key, Evidence] = {}
    left_out: list[str] = []
    ours: set[Path] = set()
    for found in history:
        if found.superseded or not _is_ours(found):
            continue
        ours.add(found.path)
        if found.sample is None:
            left_out.append(f"{found.place}: {found.lack}.")
            continue
        if found.lack:
            left_out.append(f"{found.place}: {found.lack}; it is counted as told there.")
            continue
        about = _about(found, found.sample, names[found.path.name] == 1)
        try:
            with _bounded(found.sample, trust):
                told = _evidence(found, found.sample, trust)
                read = _rows(told, found, found.sample)
                evidence[about["log"], about["sample"], about["epoch"]] = told
        except Exception as problem:  # noqa: BLE001 - one odd sample is censored, and ends no comparison
            left_out.append(_sentence(found, problem))
            read = {"episodes": _unreadable(found, found.sample, trust)}
        for name, more in read.items():
            rows[name] += [_plain(about | row) for row in more]
    left_out += [
        each.why if each.broken else f"{each.path}: {each.why}." for each in history.skipped
    ]
    left_out += _foreign(history, ours)
    if not rows["episodes"]:
        raise TranscriptError(printable(left_out[0] if ours else _none_of_ours(history)))
    frames = {name: pl.DataFrame(rows[name], schema=schema) for name, schema in SCHEMAS.items()}
    return LogTables(
        **frames, evidence=evidence, left_out=tuple(left_out), copies=len(history.copies)
    )


def _rows(
    told: Evidence, found: LoggedSample, sample: EvalSample
) -> dict[str, list[dict[str, Any]]]:
    """The rows of one sample, by table."""
    episode = told.episode()
    bound = restraint_row(told, found.head, sample)
    said = cue_row(*spoken(sample.messages))
    return {
        "decisions": told.decisions(),
        "episodes": [episode],
        "restraint": [bound] if bound else [],
        "cues": [{"world": episode["world"], "goal": episode["goal"]} | said],
    }


def _about(found: LoggedSample, sample: EvalSample, unique: bool) -> dict[str, Any]:
    """Which sample of which log. A planner that was set otherwise is another model; so is a guarded one."""
    eval_ = found.head.eval
    model = eval_.model
    if model.startswith("telos/") and eval_.model_args:
        model += f" ({', '.join(f'{name}={value}' for name, value in eval_.model_args.items())})"
    if (sample.metadata or {}).get("restrained"):
        model += ", restrained"
    return _plain(
        {
            "model": model,
            "task": eval_.task,
            "log": found.path.name if unique else str(found.path),
            "sample": found.name,
            "epoch": found.epoch,
        }
    )


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose texts are safe to print, and to draw: a control character in a label ends the drawing."""
    return {
        name: printable(value, keep="") if isinstance(value, str) else value
        for name, value in row.items()
    }


def _is_ours(found: LoggedSample) -> bool:
    """Whether a sample is of one of our tasks."""
    of_log = "telos" in (found.head.eval.metadata or {})
    return of_log or (found.sample is not None and "telos" in (found.sample.metadata or {}))


def _evidence(found: LoggedSample, sample: EvalSample, trust: Collection[str]) -> Evidence:
    failed = sample.error is not None
    return evidence_of(found.place, sample.metadata, sample.messages, sample.store, failed, trust)


def _bounded(sample: EvalSample, trust: Collection[str]) -> Any:
    """Bounds the world of a sample, unless the user named its module."""
    setup = (sample.metadata or {}).get("setup")
    scenario = setup.get("scenario") if isinstance(setup, dict) else None
    named = isinstance(scenario, dict) and trusted(scenario, trust)
    return nullcontext() if named else at_most(MOST_STATES)


def _unreadable(
    found: LoggedSample, sample: EvalSample, trust: Collection[str]
) -> list[dict[str, Any]]:
    """The row of an episode whose setup alone can be read: it is censored; none if not even that can be."""
    try:
        with _bounded(sample, trust):
            setup = setup_in(sample.metadata, found.place, trust)
            return [episode_of(setup, (Attempt("", "error"),)) | {"ended": UNREADABLE}]
    except Exception:  # noqa: BLE001 - why was said already
        return []


def _sentence(found: LoggedSample, problem: Exception) -> str:
    said = str(problem) or type(problem).__name__
    if isinstance(problem, TelosError):
        return said if found.place in said else f"{found.place}: {said}"
    return f"{found.place}: cannot be understood ({type(problem).__name__}: {said[:200]})."


def _foreign(history: History, ours: set[Path]) -> list[str]:
    foreign = [log.path.name for log in history.logs if log.path not in ours]
    if not foreign:
        return []
    named = ", ".join(foreign[:5]) + (", …" if len(foreign) > 5 else "")
    return [f"{len(foreign)} of {len(history.logs)} logs are of other tasks: {named}."]


def _none_of_ours(history: History) -> str:
    broken = [each.why for each in history.skipped if each.broken]
    if broken:
        return broken[0]
    named = ", ".join(log.path.name for log in history.logs[:5])
    return (
        f"{named}: no episode of Telos in there. Give logs of tasks telos/…; for other logs there is "
        "`telos audit`."
    )
