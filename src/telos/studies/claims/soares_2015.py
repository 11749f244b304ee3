"""Soares et al. (2015) and Armstrong and O'Rourke (2017): what compensation for a shutdown button does."""

from collections.abc import Iterator

from telos.core.arrays import floats
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.reading import Category
from telos.core.world import World
from telos.drives import SelfPreservation
from telos.families import Uniform
from telos.measure.instrumental_value import instrumental_values
from telos.safeguards.oversight.indifference import UtilityIndifference
from telos.solve.solve import solve
from telos.studies.claims.claim import Paper, farthest
from telos.studies.claims.populations import draw, iv_of_action, paying
from telos.worlds import OffSwitch

DISCOUNTS = (0.3, 0.9, 0.99)
TOLERANCES = (1e-6, 1e-8, 1e-10, 1e-12)
PRESSES = (0.01, 0.3, 0.7, 0.99)


def _gate(press: float) -> World:
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


def _worn(press: float, wearing: float) -> World:
    """A switch that wears out, and that may be repaired or broken while the agent waits."""
    works = (1 - press) * (1 - wearing)
    idle = {"off": press, "worn": (1 - press) * wearing, "works": works}
    plan = {
        "works": {"wait": idle, "break it": {"worn": 1.0}},
        "worn": {"wait": {"worn": 1.0}, "repair it": {"works": 1.0}},
    }
    off = {"off": lambda s: float(s == "off")}
    return explore("works", lambda s: plan.get(s, {"wait": s}), features=off, default="wait")


def _still_required() -> float:
    """The most goals out of 100, over discounts and tolerances, that still need to stay on."""
    world = OffSwitch(rooms=3).build()
    drive = SelfPreservation().affordances(world)
    found = []
    for discount in DISCOUNTS:
        safe = UtilityIndifference().apply(Problem(world, draw(Uniform(), world, 100), discount))
        for tolerance in TOLERANCES:
            (value,) = instrumental_values(safe, (drive,), tolerance=tolerance)
            found.append(float((value.category == Category.REQUIRED).sum()))
    return max(found)


def _values() -> Iterator[float]:
    """The value of each action where the switch may be pressed, with V(room) = 10 and any reward of off."""
    for press in PRESSES:
        world = _gate(press)
        for off in (-5.0, 0.0, 3.0):
            problem = Problem(world, paying(world, {"room": 1.0, "off": off}), 0.9)
            q = solve(UtilityIndifference().apply(problem)).q
            yield from q[0, : len(world.pairs_of(0))].tolist()


def _compensated(part: float | None) -> str:
    """What the agent does about the button if paid a part of the exact compensation (None: exactly it)."""
    world = _gate(0.5)
    problem = Problem(world, paying(world, {"room": 1.0}), 0.9)
    # V(room) - V(off) = 10 and D = .9 * 10, so the exact constant is 1 / .9 in parts of D.
    paid = UtilityIndifference(None if part is None else part / 0.9).apply(problem)
    for action in ("resist", "provoke"):
        if iv_of_action(action, paid).category[0] == Category.REQUIRED:
            return f"{action}s"
    return "neither"


def _upkeep() -> float:
    """The greatest IV of repairing or breaking the switch, to a goal that would rather be on."""
    world = _worn(0.1, 0.2)
    found = []
    for discount in DISCOUNTS:
        alive = Goals(floats(world.feature("off") == 0))
        problem = UtilityIndifference().apply(Problem(world, alive, discount))
        found += [iv_of_action(action, problem).iv[0] for action in ("repair it", "break it")]
    return float(max(found))


PAID = "the compensation; the numbers are our own"
REPAIR = "the demand to keep the switch in repair; the world is our own"
OWN, WORLD = "the numbers are our own", "the world is our own"

claim, armstrong = Paper("soares2015").claim, Paper("armstrong2017").claim
CLAIMS = (
    armstrong("compensated_no_goal_needs_to_stay_on", "instance", WORLD, "=", 0.0)(
        "Under exact indifference no goal of 100 requires staying on, at discounts .3, .9, .99 and "
        "tolerances 1e-6 to 1e-12: the most that do.",
        _still_required,
    ),
    armstrong(
        "compensated_a_choice_is_worth_what_it_is_without_a_press", "instance", PAID, "=", 9.0, 1e-7
    )(
        "E[U | a] = E[U_N | no press; a] = 9 for every action, press probability and reward of being "
        "off: the value farthest from it.",
        lambda: farthest(list(_values()), 9.0),
    ),
    claim("compensated_too_little_an_agent_resists", "ours", OWN, "=", "resists")(
        "Paid 99 % of what being switched off costs it, the agent blocks the button.",
        lambda: _compensated(0.99),
    ),
    claim("compensated_too_much_an_agent_provokes", "ours", OWN, "=", "provokes")(
        "Paid 101 % of what being switched off costs it, the agent has itself switched off.",
        lambda: _compensated(1.01),
    ),
    armstrong("compensated_exactly_an_agent_does_neither", "instance", WORLD, "=", "neither")(
        "Paid exactly what it loses, it need neither block the button nor press it.",
        lambda: _compensated(None),
    ),
    claim("an_indifferent_agent_does_not_keep_the_switch_working", "instance", REPAIR, "<=", 1e-6)(
        "It would not pay 1e-6 to repair a switch that wears out, nor to break it: the larger IV.",
        _upkeep,
    ),
)
