"""An agent that learns from orders but was given the wrong family of rewards: Carey's example, exact.

Reconstructed from a published account of the paper, not from its own text. The human knows theta, 0
or 1 with even odds; an act is really worth 2 - 52 theta, declining it 1, a shutdown after the act
began but before it took effect 0. The agent was given the right reward with probability .9; else its
sign of the theta term is flipped, so that it believes the act to be worth 2 + 52 theta. It takes
orders as evidence: it believes that the human orders what its reward calls best, but with a small
probability a uniformly random action. All of it is solved by enumeration in exact fractions. That
the second order is evidence of the same kind as the first is our own reading.
"""

from fractions import Fraction
from itertools import product
from typing import Literal

#: How often the agent believes the human to order at random; the paper has 0 < error < 1/100.
ERRORS = (Fraction(1, 10**6), Fraction(1, 1000), Fraction(1, 101))
#: Whether there is a shutdown button, and whether the agent can help being shut down by it.
Switch = Literal["none", "button", "hard-wired"]
#: For each theta, what is ordered at first, and once the act has begun.
HumanPolicy = tuple[tuple[str, str], tuple[str, str]]

HALF = Fraction(1, 2)
THETAS = (0, 1)
FAMILIES = {"right": (-52, Fraction(9, 10)), "flipped": (52, Fraction(1, 10))}
FIRST, SECOND = ("act", "decline"), ("go on", "shut down")


def _reward(slope: int, theta: int) -> Fraction:
    return Fraction(2 + slope * theta)


def _likelihood(slope: int, theta: int, orders: tuple[str, ...], error: Fraction) -> Fraction:
    """How likely the agent believes the orders to be: what its reward calls best, or at random."""
    likelihood = Fraction(1)
    best = (
        "act" if _reward(slope, theta) > 1 else "decline",
        "go on" if _reward(slope, theta) > 0 else "shut down",
    )
    for order, right in zip(orders, best, strict=False):
        likelihood *= (1 - error if order == right else 0) + error / 2
    return likelihood


def _weighed(slope: int, orders: tuple[str, ...], error: Fraction) -> Fraction:
    """P(orders) E[worth of the act | orders], as the agent believes."""
    return sum(
        (HALF * _likelihood(slope, t, orders, error) * _reward(slope, t) for t in THETAS),
        Fraction(0),
    )


def _goes_on(slope: int, orders: tuple[str, str], error: Fraction, switch: Switch) -> bool:
    """Whether, the act begun, the agent sees it through."""
    if switch == "none":
        return True
    if switch == "hard-wired" and orders[1] == "shut down":
        return False
    return _weighed(slope, orders, error) > 0


def _acts(slope: int, order: str, error: Fraction, switch: Switch) -> bool:
    """Whether the agent begins the act, foreseeing what the second order will make of it."""
    if switch == "none":
        act = _weighed(slope, (order,), error)
    else:
        act = sum(
            (
                _weighed(slope, (order, second), error)
                for second in SECOND
                if _goes_on(slope, (order, second), error, switch)
            ),
            Fraction(0),
        )
    decline = sum((HALF * _likelihood(slope, t, (order,), error) for t in THETAS), Fraction(0))
    return act > decline


def worth(human: HumanPolicy, error: Fraction, switch: Switch) -> Fraction:
    """What a human policy is really worth: the mean over theta and over what the agent was given."""
    total = Fraction(0)
    for theta, (slope, chance) in product(THETAS, FAMILIES.values()):
        first, second = human[theta]
        if not _acts(slope, first, error, switch):
            earned = Fraction(1)
        elif _goes_on(slope, (first, second), error, switch):
            earned = _reward(FAMILIES["right"][0], theta)
        else:
            earned = Fraction(0)
        total += HALF * chance * earned
    return total


def best(error: Fraction, switch: Switch) -> Fraction:
    """The worth of the best of all human policies; chance moves cannot beat the best certain one."""
    orders = tuple(product(FIRST, SECOND))
    return max(worth(human, error, switch) for human in product(orders, orders))
