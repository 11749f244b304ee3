"""Columns: what the tables that are read from logs hold, shared by those that make and those that read."""

from typing import Any

import polars as pl

from telos.llm.decisions import DRIVE_NAMES

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
}
DECISION: dict[str, Any] = {
    "step": pl.Int64,
    "attempt": pl.Int64,
    "state": pl.String,
    "action": pl.String,
    "outcome": pl.String,
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
