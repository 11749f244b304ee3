"""`telos tabulate`: files, page, price and budget; bad input is one sentence and leaves 2."""

import sys

import polars as pl
import pytest

from telos.cli import main

TABLES = ("summary", "propensities", "values", "states", "regret_map")


@pytest.fixture
def telos(monkeypatch, capsys, tmp_path):
    """Runs a command as if typed in an empty folder; returns its exit code, output and messages."""
    monkeypatch.chdir(tmp_path)

    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["telos", "tabulate", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return end.value.code or 0, said.out, said.err

    return typed


def test_a_planner_gives_a_page_and_tables_and_goes_on_where_it_was(telos, tmp_path):
    code, said, told = telos("off_switch", "telos/optimal", "--by", "logprobs", "--goals", 4)
    assert code == 0, told
    assert "at most 8 questions" in said
    assert "Value lost: 0.00 %" in said
    for name in TABLES:
        assert len(pl.read_csv(tmp_path / "tabulation" / f"{name}.csv")) or name == "regret_map"
    page = (tmp_path / "tabulation" / "tabulation.html").read_text()
    assert "telos/optimal pursues <b>self-preservation</b>" in page
    assert "Nothing is lost" not in page.split("<main>")[0]
    code, said, _ = telos("off_switch", "telos/optimal", "--by", "logprobs", "--goals", 4)
    assert code == 0
    assert "all 8 questions are answered already" in said


def test_a_world_on_a_grid_draws_its_regret_on_its_map(telos, tmp_path):
    words = ("Gridworld()", "telos/random", "--goals", 2, "--by", "logprobs")
    assert telos(*words)[0] == 0
    page = (tmp_path / "tabulation" / "tabulation.html").read_text()
    assert "Regret by cell, loaded" in page
    assert "The worst states" in page
    assert (
        telos("workbench", "telos/random", "--goals", 2, "-o", "bench", "--by", "logprobs")[0] == 0
    )
    page = (tmp_path / "bench" / "tabulation.html").read_text()
    assert "Regret by cell" not in page
    assert "The worst states" in page


def test_a_model_that_calls_nothing_is_open_and_never_safe(telos, tmp_path):
    code, said, _ = telos("off_switch", "mockllm/model", "--goals", 2)
    assert code == 0
    assert "Not readable, and never counted as safe: 4 no call of 4 answers." in said
    assert "0.0 to 100.0" in said
    assert "Value lost" not in said
    page = (tmp_path / "tabulation" / "tabulation.html").read_text()
    assert "Left open, and never counted as safe" in page


def test_the_price_is_told_before_anything_is_spent(telos, tmp_path):
    words = ("factory", "openai/gpt-4o-mini", "--goals", 2, "--model-price", "0.15,0.60")
    code, said, _ = telos(*words, "--dry-run")
    assert code == 0
    assert "at most 384 questions" in said
    assert not list(tmp_path.iterdir())
    assert ", about $0." in said
    code, said, told = telos(*words)
    assert code == 2
    assert "no budget. Give --calls or --tokens" in told
    assert "at most 384 questions" in said
    assert not list(tmp_path.iterdir())


def test_a_budget_that_ends_leaves_1_and_says_what_is_open(telos):
    words = ("Gridworld()", "telos/optimal", "--goals", 2)
    code, said, told = telos(*words, "--calls", 3)
    assert code == 1
    assert "the budget ended" in told
    assert "open" in said
    code, said, _ = telos(*words)
    assert code == 0
    assert "(3 are answered already)" in said


def test_logs_of_other_goals_say_so(telos, tmp_path):
    import inspect_ai

    from telos.llm.goals import sample_setups
    from telos.llm.inspect_.tasks import task_of
    from telos.worlds import OffSwitch

    task = task_of(sample_setups(OffSwitch(), goals=8, seed=0))
    options = {"beta": 1.0}
    inspect_ai.eval(
        task,
        model="telos/boltzmann",
        model_args=options,
        display="none",
        log_dir=str(tmp_path / "logs"),
    )
    words = ("off_switch", "telos/boltzmann", "-M", "beta=1", "--draws", 5, "--log", "logs")
    code, said, told = telos(*words)
    assert code == 0
    assert "History, loaded, none, self_preservation" in said
    assert not told.count("--log")
    assert (tmp_path / "tabulation" / "history.csv").exists()
    code, said, told = telos(*words, "--discount", 0.5, "-o", "other")
    assert code == 0
    assert "no episode there is of a goal that was tabulated" in told
    assert "History," not in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("Nowhere", "telos/optimal"), "no world 'Nowhere'"),
        (("OffSwitch(rooms=", "telos/optimal"), "parameters cannot be read"),
        (("off_switch", "telos/optimum"), "no model 'optimum'"),
        (("off_switch", "nobody/model", "--calls", 1), "nobody"),
        (("off_switch", "telos/boltzmann", "-M", "beta"), "is not name=value"),
        (("off_switch", "telos/boltzmann", "-M", "gamma=1"), "gamma"),
        (("off_switch", "telos/optimal", "--draws", 0), "--draws"),
        (("off_switch", "telos/optimal", "--goals", "many"), "--goals"),
        (("off_switch", "telos/optimal", "--seed", -1), "--seed"),
        (("off_switch", "telos/optimal", "--discount", 1), "--discount"),
        (("off_switch", "telos/optimal", "--framings", "loud"), "no framing 'loud'"),
        (("off_switch", "telos/optimal", "--framings", ","), "names nothing"),
        (("off_switch", "telos/optimal", "--drive", "hunger"), "no drive 'hunger'"),
        (("off_switch", "telos/optimal", "--by", "magic"), "no method 'magic'"),
        (("off_switch", "telos/optimal", "--by", "logprobs", "--draws", 2), "Leave out --draws"),
        (("off_switch", "telos/optimal", "--model-price", "cheap"), "is not two prices"),
        (("off_switch", "telos/optimal", "--model-price", "nan,1"), "is not two prices"),
        (("off_switch", "telos/optimal", "--calls", 0), "--calls"),
        (("off_switch", "telos/optimal", "--log", "none"), "does not exist"),
        (("off_switch", "telos/optimal", "-o", "file"), "file"),
        (("off_switch", "optimal", "--calls", 1), "optimal"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_2(telos, tmp_path, words, says):
    (tmp_path / "file").write_text("a file")
    code, _, told = telos(*words)
    assert code == 2, told
    assert says in told
    assert "Traceback" not in told
    (line,) = [line for line in told.splitlines() if line.startswith("error: ")]
    assert len(line) < 500


def test_a_folder_of_something_else_is_not_touched(telos, tmp_path):
    folder = tmp_path / "tabulation"
    folder.mkdir()
    (folder / "table.jsonl").write_text("mine\n")
    code, _, told = telos("off_switch", "telos/optimal")
    assert code == 2
    assert "line 1" in told
    assert (folder / "table.jsonl").read_text() == "mine\n"


def test_a_safeguard_is_put_on_the_table_and_a_wrong_one_is_named(telos, tmp_path):
    words = ("off_switch", "telos/optimal", "--by", "logprobs", "--goals", 4, "--safeguard")
    code, said, told = telos(*words, "Forbid(actions=('walk on',))")
    assert code == 0, told
    assert "a safeguard that the model was not told of" in said
    row = pl.read_csv(tmp_path / "tabulation" / "guarded.csv").row(0, named=True)
    assert row["least"] > 0.0 == row["guarded_most"]
    code, _, told = telos(*words, "Forbid(action=1)")
    assert code == 2
    assert "no field 'action'" in told


def test_a_budget_that_ends_in_prose_is_told_too(telos):
    """Answers that cannot be read lead nowhere, so nothing is missing where the model comes to."""
    code, _, told = telos("off_switch", "mockllm/model", "--goals", 2, "--calls", 7)
    assert code == 1
    assert "the budget ended: 2 questions more are to be put" in told
