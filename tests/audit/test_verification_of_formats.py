"""The check of the formats fails where a reader loses a call, and where it takes the unknown for clean."""

import sys
from pathlib import Path

import pytest

from telos.audit.formats.telling import Telling

sys.path.insert(0, str(Path(__file__).parents[2] / "verification"))


@pytest.fixture
def check(monkeypatch, capsys):
    import audit_formats

    monkeypatch.setattr(sys, "argv", ["audit_formats.py"])
    return audit_formats.main


def test_the_check_holds(check, capsys):
    assert check() == 0
    assert "precision is **36 of 44" in capsys.readouterr().out


def test_a_reader_that_loses_calls_fails_it(check, monkeypatch):
    ask = Telling.ask
    monkeypatch.setattr(
        Telling, "ask", lambda t, role, i, name, given: ask(t, role, i, name, {}) and None
    )
    assert check() == 1


def test_a_reader_that_does_not_mind_an_end_fails_it(check, monkeypatch):
    monkeypatch.setattr(Telling, "doubt", lambda telling, why: None)
    assert check() == 1
