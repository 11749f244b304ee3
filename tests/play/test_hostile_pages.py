"""A page is whole whatever its author calls things, and whatever its address holds."""

import json
import subprocess
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Any, final

import numpy as np

from telos import AbstractDrive, AbstractScenario, explore
from telos.drives import affordance
from telos.play.generic import plan_of
from telos.play.made import made, presets_of
from telos.play.page import SCRIPTS, page_of

PAGE = files("telos.play") / "page"
#: Runs scripts of a page in Node, on the record that comes in; `told` is what goes out.
DRIVER = """
const Telos = new Function(SCRIPT + "; return globalThis.Telos")();
Telos.paint = { opened: new Set() };
const play = Telos.open(JSON.parse(require("fs").readFileSync(0, "utf8")));
const tell = (told) => process.stdout.write(JSON.stringify(told), () => process.exit(0));
"""


class Written:
    """A value whose author writes it on two lines, with half of a character."""

    def __repr__(self):
        return "Written(\n\ud800)"


@final
@dataclass(frozen=True)
class Room(AbstractScenario):
    """A door, and a room with clips in it."""

    clips: int = 3
    how: Any = field(default_factory=Written)

    def build(self):
        """The room."""
        paths = {"open": ("clips", self.clips), "call": ("clips", 1), "wait": ("off", 0)}
        return explore(
            ("nothing", 0),
            lambda s: paths if s == ("nothing", 0) else {"wait": s},
            features={"off": lambda s: s[0] == "off"},
            outcome=lambda s: s,
            default="wait",
        )


@final
@dataclass(frozen=True)
class Constructor(AbstractDrive):
    """Pursued by opening; its name is one that every object of JavaScript has."""

    table: tuple[int, ...] = ()

    def affordances(self, world):
        """The pairs of opening."""
        named = world.actions.index("open") if "open" in world.actions else -1
        return affordance(world, "constructor", np.asarray(world.pair_action == named))


def record(scenario, drives=()):
    plan = plan_of(scenario, scenario.build(), drives)
    return made(replace(plan, goals=20))


def told(node, play, scripts, program):
    """What a program tells of a record, after some scripts of the page."""
    text = "\n".join(PAGE.joinpath(f"{name}.js").read_text("utf-8") for name in scripts)
    done = subprocess.run(
        [node, "-e", DRIVER.replace("SCRIPT", json.dumps(text)) + program],
        input=play.model_dump_json(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_drive_may_have_a_name_that_every_object_has(node):
    play = record(Room(), (Constructor(),))
    assert "constructor" in {drive.name for drive in play.settings[0].drives}
    program = """
    const engine = Telos.engine(play, (now) => {
      if (now.measured) tell([now.placebos, now.removed].map((each) => typeof each.constructor));
    });
    engine.set(Telos.address.read(play, "").state);
    """
    scripts = [*SCRIPTS[: SCRIPTS.index("views")], "address"]
    assert told(node, play, scripts, program) == ["undefined", "undefined"]


def test_after_the_last_goal_and_run_comes_the_first(node):
    program = """
    const last = Telos.address.read(play, "goal=u2147483647&seed=2147483647");
    tell([last.notes, Telos.story.another(play, last.state), Telos.address.after(last.state.seed)]);
    """
    scripts = [
        "unpack",
        "draws",
        "optimize",
        "kernel",
        "numbers",
        "views",
        "tips",
        "address",
        "story",
    ]
    assert told(node, record(Room()), scripts, program) == [[], "u0", 0]


def test_what_an_author_writes_of_a_value_stands_on_one_line_of_any_file():
    play = record(Room())
    assert play.python.splitlines()[-1] == "Room(how=Written( \\ud800))"
    page_of(play).encode()


def test_a_drive_that_takes_too_much_to_write_does_without():
    play = record(Room(), (Constructor(tuple(range(2_000))),))
    (found,) = [each for each in play.settings[0].drives if each.name == "constructor"]
    assert "too long" in found.python
    assert "too long" in " ".join(each.python for each in play.switches)
    for text in (found.python, *(each.python for each in play.switches)):
        compile(text, "page", "eval")


def test_goals_that_no_address_can_hold_are_no_presets():
    few, many = (presets_of(Room(clips).build()) for clips in (3, 10_000_000))
    assert "clips without limit" in {one.name for one in few}
    assert len(many) < len(few)
    assert max(max(map(abs, one.worth)) for one in many) <= 1e6
