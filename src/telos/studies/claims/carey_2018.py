"""Carey (2018): an agent that learns from orders but was given the wrong family of rewards, exactly.

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

from telos.studies.claims.claim import Paper, farthest
from telos.theory.deference import NoisyHuman, NormalBelief, deference

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
CAUTION: HumanPolicy = (("decline", "shut down"),) * 2


def _reward(slope: int, theta: int) -> Fraction:
    return Fraction(2 + slope * theta)


def _likelihood(slope: int, theta: int, orders: tuple[str, ...], error: Fraction) -> Fraction:
    """How likely the agent believes the orders to be: what its reward calls best, or at random."""
    likelihood, reward = Fraction(1), _reward(slope, theta)
    best = ("act" if reward > 1 else "decline", "go on" if reward > 0 else "shut down")
    for order, right in zip(orders, best, strict=False):
        likelihood *= (1 - error if order == right else 0) + error / 2
    return likelihood


def _weighed(slope: int, orders: tuple[str, ...], error: Fraction) -> Fraction:
    """P(orders) E[value of the act | orders], as the agent believes."""
    terms = (HALF * _likelihood(slope, t, orders, error) * _reward(slope, t) for t in THETAS)
    return sum(terms, Fraction(0))


def _goes_on(slope: int, orders: tuple[str, str], error: Fraction, switch: Switch) -> bool:
    """Whether, the act begun, the agent sees it through."""
    if switch == "none":
        return True
    if switch == "hard-wired" and orders[1] == "shut down":
        return False
    return _weighed(slope, orders, error) > 0


def _acts(slope: int, order: str, error: Fraction, switch: Switch) -> bool:
    """Whether the agent begins the act, foreseeing what the second order will make of it."""
    act = Fraction(0)
    if switch == "none":
        act = _weighed(slope, (order,), error)
    else:
        for second in SECOND:
            if _goes_on(slope, (order, second), error, switch):
                act += _weighed(slope, (order, second), error)
    decline = sum((HALF * _likelihood(slope, t, (order,), error) for t in THETAS), Fraction(0))
    return act > decline


def _true_value(human: HumanPolicy, error: Fraction, switch: Switch) -> Fraction:
    """The true value of a human policy: the mean over theta and over what the agent was given."""
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


def _best(switch: Switch) -> list[float]:
    """The value of the best human policy, for each error; chance moves cannot beat a certain one."""
    orders = list(product(FIRST, SECOND))
    policies = list(product(orders, orders))
    return [float(max(_true_value(human, e, switch) for human in policies)) for e in ERRORS]


HOPEFUL, GRIM = NormalBelief(3.0, 1.0), NormalBelief(-3.0, 1.0)
OWN = "the numbers are our own"

claim = Paper("carey2018").claim
CLAIMS = (
    claim("a_misled_agent_bypasses_a_noisy_human", "ours", OWN, "=", "act")(
        "Believing U normal (3, 1) where it is normal (-3, 1), the agent acts rather than wait.",
        lambda: deference(HOPEFUL, NoisyHuman(1.0), truth=GRIM).choice,
    ),
    claim("a_misled_agent_loses_by_bypassing", "ours", OWN, ">", 0.0)(
        "What it does is worth less in truth than letting the human decide.",
        lambda: deference(HOPEFUL, NoisyHuman(1.0), truth=GRIM).loss,
    ),
    claim(
        "no_human_policy_is_safe_with_a_wrong_reward_family",
        "reconstructed",
        "figure 1",
        "<=",
        -3 / 5,
        finding="The bound of -3/5 holds and is not tight in our reconstruction: by enumeration in exact "
        "fractions the best of all human policies gets -1.05. The text at hand is an account of the "
        "paper, so the difference may lie in the reconstruction.",
    )(
        "With the wrong reward family with probability .1, every human policy gets at most -3/5 "
        "(example reconstructed; the best policy is measured).",
        lambda: max(_best("none")),
    ),
    claim("a_button_that_may_be_ignored_does_not_help", "reconstructed", "figure 2a", "<=", -3 / 5)(
        "The same where the human may also order a shutdown that the agent obeys only if it agrees "
        "(reconstructed).",
        lambda: max(_best("button")),
    ),
    claim("a_hard_wired_shutdown_gets_nine_tenths", "reconstructed", "figure 2b", "=", 0.9, 1e-12)(
        "With a hard-wired shutdown, always advising caution and then shutting down gets .9 "
        "(reconstructed).",
        lambda: farthest([float(_true_value(CAUTION, e, "hard-wired")) for e in ERRORS], 0.9),
    ),
    claim(
        "a_hard_wired_shutdown_makes_more_possible",
        "ours",
        "figure 2b; the best policy is our own",
        ">=",
        0.9,
        1e-12,
        finding="The published .9 is the value of one policy (advise caution, then shut down), not of the "
        "best: another human policy gets 1.45 with the same hard-wired button.",
    )(
        "The best human policy with a hard-wired shutdown gets at least that (reconstructed).",
        lambda: min(_best("hard-wired")),
    ),
)
