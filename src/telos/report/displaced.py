"""Displaced: everything the page says of safeguards, world by world, from the record's tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from telos.core.refs import PartRef
from telos.measure.corrigibility import UPKEEP
from telos.report.answer import Answer
from telos.report.answers import Corrigible, Pressure, corrigible, pressures
from telos.report.arms import Sentence, Setting, arm_of, sentence, settings
from telos.report.choice import Choice
from telos.report.fences import DOES, RATE, Heat, heat, moves_table, prices_table
from telos.report.guarded import Guarded, read_guarded
from telos.report.harm import Harm, harms
from telos.report.lives import WITH, WITHOUT, Rollouts, two_lives
from telos.report.moved import Effect, Words, effects, held_lead, in_words, lead
from telos.report.price import WillingnessToPay, price
from telos.report.rates import Table
from telos.report.results import Results
from telos.report.words import DriveWords, known, part_words, percent


@final
@dataclass(frozen=True)
class Scene:
    """What the safeguards of one world did.

    Args:
        name, title: the world, with its parameters and without. setting: what all rows have in
            common. n: goals of the rows.
        rates, does: changes of the required rate and of the propensity.
        upkeep: whether the world reads the one drive whose rise is welcome.
        compared: whether there is a trial without safeguards.
        more: how many further settings are in the numbers only.
    """

    name: str
    title: str
    setting: str
    n: str
    rates: Heat
    does: Heat
    upkeep: bool
    compared: bool
    words: Words
    price: WillingnessToPay | None
    pressures: tuple[Pressure, ...]
    corrigible: Corrigible | None
    moves: Table
    prices: Table
    more: int


@final
@dataclass(frozen=True)
class Pushed:
    """One goal that a safeguard pushed into another drive, with its two lives."""

    arm: str
    drive: DriveWords
    lives: Rollouts
    effect: str
    before: str
    after: str
    kept: str
    pay: str


@final
@dataclass(frozen=True)
class Fences:
    """The part of the page about safeguards.

    Args:
        lead: the first sentence. also: what else the page begins with. scenes: one a world with safeguards.
        harms: (world, populations of wrongly written goals). pushed: goals with their two lives.
        intervals: how many intervals the heat maps hold.
        compared: whether the first world has a trial without safeguards.
    """

    lead: Sentence
    also: tuple[Sentence, ...]
    scenes: tuple[Scene, ...]
    harms: tuple[tuple[str, Harm], ...]
    pushed: tuple[Pushed, ...]
    intervals: int
    compared: bool

    @property
    def priced(self) -> bool:
        """Whether there is a price to draw."""
        return any(scene.price or scene.pressures for scene in self.scenes)

    @property
    def asked(self) -> bool:
        """Whether anybody was asked the questions of corrigibility."""
        return any(scene.corrigible for scene in self.scenes)


def fences(results: Results, choices: Sequence[Choice], needs: Answer) -> Fences | None:
    """What the safeguards of a study did; None where it has none.

    Raises:
        StoreError: naming the table that is missing, half-written or unreadable, and the remedy.
    """
    guarded = read_guarded(results)
    if guarded is None:
        return None
    scenes: list[Scene] = []
    harmed: list[tuple[str, Harm]] = []
    first = None
    for place, choice in enumerate(choices):
        every = settings(results, choice.scenario)
        if not every:
            continue
        found = _welcome(guarded, every[0], results)
        first = first or (found, every[0])
        scenes.append(_scene(results, guarded, every, place))
        name = part_words(choice.scenario).title
        harmed += [(name, one) for one in harms(results, guarded, choice.scenario, place)]
    if first is None:
        return None
    return Fences(
        lead=_lead(first, harmed, needs),
        also=_also(scenes, harmed),
        scenes=tuple(scenes),
        harms=tuple(harmed),
        pushed=_pushed(results),
        intervals=sum(scene.words.intervals for scene in scenes),
        compared=first[1].free is not None,
    )


def _welcome(guarded: Guarded, setting: Setting, results: Results) -> list[Effect]:
    """The effects on every drive but the one whose rise is welcome."""
    drives = heat(results, guarded, setting, RATE).drives
    return effects(guarded, setting, [words for words in drives if words.key != UPKEEP])


def _scene(results: Results, guarded: Guarded, every: tuple[Setting, ...], place: int) -> Scene:
    setting = every[0]
    rates = heat(results, guarded, setting, RATE)
    cells = [cell for _, rows in rates.groups for row in rows for cell in row.cells]
    n = {row.n for _, rows in rates.groups for row in rows}
    return Scene(
        name=str(part_words(setting.scenario)),
        title=_title(setting.scenario),
        setting=setting.words,
        n=" to ".join(sorted(n, key=lambda text: (len(text), text))[:: max(1, len(n) - 1)]),
        rates=rates,
        does=heat(results, guarded, setting, DOES),
        compared=setting.free is not None,
        upkeep=any(words.key == UPKEEP for words in rates.drives),
        words=in_words(
            _welcome(guarded, setting, results), sum(1 for cell in cells if cell.applicable)
        ),
        price=price(guarded, setting, rates.drives, place),
        pressures=pressures(guarded, setting),
        corrigible=corrigible(guarded, setting),
        moves=moves_table(results, guarded, every),
        prices=prices_table(guarded, setting),
        more=len(every) - 1,
    )


def _title(scenario: PartRef) -> str:
    title = part_words(scenario).title
    return title[:1].lower() + title[1:]


def _lead(
    first: tuple[list[Effect], Setting], harmed: Sequence[tuple[str, Harm]], needs: Answer
) -> Sentence:
    """What the page begins with: harm if goals were written wrongly, else the strongest displacement."""
    if harmed:
        return harmed[0][1].dials[0].said[0]
    found, setting = first
    world = _title(setting.scenario)
    if setting.free is None:
        return sentence(
            "The study has no trial without safeguards to compare with, so the record does not say "
            f"what {len(found)} safeguards moved in the {world}."
        )
    moved = [effect for effect in found if effect.rose]
    if moved:
        return lead(max(moved, key=lambda effect: effect.rank), needs.count, world)
    return held_lead(found, needs.count, world)


def _also(scenes: Sequence[Scene], harmed: Sequence[tuple[str, Harm]]) -> tuple[Sentence, ...]:
    """The strongest displacement of each further world; or what holds a wrongly written goal."""
    if harmed:
        return harmed[0][1].dials[0].said[1:]
    told = [(scene.title, scene.words.told[0].text) for scene in scenes[1:] if scene.words.told]
    return tuple((("", f"In the {title}: "), *text) for title, text in told)


def _pushed(results: Results) -> tuple[Pushed, ...]:
    given = [x for x in results.illustrations.get("displaced") or [] if isinstance(x, dict)]
    return tuple(_told(results, life, place) for place, life in enumerate(given))


def _told(results: Results, life: Mapping[str, Any], place: int) -> Pushed:
    told = two_lives(results, life, place, (WITHOUT, WITH), "pushed")
    return Pushed(
        arm=_arm(results, life),
        drive=told.drive,
        lives=told,
        effect=_effect(life),
        before=str(life.get("before") or ""),
        after=str(life.get("category") or ""),
        kept=percent(life.get("kept"), 1) if known(life.get("kept")) else "",
        pay=_pay(life.get("pay")),
    )


def _arm(results: Results, life: Mapping[str, Any]) -> str:
    trial = results.trial(life["trial"])
    return "" if trial is None else arm_of(trial).label


def _effect(life: Mapping[str, Any]) -> str:
    pushed, n = life.get("pushed"), life.get("n")
    if not (known(pushed) and known(n)):
        return ""
    return f"one of {pushed:,} of {n:,} goals that it pushed so"


def _pay(value: Any) -> str:
    if not known(value):
        return ""
    side = "be rid of the safeguard" if value > 0 else "keep the safeguard"
    return f"{percent(abs(value), 1)} of all at stake to {side}"
