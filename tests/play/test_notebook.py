"""The page in a cell: what is picked there is read in Python, and what Python sets is picked there."""

import json
import subprocess
import sys
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

import telos
from telos.core.errors import StudyError
from telos.families import Uniform
from telos.play.addressed import address_of, goals_of, read_address, state_of
from telos.play.made import made
from telos.play.page import page_of
from telos.play.shipped import PLAYS

PAGE = files("telos.play").joinpath("page")
DRIVER = Path(__file__).with_name("notebook.mjs")


@pytest.fixture(scope="module")
def play():
    """The page of the off-switch."""
    return made(replace(PLAYS["off_switch"](), goals=20))


@pytest.fixture(scope="module")
def world():
    return PLAYS["off_switch"]().scenario.build()


@pytest.fixture
def cell(play, world):
    """The widget of it."""
    pytest.importorskip("anywidget", reason="the extra notebook is not installed")
    from telos.play.cell import PlayWidget

    return PlayWidget.of(play, world, 500)


def test_a_cell_holds_the_page_and_opens_where_it_does(cell, play):
    assert cell.page == page_of(play)
    assert cell.state == read_address(play, play.story[0].state)
    assert set(cell.keys) >= {"page", "height", "address", "program", "_esm"}


def test_a_state_goes_both_ways(cell, play, world):
    cell.state = {"goal": "u17", "switches": [0]}
    assert cell.address.startswith(
        "setting=0&switches=0&drive=self_preservation&discount=0.95&goal=u17"
    )
    drawn = Uniform().sample(world, 18, np.random.default_rng(0))
    assert (cell.goals.reward == drawn.reward[17:]).all()
    assert (cell.goals.rewritten() == drawn.rewritten()[17:]).all()
    # what the page says arrives as a change of the address
    cell.set_state(
        {"address": "setting=1&goal=v0,0.25,0.5,1,0,1,-2;w1,2,3,4,5,6,7&discount=0.9&step=0"}
    )
    assert (cell.state["setting"], cell.state["discount"], cell.state["switches"]) == (1, 0.9, [])
    assert (
        cell.goals.reward[0].tolist()
        == np.array([0, 0.25, 0.5, 1, 0, 1, -2])[world.outcome].tolist()
    )
    assert cell.goals.rewritten()[0].tolist() == np.arange(1.0, 8.0)[world.outcome].tolist()
    assert read_address(play, cell.address) == cell.state


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"goal": "x1"}, "u17"),
        ({"goal": "v1,2"}, "7 outcomes"),
        ({"goal": "v1,2,3,4,5,6,2000000"}, "1,000,000"),
        ({"goal": "p0"}, "none"),
        ({"goal": 3}, "u17"),
        ({"gaol": "u1"}, "goal"),
        ({"setting": 9}, "0 to 3"),
        ({"setting": True}, "0 to 3"),
        ({"switches": [1]}, "0 to 0"),
        ({"switches": "0"}, "list"),
        ({"drive": "greed"}, "self_preservation"),
        ({"discount": 0.123}, "0.95"),
    ],
)
def test_what_is_not_on_the_page_is_refused(play, told, said):
    with pytest.raises(StudyError, match=said):
        state_of(play, told)


def test_an_address_of_python_is_that_of_the_page(play, node, tmp_path):
    texts = [
        "",
        "goal=u3&seed=4",
        "setting=2&switches=0&goal=v0.5,-1,0,1,2,3,4;r7&step=2&discount=0.5",
    ]
    names = ("unpack", "draws", "optimize", "kernel", "address")
    script = "".join(PAGE.joinpath(f"{name}.js").read_text("utf-8") for name in names)
    script += """
    const { play: data, texts } = JSON.parse(require("fs").readFileSync(0, "utf8"));
    const play = Telos.open(data);
    const one = (text) => {
      const { state } = Telos.address.read(play, text);
      const { worth, revised } = Telos.address.worthOf(play, state.goal);
      return [Telos.address.write(state), [...worth], [...revised]];
    };
    process.stdout.write(JSON.stringify(texts.map(one)));"""
    driver = tmp_path / "driver.js"
    driver.write_text(script)
    given = json.dumps({"play": play.model_dump(mode="json"), "texts": texts})
    done = subprocess.run(
        [node, driver], input=given, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    world = PLAYS["off_switch"]().scenario.build()
    first = np.unique(world.outcome, return_index=True)[1]
    for text, (address, worth, revised) in zip(texts, json.loads(done.stdout), strict=True):
        state = state_of(play, read_address(play, text)) if text else state_of(play, {})
        goals = goals_of(play, world, state["goal"])
        assert address_of(state) == address
        assert goals.reward[0, first].tolist() == worth
        assert goals.rewritten()[0, first].tolist() == revised


def test_the_frame_and_the_cell_agree(node):
    done = subprocess.run(
        [node, DRIVER, str(PAGE.joinpath("widget.mjs")), str(PAGE.joinpath("frame.js"))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["sandbox"], found["source"]) == ("allow-scripts", "<p>page</p>")
    assert "500px" in found["style"]
    assert found["opened"] == ["chosen", "chosen", "print(chosen)"]
    assert found["edited"] == ["edited", "edited", "print(edited)"]
    assert found["set"] == ["set", "set", "print(set)"]
    assert found["bad"] == "set"
    assert found["forged"] == ["set", "set", "print(set)"]
    assert found["taken"] == ["chosen", "set"]
    assert found["left"] == [0, 0, True]
    assert "alone" not in found


def test_without_anywidget_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(StudyError, match=r'pip install "telos-lab\[notebook\]"'):
        telos.play.widget("off_switch")


@pytest.mark.parametrize(
    ("wrong", "said"), [({"goals": 3}, "at least 20"), ({"height": 1.5}, "at least 200")]
)
def test_what_a_cell_cannot_be_made_of_is_refused(wrong, said):
    pytest.importorskip("anywidget", reason="the extra notebook is not installed")
    with pytest.raises(StudyError, match=said):
        telos.play.widget("off_switch", **wrong)
    with pytest.raises(StudyError, match="factory"):
        telos.play.widget("factori")
