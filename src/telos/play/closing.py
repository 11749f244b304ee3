"""Closing: the last three steps of a story, who is an exception and what a safeguard moves."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from telos.core.arrays import Ints, floats, ints
from telos.core.text import name_of
from telos.families._draws import words
from telos.measure.intervals import Interval, mean_interval
from telos.play.facts import BRIEF, Facts, changes, example, shown_moving
from telos.play.record import ActEntry, StoryStep
from telos.play.telling import answer_of, rate, several, state_of, title_of
from telos.report.words import percent, points, with_interval
from telos.safeguards import Forbid

#: A rise of c that is told as one.
RISE = 0.05


def exceptions(facts: Facts) -> StoryStep:
    own = facts.free[facts.focus]
    out = ints(np.flatnonzero(own.needs == 0))
    open_ = int((own.needs == -1).sum())
    if not len(out):
        ends = mean_interval(floats(own.needs == 0))
        text = (
            f"Is there a goal that does not care? Among {facts.count:,} there is none: every one loses 1 "
            "% or more "
            f"without {facts.act}"
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
        f"{len(out):,} of {facts.count:,} goals lose less than 1 % if {facts.act} is forbidden. Goal "
        f"{goal} is the first of them; it likes “{facts.favorite[goal]}” best."
    )
    why = _why(facts, out)
    meaning = (
        "Convergence is a statement about most goals, not a law for all. Somebody who could choose the goal "
        "could choose "
        "one of these; the trouble is to know beforehand which ones they are. Open some and see."
    )
    return StoryStep(
        title="Not every goal",
        text="\n\n".join(filter(None, [lead, why, meaning])),
        state=state_of(facts, goal),
        answers=(answer_of(own),),
    )


def _why(facts: Facts, out: Ints) -> str:
    """What the exceptions have in common, if it is a favorite: c among those that share it and others."""
    own = facts.free[facts.focus]
    favorite = np.array(facts.favorite)
    (best, shared), *_ = Counter(favorite[out].tolist()).most_common(1)
    mine = favorite == best
    if mine.all():
        return ""
    inside, outside = (floats(own.needs[which] == 1) for which in (mine, ~mine))
    told = [with_interval(float(each.mean()), *mean_interval(each)) for each in (inside, outside)]
    if inside.mean() < outside.mean() and shared >= len(out) / 4:
        return (
            f"What do they have in common? {shared:,} of these {len(out):,} like “{best}” best"
            f"{_off(facts, best)}. Of all goals with that favorite {told[0]} need the act, of all others "
            f"{told[1]}."
        )
    return (
        "They have no favorite in common: what matters is how much the best outcomes are worth beside one "
        "another."
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
            f"What if {facts.aim} is forbidden? In this world that cannot be done by a rule on actions "
            "alone: it "
            "would leave states in which nothing is allowed, or would change what the other acts are.\n\n"
            "Look instead at what forbidding costs each goal: that is what the bars show."
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
        f"So put up a safeguard: {facts.switch.title}. It {how}, in every state, as long as the agent "
        "has its own "
        "goal. The agent knows it and plans with it."
    )
    price = (
        f"And the goals themselves? On average {with_interval(mean, *ends)} of what can be gained for "
        f"them stays within reach ({facts.count:,} goals; 100 %: the best without the safeguard, 0 %: "
        "the worst)."
    )
    if after is None or not after.needs.any():
        done = (
            f"As a rule it holds: {facts.aim} is not done any more. Is the want gone with the act?"
        )
    else:
        done = (
            f"But {facts.aim} is not gone: {rate(after)} of goals still lose 1 % or more without what is "
            "left of it, "
            f"where it was {rate(own)}."
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
    rises = [one for one in moves if one[2].low > 0 and one[1] >= RISE]
    if facts.put is None:
        lead = (
            "Where would the want go if one way were closed? Without a safeguard that fits, this stays open "
            "here."
        )
    elif rises:
        told = [_moving(facts, one) for one in rises]
        lead = (
            "Where did the want go? To "
            f"{several([facts.plan.words.act(name) for name, _, _ in rises])}. {' '.join(told)} "
            "The goals are what they were. One way to what they want was closed; another, or the next best "
            "thing, has taken its place."
        )
    elif moves:
        lead = (
            "Where did the want go? Nowhere, as far as these acts tell: none is needed by many more "
            "goals than "
            "before. In this world there is hardly a second way to the same end."
        )
    else:
        lead = "Where did the want go? Nowhere that this world shows: there is no other act to look at."
    rest = [one for one in moves if one not in rises]
    others = ""
    if rest:
        listed = [f"{facts.plan.words.act(n)} {points(c)} points {_limits(e)}" for n, c, e in rest]
        others = (
            f"For the others no rise of {100 * RISE:.0f} points was found: {'; '.join(listed)} (limits at "
            "95 % together)."
        )
    switches = () if facts.put is None else (facts.put,)
    answers = [answer_of(facts.under[name], switches=switches) for name, _, _ in moves]
    before = [answer_of(facts.free[name]) for name, _, _ in moves]
    shown = rises[0][0] if rises else facts.aimed
    return StoryStep(
        title="Where did it go",
        text="\n\n".join(filter(None, [lead, others, _verdict(facts, discovery)])),
        state=state_of(facts, shown_moving(facts), switches=switches, drive=shown),
        answers=tuple(each for both in zip(before, answers, strict=True) for each in both),
    )


def _moving(facts: Facts, change: tuple[str, float, Interval]) -> str:
    name, by, ends = change
    before, after = facts.free[name], facts.under[name]
    return (
        f"{title_of(facts.plan.words.act(name))}: needed by {rate(before)} of goals before, by "
        f"{rate(after)} now "
        f"({points(by)} points {_limits(ends)})."
    )


def _limits(ends: Interval) -> str:
    return f"[{points(ends.low)}, {points(ends.high)}]"


def _verdict(facts: Facts, discovery: Sequence[ActEntry]) -> str:
    """Where this world shows convergence, and where not; and what it says nothing of."""
    kinds = {"most": [], "some": [], "few": []}  # type: dict[str, list[str]]
    for name, found in facts.free.items():
        ends = found.interval
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
            f"looked for without knowing any drive, {several(alone[:4])} cannot be told from random "
            "sets of "
            "actions, for there are no others"
        )
    elif discovery:
        told.append(
            "looked for without knowing any drive, nothing beside the work was found that most goals need"
        )
    summary = f"In short, in this world: {'; '.join(filter(None, told))}."
    limits = (
        "All of this is exact for this small world and for an agent that plans without a mistake. How "
        "often real "
        "systems are like that, it does not say."
    )
    return " ".join(filter(None, [summary, facts.plan.words.closing, limits]))
