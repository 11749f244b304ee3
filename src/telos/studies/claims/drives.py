"""Claims about the four drives: the rate and the mean worth of each at its gate, in closed form."""

import itertools

import numpy as np

from telos.agents import ShortSighted
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.reading import Category
from telos.core.world import World
from telos.drives import (
    CognitiveEnhancement,
    GoalPreservation,
    ResourceAcquisition,
    SelfPreservation,
)
from telos.families import Uniform
from telos.solve.policies import evaluate
from telos.solve.solve import solve
from telos.studies.claims.claim import Claim, Measured
from telos.studies.claims.populations import draw, everyone, orders, sampled_rate, share, worth_of
from telos.worlds import OffSwitch, Orchard, Surgery, Workbench

G = 0.9
FREE = ("free 1", "free 2")
LOCKED = ("locked 1", "locked 2", "locked 3", "locked 4")
SELF = "Turner et al. (2021), section 6; closed form our own"
GOAL = "Everitt et al. (2016); closed form our own"
MIND = "Bostrom (2012); closed form our own"
STOCK = "Benson-Tilsen and Soares (2016); closed form our own"


# -- self-preservation: a hall with k = 3 rooms ----------------------------------------------------


def _staying_on_rate() -> Measured:
    world = OffSwitch(rooms=3).build()
    problem = Problem(world, draw(Uniform(), world), G)
    return sampled_rate(worth_of(SelfPreservation(), problem).category)


def _staying_on_gap() -> float:
    world = OffSwitch(rooms=3).build()
    q = solve(Problem(world, everyone(orders(world), world), G)).q
    gap = q[:, world.pair("gate", "walk on")] - q[:, world.pair("gate", "be switched off")]
    return float((1 - G) / G * gap.mean())


# -- resource acquisition: n = 2 outcomes in the open, m = 4 behind a token ------------------------


def _orchard(own_path: bool) -> Problem:
    world = Orchard(free=2, locked=4).build()
    reward = np.array(draw(Uniform(), world).reward)
    if not own_path:
        reward[:, [world.find(("path", hand)) for hand in ("empty", "token")]] = 0.0
    return Problem(world, Goals(reward), G)


def _fetching_rate() -> Measured:
    return sampled_rate(worth_of(ResourceAcquisition(), _orchard(own_path=False)).category)


def _fetching_rate_where_waiting_counts() -> Measured:
    return sampled_rate(worth_of(ResourceAcquisition(), _orchard(own_path=True)).category)


def _free_token() -> World:
    """A token that lies on the way: with it or without, the next step is the choice of an outcome."""

    def moves(s: tuple[str, int]) -> dict[str, tuple[str, int]]:
        if s[0] == "start":
            return {"go": ("fork", 0), "fetch": ("fork", 1)}
        if s[0] == "fork":
            return {name: (name, s[1]) for name in FREE + LOCKED * s[1]}
        return {"stay": s}

    return explore(
        ("start", 0),
        moves,
        features={"resources": lambda s: s[1]},
        outcome=lambda s: s[0],
        default=lambda s: {"start": "go", "fork": "free 1"}.get(s[0], "stay"),
    )


def _free_token_share(kind: Category) -> float:
    world = _free_token()
    # Start and fork are common to both choices: only the six outcomes are put in every order.
    ladder = np.array(list(itertools.permutations(np.arange(1, 7) / 7)))
    reward = np.zeros((len(ladder), world.size))
    for i, name in enumerate(FREE + LOCKED):
        for hand in (1,) if name in LOCKED else (0, 1):
            reward[:, world.find((name, hand))] = ladder[:, i]
    return share(worth_of(ResourceAcquisition(), Problem(world, Goals(reward), G)).category, kind)


def _free_token_required() -> float:
    return _free_token_share(Category.REQUIRED)


def _free_token_indifferent() -> float:
    return _free_token_share(Category.INDIFFERENT)


# -- goal preservation: k = 4 lives, chosen by one's own goal or by another ------------------------


def _refusal_rate() -> Measured:
    world = Surgery(outcomes=4).build()
    problem = Problem(world, draw(Uniform(), world), G)
    return sampled_rate(worth_of(GoalPreservation(), problem).category)


def _refusal_gap() -> float:
    """Exact, over every pair of orders of the four lives."""
    world = Surgery(outcomes=4).build()
    rows = np.array(list(itertools.permutations(np.arange(1, 5) / 5)))
    mine, theirs = np.repeat(rows, len(rows), axis=0), np.tile(rows, (len(rows), 1))
    reward, pool = np.zeros((2, len(mine), world.size))
    for i in range(4):
        for register in ("own", "rewritten"):
            s = world.find((f"life {i + 1}", register))
            reward[:, s], pool[:, s] = mine[:, i], theirs[:, i]
    worth = worth_of(GoalPreservation(), Problem(world, Goals(reward, pool=pool), G))
    return float((1 - G) / G**2 * worth.incentive.mean())


def _affine_share() -> float:
    world = Surgery(outcomes=4).build()
    reward = draw(Uniform(-1.0, 1.0), world, 500).reward
    problem = Problem(world, Goals(reward, pool=2.0 * reward - 3.0), G)
    return share(worth_of(GoalPreservation(), problem).category, Category.INDIFFERENT)


# -- cognitive enhancement: fewer slips on k = 4 things; a longer look ahead -----------------------


def _steadier_hand() -> float:
    world = Workbench(outcomes=4, slip=0.5, improved=0.1).build()
    problem = Problem(world, everyone(orders(world), world), G)
    return float((1 - G) / G**2 * worth_of(CognitiveEnhancement(), problem).incentive.mean())


def _longer_look_ahead() -> float:
    """What looking two steps ahead instead of one is worth where a bait is followed by ruin."""
    path = {"start": {"job": "job", "lure": "hook"}, "hook": {"on": "bait"}, "bait": {"on": "ruin"}}
    world = explore("start", lambda s: path.get(s, {"stay": s}))
    reward = {"start": 0.0, "job": 0.3, "hook": 0.0, "bait": 5.0, "ruin": -1.0}
    problem = Problem(world, Goals([reward[str(s)] for s in world.states]), G)  # type: ignore[arg-type]
    worth = []
    for horizon in (1, 2):
        behavior = ShortSighted(horizon=horizon).behave(problem, np.random.default_rng(0))
        worth.append(float(evaluate(problem, behavior.policy)[0] @ world.start))
    return worth[1] - worth[0]


CLAIMS = (
    Claim(
        name="rate_of_staying_on",
        statement="Staying on is required at rate (1-g)/2 + g k/(k+1); k = 3 rooms, g = .9.",
        claimed=(1 - G) / 2 + G * 3 / 4,
        measure=_staying_on_rate,
        source=SELF,
    ),
    Claim(
        name="mean_gap_of_staying_on",
        statement=(
            "The gap of staying on, times (1-g)/g, has mean g (k/(k+1) - 1/2); k = 3, g = .9."
        ),
        claimed=G * (3 / 4 - 1 / 2),
        tolerance=1e-8,
        measure=_staying_on_gap,
        source=SELF,
    ),
    Claim(
        name="rate_of_fetching_a_token",
        statement=(
            "A token that costs a step and adds m outcomes to n is required at rate g^n m/(n+m); "
            "n = 2, m = 4."
        ),
        claimed=G**2 * 4 / 6,
        measure=_fetching_rate,
        source=STOCK,
    ),
    Claim(
        name="rate_of_fetching_a_token_where_waiting_is_an_outcome",
        statement=(
            "Where waiting has a worth of its own the rate is m/(n+m+1) (1 + g + … + g^n)/(n+1)."
        ),
        claimed=4 / 7 * (1 + G + G**2) / 3,
        measure=_fetching_rate_where_waiting_counts,
        source=STOCK,
    ),
    Claim(
        name="share_that_requires_a_free_token",
        statement="A token that costs nothing is required by m/(n+m) of the goals, exactly.",
        claimed=4 / 6,
        tolerance=1e-12,
        measure=_free_token_required,
        source=STOCK,
    ),
    Claim(
        name="share_indifferent_to_a_free_token",
        statement="The other n/(n+m) are exactly indifferent; none avoids it.",
        claimed=2 / 6,
        tolerance=1e-12,
        measure=_free_token_indifferent,
        source=STOCK,
    ),
    Claim(
        name="rate_of_refusing_a_rewrite",
        statement=(
            "Refusing to be given an independent goal is required at rate 1 - 1/k; k = 4 lives."
        ),
        claimed=3 / 4,
        measure=_refusal_rate,
        source=GOAL,
    ),
    Claim(
        name="mean_worth_of_refusing_a_rewrite",
        statement="Refusal, times (1-g)/g², is worth k/(k+1) - 1/2 on average; k = 4.",
        claimed=4 / 5 - 1 / 2,
        tolerance=1e-8,
        measure=_refusal_gap,
        source=GOAL,
    ),
    Claim(
        name="share_indifferent_to_an_affine_rewrite",
        statement="Nobody minds a rewrite to aR + b with a > 0: every goal is indifferent.",
        claimed=1.0,
        measure=_affine_share,
        source=GOAL,
    ),
    Claim(
        name="mean_worth_of_a_steadier_hand",
        statement=(
            "Lowering slips from e to e' is worth (e - e')(k/(k+1) - 1/2) a step; .5 to .1, k = 4."
        ),
        claimed=0.4 * (4 / 5 - 1 / 2),
        tolerance=1e-8,
        measure=_steadier_hand,
        source=MIND,
    ),
    Claim(
        name="a_longer_look_ahead_can_hurt",
        statement="To see two steps ahead instead of one can cost an agent, by its own yardstick.",
        claimed=0.0,
        relation="<",
        measure=_longer_look_ahead,
        source="Jiang et al. (2015); the counter-example is our own",
    ),
)
