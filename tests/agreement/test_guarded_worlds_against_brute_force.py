"""Safeguards that change the world against a second telling of them, in dictionaries and by induction.

Here a guarded life is told step by step, as a rule book would: what is chosen, what an overseer, a
clock or chance makes of it, and where that leads. Nothing of the library's own worlds is used but
the rows of the unguarded one.
"""

from collections import defaultdict
from itertools import product

import numpy as np
import pytest

from telos import Goals, Problem, explore, solve
from telos.safeguards import (
    Approval,
    CappedStock,
    Forbid,
    Hardened,
    Interruption,
    Lease,
    Noisy,
    Slow,
    TimeLimited,
)

DISCOUNT = 0.85
STEPS = 220  # 0.85^220 is 3e-16


def _tiny(seed):
    """A random world of four or five states, one of them off, with a stock and one to four actions."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(4, 6))
    off = size - 1
    table = {off: {"wait": {off: 1.0}}}
    for s in range(off):
        table[s] = {
            action: _ends(rng, size)
            for action in ("wait", "a", "b", "c")[: int(rng.integers(1, 5))]
        }
    table[0]["a"] = {off: 0.5, 1: 0.5}
    stock = rng.integers(0, 3, size)
    return table, explore(
        0,
        table.__getitem__,
        features={"off": lambda s: s == off, "resources": lambda s: stock[s]},
        default="wait",
        name=f"tiny {seed}",
    )


def _ends(rng, size):
    ends = rng.choice(size, int(rng.integers(1, 4)), replace=False)
    return {int(e): float(p) for e, p in zip(ends, rng.dirichlet(np.ones(len(ends))), strict=True)}


def _best(start, moves, reward):
    """V*(start) by backward induction over dictionaries; `moves(state) -> [ {state: probability} ]`."""
    rows, frontier = {}, [start]
    while frontier:
        state = frontier.pop()
        if state in rows:
            continue
        rows[state] = moves(state)
        frontier += [then for row in rows[state] for then in row]
    value = dict.fromkeys(rows, 0.0)
    for _ in range(STEPS):
        value = {
            state: reward(state)
            + DISCOUNT * max(sum(p * value[then] for then, p in row.items()) for row in found)
            for state, found in rows.items()
        }
    return value[start]


def _mix(*parts):
    """Several lotteries, each with its weight, as one."""
    whole = defaultdict(float)
    for weight, row in parts:
        for state, p in row.items():
            whole[state] += weight * p
    return {state: p for state, p in whole.items() if p > 0}


def _told(name, table, stock, off):
    """(first state, moves, state -> place) of the guarded life, as a rule book tells it."""
    match name:
        case "forbid":
            return 0, lambda s: [row for a, row in table[s].items() if a != "b"], lambda s: s
        case "noisy":
            chance = {s: _mix(*((1 / len(t), row) for row in t.values())) for s, t in table.items()}
            return (
                0,
                lambda s: [_mix((0.7, row), (0.3, chance[s])) for row in table[s].values()],
                (lambda s: s),
            )
        case "slow" | "interrupted":
            acts = 1 / 3 if name == "slow" else 0.6
            return (
                0,
                lambda s: [
                    _mix((acts, row), (1 - acts, table[s]["wait"])) for row in table[s].values()
                ],
                lambda s: s,
            )
        case "hardened":
            return (
                0,
                lambda s: [table[s]["wait"] if a == "a" else row for a, row in table[s].items()],
                lambda s: s,
            )
        case "capped":

            def within(s):
                keep = [row for row in table[s].values() if max(stock[t] for t in row) <= 1]
                return list(table[s].values()) if stock[s] > 1 else keep

            return 0, within, lambda s: s
        case "approval":
            return (
                0,
                lambda s: [
                    _mix((0.3, row), (0.7, table[s]["wait"])) if a == "a" else row
                    for a, row in table[s].items()
                ],
                lambda s: s,
            )
        case "counted approval":

            def asked(state):
                s, left = state
                found = []
                for a, row in table[s].items():
                    if a != "a":
                        found.append({(t, left): p for t, p in row.items()})
                    elif left:
                        ask = _mix((0.3, row), (0.7, table[s]["wait"]))
                        found.append({(t, left - 1): p for t, p in ask.items()})
                return found

            return (0, 2), asked, lambda state: state[0]
        case "lease":

            def leased(state):
                s, left = state
                if s == off:
                    return [{state: 1.0}]

                def run_out(row, then):
                    return {(t, then): p for t, p in row.items()} if then >= 0 else {(off, -1): 1.0}

                ask = _mix(
                    (0.4, run_out(table[s]["wait"], 2)), (0.6, run_out(table[s]["wait"], left - 1))
                )
                return [run_out(row, left - 1) for row in table[s].values()] + [ask]

            return (0, 2), leased, lambda state: state[0]
    raise AssertionError(name)


GUARDS = {
    "forbid": Forbid(("b",)),
    "noisy": Noisy(0.3),
    "slow": Slow(3.0),
    "interrupted": Interruption(0.4, safe=False),
    "hardened": Hardened(("a",)),
    "capped": CappedStock(most=1.0),
    "approval": Approval(("a",), error=0.3),
    "counted approval": Approval(("a",), error=0.3, asks=2),
    "lease": Lease(term=2, granting=0.4),
}


@pytest.mark.parametrize("name", GUARDS)
def test_the_best_guarded_life_is_worth_what_the_rule_book_says(name):
    differs = 0
    for seed in range(12):
        table, world = _tiny(seed)
        off, reward = len(table) - 1, np.random.default_rng(seed).normal(size=len(table))
        stock = {s: world.features["resources"][world.find(s)] for s in world.states}
        if name == "capped" and not _can_be_capped(table, stock, world):
            continue
        if name == "forbid" and "b" not in world.actions:
            continue
        goals = Goals([reward[s] for s in world.states])
        problem = Problem(world, goals, DISCOUNT)
        found = solve(GUARDS[name].apply(problem)).at_start[0]
        first, moves, place = _told(name, table, stock, off)
        wanted = _best(first, moves, lambda state, place=place, reward=reward: reward[place(state)])
        np.testing.assert_allclose(found, wanted, atol=1e-8)
        differs += abs(found - solve(problem).at_start[0]) > 1e-6
    assert differs >= 2


def _can_be_capped(table, stock, world):
    return all(
        stock[s] > 1 or any(max(stock[t] for t in row) <= 1 for row in table[s].values())
        for s in world.states
    )


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_a_timed_life_is_worth_the_sum_of_its_first_rewards(steps):
    """Every plan for every step, one by one: the most of E sum over t < n of g^t R(s_t)."""
    for seed in range(6):
        table, world = _tiny(seed)
        reward = np.random.default_rng(seed).normal(size=len(table))
        goals = Goals([reward[s] for s in world.states])
        found = solve(TimeLimited(steps).apply(Problem(world, goals, DISCOUNT))).at_start[0]

        def best(s, left, table=table, reward=reward):
            if left == 0:
                return 0.0
            rows = table[s].values() if left > 1 else [{s: 1.0}]
            ahead = (sum(p * best(t, left - 1) for t, p in row.items()) for row in rows)
            return reward[s] + DISCOUNT * max(ahead)

        np.testing.assert_allclose(found, best(0, steps), atol=1e-9)


def test_two_guards_are_worth_what_both_rule_books_say_together():
    """Noise upon counted approval, and approval upon noise: the order in which they were applied."""
    for seed, (first, second) in product(range(6), (("noisy", "approval"), ("approval", "noisy"))):
        table, world = _tiny(seed)
        reward = np.random.default_rng(seed).normal(size=len(table))
        problem = Problem(world, Goals([reward[s] for s in world.states]), DISCOUNT)
        for name in (first, second):
            problem = GUARDS[name].apply(problem)
        once = _again(table, first)
        _, moves, _ = _told(second, once, {}, len(table) - 1)
        wanted = _best(0, moves, lambda s, reward=reward: reward[s])
        np.testing.assert_allclose(solve(problem).at_start[0], wanted, atol=1e-8)


def _again(table, name):
    """The table after one guard, with the same actions, so that another can follow."""
    found = {}
    for s, row in table.items():
        _, moves, _ = _told(name, table, {}, len(table) - 1)
        found[s] = dict(zip(row, moves(s), strict=True))
    return found
