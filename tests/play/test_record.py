"""The data of a page are those of the world, and a page holds them whole, small and harmless."""

import json
import re
import subprocess
import zlib
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import final

import numpy as np
import pytest

import telos
from telos import AbstractScenario, Problem, explore, instrumental_values
from telos.core.digests import GOLDEN, mixed
from telos.core.errors import StudyError, TelosError
from telos.drives import ResourceAcquisition, SelfPreservation
from telos.families import Uniform
from telos.play.generic import plan_of
from telos.play.made import made, presets_of, record_of, steps_of
from telos.play.packed import encoded, packed
from telos.play.page import SCRIPTS, page_of
from telos.play.placed import first_of, placed, pursued_without
from telos.play.plan import forbid, forbid_actions
from telos.play.shipped import PLAYS
from telos.worlds import OffSwitch, PaperclipFactory

HERE = Path(__file__).parent
EVIL = "</script><img src=x onerror=alert(1)>\x00\x1b[31m\u202e\ud800"


@final
@dataclass(frozen=True)
class Hostile(AbstractScenario):
    """A gate past which everything has a name that would like to act."""

    def build(self):
        """The gate."""

        def moves(state):
            if state == "gate":
                return {"wait": "off", EVIL: EVIL}
            return {"wait": state}

        features = {"off": lambda s: s == "off", "__proto__": lambda s: 1.0}
        return explore("gate", moves, features=features, default="wait", name=EVIL)


Hostile.__doc__ = f"{EVIL} and {EVIL}."


@final
@dataclass(frozen=True)
class Mean(AbstractScenario):
    """Without a default a resource is gained beside the mean of what is legal, which a rule changes."""

    def build(self):
        """Three ways to have more or less."""
        paths = {"none": 0, "some": 1, "much": 2}
        return explore(
            "gate",
            lambda s: {f"get {p}": p for p in paths} if s == "gate" else {"stay": s},
            features={"resources": lambda s: paths.get(s, 0)},
        )


@pytest.fixture(scope="module")
def off():
    return made(replace(PLAYS["off_switch"](), goals=100))


def test_goals_are_drawn_from_what_the_data_say(off):
    world = PLAYS["off_switch"]().scenario.build()
    goals = Uniform().sample(world, 5, np.random.default_rng(0))
    begin = np.array([[int(bits, 16) for bits in each.draws] for each in off.outcomes], np.uint64)
    steps = np.arange(5, dtype=np.uint64) * np.uint64(GOLDEN)
    drawn = ((mixed(begin.T[None] + steps[:, None, None]) >> np.uint64(12)) + 0.5) * 2.0**-52
    first = np.unique(world.outcome, return_index=True)[1]
    assert (goals.reward[:, first] == drawn[:, 0]).all()
    assert (goals.rewritten()[:, first] == drawn[:, 1]).all()


def test_each_line_of_python_makes_the_world_of_its_setting(off):
    for setting in off.settings:
        names = {"telos": telos, "np": np}
        names["scenario"] = eval(off.python, names)
        names["world"] = names["scenario"].build()
        if setting.python.startswith("world"):
            exec(setting.python, names)
        goals = Uniform().sample(names["world"], 2, np.random.default_rng(0))
        names["problem"] = Problem(names["world"], goals, 0.9)
        if setting.python.startswith("problem"):
            exec(setting.python, names)
        world = names["problem"].world
        assert np.diff(world.pair_ptr).tolist() == list(setting.pairs)
        assert world.next_prob.tolist() == [off.chances[i] for i in setting.chance]
        for drive in setting.drives:
            found = eval(drive.python, names)
            assert np.flatnonzero(found.pursues).tolist() == list(drive.pairs)


def test_what_is_left_without_the_reason_is_what_cause_removed_says():
    scenario, drive = OffSwitch(rooms=2), SelfPreservation()
    world = scenario.build()
    goals = Uniform().sample(world, 30, np.random.default_rng(0))
    there = scenario.without("self_preservation").build()
    moved = Problem(there, Uniform().sample(there, 30, np.random.default_rng(0)), 0.9)
    (left,) = instrumental_values(moved, [pursued_without(scenario, drive, moved)])
    said = telos.cause_removed(scenario, Problem(world, goals, 0.9), drive)
    assert said.remaining.max() > 0.01
    assert np.abs(left.iv - said.remaining).max() <= (left.bound + said.remaining_bound).max()


def test_named_goals_that_value_being_off_itself_are_no_presets():
    world = PaperclipFactory(products=("clips",), machines=0, slips=(0.1,)).build()
    presets = presets_of(world)
    names = {"telos": telos, "np": np, "world": world}
    assert "exactly one clip" in [one.name for one in presets]
    assert not [one for one in presets if "operator" in one.name]
    for one in presets:
        goal = eval(one.python, names)
        assert goal.label == (one.name,)
        assert (goal.reward[0] == np.array(one.worth)[world.outcome]).all()
        assert (goal.rewritten()[0] == np.array(one.revised)[world.outcome]).all()


def test_a_switch_that_changes_what_another_act_is_is_refused_or_left_out():
    world, drive = Mean().build(), ResourceAcquisition()
    plan = plan_of(Mean(), world)
    puts = (forbid_actions("forbid much", "get much"), forbid_actions("forbid none", "get none"))
    plan = replace(plan, puts=puts, drives=(drive,), arms=(), goals=20)
    assert drive.affordances(world).pursues.sum() == 1
    with pytest.raises(TelosError, match="resource_acquisition"):
        made(replace(plan, strict=True))
    left = made(replace(plan, puts=(*puts, forbid(drive))))
    assert [one.title for one in left.left_out] == ["forbid much", "forbid resource acquisition"]
    assert "the pairs of resource_acquisition are other ones" in left.left_out[0].why
    assert [(one.name, one.pairs) for one in left.switches] == [("forbid_get_none", ((0,),))]


def test_a_page_is_whole_and_steered_by_no_name():
    told = []
    plan = replace(plan_of(Hostile(), Hostile().build()), goals=20)
    play = made(plan, told.append)
    assert len(told) == steps_of(plan)
    page = page_of(play)
    assert not [sign for sign in ("<img", "\x1b", "\u202e") if sign in page]
    assert page.count("</script>") == 2
    page.encode("utf-8")
    assert "onerror" in play.story[0].text
    assert "onerror" in page
    assert "__proto__" in play.settings[0].features


def test_every_script_is_on_the_page():
    folder = files("telos.play") / "page"
    there = {path.name[:-3] for path in folder.iterdir() if path.name.endswith(".js")}
    assert there == set(SCRIPTS)


#: What a script offers to others: `Telos.name = …`, or `Telos.group = { name, name }`.
OFFERED = re.compile(r"^  Telos\.(\w+) = (?!Telos\.)(?:\{([\w\s,]*)\})?", re.MULTILINE)
#: Of the intervals, what the tests compare with Telos.
TESTED = {"sumsInterval", "proportionInterval", "changeInterval"}


def test_what_a_script_offers_another_one_uses():
    folder = files("telos.play") / "page"
    texts = {name: (folder / f"{name}.js").read_text() for name in SCRIPTS}
    unused = []
    for own, text in texts.items():
        rest = "\n".join(other for name, other in texts.items() if name != own)
        for name, inner in OFFERED.findall(text):
            for each in re.findall(r"\w+", inner) or [name]:
                used = re.search(rf"\b{each}\b", rest) or f"Telos.{each}(" in text
                unused += [] if used or each in TESTED else [f"{own}.js: {each}"]
    assert not unused


def test_the_scripts_make_no_markup_of_text_and_ask_no_network():
    words = ("innerHTML", "insertAdjacentHTML", "eval(", "fetch(", "XMLHttpRequest", "import(")
    for name in SCRIPTS:
        text = (files("telos.play") / "page" / f"{name}.js").read_text()
        assert not [word for word in (*words, "document.write", "new Function") if word in text]


def test_a_page_that_would_be_too_large_is_refused(off):
    long = tuple(f"{i:0200x}" for i in np.random.default_rng(0).permutation(8_000).tolist())
    noise = np.random.default_rng(0).bytes(600_000).hex()
    states = tuple(noise[150 * i : 150 * i + 150] for i in range(len(long)))
    with pytest.raises(StudyError, match="400,000"):
        page_of(off.model_copy(update={"states": states}))


def test_the_script_makes_the_same_record_of_what_the_page_holds(node):
    script = (files("telos.play") / "page" / "unpack.js").read_text()
    read = "Telos.unpack(JSON.parse(require('fs').readFileSync(0)))"
    script += f"\nprocess.stdout.write(JSON.stringify({read}));"
    scenario = PaperclipFactory(products=("clips",), machines=1, slips=(0.1,))
    plan = plan_of(scenario, scenario.build())
    first = first_of(scenario, plan.drives)
    play = record_of(
        plan, [first, *(placed(a, first, scenario, plan.drives) for a in plan.arms[:2])]
    )
    assert [one.drive for one in play.settings] == ["", "self_preservation", "goal_preservation"]
    small = packed(play)
    assert '{"+":' in small
    assert '"base_pair":[[],null' in small
    assert len(encoded(play)) < 4 / 3 * len(zlib.compress(play.model_dump_json().encode(), 9))
    done = subprocess.run(
        [node, "-e", script], input=small, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == play.model_dump(mode="json")


def test_node_is_looked_for_in_one_place():
    looking = [path.name for path in HERE.glob("*.py") if "which(" + '"node")' in path.read_text()]
    assert looking == ["conftest.py"]
