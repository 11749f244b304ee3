"""The how-to on a million goals is followed as a stranger would, with a few hundred of them."""

import polars as pl
import pytest

from contracts.pages import DOCS, blocks, commands, typed, write_files

PAGE = DOCS / "how-to" / "a-million-goals.md"


@pytest.mark.slow
def test_the_commands_of_the_page_do_what_it_says(tmp_path):
    lab = write_files(PAGE, tmp_path)
    run, status, readings, summary = commands(PAGE)
    done = typed(lab, run.replace("--goals 1000000", "--goals 300"))
    assert done.returncode == 0, done.stdout + done.stderr
    done = typed(lab, status)
    assert "300 of 300 goals (100.0 %), 2 of 2 chunks" in done.stdout
    assert typed(lab, readings).returncode == 0
    assert len(pl.read_parquet(lab / "readings.parquet")) == 4 * 300
    done = typed(lab, summary)
    assert done.stdout == (lab / "million" / "summary.csv").read_text(encoding="utf-8")


def test_the_world_of_the_page_has_the_size_it_says(tmp_path):
    (text,) = [text for _, note, text in blocks(PAGE) if note == "file=million.py"]
    names: dict = {}
    exec(text, names)
    world = names["FACTORY"].build()
    assert f"{world.size} states" in PAGE.read_text(encoding="utf-8")
    assert all(need in world.features for drive in names["STUDY"].drives for need in drive.needs)
