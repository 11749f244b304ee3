"""Sweeps: the same goals at other discounts, and in the hands of other agents."""

from dataclasses import dataclass
from typing import Any, final

from telos.report.choice import Choice
from telos.report.draw import Figure
from telos.report.figures import discount_lines
from telos.report.rates import RATE_HEAD, Bar, Table, bars, drives_of, rate_cells
from telos.report.results import Results, Trial
from telos.report.words import (
    CATEGORIES,
    DriveWords,
    PartWords,
    discount_text,
    known,
    part_words,
)


@final
@dataclass(frozen=True)
class DiscountPanel:
    """One drive's rates against the discount."""

    drive: DriveWords
    figure: Figure


@final
@dataclass(frozen=True)
class DiscountSweep:
    """Rates of one goal family against the discount."""

    family: str
    off: str
    panels: tuple[DiscountPanel, ...]
    table: Table


@final
@dataclass(frozen=True)
class AgentRow:
    """One agent: its name and one bar a drive."""

    agent: PartWords
    bars: tuple[Bar, ...]


@final
@dataclass(frozen=True)
class AgentSweep:
    """Agents in groups, the most capable first, all with the same goals."""

    family: str
    discount: str
    drives: tuple[DriveWords, ...]
    groups: tuple[tuple[str, tuple[AgentRow, ...]], ...]
    controls: bool
    table: Table


def discount_sweeps(results: Results, choice: Choice, place: int) -> tuple[DiscountSweep, ...]:
    """One sweep per goal family that was given several discounts, the main family's first."""
    return tuple(
        _discount_sweep(results, run, f"discount{place}-{i}")
        for i, run in enumerate(choice.discounts)
    )


def _discount_sweep(results: Results, run: tuple[Trial, ...], name: str) -> DiscountSweep:
    drives = drives_of(results, run[0].scenario)
    by_trial = [(trial, bars(results, trial, drives)) for trial in run]
    panels = []
    for i, words in enumerate(drives):
        applied = [(trial, row[i]) for trial, row in by_trial if row[i].applicable]
        if len(applied) > 1:
            figure = discount_lines(
                [point for trial, bar in applied for point in _points(trial, bar)],
                [_chance(trial, bar) for trial, bar in applied if len(bar.chances) == 2],
                f"{name}-{i}",
                words.title,
            )
            panels.append(DiscountPanel(words, figure))
    cells = [
        (discount_text(trial.discount), *rate_cells(bar)) for trial, row in by_trial for bar in row
    ]
    return DiscountSweep(
        family=str(part_words(run[0].family)),
        off=run[0].off,
        panels=tuple(panels),
        table=Table("Rates at every discount", ("discount", *RATE_HEAD), tuple(cells)),
    )


def _points(trial: Trial, bar: Bar) -> list[dict[str, Any]]:
    return [
        {
            "discount": trial.discount,
            "category": name,
            "rate": bar.row[name],
            "low": _or(bar.row[f"{name}_low"], bar.row[name]),
            "high": _or(bar.row[f"{name}_high"], bar.row[name]),
        }
        for name in CATEGORIES
    ]


def _chance(trial: Trial, bar: Bar) -> dict[str, Any]:
    return {"discount": trial.discount, **dict(bar.chances)}


def _or(value: Any, otherwise: Any) -> Any:
    return value if known(value) else otherwise


def agent_sweep(results: Results, choice: Choice) -> AgentSweep | None:
    """The agents of a choice; None if there is only one, or nothing for them to pursue."""
    if not choice.agents:
        return None
    every = [t for _, trials in choice.agents for t in trials]
    drives = [
        words
        for words in drives_of(results)
        if any(bar.applicable for t in every for bar in bars(results, t, [words]))
    ]
    if not drives:
        return None
    groups, cells = [], []
    for group, trials in choice.agents:
        found = tuple(AgentRow(part_words(t.agent), bars(results, t, drives)) for t in trials)
        groups.append((group, found))
        cells += [(str(row.agent), *rate_cells(bar)) for row in found for bar in row.bars]
    first = choice.agents[0][1][0]
    return AgentSweep(
        family=str(part_words(first.family)),
        discount=discount_text(first.discount),
        drives=tuple(drives),
        groups=tuple(groups),
        controls=any("controls" in group for group, _ in groups),
        table=Table("Rates of every agent", ("agent", *RATE_HEAD), tuple(cells)),
    )
