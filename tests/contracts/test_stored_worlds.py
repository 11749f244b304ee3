"""A world on the disk is the world that was written, bit for bit, or it is refused."""

import gc
from collections import namedtuple
from typing import NamedTuple

import numpy as np
import pytest

import telos.runs.world_cache as cache
from telos import (
    Goals,
    Legal,
    Problem,
    Study,
    World,
    agents,
    drives,
    explore,
    explore_vectorized,
    families,
    load_world,
    run,
    save_world,
    solve,
    worlds,
)
from telos.core.rows import Later, NameRows
from telos.errors import StoreError, WorldError
from telos.runs.plan import built

FIELDS = ["start", "pair_ptr", "pair_action", "next_ptr", "next_state", "next_prob"]


class Cell(NamedTuple):
    row: int
    stock: int


class Rollout(NamedTuple):
    room: str
    been: tuple


def assert_same(left: World, right: World):
    assert (left.name, left.actions, list(left.features)) == (
        right.name,
        right.actions,
        list(right.features),
    )
    assert left.states == right.states
    assert left.outcomes == right.outcomes
    arrays = [(getattr(left, f), getattr(right, f)) for f in (*FIELDS, "outcome", "pair_state")]
    arrays += [(left.features[name], right.features[name]) for name in left.features]
    assert (left.default is None) == (right.default is None)
    if left.default is not None:
        arrays.append((left.default, right.default))
    for mine, theirs in arrays:
        assert mine.dtype == theirs.dtype
        assert mine.tobytes() == theirs.tobytes()
        assert not mine.flags.writeable
        assert not theirs.flags.writeable


def mine():
    def moves(s):
        more = [(1 / 3, s._replace(stock=s.stock + 1)), (2 / 3, s)]
        return {
            "wait": s,
            "on": s._replace(row=(s.row + 1) % 9),
            "mine": Legal(s.stock < 5, more),
        }

    return explore_vectorized(
        Cell(0, 0),
        moves,
        features={"stock": lambda s: s.stock / 7},
        outcome=lambda s: (s.row, s.stock // 2),
        default="wait",
        name="mine",
    )


def told(names):
    """A ring whose states have the given names."""
    after = dict(zip(names, [*names[1:], names[0]], strict=True))
    return explore(names[0], lambda s: {"on": after[s]}, name="ring")


PLAIN = {
    "numbers": [3, 1, 2],
    "words": ["hall", "yard", "“séance” \ud800"],
    "a mixture": ["hall", (1, ("a", None)), 2.5, True, ((), "x")],
    "large numbers": [2**70, 1, 2],
    "truths": [(True, 2), (False, 3)],
    "rows": [(1, 2), (2, 1), (0, 0)],
    "ragged": [(1, 2), (2,), (0, 0)],
    "named": [Cell(1, 2), Cell(4, 4)],
    "named, with words": [("a", Cell(1, 2)), Rollout("hall", (Cell(4, 4), None)), {}.get("x")],
}


@pytest.mark.parametrize("names", PLAIN.values(), ids=PLAIN)
def test_names_come_back_as_they_were(tmp_path, names):
    world = told(names)
    save_world(world, tmp_path)
    opened = load_world(tmp_path, trust=[__name__])
    assert_same(opened, world)
    assert [type(s) for s in opened.states] == [type(s) for s in world.states]
    assert [repr(s) for s in opened.states] == [repr(s) for s in world.states]
    for s, state in enumerate(world.states):
        assert opened.find(state) == s


@pytest.mark.parametrize(
    "world",
    [
        mine(),
        worlds.PaperclipFactory().build(),
        worlds.OffSwitch(rooms=3).build(),
        worlds.RandomWorld(states=40, seed=3).build(),
        World.from_arrays([0, 1], [0], [0, 1], [0], [1.0]),
    ],
    ids=lambda world: world.name,
)
def test_a_world_comes_back_bit_for_bit(tmp_path, world):
    save_world(world, tmp_path)
    assert_same(load_world(tmp_path, anew=lambda: world, trust=[__name__]), world)


def test_what_is_solved_in_an_opened_world_is_the_same(tmp_path):
    world = mine()
    save_world(world, tmp_path)
    goals = Goals(np.random.default_rng(0).normal(size=(20, world.size)))
    here = solve(Problem(world, goals, 0.95))
    there = solve(Problem(load_world(tmp_path, trust=[__name__]), goals, 0.95))
    assert here.value.tobytes() == there.value.tobytes()
    assert here.tied.tobytes() == there.tied.tobytes()


def test_an_opened_world_is_mapped_and_not_read(tmp_path):
    save_world(mine(), tmp_path)
    opened = load_world(tmp_path, trust=[__name__])
    for name in (*FIELDS, "outcome"):
        base = getattr(opened, name)
        while isinstance(base.base, np.ndarray):
            base = base.base
        assert isinstance(base, np.memmap), name


def test_names_that_no_file_can_hold_are_made_anew_when_asked_for(tmp_path):
    Local = namedtuple("Local", "x")
    world = told([Local(0), Local(1)])
    asked = []

    def anew():
        asked.append(1)
        return world

    save_world(world, tmp_path)
    opened = load_world(tmp_path, anew=anew, trust=[__name__])
    assert (opened.size, opened.n_outcomes) == (2, 2)
    assert len(solve(Problem(opened, Goals([1.0, 2.0]), 0.9)).value) == 1
    assert asked == []
    assert opened.find(Local(1)) == 1
    assert opened.states == world.states
    assert asked == [1]
    with pytest.raises(WorldError, match=r"names of states could not be stored.*anew"):
        load_world(tmp_path, trust=[__name__]).states[0]


def test_a_world_with_names_for_later_can_be_changed_and_written_again(tmp_path):
    world = told(["hall", "yard"])
    save_world(world, tmp_path)
    opened = load_world(tmp_path, trust=[__name__])
    assert isinstance(opened.states, Later)
    assert opened.keep(np.ones(2, bool)).states == world.states


def put(path, data):
    """A file of its own under the same name: who has mapped the old one keeps that."""
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def test_no_damage_changes_a_world_unnoticed(tmp_path):
    world, rng, harmless = mine(), np.random.default_rng(1), 0
    save_world(world, tmp_path)
    for path in sorted(tmp_path.iterdir()):
        whole = path.read_bytes()
        for _ in range(12):
            damaged = bytearray(whole)
            damaged[rng.integers(len(whole))] ^= 1 << rng.integers(8)
            put(path, damaged)
            try:
                opened = load_world(tmp_path, trust=[__name__])
            except StoreError:
                continue
            assert_same(opened, world)  # a blank in a header, say
            harmless += 1
        put(path, whole[:-1])
        with pytest.raises(StoreError, match=r"world|npy"):
            load_world(tmp_path, trust=[__name__])
        path.unlink()
        with pytest.raises(StoreError, match=r"world|npy"):
            load_world(tmp_path, trust=[__name__])
        put(path, whole)
    assert harmless < 30
    assert_same(load_world(tmp_path, trust=[__name__]), world)


def test_a_damaged_world_is_written_again_and_another_replaces_it(tmp_path):
    world = mine()
    save_world(world, tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    (file,) = tmp_path.glob("next_prob-*.npy")
    put(file, b"nonsense")
    save_world(world, tmp_path)
    assert_same(load_world(tmp_path, trust=[__name__]), world)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    old = load_world(tmp_path, trust=[__name__])
    save_world(told(["hall", "yard"]), tmp_path)
    assert_same(load_world(tmp_path, trust=[__name__]), told(["hall", "yard"]))
    assert len(list(tmp_path.glob("*.npy"))) == 8
    assert_same(old, world)  # who has it open keeps it


STUDY = Study(
    name="shelved",
    question="Does it matter whether a worker builds its world or opens it?",
    scenarios=(worlds.OffSwitch(rooms=3), worlds.OverseenWorkshop()),
    families=(families.Uniform(),),
    agents=(agents.Optimal(),),
    drives=(drives.SelfPreservation(),),
    discounts=(0.9,),
    n_goals=20,
)


def test_a_study_with_its_worlds_on_the_shelf_has_the_same_readings(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "LARGE", 100)
    run(STUDY, tmp_path / "one", jobs=1, progress=False)
    written = []
    real = cache.save_world
    monkeypatch.setattr(cache, "save_world", lambda w, p: (written.append(w.name), real(w, p)))
    two = run(STUDY, tmp_path / "two", jobs=2, progress=False)
    assert written == [built(worlds.OverseenWorkshop()).name]
    assert not (tmp_path / "two" / "worlds").exists()
    one = (tmp_path / "one" / "readings.parquet").read_bytes()
    assert (tmp_path / "two" / "readings.parquet").read_bytes() == one
    assert two.complete


def test_a_worker_takes_the_world_from_the_shelf_and_builds_it_if_it_is_damaged(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(cache, "LARGE", 100)
    factory = worlds.PaperclipFactory()
    world = factory.build()
    cache.cache_worlds(tmp_path, [factory, worlds.OffSwitch(rooms=3)], lambda s: s.build())
    (place,) = (tmp_path / "worlds").iterdir()
    with cache.lent(tmp_path):
        built.cache_clear()
        taken = built(factory)
        assert isinstance(taken.states, Later | NameRows)
        assert_same(taken, world)
        assert isinstance(built(worlds.OffSwitch(rooms=3)).states, tuple)
        put(next(place.glob("next_state-*.npy")), b"")
        built.cache_clear()
        assert_same(built(factory), world)
        assert isinstance(built(factory).states, tuple)
    built.cache_clear()
    cache.clear_cache(tmp_path)
    assert_same(taken, world)
    del taken
    gc.collect()


def test_the_shelf_removes_what_it_wrote_and_nothing_else(tmp_path):
    """A result folder may hold other things under the name of the cache."""
    (tmp_path / "worlds" / "0123456789abcdef").mkdir(parents=True)
    (tmp_path / "worlds" / "mine.txt").write_text("mine")
    (tmp_path / "worlds" / "atlas").mkdir()
    cache.clear_cache(tmp_path)
    assert sorted(path.name for path in (tmp_path / "worlds").iterdir()) == ["atlas", "mine.txt"]
    (tmp_path / "worlds" / "mine.txt").unlink()
    (tmp_path / "worlds" / "atlas").rmdir()
    cache.clear_cache(tmp_path)
    assert not (tmp_path / "worlds").exists()
