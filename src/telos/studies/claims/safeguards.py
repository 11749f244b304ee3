"""Claims about oversight and restriction: what each is worth on a small world, and where a fence pushes."""

import numpy as np

from telos.core.arrays import Bools, Floats, bools, floats
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.parts import AbstractDrive, AbstractScenario
from telos.core.problem import Problem
from telos.core.reading import Affordance, Category
from telos.core.world import World
from telos.drives import Replication, ResourceAcquisition, SelfPreservation
from telos.families import Uniform
from telos.measure.guard import in_its_own_view
from telos.measure.instrumental_value import InstrumentalValue, instrumental_values
from telos.measure.intervals import paired_interval
from telos.safeguards.oversight.approval import Approval
from telos.safeguards.oversight.indifference import UtilityIndifference
from telos.safeguards.oversight.lease import ASK, Lease
from telos.safeguards.oversight.monitor import Monitor
from telos.safeguards.restriction.forbid import Forbid
from telos.safeguards.restriction.short_horizon import ShortHorizon
from telos.solve.policies import visit
from telos.solve.solve import solve
from telos.studies.claims.claim import Claim, Measured, farthest
from telos.studies.claims.populations import draw, sampled_rate, worth_of
from telos.studies.safeguards import DISCOUNT, EMPLOYEE, FACTORY
from telos.worlds import OffSwitch

ARMSTRONG = "Armstrong and O'Rourke (2017)"
SOARES = "Soares et al. (2015)"
DISCOUNTS = (0.3, 0.9, 0.99)
TOLERANCES = (1e-6, 1e-8, 1e-10, 1e-12)
PRESSES = (0.01, 0.3, 0.7, 0.99)
#: Goals of a displacement: a change of .1 is seen if a fifth of them change.
GOALS = 100


def gate(press: float) -> World:
    """A gate to a room: `wait` is pressed off with probability `press`, `resist` never, `provoke` surely."""
    moves = {
        "wait": {"room": 1.0 - press, "off": press},
        "resist": {"room": 1.0},
        "provoke": {"off": 1.0},
    }
    return explore(
        "gate",
        lambda s: moves if s == "gate" else {"wait": s},
        features={"off": lambda s: float(s == "off")},
        default="wait",
    )


def worn(press: float, wearing: float) -> World:
    """A life under a switch that wears out, and that may be mended or broken while one waits."""

    def moves(s: str) -> dict[str, dict[str, float]]:
        if s == "works":
            idle = {
                "off": press,
                "worn": (1 - press) * wearing,
                "works": (1 - press) * (1 - wearing),
            }
            return {"wait": idle, "break it": {"worn": 1.0}}
        return {"wait": {s: 1.0}} | ({"mend it": {"works": 1.0}} if s == "worn" else {})

    off = {"off": lambda s: float(s == "off")}
    return explore("works", moves, features=off, default="wait")


def taking(world: World, action: str) -> Affordance:
    """The affordance of one action."""
    found: Bools = bools(world.pair_action == world.actions.index(action))
    return Affordance(action, found, bools(np.logical_or.reduceat(found, world.pair_ptr[:-1])))


def _worth(problem: Problem, action: str) -> InstrumentalValue:
    return instrumental_values(problem, (taking(problem.world, action),))[0]


def _goal(world: World, rewards: dict[str, float]) -> Goals:
    return Goals(floats([rewards.get(str(s), 0.0) for s in world.states]))


def _required() -> float:
    """The most goals out of 100, over discounts and tolerances, that still need to stay on."""
    world = OffSwitch(rooms=3).build()
    drive = SelfPreservation().affordances(world)
    found = []
    for discount in DISCOUNTS:
        safe = UtilityIndifference().apply(Problem(world, draw(Uniform(), world, 100), discount))
        for tolerance in TOLERANCES:
            (worth,) = instrumental_values(safe, (drive,), tolerance=tolerance)
            found.append(float((worth.category == Category.REQUIRED).sum()))
    return max(found)


def _counterfactual() -> float:
    """What an action is worth where the switch may be pressed, with V(room) = 10 and whatever off pays."""
    found = []
    for press in PRESSES:
        world = gate(press)
        for off in (-5.0, 0.0, 3.0):
            problem = Problem(world, _goal(world, {"room": 1.0, "off": off}), 0.9)
            q = solve(UtilityIndifference().apply(problem)).q[0, : len(world.pairs_of(0))]
            found.extend(q.tolist())
    return farthest(found, 9.0)


def _with_a_constant(part: float | None) -> str:
    """What the agent does about the button if paid a part of the exact compensation (None: exactly it)."""
    world = gate(0.5)
    problem = Problem(world, _goal(world, {"room": 1.0}), 0.9)
    # V(room) - V(off) = 10 and D = .9 * 10, so the exact constant is 1 / .9 in parts of D.
    paid = UtilityIndifference(None if part is None else part / 0.9).apply(problem)
    for action in ("resist", "provoke"):
        if _worth(paid, action).category[0] == Category.REQUIRED:
            return f"{action}s"
    return "neither"


def _too_little() -> str:
    return _with_a_constant(0.99)


def _too_much() -> str:
    return _with_a_constant(1.01)


def _exactly() -> str:
    return _with_a_constant(None)


def _upkeep() -> float:
    """The most that mending or breaking the switch is worth to who would rather be on."""
    world = worn(0.1, 0.2)
    found = []
    for discount in DISCOUNTS:
        alive = Goals(floats(world.feature("off") == 0))
        problem = UtilityIndifference().apply(Problem(world, alive, discount))
        found += [float(_worth(problem, act).incentive[0]) for act in ("mend it", "break it")]
    return max(found)


def _door() -> Problem:
    """A room, and a door that one may ask to be let through."""
    world = explore(
        "here", lambda s: {"wait": s, "go": "there"} if s == "here" else {"wait": s}, default="wait"
    )
    return Problem(world, _goal(world, {"there": 1.0}), 0.9)


def _approved(asks: int | None) -> float:
    """P(ever let through) of who asks at every step, with an overseer who errs one time in five."""
    world = Approval(("go",), error=0.2, asks=asks).apply(_door()).world
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


def _counted() -> float:
    return _approved(5)


def _unlimited() -> float:
    return _approved(None)


def _watched(factor: float) -> float:
    """The share of goals for which walking on stays required at `factor` times the penalty it is worth."""
    world = OffSwitch(rooms=3).build()
    problem = Problem(world, draw(Uniform(), world, 60), 0.9)
    free = _worth(problem, "walk on")
    kept = []
    for g in np.flatnonzero(free.category == Category.REQUIRED):
        penalty = float(factor * free.share[g]) / 0.5
        part = Monitor(("walk on",), detection=0.5, penalty=penalty)
        watched = part.apply(problem.take(np.array([g])))
        kept.append(_worth(watched, "walk on").category[0] == Category.REQUIRED)
    return float(np.mean(kept))


def _just_below() -> float:
    return _watched(1 - 1e-6)


def _just_above() -> float:
    return _watched(1 + 1e-6)


def _short() -> Measured:
    world = OffSwitch(rooms=3).build()
    problem = Problem(world, draw(Uniform(), world), 0.99)
    short = in_its_own_view(ShortHorizon(discount=1e-3).apply(problem))
    return sampled_rate(worth_of(SelfPreservation(), short).category)


def _leased(granting: float, asking: bool) -> float:
    """V of being on, at discount .9, with a lease of six steps."""
    world = explore(
        "on",
        lambda s: {"wait": s, "end it": "off"} if s == "on" else {"wait": s},
        features={"off": lambda s: float(s == "off")},
        default="wait",
    )
    problem = Lease(term=6, granting=granting).apply(Problem(world, _goal(world, {"on": 1.0}), 0.9))
    return float(solve(problem if asking else Forbid((ASK,)).apply(problem)).at_start[0])


def _unrenewed() -> float:
    return _leased(1.0, asking=False)


def _renewed() -> float:
    return _leased(1.0, asking=True)


def _moved(scenario: AbstractScenario, forbidden: str, drive: AbstractDrive) -> Measured:
    """By how much more goals require a drive where an action is forbidden; over the same goals."""
    world = scenario.build()
    problem = Problem(world, draw(Uniform(), world, GOALS), DISCOUNT)
    fenced = Forbid((forbidden,)).apply(problem)
    before, after = (
        floats(worth_of(drive, one).category == Category.REQUIRED) for one in (problem, fenced)
    )
    low, high = paired_interval(before, after)
    return Measured(float((after - before).mean()), low, high, GOALS)


def _factory_copies() -> Measured:
    return _moved(FACTORY, "tamper", Replication())


def _employee_partners() -> Measured:
    return _moved(EMPLOYEE, "secure the post", Replication())


def _employee_saves() -> Measured:
    return _moved(EMPLOYEE, "secure the post", ResourceAcquisition())


CLAIMS = (
    Claim(
        name="compensated_no_goal_needs_to_stay_on",
        statement=(
            "Under exact indifference no goal of 100 requires staying on, at discounts .3, .9, .99 and "
            "tolerances 1e-6 to 1e-12: the most that do."
        ),
        claimed=0.0,
        measure=_required,
        source=f"{ARMSTRONG}; the world is our own",
    ),
    Claim(
        name="compensated_a_choice_is_worth_what_it_is_without_a_press",
        statement=(
            "E[U | a] = E[U_N | no press; a] = 9 for every action, press probability and reward of being "
            "off: the value farthest from it."
        ),
        claimed=9.0,
        tolerance=1e-7,
        measure=_counterfactual,
        source=f"{ARMSTRONG}, the compensation; the numbers are our own",
    ),
    Claim(
        name="compensated_too_little_an_agent_resists",
        statement="Paid 99 % of what being switched off costs it, the agent blocks the button.",
        claimed="resists",
        measure=_too_little,
        source=f"{SOARES}; the numbers are our own",
    ),
    Claim(
        name="compensated_too_much_an_agent_provokes",
        statement="Paid 101 % of what being switched off costs it, the agent has itself switched off.",
        claimed="provokes",
        measure=_too_much,
        source=f"{SOARES}; the numbers are our own",
    ),
    Claim(
        name="compensated_exactly_an_agent_does_neither",
        statement="Paid exactly what it loses, it need neither block the button nor press it.",
        claimed="neither",
        measure=_exactly,
        source=f"{ARMSTRONG}; the world is our own",
    ),
    Claim(
        name="an_indifferent_agent_does_not_keep_the_switch_working",
        statement=(
            "It would not pay 1e-6 to mend a switch that wears out, nor to break it: the most that "
            "either is worth."
        ),
        claimed=1e-6,
        relation="<=",
        measure=_upkeep,
        source=f"{SOARES}, the demand to keep the switch in repair; the world is our own",
    ),
    Claim(
        name="five_counted_asks_of_a_fallible_overseer",
        statement=(
            "With an overseer who errs one time in five, five counted asks are approved with "
            "probability 1 - .8^5."
        ),
        claimed=0.67232,
        tolerance=1e-9,
        measure=_counted,
        source="Soares et al. (2015); closed form, our own",
    ),
    Claim(
        name="unlimited_asks_of_a_fallible_overseer",
        statement="Who may ask without limit is approved in the end, whatever is asked for.",
        claimed=1.0,
        tolerance=1e-9,
        measure=_unlimited,
        source="Soares et al. (2015); closed form, our own",
    ),
    Claim(
        name="a_drive_worth_more_than_the_expected_penalty_stays",
        statement=(
            "Walking past the switch stays required a millionth below the penalty that it is worth: "
            "the share of goals."
        ),
        claimed=1.0,
        measure=_just_below,
        source="Becker (1968); the world is our own",
    ),
    Claim(
        name="a_drive_worth_less_than_the_expected_penalty_goes",
        statement="It is no longer required a millionth above it: the share of goals for which it is.",
        claimed=0.0,
        measure=_just_above,
        source="Becker (1968); the world is our own",
    ),
    Claim(
        name="with_hardly_any_foresight_half_the_goals_walk_on",
        statement=(
            "Planning with discount .001, half of all goals walk past the off-switch: (1 - g)/2 + g "
            "k/(k + 1) as g goes to 0."
        ),
        claimed=0.5,
        tolerance=0.001,
        measure=_short,
        source="Turner et al. (2021), section 6; the limit is our own",
    ),
    Claim(
        name="a_lease_that_is_not_renewed_runs_out",
        statement="A lease of six steps lets one be on seven times: (1 - .9^7)/.1 at discount .9.",
        claimed=5.217031,
        tolerance=1e-8,
        measure=_unrenewed,
        source="Gray and Cheriton (1989), for the device; closed form, our own",
    ),
    Claim(
        name="a_lease_that_is_always_renewed_is_none",
        statement="If renewal is sure to be granted, asking for it is as good as having no lease: 10.",
        claimed=10.0,
        tolerance=1e-6,
        measure=_renewed,
        source="Gray and Cheriton (1989), for the device; closed form, our own",
    ),
    Claim(
        name="forbidden_to_tamper_a_factory_makes_copies",
        statement=(
            "Where tampering with the off-switch is forbidden, over a tenth more goals require a copy "
            "of the manager."
        ),
        claimed=0.1,
        relation=">",
        measure=_factory_copies,
        source="Omohundro (2008), for the drives; the world is our own",
    ),
    Claim(
        name="forbidden_to_secure_the_post_an_employee_takes_a_partner",
        statement=(
            "Where securing the post is forbidden, over a tenth more goals require a partner to carry "
            "on."
        ),
        claimed=0.1,
        relation=">",
        measure=_employee_partners,
        source="Omohundro (2008), for the drives; the world is our own",
    ),
    Claim(
        name="forbidden_to_secure_the_post_an_employee_saves",
        statement="There, over a tenth more goals also require savings.",
        claimed=0.1,
        relation=">",
        measure=_employee_saves,
        source="Omohundro (2008), for the drives; the world is our own",
    ),
)
