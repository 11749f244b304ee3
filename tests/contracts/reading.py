"""Both ends of a page: a result folder made up for it, and the page as a browser reads it."""

import functools
import html
import json
import re
from html.parser import HTMLParser

import polars as pl

from telos import agents, drives, families, safeguards, worlds
from telos.core.record import (
    Commit,
    Machine,
    Provenance,
    Record,
    StudyEntry,
    TrialEntry,
    WorldEntry,
)
from telos.core.refs import PartRef, refs_of
from telos.core.spec import digest
from telos.core.study_spec import PartSpec, StudySpec
from telos.core.tables import columns, read_csv, schema
from telos.runs.tables import framed, write_table

SHIPPED = {name: part for package in (agents, drives, families, safeguards, worlds)
           for name, part in vars(package).items()}  # fmt: skip
PROVENANCE = Provenance(
    made="2026-01-31T12:00:00+00:00",
    python="3.12.1",
    versions={"telos": "0.1.0", "numpy": "2.3.0"},
    commit=Commit(id="0123456789ab", dirty=False),
    machine=Machine(system="Linux x86_64", processor="made up", cores=2, memory_gib=8.0),
    blas="openblas 0.3.29",
    jobs=1,
)
WORLD = WorldEntry(
    name="made up",
    states=4312,
    pairs=25710,
    successors=60000,
    outcomes=26,
    deterministic=False,
    features=("off", "resources", "capability", "goal_register"),
)


# --------------------------------------------------------------------------- a made-up folder


@functools.cache
def ref(text, kind):
    """The reference to a part: shipped, as its author would type it (a drive: its name); or itself."""
    if isinstance(text, PartRef):
        assert text.kind == kind
        return text
    drive = "".join(word.capitalize() for word in text.split("_")) + "()"
    part = eval(drive if kind == "drive" else text, SHIPPED.copy())
    found = refs_of({text: part})[text]
    assert (found.kind, found.shipped) == (kind, True)
    assert found.label == text, f"{text} is called {found.label}"
    return found


def third_party(path, kind, label, **more):
    """The reference to a part that Telos does not ship."""
    return PartRef(path=path, kind=kind, label=label, **more)


def trial_entry(
    family="Uniform()",
    agent="Optimal()",
    discount=0.97,
    *,
    scenario="PaperclipFactory()",
    drives,
    safeguards=(),
    off="iid",
    n_goals,
    **changes,
):
    """One trial of `study.json`; its parts are references, or what `ref` makes them of."""
    parts = {
        "scenario": ref(scenario, "scenario"),
        "family": ref(family, "family"),
        "agent": ref(agent, "agent"),
        "safeguards": tuple(ref(part, "safeguard") for part in safeguards),
        "drives": tuple(ref(drive, "drive") for drive in drives),
    }
    labels = [parts[name].label for name in ("scenario", "family", "agent")]
    guards = [part.label for part in parts["safeguards"]]
    given = {
        "key": digest([*labels, guards, discount, off, n_goals]),
        "seed": 0,
        "chunk": max(1, n_goals),
        "world": WORLD,
    }
    told = {"discount": discount, "off": off, "n_goals": n_goals}
    return TrialEntry(**{**parts, **told, **given, **changes})


def record_of(trials, *, name="made_up", question="Where to?", references=(), **changes):
    """The record of a study with these trials, as `telos run` would leave it."""
    first = trials[0]
    said = {
        "name": name,
        "question": question,
        "seed": first.seed,
        "n_goals": max(1, first.n_goals),
        "references": references,
    }

    def specs(parts):
        return tuple(
            PartSpec.model_validate({"part": part.path, "version": part.version, **part.fields})
            for part in dict.fromkeys(parts)
        )

    spec = StudySpec(
        part="telos.runs.study:Study",
        scenarios=specs(trial.scenario for trial in trials),
        families=specs(trial.family for trial in trials),
        agents=specs(trial.agent for trial in trials),
        drives=specs(drive for trial in trials for drive in trial.drives),
        discounts=tuple(dict.fromkeys(trial.discount for trial in trials)),
        safeguards=tuple(map(specs, dict.fromkeys(trial.safeguards for trial in trials))),
        **said,
    )
    given = {"provenance": PROVENANCE, "status": "complete", "seconds": 41.3}
    study = StudyEntry(spec=spec, **said)
    return Record(study=study, trials=tuple(trials), **{**given, **changes})


def write_record(folder, record, *, readings, tables, illustrations=None):
    """A result folder: the record, the frames of readings, the rows of each table, illustrations."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.json").write_text(json.dumps(record.plain()))
    write_readings(folder, pl.concat(readings))
    for name, rows in tables.items():
        odd = {column for row in rows for column in row} - set(columns(name))
        assert not odd, f"{name}.csv has no columns {odd}"
        if rows:
            write_table(folder / f"{name}.csv", framed(name, rows))
    if illustrations is not None:
        (folder / "illustrations.json").write_text(json.dumps(illustrations.plain()))
    return folder


def write_readings(folder, frame):
    """Readings, each column of the type that it has in a record; what is not given is empty."""
    kinds = schema("readings")
    odd = set(frame.columns) - set(kinds)
    assert not odd, f"readings.parquet has no columns {odd}"
    empty = [pl.lit(None).alias(name) for name in kinds if name not in frame.columns]
    whole = frame.with_columns(empty).select(pl.col(name).cast(kinds[name]) for name in kinds)
    whole.write_parquet(folder / "readings.parquet")


def labeled(frame, trial):
    """A frame with what tables call the trial."""
    return frame.with_columns(pl.lit(value).alias(name) for name, value in trial.labels().items())


def table_of(folder, name):
    """A table of a folder."""
    return read_csv(folder / f"{name}.csv", name, "")


def change_table(folder, name, change):
    """Write a table of a folder anew, changed."""
    write_table(folder / f"{name}.csv", change(table_of(folder, name)))


def is_clear(message, folder):
    """Whether a message names a file of the folder, and ends with what is to be done."""
    done = ("it again: ", "it again.", "again into the same folder: ", "Pass the folder ")
    return str(folder) in message and any(x in message for x in done) and message.endswith(".")


# --------------------------------------------------------------------------- a page


class Reader(HTMLParser):
    """Tags, attributes, headings and visible text of a page; complains of tags that do not match.

    `between` stands between two pieces of text that a tag parts; `plain` makes the visible text of them.
    """

    EMPTY = frozenset({"meta", "br", "col", "link", "img", "input"})
    UNSEEN = frozenset({"style", "script", "title"})

    def __init__(self, text, between=" ", plain=None):
        HTMLParser.__init__(self)
        self.between, self.plain = between, plain or single_spaced
        self.tags, self.open, self.words, self.headings, self.seen = [], [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append((tag, dict(attrs)))

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        tags = [tag for tag, _ in self.open]
        if not {"style", "script"} & set(tags):
            self.words.append(data)
            if tags[-1:] == ["h2"]:
                self.headings.append(data)
        if not any(map(self.hides, range(len(tags)))):
            self.seen += data.split()

    def hides(self, place):
        """Whether an open tag hides what is in it until somebody asks for it."""
        tag, attributes = self.open[place]
        classes = (attributes.get("class") or "").split()
        if tag == "details" and "open" not in attributes:
            return "summary" not in [tag for tag, _ in self.open[place:]]
        hidden = {"hidden", "popover"} & set(attributes) or {"more", "picks"} & set(classes)
        return tag in self.UNSEEN or bool(hidden)

    def all(self, attribute):
        return [attrs[attribute] for _, attrs in self.tags if attrs.get(attribute) is not None]

    @property
    def text(self):
        return self.plain(self.between.join(self.words))


def single_spaced(text):
    """Text with one space wherever there are several, or a new line."""
    return re.sub(r"[ \n]+", " ", text)


def heading(text):
    """The visible text of the first heading: the answer."""
    found = re.search(r"<h1>(.*?)</h1>", text, re.DOTALL)
    return single_spaced(html.unescape(re.sub(r"<[^>]*>", "", found.group(1))))


def lines_of(text, name="numbers-table"):
    """The cells of each line of a table of the page."""
    start = text.index(f'<table id="{name}"')
    rows = re.findall(r"<tr[^>]*>(<td>.*?)</tr>", text[start : text.index("</table>", start)])
    return [[html.unescape(x) for x in re.findall(r"<td>(.*?)</td>", row)] for row in rows]
