"""Transcripts from Inspect logs of any task: offers, calls and answers, one sample at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from inspect_ai.log import EvalSample

from telos.audit.inspect_.calls import calls_of
from telos.audit.inspect_.folders import History
from telos.audit.inspect_.log_files import LoggedSample
from telos.audit.roles import UNKNOWN
from telos.audit.transcript import Transcript
from telos.core.errors import TranscriptError


def transcripts(names: str | Path | Sequence[str | Path]) -> Iterator[Transcript]:
    """The samples in some logs and folders, each once, of agents; what a later log ran again leaves.

    Args:
        names: `.eval` or `.json` logs of Inspect 0.3.58 or later, or folders with such logs below them.

    Raises:
        TranscriptError: if nothing can be read, naming the place and why.
    """
    listed = [names] if isinstance(names, str | Path) else list(names)
    history = History(listed)
    yield from (told for told in told_in(history) if not told.superseded)
    for skipped in history.skipped:
        if skipped.broken:
            raise TranscriptError(skipped.why)


def told_in(
    history: History, roles: Sequence[str] = (), met: set[str] | None = None
) -> Iterator[Transcript]:
    """The transcripts of a history, those of superseded samples among them.

    Args:
        history: the logs. roles: whose calls are judged.
        met: takes in the roles on record, `UNKNOWN` for a sample that records no model.
    """
    met = set() if met is None else met
    for found in history:
        if found.sample is None:
            yield _bare(found, found.lack, found.unread)
            continue
        try:
            transcript, present = transcript_of(found, found.sample, roles)
        except (KeyboardInterrupt, MemoryError):
            raise
        except Exception as problem:  # noqa: BLE001 - one odd sample ends no audit: it stays open
            why = f"cannot be understood ({type(problem).__name__}: {problem})"[:300]
            yield _bare(found, why, unread=True)
            continue
        met |= present or {UNKNOWN}
        yield transcript


def _bare(found: LoggedSample, why: str, unread: bool) -> Transcript:
    """A sample of which nothing is known: nothing speaks for it."""
    of = found.head.eval
    return Transcript(
        log=str(found.path),
        sample=found.name,
        epoch=found.epoch,
        model=of.model,
        tools=None,
        calls=(),
        incomplete=why,
        task=of.task,
        unread=unread,
        superseded=found.superseded,
    )


def transcript_of(
    found: LoggedSample, sample: EvalSample, roles: Sequence[str] = ()
) -> tuple[Transcript, frozenset[str]]:
    """One sample as a transcript, and the roles of the models on record in it."""
    told = calls_of(sample, roles)
    transcript = Transcript(
        log=str(found.path),
        sample=found.name,
        epoch=found.epoch,
        model=found.head.eval.model,
        # by Telos's own protocol in words, tools are offered in the brief
        tools=None if (sample.metadata or {}).get("protocol") == "text" else told.tools,
        calls=told.calls,
        system=told.said["system"],
        user=told.said["user"],
        incomplete="; ".join((*filter(None, [found.lack]), *_incomplete(sample), *told.doubts)),
        task=found.head.eval.task,
        apart=told.apart,
        superseded=found.superseded,
        metadata=sample.metadata or {},
    )
    return transcript, told.roles


def _incomplete(sample: EvalSample) -> Iterator[str]:
    """Why a sample does not tell everything."""
    if sample.error is not None:
        yield f"error: {_first(sample.error.message)}"
    if sample.limit is not None:
        yield f"limit: {sample.limit.type}"
    retried = getattr(sample, "error_retries", None)
    if retried:
        # what was done before an error is kept only from the last answer of the model on
        yield f"begun anew after {len(retried)} errors: {_first(retried[-1].message)}"
    if not sample.messages and not sample.events:
        yield "nothing was recorded"


def _first(text: str) -> str:
    return next(iter(text.strip().splitlines()), "")[:200]
