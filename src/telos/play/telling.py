"""Telling: what the steps of a story share, the state of a page and numbers in words."""

from collections.abc import Sequence

from telos.play.combined import DriveFound
from telos.play.facts import Facts
from telos.play.record import StoryAnswer
from telos.report.words import with_interval


def state_of(
    facts: Facts, goal: int, setting: int = 0, switches: Sequence[int] = (), drive: str = ""
) -> str:
    """The state of the page, as its address says it."""
    named = drive or facts.focus
    told = [f"setting={setting}"]
    told += [f"switches={','.join(map(str, switches))}"] if switches else []
    told += [f"drive={named}"] if named else []
    return "&".join([*told, f"discount={facts.plan.discount!r}", f"goal=u{goal}"])


def answer_of(found: DriveFound, setting: int = 0, switches: Sequence[int] = ()) -> StoryAnswer:
    ends = found.interval
    return StoryAnswer(
        setting=setting,
        switches=tuple(switches),
        drive=found.drive,
        n=len(found.needs),
        required=float(found.required.mean()),
        c=found.c,
        low=ends.low,
        high=ends.high,
        share=float(found.share.mean()),
    )


def rate(found: DriveFound) -> str:
    """c with its interval, in words."""
    return with_interval(found.c, *found.interval)


def several(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def both_names(facts: Facts, drive: str) -> str:
    """What pursuing a drive is, and what its bar is called where that is another word."""
    act, bar = facts.plan.words.act(drive), name_of_bar(drive)
    return bar if drive not in facts.plan.words.acts else f"{act} (“{bar}”)"


def name_of_bar(drive: str) -> str:
    """A drive as the views of the page call it."""
    return drive.replace("_", " ").replace("self preservation", "self-preservation")


def title_of(text: str) -> str:
    return text[:1].upper() + text[1:]
