"""A world file that somebody else made is a world, or it is refused: it runs nothing and misleads nobody."""

import json
import os
import zlib
from typing import NamedTuple

import numpy as np
import pytest

from telos import explore, load_world, save_world, worlds
from telos.core.spec import digest
from telos.errors import StoreError, WorldError
from telos.runs.world_file import checksum


class Cell(NamedTuple):
    row: int
    stock: int


class Trap(tuple):
    """Looks like a NamedTuple, and does something when it is made."""

    _fields = ("a",)
    ran: list = []  # noqa: RUF012 - a note that something ran

    @classmethod
    def _make(cls, values):
        cls.ran.append(values)
        return cls(values)


@pytest.fixture
def stored(tmp_path):
    world = explore((0, 0), lambda s: {"on": ((s[0] + 1) % 3, s[1]), "stay": s}, default="stay")
    save_world(world, tmp_path)
    return tmp_path


def _sealed(folder, change):
    """Change the manifest as somebody would who knows how it is sealed."""
    path = folder / "world.json"
    stated = json.loads(path.read_text())["world"]
    change(stated)
    path.write_text(json.dumps({"world": stated, "checksum": digest(stated)}))


def _put(folder, name, array):
    """Put another array in place of one, properly named."""
    file = f"{name}-{checksum(array)}.npy"
    np.save(folder / file, array)
    _sealed(folder, lambda stated: stated["files"].update({name: file}))


MANIFESTS = {
    "a file elsewhere": lambda stated: stated["files"].update(start="../../etc/start-00000000.npy"),
    "an absolute file": lambda stated: stated["files"].update(start="/etc/passwd"),
    "a file of another array": lambda stated: stated["files"].update(
        start=stated["files"]["next_prob"]
    ),
    "an array too many": lambda stated: stated["files"].update(more="start-00000000.npy"),
    "an array too few": lambda stated: stated["files"].pop("outcome"),
    "a negative size": lambda stated: stated.update(size=-1),
    "another size": lambda stated: stated.update(size=4),
    "a huge size": lambda stated: stated.update(size=10**30),
    "a size in words": lambda stated: stated.update(size="3"),
    "other kinds": lambda stated: stated.update(kinds=2),
    "no actions": lambda stated: stated.update(actions=[]),
    "fewer actions": lambda stated: stated.update(actions=["on"]),
    "actions of numbers": lambda stated: stated.update(actions=[1, 2]),
    "a feature without an array": lambda stated: stated.update(features=["off"]),
    "a field that nobody knows": lambda stated: stated.update(run="rm"),
    "names elsewhere": lambda stated: stated.update(states={"file": "../names-00000000.json"}),
    "names of a wrong width": lambda stated: stated["states"].update(width=3),
    "names of millions of columns": lambda stated: stated["states"].update(width=10**9),
    "names of a function": lambda stated: stated["states"].update(make="os:system"),
    "names of a class of nobody's": lambda stated: stated["states"].update(make=f"{__name__}:Trap"),
    "names of no class": lambda stated: stated["states"].update(make="telos.worlds.paperclip:Nope"),
    "names of a class of ours that is not a tuple": lambda stated: stated["states"].update(
        make="telos.worlds.paperclip:PaperclipFactory"
    ),
    "names of what a module of ours imported": lambda stated: stated["states"].update(
        make="telos.worlds.paperclip:NamedTuple"
    ),
    "another version": lambda stated: stated.update(schema=99),
    "the former version": lambda stated: stated.update(schema=1),
}


@pytest.mark.parametrize("change", MANIFESTS.values(), ids=MANIFESTS)
def test_a_manifest_that_says_what_it_may_not_is_refused(stored, change):
    _sealed(stored, change)
    with pytest.raises(StoreError):
        load_world(stored)
    assert Trap.ran == []


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "[" * 100_000, '{"world": 3}', '{"world": {"schema": 2}}']
)
def test_a_manifest_that_is_none_is_refused(stored, text):
    (stored / "world.json").write_text(text)
    with pytest.raises(StoreError):
        load_world(stored)


ARRAYS = {
    "pair_ptr": [np.array([0, 2, 4, 5]), np.array([1, 2, 4, 6]), np.array([0, 4, 2, 6])],
    "pair_action": [np.array([0, 1, 0, 1, 0, 2]), np.array([0, 1, 0, 1, 0, -1]), np.zeros(5, int)],
    "next_ptr": [np.array([0, 1, 2, 3, 4, 5, 7]), np.array([0, 0, 2, 3, 4, 5, 6])],
    "next_state": [np.full(6, 3), np.full(6, -1), np.zeros(6), np.array([0, 1, 2, 3, 4, 5, 0])],
    "next_prob": [
        np.full(6, 0.5),
        np.full(6, np.nan),
        np.full(6, -1.0),
        np.ones(5),
        np.full(6, np.inf),
        np.ones(6, np.float32),
    ],
    "start": [np.array([1.0, 1.0, 0.0]), np.array([2.0, -1.0, 0.0]), np.full(3, np.nan)],
    "outcome": [np.array([0, 1, 3]), np.array([0, 0, 1]), np.array([0, 1, 2**40])],
    "pair_state": [np.zeros(6, int), np.arange(6)],
    "default": [np.array([0, 0, 0]), np.array([1, 3, 6])],
}


@pytest.mark.parametrize(
    ("name", "array"),
    [(name, array) for name, arrays in ARRAYS.items() for array in arrays],
    ids=[f"{name} {i}" for name, arrays in ARRAYS.items() for i in range(len(arrays))],
)
def test_arrays_that_make_no_world_are_refused(stored, name, array):
    _put(stored, name, array)
    with pytest.raises(StoreError):
        load_world(stored)


def test_an_array_that_is_a_link_a_pipe_or_a_pickle_is_refused(stored):
    start = next(stored.glob("start-*.npy"))
    data = start.read_bytes()
    for spoil in (
        lambda: start.symlink_to(stored / "other"),
        lambda: os.mkfifo(start),
        lambda: start.write_bytes(b"cos\nsystem\n(S'true'\ntR."),
        lambda: start.write_bytes(data.replace(b"(3,)", b"(3e9,)")),
    ):
        start.unlink()
        spoil()
        with pytest.raises(StoreError):
            load_world(stored)


NAMES = {
    "a class of nobody's": [{f"{__name__}:Cell": [1, 2]}, "b", "c"],
    "a callable": [{"subprocess:Popen": ["true"]}, "b", "c"],
    "two classes at once": [{"a:B": [], "c:D": []}, "b", "c"],
    "a name twice": ["a", "a", "b"],
    "too few": ["a", "b"],
    "no list": 3,
    "lists within lists": None,
}


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
def test_names_of_states_that_say_what_they_may_not_are_refused_when_they_are_asked_for(
    tmp_path, names
):
    save_world(explore("a", lambda s: {"on": {"a": "b", "b": "c", "c": "a"}[s]}), tmp_path)
    data = b"[" * 50_000 + b"]" * 50_000 if names is None else json.dumps(names).encode()
    file = f"states-{zlib.crc32(data):08x}.json"
    (tmp_path / file).write_bytes(data)
    _sealed(tmp_path, lambda stated: stated.update(states={"file": file}))
    opened = load_world(tmp_path)
    with pytest.raises(StoreError):
        opened.states[0]


def test_a_class_of_an_author_is_made_only_where_its_module_is_trusted(tmp_path):
    world = explore(Cell(0, 0), lambda s: {"on": Cell((s.row + 1) % 3, s.stock)})
    save_world(world, tmp_path)
    with pytest.raises(StoreError, match=r"trust=\["):
        load_world(tmp_path)
    assert load_world(tmp_path, trust=[__name__]).states == world.states
    assert load_world(tmp_path, trust=[__name__.rpartition(".")[0] or __name__]).size == 3


def test_a_class_of_ours_needs_no_leave(tmp_path):
    world = worlds.PaperclipFactory().build()
    save_world(world, tmp_path)
    assert load_world(tmp_path).states == world.states


def test_names_that_are_not_there_say_what_to_pass(tmp_path):
    Local = type("Local", (), {"__hash__": lambda self: 1})
    one, two = Local(), Local()
    save_world(explore(one, lambda s: {"on": two if s is one else one}), tmp_path)
    with pytest.raises(WorldError, match="anew"):
        load_world(tmp_path).states[0]
