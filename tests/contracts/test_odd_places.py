"""Places that are no plain files or folders: each is used as it stands, or left as it was."""

import os
import stat
import sys
from pathlib import Path

import polars as pl
import pytest

from telos import Study, agents, drives, families, run, worlds
from telos.core.errors import StoreError
from telos.report.page import write_report
from telos.runs.files import write_atomically
from telos.runs.opened import export
from telos.runs.parts import _checksum, _stem, find_parts
from telos.runs.progress import progress_of

STUDY = Study(
    name="odd",
    question="Where does it lie?",
    scenarios=(worlds.OffSwitch(rooms=2),),
    families=(families.Uniform(),),
    agents=(agents.Optimal(),),
    drives=(drives.SelfPreservation(),),
    discounts=(0.9,),
    n_goals=8,
    controls=0,
)


def _run(folder):
    return run(STUDY, folder, jobs=1, progress=False)


@pytest.mark.parametrize("name", ["pipe", "link to a pipe", "device", "folder", "link to a folder"])
def test_what_is_no_file_is_not_replaced_by_one(tmp_path, name):
    place = tmp_path / "place"
    if "pipe" in name:
        os.mkfifo(tmp_path / "pipe")
    if "folder" in name:
        (tmp_path / "folder").mkdir()
    target = Path("/dev/null") if name == "device" else tmp_path / name.split()[-1]
    place.symlink_to(target)
    path = target if name in ("pipe", "folder") else place
    before = path.lstat().st_mode
    with pytest.raises(OSError, match="which is not replaced"):
        write_atomically(path, lambda draft: draft.write_text("table"))
    assert path.lstat().st_mode == before


def test_a_page_does_not_replace_a_pipe(tmp_path):
    _run(tmp_path / "out")
    os.mkfifo(tmp_path / "page.html")
    for place in (tmp_path / "page.html", Path(""), tmp_path, Path("nul\0")):
        with pytest.raises(StoreError):
            write_report(tmp_path / "out", place)
    assert stat.S_ISFIFO((tmp_path / "page.html").lstat().st_mode)


@pytest.mark.parametrize("name", ["~", "~root", "a=b", "run[1]", "*", "s3:", "new\nline", "-dash"])
def test_a_name_is_a_name_like_any_other(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    assert _run(Path(name)).readings().collect().height == 8
    assert progress_of(Path(name), check=True).state == "complete"
    assert "".join(export(Path(name)).lines()).count("\n") == 9
    export(Path(name)).write(Path("~.csv"), "csv")
    assert write_report(Path(name)).read_text(encoding="utf-8")
    assert sorted(os.listdir()) == sorted([name, "~.csv"])


@pytest.mark.skipif(sys.platform != "linux", reason="names there are text")
def test_a_name_that_is_no_text_is_refused_at_once(tmp_path):
    for name in ("odd\udcff", "nul\0"):
        for ask in (_run, progress_of, export, write_report):
            with pytest.raises(StoreError, match=r"Rename it|Name another one"):
                ask(tmp_path / name)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", [".lock", ".at_work.json"])
@pytest.mark.parametrize("begun", [False, True])
def test_a_file_of_somebody_by_the_name_of_ours_is_kept(tmp_path, name, begun):
    if begun:
        _run(tmp_path)
    for text in ("precious", '{"theirs": 1}', "[]"):
        (tmp_path / name).write_text(text)
        with pytest.raises(StoreError):
            _run(tmp_path)
        assert (tmp_path / name).read_text() == text


def test_a_lock_that_is_another_file_too_is_not_written_to(tmp_path):
    _run(tmp_path / "out")
    (tmp_path / "precious").write_text("")
    os.link(tmp_path / "precious", tmp_path / "out" / ".lock")
    with pytest.raises(StoreError, match="was not written by Telos"):
        _run(tmp_path / "out")
    assert (tmp_path / "precious").read_text() == ""


def _forge(folder, change):
    """Put other rows into the one part of a run, under a checksum that fits."""
    ((part,),) = find_parts(folder / "parts").values()
    made = part.path
    change(part.read()).write_parquet(made)
    data = made.read_bytes()
    stem = _stem(part.key, part.first, part.count, part.made)
    summed = _checksum(part.key, part.first, part.count, part.made, data)
    made.rename(made.with_name(f"{stem}-{summed:08x}.parquet"))
    (folder / "summary.csv").unlink()
    text = (folder / "study.json").read_text().replace('"complete"', '"running"')
    (folder / "study.json").write_text(text)


def test_a_part_of_more_rows_than_goals_is_not_taken_into_memory(tmp_path):
    _run(tmp_path)
    many = pl.DataFrame({"again": pl.Series([0] * 600_000, dtype=pl.Int8)})
    _forge(tmp_path, lambda rows: rows.join(many, how="cross").drop("again"))
    with pytest.raises(StoreError, match="more rows than their goals can have"):
        export(tmp_path, "summary")


def test_a_part_of_rows_without_a_drive_is_refused(tmp_path):
    _run(tmp_path)
    _forge(tmp_path, lambda rows: rows.with_columns(drive=pl.lit(None, dtype=pl.String)))
    with pytest.raises(StoreError, match="rows of no drive"):
        export(tmp_path, "summary")


def test_a_part_without_end_is_damaged(tmp_path):
    _run(tmp_path)
    ((part,),) = find_parts(tmp_path / "parts").values()
    os.truncate(part.path, 2**43)
    assert progress_of(tmp_path, check=True).damaged == (part.path.name,)
