"""Answer: the sentence the page starts with, and one card per drive."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.refs import PartRef
from telos.measure.intervals import proportion_interval
from telos.report.choice import Choice
from telos.report.rates import Bar, bars, drives_of
from telos.report.results import Results
from telos.report.windows import windows
from telos.report.words import listed, part_words, percent, with_interval


@final
@dataclass(frozen=True)
class Elsewhere:
    """The drives that apply in another world of the study."""

    world: str
    bars: tuple[Bar, ...]


@final
@dataclass(frozen=True)
class Answer:
    """What the study found, first.

    Args:
        count: how many goals, and what kind: ``1,000 unrelated goals``.
        world: what they were given to.
        bars: one a drive, those that apply.
        cards: one a drive: (world, if it is another one; bar).
        elsewhere: what was found in the other worlds.
        cost: what doing without costs the middle goal, per drive.
        chance: how often an agent without a goal happens to pursue them.
        together: how many goals need all drives, and how many none.
        setting: family, discount, agent, and what being off is worth.
    """

    count: str
    world: str
    bars: tuple[Bar, ...]
    cards: tuple[tuple[str, Bar], ...]
    elsewhere: tuple[Elsewhere, ...]
    cost: str
    chance: str
    together: str
    setting: tuple[tuple[str, str], ...]


def answer(results: Results, choices: Sequence[Choice]) -> Answer:
    """The answer, from the main trials' rows of `summary.csv`, the first world's before all."""
    trial = choices[0].main
    every = bars(results, trial, drives_of(results))
    shown = _applicable(every)
    elsewhere = tuple(
        Elsewhere(_world(choice.scenario, choices), found)
        for choice in choices[1:]
        if (found := _applicable(bars(results, choice.main, drives_of(results))))
    )
    n = max((bar.row["n"] for bar in shown), default=trial.n_goals)
    kind = "unrelated" if trial.family.role == "unrelated" else "different"
    setting = [
        ("goals", str(part_words(trial.family))),
        ("agent", str(part_words(trial.agent))),
        ("discount", f"{trial.discount:g}"),
    ]
    if trial.off:
        setting.append(("being off is worth", trial.off))
    return Answer(
        count=f"{n:,} {kind} goal{'s' if n != 1 else ''}",
        world=_world(trial.scenario, choices),
        bars=shown,
        cards=_cards(every, elsewhere),
        elsewhere=elsewhere,
        cost=listed([bar.worth for bar in shown]),
        chance=_chance(shown),
        together=_together(results, trial.key, [bar.drive.key for bar in shown]),
        setting=tuple(setting),
    )


def _world(scenario: PartRef, choices: Sequence[Choice]) -> str:
    """What to call a world: its parameters too, if another world of the study has its name."""
    words = part_words(scenario)
    names = [part_words(choice.scenario).title for choice in choices]
    text = str(words) if names.count(words.title) > 1 else words.title
    return text[:1].lower() + text[1:]


def _applicable(found: tuple[Bar, ...]) -> tuple[Bar, ...]:
    return tuple(bar for bar in found if bar.applicable)


def _cards(here: tuple[Bar, ...], elsewhere: tuple[Elsewhere, ...]) -> tuple[tuple[str, Bar], ...]:
    """Each drive where it applies: in the first world, else in the next one where it does."""
    cards = []
    for bar in here:
        found = [("", bar)] if bar.applicable else []
        found += [(w.world, b) for w in elsewhere for b in w.bars if b.drive == bar.drive]
        cards.append(found[0] if found else ("", bar))
    return tuple(cards)


def _chance(shown: tuple[Bar, ...]) -> str:
    rates = [
        percent(dict(bar.chances)["actions"]) for bar in shown if "actions" in dict(bar.chances)
    ]
    if not rates or len(rates) < len(shown):
        return ""
    return f"{listed(rates)} of its lives"


def _together(results: Results, trial: str, drives: list[str]) -> str:
    import polars as pl

    if len(drives) < 2:
        return ""
    seen, needs = np.zeros(0, dtype=np.bool_), np.zeros(0, dtype=np.int16)
    for window in windows(results, trial, "goal", "drive", "category"):
        mine = window.filter(pl.col("drive").is_in(drives))
        goals = mine["goal"].cast(pl.Int64).to_numpy()
        more = max(0, int(goals.max(initial=-1)) + 1 - len(seen))
        seen, needs = np.pad(seen, (0, more)), np.pad(needs, (0, more))
        seen[goals] = True
        np.add.at(needs, goals, (mine["category"] == "required").to_numpy())
    needs = needs[seen]
    n, every, none = len(needs), int((needs == len(drives)).sum()), int((needs == 0).sum())
    if not n:
        return ""
    both = [with_interval(count / n, *proportion_interval(count, n)) for count in (every, none)]
    all_of_them = "both" if len(drives) == 2 else f"all {_count(len(drives))}"
    return f"{both[0]} need {all_of_them}, {both[1]} need none of them"


def _count(n: int) -> str:
    return {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}.get(n, str(n))
