"""Chunks that are computed together leave the parts that each alone would leave."""

from pathlib import Path

import numpy as np
import pytest

from telos import Problem, Study, agents, drives, families, worlds
from telos.core.errors import ProblemError
from telos.core.goals import Goals
from telos.runs import plan as planning
from telos.runs.jobs import Job, done, perform
from telos.runs.parts import find_parts
from telos.runs.plan import chunks, lay_out
from telos.solve.policies import evaluate, visit

STUDY = Study(
    name="many",
    question="Do chunks leave the same parts together as alone?",
    scenarios=(worlds.OffSwitch(rooms=3),),
    families=(families.Uniform(),),
    agents=(agents.Optimal(), agents.Boltzmann()),
    drives=(drives.SelfPreservation(),),
    discounts=(0.9,),
    n_goals=70,
)


def test_parts_are_the_same_to_the_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "LARGEST", 16)
    planned = lay_out(STUDY)[0]
    wanted = [(planned, first, count) for first, count in planned.chunks()]
    files = []
    for many in (100, 5):
        monkeypatch.setattr(planning, "MANY", many)
        folder = tmp_path / f"{many}"
        folder.mkdir()
        todo = [Job(chunk, folder, (planned.made,)) for chunk in chunks(wanted)]
        assert len(todo) == (5 if many == 100 else 2)
        for job in todo:
            assert not perform(job).failure
            assert done(job, find_parts(folder))
        files.append({path.name: path.read_bytes() for path in folder.iterdir()})
        next(folder.glob("*-00000048-*")).unlink()
        assert not all(done(job, find_parts(folder)) for job in todo)
    assert len(files[0]) == 5
    assert files[0] == files[1]


def test_only_planners_are_computed_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "LARGEST", 16)
    monkeypatch.setattr(planning, "MANY", 2)
    both = [(planned, *each) for planned in lay_out(STUDY) for each in planned.chunks()]
    assert len(chunks(both)) == 5
    gap = [each for each in both if each[0].trial.agent == agents.Optimal() and each[1] != 16]
    assert [(chunk.first, chunk.count) for chunk in chunks(gap)] == [(0, 16), (32, 38)]


def test_a_policy_is_looked_through_again_when_it_may_have_changed() -> None:
    world = worlds.OffSwitch(rooms=1).build()
    problem = Problem(world, Goals(np.ones(world.size)), 0.9)
    policy = np.array([[0.25, 0.75, 1.0, 1.0, 1.0]])
    evaluate(problem, policy)
    policy[0, 0] = 0.5
    with pytest.raises(ProblemError, match="must be a distribution"):
        evaluate(problem, policy)
    with pytest.raises(ProblemError, match="must be a distribution"):
        visit(world, policy, np.ones(world.size, np.bool_))
