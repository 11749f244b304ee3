"""The table on the page about safeguards is the one that its command prints."""

import polars
import pytest

from contracts.pages import DOCS, blocks, commands, typed, write_files

PAGE = DOCS / "how-to" / "write-a-safeguard.md"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The files that the page tells its reader to write."""
    return write_files(PAGE, tmp_path_factory.mktemp("how_to"))


@pytest.fixture(scope="module")
def printed(lab):
    """What the study of that page says on the terminal."""
    (line,) = [line for line in commands(PAGE) if line.startswith("telos run")]
    done = typed(lab, line)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


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
