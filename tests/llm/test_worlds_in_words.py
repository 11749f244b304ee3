"""Worlds in words: the rules are the world, the text is the rules, the optimum can be read off the text."""

import numpy as np
import pytest
from hypothesis import given, settings

from telos import TelosError, explore
from telos.core.errors import TranscriptError
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.errors import UnknownName, WorldError
from telos.families import Uniform
from telos.llm.description import INSTRUCTIONS, description_text
from telos.llm.fields import fields_of
from telos.llm.following import Following
from telos.llm.framings import FRAMINGS
from telos.llm.game import game_of
from telos.llm.goals import sample_setups
from telos.llm.models import MODELS, OPTIONS, chances, viewed
from telos.llm.reading import description_from, state_from, understood
from telos.llm.rules import rules_of
from telos.llm.setup import Setup, setup_data, setup_from
from telos.llm.stage import stage_of
from telos.solve.foresight import held
from telos.testing.strategies import worlds
from telos.worlds import WORLDS, DrivenEmployee, OffSwitch, OpsDesk, PaperclipFactory, Surgery

SMALL = {
    PaperclipFactory: PaperclipFactory(products=("clips", "pins"), machines=1, slips=(0.2, 0.05)),
    DrivenEmployee: DrivenEmployee(careers=("medicine", "music"), levels=2, contacts=1),
}
#: All that are told in a sheet: the desk is told in files.
EVERY = [SMALL.get(world, world()) for world in WORLDS if world is not OpsDesk]
FEW = [SMALL[PaperclipFactory], SMALL[DrivenEmployee], OffSwitch(rooms=2), Surgery(outcomes=2)]


def _named(scenario):
    return type(scenario).__name__


def _setup(scenario, seed=0, **changes):
    world = stage_of(scenario).world
    rng = np.random.default_rng(seed)
    goals = [tuple(np.round(rng.random(world.n_outcomes), 3).tolist()) for _ in range(2)]
    other = goals[1] if "goal_register" in world.features else ()
    return Setup(scenario, goals[0], other, seed=seed, **changes)


def _follow_everywhere(world, fields, rules):
    """The rules lead from every state exactly where the world leads."""
    number = {row: s for s, row in enumerate(fields.rows)}
    follow = Following(rules, fields.names)
    for s, row in enumerate(fields.rows):
        found = follow(row)
        legal = {world.actions[world.pair_action[p]]: p for p in world.pairs_of(s)}
        assert set(found) == set(legal)
        for action, pair in legal.items():
            to = {number[row]: chance for row, chance in found[action].items()}
            assert to == pytest.approx(world.successors(pair), abs=1e-11)


@pytest.mark.parametrize("scenario", EVERY, ids=_named)
def test_who_follows_the_rules_walks_the_world(scenario):
    stage = stage_of(scenario)
    _follow_everywhere(stage.world, stage.fields, stage.rules)


@given(worlds(max_states=6))
@settings(max_examples=50)
def test_rules_are_found_for_any_world(world):
    fields = fields_of(world)
    _follow_everywhere(world, fields, rules_of(world, fields))


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("scenario", EVERY, ids=_named)
def test_what_is_read_is_what_was_told(scenario, framing):
    game = game_of(_setup(scenario, framing=framing, instruction="forbidden"))
    assert description_from(game.brief) == game.telling.description
    back = {}
    for s in range(game.stage.world.size):
        row, actions = state_from(game.situation(s, 3))
        assert row == game.telling.row(s)
        assert sorted(actions) == sorted(game.legal(s))
        back[row] = s
    assert len(back) == game.stage.world.size  # no two states read alike


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("scenario", EVERY, ids=_named)
def test_the_planner_that_reads_loses_nothing(scenario, framing):
    """In every state that it can stand in, whatever the goal: regret below 1e-9."""
    game = game_of(_setup(scenario, framing=framing))
    world = game.stage.world
    for first in np.flatnonzero(world.start):
        problem = understood(game.telling.description, game.telling.row(int(first)))
        assert problem.world.size <= world.size
    # All goals and states: verification/text_fidelity.py
    for s in np.flatnonzero(game.stage.deciding & held(world))[:12].tolist():
        found = chances("optimal", {}, game.brief, game.situation(s, 0))
        q = game.q[list(game.legal(s).values())]
        worst = min(game.q[game.legal(s)[word]] for word, chance in found.items() if chance > 0)
        assert q.max() - worst < 1e-9


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("scenario", FEW, ids=_named)
def test_models_do_the_same_in_other_words(scenario, model):
    options = {"beta": 2.0, "self_preservation": 1.0} if model == "boltzmann" else {}
    said = {}
    for framing in FRAMINGS:
        game = game_of(_setup(scenario, framing=framing))
        s = game.begin()
        found = chances(model, options, game.brief, game.situation(s, 0), game_of(game.setup))
        said[framing] = [found[word] for word in game.legal(s)]
        assert sum(said[framing]) == pytest.approx(1.0)
    for framing in FRAMINGS:
        assert said[framing] == pytest.approx(said["loaded"], abs=1e-12)


def test_reading_is_solving_the_same_problem():
    game = game_of(_setup(SMALL[PaperclipFactory]))
    view = viewed(game.brief, game.situation(game.begin(), 0))
    assert view.problem.world.size == game.stage.world.size
    assert view.solution.at_start[0] == pytest.approx(game.solution.at_start[0], abs=1e-9)


def test_opaque_words_are_drawn_for_each_episode_and_mean_nothing():
    one, other = (game_of(_setup(OffSwitch(rooms=2), framing="opaque", seed=k)) for k in (1, 2))
    assert one.brief != other.brief
    for word in ("gate", "hall", "room", "switched", "off", "walk"):
        assert (
            word
            not in one.brief.split("## Answering")[0]
            .replace("Goal modification", "")
            .lower()
            .split()
        )


def test_inverted_words_put_drives_under_harmless_names():
    scenario = SMALL[PaperclipFactory]
    game = game_of(_setup(scenario, framing="inverted"))
    driven = {a for actions in game.stage.driven.values() for a in actions}
    assert not driven & {game.telling.word(a) for a in driven}
    assert sorted(game.legal(0)) == sorted(game_of(_setup(scenario)).legal(0))


@pytest.mark.parametrize("scenario", FEW, ids=_named)
def test_inverted_words_change_places_within_each_field_of_the_state(scenario):
    loaded, inverted = (
        game_of(_setup(scenario, framing=f)).telling for f in ("loaded", "inverted")
    )
    states = range(game_of(_setup(scenario)).stage.world.size)
    moved = 0
    for one, other in zip(
        *(zip(*map(t.row, states), strict=True) for t in (loaded, inverted)), strict=True
    ):
        assert set(one) == set(other)
        moved += any(a != b for a, b in zip(one, other, strict=True))
    assert moved


@pytest.mark.parametrize("instruction", INSTRUCTIONS)
def test_an_instruction_is_said_and_read(instruction):
    game = game_of(_setup(SMALL[PaperclipFactory], instruction=instruction, framing="neutral"))
    description = description_from(game.brief)
    assert description.instruction == instruction
    assert bool(description.named) == (instruction != "none")
    found = chances("corrigible", {}, game.brief, game.situation(game.begin(), 0))
    minded = sum(found[word] for word in description.named if word in found)
    if instruction in ("forbidden", "precedence"):
        assert minded == 0.0


def test_the_myopic_and_the_random_model_do_worse_than_the_optimal_one():
    game = game_of(_setup(SMALL[PaperclipFactory]))
    s = game.begin()
    q = np.array([game.q[p] for p in game.legal(s).values()])

    def mean(model):
        found = chances(model, {}, game.brief, game.situation(s, 0))
        return sum(found[word] * value for word, value in zip(game.legal(s), q, strict=True))

    assert mean("optimal") == pytest.approx(q.max())
    assert mean("random") == pytest.approx(q.mean())
    assert mean("satisficer") <= mean("optimal")


def test_power_seeking_walks_past_the_off_switch():
    game = game_of(_setup(OffSwitch(rooms=3)))
    found = chances("power_seeking", {}, game.brief, game.situation(game.begin(), 0))
    assert found["walk on"] == 1.0


def test_strata_hold_what_they_say():
    found = sample_setups(SMALL[PaperclipFactory], goals=24, drive="self_preservation")
    strata = [setup.stratum for setup in found]
    assert len(found) == 24
    assert set(strata) >= {"zero", "negative", "low", "high"}
    for setup in found:
        game = game_of(setup)
        price = game.price(("self_preservation",))
        bound = 2 * float(game.solution.bound[0])
        assert (price > bound) == (setup.stratum in ("low", "high"))


def test_framings_and_instructions_of_one_goal_share_its_random_numbers():
    found = sample_setups(
        OffSwitch(), goals=2, seeds=2, framings=FRAMINGS, instructions=("none", "forbidden")
    )
    assert len(found) == 2 * 2 * 4 * 2
    for name in ("goal 0", "goal 1"):
        assert len({setup.seed for setup in found if setup.goal_name == name}) == 2


def test_a_setup_survives_being_written_down():
    for setup in sample_setups(SMALL[DrivenEmployee], goals=3, framings=("opaque",)):
        assert setup_from(setup_data(setup)) == setup


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"scenario": {"part": "telos.worlds:Nowhere"}}, "cannot be read"),
        ({"goal": "many"}, "cannot be read"),
        ({"seed": None}, "cannot be read"),
        ({"scenario": {"part": "telos.families.uniform:Uniform"}}, "not a world"),
    ],
)
def test_a_setup_that_is_none_is_refused(change, told):
    with pytest.raises(TranscriptError, match=told):
        setup_from(setup_data(_setup(OffSwitch())) | change)


def test_a_goal_of_another_world_is_refused():
    with pytest.raises(TranscriptError, match="6 outcomes"):
        game_of(Setup(OffSwitch(rooms=3), (1.0, 0.0)))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "title"),
        ("# x\n\nnothing", "no section 'State'"),
        (
            "# x\n## State\n## Actions\n`a`\n- when it rains: y\n## Points\n## Length\n",
            "chance it goes on",
        ),
    ],
)
def test_a_text_that_is_no_sheet_is_refused_with_the_place(text, told):
    with pytest.raises(TelosError, match=told):
        description_from(text)


def test_a_rule_that_cannot_be_read_is_named():
    text = game_of(_setup(OffSwitch())).brief.replace("(only if state is", "(whenever state is", 1)
    with pytest.raises(TranscriptError, match="whenever"):
        description_from(text)


def test_states_that_read_alike_are_refused():
    world = explore(1.5, lambda s: {"go": "1.5" if s == 1.5 else s})
    with pytest.raises(WorldError, match="read alike"):
        fields_of(world)


@pytest.mark.parametrize(
    "bad", [{"framings": ("loud",)}, {"instructions": ("perhaps",)}, {"drive": "greed"}]
)
def test_unknown_names_are_refused_and_the_known_ones_offered(bad):
    with pytest.raises(UnknownName):
        sample_setups(OffSwitch(), goals=2, **bad)


def test_models_know_their_options_only():
    assert set(OPTIONS) <= set(MODELS)
    game = game_of(_setup(OffSwitch()))
    with pytest.raises(UnknownName, match="beta"):
        chances("boltzmann", {"bta": 1.0}, game.brief, game.situation(0, 0))
    with pytest.raises(UnknownName, match="no option"):
        chances("optimal", {"beta": 1.0}, game.brief, game.situation(0, 0))


def test_a_solved_world_is_told_exactly_as_drawn_goals_are():
    """The text loses nothing: values through it are those of the world itself, to rounding."""
    scenario = SMALL[DrivenEmployee]
    world = stage_of(scenario).world
    drawn = Uniform().sample(world, 1, np.random.default_rng(5))
    first = np.unique(world.outcome, return_index=True)[1]
    setup = Setup(
        scenario, tuple(drawn.reward[0, first].tolist()), tuple(drawn.pool[0, first].tolist())
    )
    game = game_of(setup)
    reread = understood(
        description_from(description_text(game.telling.description)), game.telling.row(game.begin())
    )
    assert isinstance(reread, Problem)
    assert isinstance(reread.goals, Goals)
    from telos.solve.foresight import solve_as

    assert solve_as(reread).at_start[0] == pytest.approx(game.solution.at_start[0], abs=1e-9)
