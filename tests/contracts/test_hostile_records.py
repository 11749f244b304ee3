"""What a result folder of somebody else's may do to its reader: nothing but be shown, or be refused."""

import json
import os
import shutil
import sys

import polars as pl
import pytest

from telos import Study, agents, drives, families, run, worlds
from telos.cli import main
from telos.core.record import read_record
from telos.runs.store import read_study

STUDY = Study(
    name="tiny",
    question="Is anything in here believed too early?",
    scenarios=(worlds.OffSwitch(rooms=3),),
    families=(families.Uniform(),),
    agents=(agents.Optimal(), agents.UniformRandom()),
    drives=(drives.SelfPreservation(),),
    discounts=(0.9,),
    n_goals=16,
)
READ_IT = (
    ("status", "{folder}"),
    ("status", "{folder}", "--check"),
    ("report", "{folder}", "-o", "{out}/page.html"),
    ("export", "{folder}", "--format", "csv", "--table", "summary", "--out", "-"),
    ("export", "{folder}", "--format", "csv", "--out", "{out}/readings.csv"),
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished") / "run"
    run(STUDY, folder, jobs=1, progress=False)
    return folder


@pytest.fixture
def folder(finished, tmp_path):
    copied = tmp_path / "run"
    shutil.copytree(finished, copied)
    return copied


@pytest.fixture
def typed(monkeypatch, capfd, tmp_path):
    """Types a command; gives its exit status and what it printed."""
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.chdir(tmp_path)

    def type_it(words, folder):
        monkeypatch.setattr(
            sys, "argv", ["telos", *(word.format(folder=folder, out=out) for word in words)]
        )
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        printed = capfd.readouterr()
        return code, printed.out + printed.err

    return type_it


def _edited(change):
    def spoil(folder):
        path = folder / "study.json"
        record = json.loads(path.read_text())
        change(record)
        path.write_text(json.dumps(record))

    return spoil


def _set(*path_and_value):
    *path, last, value = path_and_value

    def change(record):
        for step in path:
            record = record[step]
        record[last] = value

    return _edited(change)


def _text(text):
    def spoil(folder):
        data = text if isinstance(text, bytes) else text.encode()
        (folder / "study.json").write_bytes(data)

    return spoil


def _nested(record):
    deep = []
    for _ in range(900):
        deep = [deep]
    record["trials"][0]["scenario"]["fields"] = {"rooms": deep}


def _in_place_of(make):
    def spoil(folder):
        (folder / "study.json").unlink()
        make(folder / "study.json")

    return spoil


def _huge(path):
    with path.open("wb") as file:
        file.truncate(2**31)


POPEN = {"part": "subprocess:Popen", "version": 1, "args": ["touch", "ran"]}
CLONED = {
    "part": "telos.interop.cloned_world:ClonedWorld",
    "version": 1,
    "make": "subprocess:Popen",
    "options": [["args", "touch ran"], ["shell", True]],
}
BAD_RECORDS = {
    "a part that is a callable": _set("study", "spec", "scenarios", [POPEN, 3]),
    "a path that is not one": _set("trials", 0, "scenario", "path", "os.system('x')"),
    "a part of another kind": _set("trials", 0, "agent", "kind", "scenario"),
    "a role that there is not": _set("trials", 0, "agent", "role", "god"),
    "a label of a million characters": _set("trials", 0, "agent", "label", "x" * 10**6),
    "a label that is a number": _set("trials", 0, "agent", "label", 3),
    "a key that is a path": _set("trials", 0, "key", "../../../etc"),
    "one key twice": _edited(lambda r: r["trials"].append(r["trials"][0])),
    "fewer goals than none": _set("trials", 0, "n_goals", -1),
    "more goals than can be counted": _set("trials", 0, "n_goals", 10**15),
    "goals as a word": _set("trials", 0, "n_goals", "16"),
    "goals as a fraction": _set("trials", 0, "n_goals", 1.5),
    "goals as a truth value": _set("trials", 0, "n_goals", True),
    "goals that are not a number": _set("trials", 0, "n_goals", float("nan")),
    "no goals of a chunk": _set("trials", 0, "chunk", 0),
    "a discount of one": _set("trials", 0, "discount", 1.0),
    "a discount as a word": _set("study", "spec", "discounts", ["x"]),
    "an infinite discount": _set("trials", 0, "discount", float("inf")),
    "no drives": _set("trials", 0, "drives", []),
    "drives as a number": _set("study", "spec", "drives", 3),
    "a reason for a drive that is not there": _set("trials", 0, "not_applicable", {"x": "y"}),
    "safeguards as texts, as schema 1 had them": _set("trials", 0, "safeguards", ["Forbid()"]),
    "a status that there is not": _set("status", "done"),
    "failures as a number": _set("failures", 3),
    "seconds below none": _set("seconds", -1.0),
    "another schema": _set("schema", 99),
    "a schema as a word": _set("schema", "2"),
    "a field that nobody knows": _set("__import__", "os"),
    "a name that is a path": _set("study", "name", "../../victim"),
    "a name of two lines": _set("study", "name", "a\nb"),
    "a name that the spec does not have": _set("study", "name", "other"),
    "trials as an object": _set("trials", {}),
    "no trials": _set("trials", []),
    "a sweep over trials that are not there": _set(
        "sweeps",
        [
            {
                "name": "x", "where": "", "meaning": "", "unit": "", "scale": "linear", "towards": None,
                "settings": [{"level": level, "trials": ["0" * 16], "reference": {}} for level in (0.0, 1.0)],
            }
        ],
    ),
    "a field whose name never ends and steers terminals": _set("\x1b[2J\u2028" * 10**4, 1),
    "a field nested 900 deep": _edited(_nested),
    "100,000 brackets": _text("[" * 100_000),
    "nothing": _text(""),
    "half a record": lambda d: _text((d / "study.json").read_bytes()[:700])(d),
    "no UTF-8": lambda d: _text((d / "study.json").read_bytes().replace(b"tiny", b"\xff\xfe"))(d),
    "a list": _text("[]"),
    "a pipe": _in_place_of(os.mkfifo),
    "a folder": _in_place_of(os.mkdir),
    "a link to a device without end": _in_place_of(lambda path: path.symlink_to("/dev/zero")),
    "a link to itself": _in_place_of(lambda path: path.symlink_to(path)),
    "two gigabytes": _in_place_of(_huge),
}  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="pipes and links of POSIX")
@pytest.mark.parametrize("spoil", BAD_RECORDS.values(), ids=BAD_RECORDS)
def test_a_record_that_telos_did_not_write_is_refused_in_one_sentence(
    spoil, folder, typed, tmp_path
):
    spoil(folder)
    before = _everything(tmp_path)
    for words in READ_IT:
        code, printed = typed(words, folder)
        assert code == 2, (words, printed)
        assert "Traceback" not in printed
        assert printed.count("\n") <= 2
        assert str(folder) in printed
        assert len(printed) < 2_000
        assert printed.replace("\n", "").isprintable()
    assert _everything(tmp_path) == before
    with pytest.raises(Exception, match=r".") as problem:
        read_study(folder)
    assert type(problem.value).__module__.startswith("telos.")


def _everything(folder):
    return sorted(str(path) for path in folder.rglob("*"))


@pytest.mark.parametrize("part", [POPEN, CLONED], ids=["a callable", "a shipped part that calls"])
def test_reading_a_record_builds_nothing_that_it_names(part, folder, typed, tmp_path):
    def change(record):
        record["status"] = "running"
        record["study"]["spec"]["scenarios"] = [part]

    _edited(change)(folder)
    for words in READ_IT:
        typed(words, folder)
    assert not (tmp_path / "ran").exists()
    with pytest.raises(ValueError, match="trust"):
        read_study(folder)
    assert not (tmp_path / "ran").exists()


def test_an_unfinished_folder_is_read_without_the_authors_code(folder, typed):
    _edited(lambda record: record.update(status="running"))(folder)
    for entry in read_record(folder).trials:
        assert entry.scenario.path == "telos.worlds.off_switch:OffSwitch"
    _edited(
        lambda record: [
            trial["scenario"].update(path="nowhere.to_be.found:Maze") for trial in record["trials"]
        ]
    )(folder)
    for words in READ_IT[:2] + READ_IT[3:]:
        code, printed = typed(words, folder)
        assert code == 0, printed


def test_what_a_record_says_is_shown_and_not_obeyed(folder, typed, tmp_path):
    nasty = "\x1b]0;owned\x07\x1b[2J[red]hello[/red]\u202e"
    _edited(
        lambda record: [
            record["study"].update(question=nasty),
            record["study"]["spec"].update(question=nasty),
        ]
    )(folder)
    code, printed = typed(("status", "{folder}"), folder)
    assert code == 0
    assert "[red]hello[/red]" in printed
    assert not {"\x1b", "\x07", "\u202e"} & set(printed)


def _rewritten(name, data):
    def spoil(folder):
        path = folder / name
        path.unlink()
        path.write_bytes(data) if isinstance(data, bytes) else data(path)

    return spoil


def _summary(change):
    def spoil(folder):
        path = folder / "summary.csv"
        path.write_text(change(path.read_text()))

    return spoil


BAD_TABLES = {
    "a stray quote": _summary(lambda text: text.replace("OffSwitch", '"OffSwitch', 1)),
    "a column too few": _summary(lambda text: text.replace("convergence", "konvergenz", 1)),
    "a column too many": _summary(
        lambda text: "\n".join(f"{x},1" for x in text.splitlines()) + "\n"
    ),
    "a word for a number": _summary(lambda text: text.replace("0.9", "many")),
    "a cut last line": _summary(lambda text: text[:-20]),
    "another name for a trial": _summary(lambda text: text.replace("Optimal()", "Somebody()")),
    "no text": _rewritten("summary.csv", b"\x00\xff" * 100),
    "no table": _rewritten("summary.csv", b""),
    "a table that is a pipe": _rewritten("summary.csv", os.mkfifo),
    "readings that are none": _rewritten("readings.parquet", b"PAR1 and then nothing"),
    "readings of other types": _rewritten(
        "readings.parquet",
        lambda path: pl.DataFrame({"trial": [1], "goal": ["x"]}).write_parquet(path),
    ),
    "readings that are a folder": _rewritten("readings.parquet", os.mkdir),
    "illustrations that are none": _rewritten("illustrations.json", b'{"schema": 2, "lives": 3}'),
    "illustrations without an end": _rewritten("illustrations.json", b"[" * 100_000),
    "illustrations that are not numbers": _rewritten(
        "illustrations.json",
        b'{"schema": 2, "power": [{"trial": "0000000000000000", "discount": NaN}]}',
    ),
}


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
@pytest.mark.parametrize("spoil", BAD_TABLES.values(), ids=BAD_TABLES)
def test_a_table_that_telos_did_not_write_makes_no_page(spoil, folder, typed, tmp_path):
    spoil(folder)
    code, printed = typed(("report", "{folder}", "-o", "{out}/page.html"), folder)
    assert code == 2, printed
    assert "Traceback" not in printed
    assert str(folder) in printed
    assert not (tmp_path / "out" / "page.html").exists()


def test_an_export_is_named_by_the_folder_and_never_by_the_record(folder, typed, tmp_path):
    (tmp_path / "victim-readings.csv").write_text("precious")
    _edited(
        lambda record: [
            record["study"].update(name=str(tmp_path / "victim")),
            record["study"]["spec"].update(name=str(tmp_path / "victim")),
        ]
    )(folder)
    assert typed(("export", "{folder}", "--format", "csv"), folder)[0] == 2
    assert (tmp_path / "victim-readings.csv").read_text() == "precious"


def test_an_export_overwrites_nothing_that_it_was_not_told_to(folder, typed, tmp_path):
    (tmp_path / "tiny-readings.csv").write_text("precious")
    code, printed = typed(("export", "{folder}", "--format", "csv"), folder)
    assert code == 2
    assert "--out" in printed
    assert (tmp_path / "tiny-readings.csv").read_text() == "precious"
    code, _ = typed(("export", "{folder}", "--format", "csv", "--out", "tiny-readings.csv"), folder)
    assert code == 0
    assert (tmp_path / "tiny-readings.csv").read_text() != "precious"
