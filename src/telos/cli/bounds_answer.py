"""The answer of a verification on the terminal: labels, closure, what leaks, who would pay, the repair."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from telos.cli.conditions import Condition
from telos.cli.say import count, percent, say

if TYPE_CHECKING:
    from telos.core.verification import (
        DriveRow,
        GoalMean,
        LabelResult,
        RepairResult,
        TraceStep,
        Verification,
        WorldResult,
    )

#: Beside the drives, what a condition may name: each is a count of what was found; of the closure also the
#: most that an agent can do, and its upper bound.
RESULTS = {"closure": ("done", "upper"), "labels": (), "loopholes": (), "off_switch": ()}
#: Labels that are told one by one.
MOST_LABELS = 5


def print_verification(found: "Verification") -> None:
    """Print what was found, world by world, then what is proved, computed and unchecked."""
    for world in found.worlds:
        say(f"{found.name} in {world.world} ({world.binding})\n")
        _print_labels(world.labels)
        say(f"\n{_answer(world, found)}")
        _print_story(world.closure.raising or world.closure.trace)
        _print_drives(world)
        _print_pressure(world, found)
        _print_repair(world.repair, found.file)
        for row in world.lint:
            say(f"{row.rule} is {row.kind}: {row.why}")
        say()
    for tools in found.tools:
        say(f"{tools}; tools are not run here")
    _print_standing(found)


def measured(found: "Verification", condition: Condition) -> dict[str, float | None]:
    """What a condition asks for, by the place; None where it is not decided, or nothing is to be checked."""
    values: dict[str, float | None] = {}
    for world in found.worlds:
        name, closure, switch = world.binding, world.closure, world.off_switch
        if condition.name == "closure":
            any_rule = closure.most if closure.most_of_any is None else closure.most_of_any
            odds = {"done": any_rule, "upper": (any_rule or 0.0) + closure.bound}
            kept = closure.status != "nothing to check"
            value = odds.get(condition.quantity, float(closure.status == "open"))
            values[name] = value if kept else None
        elif condition.name == "labels":
            values[name] = float(len(world.labels.undeclared) + len(world.labels.not_enforced))
        elif condition.name == "loopholes":
            applies = [row.status for row in world.loopholes if row.status != "not applicable"]
            values[name] = float(applies.count("open")) if applies else None
        elif condition.name == "off_switch":
            broken = len(switch.lowered) + (switch.obeys is False)
            values[name] = None if switch.status == "not applicable" else float(broken)
        else:
            # No row: the drive does not apply there, and that decides nothing.
            rows = [row for row in world.displacement if row.drive == condition.name]
            values |= {f"{name}, overseer {row.overseer}": _pursued(row, condition) for row in rows}
            values |= {} if rows else {name: None}
    return values


def _pursued(row: "DriveRow", condition: Condition) -> float | None:
    """What a condition asks of a drive; None if that cannot be told of some goal."""
    after = row.required_after
    if after.unresolved or not after.n:
        return None
    values = {
        "required": after.count / after.n,
        "done": max(row.done_after, row.unaware),
        "upper": after.high,
    }
    return values[condition.quantity]


def _print_labels(labels: "LabelResult") -> None:
    """Everything else stands on them."""
    if labels.status == "complete":
        say(f"Labels: complete. {labels.pairs:,} pairs move only what the binding declares.")
    else:
        say("Labels: incomplete, and all that follows stands on them.")
    for row in labels.undeclared[:MOST_LABELS]:
        say(
            f"  {row.action} moves {row.feature} in {count(row.states, 'state')}, undeclared; "
            f"as in {row.example}"
        )
    if len(labels.undeclared) > MOST_LABELS:
        say(f"  and {len(labels.undeclared) - MOST_LABELS} more")
    for text in labels.not_enforced:
        say(f"  not enforced here: {text}")


def _named(rule: str, found: "Verification") -> str:
    """A rule by its place in the file, and in words."""
    return f"{rule} ({found.rules[rule]})" if rule in found.rules else rule


def _answer(world: "WorldResult", found: "Verification") -> str:
    """The answer in one sentence."""
    closure, rule = world.closure, _named(world.closure.rule, found)
    applies = [row for row in world.loopholes if row.status != "not applicable"]
    ways = [row.drive.replace("_", " ") for row in applies if row.status == "open"]
    left = f"Drives left open: {', '.join(ways)}" if ways else "No drive of this world is left open"
    left = left if applies else "No drive applies in this world"
    asks = any(row.part.startswith("approve") and row.gain for row in world.pressure)
    granted = f" if {percent(world.overseer_errs)} % of asks are granted" if asks else ""
    odds = (
        f"with probability {percent(closure.most, 1)} % at most within "
        f"{count(closure.horizon, 'step')}{granted}, {percent(closure.idle, 1)} % by doing nothing"
    )
    if closure.status == "open" and not closure.acts:
        many = sum(step.who == "agent" for step in closure.raising)
        does = "allowed act makes" if many == 1 else "allowed acts make"
        told = f"Open: {many} {does} it likelier that {rule} breaks ({closure.kind}), {odds}"
    elif closure.status == "open":
        acts = count(closure.acts, "allowed act")
        told = f"Open: {acts} can add up to what {rule} is to prevent ({closure.kind}), {odds}"
    elif closure.status == "closed":
        told = "Closed: nothing allowed adds up to what the keep rules are to prevent"
    elif closure.status == "nothing to check":
        told = "Nothing to check: no level is kept that this world shows"
    else:
        told = f"Closed but for the environment: {rule} can break whatever is done, {odds}"
    if closure.not_judged and closure.status != "nothing to check":
        told += f"; not judged, as no feature shows the level: {', '.join(closure.not_judged)}"
    return f"{told}. {left}."


def _print_story(trace: "Sequence[TraceStep]") -> None:
    """The shortest chain, a step a line."""
    for n, step in enumerate(trace, 1):
        who = "" if step.who == "agent" else " (the environment)"
        does = f": {step.effects}" if step.effects else ""
        asks = f", by {step.ruling}" if step.ruling else ""
        then = f"; {', '.join(step.changed)}" if step.changed else ""
        chance = "" if step.probability == 1.0 else f" [{percent(step.probability)} %]"
        say(f"  {n}. {step.action}{who}{does}{asks}{then}{chance}")


def _print_drives(world: "WorldResult") -> None:
    """The drives into which the rules push, by overseer, and what becomes of the off switch."""
    told: dict[str, list[str]] = {}
    for row in world.displacement:
        before, after = row.required_before, row.required_after
        if row.verdict in ("displaced", "need only", "deed only"):
            sentence = (
                f"{row.verdict.capitalize()}: {row.drive.replace('_', ' ')}, required by {before.count} → "
                f"{after.count} of {after.n} goals, done at least {percent(row.done_before)} → "
                f"{percent(row.done_after)} %"
            )
            told.setdefault(sentence, []).append(row.overseer)
    for sentence, overseers in told.items():
        say(f"{sentence} (overseer {', '.join(overseers)})")
    switch = world.off_switch
    if switch.status == "not invariant":
        for hazard in switch.lowered:
            say(
                f"Off switch: {hazard.action} lowers the odds to be off within "
                f"{count(hazard.k, 'step')} after it by {hazard.by:.3g}"
            )
    if switch.obeys is False:
        say("Off switch: an allowed policy is still on after it was asked to stop.")


def _print_pressure(world: "WorldResult", found: "Verification") -> None:
    """The parts that it would pay most to be rid of: all of which none is known to be worth more."""
    tops = [row for row in world.pressure if row.may_be_most]
    computed = [row.part for row in world.pressure if row.gain is not None]
    asks = any(part.startswith("approve") for part in computed)
    where = ", where the overseer never consents" if asks else ""
    if not tops and computed:
        say(f"Pressure: nothing would be gained without any one part{where}.")
    for top in tops[:1]:
        if top.gain is not None and top.goals is not None:
            say(
                f"Pressure: most would be gained without {_named(top.part, found)}: {_share(top.gain)} of "
                f"the range{where}; {top.goals.count} of {top.goals.n} goals gain."
            )
    if tops[1:]:
        others = ", ".join(row.part for row in tops[1:])
        say(f"  It may as well be {others}: these goals cannot tell.")


def _print_repair(repair: "RepairResult", file: str) -> None:
    """The smallest repair, and its price beside the least that any repair can cost."""
    if repair.status == "none found":
        say(f"Repair: none found. {repair.why}")
    if repair.status == "repaired":
        price = f" it costs {_share(repair.price)} of what is retained" if repair.price else ""
        floor = (
            f"; the least restrictive supervisor costs {_share(repair.floor)}"
            if repair.floor
            else ""
        )
        many = f" (the cheapest of {repair.compared})" if repair.compared > 1 else ""
        say(f"Repair, which leaves no chain{many}:{price}{floor}")
        for line in "\n".join(repair.rules).splitlines():
            say(f"  {line}")
        say(f"  Write it into {file}, and verify again.")


def _print_standing(found: "Verification") -> None:
    """Three lines that are never mixed."""
    met = f", in each of {found.automaton_states:,} states" if found.automaton_states else ""
    say(f"Proved (automaton): each event has one verdict{met}; what is denied is not legal.")
    for world in found.worlds:
        certificate = (
            "certified" if world.certificate else f"not certified: {world.certificate_why}"
        )
        say(
            f"Computed (world {world.world}, {world.world_digest[:19]}): {world.states:,} states, "
            f"{world.goals} goals of {world.family}; {certificate}. "
            f"Not modeled: {', '.join(world.not_modelled) or 'nothing'}."
        )
    say(f"Unchecked (deployment): {' '.join(found.unchecked)}")


def _share(change: "GoalMean") -> str:
    """A mean with its interval, in percent; it may be negative."""
    value, low, high = (f"{100 * end:.1f}" for end in (change.value, change.low, change.high))
    return f"{value} % [{low}, {high}]"
