"""The lines of Python that a page gives make its numbers; its address holds its state, both ways."""

import json
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

import telos
from telos.drives import GoalPreservation, ResourceAcquisition, SelfPreservation
from telos.play.made import made
from telos.play.plan import Plan, Put, forbid, other, under, without
from telos.safeguards import Interruption, Monitor
from telos.worlds import DrivenEmployee

SCRIPTS = ["unpack", "draws", "optimize", "kernel", "address", "python"]
DRIVER = Path(__file__).with_name("python_lines.js")
DRIVES = (SelfPreservation(), GoalPreservation(), ResourceAcquisition())

#: Parts of an address: a world, safeguards, a goal, a drive and a horizon.
ASKED = (
    "",
    "goal=u17&discount=0.5",
    "setting=1&goal=u3",
    "setting=1&goal=u3&drive=goal_preservation&switches=0,2",
    "setting=1&goal=v0.1,0.9,1;r3&drive=resource_acquisition",
    "setting=2&goal=p1&switches=0",
    "setting=3&goal=u5&switches=2&drive=goal_preservation",
    "setting=3&goal=v0.5,-2,1.25;w1,0.25,0",
    "switches=0,1,2&goal=u8&drive=goal_preservation",
    "switches=1&goal=p0&drive=goal_preservation&discount=0.99",
    "switches=2&goal=v0.2,0.4,0.8;r7&drive=resource_acquisition",
)
#: Addresses that are unknown or broken in part, and in how many parts.
BROKEN = {
    "setting=4&drive=self_preservation": 1,
    "setting=-1&switches=0,9&seed=1e3": 3,
    "goal=v1,2;r0": 1,
    "goal=v1,2,3;x5": 1,
    "goal=u4294967296&step=7": 2,
    "goal=p999&discount=0.951": 2,
    "switches=%E0%A4%A&__proto__=1": 2,
    "drive=toString&constructor=a": 2,
    "&".join(["a"] * 60_000): 6,
}


def employee(dismissal=0.03):
    return DrivenEmployee(
        careers=("medicine", "music"), levels=1, contacts=1, rise=(0.35, 0.8), dismissal=dismissal
    )


@pytest.fixture(scope="module")
def play():
    plan = Plan(
        employee(),
        "Somebody employed",
        "What else?",
        "employee",
        DRIVES,
        (
            without(SelfPreservation()),
            other("eager", "dismissed more often", employee(0.2)),
            under("overruled", "overruled at times", Interruption(probability=0.2, safe=False)),
        ),
        (
            forbid(SelfPreservation()),
            forbid(ResourceAcquisition()),
            Put("watched", "a fine", Monitor(drive=GoalPreservation(), penalty=0.2)),
        ),
        goals=20,
    )
    return made(plan)


@pytest.fixture(scope="module")
def told(play, node, tmp_path_factory):
    """What the scripts of the page say of every address: their program, their numbers, the address again."""
    folder = files("telos.play").joinpath("page")
    script = tmp_path_factory.mktemp("page") / "page.js"
    script.write_text("\n".join(folder.joinpath(f"{name}.js").read_text() for name in SCRIPTS))
    asked = {"play": play.model_dump(mode="json"), "addresses": [*ASKED, *BROKEN]}
    done = subprocess.run(
        [node, str(DRIVER), str(script)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("address", ASKED)
def test_the_lines_of_python_give_the_numbers_of_the_page(told, address, capsys):
    one = told[address]
    assert one["notes"] == []
    names: dict[str, object] = {}
    exec(one["python"], names)
    found, page = names["found"], one["measured"]
    assert capsys.readouterr().out.strip()
    if page is None:
        assert found.category.tolist() == [telos.Category.NOT_APPLICABLE]
        return
    assert found.category.tolist() == [page["category"]]
    assert abs(found.iv[0] - page["iv"]) <= found.bound[0] + page["bound"]
    assert max(found.share_low[0], page["low"]) <= min(found.share_high[0], page["high"])


def test_the_lines_are_few(told):
    lines = {address: one["python"].splitlines() for address, one in told.items()}
    count = {
        address: sum(not x.startswith("import") for x in each) for address, each in lines.items()
    }
    assert count[""] == 7
    assert max(count.values()) <= 10


def test_an_address_comes_back_as_it_was(told):
    for address, one in told.items():
        assert one["again"] == one["state"], address
        assert one["againNotes"] == []


def test_an_address_says_what_it_asked_for(told):
    one = told["setting=1&goal=u3&drive=goal_preservation&switches=0,2"]["state"]
    assert one == {
        "setting": 1,
        "switches": [0, 2],
        "drive": "goal_preservation",
        "discount": 0.95,
        "goal": "u3",
        "seed": 0,
        "step": 1,
    }


@pytest.mark.parametrize("address", BROKEN)
def test_what_is_broken_in_an_address_falls_back_and_is_said(told, address):
    one, plain = told[address], told[""]["state"]
    assert len(one["notes"]) == BROKEN[address]
    assert one["state"] == plain
