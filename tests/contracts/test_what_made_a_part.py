"""No number stands in a table that other code, or another world, made than the one that the table is of."""

import dataclasses
import io
import sys

import polars as pl
import pytest

from telos import Study, agents, drives, families, run, worlds
from telos.core.record import Made
from telos.errors import StudyError
from telos.runs import jobs, made
from telos.runs.authors import authored
from telos.runs.jobs import Job, encode_jobs, perform, perform_encoded
from telos.runs.made import Making, fingerprint
from telos.runs.parts import find_former, find_parts
from telos.runs.plan import built, chunks, lay_out
from telos.runs.source import load_study
from telos.runs.trial import Trial

STUDY = Study(
    name="plain",
    question="Who made this?",
    scenarios=(worlds.OffSwitch(rooms=3),),
    families=(families.Uniform(),),
    agents=(agents.Optimal(), agents.UniformRandom()),
    drives=(drives.SelfPreservation(),),
    discounts=(0.5, 0.9),
    n_goals=40,
    controls=0,
)
CHUNKS = 4
HELPER = "CHANCE = {chance}\n"
MINE = '''
"""A study of an author's own world and agent; both read a number that is not in any key."""

import os
from dataclasses import dataclass

from telos import AbstractAgent, AbstractScenario, Study, agents, drives, explore, families

noise = float(os.environ.get("TELOS_TEST_NOISE", "0"))


@dataclass(frozen=True)
class Mine(AbstractScenario):
    """A hall from which one may be switched off."""

    def build(self):
        from {helper} import CHANCE

        def step(s):
            if s == "start":
                return {{"wait": {{"off": CHANCE, "start": 1 - CHANCE}}, "cut": "safe"}}
            return {{"wait": "safe", "a": "room", "b": "bay"}} if s == "safe" else {{"wait": s}}

        return explore("start", step, features={{"off": lambda s: float(s == "off")}}, default="wait")


@dataclass(frozen=True)
class Noisy(AbstractAgent):
    """Optimal, or not, as the environment says."""

    def behave(self, problem, rng):
        calm = agents.Optimal() if not noise else agents.Boltzmann(beta=1 / noise)
        return calm.behave(problem, rng)


STUDY = Study(
    name="mine",
    question="Is it the same world?",
    scenarios=(Mine(),),
    families=(families.Uniform(),),
    agents=(Noisy(),),
    drives=(drives.SelfPreservation(),),
    discounts=(0.3, 0.5, 0.7, 0.9),
    n_goals=30,
    controls=0,
)
'''


def _run(study, folder):
    return run(study, folder, jobs=1, progress=False)


def _parts(folder):
    return sorted((folder / "parts").glob("*.parquet"))


def _readings(folder):
    return (folder / "readings.parquet").read_bytes()


@pytest.fixture
def author(tmp_path, monkeypatch):
    """Writes the study of an author anew and loads it, as a new process would."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(tmp_path)
    names = ("telos_test_made_mine", "telos_test_made_helper")

    def forget():
        for name in names:
            sys.modules.pop(name, None)
        built.cache_clear()

    def write(chance=0.05, more=""):
        forget()
        (tmp_path / f"{names[1]}.py").write_text(HELPER.format(chance=chance))
        (tmp_path / f"{names[0]}.py").write_text(MINE.format(helper=names[1]) + more)
        return load_study(tmp_path / f"{names[0]}.py")

    yield write
    forget()


# -- what a part says --------------------------------------------------------------------------------


def test_a_part_says_in_its_name_and_in_its_file_what_made_it(tmp_path):
    _run(STUDY, tmp_path)
    planned = lay_out(STUDY)
    for path in _parts(tmp_path):
        stated = pl.read_parquet_metadata(io.BytesIO(path.read_bytes()))
        key = path.name.split("-")[0]
        (mine,) = [p.made for p in planned if p.trial.key == key]
        assert {name: stated[f"telos.{name}"] for name in mine.model_dump()} == mine.model_dump()
        assert mine.digest in path.name
        assert mine.source == ""  # all of it is Telos's


def test_the_key_of_a_trial_is_what_it_always_was():
    """Agents draw by it: what says who made a part must not be part of it."""
    trial = Trial(
        worlds.OffSwitch(rooms=3),
        families.Uniform(),
        agents.Optimal(),
        (drives.SelfPreservation(),),
        0.9,
    )
    assert (trial.key, trial.draw_key) == ("5e62e4c5aef869c2", trial.draw_key)


def test_a_part_under_another_name_is_not_whole(tmp_path):
    _run(STUDY, tmp_path)
    one, two = _parts(tmp_path)[:2]
    path = two.with_name(one.name)
    two.replace(path)
    parts = [part for found in find_parts(tmp_path / "parts").values() for part in found]
    assert [part.path.name for part in parts if not part.whole] == [path.name]
    assert _run(STUDY, tmp_path).computed == 2


# -- what is computed again --------------------------------------------------------------------------


def test_half_the_parts_of_another_world_give_the_numbers_of_one_run(author, tmp_path):
    _run(author(chance=0.05), tmp_path / "mixed")
    for path in _parts(tmp_path / "mixed")[:2]:
        path.unlink()
    again = _run(author(chance=0.9), tmp_path / "mixed")
    assert (again.computed, again.kept, again.others) == (4, 0, 2)
    whole = _run(author(chance=0.9), tmp_path / "whole")
    assert _readings(again.folder) == _readings(whole.folder)
    assert [p.name for p in _parts(again.folder)] == [p.name for p in _parts(whole.folder)]


def test_the_world_alone_tells_where_no_text_was_changed(tmp_path, monkeypatch):
    """A world may depend on what no text and no key says, a file or the weather."""
    _run(STUDY, tmp_path)
    real = worlds.OffSwitch.build
    monkeypatch.setattr(
        worlds.OffSwitch,
        "build",
        lambda self: dataclasses.replace(
            real(self), features={"off": 2 * real(self).features["off"]}
        ),
    )
    built.cache_clear()
    again = _run(STUDY, tmp_path)
    built.cache_clear()
    assert (again.computed, again.others) == (CHUNKS, CHUNKS)


def test_a_number_from_the_environment_that_an_agent_reads_tells_too(author, tmp_path, monkeypatch):
    _run(author(), tmp_path / "out")
    assert _run(author(), tmp_path / "out").computed == 0
    monkeypatch.setenv("TELOS_TEST_NOISE", "2")
    assert _run(author(), tmp_path / "out").computed == CHUNKS


@pytest.mark.parametrize("change", ["source", "helper", "telos"])
def test_what_changed_is_said_in_words(author, tmp_path, monkeypatch, capsys, change):
    _run(author(), tmp_path / "out")
    study = author(more="# edited\n") if change == "source" else author()
    if change == "helper":  # read off the text, though it is imported inside a function
        study = author(chance="0.05  # edited")
    if change == "telos":
        monkeypatch.setattr(made, "telos_code", lambda device: "another")
        monkeypatch.setattr(jobs, "telos_code", lambda device: "another")
    results = run(study, tmp_path / "out", jobs=1)
    assert (results.computed, results.kept) == (CHUNKS, 0)
    said = capsys.readouterr().err
    assert "4 chunks were made with something else" in said
    assert ("Telos, a library" if change == "telos" else "the author's source") in said


def test_parts_of_an_earlier_layout_are_computed_again_and_go_when_the_new_ones_are_there(
    tmp_path, monkeypatch
):
    _run(STUDY, tmp_path)
    for path in _parts(tmp_path):
        key, first, count, _, checksum = path.stem.split("-")
        path.rename(path.with_name(f"{key}-{first}-{count}-{checksum}.parquet"))
    assert len(find_former(tmp_path / "parts")) == CHUNKS
    real = agents.UniformRandom.behave
    monkeypatch.setattr(
        agents.UniformRandom,
        "behave",
        lambda *given: real(*given) if given[1].discount == 0.5 else 1 / 0,
    )
    failed = _run(STUDY, tmp_path)
    assert len(failed.failures) == 1
    assert len(find_former(tmp_path / "parts")) == CHUNKS  # nothing stands for them yet
    monkeypatch.undo()
    results = _run(STUDY, tmp_path)
    assert results.complete
    assert find_former(tmp_path / "parts") == []
    assert len(_parts(tmp_path)) == CHUNKS


def test_what_other_code_made_stays_until_all_of_the_new_is_there(tmp_path, monkeypatch):
    _run(STUDY, tmp_path)
    for name in (made, jobs):
        monkeypatch.setattr(name, "telos_code", lambda device: "another")
    monkeypatch.setattr(agents.UniformRandom, "behave", lambda *_: 1 / 0)
    with pytest.raises(StudyError, match="nothing could be computed"):
        _run(STUDY, tmp_path)
    assert len(_parts(tmp_path)) == CHUNKS
    monkeypatch.undo()
    assert _run(STUDY, tmp_path).kept == CHUNKS


# -- who computes ------------------------------------------------------------------------------------


@pytest.fixture
def job(tmp_path):
    plan = lay_out(STUDY)
    (chunk,) = chunks([(plan[0], 0, 8)])
    (tmp_path / "parts").mkdir()
    return Job(chunk, tmp_path / "parts", (plan[0].made,))


@pytest.mark.parametrize(
    ("field", "word"), [("world", "world"), ("source", "source"), ("telos", "Telos")]
)
def test_a_worker_with_something_else_computes_nothing_and_says_what(job, field, word):
    promised = job.made[0].model_copy(update={field: "f" * 16})
    with pytest.raises(StudyError, match=f"What differs there: .*{word}"):
        perform(dataclasses.replace(job, made=(promised,)))
    assert not list(job.folder.iterdir())


def test_a_worker_on_another_machine_refuses_too(job):
    promised = job.made[0].model_copy(update={"telos": "f" * 16})
    outcome = perform_encoded(encode_jobs([dataclasses.replace(job, made=(promised,))]))
    assert "does not compute with what the run was started with" in outcome.fault
    assert not list(job.folder.iterdir())


def test_a_world_that_is_another_each_time_is_refused(author, tmp_path):
    drawn = "\n\nimport itertools\n\ndrawn = itertools.count()\n"
    drawn += "first = Mine.build\n"
    drawn += "Mine.build = lambda self: __import__('dataclasses').replace("
    drawn += "first(self), features={'off': first(self).features['off'] + next(drawn)})\n"
    plan = lay_out(author(more=drawn))
    wanted = [(planned, 0, 8) for planned in plan]
    (tmp_path / "parts").mkdir()
    built.cache_clear()  # as in another process
    with pytest.raises(StudyError, match="the same each time that it is built"):
        perform(Job(chunks(wanted)[0], tmp_path / "parts", (plan[0].made,)))


# -- what counts as source ---------------------------------------------------------------------------


def test_source_is_what_a_part_is_defined_in_and_all_that_this_imports_wherever(
    tmp_path, monkeypatch
):
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "telos_test_sources"
    package.mkdir()
    texts = {
        "__init__.py": "",
        "maze.py": "from . import walls\ndef build():\n    from telos_test_sources.doors import DOOR\n",
        "walls.py": "import json, numpy",
        "doors.py": "import importlib\nDOOR = importlib.import_module('telos_test_sources.' + 'key')",
        "key.py": "KEY = 1",
        "apart.py": "",
    }
    for name, text in texts.items():
        (package / name).write_text(text)
    __import__("telos_test_sources.maze")
    __import__("telos_test_sources.doors")  # loads key by name
    found = authored(["telos_test_sources.maze", "telos.worlds.off_switch"])
    for name in list(sys.modules):
        if name.startswith("telos_test_sources"):
            del sys.modules[name]
    names = {"__init__.py", "maze.py", "walls.py", "doors.py", "key.py"}
    assert set(found.files) == {f"telos_test_sources/{name}" for name in names}
    assert [package.split()[0] for package in found.versions] == ["numpy"]
    assert not found.unread


def test_the_text_of_a_loaded_module_is_the_one_it_was_loaded_with(author, tmp_path):
    """Who edits a file while a notebook runs computes with what was loaded."""
    study = author()
    trial = study.trials()[0]
    before = Making().source(trial)
    path = tmp_path / "telos_test_made_mine.py"
    path.write_text(path.read_text() + "# edited\n")
    assert Making().source(trial) == before
    assert Making().source(author(more="# edited\n").trials()[0]) != before


def test_a_default_that_comes_from_the_environment_is_part_of_the_source(author):
    plain = author(more="\n\nclass Patient(Noisy):\n    patience = 3\n")
    trial = dataclasses.replace(
        plain.trials()[0], agent=sys.modules["telos_test_made_mine"].Patient()
    )
    before = Making().source(trial)
    sys.modules["telos_test_made_mine"].Patient.patience = 4
    assert Making().source(trial) != before


def test_a_world_differs_from_others_by_each_of_its_arrays_and_names():
    world = worlds.OffSwitch(rooms=3).build()
    changes = [
        {"next_prob": world.next_prob, "start": world.start[::-1]},
        {"features": {**world.features, "off": 1 - world.features["off"]}},
        {"features": {f"{name}_": values for name, values in world.features.items()}},
        {"actions": tuple(f"{name}_" for name in world.actions)},
        {"outcomes": tuple(f"{name}_" for name in world.outcomes)},
        {"default": None},
    ]
    prints = {fingerprint(dataclasses.replace(world, **change)) for change in changes}
    assert len({fingerprint(world), *prints}) == len(changes) + 1
    assert fingerprint(worlds.OffSwitch(rooms=3).build()) == fingerprint(world)


def test_what_differs_is_named_and_nothing_else():
    one = Made(world="a", source="b", telos="c")
    assert one.differs_from(one) == ()
    assert len(one.differs_from(Made())) == 3
    assert one.digest != Made(world="a", source="bc").digest


#: How an author may read a number that stands in no text, and how it is used.
HIDDEN = {
    "in a private name": ("_noise = float(os.environ['TELOS_TEST_HIDDEN'])", "_noise"),
    "in an array": ("LEVELS = np.loadtxt('levels.txt')", "LEVELS"),
    "in a private array": ("_levels = np.loadtxt('levels.txt')", "_levels"),
    "in a set": ("LEVELS = frozenset(np.loadtxt('levels.txt', ndmin=1).tolist())", "LEVELS"),
    "late": ("", "os.getenv('TELOS_TEST_HIDDEN')"),
    "in an object": ("class Deep: noise = os.environ['TELOS_TEST_HIDDEN']", "Deep.noise"),
    "as a default": ("def noise(at=os.environ['TELOS_TEST_HIDDEN']): return at", "noise()"),
}


@pytest.mark.parametrize("where", HIDDEN)
def test_a_number_from_outside_tells_wherever_it_is_kept(author, tmp_path, monkeypatch, where):
    monkeypatch.chdir(tmp_path)
    top, use = HIDDEN[where]
    more = f"\nimport numpy as np\n{top}\ndef used(): return {use}\n_remembered = {{}}\n"
    made_by = []
    for level in ("1.0", "0.2", "1.0"):
        (tmp_path / "levels.txt").write_text(level)
        monkeypatch.setenv("TELOS_TEST_HIDDEN", level)
        (trial, *_) = author(more=more).trials()
        made_by.append(Making().source(trial))
        sys.modules["telos_test_made_mine"]._remembered["a key"] = "what a module remembers"
        assert Making().source(trial) == made_by[-1]
    assert made_by[0] == made_by[2] != made_by[1]
