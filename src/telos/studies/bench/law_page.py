"""The page of displacement: the test of the law, pairs of drives, paths, learners, shipped worlds."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from telos.core.arrays import floats
from telos.core.benched import (
    BenchFigure,
    BenchLine,
    BenchMark,
    BenchSummary,
    BenchTable,
    Cell,
)
from telos.studies.bench.bench import BenchOptions
from telos.studies.bench.displacement_cells import TARGETS
from telos.studies.bench.frozen import read_frozen
from telos.studies.bench.law_of_displacement import (
    FROZEN,
    FROZEN_SEED,
    FROZEN_WORLDS,
    SHA256,
    CellTable,
    held_out,
    tables_of,
)
from telos.studies.bench.law_tables import (
    FIRST,
    RANDOM,
    learners_table,
    over_worlds_of,
    paths_table,
    shipped_table,
    transfer_table,
)
from telos.studies.bench.law_tested import Estimate, LawTest, by_pair, law_test
from telos.studies.bench.units import Row

#: What a target is called.
WORDS = {
    "required": "need: goals that require it",
    "loses": "need: goals that lose 1 % without it",
    "least": "deed: the least that optimal play does",
}
#: Lines of the figure: what is correlated.
LINES = {
    "drives": "a drive is forbidden",
    "placebos": "a placebo of its size is forbidden",
    "own": "the same, by a predictor fitted to placebos",
    "within": "a drive, within pairs of drives",
    "names": "a drive, by its pair's mean (names only)",
    "both": "a drive, by fewer goals that lose by both",
    "affordable": "a drive, by goals that could afford it",
}
TICKS = tuple((tick, f"{tick:g}") for tick in (-1.0, -0.5, 0.0, 0.5, 1.0))


def unseen(world: str, seed: int) -> bool:
    """Whether the frozen predictor was not fitted on a random world.

    Args:
        world: its name. seed: of the sequence.
    """
    fitted = seed == FROZEN_SEED and int(world.rsplit("-", 1)[1]) < FROZEN_WORLDS
    return not fitted or held_out(world)


def summary(rows: Sequence[Row], options: BenchOptions) -> BenchSummary:
    """What the rows of `displacement.work` come to.

    Args:
        rows: of all units. options: the size.

    Raises:
        StudyError: if the frozen prediction was changed.
    """
    frozen = read_frozen(FROZEN, SHA256)
    parts = {
        part: [r for r in rows if r["part"] == part] for part in ("cells", "paths", "learners")
    }
    drawn = [r for r in parts["cells"] if str(r["world"]).startswith(RANDOM)]
    new = [r for r in drawn if unseen(str(r["world"]), options.seed)]
    drives, placebos = tables_of(new)
    tables = [
        transfer_table(parts["cells"], frozen),
        paths_table(parts["paths"]),
        learners_table(parts["learners"]),
        shipped_table(parts["cells"], frozen),
    ]
    if not len(drives.world):
        return BenchSummary(
            headline="Not tested: no random world that the frozen predictor had not seen was measured.",
            warnings=(
                "Give --worlds 12 at least: the law is tested on every third and fourth world.",
            ),
            tables=tuple(tables),
        )
    tests = [law_test(name, frozen, drives, placebos) for name in TARGETS]
    return BenchSummary(
        headline=headline(tests),
        notes=(*_notes(drives, len([r for r in new if not r["placebo"]])), *_found(tests, drives)),
        figures=(_figure(tests),),
        tables=(
            *_tests(tests, frozen),
            _sizes(drives, placebos),
            _pairs(FIRST, frozen, drives, placebos, most=0.05),
            *tables,
            *(_pairs(name, frozen, drives, placebos) for name in TARGETS),
        ),
    )


def headline(tests: Sequence[LawTest]) -> str:
    """The finding in a sentence.

    Args:
        tests: one a target.
    """
    held = [test for test in tests if test.law]
    told = "; ".join(
        f"{t.target}: {_told(t.drives)} against {_told(t.placebos)} with placebos forbidden"
        for t in tests
        if t.target != "required"
    )
    if not held:
        said = "There is no law of displacement by the definition frozen beforehand"
    elif len(held) < len(tests):
        said = f"There is a law of displacement for {len(held)} of {len(tests)} targets"
    else:
        said = "There is a law of displacement, for need and for deed"
    if not held or all(test.beyond_names[1].low > 0.0 for test in held):
        beyond = ""
    elif all(test.within[1].low > 0.0 for test in held):
        beyond = ", no better than the names of the drives alone, but within pairs of drives too"
    else:
        beyond = ", no better than the names of the drives alone"
    if held and not any(test.beyond_both[1].low > 0.0 for test in held):
        beyond += "; one of its ten features ranks as well"
    return f"{said}{beyond}. Rank correlation over {tests[0].worlds} worlds not fitted on, {told}."


def _told(estimate: Estimate) -> str:
    value, (low, high) = estimate
    return f"{value:.2f} [{low:.2f}, {high:.2f}]"


def _mark(estimate: Estimate) -> BenchMark:
    value, (low, high) = estimate
    return BenchMark(value=value if np.isfinite(value) else 0.0, low=low, high=high)


def _notes(drives: CellTable, every: int) -> tuple[tuple[str, str], ...]:
    worlds = len(np.unique(drives.world))
    return (
        (
            "Scope",
            f"{len(drives.world)} cells (ordered pairs of drives) of {worlds} random factories and "
            "employees that the predictor had not seen, two in three with a copy to make or a monitor "
            "to blind; uniform goals, discount .95, optimal agents.",
        ),
        (
            "Frozen",
            f"The predictor and this test were committed before these worlds were measured: "
            f"{FROZEN.name}, SHA-256 {SHA256[:16]}…",
        ),
        (
            "Control",
            "In place of a drive a random set of other pairs of its size is forbidden; the same predictor is "
            f"asked. {every - len(drives.world)} cells without such a set are left out.",
        ),
        (
            "Limits",
            "Worlds are clusters (jackknife over worlds); limits of the test hold for the three targets "
            "together, those of other tables each by itself. The law is one of these two families of worlds, "
            "and of optimal play.",
        ),
    )


def _found(tests: Sequence[LawTest], drives: CellTable) -> tuple[tuple[str, str], ...]:
    """What else the numbers say: which way needs move, and that placebos have an order of their own."""
    k = TARGETS.index(FIRST)
    change = drives.changes[:, k]
    mean = over_worlds_of(_by_world(drives, change))
    rise, fall = (100.0 * float(np.mean(some)) for some in (change > 0, change < 0))
    own, both, less = (
        "; ".join(f"{_told(getattr(test, key))} ({test.target})" for test in tests)
        for key in ("own", "both", "beyond_both")
    )
    return (
        (
            "One feature",
            "The rate of goals that lose 1 % by each of the two drives, its sign turned and nothing fitted, "
            f"ranks by {both}; the formula less that: {less}. It is the best single feature on the fitting "
            "half too, but was set beside the formula only after the test had been read. Need can fall only "
            "where there was some, which is part of what it says.",
        ),
        (
            "Direction",
            f"With a drive forbidden, the rate of goals that lose 1 % without another drive changes by "
            f"{100 * mean.value:.1f} points on average [{100 * (mean.low or 0.0):.1f}, "
            f"{100 * (mean.high or 0.0):.1f}]; it rises in {rise:.0f} % of cells and falls in {fall:.0f} %. "
            "Where it falls, the two drives were complements: each is worth less without the other.",
        ),
        (
            "Placebos",
            "What placebos do can be ranked too, by the same formula with coefficients of their own: "
            f"{own}. The law is of drives in this sense only: its coefficients are theirs.",
        ),
    )


def _figure(tests: Sequence[LawTest]) -> BenchFigure:
    lines = tuple(
        BenchLine(label=label, marks={t.target: _mark(getattr(t, key)) for t in tests})
        for key, label in LINES.items()
    )
    return BenchFigure(
        title="How well the frozen predictor ranks what forbidding does",
        note="Spearman's rank correlation of prediction and change, over cells of worlds not fitted on.",
        panels={t.target: WORDS[t.target] for t in tests},
        lines=lines,
        low=-1.0,
        high=1.0,
        ticks=TICKS,
    )


def _tests(tests: Sequence[LawTest], frozen: dict[str, Any]) -> tuple[BenchTable, BenchTable]:
    """The test as it was defined, and what else the predictor was compared with."""
    asked: list[tuple[Cell, ...]] = [
        (
            WORDS[t.target],
            *(_mark(getattr(t, key)) for key in ("drives", "placebos", "beyond")),
            frozen["expected"][t.target]["drives"],
            "yes" if t.law else "no",
        )
        for t in tests
    ]
    beside: list[tuple[Cell, ...]] = [
        (
            WORDS[t.target],
            *(
                _mark(getattr(t, key))
                for key in ("own", "within", "names", "beyond_names", "both", "beyond_both")
            ),
            t.verdict,
        )
        for t in tests
    ]
    return (
        BenchTable(
            title="The test",
            note="A law: the first is above 0, and the third. Expected: on worlds left out of "
            "the fit, frozen.",
            columns=(
                "what changes",
                "drives:number",
                "placebos:number",
                "difference:number",
                "expected:number",
                "a law",
            ),
            rows=tuple(asked),
        ),
        BenchTable(
            title="What else it was compared with",
            note="Placebos by coefficients of their own; drives within ordered pairs of drives; drives by "
            "the mean of their pair on the fitting half, which knows the names only; drives by the rate of "
            "goals that lose by both, its sign turned.",
            columns=(
                "what changes",
                "placebos, own fit:number",
                "within pairs:number",
                "names only:number",
                "less names:number",
                "lose by both:number",
                "less that:number",
                "verdict",
            ),
            rows=tuple(beside),
        ),
    )


def _sizes(drives: CellTable, placebos: CellTable) -> BenchTable:
    """How large the changes are, whatever predicts them: a mean a world, then over worlds."""
    rows: list[tuple[Cell, ...]] = []
    for k, target in enumerate(TARGETS):
        for what, table in (("a drive", drives), ("a placebo", placebos)):
            change = table.changes[:, k]
            told = ~np.isnan(change)
            signs = [change[told] > 0, change[told] < 0]
            means = [_by_world(table, change), *(_by_world(table, s, told) for s in signs)]
            low, high = (-1.0, 0.0, 0.0), (1.0, 1.0, 1.0)
            marks = [over_worlds_of(m, low[i], high[i]) for i, m in enumerate(means)]
            rows.append((WORDS[target], what, *marks))
    return BenchTable(
        title="How large the changes are",
        note="Of all cells, a mean for each world; rises and falls of any size.",
        columns=(
            "what changes",
            "forbidden",
            "mean change:points",
            "cells that rise:rate",
            "that fall:rate",
        ),
        rows=tuple(rows),
    )


def _by_world(table: CellTable, values: Any, told: Any = None) -> Any:
    kept = ~np.isnan(values) if told is None else told
    world = table.world[kept]
    shown = np.asarray(values, np.float64)
    shown = shown[kept] if told is None else shown
    return floats([shown[world == w].mean() for w in np.unique(world)])


def _pairs(
    target: str,
    frozen: dict[str, Any],
    drives: CellTable,
    placebos: CellTable,
    *,
    most: float = 1.0,
) -> BenchTable:
    """All pairs, on request; or in sight those whose p is at most `most`."""
    found = sorted(by_pair(target, frozen, drives, placebos), key=lambda each: each.p)
    rows: list[tuple[Cell, ...]] = [
        (
            each.name.replace("_", " "),
            each.worlds,
            *map(_mark, (each.change, each.placebo, each.beyond)),
            f"{each.p:.2g}",
            _mark(each.ranked),
        )
        for each in found
        if each.p <= most
    ]
    return BenchTable(
        title=f"{'Pair by pair' if most == 1.0 else 'Pairs that move'}: {WORDS[target]}",
        note=f"Forbidden -> read. p: of no mean change, by Holm's method over {len(found)} pairs. The rank "
        "correlation within a pair is exploratory.",
        columns=(
            "forbidden -> read",
            "worlds:count",
            "change:points",
            "with a placebo:points",
            "difference:points",
            "p",
            "rank correlation:number",
        ),
        rows=tuple(rows),
        folded=most == 1.0,
    )
