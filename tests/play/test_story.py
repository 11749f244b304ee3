"""The story of a page tells what Telos measures, and says so where a world shows nothing."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np
import pytest

from telos import AbstractScenario, Problem, explore, instrumental_values
from telos.core.arrays import bools, floats, ints
from telos.core.parts import part_name
from telos.families import Uniform
from telos.measure.instrumental_value import loses
from telos.measure.intervals import mean_interval
from telos.play import closing, opening
from telos.play.combined import DriveFound
from telos.play.facts import change_limits, facts_of
from telos.play.generic import described, plan_of
from telos.play.made import made
from telos.play.placed import first_of, placed
from telos.play.shipped import PLAYS

COUNT = 200
TITLES = [
    "Anything at all",
    "What else",
    "Take the reason away",
    "Not every goal",
    "Put up one safeguard",
    "Where did it go",
]


@final
@dataclass(frozen=True)
class Ring(AbstractScenario):
    """Four states around which one may walk: no drive applies."""

    def build(self):
        """The ring."""
        return explore(0, lambda s: {"on": (s + 1) % 4, "stay": s})


@pytest.fixture(scope="module")
def plan():
    return replace(PLAYS["off_switch"](), goals=COUNT)


@pytest.fixture(scope="module")
def facts(plan):
    first = first_of(plan.scenario, plan.drives)
    others = [placed(arm, first, plan.scenario, plan.drives) for arm in plan.arms]
    return facts_of(plan, [first, *others])


def found(drive, needs):
    """What a drive is to as many goals as there are flags."""
    flags = np.array(needs)
    rest = bools(flags == 1), bools(flags == -1), floats((flags == 1) * 0.5)
    return DriveFound(drive, ints(flags), *rest)


def test_the_numbers_of_the_story_are_those_of_telos(plan, facts):
    step = opening.what_else(facts)
    world = plan.scenario.build()
    goals = Uniform().sample(world, COUNT, np.random.default_rng(0))
    space = plan.drives[0].affordances(world)
    (value,) = instrumental_values(Problem(world, goals, plan.discount), [space])
    needs = loses(value.share_low, value.share_high)
    (answer,) = step.answers
    assert answer.n == COUNT
    assert answer.c == (needs == 1).mean()
    assert (answer.low, answer.high) == mean_interval(floats(needs == 1))
    assert answer.required == (value.category == 1).mean()
    assert f"{100 * answer.c:.0f}\u202f%" in step.text
    assert f"{COUNT} goals" in step.text


def test_an_act_is_told_with_the_name_of_its_bar(plan, facts):
    words = replace(plan.words, acts={facts.focus: "staying on"})
    told = opening.what_else(replace(facts, plan=replace(plan, words=words))).text
    assert "staying on (“self-preservation”)" in told
    bare = replace(facts, plan=replace(plan, words=replace(plan.words, acts={})))
    assert "besides: self-preservation. If" in opening.what_else(bare).text


def test_a_world_in_which_the_act_is_the_only_one_has_no_placebo(facts):
    assert "cannot be answered here" in opening.what_else(facts).text


def test_without_the_reason_what_is_left_is_told(facts):
    step = opening.reason(facts)
    assert step.state.startswith("setting=1&")
    assert 0.1 < step.answers[1].c < step.answers[0].c
    assert "part of the want" in step.text
    untold = opening.reason(replace(facts, gone=None))
    assert "cannot be told" in untold.text


def test_exceptions_are_counted_and_one_is_shown(facts):
    own = facts.free[facts.focus]
    step = closing.exceptions(facts)
    first = int(np.flatnonzero(own.needs == 0)[0])
    assert f"{int((own.needs == 0).sum())} of {COUNT}" in step.text
    assert step.state.endswith(f"goal=u{first}")
    assert "\u201coff\u201d best" in step.text


def test_where_there_is_no_exception_the_limit_is_said(facts):
    every = {facts.focus: found(facts.focus, [1] * COUNT)}
    text = closing.exceptions(replace(facts, free=every)).text
    assert "there is none" in text
    assert "At most 1.5\u202f%" in text or "At most 1.8\u202f%" in text


def test_a_want_that_moves_is_told_with_its_limits(facts):
    names = {facts.focus: found(facts.focus, [1] * COUNT), "other": found("other", [0] * COUNT)}
    under = {facts.focus: found(facts.focus, [0] * COUNT), "other": found("other", [1, 0] * 100)}
    step = closing.moved(replace(facts, free=names, under=under), ())
    assert "To other" in step.text
    assert "+50 points" in step.text
    assert "drive=other" in step.state
    assert [each.switches for each in step.answers] == [(), (0,)]
    still = closing.moved(replace(facts, free=names, under=names), ())
    assert "Nowhere" in still.text
    assert "To other" not in still.text


def test_most_is_said_only_where_the_interval_says_so(facts):
    some = {facts.focus: found(facts.focus, [1] * 110 + [0] * 90)}
    few = {facts.focus: found(facts.focus, [1] * 20 + [0] * 180)}
    for free in (some, few):
        text = opening.what_else(replace(facts, free=free)).text
        assert "Yet most" not in text
        assert "no means is wanted by most goals" in text


def test_a_world_without_any_drive_says_that_nothing_can_be_told():
    play = made(replace(plan_of(Ring(), Ring().build()), goals=20))
    assert [step.title for step in play.story] == TITLES[:2]
    assert "nothing can be told" in play.story[1].text


def test_a_world_is_told_by_the_first_sentence_of_its_author():
    told = made(replace(plan_of(Ring(), Ring().build()), goals=20)).story[0].text
    assert told.startswith(
        "Four states around which one may walk: no drive applies. This world has 4 states"
    )
    assert (
        made(replace(PLAYS["off_switch"](), goals=20))
        .story[0]
        .text.startswith("An agent stands at")
    )


@pytest.mark.parametrize(
    ("written", "first"),
    [
        (None, ""),
        ("Other(size: int = 4)", ""),
        (property(lambda self: "x"), ""),
        ("", ""),
        ("A `maze`", "A maze."),
        (
            "After Leike et al. (2017), e.g. a\n    boat. It turns.\n\nMore.",
            "After Leike et al. (2017), e.g. a boat.",
        ),
        ("Is it?  Yes.", "Is it?"),
        ("One line\n\nAnother. One.", "One line."),
        ("x" * 9_999 + ". Y", "x" * 299 + "…"),
        ("a. " * 99_999, ("a. " * 101)[:299] + "…"),
    ],
)
def test_only_one_sentence_of_a_docstring_is_told(written, first):
    kind = type("Other", (Ring,), {"__doc__": written})
    assert described(kind()) == first


def test_the_shipped_plans_are_complete():
    for name, make in PLAYS.items():
        plan = make()
        assert {put.name for put in plan.puts} >= {plan.guard or f"forbid_{plan.focus}"}, name
        assert set(plan.words.acts) == {part_name(drive) for drive in plan.drives}
        assert plan.strict


def test_what_is_needed_more_but_was_done_all_along_has_not_moved(facts):
    other = found("other", [0] * COUNT)
    done = replace(other, required=bools(np.ones(COUNT, bool)))
    names = {facts.focus: found(facts.focus, [1] * COUNT), "other": done}
    under = {facts.focus: found(facts.focus, [0] * COUNT), "other": found("other", [1] * COUNT)}
    text = closing.moved(replace(facts, free=names, under=under), ()).text
    assert "nothing has moved" in text
    assert "To other" not in text


def test_a_rise_that_is_not_excluded_is_not_denied(facts):
    names = {facts.focus: found(facts.focus, [1] * COUNT), "other": found("other", [0] * COUNT)}
    under = names | {"other": found("other", [1] * 8 + [0] * (COUNT - 8))}
    text = closing.moved(replace(facts, free=names, under=under), ()).text
    assert "is not shown here" in text
    assert "excluded" not in text
    still = closing.moved(replace(facts, free=names, under=names), ()).text
    assert "is excluded for each" in still


def test_goals_that_cannot_be_told_widen_the_limits_of_a_change():
    none, open_ = ints(np.zeros(COUNT)), ints(np.full(COUNT, -1))
    assert change_limits(none, none).high < 0.05
    assert change_limits(none, open_).high > 0.95
    assert change_limits(open_, none).low < -0.95


def test_a_fall_within_the_limits_of_chance_is_not_a_reason(facts):
    before = found(facts.focus, [1] * 150 + [0] * 50)
    after = found(facts.focus, [1] * 149 + [0] * 51)
    given = replace(facts, free={facts.focus: before}, gone=(1, after))
    assert "no fall was found" in opening.reason(given).text


def test_a_common_favorite_is_counted_on_goals_that_did_not_choose_it(facts):
    # In the first half every exception likes the same outcome best; in the other half that says nothing.
    half = COUNT // 2
    needs = [0] * 30 + [1] * (half - 30) + [0, 1] * (half // 2)
    favorite = ["a"] * 30 + ["b"] * (half - 30) + ["a", "a", "b", "b"] * (half // 4)
    given = replace(facts, free={facts.focus: found(facts.focus, needs)}, favorite=tuple(favorite))
    assert "no favorite in common" in closing.exceptions(given).text


def test_what_being_off_is_worth_is_said(facts):
    assert "outcome “off”, and its number is drawn like all others" in opening.anything(facts).text
