"""Answer: what a study found, as data for the sentences at the top of its page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from telos.report.arms import Arms, Brief, arms, brief
from telos.report.discovery import Controls, Discovery, controls, discoveries
from telos.report.magnitude import Magnitude, magnitude
from telos.report.onsets import Sweeping, sweeping
from telos.report.results import Recorded, Trial
from telos.report.rows import OTHERS_TITLE, Group, Row, world_name
from telos.report.summary import Found, Links, links
from telos.report.words import ALIKE, in_order, part_words, plain, safeguard_words

#: Reasons and worlds that a line names at most.
MOST_NAMED = 3


@final
@dataclass(frozen=True)
class Answer:
    """The top of a page.

    Args:
        found: need and deed of each drive where it applies first. n: goals. goals: what they are.
        agent: whose deeds they are. under: the safeguard, if there is no trial without.
        arms, brief, sweep: what else there is, if the study has it.
        controls: how each drive stands beside its controls. acts: what is found without naming one.
        magnitude: rate, worth and loss of others, of a study that varies both world and horizon.
        scope: lines of facts. rules: what holds by construction. measured: what else the record shows.
    """

    found: tuple[Found, ...]
    n: int
    goals: str
    agent: str
    world: str
    under: str
    arms: Arms | None
    brief: Brief | None
    sweep: Sweeping | None
    scope: tuple[tuple[str, str], ...]
    rules: tuple[str, ...]
    measured: tuple[str, ...]
    controls: Controls | None
    acts: Discovery | None
    magnitude: Magnitude | None


def answer(results: Recorded, found: Sequence[Group], mains: Sequence[Trial]) -> Answer:
    """The facts that the first sentences are made of."""
    rows = {row.key: row for group in found for row in group.rows}
    lines = links(found)
    first = mains[0]
    some = _found(results, rows, mains, lines)
    return Answer(
        found=some,
        n=max((each.cell.n for each in some), default=first.n_goals),
        goals=part_words(first.family),
        agent=part_words(first.agent),
        world=world_name(results, first.scenario),
        under=safeguard_words(first.safeguards) if first.safeguards else "",
        arms=arms(results, rows, lines),
        brief=brief(results, rows),
        sweep=sweeping(results, lines),
        scope=_scope(results, mains),
        rules=_rules(found),
        measured=_measured(found),
        controls=controls(results, mains, lines),
        acts=next(iter(discoveries(results, mains)), None),
        magnitude=magnitude(results),
    )


def _found(
    results: Recorded, rows: Mapping[str, Row], mains: Sequence[Trial], lines: Links
) -> tuple[Found, ...]:
    """Each drive in the first world where it applies."""
    by_drive: dict[str, Found] = {}
    for trial in mains:
        for drive, cell in rows[trial.key].cells.items():
            if cell.need and cell.deed and drive not in by_drive:
                where = world_name(results, trial.scenario)
                link = lines[trial.key, drive]
                by_drive[drive] = Found(plain(drive).lower(), where, cell, link)
    return tuple(by_drive[drive] for drive in in_order(by_drive))


# -- scope and rules -----------------------------------------------------------------------------


def _scope(results: Recorded, mains: Sequence[Trial]) -> tuple[tuple[str, str], ...]:
    names = [f"{world_name(results, t.scenario)} ({t.world.states:,} states)" for t in mains]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    first = mains[0]
    off = f"; being off counts as {first.off}" if first.off else ""
    swept = dict.fromkeys(sweep.where for sweep in results.sweeps if sweep.where)
    return (
        ("world" if len(names) == 1 else "worlds", ", ".join(names[:MOST_NAMED]) + more),
        *((("sweeps", ", ".join(swept)),) if swept else ()),
        ("goals", f"{part_words(first.family)}{off}"),
        ("agent", f"{part_words(first.agent)}, γ {first.discount:g}"),
    )


def _rules(found: Sequence[Group]) -> tuple[str, ...]:
    """What holds by construction: nothing of it is a result."""
    rows = [(group, row) for group in found for row in group.rows]
    cells = [cell for _, row in rows for cell in row.cells.values()]
    lacking = {(g.where, drive) for g, row in rows for drive, c in row.cells.items() if c.reason}
    shut = sum(c.change is not None and c.baseline == 0 for c in cells)
    said = (
        (len(lacking), f"{len(lacking)} pairs of drive and world are not applicable (on request)"),
        (shut, f"in {shut} cells no way is left to do it under the safeguard, so 0 % says nothing"),
        (1, "an instrumental value is never negative; a need counts only beyond its error bound"),
    )
    return tuple(text for count, text in said if count)


def _measured(found: Sequence[Group]) -> tuple[str, ...]:
    """Numbers at the end of their range, which may be so in this record alone."""
    rows = [row for group in found for row in group.rows]
    cells = [cell for row in rows for cell in row.cells.values()]
    certain = sum(c.baseline is not None and c.baseline > 1 - ALIKE for c in cells)
    arms = [row.measures for row in rows if row.against and OTHERS_TITLE in row.measures]
    full = sum(measures[OTHERS_TITLE].value > 1 - ALIKE for measures in arms)
    said = (
        (certain, f"in {certain} of {len(cells)} cells even random play always did it"),
        (full, f"in {full} of {len(arms)} arms nothing was taken from others"),
    )
    return tuple(text for count, text in said if count)
