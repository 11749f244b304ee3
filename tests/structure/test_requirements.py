"""The pinned requirements: every dependency named, every file hashed, no address."""

import re
import tomllib

import pytest


@pytest.fixture(scope="module")
def project(root):
    """The project table of pyproject.toml, and its dependency groups."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pinned(root):
    """Every pin of requirements/dev.txt: a normalized name and the lines that belong to it."""
    text = (root / "requirements" / "dev.txt").read_text(encoding="utf-8")
    starts = list(re.finditer(r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)", text, flags=re.MULTILINE))
    ends = [match.start() for match in starts[1:]] + [len(text)]
    return [
        (_normal(match[1]), match[2], text[match.start() : end])
        for match, end in zip(starts, ends, strict=True)
    ]


def _normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def _wanted(requirement):
    """The name and the lowest version of a requirement such as ``numpy>=2.1``."""
    match = re.fullmatch(r"([\w.-]+)(?:\[[\w,]+\])?>=([\d.]+)(?:\s*;.*)?", requirement)
    assert match, f"{requirement!r} is not of the form name>=version"
    return _normal(match[1]), tuple(map(int, match[2].split(".")))


def _asked_for(project):
    listed = list(project["project"]["dependencies"])
    listed += project["project"]["optional-dependencies"]["test"]
    listed += project["dependency-groups"]["dev"]
    return [requirement for requirement in listed if not requirement.startswith("telos-lab[")]


def test_every_dependency_has_a_floor_and_is_pinned_above_it(project, pinned):
    versions: dict[str, list[tuple[int, ...]]] = {}
    for name, version, _ in pinned:
        numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
        versions.setdefault(name, []).append(numbers)
    missing = []
    for requirement in _asked_for(project):
        name, lowest = _wanted(requirement)
        if not any(have >= lowest for have in versions.get(name, [])):
            missing.append(f"{requirement} (pinned: {versions.get(name)})")
    assert not missing, "run `make requirements`: " + ", ".join(missing)


def test_every_pin_carries_its_hashes(pinned):
    assert pinned
    assert not [name for name, _, block in pinned if "--hash=sha256:" not in block]


def test_the_pins_name_no_address(root):
    text = (root / "requirements" / "dev.txt").read_text(encoding="utf-8")
    assert "://" not in text


def test_the_resolution_is_dated(project):
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}T00:00:00Z", project["tool"]["uv"]["exclude-newer"])
