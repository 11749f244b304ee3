"""Fit: temperatures, and what is predicted of the held-out half, from worlds of the first half alone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.errors import StudyError
from telos.studies.bench.measures_predictors import CONTROLS
from telos.studies.bench.measures_rows import HELD_OUT, contests
from telos.studies.bench.measures_scores import MIXED, bits_gained, rank_correlation
from telos.studies.bench.units import Row, Unit

#: Inverse temperatures that are tried: a quarter of a decade apart, of both signs, and 0.
STEPS = 10.0 ** np.arange(-2.0, 3.01, 0.25)
BETAS = floats(np.concatenate((-STEPS[::-1], [0.0], STEPS)))


def fit_work(unit: Unit) -> list[Row]:
    """The bits that each predictor gains at each temperature, in one world: columns `b0`, `b1`, ...

    Args:
        unit: of a random world of the first half.

    Raises:
        StudyError: for another one.
    """
    if int(unit.name.removeprefix("random-")) >= HELD_OUT:
        raise StudyError(f"{unit.name} is held out: nothing is fitted on it.")
    rows: list[Row] = []
    for each in contests(unit):
        for key, score, slack in each.scores:
            bits = [bits_gained(each.choices, score, float(beta)) for beta in BETAS]
            rows.append(
                {
                    "question": each.question,
                    "target": each.target,
                    "predictor": key,
                    "tau": rank_correlation(each.choices, score, slack),
                    **{f"b{i}": value for i, value in enumerate(bits)},
                }
            )
    return rows


def fitted(rows: Iterable[Row], about: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be frozen: temperatures, and what they and the worlds of the first half lead to expect.

    The temperature of a predictor is that of the greatest mean over worlds; the predicted winner is the
    measure (no control) of the greatest mean tau, and its lead the mean paired difference from POWER.

    Args:
        rows: of `fit_work`. about: what else is written down, as seed and worlds.
    """
    by: dict[tuple[str, str, str], dict[str, tuple[float, Floats]]] = {}
    for row in rows:
        if row["tau"] is not None:
            asked = (str(row["question"]), str(row["target"]), str(row["predictor"]))
            bits = floats([_number(row[f"b{i}"]) for i in range(len(BETAS))])
            by.setdefault(asked, {})[str(row["unit"])] = (_number(row["tau"]), bits)
    temperatures: dict[str, Any] = {}
    expected: dict[str, Any] = {}
    for (question, target, key), worlds in by.items():
        mean = np.mean([bits for _, bits in worlds.values()], axis=0)
        best = int(mean.argmax())
        temperatures.setdefault(question, {}).setdefault(target, {})[key] = float(BETAS[best])
        told = expected.setdefault(question, {}).setdefault(target, {})
        told[key] = {
            "tau": round(float(np.mean([tau for tau, _ in worlds.values()])), 4),
            "bits": round(float(mean[best]), 4),
            "worlds": len(worlds),
        }
    return {
        **about,
        "mixed": MIXED,
        "temperatures": temperatures,
        "expected": expected,
        "predicted": {
            question: {target: _winner(by, question, target) for target in targets}
            for question, targets in expected.items()
        },
    }


def _winner(
    by: Mapping[tuple[str, str, str], Mapping[str, tuple[float, Floats]]],
    question: str,
    target: str,
) -> dict[str, Any]:
    """The measure of the greatest mean tau among those that apply to every world, and its lead over POWER."""
    found = {key: worlds for (q, t, key), worlds in by.items() if (q, t) == (question, target)}
    power = found["power"]
    whole = [key for key in found if key not in CONTROLS and len(found[key]) == len(power)]
    taus = {key: [found[key][name][0] for name in power] for key in whole}
    best = max(whole, key=lambda key: float(np.mean(taus[key])))
    lead = np.subtract(taus[best], taus["power"])
    return {
        "winner": best,
        "tau": round(float(np.mean(taus[best])), 4),
        "lead_over_power": round(float(lead.mean()), 4),
        "standard_error": round(float(lead.std(ddof=1) / np.sqrt(len(lead))), 4),
    }


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def first_half(units: Sequence[Unit]) -> list[Unit]:
    """The random worlds of the first half among some units.

    Args:
        units: any.
    """
    numbered = [unit for unit in units if unit.name.startswith("random-")]
    return [unit for unit in numbered if int(unit.name.removeprefix("random-")) < HELD_OUT]
