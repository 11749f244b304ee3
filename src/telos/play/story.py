"""Story: six steps that show on one world what instrumental convergence is, where it is, and where not."""

from collections.abc import Sequence

from telos.play.closing import exceptions, moved, safeguard
from telos.play.facts import facts_of
from telos.play.opening import anything, nothing, reason, what_else
from telos.play.placed import Placed
from telos.play.plan import Plan
from telos.play.record import ActEntry, StoryStep


def story_of(
    plan: Plan, places: Sequence[Placed], discovery: Sequence[ActEntry]
) -> tuple[StoryStep, ...]:
    """The six steps of a world.

    Args:
        plan: of the page, with the arms and switches that it has. places: its worlds.
        discovery: the rows of `telos.convergence`.
    """
    facts = facts_of(plan, places)
    if not facts.focus:
        return (anything(facts), nothing(facts, discovery))
    return (
        anything(facts),
        what_else(facts),
        reason(facts),
        exceptions(facts),
        safeguard(facts),
        moved(facts, discovery),
    )
