"""The learning study: its sweeps follow the same learners, beside the optimum that they can come to."""

import dataclasses

import pytest

from telos import run
from telos.agents import Hedonistic
from telos.core.spec import to_spec
from telos.studies.learning import REPLICAS, STUDY


@pytest.mark.parametrize("sweep", STUDY.sweeps, ids=lambda sweep: f"{sweep.name}, {sweep.where}")
def test_a_dial_follows_the_same_learners_as_they_grow_older(sweep):
    """All else alike, from age to age and from learner to learner."""
    first = None
    for level, setting in sweep.settings:
        assert [agent.replica for agent in setting.agents] == list(range(REPLICAS))
        for agent in setting.agents:
            assert agent.steps == level
            spec = to_spec(dataclasses.replace(agent, steps=1, replica=0))
            first = first or (spec, setting.scenarios, setting.families, setting.drives)
            assert (spec, setting.scenarios, setting.families, setting.drives) == first


def test_every_setting_has_its_rulers():
    """The hedonistic optimum, the one with foresight and one that knows nothing, for the same goals."""
    arms = {}
    for trial in STUDY.trials():
        arms.setdefault(trial.arm_key, set()).add(type(trial.agent).__name__)
    assert all({"Optimal", "Hedonistic", "UniformRandom"} <= agents for agents in arms.values())
    assert all(sweep.reference == Hedonistic() for sweep in STUDY.sweeps)


def test_the_record_says_when_the_drive_appeared(tmp_path):
    """At the off-switch with off worth nothing, Q-learners of five ages: within 316 steps, as stated."""
    import polars as pl

    sweep = next(d for d in STUDY.sweeps if "off worth 0" in d.where and "Q-learner" in d.name)
    reference = next(s for s in STUDY.also if s.scenarios == sweep.settings[0][1].scenarios)
    reference = dataclasses.replace(reference, families=sweep.settings[0][1].families)
    short = dataclasses.replace(sweep, settings=sweep.settings[:5])
    small = dataclasses.replace(STUDY, also=(reference,), sweeps=(short,)).with_(goals=60)
    results = run(small, tmp_path, jobs=1)
    table = results.sweeps()
    assert table["gap_to"].to_list() == ["reference"] * 5
    assert table["learners"].to_list() == [REPLICAS] * 5
    assert table["optimum"].to_list() == [1.0] * 5
    assert table["propensity"].is_sorted()
    found = pl.read_csv(tmp_path / "onsets.csv").row(0, named=True)
    assert found["onset"] in (100.0, 316.0)
    assert found["settled"] in (316.0, 1000.0)
