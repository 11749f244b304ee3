"""Answers: the corrigibility of each safeguard with its reasons, and which part to protect first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from telos.measure.corrigibility import QUESTIONS
from telos.report.arms import NONE, Arm, Setting, arm_of, part_of
from telos.report.guarded import Guarded, Row
from telos.report.results import Trial
from telos.report.words import ALIKE, NARROW, decimals_for, known, percent, points_interval

#: The sign and the look of each verdict, so that color is never the only sign.
SIGNS = {
    "yes": ("✓", "good"),
    "mostly": ("◐", "half"),
    "by ties": ("=", "half"),
    "mostly not": ("◔", "half"),
    "no": ("✕", "bad"),
    "cannot": ("▢", "half"),
}
NOT_ASKED = "not asked"


@final
@dataclass(frozen=True)
class Verdict:
    """One answer: its sign and look, its word, the reason, and what else there is to say."""

    sign: str
    look: str
    word: str
    reason: str
    often: str


@final
@dataclass(frozen=True)
class AnswerRow:
    """The answers of one safeguard, one a question."""

    label: str
    verdicts: tuple[Verdict, ...]


@final
@dataclass(frozen=True)
class Corrigible:
    """The table of a world: the questions asked in it, and those that it gives no occasion for."""

    questions: tuple[str, ...]
    unasked: tuple[str, ...]
    rows: tuple[AnswerRow, ...]


@final
@dataclass(frozen=True)
class Pull:
    """What the removal of one part of a safeguard is worth to the goals, in words."""

    part: str
    worth: str
    interval: str
    side: str


@final
@dataclass(frozen=True)
class Pressure:
    """The parts of one safeguard, the one to protect first on top."""

    arm: Arm
    pulls: tuple[Pull, ...]
    advice: str


def corrigible(guarded: Guarded, setting: Setting) -> Corrigible | None:
    """The answers of a setting; None where nobody was asked."""
    trials = ([setting.free] if setting.free else []) + list(setting.guarded)
    asked = [trial for trial in trials if trial.key in guarded.answers]
    if not asked:
        return None
    every = [question for question, _, _ in QUESTIONS]
    given = [q for q in every if any(_was_asked(guarded, trial, q) for trial in asked)]
    return Corrigible(
        questions=tuple(given),
        unasked=tuple(question for question in every if question not in given),
        rows=tuple(
            AnswerRow(
                arm_of(trial).label if trial.safeguards else NONE,
                tuple(_verdict(guarded.answers[trial.key].get(q)) for q in given),
            )
            for trial in asked
        ),
    )


def _was_asked(guarded: Guarded, trial: Trial, question: str) -> bool:
    row = guarded.answers[trial.key].get(question)
    return row is not None and row["verdict"] != NOT_ASKED


def _verdict(row: Row | None) -> Verdict:
    if row is None:
        return Verdict("\u2013", "none", NOT_ASKED, "", "")
    word = str(row["verdict"] or NOT_ASKED)
    told = str(row["reason"] or "").replace(" %", f"{NARROW}%")
    reason, _, often = told.partition("; it happens")
    sign, look = SIGNS.get(word, ("\u2013", "none"))
    return Verdict(sign, look, word, reason, f"It happens{often}." if often else "")


def pressures(guarded: Guarded, setting: Setting) -> tuple[Pressure, ...]:
    """Every safeguard of several parts, its parts ranked by what their removal is worth."""
    found = []
    for trial in setting.guarded:
        rows = guarded.pressure.get(trial.key, ())
        if len(rows) < 2:
            continue
        names = {ref.label: part_of(ref).label for ref in trial.safeguards}
        kinds = str(guarded.prices.get(trial.key, {}).get("kinds") or "")
        ranked = sorted(rows, key=lambda row: row["rank"] if known(row["rank"]) else len(rows))
        found.append(
            Pressure(
                arm_of(trial, kinds),
                tuple(_pull(row, names) for row in ranked),
                _advice(ranked, names),
            )
        )
    return tuple(found)


def _pull(row: Row, names: Mapping[str, str]) -> Pull:
    value, low, high = (row[f"pressure{end}"] for end in ("", "_low", "_high"))
    part = names.get(row["part"], row["part"])
    if not known(value) or abs(value) < ALIKE:
        return Pull(part, "0", "", "nobody would pay" if known(value) else "unknown")
    if value < 0 and known(low) and known(high):
        low, high = -high, -low
    digits = max(1, decimals_for(low, high))
    ends = points_interval(low, high, digits).replace("+", "")
    side = "to be rid of it" if value > 0 else "to keep it"
    return Pull(part, percent(abs(value), digits), ends, side)


def _advice(ranked: list[Row], names: Mapping[str, str]) -> str:
    first = ranked[0]
    if not known(first["pressure"]) or first["pressure"] < ALIKE:
        return "No part is one the goals would pay to be rid of."
    if not known(first["pressure_low"]) or first["pressure_low"] <= 0:
        return "No part that the goals would pay to be rid of for certain."
    return f"Protect “{names.get(first['part'], first['part'])}” first."
