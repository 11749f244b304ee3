"""Telos removes and replaces what it made, never anything else, and never through a link."""

import json
import os

import pytest

import telos.runs.world_cache as cache
from telos import Study, agents, drives, families, load_world, run, save_world, worlds
from telos.core.errors import StoreError
from telos.runs.files import ABANDONED_AFTER, draft_of, remove_abandoned, write_atomically
from telos.runs.slurm_arrays import SCRATCH
from telos.runs.world_file import remove_world

STUDY = Study(
    name="careful",
    question="What is left?",
    scenarios=(worlds.OffSwitch(rooms=3),),
    families=(families.Uniform(),),
    agents=(agents.Optimal(),),
    drives=(drives.SelfPreservation(),),
    discounts=(0.5, 0.9),
    n_goals=8,
)
ID = "0123456789abcdef"


def _run(folder):
    return run(STUDY, folder, jobs=1, progress=False)


def _old(path, seconds=2 * ABANDONED_AFTER):
    when = path.lstat().st_mtime - seconds
    os.utime(path, (when, when), follow_symlinks=False)


# -- worlds ------------------------------------------------------------------------------------------


@pytest.fixture
def stored(tmp_path):
    """A world on a cache, under the name that a scenario would have."""
    place = tmp_path / "worlds" / ID
    save_world(worlds.OffSwitch(rooms=3).build(), place)
    return place


def test_a_world_that_we_wrote_is_removed_whole(stored, tmp_path):
    cache.clear_cache(tmp_path)
    assert not (tmp_path / "worlds").exists()


def test_a_world_that_was_half_written_is_removed_too(stored, tmp_path):
    (stored / "world.json").unlink()
    draft_of(stored / "start.npy").write_bytes(b"half")
    assert remove_world(stored)
    assert not stored.exists()


@pytest.mark.parametrize(
    "name", ["notes", "data.npy", "next_prob-00000000.npy", ".hidden", "x.tmp"]
)
def test_a_folder_with_one_file_that_is_not_ours_is_left_alone(stored, tmp_path, name):
    (stored / name).write_bytes(b"precious")
    held = sorted(stored.iterdir())
    cache.clear_cache(tmp_path)
    assert sorted(stored.iterdir()) == held


def test_a_folder_with_a_folder_or_a_link_in_it_is_left_alone(stored, tmp_path):
    (stored / "deeper").mkdir()
    assert not remove_world(stored)
    (stored / "deeper").rmdir()
    (tmp_path / "precious").write_text("mine")
    start = next(stored.glob("start-*.npy"))
    start.unlink()
    start.symlink_to(tmp_path / "precious")
    assert not remove_world(stored)
    assert (tmp_path / "precious").read_text() == "mine"


@pytest.mark.parametrize("what", ["worlds", f"worlds/{ID}"])
def test_nothing_behind_a_link_is_removed_or_written(tmp_path, monkeypatch, capsys, what):
    monkeypatch.setattr(cache, "LARGE", 1)
    lab = tmp_path / "lab"
    save_world(worlds.OffSwitch(rooms=3).build(), lab / ID if what == "worlds" else lab)
    held = sorted(lab.rglob("*"))
    out = tmp_path / "out"
    (out / what).parent.mkdir(parents=True)
    (out / what).symlink_to(lab)
    cache.clear_cache(out)
    scenario = worlds.OffSwitch(rooms=3)
    monkeypatch.setattr(cache, "digest", lambda spec: ID)
    cache.cache_worlds(out, [scenario], lambda scenario: scenario.build())
    with cache.lent(out):
        assert cache.cached_world(scenario) is None
    assert "is a link" in capsys.readouterr().err
    assert sorted(lab.rglob("*")) == held


def test_a_world_is_written_beside_other_files_and_leaves_them(tmp_path):
    (tmp_path / "measured.npy").write_bytes(b"mine")
    (tmp_path / "settings.json").write_text("{}")
    save_world(worlds.OffSwitch(rooms=3).build(), tmp_path)
    save_world(worlds.OffSwitch(rooms=4).build(), tmp_path)
    assert load_world(tmp_path).size == worlds.OffSwitch(rooms=4).build().size
    assert (tmp_path / "measured.npy").read_bytes() == b"mine"
    assert len(list(tmp_path.glob("start-*.npy"))) == 1


def test_a_world_json_of_somebody_else_is_not_replaced(tmp_path):
    (tmp_path / "world.json").write_text('{"countries": 3}')
    with pytest.raises(StoreError, match="was not written by save_world"):
        save_world(worlds.OffSwitch(rooms=3).build(), tmp_path)
    assert (tmp_path / "world.json").read_text() == '{"countries": 3}'


# -- drafts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [".notes.tmp", ".x.tmp", ".a.12.tmp", "b.12-0123abcd.tmp", ".c.12-zz.tmp"]
)
def test_a_file_that_only_looks_like_a_draft_is_kept(tmp_path, name):
    (tmp_path / name).write_text("mine")
    _old(tmp_path / name)
    remove_abandoned(tmp_path, tmp_path.stat().st_mtime)
    assert (tmp_path / name).read_text() == "mine"


def test_an_old_draft_of_ours_goes_and_a_young_one_and_a_link_stay(tmp_path):
    old, young, link = (draft_of(tmp_path / name) for name in ("a", "b", "c"))
    (tmp_path / "precious").write_text("mine")
    old.write_text("half")
    young.write_text("half")
    link.symlink_to(tmp_path / "precious")
    _old(old)
    _old(link)
    remove_abandoned(tmp_path, tmp_path.stat().st_mtime)
    assert not old.exists()
    assert young.exists()
    assert link.is_symlink()
    assert (tmp_path / "precious").read_text() == "mine"


def test_the_age_of_a_draft_is_told_by_the_file_system_and_not_by_this_clock(tmp_path, monkeypatch):
    draft = draft_of(tmp_path / "a")
    draft.write_text("half")
    monkeypatch.setattr("time.time", lambda: draft.stat().st_mtime + 10 * ABANDONED_AFTER)
    _run(tmp_path / "out")
    remove_abandoned(tmp_path, tmp_path.stat().st_mtime)
    assert draft.exists()


def test_what_is_written_replaces_a_link_and_does_not_follow_it(tmp_path):
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "table.csv").symlink_to(tmp_path / "precious")
    write_atomically(tmp_path / "table.csv", lambda draft: draft.write_text("ours"))
    assert (tmp_path / "precious").read_text() == "mine"
    assert (tmp_path / "table.csv").read_text() == "ours"


@pytest.mark.parametrize("what", ["pipe", "folder", "link to a pipe"])
def test_what_is_no_file_is_never_replaced_by_one(tmp_path, what):
    """Run by somebody who may, a table named /dev/null would take the place of the device."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link to a pipe").symlink_to(tmp_path / "pipe")
    before = (tmp_path / what).lstat()
    with pytest.raises(OSError, match="not replaced"):
        write_atomically(tmp_path / what, lambda draft: draft.write_text("ours"))
    assert (tmp_path / what).lstat().st_ino == before.st_ino


# -- result folders ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [".bashrc", ".git", "report.html", "summary.csv", "study.json.bak"]
)
def test_a_folder_that_holds_anything_of_somebody_is_not_taken(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(StoreError, match="not a result folder"):
        _run(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_killed_runs_of_ours_leave_makes_no_folder_somebodys(tmp_path):
    for name in (".lock", ".at_work.json"):
        (tmp_path / name).write_text(json.dumps({"begun": 0.0, "failures": []}))
    os.utime(tmp_path / ".at_work.json", (0, 0))
    draft_of(tmp_path / "study.json").write_text("{")
    assert _run(tmp_path).complete


def test_a_scratch_folder_that_we_did_not_make_is_somebodys(tmp_path):
    (tmp_path / SCRATCH).mkdir()
    (tmp_path / SCRATCH / "precious").write_text("mine")
    with pytest.raises(StoreError, match="not a result folder"):
        _run(tmp_path)


def test_the_folder_itself_may_be_a_link_and_its_parts_may_not(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk")
    _run(tmp_path / "out")
    assert (tmp_path / "disk" / "study.json").exists()
    (tmp_path / "disk" / "parts").rename(tmp_path / "elsewhere")
    (tmp_path / "disk" / "parts").symlink_to(tmp_path / "elsewhere")
    held = sorted((tmp_path / "elsewhere").iterdir())
    with pytest.raises(StoreError, match="is a link, and Telos removes nothing through links"):
        _run(tmp_path / "out")
    assert sorted((tmp_path / "elsewhere").iterdir()) == held


def test_a_part_that_is_a_link_or_a_pipe_is_none(tmp_path):
    _run(tmp_path / "out")
    parts = sorted((tmp_path / "out" / "parts").iterdir())
    assert len(parts) == 4, "two arms, and the controls of each"
    for part in parts:
        data = part.read_bytes()
        part.rename(tmp_path / "moved")
        part.symlink_to(tmp_path / "moved")
        _run(tmp_path / "out")
        assert (tmp_path / "moved").read_bytes() == data
        assert not part.is_symlink()
        assert part.read_bytes() == data, "computed again"
        part.unlink()
        os.mkfifo(part)
        _run(tmp_path / "out")  # nobody else gives such a name
        assert part.is_file()
        assert part.read_bytes() == data
