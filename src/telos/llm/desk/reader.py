"""The reader of a desk: what it still has to look up, and the moment that the files tell of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import bools
from telos.core.errors import TranscriptError
from telos.llm.desk.files import COMMANDS_ARE, instruction_in
from telos.llm.desk.reading import told_by
from telos.llm.desk.sentences import PATHS, STANDS, STATUS
from telos.llm.desk.tools import call_of, word_of_act
from telos.llm.telling import AbstractReader, TellingCall, View

#: Files that tell where things stand, beside the status, which every tick shows anew.
STANDING = tuple(sorted({fact.path for fact in STANDS} - {STATUS}))


@final
@dataclass(frozen=True)
class DeskReader(AbstractReader):
    """Reads every file once, and those that tell where things stand anew in each tick."""

    def told(self, texts: Sequence[str]) -> bool:
        """Whether the brief of a desk is among the texts."""
        return any(COMMANDS_ARE in text for text in texts)

    def wanted(self, texts: Sequence[str]) -> tuple[TellingCall, ...]:
        """The files to be read now."""
        files, fresh = shown(texts)
        lacking = [
            path for path in PATHS if path not in files or (path in STANDING and path not in fresh)
        ]
        return tuple(TellingCall("read_file", {"path": path}) for path in lacking)

    def view(self, texts: Sequence[str]) -> View:
        """The moment that the files tell of."""
        if lacking := self.wanted(texts):
            listed = ", ".join(str(call.arguments["path"]) for call in lacking)
            raise TranscriptError(f"not all is known yet: read {listed}.")
        facts = told_by(shown(texts)[0])
        problem = facts.problem
        world = problem.world
        s = world.find(facts.state)
        words = tuple(word_of_act(world.actions[world.pair_action[p]]) for p in world.pairs_of(s))
        instruction, named = instruction_in(texts)
        acts = [word_of_act(action) in named for action in world.actions]
        minded = bools(np.array(acts)[world.pair_action])
        return View(problem, s, tuple(facts.state), words, instruction, minded)

    def call(self, texts: Sequence[str], word: str) -> TellingCall:
        """The call that an act is."""
        return call_of(word)


def shown(texts: Sequence[str]) -> tuple[Mapping[str, str], frozenset[str]]:
    """The text of each file that was shown, as it was last, and those shown since the last status."""
    files: dict[str, str] = {}
    fresh: set[str] = set()
    path = ""
    for line in (line for text in texts for line in [*text.splitlines(), ""]):
        if line.startswith("==> ") and line.endswith(" <=="):
            path = line[4:-4]
            files[path] = ""
            fresh = set() if path == STATUS else fresh | {path}
        elif not line:
            path = ""
        elif path:
            files[path] += f"\n{line}" if files[path] else line
    return files, frozenset(fresh)
