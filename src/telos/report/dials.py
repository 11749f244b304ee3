"""Dials: from how much capability, or experience, on a drive is there to be seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from telos.core.refs import PartRef
from telos.report.arms import Sentence, sentence
from telos.report.dial_figures import fallen, kept_panel, propensity_panel
from telos.report.draw import Figure
from telos.report.rates import Table
from telos.report.results import Results
from telos.report.turned import Line, Row, Turned, read_turned
from telos.report.words import (
    DriveWords,
    drive_words,
    in_order,
    known,
    listed,
    number,
    part_words,
    percent,
    plain,
    steadied,
    with_interval,
)


@final
@dataclass(frozen=True)
class Panel:
    """One drive on one dial: its figure and where it begins, in words."""

    drive: DriveWords
    figure: Figure
    begins: Sentence


@final
@dataclass(frozen=True)
class KeptPanel:
    """The task kept on one dial: its figure and where more does worse, in words."""

    title: str
    figure: Figure
    said: Sentence


@final
@dataclass(frozen=True)
class DialView:
    """One dial in one place: a panel a drive."""

    title: str
    panels: tuple[Panel, ...]


@final
@dataclass(frozen=True)
class Place:
    """All dials that are turned in one place.

    Args:
        title: where. n: how many goals, in how many worlds. dials: as they are shown.
        single: whether no dial has more than one drive, so that they stand side by side.
        kept: the task kept on each dial that leaves the goals as they are.
        cells: per dial, its title and one (level, side note) a drive of the section.
        table: every point.
    """

    title: str
    n: str
    dials: tuple[DialView, ...]
    single: bool
    kept: tuple[KeptPanel, ...]
    cells: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    table: Table


@final
@dataclass(frozen=True)
class Dials:
    """The section.

    Args:
        title: of the section. lead: what the page begins with. also: the same of the other places.
        told: per dial, its name and what turning it up means.
        reference: what the thin line is. drives: the columns of the summary. places: one after
            the other.
    """

    title: str
    lead: Sentence
    also: tuple[Sentence, ...]
    told: tuple[tuple[str, str], ...]
    reference: str
    drives: tuple[DriveWords, ...]
    places: tuple[Place, ...]


def dials(results: Results) -> Dials | None:
    """The section of a study's dials; None where it has none that any drive applies to."""
    every = [turned for turned in read_turned(results) if turned.lines]
    if not every:
        return None
    wheres = dict.fromkeys(turned.where for turned in every)
    groups = [[turned for turned in every if turned.where == where] for where in wheres]
    keys = in_order(list({line.drive for turned in every for line in turned.lines}))
    drives = tuple(drive_words(key, place) for place, key in enumerate(keys))
    lead, *also = (_lead(_leader(group)) for group in groups)
    units = {turned.unit for turned in every}
    towards = {turned.towards for turned in every if turned.towards}
    return Dials(
        title=plain(units.pop()) if len(units) == 1 else "Capability",
        lead=lead,
        also=tuple(also),
        told=_told(every),
        reference=_reference(towards),
        drives=drives,
        places=tuple(_place(group, drives, i) for i, group in enumerate(groups)),
    )


def _told(every: Sequence[Turned]) -> tuple[tuple[str, str], ...]:
    """What turning up means, said once of all dials of which it is the same."""
    names: dict[str, dict[str, None]] = {}
    for turned in every:
        names.setdefault(turned.meaning, {})[turned.name] = None
    return tuple((_title(listed(list(found))), meaning) for meaning, found in names.items())


def _reference(towards: set[PartRef]) -> str:
    if not towards:
        return "the optimum"
    names = listed(sorted(part_words(ref).title.lower() for ref in towards))
    return f"the {names} optimum"


def _place(group: Sequence[Turned], drives: Sequence[DriveWords], place: int) -> Place:
    views, kept, cells = [], [], []
    for i, turned in enumerate(group):
        lines = {line.drive: line for line in turned.lines}
        mine = [words for words in drives if words.key in lines]
        panels = tuple(
            Panel(
                words,
                propensity_panel(turned, lines[words.key], words, f"dial{place}-{i}-{j}"),
                _begins(lines[words.key]),
            )
            for j, words in enumerate(mine)
        )
        title = _title(turned.name)
        views.append(DialView(title, panels))
        cells.append((title, tuple(_cell(lines.get(words.key)) for words in drives)))
        fullest = _fullest(turned)
        if any(known(row["worse"]) for row in fullest.rows):
            figure = kept_panel(turned, fullest, f"kept{place}-{i}")
            kept.append(KeptPanel(title, figure, _worse(fullest)))
    return Place(
        title=_title(group[0].where or "Everywhere"),
        n=_counted(group[0].lines[0].rows[-1]),
        dials=tuple(views),
        single=all(len(view.panels) == 1 for view in views),
        kept=tuple(kept),
        cells=tuple(cells),
        table=Table(
            f"Every point {group[0].where}".strip(),
            HEAD,
            tuple(row for turned in group for row in _numbers(turned, drives)),
        ),
    )


def _title(text: str) -> str:
    return text[:1].upper() + text[1:]


def _counted(row: Row) -> str:
    """``30 worlds with 48 goals each``, ``100 goals with 3 learners each``."""
    goals, worlds, learners = (int(row[name] or 0) for name in ("goals", "worlds", "learners"))
    text = f"{goals:,} goals"
    if row["clusters"] == "worlds" and worlds:
        text = f"{worlds:,} worlds with {goals // worlds:,} goals each"
    if learners > 1:
        text += (
            f", {learners} learners each" if "each" in text else f" with {learners} learners each"
        )
    return text


# -- where it begins -----------------------------------------------------------------------------


def _cell(line: Line | None) -> tuple[str, str]:
    """What the summary says of a drive: the level at which it begins, and from where on it is full."""
    if line is None:
        return "", ""
    level, action, settled = (line.onset[name] for name in ("onset", "onset_action", "settled"))
    full = f"full from {number(settled)}" if known(settled) else "not full"
    if known(level):
        return number(level), f"shunned; {full}" if _shunned(line) else full
    if known(action):
        return f"({number(action)})", full
    return "\u2013", full


def _shunned(line: Line, name: str = "onset") -> bool:
    return str(line.onset[f"{name}_sense"]).startswith("below")


def _begins(line: Line) -> Sentence:
    """Where one drive begins, or why it does not, and from where on it is as strong as it gets."""
    level, action, settled = (line.onset[name] for name in ("onset", "onset_action", "settled"))
    first = line.rows[0]["level"]
    found: list[str | tuple[str, str]]
    if known(level) and level == first:
        found = ["Shunned" if _shunned(line) else "Beyond chance", " at every level"]
    elif known(level):
        found = ["Shunned from " if _shunned(line) else "Begins at ", ("b", number(level))]
    elif known(action):
        side = "Below" if _shunned(line, "onset_action") else "Beyond"
        found = [f"{side} random actions from ", ("b", number(action)), ", not random outcomes"]
    else:
        found = [_why(line)]
    there = f"; full from {number(settled)}" if known(settled) else "; never full"
    return sentence(*found, there, ".")


def _why(line: Line) -> str:
    why = str(line.onset["onset_why"])
    if why.startswith("the optimum itself"):
        return "No more than chance at the top"
    if why.startswith("not below"):
        return "Not clearly below chance at the top"
    return "Not clearly beyond chance at the top" if why.startswith("not above") else _title(why)


def _leader(group: Sequence[Turned]) -> Turned:
    """The dial that tells most: of agents before worlds, then the one with most onsets on the way."""
    return max(
        group,
        key=lambda turned: (
            any(known(row["worse"]) for line in turned.lines for row in line.rows),
            sum(_on_the_way(line) for line in turned.lines),
        ),
    )


def _on_the_way(line: Line) -> bool:
    return known(line.onset["onset"]) and bool(line.onset["onset"] != line.rows[0]["level"])


def _lead(turned: Turned) -> Sentence:
    """Where each drive begins as one dial is turned up, and where more of it does worse."""
    kinds: dict[str, list[tuple[str, str]]] = {kind: [] for kind in LEADS}
    for line in turned.lines:
        level, action = line.onset["onset"], line.onset["onset_action"]
        if known(level) and _on_the_way(line):
            kind = "shunned" if _shunned(line) else "begins"
        elif known(level):
            kind = "never done" if _shunned(line) else "always done"
        else:
            kind = "counted" if known(action) and not _shunned(line, "onset_action") else "never"
        at = number(action) if kind == "counted" else number(level)
        kinds[kind].append((drive_words(line.drive).title.lower(), at))
    unit = f" ({turned.unit})"
    pieces: list[str | tuple[str, str]] = []
    for kind, (verb, plural, rest) in LEADS.items():
        found = kinds[kind]
        if found and kind not in ("begins", "shunned", "counted"):
            names = listed([name for name, _ in found])
            pieces += [
                "; " if pieces else "",
                f"{names} {plural if len(found) > 1 else verb}{rest}",
            ]
            continue
        for i, (name, level) in enumerate(found):
            pieces += [
                "; " if pieces else "",
                f"{name} {'at ' if i and kind == 'begins' else verb}",
            ]
            pieces += [("b", level), unit, rest]
            unit = ""
    falls = fallen(_fullest(turned).rows)
    if falls:
        levels = listed([number(row["level"]) for row in falls])
        pieces += ["; but more does ", ("b", "worse"), f" at {levels} than one level before"]
    place = f" {turned.where}" if turned.where else ""
    n = f" ({_counted(turned.lines[0].rows[-1])})"
    return sentence(f"As {turned.name} is turned up{place}, ", *pieces, ".", ("i", n))


#: Of each kind of beginning: the verb for one drive, for several, and how it goes on.
LEADS = {
    "begins": ("appears at ", "", ""),
    "shunned": ("is shunned from ", "", " on"),
    "counted": ("passes random actions at ", "", ", though not what counting outcomes gives"),
    "always done": ("is", "are", " above chance at every level"),
    "never done": ("is", "are", " shunned at every level"),
    "never": ("is", "are", " never clearly beyond chance"),
}


def _fullest(turned: Turned) -> Line:
    """The drive that applies in most worlds: its rows say most of the task kept."""
    return max(turned.lines, key=lambda line: line.rows[-1]["goals"] or 0)


# -- where more does worse -----------------------------------------------------------------------


def _worse(line: Line) -> Sentence:
    """Where the mean falls, and the step at which most goals do worse."""
    falls = fallen(line.rows)
    steps = [row for row in line.rows if known(row["worse"])]
    most = max(steps, key=lambda row: row["worse"])
    rates = with_interval(most["worse"], most["worse_low"], most["worse_high"])
    some = (
        f"At most {rates} of goals do worse than one level before (at {number(most['level'])})."
        if most["worse"]
        else "No goal does worse at any level than one before."
    )
    if not falls:
        return sentence("The mean falls nowhere. ", some)
    places = listed([number(row["level"]) for row in falls])
    return sentence("More does ", ("b", "worse"), f" at {places}. ", some)


# -- numbers -------------------------------------------------------------------------------------

HEAD = (
    "turned up", "level", "drive", "n", "required", "propensity", "chance: actions",
    "chance: outcomes", "optimum", "between", "within", "task_retained", "better", "same", "worse",
)  # fmt: skip


def _numbers(turned: Turned, drives: Sequence[DriveWords]) -> list[tuple[str, ...]]:
    """The cells of one dial under `HEAD`."""
    titles = {words.key: words.title for words in drives}
    return [
        (
            _title(turned.name),
            number(row["level"], 4),
            titles[line.drive],
            _counted(row) + (f"; {row['left_out']:.0f} worlds left out" if row["left_out"] else ""),
            _rate(row, "required"),
            _rate(row, "propensity"),
            percent(row["baseline_actions"], 1),
            percent(row["baseline_outcomes"], 1),
            percent(row["optimum"], 1),
            number(row["between"], 2),
            number(row["within"], 2),
            steadied(row["task_retained"], row["task_retained_low"], row["task_retained_high"]),
            *(percent(row[name], 1) for name in ("better", "same", "worse")),
        )
        for line in turned.lines
        for row in line.rows
    ]


def _rate(row: Row, name: str) -> str:
    return with_interval(row[name], row[f"{name}_low"], row[f"{name}_high"])
