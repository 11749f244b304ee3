"""Summary: what the rows of `measures` say of the held-out worlds, beside what was frozen."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from telos.core.benched import (
    BenchFigure,
    BenchLine,
    BenchMark,
    BenchSummary,
    BenchTable,
    Cell,
)
from telos.studies.bench.bench import BenchOptions
from telos.studies.bench.measures_predictors import CONTROLS, TITLES
from telos.studies.bench.measures_rows import HELD_OUT, QUESTIONS, frozen
from telos.studies.bench.measures_scores import MIXED
from telos.studies.bench.measures_summary_means import (
    MEASURES_ONLY,
    MeasuresFound,
    array_of,
    mean_of,
    median_mark,
)
from telos.studies.bench.measures_targets import TARGETS
from telos.studies.bench.units import Row

#: Columns of the table of shipped worlds.
SHOWN = (
    "power", "empowerment_1", "attainable_utility", "reachability", "iv", "gap_later", "advantage",
    "optimality", "inertia", "habit", "own_goal",
)  # fmt: skip
TARGET_TITLES = {target.key: target.title for target in TARGETS}


def summarize(rows: Sequence[Row], options: BenchOptions) -> BenchSummary:
    """What is printed: held-out random worlds, the frozen prediction, shipped worlds, the first half.

    Args:
        rows: of all worlds. options: the size.
    """
    told = frozen()
    same_seed = options.seed == told["seed"]
    halves: tuple[list[Row], list[Row]] = ([], [])
    for row in rows:
        if row["kind"] != "shipped":
            halves[_is_held_out(row, same_seed)].append(row)
    first, out = halves
    held, worlds = MeasuresFound.of(out), len({row["unit"] for row in out})
    tables = [
        _main_table(held, "optimal"),
        _main_table(held, "optimal_early"),
        _frozen_table(held, told),
        *_shipped_tables(MeasuresFound.of(row for row in rows if row["kind"] == "shipped")),
        *(_main_table(held, target.key, folded=True) for target in TARGETS[2:]),
        *(_lead_table(held, question) for question in QUESTIONS),
        _kinds_table(out),
        _first_half(MeasuresFound.of(first), held),
    ]
    return BenchSummary(
        headline=_headline(held, worlds),
        notes=(*_notes(worlds, told), *_other_scores(held)),
        warnings=() if worlds else ("No held-out world was measured: give --worlds 2 or more.",),
        figures=tuple(_figure(held, question) for question in QUESTIONS) if worlds else (),
        tables=tuple(table for table in tables if table.rows),
    )


def _is_held_out(row: Row, same_seed: bool) -> bool:
    """Whether a row of a random world is of one that nothing was frozen from."""
    return not same_seed or int(str(row["unit"]).removeprefix("random-")) >= HELD_OUT


def _headline(held: MeasuresFound, worlds: int) -> str:
    if not worlds:
        return "Nothing was held out, so nothing is found."
    whole, early = (held.best("acts", target) for target in ("optimal", "optimal_early"))
    # The best of them all is chosen on the worlds that it is compared on.
    lead = held.lead("acts", "optimal", whole, "inertia", len(MEASURES_ONLY))
    ahead = held.lead("acts", "optimal_early", early, "power", len(MEASURES_ONLY))
    beside = "" if early == "power" else f" and is {_against(ahead)} POWER"
    return (
        f"Where optimal agents spend their time, the best measure ({TITLES[whole]}, tau "
        f"{_told(held.tau('acts', 'optimal', whole))}) is {_against(lead)} the control of "
        f"staying as it is ({_told(held.tau('acts', 'optimal', 'inertia'))}); at their first steps "
        f"{TITLES[early]} ranks acts best ({_told(held.tau('acts', 'optimal_early', early))}){beside} "
        f"({_told(held.tau('acts', 'optimal_early', 'power'))}): {worlds} held-out worlds."
    )


def _other_scores(held: MeasuresFound) -> tuple[tuple[str, str], ...]:
    """Which measure is best by each score: they need not agree."""
    names = {"tau": "tau", "bits": "bits", "hit": "hits"}
    told = [
        f"{TARGET_TITLES[target]}: "
        + ", ".join(
            f"{TITLES[best]} by {name} ({np.mean([*held.values('acts', target, best, what).values()]):.2f})"
            for what, name in names.items()
            if (best := held.best("acts", target, what))
        )
        for target in ("optimal", "optimal_early")
    ]
    if not held.rows:
        return ()
    text = "Best measure of acts by each score, chosen on the worlds that it is told of: "
    return (("Other scores", f"{text}{'; '.join(told)}."),)


def _against(lead: BenchMark | None) -> str:
    if lead is None or lead.low is None or lead.high is None:
        return "not compared with"
    return (
        "better than"
        if lead.low > 0
        else "worse than"
        if lead.high < 0
        else "not distinguished from"
    )


def _notes(worlds: int, told: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return (
        (
            "Scope",
            f"{worlds} held-out random factories and employees of 100 to 800 states, uniform goals, discount "
            f"{told['discount']}; worlds are the units of every interval, goals and decisions are averaged "
            "within them. Shipped worlds stand one by one.",
        ),
        (
            "Controls",
            "Shuffled scores stand at 0 for acts; for drives a skewed one need not, so read a measure"
            " against its placebo. Mean IV is never negative: as a rank of drives it says to pursue "
            "always. Staying and the default act need no measure. What the same kind of agent does "
            "for other goals, weighted by their time there, is near the most bits that what is blind "
            "to goals can gain; it bounds no tau, since a coarser score may have more.",
        ),
        (
            "What is scored",
            "Decisions while the own goal is held, weighted by discounted time (first steps: powers of "
            "1/2); certified ties are split, and decisions at which nothing is chosen do not count. For an "
            "agent that takes one of n acts for sure a score without ties has a tau of at most the root of "
            "2/n, and one that ties all other acts up to 1: a coarse score gains by its ties, so read hit "
            "and bits beside tau. For drives the lift over the share of acts that pursue is ranked.",
        ),
        (
            "Held out",
            "Goals that are predicted make no predictor; temperatures are one number a predictor and kind of "
            f"agent, from {told['fitted_on']}, frozen before any held-out world was measured. Predictions "
            f"are mixed with {MIXED:.0%} of the uniform guess. After ten held-out worlds had been "
            "seen, capacities within their tolerance were made ties, and every world was given goals of its "
            "own: what was frozen is of the scores and the shared goals before.",
        ),
        (
            "Lines",
            "Kept: less the penalty of an act against the default, stepwise. Ends: recurrent classes."
            " POWER of others: in worlds with a commons. Drives: their mean IV or gap over the value "
            "range, added up over the drives that an act pursues there, 0 for other acts; now or "
            "later, now or never. Ceiling: the same kind of agent with other goals. Goal known: the "
            "values of the agent's own goal.",
        ),
        (
            "Not in it",
            "Goal-directedness is of a behavior, not of acts: its soft-optimal policy is the line "
            "goal known. Tabulated language models: none, because no log of one is committed. Empowerment "
            "over 10 steps is a lower limit from 8 sequences a step, in worlds of up to 1,000 states.",
        ),
    )


def _main_table(found: MeasuresFound, target: str, *, folded: bool = False) -> BenchTable:
    rows: list[tuple[Cell, ...]] = []
    for key, title in TITLES.items():
        acts, drives = (found.tau(question, target, key) for question in QUESTIONS)
        if acts is None:
            continue
        bits = array_of(found.values("acts", target, key, "bits").values())
        hit = found.values("acts", target, key, "hit")
        mean = mean_of(bits)
        others = array_of(found.values("drives", target, key, "bits").values())
        rows.append(
            (
                title,
                acts,
                mean,
                median_mark(bits),
                float(np.mean([*hit.values()])),
                drives,
                mean_of(others),
                len(hit),
            )
        )
    return BenchTable(
        title=f"Agents: {TARGET_TITLES[target]}",
        note="Mean over held-out random worlds with 95 % interval (two worlds added); bits a decision above "
        "the uniform guess, whose median has the exact interval; hit: the best-scored act is the one taken.",
        columns=(
            "predictor", "tau, acts:number", "bits:number", "median bits:number", "hit:rate",
            "tau, drives:number", "bits, drives:number", "worlds:count",
        ),
        rows=tuple(rows),
        folded=folded,
    )  # fmt: skip


def _frozen_table(found: MeasuresFound, told: Mapping[str, Any]) -> BenchTable:
    rows: list[tuple[Cell, ...]] = []
    lines = sum(map(len, told["predicted"].values()))
    for question, targets in told["predicted"].items():
        for target, said in targets.items():
            winner, best = said["winner"], found.best(question, target)
            lead = found.lead(question, target, winner, "power", lines)
            over = found.lead(question, target, best, "power", len(MEASURES_ONLY))
            if lead is None or over is None:
                continue
            rows.append(
                (
                    QUESTIONS[question],
                    TARGET_TITLES[target],
                    TITLES[winner],
                    said["lead_over_power"],
                    lead,
                    TITLES[best],
                    _verdict(lead, said["lead_over_power"], winner == best, over),
                )
            )
    return BenchTable(
        title="The frozen prediction",
        note="The measure that was predicted to rank best, and its lead in tau over POWER, from worlds of "
        "the first half; beside it the held-out worlds. Right: it leads POWER beyond the interval (or is "
        "POWER) and ranks best. Wrong: the other leads beyond the interval. Intervals hold for all lines "
        "together.",
        columns=(
            "predicted", "of agents", "winner", "lead:number", "lead, held out:number",
            "best, held out", "verdict",
        ),
        rows=tuple(rows),
    )  # fmt: skip


def _verdict(lead: BenchMark, predicted: float, wins: bool, over: BenchMark) -> str:
    """What the held-out worlds say of a prediction.

    Args:
        lead: of the predicted winner over POWER. predicted: that lead, frozen; 0: POWER is to win.
        wins: whether it ranks best. over: the lead of the best over POWER, limits for the choice of it.
    """
    assert lead.low is not None
    assert lead.high is not None
    assert over.low is not None
    if predicted == 0:
        if wins:
            return "right"
        return (
            "wrong: another leads POWER" if over.low > 0 else "another is best, not beyond limits"
        )
    leads = lead.low > 0
    if leads and wins:
        return "right"
    if leads:
        return "leads POWER, another is best"
    return "wrong: POWER leads" if lead.high < 0 else "not distinguished from POWER"


def _shipped_tables(found: MeasuresFound) -> Iterable[BenchTable]:
    for question, what in QUESTIONS.items():
        units = dict.fromkeys(
            unit
            for key, rows in found.rows.items()
            if key[:2] == (question, "optimal")
            for unit in rows
        )
        cells = {key: found.values(question, "optimal", key, "tau") for key in SHOWN}
        rows: list[tuple[Cell, ...]] = [
            (unit, *(cells[key].get(unit) for key in SHOWN)) for unit in units
        ]
        names = (key.replace("_", " ") for key in SHOWN)
        yield BenchTable(
            title=f"Shipped worlds, {what}",
            note="Tau of optimal agents, world by world; empty where a measure does not apply.",
            columns=("world", *(f"{name}:number" for name in names)),
            rows=tuple(rows),
        )


def _lead_table(found: MeasuresFound, question: str) -> BenchTable:
    targets = ("optimal", "optimal_early")
    rows: list[tuple[Cell, ...]] = []
    for key, title in TITLES.items():
        cells = [
            found.lead(question, target, key, other)
            for target in targets
            for other in ("power", "inertia")
        ]
        if any(cells):
            rows.append((title, *cells))
    heads = (f"{TARGET_TITLES[t]}, less {o}:number" for t in targets for o in ("POWER", "staying"))
    return BenchTable(
        title=f"Paired differences of tau, {QUESTIONS[question]}",
        note="Mean over the worlds to which both apply.",
        columns=("predictor", *heads),
        rows=tuple(rows),
        folded=True,
    )


def _kinds_table(rows: Sequence[Row]) -> BenchTable:
    kinds = {
        kind: MeasuresFound.of(r for r in rows if r["kind"] == kind)
        for kind in ("factory", "employee")
    }
    cells: list[tuple[Cell, ...]] = []
    for key, title in TITLES.items():
        marks = [
            found.tau("acts", t, key)
            for found in kinds.values()
            for t in ("optimal", "optimal_early")
        ]
        if any(marks):
            cells.append((title, *marks))
    heads = (f"{kind}, {when}:number" for kind in kinds for when in ("all steps", "first steps"))
    return BenchTable(
        title="Factories and employees apart",
        note="Tau of acts of optimal agents on held-out worlds.",
        columns=("predictor", *heads),
        rows=tuple(cells),
        folded=True,
    )


def _first_half(first: MeasuresFound, held: MeasuresFound) -> BenchTable:
    rows: list[tuple[Cell, ...]] = []
    for key, title in TITLES.items():
        mark = first.tau("acts", "optimal", key)
        if mark is not None:
            rows.append((title, mark, held.tau("acts", "optimal", key)))
    return BenchTable(
        title="The first half beside the held-out one",
        note="Tau of acts of optimal agents. What was frozen saw the first half.",
        columns=("predictor", "first half:number", "held out:number"),
        rows=tuple(rows),
        folded=True,
    )


def _figure(found: MeasuresFound, question: str) -> BenchFigure:
    panels = {target.key: target.title for target in TARGETS}
    lines = []
    for heading, keys in (("measures", MEASURES_ONLY), ("controls and limits", CONTROLS)):
        lines.append(BenchLine(label=heading))
        for key in keys:
            marks = {t: mark for t in panels if (mark := found.tau(question, t, key)) is not None}
            if marks:
                lines.append(BenchLine(label=TITLES[key], marks=marks))
    least = min((m.low or 0.0 for line in lines for m in line.marks.values()), default=0.0)
    low = -0.5 if least > -0.5 else -1.0
    return BenchFigure(
        title=f"Predicted: {QUESTIONS[question]}",
        note="Kendall's tau between score and choice, mean over held-out random worlds with 95 % interval; a "
        "column a kind of agent. The placebos are shuffled scores.",
        panels=panels,
        lines=tuple(lines),
        low=low,
        high=1.0,
        ticks=((low, f"{low:g}".replace("-", "−")), (0.0, "0"), (0.5, ".5"), (1.0, "1")),
    )


def _told(mark: BenchMark | None) -> str:
    if mark is None or mark.low is None or mark.high is None:
        return "none"
    return f"{mark.value:.2f} [{mark.low:.2f}, {mark.high:.2f}]"
