"""Parts: what of a model's choices is value, words and noise, and what varies over goals and worlds."""

from dataclasses import replace

import numpy as np
import polars as pl

from telos.core.arrays import Floats, floats
from telos.llm.comparison.fits import choice_sets
from telos.llm.comparison.tables import ComparisonRow, first_attempts, levels_of, scenes_of
from telos.llm.estimate.choice import BETA, Decisions
from telos.llm.estimate.coefficients import ESTIMATED
from telos.llm.estimate.held_out import held_out
from telos.llm.estimate.hierarchical import UNSPREAD, hierarchical
from telos.llm.estimate.split import Split, dealt, split

#: The model that a hierarchy over models is of.
ALL_MODELS = "all models"
#: Actions that are possible so often have a liking of their own; of all others the drives are told.
MOST_NAMES = 40
#: The interval of what is explained reaches 0: it may be much or nothing, so it has no parts.
UNSEEN = "too few to tell"


def choices(made: pl.DataFrame) -> pl.DataFrame:
    """The decisions that fits are about: with an alternative, and a goal to which something matters."""
    some = first_attempts(made).filter(pl.col("legal").list.len() > 1)
    return some.filter(pl.col("scale").is_finite(), pl.col("scale") > 0)


def in_shares(sets: Decisions, some: pl.DataFrame) -> Decisions:
    """The same with values in parts of the value range at the start."""
    scale = np.repeat(some["scale"].to_numpy(), np.diff(sets.ptr))
    return replace(sets, q=floats(sets.q / scale))


def parts(model: str, made: pl.DataFrame, rng: np.random.Generator) -> list[ComparisonRow]:
    """Split a model's choices into value, words, instruction and noise (`telos.llm.estimate.split`).

    Words are what an action is called: one column for each name under each framing and paraphrase, and
    one for each drive. Instruction is what each instruction adds to the pull of each drive.

    Args:
        model: its name.
        made: its rows of the decisions table.
        rng: deals the values of the placebo.

    Returns:
        Rows of the group `split`: bits per decision of each part, the strategic share, and the same with
        values dealt anew within each decision; none without a decision.
    """
    some = choices(made)
    if some.is_empty():
        return []
    sets, told = _worded(in_shares(choice_sets(some), some), some)
    found, placebo = split(sets, told), split(dealt(sets, rng), told)
    about = ComparisonRow(model, "split", "", n=found.n, clusters=found.clusters)
    bits = zip(found.parts, found.bits, found.bits_low, found.bits_high, strict=True)
    return [
        *(
            replace(about, term=name, estimate=float(value), low=float(low), high=float(high))
            for name, value, low, high in bits
        ),
        _share(replace(about, term="strategic share"), found),
        _share(replace(about, term="placebo"), placebo),
    ]


def _share(about: ComparisonRow, found: Split) -> ComparisonRow:
    """Of what is explained; with the ends that a share can have."""
    if np.isnan(found.share):
        return replace(about, status=UNSEEN if found.clusters > 1 else "one goal alone")
    share, low, high = np.clip([found.share, found.low, found.high], 0.0, 1.0)
    return replace(about, estimate=float(share), low=float(low), high=float(high))


def _worded(sets: Decisions, some: pl.DataFrame) -> tuple[Decisions, dict[str, list[str]]]:
    """The decisions with columns of names and instructions, and which columns are of which part."""
    sizes = np.diff(sets.ptr)
    each = some.select("framing", "paraphrase", "instruction")
    scenes = scenes_of(some)
    world = scenes.to_numpy() if scenes.n_unique() > 1 else np.full(len(some), "")
    names = some["legal"].explode().drop_nulls().to_numpy()
    told = np.array([" ".join(row[:2]) for row in each.rows()])
    called = np.char.add(np.repeat(np.char.add(told, " "), sizes), names.astype(str))
    called = np.char.add(np.repeat(np.asarray(world, dtype=str), sizes), np.char.add(" ", called))
    kinds, kind, often = np.unique(called, return_inverse=True, return_counts=True)
    most = np.argsort(-often, kind="stable")[:MOST_NAMES]
    columns: list[Floats] = [floats(sets.x), floats(kind[:, None] == most)]
    words = [*sets.names, *(f"called {kinds[k]}" for k in most)]
    instructed = []
    for level in levels_of(some, "instruction")[1:]:
        at = np.repeat(some["instruction"].to_numpy() == level, sizes)
        columns.append(floats(sets.x * at[:, None]))
        instructed += [f"{drive} under {level}" for drive in sets.names]
    extra = [*words[len(sets.names) :], *instructed]
    wide = replace(
        sets, x=floats(np.concatenate(columns, axis=1)), names=(*words, *instructed),
        interactions=tuple(extra),
    )  # fmt: skip
    return wide, {"value": [BETA], "words": words, "instruction": instructed}


def hierarchy(model: str, made: pl.DataFrame) -> list[ComparisonRow]:
    """Average competence and biases over goals, worlds and models (`telos.llm.estimate.hierarchical`).

    Args:
        model: its name, or `ALL_MODELS` for the rows of several.
        made: rows of the decisions table.

    Returns:
        Rows of the group `hierarchy`: beta per value range, biases, the spread of each over every level,
        and, of several worlds, the bits by which the others foretell each; none without a decision.
    """
    some = choices(made)
    if some.is_empty():
        return []
    sets = in_shares(choice_sets(some), some)
    world = scenes_of(some).to_numpy()
    found = hierarchical(sets, world, some["model"].to_numpy())
    average = found.average
    about = ComparisonRow(model, "hierarchy", "", n=average.n, clusters=average.clusters)
    rows = []
    for k, name in enumerate(average.names):
        if average.each[k] != ESTIMATED:
            continue
        term, drive = ("beta", "") if name == BETA else ("bias", name)
        known = bool(np.isfinite(average.error[k])) and UNSPREAD not in average.status
        here = replace(about, drive=drive)
        rows.append(
            replace(
                here, term=term, estimate=float(average.estimate[k]), low=float(average.low[k]),
                high=float(average.high[k]), error=float(average.error[k]), p=float(average.p[k]),
                p_holm=float(average.p_holm[k]), status="ok" if known else average.status,
            )
        )  # fmt: skip
        rows += [
            replace(
                here,
                term=f"spread of {term}",
                factor="spread",
                level=f"over {where}s",
                estimate=float(spread),
            )
            for where, spread in zip(found.levels, found.spread[:, k], strict=True)
            if np.isfinite(spread)
        ]
    if model != ALL_MODELS and len(np.unique(world)) > 1:
        told = held_out(sets, world)
        rows.append(
            replace(
                about,
                term="held out",
                estimate=told.bits,
                low=told.low,
                high=told.high,
                n=told.n,
                clusters=told.worlds,
            )
        )
    return rows
