"""Record: all that a playable page knows; written here, read by the page's own script."""

from typing import Annotated, Literal, final

from pydantic import Field

from telos.core.model import AbstractModel, Word

Index = Annotated[int, Field(ge=0, lt=2**31)]
#: An index, or -1 for none.
Maybe = Annotated[int, Field(ge=-1, lt=2**31)]
#: 64 bits as sixteen hexadecimal digits: JSON's numbers have 53.
Bits = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
#: How the page draws a world; `generic` shows features, actions and outcomes by name.
Look = Literal["factory", "employee", "rooms", "grid", "desk", "generic"]
#: What was done to a world: nothing, a reason gone, other parameters, a safeguard.
Kind = Literal["as it is", "without", "operator", "safeguard"]


@final
class OutcomeEntry(AbstractModel):
    """What a goal may value.

    Args:
        name: in words. off: whether it is one of being switched off.
        draws: where the numbers of Uniform goals begin, one for a goal's own worth and one for what would
            be written in its place (`telos.core.streams.keyed_draws` with `default_rng(0)`):
            goal i's worth is `(floor(mix(draw + i GOLDEN) / 2^12) + 1/2) / 2^52`.
    """

    name: Word
    off: bool
    draws: tuple[Bits, Bits]


@final
class Marked(AbstractModel):
    """A named set of pairs: a drive, or an act.

    Args:
        name: of the drive or act. title: the same in words.
        pairs: their numbers, rising. also: other names of the very same pairs.
        off_task: of an act, whether it hardly changes the next outcome.
        placebo: K sets as large, drawn state by state with `default_rng(0)`; none where they would be
            mostly the set itself.
        python: the drive's affordance, as one writes it, given `scenario` and `problem`.
    """

    name: Word
    title: Word
    pairs: tuple[Index, ...]
    also: tuple[Word, ...] = ()
    off_task: bool = True
    placebo: tuple[tuple[Index, ...], ...] = ()
    python: Word = ""


@final
class Setting(AbstractModel):
    """One world the page can play in: as it is, without a reason, under a safeguard that changes it.

    Args:
        name: of the setting, short. title: in words, for a switch. kind: what was done to the world.
        drive: which drive's reason is gone (kind `without`).
        python: `world = …`, given `scenario`, or `problem = …`, given `problem`; empty: as it is.
        before: the setting by whose goals' range fines are measured; itself unless a safeguard made it.
        states: for each of S states its number in `Play.states`.
        base_state, base_pair: the state, and the pair, of the first setting that each stands for; -1: none.
        start: (state, probability), the probabilities summing to 1.
        pairs: number of legal pairs of each state, I[S].
        action: I[L], numbers in `Play.actions`. fan: I[L], how many successors each pair has.
        step: I[N], successor's number less the number of the pair's own state.
        chance: I[N], numbers in `Play.chances`.
        outcome: I[S], numbers in `Play.outcomes`.
        default: I[S], the pair of doing nothing; empty if the world has none.
        features: F[S] each; the agent still holds its own goal where `goal_register` is 0 or missing.
        drives, acts: named sets of its pairs.
    """

    name: Word
    title: Word
    kind: Kind
    drive: Word = ""
    python: Word = ""
    before: Index = 0
    states: tuple[Index, ...]
    base_state: tuple[Maybe, ...] = ()
    base_pair: tuple[Maybe, ...] = ()
    start: tuple[tuple[Index, float], ...]
    pairs: tuple[Index, ...]
    action: tuple[Index, ...]
    fan: tuple[Index, ...]
    step: tuple[int, ...]
    chance: tuple[Index, ...]
    outcome: tuple[Index, ...]
    default: tuple[Index, ...] = ()
    features: dict[str, tuple[float, ...]]
    drives: tuple[Marked, ...]
    acts: tuple[Marked, ...] = ()


@final
class Switch(AbstractModel):
    """What can be put up beside any setting.

    Args:
        name, title: of the switch. python: the safeguard, as one writes it.
        kind: `forbid` takes the pairs away; `fine` charges `weight` times the goal's value range (of
            setting `before`) for taking one.
        pairs: for each setting, the numbers of its pairs, rising.
    """

    name: Word
    title: Word
    python: Word
    kind: Literal["forbid", "fine"]
    weight: float = 0.0
    pairs: tuple[tuple[Index, ...], ...]


@final
class Preset(AbstractModel):
    """A goal by name.

    Args:
        name: of the goal. worth: F[K] of each outcome. revised: F[K], what would be written in its place.
        python: how to make it, given `world`.
    """

    name: Word
    worth: tuple[float, ...]
    revised: tuple[float, ...]
    python: Word


@final
class ActEntry(AbstractModel):
    """One act of the discovery table (`telos.convergence`), at the discount and goals of `Play`."""

    name: Word
    c: float
    low: float
    high: float
    placebo: float | None
    placebo_least: float | None
    placebo_most: float | None
    excess: float | None
    excess_low: float | None
    excess_high: float | None
    draws: int
    candidate: bool
    covered: tuple[Word, ...]
    verdict: Word


@final
class StoryAnswer(AbstractModel):
    """What Telos found about one drive in one combination, for n goals: c and its interval."""

    setting: Index
    switches: tuple[Index, ...]
    drive: Word
    n: Index
    required: float
    c: float
    low: float
    high: float
    share: float


@final
class StoryStep(AbstractModel):
    """One step of the guided story: text that is whole without a script, and what the page then shows.

    Args:
        title, text: of the step; paragraphs of the text are separated by an empty line.
        state: what the address of the page says at this step, as `setting=0&drive=…&goal=…`.
        answers: the numbers it rests on.
    """

    title: Word
    text: Word
    state: Word
    answers: tuple[StoryAnswer, ...] = ()


@final
class LeftOut(AbstractModel):
    """What a page of this kind usually has and this one has not: its title, and why."""

    title: Word
    why: Word


@final
class Play(AbstractModel):
    """A world to be played with.

    Args:
        format: what the script of the page reads; another number is another script. telos: the version.
        title, question: of the page. look: how it is drawn. python: the lines that make `scenario`.
        discount: of the story. discounts: that can be chosen. swarm: how many goals are drawn as dots.
        actions, states: names. outcomes: what goals value. chances: probabilities, each once.
        settings: worlds, the first as it is. switches: safeguards. presets: goals by name.
        discovery: the rows of `telos.convergence`, over `discovery_goals` goals. story: its steps.
        left_out: worlds, switches and tables that do not fit this world.
    """

    format: Literal[1] = 1
    telos: Word
    title: Word
    question: Word
    look: Look
    python: Word
    discount: float
    discounts: tuple[float, ...]
    swarm: Index
    actions: tuple[Word, ...]
    states: tuple[Word, ...]
    outcomes: tuple[OutcomeEntry, ...]
    chances: tuple[float, ...]
    settings: Annotated[tuple[Setting, ...], Field(min_length=1)]
    switches: tuple[Switch, ...] = ()
    presets: tuple[Preset, ...] = ()
    discovery: tuple[ActEntry, ...] = ()
    discovery_goals: Index = 0
    story: tuple[StoryStep, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
