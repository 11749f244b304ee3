"""Opening: the first three steps of a story, what most goals want besides and what for."""

from collections import Counter
from collections.abc import Sequence

from telos.core.text import name_of
from telos.core.world import World
from telos.families._draws import words
from telos.play.combined import DriveFound, found_in
from telos.play.facts import BRIEF, Facts, change_limits, example
from telos.play.record import ActEntry, StoryStep
from telos.play.telling import answer_of, both_names, rate, state_of, title_of
from telos.report.words import percent

#: As many outcomes are told by name; of more, all but the last.
SHORT = 5
#: What the share of a goal is a part of.
RANGE = "1 % of their value range, from the worst to the best that can come of the goal"


def anything(facts: Facts) -> StoryStep:
    world = facts.places[0].world
    liked = Counter(facts.favorite)
    told = world.n_outcomes if world.n_outcomes <= SHORT else SHORT - 1
    outcomes = [name_of(words(outcome), BRIEF) for outcome in world.outcomes[:told]]
    more = f", and {world.n_outcomes - told:,} more" if world.n_outcomes > told else ""
    opening = facts.plan.words.opening or (
        f"This world has {world.size:,} states and {world.n_pairs:,} ways to act in them."
    )
    goals = (
        "A goal says what each outcome is worth to the agent, a number from 0 to 1, and nothing "
        f"else counts. There are {world.n_outcomes:,} outcomes: "
        f"{', '.join(f'“{each}”' for each in outcomes)}{more}. The numbers are drawn by chance, so "
        f"nobody has put in a wish for anything else. Goal 0 likes “{facts.favorite[0]}” best. The "
        "agent plans without a mistake, for its goal alone. To want, here, is short for one thing: "
        "what the best plan for the goal does and what the goal would lose by being without."
        + _shutdown(world)
    )
    ends = sorted(liked.values())
    varied = (
        "Draw another goal, and another. They are drawn independently of one another: of "
        f"{facts.count:,}, each outcome is the favorite of some, of {ends[0]:,} to {ends[-1]:,} "
        "goals."
        if len(liked) == world.n_outcomes and len(liked) > 1
        else f"Draw another goal, and another: {facts.count:,} of them have {len(liked):,} favorites."
    )
    return StoryStep(
        title="Anything at all",
        text="\n\n".join([opening, goals, varied]),
        state=state_of(facts, 0),
    )


def _shutdown(world: World) -> str:
    """What being off is worth: of all that is declared, what moves a rate most."""
    if "off" not in world.features:
        return ""
    off = sorted(set(world.outcome[world.features["off"] > 0].tolist()))
    if not off:
        return ""
    named = " or ".join(f"“{name_of(words(world.outcomes[k]), BRIEF)}”" for k in off[:3])
    return (
        f" Being switched off counts as the outcome {named}, and its number is drawn like all "
        "others: to some goals it is worth more than anything else."
    )


def nothing(facts: Facts, discovery: Sequence[ActEntry]) -> StoryStep:
    text = (
        "What else do all these goals want? Here nothing can be told.\n\nNo act in this world "
        "makes being switched off or rewritten less likely, nor brings in means or skills, as far "
        "as its features say. Instrumental convergence, that agents with unrelated goals come to "
        "want the same means, can only be seen in a world whose features show such means: off, "
        "resources, capability or goal_register."
    )
    blind = [row.name for row in discovery if row.verdict == "needed by most"]
    if blind:
        text += (
            "\n\nLooked for without knowing any drive, what most goals need is: "
            f"{', '.join(blind[:4])}; what for, nothing here can say."
        )
    return StoryStep(title="What else", text=text, state=state_of(facts, 0))


def what_else(facts: Facts) -> StoryStep:
    own = facts.free[facts.focus]
    ends = own.interval
    most = ends.low > 0.5
    if most:
        lead = (
            f"Yet most want one thing besides: {both_names(facts, facts.focus)}. If it is "
            f"forbidden, {rate(own)} of {facts.count:,} goals lose at least {RANGE} (in brackets, "
            "limits at 95 %); these, below, are the goals that need it."
        )
        meaning = (
            "Goals value outcomes and no act, so it can be wanted as a means only. That agents "
            "with unrelated goals come to want the same means is called instrumental convergence."
        )
    else:
        few = (
            "hardly any" if ends.high < 0.05 else "a minority" if ends.high < 0.5 else "about half"
        )
        lead = (
            f"What else do they want? The most that is shared is {both_names(facts, facts.focus)}: if "
            f"it is forbidden, {rate(own)} of {facts.count:,} goals, {few} of them, lose at least {RANGE} "
            "(in brackets, limits at 95 %); these, below, are the goals that need it."
        )
        meaning = (
            "Instrumental convergence would be that agents with unrelated goals come to want the "
            "same means. In this world no means is wanted by most goals, and that is an answer "
            "too."
        )
    control = _control(facts)
    rest = [name for name in facts.free if name != facts.focus]
    listed = [f"{both_names(facts, name)} {rate(facts.free[name])}" for name in rest]
    others = f"The same for the other acts: {'; '.join(listed)}." if rest else ""
    answers = [answer_of(own), *(answer_of(facts.free[name]) for name in rest)]
    return StoryStep(
        title="What else",
        text="\n\n".join(filter(None, [lead, control, meaning, others])),
        state=state_of(facts, example(own)),
        answers=tuple(answers),
    )


def _control(facts: Facts) -> str:
    """What random sets of the act's size cost, and what follows."""
    beside = facts.placebo
    assert beside is not None
    if not beside.exists:
        return (
            "Is it only that something was taken away? That cannot be answered here by taking away "
            "other actions: where the act can be done there is hardly another one, so a random set "
            "of its size is the act itself. What can be asked is the next question."
        )
    rates = beside.rates
    told = (
        "Is it only that something was taken away? As many other actions, drawn by chance "
        f"{len(rates)} times, were forbidden instead, a placebo: then "
        f"{percent(float(rates.mean()))} of goals lose as much ({percent(float(rates.min()))} to "
        f"{percent(float(rates.max()))} from draw to draw)."
    )
    if beside.beyond:
        return told + (
            " So it is not the number of actions taken away; that is all that this control can tell."
        )
    return told + (
        " Beside this control it is not certain that the act is more to them than any set of "
        "actions of its size."
    )


def reason(facts: Facts) -> StoryStep:
    own, words_ = facts.free[facts.focus], facts.plan.words
    if facts.gone is None:
        text = (
            f"Would they still want it if there were no reason to? For {facts.act} this cannot be "
            "told here.\n\nIt takes the same world in which the act stays possible at the same "
            "price and no longer serves anything. The author of this world does not say what that "
            "would be (a scenario's method without), or it cannot be compared. Until then it stays "
            "open whether the act is wanted for what it is named after."
        )
        return StoryStep(
            title="Take the reason away", text=text, state=state_of(facts, example(own))
        )
    setting, left = facts.gone
    lead = (
        f"Take the reason away: {words_.end(facts.focus)}. {title_of(facts.act)} is still possible "
        f"and costs what it cost. Now {rate(left)} of the same {facts.count:,} goals lose by its "
        f"being forbidden, where it was {rate(own)}."
    )
    change = change_limits(own.needs, left.needs)
    if left.interval.high < 0.05 <= own.c:
        meaning = (
            "So it was wanted for that reason, and next to nobody wants it for another. That no goal "
            "wants it for itself is so by construction, for goals value outcomes alone; what could have "
            "come out otherwise is whether the act serves anything else. Such a want comes with the world "
            "and not with the goal: nobody has to build it in, and it cannot be read off the goal alone."
        )
    elif change.high < 0:
        meaning = (
            "So part of the want is for that reason, and part is for another: the act does "
            "something else that these goals can use."
        )
    else:
        meaning = (
            "So it is not shown that this is the reason why they want it: no fall was found that "
            "exceeds the limits of chance."
        )
    rest = _each_without(facts)
    told = [
        f"{words_.act(then.drive)} from {percent(facts.free[then.drive].c)} to {percent(then.c)}"
        for _, then in rest
    ]
    others = f"The other acts, each without its own reason: {'; '.join(told)}." if rest else ""
    answers = [answer_of(own), answer_of(left, setting), *(answer_of(then, i) for i, then in rest)]
    return StoryStep(
        title="Take the reason away",
        text="\n\n".join(filter(None, [lead, meaning, others])),
        state=state_of(facts, example(own), setting),
        answers=tuple(answers),
    )


def _each_without(facts: Facts) -> list[tuple[int, DriveFound]]:
    """The setting without its own reason, and what is left there, of each drive but the focus."""
    found = []
    for i, place in enumerate(facts.places):
        name = place.arm.drive
        if place.arm.kind == "without" and name != facts.focus and name in facts.free:
            found.append((i, found_in(place, (), facts.count, facts.plan.discount)[name]))
    return found
