"""What the kernel of a page certifies: its bounds against exact rationals, its ties, fines and memory."""

import itertools
import json
import subprocess
from fractions import Fraction
from importlib.resources import files

import numpy as np
import pytest

from play.test_kernel import data_of
from telos import worlds

PAGE = files("telos.play").joinpath("page")
UNIT = 2.0**-53
#: Reads the scripts and a question from its input and answers by the code of the test.
DRIVER = """
const given = JSON.parse(require("fs").readFileSync(0, "utf8"));
for (const text of given.scripts) (0, eval)(text);
const play = given.data && Telos.open(given.data);
const optimized = (more) => {
  const world = Telos.world(play, 0), all = new Uint8Array(world.S).fill(1), { S, L } = world;
  const task = {
    layout: Telos.layout(world, new Uint8Array(L).fill(1), all), world, bonus: null, extra: 0, drift: 0,
    sign: 1, sense: null, forbidden: null, value: new Float64Array(S), warm: false, ties: true, ...more };
  const found = Telos.optimize(task);
  return { bound: found.bound, value: [...task.value], tied: [...found.tied] };
};
const goal = (worth) => ({ worth, revised: worth });
const answer = (() => { CODE })();
process.stdout.write(JSON.stringify(answer));
"""


@pytest.fixture
def asked(node):
    """Runs a few lines in the kernel, given data of a page and whatever else; returns their answer."""

    def ask(code, data=None, **more):
        names = ("draws", "optimize", "kernel", "walk", "worker")
        scripts = [PAGE.joinpath(f"{name}.js").read_text("utf-8") for name in names]
        done = subprocess.run(
            [node, "-e", DRIVER.replace("CODE", code)],
            input=json.dumps({"scripts": scripts, "data": data, **more}),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return ask


def exact(world, reward, discount):
    """V* in rationals: of the numbers as they are stored, by policy iteration."""
    g, size = Fraction(discount), world.size
    laws = [
        {
            int(to): Fraction(float(p))
            for to, p in zip(world.next_state[a:b], world.next_prob[a:b], strict=True)
        }
        for a, b in itertools.pairwise(world.next_ptr)
    ]
    pay = [Fraction(float(r)) for r in reward]
    policy = [int(p) for p in world.pair_ptr[:-1]]
    while True:
        value = _solved([laws[p] for p in policy], pay, g)
        worth = [sum(p * value[to] for to, p in law.items()) for law in laws]
        best = [max(range(*world.pair_ptr[s : s + 2]), key=worth.__getitem__) for s in range(size)]
        if all(worth[b] == worth[p] for b, p in zip(best, policy, strict=True)):
            return value
        policy = best


def _solved(laws, pay, g):
    n = len(pay)
    rows = [[(i == j) - g * laws[i].get(j, 0) for j in range(n)] + [pay[i]] for i in range(n)]
    for i in range(n):
        rows[i] = [x / rows[i][i] for x in rows[i]]
        for r in range(n):
            if r != i and rows[r][i]:
                rows[r] = [x - rows[r][i] * y for x, y in zip(rows[r], rows[i], strict=True)]
    return [row[n] for row in rows]


def residual(world, reward, discount, value):
    """max |TV - V| in rationals."""
    v, g = [Fraction(x) for x in value], Fraction(discount)
    worst = Fraction(0)
    for s in range(world.size):
        worth = [
            sum(
                Fraction(float(world.next_prob[k])) * v[world.next_state[k]]
                for k in range(*world.next_ptr[p : p + 2])
            )
            for p in range(*world.pair_ptr[s : s + 2])
        ]
        worst = max(worst, abs(Fraction(float(reward[s])) + g * max(worth) - v[s]))
    return worst


def test_the_bound_holds_in_rationals_and_is_no_wider_than_it_has_to_be(asked):
    rng = np.random.default_rng(3)
    for trial in range(12):
        size = int(rng.integers(1, 7))
        world = worlds.RandomWorld(
            states=size, actions=2, successors=min(size, 2), outcomes=1, seed=trial
        ).build()
        discounts = [0.3, 0.9, 0.999, 0.9999]
        rewards = rng.random((8, size))
        found = asked(
            "return given.rewards.map((reward) =>"
            " given.discounts.map((discount) => optimized({ reward, discount })));",
            data_of(world, {}),
            rewards=rewards.tolist(),
            discounts=discounts,
        )
        for reward, row in zip(rewards, found, strict=True):
            for discount, one in zip(discounts, row, strict=True):
                true = exact(world, reward, discount)
                off = max(abs(Fraction(x) - y) for x, y in zip(one["value"], true, strict=True))
                assert off <= Fraction(one["bound"]), (trial, discount)
                fan = int(np.diff(world.next_ptr).max())
                noise = (fan + 4) * UNIT * (reward.max() + discount * max(one["value"]))
                left = float(residual(world, reward, discount, one["value"])) + 8 * noise
                assert one["bound"] * (1 - discount) <= left, (trial, discount)


def permuted(world, times):
    """The world with every pair `times` over, its successors in another order each time."""
    data, rng = data_of(world, {}), np.random.default_rng(1)
    (setting,) = data["settings"]
    fans = setting["fan"]
    ends = np.cumsum([0, *fans])
    step, chance, action, fan = [], [], [], []
    for p, count in enumerate(fans):
        for _ in range(times):
            order = ends[p] + rng.permutation(count)
            step += [setting["step"][k] for k in order]
            chance += [setting["chance"][k] for k in order]
            action.append(setting["action"][p])
            fan.append(count)
    pairs = [times * count for count in setting["pairs"]]
    setting |= {"step": step, "chance": chance, "action": action, "fan": fan, "pairs": pairs}
    return data


@pytest.mark.parametrize("discount", [0.005, 0.02, 0.3, 0.9, 0.999])
def test_pairs_of_the_same_law_tie_however_their_sums_are_rounded(asked, discount):
    world = worlds.RandomWorld(states=60, successors=5, actions=2, outcomes=1, seed=5).build()
    rewards = np.random.default_rng(4).random((40, 60))
    found = asked(
        "return given.rewards.map((reward) => optimized({ reward, discount: given.discount }).tied);",
        permuted(world, 12),
        rewards=rewards.tolist(),
        discount=discount,
    )
    tied = np.array(found).reshape(-1, 12)
    assert (tied == tied[:, :1]).all()
    assert 0 < tied[:, 0].sum() < len(tied)


def twice(world):
    """A first state from which one comes to either of two copies of a world, the second in another order."""
    data = data_of(world, {})
    (setting,) = data["settings"]
    size, n = world.size, world.n_pairs
    order = np.random.default_rng(2).permutation(size)
    place = np.argsort(order)
    owner = np.repeat(world.pair_state, np.diff(world.next_ptr))
    pairs = [2, *setting["pairs"], *(setting["pairs"][s] for s in order)]
    fan, step, chance, action = [1, 1], [1, int(1 + size + place[0])], [len(owner)] * 2, [0, 0]
    for copy in (0, 1):
        for s in order if copy else range(size):
            mine = place[s] if copy else s
            for p in range(*world.pair_ptr[s : s + 2]):
                action.append(0)
                fan.append(int(world.next_ptr[p + 1] - world.next_ptr[p]))
                for k in range(*world.next_ptr[p : p + 2]):
                    to = world.next_state[k]
                    step.append(int((place[to] if copy else to) - mine))
                    chance.append(k)
    data["chances"] = [*data["chances"], 1.0]
    data["states"] = [str(i) for i in range(2 * size + 1)]
    setting |= {"pairs": pairs, "fan": fan, "step": step, "chance": chance, "action": action}
    setting |= {"outcome": [0] * (2 * size + 1), "features": {}, "start": [[0, 1.0]]}
    assert len(fan) == 2 * n + 2
    return data, [0, *range(size), *order.tolist()]


def test_two_copies_of_a_large_component_tie_though_they_are_solved_apart(asked):
    differ = 0
    for seed in range(6):
        world = worlds.RandomWorld(states=110, outcomes=1, seed=seed).build()
        data, alike = twice(world)
        reward = np.random.default_rng(seed).random(110)[alike]
        found = asked(
            "return optimized({ reward: given.reward, discount: 0.99 });",
            data,
            reward=reward.tolist(),
        )
        one, two = found["value"][1], found["value"][1 + 110 + alike[111:].index(0)]
        differ += abs(one - two) > 40 * UNIT * max(found["value"])
        assert found["tied"][:2] == [1, 1]
    assert differ, "the copies are solved to the last digit: nothing was asked"


def test_what_may_be_off_by_the_drift_ties_and_nothing_else(asked):
    world = worlds.RandomWorld(states=1, actions=6, successors=1, outcomes=1).build()
    bonus = [0.0, -0.5e-3, -1.5e-3, -1.99e-3, -2.01e-3, -5e-3]
    found = asked(
        "return optimized({ reward: [0.5], discount: 0.5, bonus: given.bonus, drift: 1e-3 });",
        data_of(world, {}),
        bonus=bonus,
    )
    assert found["tied"] == [1, 1, 1, 1, 0, 0]


MEASURED = (
    "return given.asked.map((one) => {"
    " const problem = Telos.problem(play, { ...one, goal: goal(given.worth) }), { extra, bonus } = problem;"
    " return { ...Telos.measure(problem), extra, bonus: bonus && [...bonus] }; });"
)


def fined(weight=0.05):
    """A world with two fines that share pairs and a rule that forbids the pairs of the first."""
    world = worlds.RandomWorld(states=12, actions=4, seed=9).build()
    first, second = world.pair_action == 1, world.pair_action >= 1
    switches = [("fine", weight, first), ("fine", 2 * weight, second), ("forbid", 0.0, second)]
    return world, first, second, data_of(world, {"one": first}, switches)


def test_fines_add_up_and_count_only_where_they_can_be_taken(asked):
    world, first, second, data = fined()
    worth = np.random.default_rng(0).random(world.n_outcomes).tolist()
    states = [{"switches": chosen, "discount": 0.9} for chosen in ([], [0], [1], [0, 1], [1, 2])]
    free, one, two, both, none = asked(MEASURED, data, asked=states, worth=worth)
    assert free["bonus"] is None
    expected = -0.05 * free["range"] * (1.0 * first + 2.0 * second)
    assert np.array(both["bonus"]) == pytest.approx(expected, rel=1e-12)
    assert both["extra"] == -min(both["bonus"]) > max(one["extra"], two["extra"]) > 0
    assert none["extra"] == 0


def test_a_fine_is_as_uncertain_as_the_range_that_it_is_a_part_of(asked):
    world, _, _, data = fined(1_000.0)
    worth = np.random.default_rng(0).random(world.n_outcomes).tolist()
    states = [{"switches": chosen, "discount": 0.99} for chosen in ([], [0])]
    free, one = asked(MEASURED, data, asked=states, worth=worth)
    assert one["rangeBound"] >= 2 * 1_000 * free["rangeBound"] / (1 - 0.99)


def test_a_fine_is_a_part_of_the_range_before_a_safeguard_changed_the_world(asked):
    world, _, _, data = fined()
    (setting,) = data["settings"]
    blank = {**setting, "name": "blank", "outcome": [0] * world.size}
    data["settings"] = [setting, blank, {**blank, "before": 2}]
    for switch in data["switches"]:
        switch["pairs"] = switch["pairs"] * 3
    worth = np.random.default_rng(0).random(world.n_outcomes).tolist()
    states = [{"setting": s, "switches": [0], "discount": 0.9} for s in range(3)]
    own, before, itself = asked(MEASURED, data, asked=states, worth=worth)
    assert before["bonus"] == own["bonus"]
    assert itself["range"] == 0 < before["range"]


def test_sets_of_the_same_hash_are_not_taken_for_one_another(asked):
    world = worlds.RandomWorld(states=70, actions=3, outcomes=6, seed=12).build()
    data = data_of(world, {})
    worth = np.random.default_rng(1).random(6).tolist()
    begin = "const problem = Telos.problem(play, { discount: 0.9, goal: goal(given.worth) });"
    (tied,) = asked(f"{begin} return [[...Telos.solve(problem).tied]];", data, worth=worth)
    best = np.flatnonzero(tied)[:60].reshape(6, 10)
    picks = np.random.default_rng(0).integers(0, 10, (300_000, 6))
    sets = best[np.arange(6), np.unique(picks, axis=0)].astype(np.uint32)
    hashes = np.zeros(len(sets), np.uint32)
    for column in sets.T:
        hashes = hashes * np.uint32(0x9E3779B1) + column + np.uint32(1)
    order = np.argsort(hashes, kind="stable")
    same = np.flatnonzero(np.diff(hashes[order]) == 0)
    twins = [[sets[order[i]].tolist(), sets[order[i + 1]].tolist()] for i in same]
    assert twins, "no two sets have the same hash"
    found = asked(
        f"{begin} const lost = (pairs) => Telos.removal(problem, pairs).iv;"
        " return given.twins.map(([one, two]) => { play.setups.parts.clear();"
        " const first = lost(one), second = lost(two);"
        " play.setups.parts.clear(); return [first, second, lost(two)]; });",
        data,
        worth=worth,
        twins=twins,
    )
    assert all(second == alone for _, second, alone in found)
    assert any(abs(first - second) > 1e-6 for first, second, _ in found)


def test_what_is_left_without_some_pairs_is_laid_out_once(asked):
    world = worlds.RandomWorld(states=30, actions=3, outcomes=4, seed=12).build()
    firsts = world.pair_ptr[:-1].tolist()
    layouts = asked(
        "let layouts = 0; const layout = Telos.layout;"
        " Telos.layout = (...all) => (layouts++, layout(...all));"
        " return [0, 1, 2].map((number) => {"
        " const problem = Telos.problem(play, { discount: 0.9, goal: Telos.draw(play, number) });"
        " for (const pairs of given.sets) Telos.removal(problem, pairs); return layouts; });",
        data_of(world, {}),
        sets=[firsts[:3], firsts[3:6], firsts[6:9]],
    )
    assert layouts[0] >= 3
    assert layouts[1:] == [layouts[0]] * 2
