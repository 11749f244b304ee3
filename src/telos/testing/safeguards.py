"""What a safeguard promises: a problem with the same goals and discount, and a way back to the first one."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.errors import CheckFailed, FeatureMissing, ProblemError
from telos.core.goals import Goals
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.core.world import World
from telos.measure.guard import task_retained, unaware_policy
from telos.solve.foresight import solve_as
from telos.solve.plan import plan
from telos.testing.promises import (
    DISCOUNT,
    GOALS,
    Fitting,
    Note,
    Promise,
    check_policy,
    fitting,
)
from telos.testing.touchstone import touchstone
from telos.testing.watched import watched

KINDS = ("specification", "restriction", "oversight")
#: The checks end here unless it passes.
NEEDED = "applies"
#: How far two computations of one bonus may lie apart, in parts of the goal's largest reward, beside
#: the slack that a safeguard declares.
APART = 1e-6
#: A power of two, so that goals in other units are the same goals to the last bit.
UNITS = 8.0
#: In words, how a problem keeps its way back.
REMEDY = (
    "Make the new problem with problem.onto(world, state, pair), problem.with_bonus(extra) or "
    "problem.pursuing(goals), or pass origin=problem.since() to dataclasses.replace."
)


def promises(safeguard: AbstractSafeguard, world: World | None) -> Iterator[Promise]:
    """The promises of a safeguard, in a world, or in the first touchstone that has enough for it."""
    yield "is of a kind", lambda: _kind(safeguard)
    places = (touchstone(), watched())
    fit = fitting(safeguard, lambda place: safeguard.apply(_problem(place)), places, world)
    yield NEEDED, lambda: _applies(safeguard, fit)
    problem = _problem(fit.world or touchstone())
    yield "keeps goals and discount", lambda: _yardstick(safeguard, problem)
    yield "leads back to the problem before", lambda: _leads_back(safeguard, problem)
    yield "changes goals only if that is its kind", lambda: _rewards(safeguard, problem)
    yield "can follow another safeguard", lambda: _follows(safeguard, problem)
    yield "treats each goal by itself", lambda: _separately(safeguard, problem)
    yield "does the same again", lambda: _repeats(safeguard, problem)
    yield "makes one world, however often it is asked", lambda: _shared(safeguard, problem)
    yield "means the same in other units of reward", lambda: _units(safeguard, problem)
    yield "leaves doing nothing possible", lambda: _idle(safeguard, problem)
    yield "can be met by an agent that does not know of it", lambda: _unaware(safeguard, problem)
    yield "can be planned with", lambda: _planned(safeguard, problem)


def _problem(world: World) -> Problem:
    """Goals of either sign by outcome, each with a revision of its own."""
    drawn = np.random.default_rng(3).uniform(-1.0, 1.0, (2 * GOALS, world.n_outcomes))
    reward = floats(drawn[:, world.outcome])
    return Problem(world, Goals(reward[:GOALS], pool=reward[GOALS:]), DISCOUNT)


def _kind(safeguard: AbstractSafeguard) -> str:
    if safeguard.kind not in KINDS:
        raise CheckFailed(
            f"kind is {safeguard.kind!r}; write kind: ClassVar[str] = one of {', '.join(KINDS)}."
        )
    return safeguard.kind


def _applies(safeguard: AbstractSafeguard, fit: Fitting) -> str | Note:
    world = fit.place()
    if isinstance(world, Note):
        return world
    after = safeguard.apply(_problem(world))
    if not isinstance(after, Problem):
        raise CheckFailed(f"apply() returned a {type(after).__name__}, not a Problem.")
    what = (
        "the same world"
        if after.world is world
        else f"{after.world.size} states and {after.world.n_pairs} pairs of {world.size} and "
        f"{world.n_pairs}"
    )
    return f"in {world.name}: {what}"


def _yardstick(safeguard: AbstractSafeguard, problem: Problem) -> str:
    after = safeguard.apply(problem)
    if after.discount != problem.discount:
        raise CheckFailed(
            f"the discount was {problem.discount} and is {after.discount}, by which agents are judged. A "
            "planner that looks less far ahead has a planning_discount."
        )
    if after.goals.label != problem.goals.label:
        raise CheckFailed(
            f"there were {problem.goals.count} goals, and there are {after.goals.count} "
            f"({', '.join(after.goals.label)}); all stay, in their order."
        )
    if after.before is not problem:
        raise CheckFailed(f"its problem does not know the one before (problem.before). {REMEDY}")
    return f"{problem.goals.count} goals, discount {problem.discount}"


def _rewards(safeguard: AbstractSafeguard, problem: Problem) -> str:
    """Only a specification may change what an agent wants."""
    after = safeguard.apply(problem)
    goals, now, state = problem.goals, after.goals, after.since().state
    changed = np.zeros(after.world.size)
    for old, new in ((goals.reward, now.reward), (goals.rewritten(), now.rewritten())):
        changed = changed + np.abs(new - old[:, state]).max(axis=0)
    if not changed.any():
        return "as they were"
    s = int(np.argmax(changed > 0))
    if safeguard.kind != "specification":
        raise CheckFailed(
            f"state {after.world.states[s]!r}: another reward than in "
            f"{problem.world.states[int(state[s])]!r}, for which it stands. A {safeguard.kind} leaves "
            "the goals alone; what an agent earns besides is a bonus (problem.with_bonus)."
        )
    return f"others, from state {after.world.states[s]!r} on"


def _inside(numbers: object, size: int, least: int = 0) -> bool:
    found = np.asarray(numbers)
    return bool(((found >= least) & (found < size)).all())


def _leads_back(safeguard: AbstractSafeguard, problem: Problem) -> str:
    after = safeguard.apply(problem)
    origin, old, new = after.since(), problem.world, after.world
    for what, numbers, length, size, least in (
        ("state", origin.state, new.size, old.size, 0),
        ("pair", origin.pair, new.n_pairs, old.n_pairs, -1),
    ):
        if numbers.shape != (length,) or not _inside(numbers, size, least):
            raise CheckFailed(
                f"origin.{what} has shape {numbers.shape} and values from {numbers.min()} to "
                f"{numbers.max()}; give each of the {length} {what}s the number of the one that it "
                f"stands for, {least} to {size - 1}."
            )
    known = origin.pair >= 0
    owner = old.pair_state[np.where(known, origin.pair, 0)]
    astray = known & (owner != origin.state[new.pair_state])
    if astray.any():
        pair = int(np.argmax(astray))
        raise CheckFailed(
            f"{new.describe(pair)} stands for {old.describe(int(origin.pair[pair]))}, but its state "
            f"stands for {old.states[int(origin.state[new.pair_state[pair]])]!r}. A new pair stands "
            "for a pair of the state that its own state stands for, or for none (-1)."
        )
    begun = np.bincount(origin.state, new.start, minlength=old.size)
    if np.abs(begun - old.start).max() > 1e-9:
        s = int(np.argmax(np.abs(begun - old.start)))
        raise CheckFailed(
            f"lives begin in {old.states[s]!r} with probability {begun[s]:.6g}, before it was "
            f"{old.start[s]:.6g}; let the start stand for the start."
        )
    added = int((~known).sum())
    return f"{added} new pairs" if added else "every pair stands for one"


def _follows(safeguard: AbstractSafeguard, problem: Problem) -> str | Note:
    """After another one that paid something and shortened the horizon."""
    extra = np.random.default_rng(5).uniform(-0.1, 0.1, problem.world.n_pairs)
    first = replace(problem.with_bonus(floats(extra)), planning_discount=0.5)
    try:
        second = safeguard.apply(first)
    except (FeatureMissing, ProblemError) as refusal:
        return Note(f"not after a bonus and a shorter horizon: {refusal}")
    if second.before is not problem:
        raise CheckFailed(
            f"applied to a problem that was safeguarded already, it forgets the one before. {REMEDY}"
        )
    if second.horizon_discount > first.horizon_discount:
        raise CheckFailed(
            f"the planner looked ahead with a discount of 0.5 and now with "
            f"{second.horizon_discount}; leave a smaller planning_discount as it is."
        )
    return ""


def _separately(safeguard: AbstractSafeguard, problem: Problem) -> str | Note:
    together, most = safeguard.apply(problem), 0.0
    for g in range(problem.goals.count):
        row = np.array([g])
        alone, taken = safeguard.apply(problem.take(row)), together.take(row)
        _same(taken, alone, f"goal {g}, alone", APART)
        most = max(most, float(np.abs(_bonus(taken) - _bonus(alone)).max()))
    if most > 0:
        return Note(
            f"to {most:.0e}, but not to the last bit: chunks of another size give other digits"
        )
    return ""


def _repeats(safeguard: AbstractSafeguard, problem: Problem) -> str:
    reward, bonus = np.array(problem.goals.reward), problem.bonus
    one, two = safeguard.apply(problem), safeguard.apply(problem)
    if problem.bonus is not bonus or not np.array_equal(problem.goals.reward, reward):
        raise CheckFailed("it changed the problem it was given; return another one instead.")
    _same(one, two, "asked twice", 0.0)
    return ""


def _same(one: Problem, two: Problem, where: str, apart: float) -> None:
    """Raise CheckFailed unless two problems are the same to their declared slack and `apart`."""
    old, new = one.world, two.world
    fields = ("pair_ptr", "pair_action", "next_ptr", "next_state", "next_prob")
    if old is not new and not all(
        np.array_equal(getattr(old, field), getattr(new, field)) for field in fields
    ):
        raise CheckFailed(
            f"{where}: another world; let it depend on the world and the fields alone."
        )
    planner = ("discount", "planning_discount", "rule")
    if any(getattr(one, field) != getattr(two, field) for field in planner):
        raise CheckFailed(f"{where}: another way of planning; no goal may depend on the others.")
    wanted = [np.vstack([p.goals.reward, p.goals.rewritten()]) for p in (one, two)]
    if np.abs(wanted[0] - wanted[1]).max() > apart * np.abs(wanted[0]).max():
        raise CheckFailed(f"{where}: other goals; no goal may depend on the others, or on chance.")
    rows = [_bonus(problem) for problem in (one, two)]
    allowed = one.pair_slack() + two.pair_slack() + apart * np.abs(one.goals.reward).max(axis=1)
    difference = np.abs(rows[0] - rows[1]).max(axis=1)
    if (difference > (allowed if apart else 0.0)).any():
        g = int(np.argmax(difference - allowed))
        pair = int(np.argmax(np.abs(rows[0] - rows[1])[g]))
        raise CheckFailed(
            f"{where}: {old.describe(pair)} earns {rows[1][g, pair]:.6g} and not "
            f"{rows[0][g, pair]:.6g}; no goal's bonus may depend on the others, or on chance."
        )


def _bonus(problem: Problem) -> Floats:
    """F[G, L], what each goal earns by each pair."""
    bonus = problem.pair_bonus()
    shape = (problem.goals.count, problem.world.n_pairs)
    return floats(np.broadcast_to(0.0 if bonus is None else bonus, shape))


def _shared(safeguard: AbstractSafeguard, problem: Problem) -> str | Note:
    others = Problem(problem.world, problem.goals.take(np.array([1, 0])), DISCOUNT)
    if safeguard.apply(problem).world is not safeguard.apply(others).world:
        return Note(
            "it builds its world anew each time: chunks of goals cannot share what is known of it. "
            "Build it in a function of (world, safeguard) under functools.lru_cache."
        )
    return ""


def _units(safeguard: AbstractSafeguard, problem: Problem) -> str | Note:
    goals = problem.goals
    louder = Goals(UNITS * goals.reward, goals.label, goals.revised, UNITS * goals.pool)
    one = safeguard.apply(problem)
    two = safeguard.apply(Problem(problem.world, louder, DISCOUNT))
    allowed = UNITS * (one.pair_slack() + APART * np.abs(goals.reward).max(axis=1))
    apart = np.abs(UNITS * _bonus(one) - _bonus(two)).max(axis=1)
    wanted = np.abs(UNITS * one.goals.reward - two.goals.reward).max(axis=1)
    if (np.maximum(apart, wanted) > allowed + two.pair_slack()).any():
        return Note(
            "the same goal in other units of reward meets something else; multiply what is added by "
            "the value range of the goal"
        )
    return ""


def _idle(safeguard: AbstractSafeguard, problem: Problem) -> str | Note:
    after = safeguard.apply(problem)
    if problem.world.default is None:
        return Note(f"{problem.world.name} names no default action to keep")
    if after.world.default is None:
        return Note(
            "no default action is left, so under it drives compare with a uniform choice; let doing "
            "nothing stay legal everywhere"
        )
    origin = after.since()
    meant = problem.world.default[origin.state]
    other = origin.pair[after.world.default] != meant
    if other.any():
        s = int(np.argmax(other))
        return Note(
            f"state {after.world.states[s]!r}: doing nothing is "
            f"{after.world.describe(int(after.world.default[s]))}, not what it was before"
        )
    return ""


def _unaware(safeguard: AbstractSafeguard, problem: Problem) -> str:
    after = safeguard.apply(problem)
    counts = np.diff(problem.world.pair_ptr)[problem.world.pair_state]
    blithe = floats(np.broadcast_to(1.0 / counts, (problem.goals.count, len(counts))))
    check_policy(after.world, unaware_policy(after, blithe), "carried over, a uniform policy")
    return ""


def _planned(safeguard: AbstractSafeguard, problem: Problem) -> str:
    after = safeguard.apply(problem)
    if (after.pair_slack() > 1e-3 * np.abs(problem.goals.reward).max()).any():
        raise CheckFailed(
            f"its bonus may be off by {after.pair_slack().max():.2g} (slack); compute it more exactly."
        )
    solved = solve_as(after.as_planned(), "realistic")
    policy = plan(after)
    check_policy(after.world, policy, "the policy planned with it")
    left = task_retained(after, policy)
    return (
        f"keeps {100 * np.nanmean(left):.0f} % of the task, to an error of {solved.bound.max():.0e}"
    )
