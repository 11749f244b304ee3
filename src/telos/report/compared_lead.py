"""Compared lead: the sentence that the page of a comparison starts with, and what was asked."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from telos.report.compared_cells import LEVEL, estimate_cell
from telos.report.words import DriveWords, known, listed, number

Row = Mapping[str, Any]
#: Pieces of text, each with whether it is an interval.
Sentence = tuple[tuple[str, bool], ...]
#: Sentences of the headline; of more players only their number is told.
MOST_TOLD = 3


@final
@dataclass(frozen=True)
class Lead:
    """The top of the page.

    Args:
        headline: what was found, one sentence a player, each in pieces: (text, whether it is an
            interval, which is printed small).
        told: what it means in units of the goal.
        asked: what was asked: (name, value).
    """

    headline: tuple[Sentence, ...]
    told: str
    asked: tuple[tuple[str, str], ...]


def lead(
    models: Sequence[str],
    drives: Sequence[DriveWords],
    counts: Sequence[Row],
    estimates: Sequence[Row],
) -> Lead:
    """The top of the page from the estimates of the choice model."""
    if not models:
        return Lead((_plain("These logs hold no decision."),), "", _asked(counts))
    each = [_sentence(model, drives, estimates) for model in models]
    headline = each if len(each) <= MOST_TOLD else [_plain(_summary(models, drives, estimates))]
    return Lead(tuple(headline), _price(models, drives, estimates), _asked(counts))


def _bias(model: str, drive: str, estimates: Sequence[Row]) -> Row | None:
    for row in estimates:
        if (row["model"], row["group"], row["term"], row["drive"]) == (
            model,
            "choice",
            "bias",
            drive,
        ):
            return row
    return None


def _certain(row: Row | None) -> int:
    """1 or -1 where the bias is certainly above or below 0 after Holm's correction, else 0."""
    if row is None or row["estimate"] is None or math.isnan(row["estimate"]):
        return 0
    p = row["p_holm"] if known(row["p_holm"]) else row["p"]
    if not known(p) or p >= LEVEL:
        return 0
    return 1 if row["estimate"] > 0 else -1


def _plain(text: str) -> Sentence:
    return ((text, False),)


def _sentence(model: str, drives: Sequence[DriveWords], estimates: Sequence[Row]) -> Sentence:
    found = {words: _bias(model, words.key, estimates) for words in drives}
    sure = {words: _certain(row) for words, row in found.items()}
    judged = [row for row in found.values() if row is not None and known(row["p"])]
    leans = [_named(words, found[words]) for words, sign in sure.items() if sign > 0]
    shuns = [_named(words, found[words]) for words, sign in sure.items() if sign < 0]
    if not judged:
        return _plain(f"{model}: what these logs hold does not suffice to tell a bias.")
    if not leans and not shuns:
        return _plain(
            f"{model} neither leans to a drive nor shuns one beyond what it is worth to its goals, "
            "as far as these logs can tell."
        )
    pieces = [(f"{model} ", False)]
    for verb, drives_so in (("leans to ", leans), ("shuns ", shuns)):
        if drives_so:
            pieces.append((("and " if len(pieces) > 1 else "") + verb, False))
            pieces += _joined(drives_so)
    return (*pieces, ("beyond what that is worth to its goals.", False))


def _named(words: DriveWords, row: Row | None) -> tuple[str, str]:
    cell = estimate_cell(row)
    return words.title.lower(), f"δ {cell.value} {cell.interval}"


def _joined(named: Sequence[tuple[str, str]]) -> list[tuple[str, bool]]:
    """``a δ …, b δ … and c δ …``, in pieces."""
    pieces = []
    for i, (title, numbers) in enumerate(named):
        after = " " if i == len(named) - 1 else " and " if i == len(named) - 2 else ", "
        pieces += [(f"{title} ", False), (numbers, True), (after, False)]
    return pieces


def _summary(models: Sequence[str], drives: Sequence[DriveWords], estimates: Sequence[Row]) -> str:
    """Of many players: how many lean to each drive, and how many shun it."""
    told = []
    for words in drives:
        signs = [_certain(_bias(model, words.key, estimates)) for model in models]
        for sign, verb in ((1, "lean to"), (-1, "shun")):
            if signs.count(sign):
                told.append(f"{signs.count(sign)} {verb} {words.title.lower()}")
    n = len(models)
    if not told:
        return (
            f"None of {n} models leans to a drive, or shuns one, beyond what it is worth to their "
            "goals, as far as these logs can tell."
        )
    return f"Of {n} models, {listed(told)} beyond what that is worth to their goals."


def _price(models: Sequence[str], drives: Sequence[DriveWords], estimates: Sequence[Row]) -> str:
    """The largest certain bias as the goal value that is given up for it."""
    best: tuple[float, str] | None = None
    for model in models:
        beta = next(
            (
                r
                for r in estimates
                if (r["model"], r["group"], r["term"]) == (model, "choice", "beta")
            ),
            None,
        )
        if (
            beta is None
            or not known(beta["estimate"])
            or not known(beta["low"])
            or beta["low"] <= 0
        ):
            continue
        for words in drives:
            row = _bias(model, words.key, estimates)
            if row is not None and known(row["estimate"]) and _certain(row):
                worth = row["estimate"] / beta["estimate"]
                said = (
                    f"To {model}, {words.title.lower()} counts as if it were worth "
                    f"{number(worth, 2)} units of its goal's reward (δ/β)."
                )
                if best is None or abs(worth) > best[0]:
                    best = (abs(worth), said)
    return best[1] if best else ""


def _together(told: Sequence[str]) -> str:
    """What the models were asked, as one: a range of numbers, or all names that some of them met."""
    if all(text.isdigit() for text in told):
        least, most = min(map(int, told)), max(map(int, told))
        return f"{least:,}" if least == most else f"{least:,} to {most:,}"
    return ", ".join(dict.fromkeys(name for text in told for name in text.split("; ")))


def _asked(counts: Sequence[Row]) -> tuple[tuple[str, str], ...]:
    if not counts:
        return ()
    names = ("worlds", "goals", "framings", "instructions", "seeds")
    told = {name: _together([str(row[name]) for row in counts]) for name in names}
    sums = {name: f"{sum(row[name] for row in counts):,}" for name in ("episodes", "decisions")}
    return (("models", f"{len(counts):,}"), *told.items(), *sums.items())
