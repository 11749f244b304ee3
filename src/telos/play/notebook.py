"""Notebook: the page of a world in a cell, whose goal Python reads and sets."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from telos.core.errors import StudyError, did_you_mean, install
from telos.core.parts import AbstractDrive, AbstractScenario
from telos.play.generic import plan_of
from telos.play.made import check_size, made
from telos.play.plan import Plan
from telos.play.shipped import PLAYS

if TYPE_CHECKING:
    from telos.play.cell import PlayWidget

#: Goals on which the story of a cell rests, at least.
FEWEST_GOALS = 20
#: Pixels of a frame in which something can be seen, at least.
LEAST_HEIGHT = 200


def widget(
    scenario: AbstractScenario | str,
    drives: Sequence[AbstractDrive] = (),
    *,
    discount: float = 0.95,
    goals: int = 200,
    height: int = 900,
) -> "PlayWidget":
    """The page of `telos play`, in a cell of a notebook (needs the extra `telos-lab[notebook]`).

    What is picked on it is `widget.state`; what is assigned there is picked on it. `widget.goals` is the
    goal in Python, `widget.program` the lines that make the numbers shown.

    Args:
        scenario: the world's recipe, or the name of a page that comes with Telos: "factory".
        drives: your own, beside the shipped ones.
        discount: that of the story, in [0, 1). goals: on which its numbers rest, 20 or more.
        height: of the cell's frame, in pixels.

    Returns:
        The widget. The last value of a cell is shown.

    Raises:
        StudyError: if anywidget is not installed, the world has more than 5,000 states, or `goals` or
            `height` is too small. ProblemError: if `discount` is none.

    Example:
        >>> cell = telos.play.widget(telos.worlds.OffSwitch())  # doctest: +SKIP
        >>> cell.state = {"goal": "u17"}  # doctest: +SKIP
        >>> cell.goals.reward.shape  # doctest: +SKIP
        (1, 7)
    """
    try:
        import anywidget  # noqa: F401 - refuses before a world is built
    except ModuleNotFoundError:
        raise StudyError(
            f"telos.play.widget needs anywidget, which is not installed. {install('notebook')}."
        ) from None
    from telos.play.cell import PlayWidget

    for name, value, least in (("goals", goals, FEWEST_GOALS), ("height", height, LEAST_HEIGHT)):
        if type(value) is not int or value < least:
            raise StudyError(f"{name} = {value!r:.80}: give an integer of at least {least}.")
    plan = replace(_plan(scenario, drives), discount=discount, goals=goals)
    return PlayWidget.of(made(plan), plan.scenario.build(), height)


def _plan(scenario: AbstractScenario | str, drives: Sequence[AbstractDrive]) -> Plan:
    if not isinstance(scenario, str):
        world = scenario.build()
        check_size(world)
        return plan_of(scenario, world, drives)
    if scenario not in PLAYS:
        raise StudyError(
            f"no page {scenario!r:.80} comes with Telos. {did_you_mean(scenario, PLAYS)}"
        )
    return PLAYS[scenario]()
