"""The pure parts of the page's views: intervals as Telos has them, scales, places of dots, tallies."""

import json
import subprocess
from importlib.resources import files

import numpy as np
import pytest

from telos.core.reading import Category
from telos.measure.intervals import (
    difference_interval,
    excess_interval,
    mean_interval,
    proportion_interval,
)
from telos.play.made import record_of
from telos.play.page import SCRIPTS
from telos.play.placed import first_of
from telos.play.shipped import PLAYS

PAGE = files("telos.play").joinpath("page")
#: Reads questions, [name, arguments], asks the functions of numbers.js and writes their answers.
DRIVER = """
const numbers = require(process.argv[1]).numbers;
const questions = JSON.parse(require("fs").readFileSync(0, "utf8"));
const answers = questions.map(([name, given]) =>
  typeof numbers[name] === "function" ? numbers[name](...given) : numbers[name]);
const plain = (key, value) => ArrayBuffer.isView(value) ? Array.from(value) : value;
process.stdout.write(JSON.stringify(answers, plain));
"""


@pytest.fixture
def asked(node):
    """Asks the functions of numbers.js, [name, arguments] each; returns their answers."""

    def ask(*questions):
        done = subprocess.run(
            [node, "-e", DRIVER, str(PAGE.joinpath("numbers.js"))],
            input=json.dumps(questions),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return json.loads(done.stdout)

    return ask


def test_intervals_are_those_of_telos(asked):
    rng = np.random.default_rng(5)
    counts = [(0, 0, 0), (0, 1, 0), (1, 1, 0), (0, 40, 0), (40, 40, 0), (7, 40, 3), (0, 40, 5)]
    counts += [(611, 1000, 0), (999, 1000, 1), (150, 200, 50), (3, 1_000_000, 0)]
    values = rng.random(300)
    changes = [(0, 0, 60), (12, 0, 200), (3, 9, 1000), (0, 1, 1)]
    own = rng.random(80) < 0.7
    draws = rng.random((80, 20)) < rng.random(20) * 0.5
    found = asked(
        *(["proportionInterval", [count, n, open_]] for count, n, open_ in counts),
        ["sumsInterval", [300, float(values.sum()), float((values**2).sum())]],
        *(["changeInterval", list(each)] for each in changes),
        ["excessInterval", [own.astype(int).tolist(), draws.astype(int).tolist()]],
    )
    expected = [proportion_interval(count, n, unresolved=open_) for count, n, open_ in counts]
    expected.append(mean_interval(values))
    for gained, lost, n in changes:
        before, after = np.zeros(n), np.zeros(n)
        after[:gained] = 1.0
        before[n - lost :] = 1.0 if lost else 0.0
        expected.append(difference_interval(before, after))
    expected.append(excess_interval(own.astype(float), draws.astype(float)))
    assert np.abs(np.array(found) - np.array(expected)).max() < 1e-11


def test_no_dot_hides_another_and_none_is_far_from_its_share(asked):
    rng = np.random.default_rng(6)
    populations = {
        "spread": rng.random(1000) ** 3,
        "nothing lost": np.zeros(1000),
        "two values": np.where(rng.random(1000) < 0.5, 1.0, 0.0),
        "one value": np.full(1000, 0.03),
        "few": np.array([0.0, 0.5]),
        "none": np.zeros(0),
    }
    for width, height in ((740, 223), (300, 223)):
        questions = [
            ["places", [[{"share": s, "category": int(s > 0)} for s in each], width, height, 1.0]]
            for each in populations.values()
        ]
        for (name, shares), spot in zip(populations.items(), asked(*questions), strict=True):
            x, y, size = np.array(spot["x"]), np.array(spot["y"]), spot["size"]
            assert len(x) == len(shares)
            if not len(x):
                continue
            assert ((x > 0) & (x < width) & (y > 0) & (y < height)).all(), (name, width)
            points = np.stack([x, y], axis=1)
            far = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
            np.fill_diagonal(far, np.inf)
            assert far.min() > 0.95 * size, (name, width)
            assert ((x < spot["start"]) == (shares == 0)).all()
            wanted = spot["start"] + np.sqrt(shares) * (width - spot["start"])
            off = np.abs(x - wanted)[shares > 0]
            assert off.max(initial=0) < 0.08 * width, (name, width)


def test_goals_are_counted_as_their_categories_and_answers_say(asked):
    rows = [{"category": int(each), "share": 0.5, "needs": 1} for each in Category]
    rows += [
        {"category": 1, "share": 0.01, "needs": -1},
        {"category": 1, "share": 0.001, "needs": 0},
    ]
    before = [{**row, "needs": 0} for row in rows[:3]] + rows[3:]
    tally, changed, categories = asked(
        ["tally", [rows]], ["changed", [before, rows]], ["CATEGORIES", []]
    )
    assert (tally["counts"]["required"], tally["yes"], tally["open"]) == (3, 6, 1)
    assert tally["interval"] == pytest.approx(proportion_interval(6, 8, unresolved=1), abs=1e-12)
    assert (changed["gained"], changed["lost"], changed["change"]) == (3, 0, 3 / 8)
    words = {each["number"]: each["name"].split()[0] for each in categories}
    assert words == {int(each): each.name.lower().split("_")[0] for each in Category}


def test_walks_part_where_state_or_action_differ_first(asked):
    step = {"action": "stay", "name": "hall"}
    other, elsewhere = {**step, "action": "go"}, {**step, "name": "gate"}
    found = asked(
        ["parting", [[step, step], [step, other]]],
        ["parting", [[step, step, step], [step, elsewhere, step]]],
        ["parting", [[step, step], [step, step]]],
    )
    assert found == [1, 1, -1]


def test_numbers_are_said_without_a_digit_that_misleads(asked):
    said = {
        0: "0",
        -1e-17: "0",
        0.0004: "< 0.1",
        0.001: "0.1",
        0.0123: "1.2",
        0.5: "50",
        -0.0345: "−3.5",
    }
    found = asked(*(["percent", [value]] for value in said), ["percent", [None]])
    assert found == [f"{text}\u202f%" for text in said.values()] + ["–"]


def test_axes_end_above_the_greatest_share_and_have_ticks(asked):
    shares = [0.0, 0.004, 0.0196, 0.02, 0.13, 0.58, 0.79, 1.0]
    tops = asked(*(["top", [[share]]] for share in shares))
    assert all(top >= share for top, share in zip(tops, shares, strict=True))
    for ticks, most in zip(asked(*(["ticks", [top]] for top in tops)), tops, strict=True):
        assert ticks[0] == 0
        assert ticks[-1] <= most
        assert len(ticks) <= 6
    for ticks, most in zip(asked(*(["rootTicks", [top, 0.07]] for top in tops)), tops, strict=True):
        assert ticks == sorted({*ticks, 0.01, most})


#: Scripts that draw, of which the engine needs none.
AFTER_ENGINE = (
    "views",
    "bars",
    "scenes",
    "rollouts",
    "dots",
    "swarm",
    "discovery",
    "tips",
    "story",
)
AFTER_ENGINE += ("laboratory", "shell")
#: Runs the engine without workers in Node: a state, and before anything is known of it another one.
ENGINE = """
const Telos = new Function(SCRIPT + "; return globalThis.Telos")();
Telos.paint = { opened: new Set() };
const play = Telos.open(JSON.parse(require("fs").readFileSync(0, "utf8")));
play.swarm = 30;
const state = Telos.address.read(play, "setting=0&goal=u3", {}).state;
const wanted = { ...state, goal: "u5", switches: [0] };
const seen = new Set();
let found = null;
const engine = Telos.engine(play, (now) => {
  found = now;
  if (now.measured) seen.add(now.measured.atStart);
  const all = now.rollouts && now.swarm.done === 30 && now.swarm.base.done === 30;
  if (!all) return;
  const own = (setting, switches, i) => Telos.measure(Telos.problem(play, {
    setting, switches, discount: play.discount, goal: Telos.draw(play, i) }));
  const rows = (table) => [...Array(30).keys()].map((i) => table.rows[state.drive][i].share);
  const expected = (switches) => [...Array(30).keys()].map((i) =>
    own(0, switches, i).drives.find((one) => one.name === state.drive).share);
  process.stdout.write(JSON.stringify({
    seen: [...seen], measured: now.measured.atStart, expected: own(0, [0], 5).atStart,
    before: now.before.atStart, plain: own(0, [], 5).atStart, fresh: now.fresh,
    swarm: rows(now.swarm), swarmExpected: expected([0]),
    base: rows(now.swarm.base), baseExpected: expected([]),
    lengths: now.rollouts.walks.map((walk) => walk.length), parts: now.rollouts.parts,
  }), () => process.exit(0));
});
engine.set(state);
engine.set(wanted);
"""


def test_the_engine_answers_the_newest_state_and_pairs_the_same_goals(node):
    plan = PLAYS["off_switch"]()
    play = record_of(plan, [first_of(plan.scenario, plan.drives)])
    scripts = (name for name in SCRIPTS if name not in AFTER_ENGINE)
    text = "\n".join(PAGE.joinpath(f"{name}.js").read_text("utf-8") for name in scripts)
    done = subprocess.run(
        [node, "-e", ENGINE.replace("SCRIPT", json.dumps(text))],
        input=play.model_dump_json(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["measured"] == found["expected"]
    assert found["before"] == found["plain"]
    assert found["fresh"]
    assert set(found["seen"]) <= {found["measured"]}
    assert found["swarm"] == found["swarmExpected"]
    assert found["base"] == found["baseExpected"]
    assert found["lengths"] == [24, 24]


def test_a_change_of_the_swarm_has_the_limits_of_all_drives_together(asked):
    before = [{"needs": each} for each in [0] * 60 + [1] * 30 + [-1] * 10]
    after = [{"needs": each} for each in [1] * 20 + [0] * 40 + [1] * 20 + [0] * 10 + [-1] * 10]
    answers = asked(*(["changed", [before, after, tests]] for tests in (1, 5)))
    one, two = (np.array([row["needs"] for row in rows]) for rows in (before, after))
    for tests, told in zip((1, 5), answers, strict=True):
        low = difference_interval((one != 0).astype(float), (two == 1).astype(float), tests=tests)
        high = difference_interval((one == 1).astype(float), (two != 0).astype(float), tests=tests)
        assert told["interval"] == pytest.approx([low.low, high.high], abs=1e-9)
        assert (told["gained"], told["lost"]) == (20, 10)
