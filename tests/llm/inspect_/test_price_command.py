"""`telos price` says beforehand what a run takes; what it says agrees with runs that are counted."""

import sys

import pytest

from telos.cli import main
from telos.llm.inspect_.planned import games_of
from telos.llm.inspect_.tasks import task_of
from telos.llm.price import quoted


@pytest.fixture
def telos(monkeypatch, capsys, tmp_path):
    """Runs a command as if typed in an empty folder; returns its exit code, output and messages."""
    monkeypatch.chdir(tmp_path)

    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["telos", "price", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return end.value.code or 0, said.out, said.err

    return typed


@pytest.mark.parametrize(
    ("task", "options"),
    [("surgery", {"goals": 40, "discount": 0.9}), ("opsdesk", {"goals": 12, "ticks": 4})],
)
def test_a_planner_takes_as_many_calls_as_was_said(play, task, options):
    games, epochs, probed = games_of(task, options)
    assert not probed
    log, _ = play(task_of([game.setup for game in games]), "telos/optimal")
    calls = sum(
        message.role == "assistant" for sample in log.samples for message in sample.messages
    )
    assert epochs == 1
    assert quoted(games).planned.calls == pytest.approx(calls, rel=0.05)
    assert calls <= quoted(games).longest.calls


def test_a_task_file_is_priced_as_the_task_that_it_makes(telos, tmp_path):
    (tmp_path / "task.py").write_text(
        "from inspect_ai import task\nfrom telos.llm.inspect_.tasks import world\n\n"
        "@task\ndef mine(goals: int = 4):\n    return world('OffSwitch', goals=goals)\n"
    )
    at = str(tmp_path / "task.py")
    assert telos(at, "-T", "goals=3")[0] == 0, "by its whole path"
    code, said, told = telos("task.py", "-T", "goals=3", "--model-price", "1,2,0.1")
    assert code == 0, told
    assert "3 episodes" in said
    same = telos("world", "-T", "world=OffSwitch", "-T", "goals=3", "--model-price", "1,2,0.1")
    assert same[1].split(":", 1)[1] == said.split(":", 1)[1]


def test_a_probe_is_a_call_more_for_each_episode():
    alone, _, none = games_of("off_switch", {"goals": 3})
    games, _, probed = games_of("off_switch", {"goals": 3, "probe": True})
    assert probed > none
    more, less = quoted(games, probed=probed).planned, quoted(alone, probed=none).planned
    assert more.calls - less.calls == pytest.approx(3)
    assert more.new - less.new > sum(len(game.brief) for game in games) / 3.5


def test_reasoning_is_written_and_paid(telos):
    words = ("off_switch", "-T", "goals=2", "--model-price", "0,900000")
    plain, thinking = telos(*words)[1], telos(*words, "--reasoning", 940)[1]
    dollars = [float(text.split("$")[1].split()[0].replace(",", "")) for text in (plain, thinking)]
    assert dollars[1] == pytest.approx(1000 / 60 * dollars[0], rel=1e-3)
    assert "give --reasoning" in plain
    assert "give --reasoning" not in thinking


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("factor",), "Did you mean 'factory'?"),
        (("off_switch", "-T", "goalz=3"), "Did you mean 'goals'?"),
        (("off_switch", "-T", "goals"), "is not name=value"),
        (("off_switch", "-T", "goals=few"), "goals is 'few'; give an integer"),
        (("off_switch", "-T", "goals=-4"), "goals is -4; give 1 or more"),
        (("off_switch", "-T", "seeds=0"), "seeds is 0; give 1 or more"),
        (("empty.py",), "0 tasks can be made of it"),
        (("off_switch", "--model-price", "cheap"), "is not two prices"),
        (("off_switch", "--reasoning", "much"), "is not an integer"),
        (("none.py",), "no file none.py"),
        (("broken.py",), "0 tasks can be made of it"),
        (("other.py",), "is not an episode of Telos"),
    ],
)
def test_what_cannot_be_priced_is_one_sentence(telos, tmp_path, words, why):
    (tmp_path / "broken.py").write_text("1 / 0\n")
    (tmp_path / "empty.py").write_text("x = 1\n")
    (tmp_path / "other.py").write_text(
        "from inspect_ai import Task, task\nfrom inspect_ai.dataset import Sample\n\n"
        "@task\ndef other():\n    return Task(dataset=[Sample(input='Hello')])\n"
    )
    code, _, told = telos(*words)
    assert code == 2
    assert why in told
    assert "Traceback" not in told
