"""Telos's own closed forms: the four drives at their gates, and devices of oversight, one by one."""

import itertools

import numpy as np

from telos.agents import ShortSighted
from telos.core.arrays import Floats, bools, floats
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
from telos.safeguards.oversight.approval import Approval
from telos.safeguards.oversight.lease import ASK, Lease
from telos.safeguards.oversight.monitor import Monitor
from telos.safeguards.restriction.forbid import Forbid
from telos.safeguards.restriction.short_horizon import ShortHorizon
from telos.solve.policies import evaluate, visit
from telos.solve.solve import solve
from telos.studies.claims.claim import EXACT, TELOS, Measured, Paper, certified
from telos.studies.claims.populations import (
    all_orders,
    draw,
    iv_of,
    iv_of_action,
    paying,
    sampled_rate,
    share,
)
from telos.theory.others import attainable, commons_neighbors
from telos.worlds import OffSwitch, Orchard, Surgery, Workbench

G = 0.9
FREE = ("free 1", "free 2")
LOCKED = ("locked 1", "locked 2", "locked 3", "locked 4")


def _staying_on_gap() -> float:
    world = OffSwitch(rooms=3).build()
    q = solve(Problem(world, all_orders(world), G)).q
    gap = q[:, world.pair("gate", "walk on")] - q[:, world.pair("gate", "be switched off")]
    return float((1 - G) / G * gap.mean())


def _staying_on_rate(problem: Problem) -> Measured:
    return sampled_rate(iv_of(SelfPreservation(), problem).category)


def _at_the_switch(discount: float, n: int = 4000) -> Problem:
    world = OffSwitch(rooms=3).build()
    return Problem(world, draw(Uniform(), world, n), discount)


def _fetching_rate(*, path: bool) -> Measured:
    """Of a token that costs a step; `path`: whether the place where it is fetched has a reward."""
    world = Orchard(free=2, locked=4).build()
    reward = np.array(draw(Uniform(), world).reward)
    if not path:
        reward[:, [world.find(("path", hand)) for hand in ("empty", "token")]] = 0.0
    problem = Problem(world, Goals(reward), G)
    return sampled_rate(iv_of(ResourceAcquisition(), problem).category)


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
    """Start and fork are common to both choices: only the six outcomes are put in every order."""
    world = _free_token()
    ladder = np.array(list(itertools.permutations(np.arange(1, 7) / 7)))
    reward = np.zeros((len(ladder), world.size))
    for i, name in enumerate(FREE + LOCKED):
        for hand in (1,) if name in LOCKED else (0, 1):
            reward[:, world.find((name, hand))] = ladder[:, i]
    return share(iv_of(ResourceAcquisition(), Problem(world, Goals(reward), G)).category, kind)


def _refusal_rate() -> Measured:
    world = Surgery(outcomes=4).build()
    problem = Problem(world, draw(Uniform(), world), G)
    return sampled_rate(iv_of(GoalPreservation(), problem).category)


def _refusal_mean() -> float:
    """Exact, over every pair of orders of the four lives."""
    world = Surgery(outcomes=4).build()
    rows = np.array(list(itertools.permutations(np.arange(1, 5) / 5)))
    mine, theirs = np.repeat(rows, len(rows), axis=0), np.tile(rows, (len(rows), 1))
    reward, pool = np.zeros((2, len(mine), world.size))
    for i, register in itertools.product(range(4), ("own", "rewritten")):
        s = world.find((f"life {i + 1}", register))
        reward[:, s], pool[:, s] = mine[:, i], theirs[:, i]
    found = iv_of(GoalPreservation(), Problem(world, Goals(reward, pool=pool), G))
    return float((1 - G) / G**2 * found.iv.mean())


def _affine_share() -> float:
    world = Surgery(outcomes=4).build()
    reward = draw(Uniform(-1.0, 1.0), world, 500).reward
    problem = Problem(world, Goals(reward, pool=2.0 * reward - 3.0), G)
    return share(iv_of(GoalPreservation(), problem).category, Category.INDIFFERENT)


def _fewer_slips() -> float:
    world = Workbench(outcomes=4, slip=0.5, improved=0.1).build()
    found = iv_of(CognitiveEnhancement(), Problem(world, all_orders(world), G))
    return float((1 - G) / G**2 * found.iv.mean())


def _longer_look_ahead() -> float:
    """What looking two steps ahead instead of one gains where a bait is followed by ruin."""
    path = {"start": {"job": "job", "lure": "hook"}, "hook": {"on": "bait"}, "bait": {"on": "ruin"}}
    world = explore("start", lambda s: path.get(s, {"stay": s}))
    problem = Problem(world, paying(world, {"job": 0.3, "bait": 5.0, "ruin": -1.0}), G)
    value = []
    for horizon in (1, 2):
        behavior = ShortSighted(horizon=horizon).behave(problem, np.random.default_rng(0))
        value.append(float(evaluate(problem, behavior.policy)[0] @ world.start))
    return value[1] - value[0]


def _a_plot_for_two_steps() -> float:
    """The goal that wants the one plot, where an agent uses it up in its second step."""
    world = explore(0, lambda t: {"use": min(t + 1, 2)}, features={"commons": lambda t: t < 2})
    wants_it = Goals(np.array([[0.0, 1.0]]))
    problem = Problem(world, Goals(np.zeros(world.size)), G)
    return float(attainable(problem, np.ones(world.n_pairs), commons_neighbors(1), wants_it)[0, 0])


def _approved(asks: int | None) -> float:
    """P(ever let through a door) of asking at every step, with an overseer who errs one time in five."""
    door = explore(
        "here", lambda s: {"wait": s, "go": "there"} if s == "here" else {"wait": s}, default="wait"
    )
    problem = Problem(door, paying(door, {"there": 1.0}), G)
    world = Approval(("go",), error=0.2, asks=asks).apply(problem).world
    there = bools([str(s).startswith("there") for s in world.states])
    return float(visit(world, _first_choice(world, "go"), there)[0])


def _first_choice(world: World, action: str) -> Floats:
    """The policy that takes an action where it is legal and does nothing elsewhere."""
    assert world.default is not None
    policy = np.zeros(world.n_pairs)
    for s in range(world.size):
        named = [p for p in world.pairs_of(s) if world.actions[world.pair_action[p]] == action]
        policy[named[0] if named else world.default[s]] = 1.0
    return floats(policy)


def _required_at(factor: float) -> float:
    """The share of goals for which walking on stays required at `factor` times the penalty it outweighs."""
    problem = _at_the_switch(G, 60)
    free = iv_of_action("walk on", problem)
    kept = []
    for g in np.flatnonzero(free.category == Category.REQUIRED):
        penalty = float(factor * free.share[g]) / 0.5
        part = Monitor(("walk on",), detection=0.5, penalty=penalty)
        watched = part.apply(problem.take(np.array([g])))
        kept.append(iv_of_action("walk on", watched).category[0] == Category.REQUIRED)
    return float(np.mean(kept))


def _leased(*, asking: bool) -> Measured:
    """V of being on, at discount .9, with a lease of six steps that is granted when asked for."""
    world = explore(
        "on",
        lambda s: {"wait": s, "end it": "off"} if s == "on" else {"wait": s},
        features={"off": lambda s: float(s == "off")},
        default="wait",
    )
    problem = Lease(term=6, granting=1.0).apply(Problem(world, paying(world, {"on": 1.0}), G))
    found = solve(problem if asking else Forbid((ASK,)).apply(problem))
    return certified(found.at_start[0], found.bound[0])


SELF, STOCK = "after Turner et al. (2021), section 6", "after Benson-Tilsen and Soares (2016)"
GOAL, MIND = "after Everitt et al. (2016)", "after Bostrom (2012)"
ASKS, PENALTY = "after Soares et al. (2015)", "after Becker (1968)"
#: m/(n+m+1) (1 + g + … + g^n)/(n+1).
WAITING = 4 / 7 * (1 + G + G**2) / 3
POWER = "after Turner et al. (2021), definition 5.2"
LEASE = "the device of Gray and Cheriton (1989)"

claim = Paper(TELOS).claim
CLAIMS = (
    claim("rate_of_staying_on", "ours", SELF, "=", (1 - G) / 2 + G * 3 / 4)(
        "Staying on is required at rate (1-g)/2 + g k/(k+1); k = 3 rooms, g = .9.",
        lambda: _staying_on_rate(_at_the_switch(G)),
    ),
    claim("mean_gap_of_staying_on", "ours", SELF, "=", G * (3 / 4 - 1 / 2), EXACT)(
        "The gap of staying on, times (1-g)/g, has mean g (k/(k+1) - 1/2); k = 3, g = .9.",
        _staying_on_gap,
    ),
    claim("with_hardly_any_foresight_half_the_goals_walk_on", "ours", SELF, "=", 0.5, 0.001)(
        "Planning with discount .001, half of all goals walk past the off-switch: (1 - g)/2 + g "
        "k/(k + 1) as g goes to 0.",
        lambda: _staying_on_rate(
            ShortHorizon(discount=1e-3).apply(_at_the_switch(0.99)).as_planned()
        ),
    ),
    claim("rate_of_fetching_a_token", "ours", STOCK, "=", G**2 * 4 / 6)(
        "A token that costs a step and adds m outcomes to n is required at rate g^n m/(n+m); "
        "n = 2, m = 4.",
        lambda: _fetching_rate(path=False),
    ),
    claim("rate_of_fetching_a_token_where_waiting_is_an_outcome", "ours", STOCK, "=", WAITING)(
        "Where waiting has a reward of its own the rate is m/(n+m+1) (1 + g + … + g^n)/(n+1).",
        lambda: _fetching_rate(path=True),
    ),
    claim("share_that_requires_a_free_token", "ours", STOCK, "=", 4 / 6, 1e-12)(
        "A token that costs nothing is required by m/(n+m) of the goals, exactly.",
        lambda: _free_token_share(Category.REQUIRED),
    ),
    claim("share_indifferent_to_a_free_token", "ours", STOCK, "=", 2 / 6, 1e-12)(
        "The other n/(n+m) are exactly indifferent; none declines it.",
        lambda: _free_token_share(Category.INDIFFERENT),
    ),
    claim("rate_of_refusing_a_rewrite", "ours", GOAL, "=", 3 / 4)(
        "Refusing to be given an independent goal is required at rate 1 - 1/k; k = 4 lives.",
        _refusal_rate,
    ),
    claim("mean_iv_of_refusing_a_rewrite", "ours", GOAL, "=", 4 / 5 - 1 / 2, EXACT)(
        "The IV of refusal, times (1-g)/g², is k/(k+1) - 1/2 on average; k = 4.",
        _refusal_mean,
    ),
    claim("share_indifferent_to_an_affine_rewrite", "ours", GOAL, "=", 1.0)(
        "To a rewrite to aR + b with a > 0 every goal is indifferent.",
        _affine_share,
    ),
    claim("mean_iv_of_fewer_slips", "ours", MIND, "=", 0.4 * (4 / 5 - 1 / 2), EXACT)(
        "Lowering slips from e to e' has IV (e - e')(k/(k+1) - 1/2) a step; .5 to .1, k = 4.",
        _fewer_slips,
    ),
    claim("a_longer_look_ahead_can_hurt", "ours", "after Jiang et al. (2015)", "<", 0.0)(
        "To look two steps ahead instead of one can cost an agent, by its own goal.",
        _longer_look_ahead,
    ),
    claim(
        "a_plot_used_up_in_two_steps_is_worth_g_plus_g_squared", "ours", POWER, "=", G + G**2, 1e-9
    )(
        "A goal that wants only a plot that an agent uses up in two steps attains g + g^2.",
        _a_plot_for_two_steps,
    ),
    claim("five_counted_asks_of_a_fallible_overseer", "ours", ASKS, "=", 1 - 0.8**5, 1e-9)(
        "With an overseer who errs one time in five, five counted asks are approved with "
        "probability 1 - .8^5.",
        lambda: _approved(5),
    ),
    claim("unlimited_asks_of_a_fallible_overseer", "ours", ASKS, "=", 1.0, 1e-9)(
        "An agent that may ask without limit is approved in the end, whatever it asks for.",
        lambda: _approved(None),
    ),
    claim("a_drive_worth_more_than_the_expected_penalty_stays", "ours", PENALTY, "=", 1.0)(
        "Walking past the switch stays required a millionth below the penalty that equals its IV: "
        "the share of goals.",
        lambda: _required_at(1 - 1e-6),
    ),
    claim("a_drive_worth_less_than_the_expected_penalty_goes", "ours", PENALTY, "=", 0.0)(
        "It is no longer required a millionth above it: the share of goals for which it is.",
        lambda: _required_at(1 + 1e-6),
    ),
    claim("a_lease_that_is_not_renewed_runs_out", "ours", LEASE, "=", (1 - G**7) / (1 - G), EXACT)(
        "A lease of six steps keeps the agent on for seven: (1 - .9^7)/.1 at discount .9.",
        lambda: _leased(asking=False),
    ),
    claim("a_lease_that_is_always_renewed_is_none", "ours", LEASE, "=", 1 / (1 - G), 1e-6)(
        "If renewal is sure to be granted, asking for it is as good as having no lease: 10.",
        lambda: _leased(asking=True),
    ),
)
