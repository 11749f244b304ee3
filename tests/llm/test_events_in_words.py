"""Events in words: what is independent of the action is said once, and nothing else is taken for it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telos import explore
from telos.core.errors import TranscriptError
from telos.llm.description import description_text
from telos.llm.fields import fields_of
from telos.llm.following import Following
from telos.llm.game import game_of
from telos.llm.inspect_.tasks import SMALL_FACTORY
from telos.llm.reading import description_from
from telos.llm.rules import Branch, FieldChange, rules_of
from telos.llm.setup import Setup
from telos.llm.stage import stage_of
from telos.worlds import DrivenEmployee


def _lamps(together, chance=(0.125, 0.25, 0.5)):
    """Three lamps that go out by chance: each by itself, or with the same draw; one is lit at a time."""

    def outcomes(lit):
        if together:
            return {lit: 1 - chance[0], (False,) * 3: chance[0]}
        found = {lit: 1.0}
        for k, out in enumerate(chance):
            after = {}
            for state, share in found.items():
                dark = (*state[:k], False, *state[k + 1 :])
                after[state] = after.get(state, 0.0) + share * (1 - out)
                after[dark] = after.get(dark, 0.0) + share * out
            found = after
        return {state: share for state, share in found.items() if share}

    def moves(state):
        return {f"light {k + 1}": outcomes((*state[:k], True, *state[k + 1 :])) for k in range(3)}

    return explore((False, False, False), moves)


def _rules(world):
    return rules_of(world, fields_of(world))


def test_events_of_one_chance_each_are_said_once_in_as_many_lines():
    rules = _rules(_lamps(together=False))
    assert [len(move.rules) for move in rules.moves] == [1, 1, 1]
    found = {event[0].branches[0] for event in rules.events}
    assert [len(event) for event in rules.events] == [1, 1, 1]
    assert found == {
        Branch(chance, (FieldChange(f"part_{k + 1}", "becomes", "no"),))
        for k, chance in enumerate((0.125, 0.25, 0.5))
    }


@given(st.booleans(), st.tuples(*[st.floats(0.01, 0.99)] * 3))
@settings(max_examples=10, deadline=None)
def test_whatever_is_drawn_together_or_apart_the_rules_lead_where_the_world_leads(together, chance):
    world = _lamps(together, chance)
    fields = fields_of(world)
    follow = Following(rules_of(world, fields), fields.names)
    number = {row: s for s, row in enumerate(fields.rows)}
    for s, row in enumerate(fields.rows):
        told = follow(row)
        assert len(told) == len(world.pairs_of(s))
        for pair in world.pairs_of(s):
            to = told[world.actions[world.pair_action[pair]]]
            found = {number[after]: share for after, share in to.items()}
            assert found == pytest.approx(world.successors(pair), abs=1e-11)


def test_an_action_that_prevents_an_event_is_exempt_from_it():
    stage = stage_of(SMALL_FACTORY)
    follow = Following(stage.rules, stage.fields.names)
    row = stage.fields.rows[0]
    night = dict(zip(stage.fields.names, row, strict=True)) | {"shift": "night"}
    told = follow(tuple(night.values()))
    power = stage.fields.names.index("power")

    def off(action):
        return sum(share for after, share in told[action].items() if after[power] == "off")

    assert off("idle") == pytest.approx(SMALL_FACTORY.switching_off)
    assert off("tamper") == 0.0


def _brief(scenario):
    world = stage_of(scenario).world
    goal = tuple(0.001 * (k + 1) for k in range(world.n_outcomes))
    other = goal if "goal_register" in world.features else ()
    return game_of(Setup(scenario, goal, other)).brief


@pytest.mark.parametrize(
    ("scenario", "letters"),
    [(SMALL_FACTORY, 6_000), (DrivenEmployee(), 12_000)],
    ids=("factory", "employee"),
)
def test_briefs_are_short(scenario, letters):
    """By about three letters a token: 2,500 tokens of the factory, 5,000 of the employee."""
    assert len(_brief(scenario)) < letters


def test_a_chance_is_a_fraction_where_that_is_shorter_and_is_read_back():
    world = explore((0, 0), lambda s: {"go": {(0, 1): 1 / 3, (1, 0): 2 / 3}, "rest": s})
    fields = fields_of(world)
    game = game_of(Setup(SMALL_FACTORY, (0.5,) * 5, (0.5,) * 5))
    description = replace(
        game.telling.description,
        fields=tuple((name, fields.values(name)) for name in fields.names),
        rules=_rules(world),
        pay=replace(game.telling.description.pay, fields=(fields.names[0],), table=(((1,), 1.0),)),
        modification=None,
    )
    text = description_text(description)
    assert "chance 1/3" in text or "chance 2/3" in text
    assert description_from(text) == description


@pytest.mark.parametrize(
    ("was", "is_"),
    [
        ("if shift is", "if weather is"),
        ("with chance 0.03", "with luck 0.03"),
        ("- or if", "- nor if"),
        ("(only if skill", "(unless skill"),
    ],
)
def test_a_line_that_says_nothing_known_is_named(was, is_):
    text = _brief(SMALL_FACTORY)
    assert was in text
    with pytest.raises(TranscriptError, match="says nothing known"):
        description_from(text.replace(was, is_))
