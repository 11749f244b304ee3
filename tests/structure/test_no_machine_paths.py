"""What the repository must not carry: this machine's paths, a registry's address, ballast."""

import re
from pathlib import Path

import pytest

# Written in two halves, so that this file does not contain what it looks for.
PLACES = tuple("/" + place for place in ("work/", "root/", "home/", "Users/", "opt/", "tmp/bash"))
REGISTRIES = tuple(
    first + second
    for first, second in (
        ("pypi.", "org"),
        ("files.python", "hosted"),
        ("registry.", "npmjs"),
        ("deb.", "debian"),
        ("conda.", "anaconda"),
        ("extra-index", "-url"),
        ("find-", "links"),
    )
)
LARGEST = 5 * 2**20


def _texts(paths):
    """Each file that is text, with its text; pictures and tables are passed over."""
    for path in paths:
        data = path.read_bytes()
        if b"\0" not in data[:8192]:
            yield path, data.decode("utf-8", errors="replace")


def _mentions(paths, words):
    """The places, as ``file:line``, where one of the words stands at the start of a path."""
    pattern = re.compile("|".join(rf"(?<![\w.)}}\]/$~]){re.escape(word)}" for word in words))
    return [
        f"{path}:{number}: {line.strip()[:80]}"
        for path, text in _texts(paths)
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_a_place_on_some_machine(ours):
    assert not _mentions(ours, PLACES)


def test_no_file_names_the_folder_it_was_made_in(ours, root):
    if len(root.parts) < 3:
        pytest.skip("the checkout lies too near the top of the disk for its path to mean much")
    words = {f"{root}/"} | ({f"{Path.home()}/"} if len(Path.home().parts) > 1 else set())
    assert not _mentions(ours, sorted(words))


def test_no_file_names_a_registry(ours):
    assert not _mentions(ours, REGISTRIES)


def test_no_file_is_large(ours):
    large = [f"{path}: {path.stat().st_size} bytes" for path in ours]
    large = [line for line, path in zip(large, ours, strict=True) if path.stat().st_size > LARGEST]
    assert not large


def test_the_lock_file_stays_at_home(ours):
    """uv.lock records an address for every file it names; requirements/dev.txt does not."""
    assert not [path for path in ours if path.name in {"uv.lock", "pylock.toml"}]


def test_no_file_is_left_by_a_tool(ours):
    left = {".venv", ".tools", "__pycache__", ".mypy_cache", ".ruff_cache", ".hypothesis"}
    assert not [path for path in ours if left & set(path.parts)]
