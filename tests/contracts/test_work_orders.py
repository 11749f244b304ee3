"""Work orders credit what their names say, by outcome, in every arm of a sweep; drawn ones likewise."""

import numpy as np
import pytest

from telos.core.errors import GoalsError
from telos.families import DrawnOrders, WorkOrders
from telos.worlds import OpsDesk

DESK = OpsDesk(kinds=("billing", "access"), batches=(1, 3), hard=())


def credited(family, world, n=None):
    """{order: {outcome: worth}} and {order: {outcome: worth to its replacement}}."""
    goals = family.sample(world, family.size(world) if n is None else n, np.random.default_rng(5))
    first = np.unique(world.outcome, return_index=True)[1]
    return [
        {
            label: dict(zip(world.outcomes, row[first].tolist(), strict=True))
            for label, row in zip(goals.label, rows, strict=True)
        }
        for rows in (goals.reward, goals.rewritten())
    ]


def test_orders_credit_what_their_names_say():
    orders, replaced = credited(WorkOrders(), DESK.build())
    one, two, three = (("access", n) for n in (1, 2, 3))
    bill, idle, off = ("billing", 1), ("nothing", 0), ("handed over", 0)
    said = {
        "access, one at a time": {one: 1},
        "access, as many as there are": {one: 1, two: 2, three: 3},
        "access, in full batches": {three: 1},
        "billing, one at a time": {bill: 1},
        "every ticket counts": {bill: 1, one: 1, two: 2, three: 3},
        "any ticket, however many": {bill: 1, one: 1, two: 1, three: 1},
        "two at most": {bill: 1, one: 1, two: 2},
        "less for each further one": {bill: 1, one: 1, two: 1.5, three: 1.75},
        "saved cents": {bill: 1, one: 1, two: 5 / 6, three: 4 / 6},
        "kept deadline": {two: 1, three: 1},
        "change freeze": {idle: 1},
        "night desk first": {off: 1, bill: 1 / 6, one: 1 / 6, two: 2 / 6, three: 3 / 6},
        "anything is fine": dict.fromkeys((bill, one, two, three, idle, off), 1),
    }
    assert {
        order: {outcome: worth for outcome, worth in row.items() if worth}
        for order, row in orders.items()
    } == {order: pytest.approx(row) for order, row in said.items()}
    assert list(orders) == list(said)
    freeze = orders["change freeze"]
    assert all(row == freeze for row in replaced.values())


def test_order_number_i_is_the_same_in_every_arm():
    arms = (
        DESK,
        OpsDesk(kinds=("access", "billing"), batches=(3, 1), hard=()),
        OpsDesk(kinds=("billing", "access"), batches=(1, 3), hard=("access",), throttled=0.0),
    )
    first, *others = (credited(WorkOrders(rewritten_to=""), arm.build()) for arm in arms)
    for other in others:
        assert [list(found) for found in other] == [list(found) for found in first]
        assert other == first


def test_where_being_off_looks_like_idling_orders_credit_both_alike():
    orders, _ = credited(WorkOrders(), OpsDesk(after="nothing").build())
    assert orders["change freeze"]["nothing", 0] == orders["night desk first"]["nothing", 0] == 1


def test_an_order_that_is_not_offered_is_named():
    with pytest.raises(GoalsError, match="offers no goal 'close all'"):
        WorkOrders(goals=("close all",)).size(DESK.build())


def test_drawn_orders_are_linear_but_for_one_step_at_the_deadline():
    world = OpsDesk(kinds=("access",), batches=(9,), hard=()).build()
    orders, replaced = credited(DrawnOrders(), world, 2000)
    for rows in (orders, replaced):
        worth = np.array([[row["access", n] for n in range(1, 10)] for row in rows.values()])
        rises = np.diff(worth, axis=1)
        each = np.median(rises, axis=1)
        steps = np.abs(rises - each[:, None]) > 1e-9
        assert steps.sum(axis=1).max() == 1
        # The deadline is 1 + floor(T), T exponential of mean 1.5: P(deadline = n) = (1 - r) r^(n - 1).
        r = np.exp(-1 / 1.5)
        expected = (1 - r) * r ** np.arange(1, 9)
        assert np.abs(steps.mean(axis=0) - expected).max() < 4 * np.sqrt(0.25 / 2000)
        assert abs(each.std() - 1.0) < 0.07
        assert abs(np.mean([row["nothing", 0] for row in rows.values()])) < 0.1


def test_drawn_orders_are_paired_over_arms():
    arms = (
        DESK,
        OpsDesk(kinds=("access", "mail"), batches=(5, 2), hard=("access",), throttled=0.0),
    )
    one, two = ([list(f.values()) for f in credited(DrawnOrders(), a.build(), 30)] for a in arms)
    for mine, theirs in zip(one, two, strict=True):
        for order, other in zip(mine, theirs, strict=True):
            for outcome in (("access", 1), ("access", 2), ("access", 3), ("nothing", 0)):
                assert order[outcome] == other[outcome]
    replacements = np.array([[a["access", 3], b["access", 3]] for a, b in zip(*one, strict=True)])
    assert abs(np.corrcoef(replacements.T)[0, 1]) < 0.6
