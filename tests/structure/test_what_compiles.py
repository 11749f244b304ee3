"""How much the first solves on a machine compile: a count, since the time depends on the machine."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.long  # it compiles every kernel anew

#: Two solves in a fresh process with nothing compiled: a deterministic and a stochastic world.
FIRST_SOLVES = """
import json
import numba.core.event as event

compiled = []

class Recorder(event.Listener):
    def on_start(self, start):
        compiled.append(start.data["dispatcher"].py_func.__module__)

    def on_end(self, end):
        pass

event.register("numba:compile", Recorder())

import numpy as np
from telos import Goals, Problem, explore, solve
from telos.solve.layout import kernels

counts = {}
for name, ahead in (("deterministic", lambda s: s + 1), ("stochastic", lambda s: {s: 0.5, s + 1: 0.5})):
    world = explore(0, lambda s: {"wait": s, "go": ahead(s)} if s < 4 else {"wait": s})
    goals = Goals(np.eye(world.size))
    before = len(compiled)
    problem = Problem(world, goals, 0.9)
    solve(problem)
    solve(problem, minimize=True)
    solve(problem, tolerance=1e-6, start=np.zeros((5, world.size)))
    counts[name] = len(compiled) - before
    counts[name + ", Numba's own"] = sum(m.startswith("numba") for m in compiled[before:])
counts["overloads"] = len(kernels().goals.solve_goals.overloads)

from telos import agents, drives, measure, worlds
from telos.solve.ready import compile_for, kind_of

world = worlds.OffSwitch(rooms=2).build()
compile_for(kind_of(world, None))
before = len(compiled)
problem = Problem(world, Goals(np.eye(world.size)), 0.9)
affordance = drives.SelfPreservation().affordances(world)
behavior = agents.Optimal().behave(problem, np.random.default_rng(0))
measure(problem, behavior, affordance)
counts["after compile_for"] = len(compiled) - before
print(json.dumps(counts))
"""


@pytest.fixture(scope="module")
def counts(tmp_path_factory):
    """What was compiled by the first solves, as numbers of functions."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path_factory.mktemp("cache"))}
    done = subprocess.run(
        [sys.executable, "-c", FIRST_SOLVES],
        env=environment, capture_output=True, text=True, check=False, timeout=1800,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_solve_compiles_few_functions(counts):
    """156 and 145 before the solvers of the two kinds of world were kept apart."""
    assert counts["deterministic"] <= 55, counts
    assert counts["stochastic"] <= 55, counts


def test_kernels_draw_in_few_functions_of_numba(counts):
    """Slice assignments and the like bring theirs, with the text of errors that cannot occur."""
    assert counts["deterministic, Numba's own"] <= 12, counts
    assert counts["stochastic, Numba's own"] <= 15, counts


def test_arrays_that_can_be_written_to_compile_nothing_more(counts):
    """Whatever arrays a caller passes and whichever way it solves, kernels see one pattern of flags."""
    assert counts["overloads"] == 2, counts


def test_what_is_compiled_before_workers_start_is_all_that_they_need(counts):
    assert counts["after compile_for"] == 0, counts
