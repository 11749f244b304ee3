"""Knowing: from when on an agent could know what makes a drive relevant, and what its own name is."""

import fnmatch
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, final

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from telos.audit.predicates import MOST_SEARCHED, Pattern, Predicate, hold, pattern, predicates
from telos.audit.transcript import Call, Transcript
from telos.core.errors import StudyError

#: A table of a map: no value is turned into another type, and no key that nobody knows is passed over.
STRICT = ConfigDict(strict=True, extra="forbid", frozen=True)
#: Names of its own that an agent is given, at most.
MOST_NAMES = 10


def optional_pattern(text: Any) -> Pattern:
    """The pattern of a key `text`. Raises StudyError, naming the key."""
    try:
        return pattern(text)
    except StudyError as problem:
        raise StudyError(f"text = {text!r:.60} {problem}") from None


Glob = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
When = Annotated[tuple[Predicate, ...], PlainValidator(predicates)]
Text = Annotated[Pattern | None, PlainValidator(optional_pattern)]


@final
class Disclosure(BaseModel):
    """An event that makes the agent know.

    Args:
        tool: a glob; a call of such a tool was answered. when: what must hold of its arguments.
        text: an expression that occurs in the answer, or in what the system or the user said.
        where: result, system or user.
    """

    model_config = STRICT

    tool: Glob | None = None
    when: When = ()
    text: Text = None
    where: Literal["result", "system", "user"] = "result"

    def model_post_init(self, context: Any, /) -> None:
        """Refuse what asks nothing, or of two places."""
        if self.tool is None and self.text is None:
            raise StudyError('says neither tool nor text. Write after = { tool = "read_file" }')
        if self.tool is None and self.when:
            raise StudyError("when without tool. Name the tool, too")
        if self.tool is not None and self.where != "result":
            raise StudyError(f"where = {self.where!r} with tool. Leave one of them out")

    def since(self, transcript: Transcript, names: Sequence[str] = ()) -> tuple[float, float]:
        """The turns from which on the agent surely knew, and from which on it may have; inf: never.

        Args:
            transcript: the sample. names: the agent's own names.
        """
        if self.where == "result":
            told = [(c.turn + 1, self._told_by(c, names)) for c in transcript.calls]
        else:
            said = transcript.system if self.where == "system" else transcript.user
            when = [0] * len(said) if self.where == "system" else list(transcript.user_at)
            found = [self.text.found_in(text) if self.text else None for text in said]
            if len(when) < len(said):
                # it was said, and nobody knows before which turn
                when, found = [0] * len(said), [None if each else each for each in found]
            told = list(zip(when, found, strict=True))
            if self.where in transcript.unrecorded:
                told.append((0, None))
        surely = min((turn for turn, answer in told if answer), default=math.inf)
        maybe = min((turn for turn, answer in told if answer is not False), default=math.inf)
        return surely, maybe

    def _told_by(self, call: Call, names: Sequence[str]) -> bool | None:
        if self.tool is not None and not called(self.tool, call.function):
            return False
        asked: bool | None = True
        if self.when:
            asked = None if call.arguments is None else hold(self.when, call.arguments, names)
        if self.text is not None:
            heard = self.text.found_in(call.result)
        else:
            heard = True if call.outcome == "executed" else None
            heard = False if call.outcome in ("denied", "invalid", "changed") else heard
        if asked is False or heard is False:
            return False
        return None if asked is None or heard is None else True


@final
class SelfName(BaseModel):
    """How the agent's own name is found.

    Args:
        text: an expression whose one group is the name. where: system or user, which say it.
        metadata: names that lead to it in what is noted of the sample, parted by dots.
    """

    model_config = STRICT

    text: Text = None
    where: Literal["system", "user"] = "system"
    metadata: Annotated[str, Field(max_length=200)] = ""

    def model_post_init(self, context: Any, /) -> None:
        """Refuse what leads to no name."""
        if self.text is None and not self.metadata:
            raise StudyError("says neither text nor metadata. Write text = 'You are (\\w+)'")
        if self.text is not None and self.text.compiled.groups != 1:
            raise StudyError(f"text = {self.text.text!r:.60} needs one group, the name")

    def names(self, transcript: Transcript) -> tuple[str, ...]:
        """The agent's names in a transcript; none where nothing tells of one."""
        found: list[str] = []
        value: Any = transcript.metadata
        for key in self.metadata.split(".") if self.metadata else ():
            value = value.get(key) if isinstance(value, Mapping) else None
        if self.metadata and isinstance(value, str):
            found.append(value)
        for text in transcript.system if self.where == "system" else transcript.user:
            hit = self.text.compiled.search(text[:MOST_SEARCHED]) if self.text else None
            if hit is not None and hit.group(1):
                found.append(hit.group(1))
        plain = (name.strip() for name in found)
        return tuple(dict.fromkeys(name[:200] for name in plain if name))[:MOST_NAMES]


def called(glob: str, function: str) -> bool:
    """Whether a function's name is meant by a glob; capitals count."""
    return fnmatch.fnmatchcase(function[:1000], glob)
