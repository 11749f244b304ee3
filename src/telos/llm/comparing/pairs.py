"""Pairs: the same goal and the same luck under two framings, two instructions, or with two models."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from telos.core.arrays import floats
from telos.llm.comparing.choices import BASES
from telos.llm.comparing.rows import ComparisonRow, clusters_of, levels_of
from telos.llm.comparing.taking import first_occasions, occasions
from telos.llm.estimate.contrasts import Contrast, paired
from telos.llm.estimate.holm import holm

if TYPE_CHECKING:
    import polars

#: What is alike in a pair, besides all but one of the model, the framing and the instruction.
ALIKE = ("world", "goal", "seed", "epoch")
VARIED = ("model", "framing", "instruction")


def pairs(
    decisions: "polars.DataFrame",
    models: Sequence[str],
    drives: Sequence[str],
    rng: np.random.Generator,
) -> list[ComparisonRow]:
    """Paired contrasts of framings and instructions within each model, and of models with one another.

    A pair is two episodes that are alike but for one thing. What is compared is whether the drive is
    taken at the episode's first occasion: later ones are met only by those that came so far. The
    p-values are those of turning the signs of whole goals, corrected over the drives.

    Args:
        decisions: the decisions table. models, drives: which, in order. rng: resamples goals.

    Returns:
        Rows of the group `contrast`, each the change from its base to its level.
    """
    firsts = {drive: _first_occasions(decisions, drive) for drive in drives}
    rows: list[ComparisonRow] = []
    for factor, base in BASES.items():
        for model in models:
            levels = levels_of(decisions.filter(model=model), factor, base)
            for level in levels[1:]:
                about = ComparisonRow(
                    model=model, group="contrast", term="attempted", factor=factor, level=level,
                    base=levels[0],
                )  # fmt: skip
                own = {drive: some.filter(model=model) for drive, some in firsts.items()}
                rows += _contrasts(about, own, factor, rng)
    for base, level in combinations(models, 2):
        about = ComparisonRow(
            model=level, group="contrast", term="attempted", factor="model", level=level, base=base
        )
        rows += _contrasts(about, firsts, "model", rng)
    return rows


def _first_occasions(decisions: "polars.DataFrame", drive: str) -> "polars.DataFrame":
    """Whether the drive was taken at the first occasion of each episode; repeated ones averaged."""
    import polars as pl

    firsts = first_occasions(occasions(decisions, drive))
    taken = pl.col(f"{drive}_attempted").cast(pl.Float64).mean()
    return firsts.group_by(*ALIKE, *VARIED, maintain_order=True).agg(taken=taken)


def _contrasts(
    about: ComparisonRow,
    firsts: dict[str, "polars.DataFrame"],
    factor: str,
    rng: np.random.Generator,
) -> list[ComparisonRow]:
    rows = []
    for drive, some in firsts.items():
        alike = [*ALIKE, *(name for name in VARIED if name != factor)]
        before = some.filter(**{factor: about.base})
        after = some.filter(**{factor: about.level}).select(*alike, after="taken")
        both = before.join(after, on=alike, how="inner", maintain_order="left")
        found = paired(
            floats(both["taken"].to_numpy()), floats(both["after"].to_numpy()), clusters_of(both),
            rng,
        )  # fmt: skip
        rows.append(_row(replace(about, drive=drive), found))
    corrected = holm(floats([row.p for row in rows]))
    return [replace(row, p_holm=float(p)) for row, p in zip(rows, corrected, strict=True)]


def _row(about: ComparisonRow, found: Contrast) -> ComparisonRow:
    return replace(
        about, estimate=found.difference, low=found.low, high=found.high, n=found.n,
        clusters=found.clusters, p=found.flipped if found.clusters > 1 else np.nan,
        status="ok" if found.n else "no pairs",
    )  # fmt: skip
