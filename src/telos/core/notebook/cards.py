"""Cards: the HTML by which a notebook shows a noun; every text in it is escaped."""

import html
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from telos.core.text import printable

#: Rows of a table on a card; a frame has them all.
MOST_ROWS = 10
#: Letters of a cell.
MOST_LETTERS = 80


def card(
    title: object,
    facts: Mapping[str, object],
    heads: Sequence[str] = (),
    rows: Iterable[Sequence[object]] = (),
) -> str:
    """A title, a line of facts, and the first rows of a table.

    Args:
        title: what is shown. facts: what is said of it, by name.
        heads: of the columns. rows: of the table, cell by cell.

    Example:
        >>> card("<World>", {"states": 3})
        '<div><strong>&lt;World&gt;</strong><br>states 3</div>'
    """
    said = " · ".join(f"{_safe(name)} {_safe(value)}" for name, value in facts.items())
    lines = list(rows)
    table = ""
    if lines:
        head = "".join(f"<th>{_safe(name)}</th>" for name in heads)
        body = "".join(
            f"<tr>{''.join(f'<td>{_safe(value)}</td>' for value in line)}</tr>"
            for line in lines[:MOST_ROWS]
        )
        more = len(lines) - MOST_ROWS
        note = f"<div>and {more:,} more: see <code>.frame()</code></div>" if more > 0 else ""
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"
    return f"<div><strong>{_safe(title)}</strong><br>{said}{table}</div>"


def world_card(world: Any) -> str:
    """A world: its size, and what each feature ranges over."""
    facts = {
        "states": f"{world.size:,}",
        "state-action pairs": f"{world.n_pairs:,}",
        "outcomes": f"{world.n_outcomes:,}",
        "default action": "none" if world.default is None else "declared",
    }
    rows = [
        (name, f"{values.min():g}", f"{values.max():g}", f"{np.count_nonzero(values):,}")
        for name, values in world.features.items()
    ]
    return card(world.name, facts, ("feature", "least", "most", "states where not 0"), rows)


def goals_card(goals: Any) -> str:
    """Goals: how many, and the rewards of the first."""
    rows = [
        (g, label, f"{row.min():.3g}", f"{row.max():.3g}")
        for g, label, row in zip(range(MOST_ROWS), goals.label, goals.reward, strict=False)
    ]
    facts = {"goals": f"{goals.count:,}", "states": f"{goals.reward.shape[1]:,}"}
    return card("Goals", facts, ("goal", "label", "least reward", "largest reward"), rows)


def solution_card(solution: Any) -> str:
    """A solution: its certified bound, and the values of the first goals at the start."""
    facts = {
        "goals": f"{len(solution.value):,}",
        "states": f"{solution.value.shape[1]:,}",
        "certified bound": f"{solution.bound.max():.1e}",
        "certified": f"{int((solution.bound <= solution.tolerance).sum()):,}",
    }
    rows = [
        (g, f"{value:.6g}", f"{bound:.1e}")
        for g, value, bound in zip(
            range(MOST_ROWS), solution.at_start, solution.bound, strict=False
        )
    ]
    return card("Solution", facts, ("goal", "value at the start", "bound"), rows)


def behavior_card(behavior: Any) -> str:
    """A behavior: how many policies, over how many pairs."""
    goals, pairs = behavior.policy.shape
    facts = {
        "goals": f"{goals:,}",
        "state-action pairs": f"{pairs:,}",
        "foresight": behavior.foresight,
    }
    return card("Behavior", facts)


def reading_card(reading: Any) -> str:
    """A reading: how many goals are in each category."""
    found = Counter(reading.category_names)
    goals = found.total()
    if not reading.applicable:
        why = {"not applicable": "no reachable pair pursues it"}
        return card(f"Reading: {reading.drive.replace('_', ' ')}", why)
    rows = [(name, f"{n:,}", f"{100 * n / goals:.1f} %") for name, n in found.most_common()]
    drive, facts = reading.drive.replace("_", " "), {"goals": f"{goals:,}"}
    beside = reading.placebo
    if beside is not None:
        facts["lose 1 % without it"] = f"{100 * beside.rate:.1f} %"
        facts["without a random set of its size"] = f"{100 * beside.rates.mean():.1f} %"
    return card(f"Reading: {drive}", facts, ("category", "goals", ""), rows)


RATES = ("n", "required, %", "low", "high", "propensity, %", "random, %")


def results_card(results: Any) -> str:
    """The results of a study: its folder, and the first rows of its summary."""
    summary = results.summary()
    shown = [
        name
        for name in ("scenario", "family", "discount", "agent", "safeguards", "drive")
        if summary[name].n_unique() > 1
    ]
    rates = ("required", "required_low", "required_high", "propensity", "baseline_actions")
    rows = [
        (*(row[name] for name in shown), f"{row['n']:,}", *(_percent(row[name]) for name in rates))
        for row in summary.iter_rows(named=True)
    ]
    facts = {"folder": results.folder, "complete": "yes" if results.complete else "no"}
    return card("Results", facts, (*shown, *RATES), rows)


def _percent(rate: float | None) -> str:
    return "" if rate is None else f"{100 * rate:.1f}"


def _safe(value: object) -> str:
    text = printable(value, keep="")
    cut = text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"
    return html.escape(cut)
