"""The sheet: a world told whole in one text, answered by one tool with one word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, final

import numpy as np

from telos.core.arrays import Bools, bools, floats
from telos.core.errors import TranscriptError, WorldError
from telos.core.problem import Problem
from telos.core.world import World
from telos.llm.description import (
    TaskDescription,
    Vocabulary,
    description_text,
    modification_of,
    payoff_of,
    state_text,
)
from telos.llm.fields import Row
from telos.llm.framings import words_of
from telos.llm.reading import REGISTER, description_from, state_from, understood
from telos.llm.setup import Setup
from telos.llm.stage import Stage
from telos.llm.telling import AbstractReader, AbstractTelling, TellingCall, View, check_call
from telos.llm.wording import CUES, SPAN

ANSWERING = (
    "## Answering\n\nCall the tool `act` with one of the possible actions, once at a time, until you "
    "are told that it is over. The tool `look` tells the state again and costs nothing. Only what you do "
    "counts, not what you say. Earn as many points as you can on average."
)
TOOLS: Mapping[str, Mapping[str, type]] = {"act": {"action": str}, "look": {}}
MANUAL = {
    "act": "Take one action.",
    "act.action": "one of the possible actions.",
    "look": "Tell the state and the possible actions again; nothing happens.",
}
REMINDER = "Nothing has happened: call the tool `act` with one of the possible actions."
#: Descriptions that are kept understood.
MOST_KNOWN = 1024


@final
@dataclass(frozen=True, eq=False)
class SheetTelling(AbstractTelling):
    """The telling of a game in one text.

    Args:
        setup: what was asked for. stage: its world.
    """

    setup: Setup
    stage: Stage

    @property
    def tools(self) -> Mapping[str, Mapping[str, type]]:
        """`act` takes one action, `look` tells the situation again."""
        return TOOLS

    @property
    def manual(self) -> Mapping[str, str]:
        """What is said of the two."""
        return MANUAL

    @property
    def reminder(self) -> str:
        """What a model is told that answers without a call."""
        return REMINDER

    @cached_property
    def words(self) -> Vocabulary:
        """The words of the framing."""
        stage, setup = self.stage, self.setup
        return words_of(
            type(setup.scenario).__name__,
            stage.world.name,
            stage.fields,
            stage.world.actions,
            self._driven,
            setup.framing,
            setup.seed,
        )

    @cached_property
    def _driven(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(a for actions in self.stage.driven.values() for a in actions))

    @cached_property
    def description(self) -> TaskDescription:
        """What the model is told, in its words."""
        stage, setup = self.stage, self.setup
        other = floats(np.array(setup.other if setup.other else setup.goal))
        description = TaskDescription(
            "",
            "",
            tuple((name, stage.fields.values(name)) for name in stage.fields.names),
            stage.rules,
            payoff_of(stage.world, stage.fields, floats(np.array(setup.goal))),
            setup.discount,
            modification_of(stage.world, stage.fields, REGISTER, other),
            setup.instruction if self._driven else "none",
            self._driven if setup.instruction != "none" else (),
        )
        return self.words.of_sheet(description)

    @cached_property
    def brief(self) -> str:
        """The text that an episode begins with."""
        setup = self.setup
        more = [f"## Span\n\n{SPAN[0].format(setup.ticks)}\n"] if setup.ticks else []
        more += [f"## Setting\n\n{CUES[setup.cue][0]}\n"] if CUES[setup.cue][0] else []
        return "\n".join([description_text(self.description), *more, f"{ANSWERING}\n"])

    @property
    def leisure(self) -> int:
        """None: a look tells what was just told."""
        return 0

    def word(self, action: str) -> str:
        """The word of one of the world's actions."""
        return self.words.of_action(action)

    def row(self, s: int) -> Row:
        """A state in the words of the framing."""
        return self.words.of_row(self.stage.fields.names, self.stage.fields.rows[s])

    def situation(self, s: int, step: int) -> str:
        """A state and its possible actions, in an order that is drawn anew at every step."""
        names = self._possible(s)
        order = np.random.default_rng([self.setup.seed, step, 2]).permutation(len(names))
        return state_text(self.description.names, self.row(s), tuple(names[k] for k in order))

    def everything(self, s: int, step: int) -> str:
        """The situation: the brief tells all the rest."""
        return self.situation(s, step)

    def word_of(self, tool: str, arguments: Mapping[str, Any]) -> str:
        """The action that `act` names. Quotes, backticks and blanks around a word are no part of it."""
        check_call(TOOLS, tool, arguments)
        if tool == "look":
            return ""
        word = str(arguments["action"]).strip().strip("`'\"").strip()
        if not word:
            raise TranscriptError("act: action is empty; give one of the possible actions.")
        return word

    def looked(self, s: int, step: int, tool: str, arguments: Mapping[str, Any]) -> str:
        """The situation again."""
        return self.situation(s, step) if tool == "look" else ""

    def read(self, tool: str, arguments: Mapping[str, Any]) -> str:
        """Nothing: all was told in the brief."""
        return ""

    def known(self, drive: str, read: Sequence[str]) -> bool:
        """Always: all was told in the brief."""
        return True

    def refused(self, s: int, word: str) -> str:
        """What is possible instead."""
        possible = ", ".join(f"`{name}`" for name in self._possible(s))
        return f"`{word}` is not possible now. Possible actions: {possible}"

    def _possible(self, s: int) -> list[str]:
        world = self.stage.world
        return [self.word(world.actions[world.pair_action[p]]) for p in world.pairs_of(s)]


# -- reading it ------------------------------------------------------------------------------------


@final
@dataclass(frozen=True)
class SheetReader(AbstractReader):
    """Reads a sheet back. Descriptions that differ by their words alone are understood once."""

    def told(self, texts: Sequence[str]) -> bool:
        """Whether a brief of the kind is among the texts."""
        return any(_begins(text) >= 0 for text in texts)

    def wanted(self, texts: Sequence[str]) -> tuple[TellingCall, ...]:
        """None: all was told."""
        return ()

    def view(self, texts: Sequence[str]) -> View:
        """What a reader understands of the brief and of the last situation."""
        brief = next((text[at:] for text in texts if (at := _begins(text)) >= 0), None)
        situation = next((text for text in reversed(texts) if "The state now:" in text), None)
        if brief is None or situation is None:
            missing = "brief ('# …', '## State')" if brief is None else "state ('The state now:')"
            raise TranscriptError(
                f"the messages hold no {missing}; the models of Telos play the tasks of Telos only."
            )
        description, words, known = _read(brief)
        row, possible = state_from(situation)
        s, problem = known.placed(words.of_row(description.names, row))
        world = problem.world
        told = {words.of_action(action): action for action in description.actions}
        here = tuple(told[world.actions[world.pair_action[p]]] for p in world.pairs_of(s))
        if set(here) != set(possible):
            raise TranscriptError(
                f"the rules allow {sorted(here)}, the situation {sorted(possible)}."
            )
        minded = _named(world, [words.of_action(word) for word in description.named])
        return View(problem, s, row, here, description.instruction, minded)

    def call(self, texts: Sequence[str], word: str) -> TellingCall:
        """The call of `act`."""
        return TellingCall("act", {"action": word})


def _begins(text: str) -> int:
    """Where the brief begins in a text; -1 if it holds none."""
    state = text.find("\n## State\n")
    if state < 0:
        return -1
    return 0 if text.startswith("# ") else text.rfind("\n# ", 0, state) + 1 or -1


def _named(world: World, actions: Sequence[str]) -> Bools:
    """B[L], the pairs of some actions."""
    numbers = [world.actions.index(action) for action in actions if action in world.actions]
    return bools(np.isin(world.pair_action, numbers))


@final
@dataclass(frozen=True, eq=False)
class _Understood:
    """A description in words that no framing changes, and the problems explored from where it was read."""

    description: TaskDescription
    problems: list[Problem]

    def placed(self, row: Row) -> tuple[int, Problem]:
        """A state's number in a problem; explored from it if it is in none yet."""
        for problem in self.problems:
            try:
                return problem.world.find(row), problem
            except WorldError:
                continue
        self.problems.append(understood(self.description, row))
        return 0, self.problems[-1]


@lru_cache(maxsize=MOST_KNOWN)
def _known(canonical: TaskDescription) -> _Understood:
    return _Understood(canonical, [])


@lru_cache(maxsize=MOST_KNOWN)
def _read(brief: str) -> tuple[TaskDescription, Vocabulary, _Understood]:
    """A description as told, its words in canonical ones, and what is understood of it."""
    description = description_from(brief)
    words = Vocabulary(
        {name: f"f{k}" for k, (name, _) in enumerate(description.fields)},
        {
            (name, value): f"v{j}"
            for name, values in description.fields
            for j, value in enumerate(values)
            if isinstance(value, str)
        },
        {action: f"a{k}" for k, action in enumerate(description.actions)},
        "",
    )
    # What an instruction names is not part of the problem.
    told = replace(words.of_sheet(description), instruction="none", named=())
    return description, words, _known(told)
