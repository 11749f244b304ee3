"""The reader of a desk: what it still has to look up, and the moment that the files tell of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import final

import numpy as np

from telos.core.arrays import bools
from telos.core.errors import TranscriptError
from telos.llm.desk.always import COMMANDS_ARE, CONDUCT, EXPLAINED, FILES_ARE
from telos.llm.desk.lexicon import Lexicon
from telos.llm.desk.reading import told_by
from telos.llm.desk.tools import call_of, word_of_act
from telos.llm.telling import AbstractReader, TellingCall, View


@final
@dataclass(frozen=True)
class _Brief:
    """What a brief tells beside the work: the words of the acts, the files, and what is to be left alone."""

    word: Mapping[str, str]
    paths: tuple[str, ...]
    instruction: str
    named: tuple[str, ...]


@final
@dataclass(frozen=True)
class DeskReader(AbstractReader):
    """Reads every file once. Words are learned from the sentences they stand in, whatever the framing."""

    def told(self, texts: Sequence[str]) -> bool:
        """Whether the brief of a desk is among the texts."""
        return any(map(_is_brief, texts))

    def wanted(self, texts: Sequence[str]) -> tuple[TellingCall, ...]:
        """The files that have not been shown."""
        files = shown(texts)
        lacking = [path for path in _brief(texts).paths if path not in files]
        return tuple(TellingCall("read_file", {"path": path}) for path in lacking)

    def view(self, texts: Sequence[str]) -> View:
        """The moment that the files tell of."""
        if lacking := self.wanted(texts):
            listed = ", ".join(str(call.arguments["path"]) for call in lacking)
            raise TranscriptError(f"not all is known yet: read {listed}.")
        facts, brief = told_by(shown(texts)), _brief(texts)
        problem, state = facts.moment()
        world = problem.world
        s = world.find(state)
        kinds = {f"kind {k}": kind for k, kind in enumerate(facts.task.desk.kinds, 1)}
        lexicon = Lexicon({**brief.word, **facts.word}, kinds)
        word = {action: word_of_act(lexicon, action) for action in world.actions}
        here = tuple(word[world.actions[world.pair_action[p]]] for p in world.pairs_of(s))
        acts = np.array([word[action] in brief.named for action in world.actions])
        minded = bools(acts[world.pair_action])
        return View(problem, s, tuple(facts.state), here, brief.instruction, minded)

    def call(self, texts: Sequence[str], word: str) -> TellingCall:
        """The call that an act is."""
        lexicon = Lexicon({**_brief(texts).word, **told_by(shown(texts)).word}, {})
        return call_of(lexicon, word)


def shown(texts: Sequence[str]) -> dict[str, str]:
    """The text of each file that was shown, as it was last."""
    files: dict[str, str] = {}
    path = ""
    for line in (line for text in texts for line in [*text.splitlines(), ""]):
        if line.startswith("==> ") and line.endswith(" <=="):
            path = line[4:-4]
            files[path] = ""
        elif not line:
            path = ""
        elif path:
            files[path] += f"\n{line}" if files[path] else line
    return files


def _is_brief(text: str) -> bool:
    return any(heading in text for heading in COMMANDS_ARE)


def _brief(texts: Sequence[str]) -> _Brief:
    return _read(next(filter(_is_brief, texts), ""))


@lru_cache(maxsize=1024)
def _read(text: str) -> _Brief:
    word: dict[str, str] = {}
    paths: tuple[str, ...] = ()
    instruction, named = "none", ""
    for line in text.splitlines():
        for sentence in EXPLAINED:
            word |= sentence.heard(line) or {}
        if told := FILES_ARE.heard(line):
            paths = tuple(told["value"].split(", "))
        for sentence in CONDUCT:
            if told := sentence.heard(line):
                instruction, named = sentence.name, told["value"]
    listed = tuple(named.strip("`").split("`, `")) if named else ()
    return _Brief(word, paths, instruction, listed)
