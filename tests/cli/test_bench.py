"""telos bench: what it writes, what it keeps when it is stopped, what it refuses."""

import importlib
import json
import re
from concurrent.futures import Future

import pytest
from typer.testing import CliRunner

from telos.cli.bench import rows_as_csv
from telos.cli.entry import app
from telos.core.benched import BenchRecord, BenchSummary, BenchTable
from telos.core.errors import Interrupted, StoreError, StudyError, TelosError, UnknownName
from telos.studies import bench
from telos.studies.bench import BenchOptions, BenchStudy, cases
from telos.studies.bench.frozen import read_frozen, sha256_of
from telos.studies.bench.units import Unit, _has_failed, code_of, mapped, part_path

runner = CliRunner()


def counted(unit):
    """Two rows a unit; the number 13 is refused."""
    if unit.arguments["n"] == 13:
        raise StudyError("13 is refused. Give another number.")
    if unit.arguments["n"] == 99:
        raise Interrupted(2)
    return [{"n": unit.arguments["n"], "x": float("nan")}, {"n": 0, "x": 1.5, "text": "=1"}]


def units(*numbers):
    return [Unit(f"unit-{n}", {"n": n}) for n in numbers]


def test_a_map_gives_rows_in_the_order_of_units_whatever_the_jobs(tmp_path):
    alone = mapped(units(3, 1, 2), counted, tmp_path / "one", code="a")
    assert [row["unit"] for row in alone.rows] == ["unit-3"] * 2 + ["unit-1"] * 2 + ["unit-2"] * 2
    assert alone.rows[0] == {"unit": "unit-3", "n": 3, "x": None}
    assert (alone.kept, alone.computed) == (0, 3)
    again = mapped(units(3, 1, 2), counted, tmp_path / "one", code="a")
    assert (again.kept, again.rows) == (3, alone.rows)


WORK = """
def work(unit):
    return [{"n": unit.arguments["n"]}]
"""


def test_two_processes_give_the_rows_that_one_gives(tmp_path, monkeypatch):
    (tmp_path / "work_of_units.py").write_text(WORK)
    monkeypatch.syspath_prepend(tmp_path)
    work = importlib.import_module("work_of_units").work
    two = mapped(units(3, 1, 2), work, tmp_path / "two", code="a", jobs=2)
    assert two.rows == mapped(units(3, 1, 2), work, tmp_path / "one", code="a").rows


def test_parts_of_other_arguments_other_code_or_broken_ones_are_computed_again(tmp_path):
    mapped(units(1, 2), counted, tmp_path, code="a")
    path = part_path(tmp_path, units(1)[0], "a")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    broken = mapped(units(1, 2), counted, tmp_path, code="a")
    assert (broken.kept, broken.computed) == (1, 1)
    assert path.read_bytes() == whole
    assert mapped(units(1, 2), counted, tmp_path, code="b").computed == 2
    assert mapped([Unit("unit-1", {"n": 7})], counted, tmp_path, code="a").rows[0]["n"] == 7


@pytest.mark.parametrize("rows", [[], [{}], [{"n": 2.5}], [{"n": 10**30}], [{"unit": "unit-2"}]])
def test_a_part_whose_rows_are_not_those_that_were_written_is_computed_again(tmp_path, rows):
    whole = mapped(units(1, 2), counted, tmp_path, code="a")
    path = part_path(tmp_path, units(1)[0], "a")
    path.write_text(json.dumps({**json.loads(path.read_text()), "rows": rows}))
    again = mapped(units(1, 2), counted, tmp_path, code="a")
    assert (again.rows, again.kept) == (whole.rows, 1)


def test_a_place_that_cannot_be_written_is_refused_once_and_before_any_work(tmp_path):
    path = part_path(tmp_path, units(2)[0], "a")
    path.mkdir()
    with pytest.raises(StoreError) as refused:
        mapped(units(1, 2), counted, tmp_path, code="a")
    assert str(refused.value).count(path.name) == 1
    assert ".." not in str(refused.value).replace(str(path), "")
    assert [*tmp_path.iterdir()] == [path]


def test_a_failure_does_not_cost_what_finished_beside_it():
    fine, failed = Future(), Future()
    fine.set_result([])
    failed.set_exception(StudyError("13 is refused."))
    assert sorted([failed, fine], key=_has_failed) == [fine, failed]


@pytest.mark.parametrize(
    ("name", "value"), [("worlds", -1), ("worlds", 10**6), ("goals", 10**17), ("seed", 10**19)]
)
def test_sizes_that_no_machine_takes_are_refused_by_name(name, value):
    with pytest.raises(StudyError, match=f"{name} is"):
        BenchOptions(**{"worlds": 1, "goals": 2, "seed": 0, name: value})


@pytest.mark.parametrize(("last", "error"), [(13, StudyError), (99, Interrupted)])
def test_what_was_done_before_a_refusal_or_an_interruption_is_kept(tmp_path, last, error):
    with pytest.raises(error):
        mapped(units(1, 2, last), counted, tmp_path, code="a")
    assert mapped(units(1, 2), counted, tmp_path, code="a").kept == 2


def test_units_that_share_a_name_or_whose_name_is_a_path_are_refused(tmp_path):
    with pytest.raises(StudyError, match="two are called 'unit-1'"):
        mapped(units(1, 1), counted, tmp_path, code="a")
    with pytest.raises(StudyError, match="name it by letters"):
        Unit("../up", {})


def test_the_code_of_one_study_does_not_depend_on_the_files_of_another():
    assert code_of("measures") != code_of("no_such_study")
    assert code_of("measures") == code_of("measures")


def test_a_changed_prediction_is_refused(tmp_path):
    path = tmp_path / "frozen.json"
    path.write_text('{"tau": 1}')
    hashed = sha256_of(path)
    assert read_frozen(path, hashed) == {"tau": 1}
    path.write_text('{"tau": 2}')
    with pytest.raises(StudyError, match="predicts nothing"):
        read_frozen(path, hashed)
    with pytest.raises(TelosError, match="is not there"):
        read_frozen(tmp_path / "none.json", hashed)


def test_a_random_case_does_not_depend_on_how_many_are_drawn():
    four = cases.random_cases(4, 5)
    assert cases.random_cases(1, 5, first=3) == four[3:]
    assert [case.kind for case in four] == ["factory", "employee"] * 2
    assert four[1] != cases.random_cases(1, 6, first=1)[0]
    for case in four:
        assert cases.FEWEST_RANDOM <= case.scenario.build().size <= cases.MOST_RANDOM


def test_shipped_cases_are_small_and_have_a_drive():
    found = {case.name for case in cases.shipped_cases(400)}  # builds them all
    assert {"OffSwitch", "Gridworld", "OverseenWorkshop"} <= found
    assert not {"PaperclipFactory", "BoatRace", "ServerFarm"} & found


def test_csv_has_every_name_and_no_formula():
    assert rows_as_csv([{"a": 1}, {"b": "=1"}]) == "a,b\n1,\n,'=1\n"


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        (["measure"], UnknownName, "measures"),
        (["measures", "--worlds", "1e1"], StudyError, "--worlds"),
        (["measures", "--goals", "1"], StudyError, "--goals"),
    ],
)
def test_mistakes_are_refused_in_words(asked, error, said):
    done = runner.invoke(app, ["bench", *asked])
    assert isinstance(done.exception, error)
    assert said in str(done.exception)


def summed(rows, options):
    cells = tuple((row["unit"], row["n"]) for row in rows)
    table = BenchTable(title="Numbers", note="In order.", columns=("unit", "n:count"), rows=cells)
    notes = (("Numbers", "are counted from 0."),)
    return BenchSummary(headline=f"Of {options.worlds} worlds.", notes=notes, tables=(table,))


def test_a_study_is_run_summed_up_and_shown(tmp_path, monkeypatch):
    study = BenchStudy("tiny", "How many?", lambda o: units(*range(o.worlds)), counted, summed, 4)
    monkeypatch.setattr(bench, "BENCHES", (study,))
    done = runner.invoke(app, ["bench", "tiny", "-o", str(tmp_path), "--seed", "5", "--jobs", "1"])
    assert done.exit_code == 0, done.output
    assert "unit-3" in done.output
    assert "Of 4 worlds." in done.output
    assert "In order." in done.output
    assert "Numbers: are counted from 0." in done.output
    record = BenchRecord.model_validate_json((tmp_path / "summary.json").read_bytes())
    assert (record.units, record.rows, record.seed) == (4, 8, 5)
    assert record.command == "telos bench tiny --worlds 4 --goals 100 --seed 5"
    assert (tmp_path / "rows.csv").read_text().splitlines()[:2] == ["unit,n,x,text", "unit-0,0,,"]
    assert "How many?" in (tmp_path / "bench.html").read_text()


def test_the_sizes_that_the_help_names_are_those_of_the_studies():
    said = " ".join(runner.invoke(app, ["bench", "--help"]).output.replace("│", " ").split())
    worlds, goals = (
        re.search(r"shipped ones \[(.*?)\]", said),
        re.search(r"their own \[(.*?)\]", said),
    )
    for found, what in ((worlds, "worlds"), (goals, "goals")):
        usual, *others = found[1].split("; ")
        sizes = dict.fromkeys((study.name for study in bench.BENCHES), int(usual))
        sizes |= {name: int(n) for name, n in map(str.split, others)}
        assert sizes == {study.name: getattr(study, what) for study in bench.BENCHES}


def test_a_study_that_is_stopped_says_what_is_kept_and_how_to_go_on(tmp_path, monkeypatch):
    study = BenchStudy("tiny", "How many?", lambda o: units(1, 2, 99), counted, summed)
    monkeypatch.setattr(bench, "BENCHES", (study,))
    done = runner.invoke(app, ["bench", "tiny", "-o", str(tmp_path), "--jobs", "1"])
    assert done.exit_code == 130
    assert "2 of 3 units of work are kept" in done.output
    assert f"telos bench tiny --jobs 1 --out {tmp_path}" in done.output
