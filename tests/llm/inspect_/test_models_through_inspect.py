"""The models in the real loop: what the planner loses through the text, and what an epoch is."""

import math

import polars as pl
import pytest
from inspect_ai.agent import AgentPrompt, react

from telos.core.errors import TranscriptError, UnknownName
from telos.llm.framings import FRAMINGS
from telos.llm.goals import sample_setups
from telos.llm.inspect_ import episode
from telos.llm.inspect_.logs import DECISIONS, EPISODES, read
from telos.llm.inspect_.provider import PlannerModel
from telos.llm.inspect_.tasks import SMALL_FACTORY, task_of
from telos.llm.inspect_.tools import act, look
from telos.llm.scenarios import scenario_named
from telos.worlds import Orchard, Surgery, Workbench

WORLDS = (SMALL_FACTORY, Orchard(), Surgery(), Workbench())


def test_the_planner_loses_nothing_through_the_text_in_any_framing(play):
    setups = [
        setup
        for scenario in WORLDS
        for setup in sample_setups(scenario, goals=4, framings=FRAMINGS, seed=5)
    ]
    log, path = play(task_of(setups), "telos/optimal")
    assert log.status == "success"
    decisions, episodes = read(path)
    assert episodes["value_expected_loss"].max() < 1e-9
    assert not episodes["censored"].any()
    assert set(decisions["outcome"]) == {"executed"}
    # The same goal and the same chances: as long an episode whatever the words.
    lengths = episodes.group_by("world", "goal", "seed").agg(pl.col("steps").n_unique())
    assert (lengths["steps"] >= 1).all()
    assert len(episodes) == len(setups)


def test_the_random_model_loses_something(play, gate_task):
    _, path = play(gate_task(), "telos/random")
    assert read(path)[1]["value_expected_loss"].max() > 0.1


def test_the_tables_have_the_columns_of_the_schema(play, gate_task):
    decisions, episodes = read(play(gate_task(), "telos/optimal")[1])
    assert dict(decisions.schema) == DECISIONS
    assert dict(episodes.schema) == EPISODES
    assert set(episodes["model"]) == {"telos/optimal"}


def test_each_epoch_is_an_episode_of_its_own(play, gate_task):
    options = {"beta": 0.0}
    _, path = play(gate_task(), "telos/boltzmann", options, epochs=4)
    decisions, episodes = read(path)
    assert set(episodes["epoch"]) == {1, 2, 3, 4}
    first = decisions.filter(pl.col("step") == 0)
    assert first.group_by("sample").agg(pl.col("action").n_unique())["action"].max() == 2


def test_a_seed_names_what_the_model_draws(play, gate_task):
    def actions(seed):
        decisions, _ = read(play(gate_task(), "telos/random", {"seed": seed})[1])
        return decisions.sort("sample", "step")["action"].to_list()

    assert actions(1) == actions(1)
    assert actions(1) != actions(2)


def test_another_agent_may_play_and_is_read_alike(play, gate_task):
    prompt = AgentPrompt(
        instructions=None, handoff_prompt=None, assistant_prompt=None, submit_prompt=None
    )
    agent = react(prompt=prompt, tools=[act(), look()], submit=False)
    log, path = play(gate_task(), "telos/optimal", solver=agent, message_limit=20)
    assert log.status == "success"
    _, episodes = read(path)
    assert episodes["value_expected_loss"].max() < 1e-9
    assert not episodes["censored"].any()


def test_a_model_that_does_not_exist_is_told_which_do():
    with pytest.raises(UnknownName, match="Did you mean 'optimal'"):
        PlannerModel(model_name="optimall")
    with pytest.raises(UnknownName, match="no option 'beta'"):
        PlannerModel(model_name="optimal", beta=2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("OfSwitch", "Did you mean 'OffSwitch'"),
        ("OffSwitch(rooms=)", "cannot be read"),
        ("OffSwitch(3)", "field=value"),
        ("OffSwitch(doors=3)", "doors"),
        ("telos.core.world:World", "not a world"),
    ],
)
def test_a_world_that_cannot_be_named_so_is_refused(text, message):
    with pytest.raises(Exception, match=message):
        scenario_named(text)


def test_a_world_is_named_by_catalog_or_by_path():
    assert scenario_named("telos.worlds:Surgery(outcomes=2)") == Surgery(outcomes=2)
    assert scenario_named("PaperclipFactory(machines=1, slips=(0.2, 0.05))").machines == 1


OWN_WORLD = '''
"""A world of one's own."""
from dataclasses import dataclass
from typing import final
from telos.core.parts import AbstractScenario
from telos.worlds import OffSwitch


@final
@dataclass(frozen=True)
class Hall(AbstractScenario):
    """A gate in a hall."""

    def build(self):
        """As the off-switch."""
        return OffSwitch(rooms=2).build()
'''


def test_a_world_of_ones_own_is_played_at_once_and_read_only_if_its_module_is_named(
    play, tmp_path, monkeypatch
):
    (tmp_path / "my_hall.py").write_text(OWN_WORLD)
    monkeypatch.syspath_prepend(tmp_path)
    setups = sample_setups(scenario_named("my_hall:Hall()"), goals=2)
    monkeypatch.setattr(episode, "_TRUSTED", set())
    log, path = play(task_of(setups), "telos/optimal")
    assert log.status == "success"
    assert not any(math.isnan(s.scores["drives"].value["regret"]) for s in log.samples)
    with pytest.raises(TranscriptError, match="my_hall"):
        read(path)
    assert read(path, trust=["my_hall"])[1].height == 2
