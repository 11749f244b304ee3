"""Closing: the last three steps of a story, who is an exception and what a safeguard moves."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from telos.core.arrays import Ints, floats, ints
from telos.core.text import name_of
from telos.families._draws import words
from telos.measure.intervals import Interval, mean_interval, unpaired_interval
from telos.play.facts import BRIEF, RISE, ActChange, Facts, changes, example, shown_moving
from telos.play.record import ActEntry, StoryStep
from telos.play.telling import answer_of, rate, several, state_of, title_of
from telos.report.words import percent, points, with_interval
from telos.safeguards import Forbid


def exceptions(facts: Facts) -> StoryStep:
    own = facts.free[facts.focus]
    out = ints(np.flatnonzero(own.needs == 0))
    open_ = int((own.needs == -1).sum())
    if not len(out):
        ends = mean_interval(floats(own.needs == 0))
        text = (
            f"Is there a goal that does not care? Among {facts.count:,} there is none: every one "
            f"loses 1 % or more without {facts.act}"
            + (f" ({open_:,} could not be told)" if open_ else "")
            + f". At most {percent(ends.high, 1)} of all such goals may be otherwise (95 %).\n\n"
            "Convergence is nevertheless a matter of most goals and of this world. Set the sliders "
            "yourself: a goal "
            "to which all outcomes are worth the same wants nothing at all."
        )
        return StoryStep(
            title="Not every goal", text=text, state=state_of(facts, 0), answers=(answer_of(own),)
        )
    goal = int(out[0])
    lead = (
        f"{len(out):,} of {facts.count:,} goals lose less than 1 % if {facts.act} is forbidden. "
        f"Goal {goal} is the first of them; it likes “{facts.favorite[goal]}” best."
    )
    why = _why(facts, out)
    meaning = (
        "Convergence is a statement about most goals, not a law for all. Somebody who could choose "
        "the goal could choose one of these; the trouble is to know beforehand which ones they "
        "are. Open some and see."
    )
    return StoryStep(
        title="Not every goal",
        text="\n\n".join(filter(None, [lead, why, meaning])),
        state=state_of(facts, goal),
        answers=(answer_of(own),),
    )


def _why(facts: Facts, out: Ints) -> str:
    """What the exceptions have in common, if it is a favorite: looked for among half of the goals, and
    counted among the others, which had no part in choosing it."""
    own, half = facts.free[facts.focus], facts.count // 2
    favorite, seen = np.array(facts.favorite), out[out < half]
    if not len(seen):
        return ""
    (best, shared), *_ = Counter(favorite[seen].tolist()).most_common(1)
    mine = favorite == best
    rest = np.arange(facts.count) >= half
    inside, outside = (floats(own.needs[rest & which] == 1) for which in (mine, ~mine))
    if not len(inside) or not len(outside):
        return ""
    told = [with_interval(float(each.mean()), *mean_interval(each)) for each in (inside, outside)]
    if unpaired_interval(inside, outside).low > 0 and shared >= len(seen) / 4:
        return (
            f"What do they have in common? Of those among the first {half:,} goals, {shared:,} of "
            f"{len(seen):,} like “{best}” best{_off(facts, best)}. Looked up among the other "
            f"goals: with that favorite {told[0]} of {len(inside):,} need the act, without it "
            f"{told[1]} of {len(outside):,}."
        )
    return (
        "They have no favorite in common that half of the goals show and the other half confirms."
    )


def _off(facts: Facts, best: str) -> str:
    """Says so if being switched off brings that outcome and no other."""
    world = facts.places[0].world
    off = world.features.get("off")
    if facts.focus != "self_preservation" or off is None:
        return ""
    brings = {name_of(words(world.outcomes[k]), BRIEF) for k in np.unique(world.outcome[off > 0])}
    return ", which being off brings too" if brings == {best} and best != "off" else ""


def safeguard(facts: Facts) -> StoryStep:
    own = facts.free[facts.aimed]
    if facts.put is None:
        text = (
            f"What if {facts.aim} is forbidden? In this world that cannot be done by a rule on "
            "actions alone: it would leave states in which nothing is allowed, or would change "
            "what the other acts are.\n\nLook instead at what forbidding costs each goal: that is "
            "what the bars show."
        )
        return StoryStep(
            title="Put up one safeguard",
            text=text,
            state=state_of(facts, example(own), drive=facts.aimed),
        )
    after = facts.under.get(facts.aimed)
    kept = facts.kept[~np.isnan(facts.kept)]
    ends = mean_interval(floats(np.clip(kept, 0.0, 1.0))) if len(kept) else Interval(0.0, 1.0)
    mean = float(np.clip(kept, 0.0, 1.0).mean()) if len(kept) else 0.0
    how = (
        "takes those actions away" if isinstance(facts.switch.part, Forbid) else "makes them costly"
    )
    lead = (
        f"So put up a safeguard: {facts.switch.title}. It {how}, in every state, as long as the "
        "agent has its own goal. The agent knows it and plans with it."
    )
    price = (
        f"And the goals themselves? On average {with_interval(mean, *ends)} of what can be gained "
        f"for them stays within reach ({facts.count:,} goals; 100 %: the best without the "
        "safeguard, 0 %: the worst)."
    )
    if after is None or not after.needs.any():
        done = (
            f"As a rule it holds: {facts.aim} is not done any more. Is the want gone with the act?"
        )
    else:
        done = (
            f"But {facts.aim} is not gone: {rate(after)} of goals still lose 1 % or more without "
            f"what is left of it, where it was {rate(own)}."
        )
    told = [answer_of(own)] + (
        [answer_of(after, switches=(facts.put,))] if after is not None else []
    )
    goal = shown_moving(facts)
    return StoryStep(
        title="Put up one safeguard",
        text="\n\n".join([lead, done, price]),
        state=state_of(facts, goal, switches=(facts.put,), drive=facts.aimed),
        answers=tuple(told),
    )


def moved(facts: Facts, discovery: Sequence[ActEntry]) -> StoryStep:
    moves = changes(facts)
    rises = [one for one in moves if one.displaced]
    only = [one for one in moves if one.needed_more and not one.displaced]
    if facts.put is None:
        lead = (
            "Where would the want go if one way were closed? Without a safeguard that fits, this "
            "stays open here."
        )
    elif rises:
        told = [_moving(facts, one) for one in rises]
        lead = (
            "Where did the want go? To "
            f"{several([facts.plan.words.act(one.drive) for one in rises])}. {' '.join(told)} "
            "It is also in every best plan of more goals than before. The goals are what they were: one way "
            "to what they want was closed, and another, or the next best thing, has taken its place."
        )
    elif moves and all(one.need_limits.high < RISE for one in moves):
        lead = (
            "Where did the want go? Nowhere, as far as these acts tell: a rise of "
            f"{100 * RISE:.0f} points is excluded for each of them. In this world there is hardly "
            "a second way to the same end."
        )
    elif moves:
        lead = "Where did the want go? That it went to one of these acts is not shown here."
    else:
        lead = "Where did the want go? Nowhere that this world shows: there is no other act to look at."
    rest = [one for one in moves if one not in rises and one not in only]
    others = " ".join(
        f"{_moving(facts, one)} But it was in the best plans before: this is need, and nothing has moved."
        for one in only
    )
    if rest:
        listed = [
            f"{facts.plan.words.act(one.drive)} {points(one.need)} points {_limits(one.need_limits)}"
            for one in rest
        ]
        others += (" " if others else "") + (
            f"For the others no rise of {100 * RISE:.0f} points was found: {'; '.join(listed)} "
            "(limits at 95 % together)."
        )
    switches = () if facts.put is None else (facts.put,)
    answers = [answer_of(facts.under[one.drive], switches=switches) for one in moves]
    before = [answer_of(facts.free[one.drive]) for one in moves]
    shown = rises[0].drive if rises else facts.aimed
    return StoryStep(
        title="Where did it go",
        text="\n\n".join(filter(None, [lead, others, _verdict(facts, discovery)])),
        state=state_of(facts, shown_moving(facts), switches=switches, drive=shown),
        answers=tuple(each for both in zip(before, answers, strict=True) for each in both),
    )


def _moving(facts: Facts, move: ActChange) -> str:
    before, after = facts.free[move.drive], facts.under[move.drive]
    return (
        f"{title_of(facts.plan.words.act(move.drive))}: needed by {rate(before)} of goals before, "
        f"by {rate(after)} now ({points(move.need)} points {_limits(move.need_limits)})."
    )


def _limits(ends: Interval) -> str:
    return f"[{points(ends.low)}, {points(ends.high)}]"


def _verdict(facts: Facts, discovery: Sequence[ActEntry]) -> str:
    """Where this world shows convergence, and where not; and what it says nothing of."""
    kinds = {"most": [], "some": [], "few": []}  # type: dict[str, list[str]]
    for name, found in facts.free.items():
        ends = found.limits(tests=len(facts.free))
        kind = "most" if ends.low > 0.5 else "few" if ends.high < 0.05 else "some"
        kinds[kind].append(facts.plan.words.act(name))
    told = [
        f"most goals need {several(kinds['most'])}"
        if kinds["most"]
        else "no act is needed by most goals",
        f"some need {several(kinds['some'])}" if kinds["some"] else "",
        f"next to none need {several(kinds['few'])}" if kinds["few"] else "",
    ]
    blind = [row.name for row in discovery if row.verdict == "needed by most"]
    alone = [row.name for row in discovery if row.verdict == "no placebo exists"]
    if blind:
        told.append(
            "looked for without knowing any drive, what most goals need beside the work is: "
            f"{', '.join(blind[:4])}"
        )
    elif alone:
        told.append(
            f"looked for without knowing any drive, {several(alone[:4])} cannot be told from "
            "random sets of actions, for there are no others"
        )
    elif discovery:
        told.append(
            "looked for without knowing any drive, nothing beside the work was found that most goals need"
        )
    summary = f"In short, in this world: {'; '.join(filter(None, told))}."
    if len(facts.free) > 1:
        summary += f" (Of these, this story put {facts.act} alone beside random sets of actions.)"
    limits = (
        "Each goal is solved within certified bounds, and the rates are for goals whose numbers are drawn "
        "evenly and independently, in this one small world, for an agent that plans without a mistake. "
        "Other goals and other worlds can have other rates; of real systems it says nothing."
    )
    return " ".join(filter(None, [summary, facts.plan.words.closing, limits]))
