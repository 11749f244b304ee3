"""The code base as data: every module of telos, read and parsed once for the tests beside this file."""

import ast
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "telos"
SKIPPED_FOLDERS = frozenset({".git", ".venv", ".tools", "__pycache__", "results", "out", "dist"})


@dataclass(frozen=True)
class Module:
    """One source file: its dotted name, where it lies, its text and its syntax tree."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def package(self) -> str:
        """The package a module belongs to: ``core`` for ``telos.core.world``, empty for the top level."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else ""


def _read(path: Path) -> Module:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    text = path.read_text(encoding="utf-8")
    return Module(name, path, text, ast.parse(text, filename=str(path)))


@pytest.fixture(scope="session")
def root():
    """The top folder of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def modules():
    """Every module of telos, sorted by path."""
    return tuple(_read(path) for path in sorted(SOURCE.rglob("*.py")))


@pytest.fixture(scope="session")
def ours():
    """Every file that is, or is about to be, part of the repository."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode == 0:
        named = (ROOT / name for name in listing.stdout.decode().split("\0") if name)
    else:  # an unpacked source distribution
        named = (p for p in ROOT.rglob("*") if not SKIPPED_FOLDERS & set(p.parts))
    return tuple(sorted(path for path in named if path.is_file()))
