"""The scanner: what it takes, Python's own reader of TOML reads alike, and what that refuses, it refuses."""

import tomllib
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from telos.bounds.scanner import scan
from telos.core.errors import BoundsError

WORDS = st.sampled_from(["a", "b", "a-b", "1", "true", "_", "-", "for"])
SIGNS = st.text(st.sampled_from('ab "\\#=[]{}.,/é'), max_size=6)


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


KEYS = st.one_of(WORDS, SIGNS.map(quoted))
SPACE = st.sampled_from(["", " ", "\t", "  "])
SCALARS = st.one_of(
    st.integers(-(10**18) + 1, 10**18 - 1).map(str),
    st.sampled_from(["true", "false"]),
    SIGNS.map(quoted),
)


def arrays(items):
    return st.tuples(SPACE, st.lists(items, max_size=3)).map(
        lambda t: f"[{t[0]}{(t[0] + ',').join(t[1])}]"
    )


def tables(items):
    pairs = st.lists(st.tuples(KEYS, SPACE, items), max_size=3, unique_by=lambda t: t[0].strip('"'))
    return pairs.map(
        lambda some: "{" + ", ".join(f"{key}{gap}={gap}{value}" for key, gap, value in some) + "}"
    )


VALUES = st.recursive(SCALARS, lambda items: arrays(items) | tables(items), max_leaves=8)
COMMENT = st.sampled_from(["", " # why", "#", '# "é'])
PAIRS = st.tuples(SPACE, KEYS, SPACE, VALUES, COMMENT).map(
    lambda t: f"{t[0]}{t[1]}{t[2]}={t[3]}{t[4]}"
)
PATHS = st.lists(KEYS, min_size=1, max_size=3).map(".".join)
HEADERS = st.tuples(PATHS, st.booleans(), COMMENT).map(
    lambda t: (f"[[{t[0]}]]" if t[1] else f"[{t[0]}]") + t[2]
)
FILES = st.lists(st.one_of(PAIRS, PAIRS, HEADERS, COMMENT), max_size=8).map("\n".join)
#: Pieces of which texts are made that are nearly TOML.
PIECES = st.lists(
    st.sampled_from("ab10-+_.\"'\\=[]{},#é\ufeff \n\r")
    | st.sampled_from(['"a"', "[a.b]", "a=1", "true", "nan", "0x1", "1.5", "\n[a]\n", "\n[[a]]\n"]),
    max_size=14,
).map("".join)


def agree(text):
    """Whether the text is taken; fails if tomllib then reads anything else."""
    try:
        data, lines = scan(text, "a.toml")
    except BoundsError:
        return False
    assert data == tomllib.loads(text)
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())
    return True


@settings(max_examples=400, deadline=None)
@given(FILES)
@example("[[a]]\n[a.b]\nc = 1\n[[a]]\n[a.b]\nc = 2")
@example("a = {}\n[a.b]")
@example("[a.b]\n[a]")
@example("[a]\nb = []\n[[a.b]]")
def test_what_is_taken_is_read_alike(text):
    agree(text)


@settings(max_examples=600, deadline=None)
@given(PIECES)
@example("[[a]")
@example("a = [1,]")
@example("a = {b = 1,}")
@example("a = -0")
@example("a = 00")
@example("a\r= 1")
def test_what_is_nearly_toml_is_read_alike_or_refused(text):
    agree(text)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(PAIRS, min_size=1, max_size=4, unique_by=lambda pair: pair.split("=")[0].strip(' \t"'))
)
def test_plain_pairs_are_taken(pairs):
    """Else the other properties would hold of a scanner that refuses everything."""
    texts = [
        f"k{i} = {pair.partition('=')[2]}"
        for i, pair in enumerate(pairs)
        if '"' not in pair.split("=")[0]
    ]
    assert agree("\n".join(texts))


def test_every_key_has_its_line():
    _, lines = scan('a = 1\n\n[b."c.d"]\ne = {f = [1]}\n[[g]]\n[[g]]\nh = "i"', "a.toml")
    assert lines == {
        ("a",): 1,
        ("b",): 3,
        ("b", "c.d"): 3,
        ("b", "c.d", "e"): 4,
        ("g",): 5,
        ("g", 0): 5,
        ("g", 1): 6,
        ("g", 1, "h"): 7,
    }


@pytest.mark.parametrize(
    "hostile",
    [
        "[" * 60_000,
        '"' + '\\"' * 32_000,
        "a = " + "[" * 60_000,
        "a." * 30_000,
        f"[{'.'.join('a' * 3_000)}]",
    ],
)
def test_a_hostile_line_is_refused_at_once(hostile):
    tracemalloc.start()
    with pytest.raises(BoundsError, match=r"^a\.toml:1: "):
        scan(hostile, "a.toml")
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()
