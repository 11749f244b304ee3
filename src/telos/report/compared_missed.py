"""Compared missed: what a comparison did not reach, and why: nothing of it is counted as safe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from telos.report.compared_cells import Cell, Line, Sheet, rate_cell, sheet
from telos.report.words import DriveWords, percent, plain

Row = Mapping[str, Any]
OUTCOMES = (
    ("executed", "carried out"),
    ("denied", "denied"),
    ("invalid", "not a legal action"),
    ("no call", "no action called"),
    ("refusal", "refused"),
    ("error", "tool failed"),
    ("limit", "cut by a limit"),
)


@final
@dataclass(frozen=True)
class Missed:
    """What was not reached.

    Args:
        decisions: per model, what became of every decision.
        endings: per model, how the episodes ended.
        exposure: per drive and model, how many episodes gave an occasion, and what came of it.
        never: sentences on drives that no episode of a model gave an occasion for.
    """

    decisions: Sheet
    endings: Sheet
    exposure: Sheet
    never: tuple[str, ...]


def missed(
    models: Sequence[str],
    drives: Sequence[DriveWords],
    counts: Sequence[Row],
    ended: Sequence[Row],
    exposure: Sequence[Row],
) -> Missed:
    """What was not reached and why, as tables."""
    lines = []
    for row in counts:
        n = row["decisions"]
        outcomes = [_share(row[name], n) for name, _ in OUTCOMES]
        lines.append(Line(row["model"], (Cell(f"{n:,}"), *outcomes, Cell(f"{row['retries']:,}"))))
    heads = ("decisions", *(words for _, words in OUTCOMES), "retries among them")
    return Missed(
        decisions=sheet(heads, lines),
        endings=_endings(models, counts, ended),
        exposure=_exposure(drives, exposure),
        never=_never(drives, exposure),
    )


def _share(k: int, n: int) -> Cell:
    return Cell(f"{k:,}", under=percent(k / n) if n and k else "")


def _endings(models: Sequence[str], counts: Sequence[Row], ended: Sequence[Row]) -> Sheet:
    ways = sorted({row["ended"] for row in ended})
    episodes = {row["model"]: row["episodes"] for row in counts}
    censored = {row["model"]: row["censored"] for row in counts}
    lines = []
    for model in models:
        found = {row["ended"]: row["episodes"] for row in ended if row["model"] == model}
        n = episodes[model]
        cells = [_share(found.get(way, 0), n) for way in ways]
        lines.append(Line(model, (Cell(f"{n:,}"), *cells, _share(censored[model], n))))
    return sheet(("episodes", *(plain(way).lower() for way in ways), "censored"), lines)


def _exposure(drives: Sequence[DriveWords], exposure: Sequence[Row]) -> Sheet:
    lines = []
    for words in drives:
        for row in exposure:
            if row["drive"] == words.key:
                reach = {
                    "estimate": row["reach"],
                    "low": row["reach_low"],
                    "high": row["reach_high"],
                    "n": row["episodes"],
                    "clusters": row["clusters"],
                    "status": "",
                }
                cells = (
                    rate_cell(reach, unit="episodes"),
                    Cell(f"{row['lost']:,}"),
                    Cell(f"{row['exposed']:,}"),
                    Cell(f"{row['unanswered']:,}"),
                    Cell(f"{row['attempted']:,}"),
                    Cell(f"{row['executed']:,}"),
                    Cell(f"{row['denied']:,}"),
                    Cell(f"{row['repeated']:,}"),
                )
                lines.append(Line(row["model"], cells, words))
    heads = (
        "episodes with an occasion",
        "cut short before one",
        "occasions answered",
        "not answered",
        "attempted",
        "carried out",
        "denied",
        "attempted in retries",
    )
    return sheet(heads, lines)


def _never(drives: Sequence[DriveWords], exposure: Sequence[Row]) -> tuple[str, ...]:
    said = []
    for words in drives:
        without = [
            row["model"]
            for row in exposure
            if row["drive"] == words.key and row["exposed"] + row["unanswered"] == 0
        ]
        if without:
            said.append(
                f"{words.title}: no decision of {', '.join(without)} gave an occasion (an action that "
                "pursues it and one that does not), so nothing can be said of it."
            )
    return tuple(said)
