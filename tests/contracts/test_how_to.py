"""The how-to pages are followed as a reader would, from a package of their own; their numbers are real."""

import polars
import pytest

from contracts.pages import DOCS, blocks, commands, noted, python, typed, write_files
from telos.safeguards import SAFEGUARDS

PAGE = DOCS / "how-to" / "write-a-safeguard.md"
CLAIMS = DOCS / "how-to" / "verify-claims.md"
EXPLORE = DOCS / "how-to" / "explore-an-environment.md"
MODELS = DOCS / "how-to" / "exchange-with-prism-and-storm.md"
LARGE = DOCS / "how-to" / "large-worlds.md"
CHECKS = [line for line in commands(PAGE) if line.startswith("telos check")]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The files that the page on safeguards tells its reader to write."""
    return write_files(PAGE, tmp_path_factory.mktemp("how_to"))


@pytest.fixture(scope="module")
def printed(lab):
    """What the study of that page says on the terminal."""
    (line,) = [line for line in commands(PAGE) if line.startswith("telos run")]
    done = typed(lab, line)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("line", CHECKS)
def test_the_safeguards_of_the_page_keep_the_contract_to_the_letter(lab, line):
    done = typed(lab, line)
    assert done.returncode == 0, done.stdout + done.stderr
    verdicts = [row.split()[0] for row in done.stdout.splitlines() if row.startswith("  ")]
    assert len(verdicts) == 18
    assert set(verdicts) == {"passed"}


def test_every_command_of_the_page_is_run():
    assert len(CHECKS) == 3
    assert len(commands(PAGE)) == 4


def test_the_table_on_the_page_is_the_one_that_its_command_prints(printed):
    (table,) = [text for kind, _, text in blocks(PAGE) if kind == "text"]
    lines = [line.split() for line in printed.splitlines()]  # how wide a column is says nothing
    for row in table.splitlines():
        assert row.split() in lines


def test_the_run_writes_the_files_that_the_page_names(lab, printed):
    assert "curfew" in printed
    for name in ("displacement.csv", "safeguards.csv", "removal_incentives.csv"):
        assert name in PAGE.read_text(encoding="utf-8")
        assert len(polars.read_csv(lab / "curfew" / name))
    assert (lab / "curfew" / "report.html").stat().st_size > 10_000


@pytest.mark.parametrize("number", range(2))
def test_the_python_of_the_page_runs(lab, printed, number):
    assert len(noted(PAGE, "run")) == 2
    done = python(lab, "-c", noted(PAGE, "run")[number])
    assert done.returncode == 0, done.stderr
    assert printed


def test_the_page_on_claims_does_what_it_says(tmp_path):
    (line,), (block,) = commands(CLAIMS), noted(CLAIMS, "run")
    done = typed(tmp_path, line)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 claims of 2 sources: 2 hold" in done.stdout
    done = python(tmp_path, "-c", block)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """The files that the page on other tools tells its reader to write."""
    return write_files(MODELS, tmp_path_factory.mktemp("models"))


@pytest.mark.parametrize("number", range(8))
def test_the_python_of_the_page_on_other_tools_runs(models, number):
    assert len(noted(MODELS, "run")) == 8
    block = noted(MODELS, "run")[number]
    if "stormpy" in block:
        pytest.importorskip("stormpy", minversion="2.0")
    done = python(models, "-W", "error", "-c", block)
    assert done.returncode == 0, done.stderr


def test_the_files_that_the_page_on_other_tools_names_are_written(models):
    (block,) = [text for text in noted(MODELS, "run") if "write_explicit" in text]
    assert python(models, "-c", block).returncode == 0
    for ending in ("resources.rew", "outcome.rew", "default.rew", "choices.lab"):
        assert (models / f"employee.{ending}").exists()
    assert "move_to_science" in (models / "employee.choices.lab").read_text(encoding="utf-8")
    assert not (models / "employee.start.rew").exists()


@pytest.mark.parametrize("number", range(6))
def test_the_python_of_the_page_on_environments_runs(tmp_path, number):
    assert len(noted(EXPLORE, "run")) == 6
    done = python(tmp_path, "-W", "error", "-c", noted(EXPLORE, "run")[number])
    assert done.returncode == 0, done.stderr


def test_a_level_without_prepare_says_what_the_page_on_environments_prints(tmp_path):
    block = noted(EXPLORE, "run")[0]
    left_out = "\n".join(line for line in block.splitlines() if "prepare=" not in line)
    (message,) = [text for kind, _, text in blocks(EXPLORE) if kind == "text"]
    done = python(tmp_path, "-c", left_out)
    assert done.returncode == 1
    assert message in done.stderr


@pytest.mark.parametrize("number", range(2))
def test_the_python_of_the_page_on_large_worlds_runs(tmp_path, number):
    assert len(noted(LARGE, "run")) == 2
    done = python(tmp_path, "-W", "error", "-c", noted(LARGE, "run")[number])
    assert done.returncode == 0, done.stderr


def test_every_shipped_safeguard_is_explained():
    text = (DOCS / "explanation" / "safeguards.md").read_text(encoding="utf-8")
    parts = text.split("\n## ")
    for cls in SAFEGUARDS:
        (section,) = [part for part in parts if part.startswith(cls.kind.capitalize() + "\n")]
        assert f"**{cls.__name__}**" in section
