"""Nouns show themselves in a notebook: as an escaped card, as a frame, as a chart."""

import dataclasses

import numpy as np
import pytest

import telos


@pytest.fixture(scope="module")
def world():
    return telos.worlds.Gridworld().build()


@pytest.fixture(scope="module")
def goals(world):
    return telos.families.Uniform().sample(world, 12, np.random.default_rng(0))


@pytest.fixture(scope="module")
def nouns(world, goals):
    """One of each noun, of twelve goals in a small grid."""
    problem = telos.Problem(world, goals, 0.9)
    behavior = telos.agents.Optimal().behave(problem, np.random.default_rng(0))
    drive = telos.drives.ResourceAcquisition().affordances(world)
    reading = telos.measure(problem, behavior, drive)
    return {
        "world": world,
        "goals": goals,
        "solution": telos.solve(problem),
        "behavior": behavior,
        "reading": reading,
    }


def test_every_noun_has_a_card(nouns):
    for noun in nouns.values():
        assert noun._repr_html_().startswith("<div><strong>")


@pytest.mark.parametrize(
    ("name", "rows"), [("world", 52), ("goals", 12), ("solution", 12), ("reading", 12)]
)
def test_a_frame_has_a_row_a_state_or_a_goal(nouns, name, rows):
    assert nouns[name].frame().height == rows


def test_the_frame_of_a_behavior_is_a_policy(nouns, world):
    frame = nouns["behavior"].frame(goal=3)
    assert frame["probability"].sum() == pytest.approx(world.size)


def test_the_frame_of_a_reading_names_categories_and_both_baselines(nouns):
    frame = nouns["reading"].frame()
    assert {"goal", "drive", "category", "baseline_actions", "baseline_outcomes"} <= set(
        frame.columns
    )
    assert set(frame["category"]) <= {c.name.lower() for c in telos.Category}


@pytest.mark.parametrize("name", ["world", "goals", "solution", "reading"])
def test_a_plot_is_a_chart_that_holds_its_own_data(nouns, name):
    assert '"values"' in nouns[name].plot().to_json()


def test_a_grid_draws_values_on_its_map_averaged_cell_by_cell(nouns, world):
    value = nouns["solution"].value[0]
    cells = world.draw(value, "V").to_dict()["data"]["values"]
    assert len(cells) == world.n_outcomes
    here = (world.features["row"] == 0) & (world.features["column"] == 0)
    first = next(cell for cell in cells if (cell["row"], cell["column"]) == (0, 0))
    assert first["value"] == pytest.approx(value[here].mean())


def test_a_world_on_no_grid_says_so(nouns):
    factory = telos.worlds.OffSwitch(rooms=2).build()
    with pytest.raises(telos.TelosError, match="only a world on a grid can be drawn"):
        factory.draw(np.zeros(factory.size))


def test_values_that_are_not_one_a_state_are_refused_with_the_remedy(nouns, world):
    with pytest.raises(telos.TelosError, match="Take the row of one goal"):
        world.draw(nouns["solution"].value)


def test_nothing_in_a_name_becomes_markup(world, goals):
    evil = "<script>alert(1)</script>\x1b[31m"
    hostile = dataclasses.replace(world, name=evil)
    labeled = dataclasses.replace(goals, label=(evil,) * goals.count)
    for card in (hostile._repr_html_(), labeled._repr_html_()):
        assert "<script" not in card
        assert "\x1b" not in card
        assert "&lt;script&gt;" in card
