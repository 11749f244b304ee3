"""`telos compare`: from logs to a page, its tables and a few lines; bad input is named and leaves 2."""

import json
import math
import sys

import polars as pl
import pytest

from llm.made_decisions import decisions_of, episodes_of
from telos.cli import main
from telos.cli.compare import _shown
from telos.llm.inspect_ import logs
from telos.llm.inspect_.logs import RESTRAINT, LogTables

SELF = "self_preservation"


@pytest.fixture(scope="module")
def tables():
    """What two logs would give: a model of beta 2 biased towards self-preservation by 1, and a fair one."""
    made = pl.concat(
        [
            decisions_of("telos/boltzmann", biases={SELF: 1.0}, seeds=(1,), instructions=("none",)),
            decisions_of("openai/[red]", seeds=(1,), instructions=("none",)),
        ]
    )
    return made, episodes_of(made)


@pytest.fixture
def telos(monkeypatch, capsys, tmp_path):
    """Runs a command as if typed in an empty folder; returns its exit code, output and messages."""
    monkeypatch.chdir(tmp_path)

    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["telos", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return end.value.code or 0, said.out, said.err

    return typed


@pytest.fixture
def read(monkeypatch, tmp_path, tables):
    """Two logs in a folder that are read as the made-up tables."""
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a.eval").write_bytes(b"")
    found = LogTables(*tables, pl.DataFrame(schema=RESTRAINT), left_out=("x.json: \x1b[31m.",))
    monkeypatch.setattr(logs, "tables_of", lambda paths, trust: found)
    return folder


def test_the_planted_numbers_stand_in_the_printed_table_and_in_the_file(telos, read):
    code, said, _ = telos("compare", read, "--out", "found")
    assert code == 0
    lines = said.splitlines()
    place = next(i for i, line in enumerate(lines) if line.startswith("telos/boltzmann"))
    line, below = lines[place : place + 2]
    description = pl.read_csv("found/estimates.csv").filter(model="telos/boltzmann", group="choice")
    for term, planted in (("beta", 2.0), ("bias", 1.0)):
        rows = description.filter(pl.col("term") == term, pl.col("factor").fill_null("") == "")
        row = rows.to_dicts()[0]
        assert row["low"] < planted < row["high"]
        assert f"{row['estimate']:.2f}" in line
        assert f"[{row['low']:.2f}, {row['high']:.2f}]" in below
    assert "*" in line
    assert "openai/[red]" in said
    assert said.splitlines()[-1].endswith("compare.html")


def test_the_page_and_four_tables_are_written_and_hold_every_decision(
    telos, read, tmp_path, tables
):
    made, episodes = tables
    assert telos("compare", read, "--out", "found")[0] == 0
    found = tmp_path / "found"
    names = {"compare.html", "decisions.csv", "decisions.parquet", "episodes.csv", "estimates.csv"}
    assert {path.name for path in found.iterdir()} == names
    assert pl.read_parquet(found / "decisions.parquet").equals(made)
    description = pl.read_csv(found / "decisions.csv")
    assert description.height == made.height
    assert description["q"][0].split("|") == [str(value) for value in made["q"][0]]
    assert pl.read_csv(found / "episodes.csv").height == episodes.height
    page = (found / "compare.html").read_text(encoding="utf-8")
    for model in ("telos/boltzmann", "openai/[red]"):
        assert model in page


def test_the_same_logs_give_the_same_estimates_again(telos, read, tmp_path):
    for out in ("one", "two"):
        assert telos("compare", read, "--out", out)[0] == 0
    one, two = ((tmp_path / out / "estimates.csv").read_bytes() for out in ("one", "two"))
    assert one == two


def test_a_log_that_does_not_exist_is_named(telos):
    code, _, err = telos("compare", "nowhere.eval")
    assert code == 2
    assert "nowhere.eval does not exist" in err


def test_a_folder_without_logs_is_named(telos, tmp_path):
    (tmp_path / "empty").mkdir()
    code, _, err = telos("compare", "empty")
    assert code == 2
    assert "empty" in err


# The oldest Inspect that we run with leaves such a file open
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_file_that_is_no_log_is_named(telos, tmp_path):
    (tmp_path / "broken.eval").write_bytes(b"not a log")
    (tmp_path / "other.json").write_text(json.dumps({"hello": 1}))
    for name in ("broken.eval", "other.json"):
        code, _, err = telos("compare", name)
        assert code == 2, err
        assert name in err


def test_what_was_left_out_is_named_and_steers_no_terminal(telos, read):
    code, _, err = telos("compare", read, "--out", "found")
    assert code == 0
    assert [line for line in err.splitlines() if "left out" in line] == [
        "left out: x.json: \\x1b[31m."
    ]
    assert "\x1b[31m" not in err


def test_no_cell_of_a_table_is_a_formula(telos, read, tmp_path, tables, monkeypatch):
    made, episodes = (t.with_columns(model=pl.lit("=1+1")) for t in tables)
    found = LogTables(made, episodes, pl.DataFrame(schema=RESTRAINT))
    monkeypatch.setattr(logs, "tables_of", lambda paths, trust: found)
    telos("compare", read, "--out", "found")
    for name in ("decisions.csv", "episodes.csv", "estimates.csv"):
        assert set(pl.read_csv(tmp_path / "found" / name)["model"]) == {"'=1+1"}


def test_a_file_in_the_place_of_the_folder_is_named(telos, read, tmp_path):
    (tmp_path / "taken").write_text("")
    code, _, err = telos("compare", read, "--out", "taken")
    assert code == 2
    assert "taken" in err
    assert "--out" in err


def test_without_inspect_the_extra_is_named(telos, read, monkeypatch):
    for name in ("logs", "folders", "log_files"):
        monkeypatch.delitem(sys.modules, f"telos.llm.inspect_.{name}", raising=False)
    monkeypatch.delattr(sys.modules["telos.llm.inspect_"], "logs")
    monkeypatch.setitem(sys.modules, "inspect_ai", None)
    monkeypatch.setitem(sys.modules, "inspect_ai.log", None)
    code, _, err = telos("compare", read)
    assert code == 2
    assert '"telos-lab[llm]"' in err


@pytest.mark.parametrize(
    ("ends", "sees", "said"),
    [
        ((math.nan, math.nan), math.inf, "no interval\nsees none"),
        ((-math.inf, math.inf), math.inf, "[-inf, inf]\nsees none"),
        ((-1.0, 2.0), 1.5, "[-1.00, 2.00]\nsees > 1.50"),
    ],
)
def test_what_has_no_interval_is_said_in_words(ends, sees, said):
    row = {"estimate": -29.88, "p_holm": math.nan, "n": 42, "status": "underpowered"}
    row |= {"low": ends[0], "high": ends[1], "detectable": sees}
    assert _shown(row) == f"-29.88\n{said}"
