"""Stages: what a run is doing is said whenever it takes a while, and nothing is said where nobody asked."""

import time

import pytest

from telos.runs import stages
from telos.runs.stages import Stages


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(stages, "SILENCE", 0.02)


def test_what_takes_a_while_is_said_and_how_long_it_takes(capsys):
    with Stages().during("making the tables"):
        time.sleep(0.3)
    lines = capsys.readouterr().err.splitlines()
    assert lines
    assert all(line.startswith("making the tables: ") for line in lines)
    assert len(lines) < 6, "each word in a log waits twice as long as the last"


def test_parts_of_different_length_are_named_one_after_the_other(capsys):
    with Stages().in_turn(2) as told:
        told("the world")
        time.sleep(0.1)
        told("the story")
        time.sleep(0.1)
    said = [line.partition(":")[0] for line in capsys.readouterr().err.splitlines()]
    assert list(dict.fromkeys(said)) == ["1 of 2, the world", "2 of 2, the story"]


def test_what_is_done_at_once_is_not_said(capsys, monkeypatch):
    monkeypatch.setattr(stages, "SILENCE", 60)
    with Stages().during("making the tables"):
        pass
    assert capsys.readouterr().err == ""


def test_a_run_speaks_before_its_first_goals_are_done(capsys):
    """A world of a million states needs a minute for them; each word waits twice as long as the last."""
    with Stages().towards(10) as step:
        time.sleep(0.3)
        step(10)
    first, *more, last = capsys.readouterr().err.splitlines()
    assert first == "  0%  0 of 10 goals, starting: 0 s"
    assert len(more) < 5
    assert last.startswith("100%  10 of 10 goals")


def test_goals_that_take_long_are_told_in_seconds_each():
    assert [stages._speed(rate) for rate in (0.4, 1.0, 4708.0)] == ["2.5 s each", "1/s", "4,708/s"]


def test_a_silent_run_says_nothing(capsys):
    silent = Stages(shown=False)
    with silent.during("making the tables"), silent.towards(10) as step:
        step(10)
        time.sleep(0.1)
    silent.say("1 chunk is damaged")
    assert capsys.readouterr() == ("", "")


def test_an_error_within_a_stage_ends_it(capsys):
    with pytest.raises(ValueError, match="no"), Stages().during("making the tables"):
        raise ValueError("no")
    said = capsys.readouterr().err
    time.sleep(0.1)
    assert capsys.readouterr().err == "", said


def test_nothing_that_is_said_steers_a_terminal(capsys):
    with Stages().during("reading \x1b[31mred"):
        time.sleep(0.1)
    assert "\x1b" not in capsys.readouterr().err
