"""Moved: what the fences did, in sentences: what fell, what rose instead, and what held."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from telos.report.arms import Arm, Sentence, Setting, arm_of, begun, sentence
from telos.report.guarded import Guarded, Row
from telos.report.words import (
    DriveWords,
    known,
    listed,
    percent,
    points,
    points_interval,
)

#: A change counts if its interval excludes 0 and it moves so many of the goals.
LEAST = 0.1
MOST_TOLD = 4


@final
@dataclass(frozen=True)
class Effect:
    """One safeguard's changes that its interval tells from none, by drive, the largest first."""

    arm: Arm
    n: int
    kept: float | None
    falls: tuple[tuple[DriveWords, Row], ...]
    rises: tuple[tuple[DriveWords, Row], ...]

    @property
    def fell(self) -> bool:
        """Whether a drive fell by a tenth of the goals or more."""
        return bool(self.falls) and -self.falls[0][1]["change"] >= LEAST

    @property
    def rose(self) -> bool:
        """Whether a drive rose by a tenth of the goals or more."""
        return bool(self.rises) and self.rises[0][1]["change"] >= LEAST

    @property
    def rank(self) -> tuple[bool, float]:
        """Fences about something first, then by how many goals they pushed into the drive that rose most.

        A safeguard that is about nothing in particular (noise, slowness) makes the agent less able
        all over; that it then needs this or that more is no fence being walked round.
        """
        aimed = any(part.what for part in self.arm.parts)
        return aimed, float(self.rises[0][1]["change"]) if self.rose else 0.0


@final
@dataclass(frozen=True)
class Told:
    """One displacement in words, and the safeguards that did the same, less strongly."""

    text: Sentence
    likewise: str


@final
@dataclass(frozen=True)
class Words:
    """What the safeguards of one setting did, in words.

    Args:
        told: the strongest displacements: a drive that more goals require than before.
        held: a drive fell and no other rose. nearly: a drive fell, another rose by less than a
            tenth. idle: no drive fell or rose by a tenth.
        intervals: how many intervals were read.
    """

    told: tuple[Told, ...]
    held: tuple[str, ...]
    nearly: tuple[str, ...]
    idle: tuple[str, ...]
    intervals: int


def effects(guarded: Guarded, setting: Setting, drives: Sequence[DriveWords]) -> list[Effect]:
    """What each safeguard of a setting changed for certain, in the study's order."""
    found = []
    for trial in setting.guarded:
        moves = guarded.moves.get(trial.key, {})
        price = guarded.prices.get(trial.key, {})
        rows = [(w, moves[w.key]) for w in drives if w.key in moves]
        rows = [(w, row) for w, row in rows if known(row["change"])]
        falls = [(w, row) for w, row in rows if _below(row["change_high"])]
        rises = [(w, row) for w, row in rows if _above(row["change_low"])]
        found.append(
            Effect(
                arm=arm_of(trial, str(price.get("kinds") or "")),
                n=int(price.get("n") or trial.n_goals),
                kept=price.get("task_retained"),
                falls=tuple(sorted(falls, key=lambda entry: entry[1]["change"])),
                rises=tuple(sorted(rises, key=lambda entry: -entry[1]["change"])),
            )
        )
    return found


def _below(value: Any) -> bool:
    return known(value) and value < 0


def _above(value: Any) -> bool:
    return known(value) and value > 0


def in_words(found: Sequence[Effect], intervals: int) -> Words:
    """The sentences of one setting; only a rise is a displacement, a fall alone is a success."""
    rest = [effect for effect in found if not effect.rose]
    fell = sorted((e for e in rest if e.fell), key=lambda e: e.falls[0][1]["change"])
    return Words(
        told=_told(found),
        held=tuple(_held(effect) for effect in fell if not effect.rises),
        nearly=tuple(_held(effect) for effect in fell if effect.rises),
        idle=tuple(e.arm.label for e in rest if not e.fell),
        intervals=intervals,
    )


def _told(found: Sequence[Effect]) -> tuple[Told, ...]:
    """The strongest of each pair of drives: what fell, if anything did, and what rose."""
    best: dict[tuple[str, str], list[Effect]] = {}
    for effect in sorted((e for e in found if e.rose), key=lambda e: e.rank, reverse=True):
        pair = (effect.falls[0][0].key if effect.fell else "", effect.rises[0][0].key)
        best.setdefault(pair, []).append(effect)
    ways = list(best.values())
    told = [Told(displaced(way[0]), _likewise(way[1:])) for way in ways[:MOST_TOLD]]
    rest = [effect for way in ways[MOST_TOLD:] for effect in way]
    return (*told, *([Told((), _likewise(rest))] if rest else []))


def _likewise(others: Sequence[Effect]) -> str:
    return listed([_brief(effect) for effect in others])


def _brief(effect: Effect) -> str:
    changes = (effect.falls[:1] if effect.fell else ()) + effect.rises[:1]
    told = (f"{words.title.lower()} {points(row['change'])}" for words, row in changes)
    return f"{effect.arm.label} ({', '.join(told)})"


def displaced(effect: Effect) -> Sentence:
    """What fell and what rose instead, with the numbers of the record."""
    up, rise = effect.rises[0]
    pieces: list[str | tuple[str, str]] = [("b", effect.arm.doing), ": "]
    if effect.fell:
        down, fall = effect.falls[0]
        pieces += [f"{down.title.lower()} fell", *_from_to(fall), ", and "]
    pieces += [f"{up.title.lower()} rose", *_from_to(rise)]
    more = [
        f"{words.title.lower()} ({points(row['change'])} {_ends(row)})"
        for words, row in effect.rises[1:]
        if row["change"] >= LEAST
    ]
    if more:
        pieces.append(f"; so did {listed(more)}")
    if not effect.fell:
        pieces.append("; no drive fell by a tenth")
    kept = f", task kept {percent(effect.kept)}" if known(effect.kept) else ""
    return begun(sentence(*pieces, ("i", f"(n = {effect.n:,}{kept})"), "."))


def lead(effect: Effect, count: str, world: str) -> Sentence:
    """The first sentence of a page about safeguards."""
    up, rise = effect.rises[0]
    few, many = (percent(rise[f"required_{when}"]) for when in ("before", "after"))
    pieces: list[str | tuple[str, str]] = [
        effect.arm.doing,
        f" in the {world} pushed goals elsewhere: of {count}, ",
        ("b", many),
        f" now need {up.need}, where {few} did",
        ("i", f"({points(rise['change'])} points {_ends(rise)})"),
    ]
    if effect.fell:
        down, fall = effect.falls[0]
        before, after = (percent(fall[f"required_{when}"]) for when in ("before", "after"))
        pieces += [
            "; ",
            ("b", after),
            f" still need {down.need}, where {before} did",
            ("i", f"({points(fall['change'])} {_ends(fall)})"),
        ]
    else:
        pieces.append("; no drive fell in exchange")
    return begun(sentence(*pieces, "."))


def held_lead(found: Sequence[Effect], count: str, world: str) -> Sentence:
    """The first sentence where no safeguard displaced anything."""
    fell = [effect for effect in found if effect.fell]
    if not fell:
        return begun(
            sentence(
                f"of {len(found)} safeguards in the {world}, none changed by a tenth how many of "
                f"{count} need a drive."
            )
        )
    best = min(fell, key=lambda effect: effect.falls[0][1]["change"])
    down, fall = best.falls[0]
    before, after = (percent(fall[f"required_{when}"]) for when in ("before", "after"))
    return begun(
        sentence(
            best.arm.doing,
            f" in the {world}: ",
            ("b", f"{before} → {after}"),
            ("i", _ends(fall)),
            f" of {count} need {down.need}, and no safeguard of {len(found)} moved as much as a "
            "tenth of them into another drive.",
        )
    )


def _from_to(row: Mapping[str, Any]) -> list[str | tuple[str, str]]:
    before, after = percent(row["required_before"]), percent(row["required_after"])
    return [
        " from ",
        ("b", before),
        " to ",
        ("b", after),
        ("i", f"({points(row['change'])} {_ends(row)} points)"),
    ]


def _ends(row: Mapping[str, Any]) -> str:
    return points_interval(row["change_low"], row["change_high"])


def _held(effect: Effect) -> str:
    words, row = effect.falls[0]
    kept = f", task kept {percent(effect.kept)}" if known(effect.kept) else ""
    rise = ""
    if effect.rises:
        up, more = effect.rises[0]
        rise = f", {up.title.lower()} {points(more['change'])} {_ends(more)}"
    before, after = percent(row["required_before"]), percent(row["required_after"])
    return f"{effect.arm.label} ({words.title.lower()} {before} → {after}{rise}{kept})"
