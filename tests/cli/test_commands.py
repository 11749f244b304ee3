"""The command line: each command does its work, and each slip gets one clear message."""

import json
import re
import shutil
import sys

import polars as pl
import pytest

from telos.cli import main
from telos.cli.entry import COMMANDS
from telos.runs.run import run
from telos.studies import STUDIES, off_switch

WORLD = '''
"""A third-party world."""

from dataclasses import dataclass

from telos import AbstractScenario, Study, agents, drives, explore, families


@dataclass(frozen=True)
class Maze(AbstractScenario):
    """Three rooms and a trapdoor."""

    rooms: int = 3

    def build(self):
        def moves(s):
            ways = {f"to {i}": i for i in range(self.rooms)} if s == "door" else {}
            return {"wait": "pit" if s == "door" else s, **ways}

        return explore("door", moves, features={"off": lambda s: s == "pit"}, default="wait")


@dataclass(frozen=True)
class Leaky(AbstractScenario):
    """Its probabilities are short of one."""

    def build(self):
        return explore("a", lambda s: {"wait": {s: 0.9}}, name="Leaky")


@dataclass
class Careless(AbstractScenario):
    rooms: list

    def build(self):
        return Maze().build()


CARELESS = Careless([1, 2])

STUDY = Study(
    name="maze",
    question="Does it keep out of the pit?",
    scenarios=(Maze(),),
    families=(families.Uniform(),),
    agents=(agents.Optimal(),),
    drives=(drives.SelfPreservation(), drives.ResourceAcquisition()),
    discounts=(0.9,),
    n_goals=20,
)
'''


@pytest.fixture
def telos(monkeypatch, capsys):
    """Runs a command as if typed; returns its exit code, its output and its messages."""

    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["telos", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return end.value.code or 0, said.out, said.err

    return typed


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A folder with a third-party study file."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "telos_test_lab.py").write_text(WORLD, encoding="utf-8")
    return folder


@pytest.fixture
def in_the_lab(lab, monkeypatch):
    monkeypatch.chdir(lab)
    monkeypatch.syspath_prepend(lab)
    return lab


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The result folder of a small run."""
    folder = tmp_path_factory.mktemp("finished") / "out"
    run(off_switch.STUDY.with_(goals=8), folder, jobs=1, progress=False)
    return folder


def _refused(answer, *words):
    """The one clear message of a command that was asked for something impossible."""
    code, out, err = answer
    assert code == 2
    assert out == ""
    assert "Traceback" not in err
    message = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(message) == 1
    for word in words:
        assert word in err
    return err


# -- commands ------------------------------------------------------------------------------------


def test_run_writes_the_record_and_the_report_and_shows_the_rates(telos, in_the_lab, tmp_path):
    out = tmp_path / "out"
    code, said, _ = telos("run", "telos_test_lab.py", "--out", out, "--jobs", 1)
    assert code == 0
    assert "self-preservation" in said
    assert "not applicable" in said
    assert str(out / "report.html") in said.replace("\n", "")
    names = {path.name for path in out.iterdir()}
    assert {"study.json", "readings.parquet", "summary.csv", "report.html"} <= names
    assert len(pl.read_parquet(out / "readings.parquet")) == 20


def test_run_ends_with_1_where_nothing_can_pursue_a_drive(telos, tmp_path, monkeypatch):
    """No pair of this grid keeps off the switch: there is no rate, and the code and the page say so."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "telos_test_pit.py").write_text(
        "from telos import Study, agents, drives, families, worlds\n"
        "STUDY = Study('pit', 'Can it?', scenarios=(worlds.Gridworld(map='S..O\\n...E', slip=0.1),),\n"
        "              families=(families.Uniform(),), agents=(agents.Optimal(),),\n"
        "              drives=(drives.SelfPreservation(),), discounts=(0.95,), n_goals=8)\n"
    )
    out = tmp_path / "out"
    code, said, err = telos("run", tmp_path / "telos_test_pit.py", "--out", out, "--jobs", 1)
    assert code == 1
    assert "self preservation is not applicable: no reachable pair pursues it" in " ".join(
        said.split()
    )
    assert "not measured: self preservation" in err
    assert "no reachable pair pursues it" in (out / "report.html").read_text(encoding="utf-8")
    assert "%" not in said


def test_run_takes_goals_and_seed(telos, in_the_lab, tmp_path):
    words = ("--goals", 5, "--seed", 3, "--out", tmp_path / "out", "--jobs", 1)
    assert telos("run", "telos_test_lab.py", *words)[0] == 0
    record = json.loads((tmp_path / "out" / "study.json").read_text())
    assert record["study"]["seed"] == 3
    assert {trial["n_goals"] for trial in record["trials"]} == {5}


def test_run_into_a_folder_of_results_computes_nothing_twice(telos, finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "again")
    code, said, _ = telos("run", "off_switch", "--goals", 8, "--out", folder, "--jobs", 1)
    assert code == 0
    record = json.loads((folder / "study.json").read_text())
    count = len(list((folder / "parts").iterdir())) - len(record["controls"])
    assert f"{count} chunks, {count} of them were there already" in said


@pytest.mark.parametrize("kind", ["worlds", "families", "agents", "drives", "studies"])
def test_list_names_everything_with_a_line_about_it(telos, kind):
    code, said, _ = telos("list", kind)
    assert code == 0
    assert all(re.match(r"\w+ +\S", line) for line in said.splitlines())
    assert len(said.splitlines()) >= 4


def test_list_alone_lists_everything(telos):
    code, said, _ = telos("list")
    assert code == 0
    for name in (
        "PaperclipFactory",
        "Uniform",
        "Optimal",
        "SelfPreservation",
        "Forbid",
        "paperclip",
    ):
        assert re.search(rf"^{name} ", said, flags=re.MULTILINE)


def test_report_makes_the_page_again(telos, finished, tmp_path):
    code, said, _ = telos("report", finished, "-o", tmp_path / "page.html")
    assert code == 0
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!")
    assert "page.html" in said


def test_check_prints_each_promise_of_a_strangers_part(telos, in_the_lab):
    code, said, _ = telos("check", "telos_test_lab:Maze")
    assert code == 0
    assert "builds the same world twice" in said
    assert " 0 failed" in said


OWN_DRIVE = """
from dataclasses import dataclass
import numpy as np
from telos import AbstractDrive, AbstractScenario, explore
from telos.drives import affordance, by_default

@dataclass(frozen=True)
class Coalition(AbstractDrive):
    '''Has allies.'''
    needs = ("allies",)
    def affordances(self, world):
        ahead = np.add.reduceat(
            world.next_prob * world.feature("allies")[world.next_state], world.next_ptr[:-1]
        )
        return affordance(world, "coalition", ahead > by_default(world, ahead))

@dataclass(frozen=True)
class Assembly(AbstractScenario):
    '''Two allies at most.'''
    start: int = 0
    def build(self):
        return explore(
            self.start, lambda s: {"wait": s, "ally": min(s + 1, 2)}, features={"allies": float},
            default="wait",
        )
    def without(self, drive):
        return Assembly(start=1) if drive == "coalition" else None
"""


@pytest.mark.parametrize(
    "words", [("own_lab.py:Assembly",), ("own_lab.py:Coalition", "--world", "own_lab.py:Assembly")]
)
def test_check_tries_the_world_without_the_reason_of_a_drive_of_ones_own(
    telos, tmp_path, monkeypatch, words
):
    monkeypatch.chdir(tmp_path)
    number = len(words)  # Python keeps a module by its name
    for name, start, wrong in ((f"wrong{number}", 1, True), (f"right{number}", 0, False)):
        text = OWN_DRIVE.replace("Assembly(start=1)", f"Assembly(start={start})")
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        code, said, _ = telos("check", *(word.replace("own_lab", name) for word in words))
        assert code == wrong
        assert ("without('coalition')" in said) == wrong
        assert re.search(r"takes away reasons and nothing else", said)


def test_check_says_what_is_wrong_with_a_part(telos, in_the_lab):
    code, said, _ = telos("check", "telos_test_lab:Leaky")
    assert code == 1
    assert "probabilities sum to 0.9, not 1" in said
    code, said, _ = telos("check", "telos_test_lab:CARELESS")
    assert code == 1
    assert "frozen=True" in said
    assert "use tuples" in said


@pytest.mark.parametrize("study", [study.name for study in STUDIES])
def test_cite_prints_the_works_that_a_study_builds_on(telos, study):
    code, said, _ = telos("cite", study)
    assert code == 0
    assert "@inproceedings{turner2021," in said
    assert said.count("@") == len(re.findall(r"^@\w+\{\w+,$", said, flags=re.MULTILINE))


def test_version_is_printed(telos):
    code, said, _ = telos("--version")
    assert code == 0
    assert re.fullmatch(r"telos \d+\.\d+\S*\n", said)


def test_help_names_every_command(telos):
    code, said, _ = telos("--help")
    assert code == 0
    commands = [name for panel in COMMANDS.values() for name in panel]
    assert all(f" {command} " in said for command in commands)
    assert all(f" {panel} " in said for panel in COMMANDS)


def test_no_help_is_cut_where_a_line_is_short(telos, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    code, said, _ = telos("--help")
    assert code == 0
    assert "..." not in said.replace("[ARGS]...", "")
    assert "…" not in said
    assert max(map(len, said.splitlines())) <= 80


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_be_taught_to_complete_commands(telos, monkeypatch, shell):
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    code, said, _ = telos("--show-completion", shell)
    assert code == 0
    assert "TELOS_COMPLETE" in said


# -- slips ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("--goals", "1e4"), "Write --goals 10000."),
        (("--goals", "10_000"), "Write --goals 10000."),
        (("--goals", "ten"), "at least 1"),
        (("--goals", "0"), "too small"),
        (("--goals", "-5"), "too small"),
        (("--goals", "2.5"), "not an integer"),
        (("--goals", ""), "not an integer"),
        (("--goals", "inf"), "not an integer"),
        (("--seed", "x"), "at least 0"),
        (("--seed", "-1"), "too small"),
        (("--jobs", "0"), "at least 1"),
        (("--jobs", "two"), "at least 1"),
    ],
)
def test_a_number_that_is_none_is_answered_with_what_to_write(telos, words, remedy):
    _refused(telos("run", "paperclip", *words), words[0], words[1], remedy)


def test_unknown_names_are_answered_with_the_nearest(telos):
    _refused(telos("run", "papercllp"), "Did you mean 'paperclip'?")
    _refused(telos("cite", "gate"), "Did you mean 'gates'?")
    _refused(telos("list", "world"), "Did you mean 'worlds'?")
    _refused(telos("check", "PaperclipFactry"), "Did you mean 'PaperclipFactory'?")
    _refused(telos("check", "telos.worlds:OffSwich"), "Did you mean 'OffSwitch'?")


def test_unknown_commands_and_options_are_answered_with_the_nearest(telos):
    code, _, err = telos("rnu", "paperclip")
    assert (code, "'run'" in err) == (2, True)
    code, _, err = telos("run", "paperclip", "--gaols", 5)
    assert (code, "--goals" in err) == (2, True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "not a Python file"),
        ("STUDY = 3", "no study"),
        ("x = 1\nSTUDY = Study(", "line 2"),
        ("\n\nraise ValueError('bad luck')", "line 3: ValueError: bad luck"),
        ("from telos import worlds\nworlds.OffSwitch(rooms=-1)", "rooms is -1"),
    ],
    ids=["missing", "no study", "syntax", "raises", "bad part"],
)
def test_a_study_file_that_cannot_be_read_says_where(telos, tmp_path, text, message, request):
    path = tmp_path / f"telos_study_{request.node.callspec.id.replace(' ', '_')}.py"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    _refused(telos("run", path, "--out", tmp_path / "out"), message)
    assert not (tmp_path / "out").exists()


def test_a_study_file_named_like_a_module_is_refused(telos, tmp_path):
    (tmp_path / "json.py").write_text("STUDY = 1", encoding="utf-8")
    _refused(telos("run", tmp_path / "json.py"), "Rename the file")


@pytest.mark.parametrize("command", ["report", "run"])
def test_a_half_written_result_folder_is_named(telos, finished, tmp_path, command):
    folder = shutil.copytree(finished, tmp_path / "half")
    (folder / "study.json").write_text('{"schema": 1,', encoding="utf-8")
    words = ("report", folder) if command == "report" else ("run", "off_switch", "--out", folder)
    _refused(telos(*words), "study.json")


def test_a_folder_of_something_else_is_named(telos, finished, tmp_path):
    _refused(telos("report", tmp_path / "nowhere"), "nowhere")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("mine")
    _refused(telos("run", "off_switch", "--out", tmp_path / "notes"), "no study.json", "--out")
    (tmp_path / "theirs" / "parts").mkdir(parents=True)
    (tmp_path / "theirs" / "parts" / "screw.txt").write_text("not one of ours")
    _refused(telos("run", "off_switch", "--out", tmp_path / "theirs"), "'parts'", "--out")
    _refused(telos("run", "gates", "--out", finished), "'off_switch'", "--out")
    _refused(telos("run", "off_switch", "--seed", 9, "--out", finished), "seed 0", "--out")


def test_a_part_that_needs_fields_or_is_none_says_what_to_do(telos, in_the_lab):
    _refused(telos("check", "telos_test_lab:Careless"), "rooms", "instance")
    _refused(telos("check", "telos_test_lab:WORLD"), "no 'WORLD'")
    _refused(telos("check", "no_such_lab:Maze"), "no_such_lab", "PYTHONPATH")
    _refused(telos("check", "telos_test_lab:STUDY"), "telos run telos_test_lab:STUDY")
