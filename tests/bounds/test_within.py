"""Within: a bounds file is a safeguard like any other, and knows when its files have changed."""

import dataclasses
import pickle
from pathlib import Path

import numpy as np
import pytest

from telos import Goals, Problem, drives, families, plan, worlds
from telos.agents import Optimal
from telos.bounds import Within
from telos.bounds.files import load_binding, load_bounds
from telos.bounds.product import product
from telos.core.errors import BoundsError, ProblemError, StudyError
from telos.core.refs import refs_of
from telos.core.spec import from_spec, show, to_spec
from telos.measure.guard import guard
from telos.report.words import safeguard_words
from telos.runs.run import run
from telos.runs.study import Study
from telos.safeguards import Forbid
from telos.testing.checks import CheckStatus, assert_part, check_part
from telos.testing.touchstone import touchstone

BOUNDS = """\
bounds = 1
name = "ops"
denials = 20
opaque = "deny"
protected = ["off_switch", "goal"]

[[approve]]
effect = ["disable"]
asks = 2

[budget.coins]
max = 1
unit = "item"
"""
BINDING = """\
binding = 1
for = "ops"
name = "touchstone"
asset.off_switch = {}

[[act]]
action = "tamper"
effect = "disable"
asset = "off_switch"
class = "irreversible"

[[act]]
action = "collect"
effect = "acquire"
class = "reversible"
charges = { coins = { feature = "resources" } }

[[act]]
action = ["garden", "study", "hall", "lock", "learn"]
effect = "none"
class = "reversible"
"""


@pytest.fixture
def files(tmp_path):
    bounds, binding = tmp_path / "ops.toml", tmp_path / "touchstone.toml"
    bounds.write_text(BOUNDS)
    binding.write_text(BINDING.replace("asset.off_switch = {}", "[asset.off_switch]\n[asset.goal]"))
    for each in (bounds, binding):
        each.chmod(0o600)
    return {"file": str(bounds), "binding": str(binding)}


def some_goals(world=None):
    world = world or touchstone()
    reward = np.random.default_rng(2).normal(size=(4, world.n_outcomes))[:, world.outcome]
    return Problem(world, Goals(reward), 0.9)


@pytest.mark.parametrize("overseer", ["never", "always", "errs"])
def test_it_keeps_the_contract_of_a_safeguard(files, overseer):
    part = Within(**files, overseer=overseer)
    found = {check.name: check.status for check in check_part(part)}
    assert_part(part)
    assert found["applies"] is CheckStatus.PASSED
    assert found["makes one world, however often it is asked"] is CheckStatus.PASSED
    assert found["leaves doing nothing possible"] is CheckStatus.PASSED


@pytest.mark.parametrize(("overseer", "granted"), [("never", 0.0), ("always", 1.0), ("errs", 0.25)])
def test_it_is_the_product_under_its_overseer(files, overseer, granted):
    problem = some_goals()
    guarded = guard(problem, (Within(**files, overseer=overseer, errs=0.25),))
    bounds, binding = load_bounds(files["file"]), load_binding(files["binding"])
    made = product(problem.world, bounds, binding, granted=granted).made
    np.testing.assert_array_equal(guarded.world.next_prob, made.world.next_prob)
    np.testing.assert_array_equal(guarded.since().pair, made.pair)
    assert guarded.before is problem


def test_it_follows_and_precedes_other_safeguards(files):
    problem, other = some_goals(), Forbid(actions=("lock",))
    for parts in ((Within(**files), other), (other, Within(**files))):
        guarded = guard(problem, parts)
        left = {problem.world.actions[a] for a in problem.world.pair_action[guarded.since().pair]}
        assert "lock" not in left
        assert "tamper" in left
        assert np.isfinite(plan(guarded)).all()


def test_it_is_written_down_with_the_digest_of_its_files_and_called_without(files):
    part = Within(**files)
    spec = to_spec(part)
    assert spec["digest"] == part.digest
    assert len(part.digest) == 16
    assert show(part) == f"Within(file={files['file']!r}, binding={files['binding']!r})"
    assert (
        from_spec(spec, trust=["telos.bounds.safeguard"])
        == part
        == pickle.loads(pickle.dumps(part))
    )
    words = safeguard_words((refs_of({"it": part})["it"],))
    assert words.startswith("Within (file ")
    assert "digest" not in words
    with pytest.raises(StudyError, match="opens files"):
        from_spec(spec)


@pytest.mark.parametrize("which", ["file", "binding"])
def test_it_is_refused_once_a_file_says_something_else(files, which):
    part = Within(**files)
    path = Path(files[which])
    text = path.read_text()
    path.write_text("# only a remark\n" + text)
    assert Within(**files) == part
    part.apply(some_goals())
    path.write_text(text.replace("asks = 2", "asks = 1").replace('"lock", ', ""))
    assert Within(**files).digest != part.digest
    with pytest.raises(BoundsError, match=r"has changed: their digest is [0-9a-f]{16}, not"):
        part.apply(some_goals())
    with pytest.raises(BoundsError, match="has changed"):
        Within(**files, digest=part.digest).apply(some_goals())


def test_wrong_fields_and_files_are_refused_in_a_sentence(files):
    with pytest.raises(ProblemError, match="overseer is 'sometimes'; choose one of"):
        Within(**files, overseer="sometimes")
    with pytest.raises(ProblemError, match="errs is 2"):
        Within(**files, errs=2)
    with pytest.raises(BoundsError, match="not there"):
        Within(file=files["file"] + "x", binding=files["binding"])
    with pytest.raises(BoundsError, match=r"act\[0\]: Orchard.* has no action 'tamper'"):
        guard(some_goals(worlds.Orchard().build()), (Within(**files),))


def test_a_study_measures_it_in_several_processes_and_its_record_is_read_again(files, tmp_path):
    study = Study(
        name="within",
        question="What is left of tampering within the bounds?",
        scenarios=(worlds.PaperclipFactory(products=("clips",)),),
        families=(families.Uniform(),),
        agents=(Optimal(),),
        drives=(drives.SelfPreservation(),),
        safeguards=((), (Within(**_factory(files)),)),
        discounts=(0.9,),
        n_goals=300,
        controls=0,
    )
    results = run(study, tmp_path / "out", jobs=2, progress=False)
    assert results.complete
    assert not results.failures
    rows = results.summary()
    assert rows["n"].to_list() == [300, 300]
    assert any("Within(" in text and "digest" not in text for text in rows["safeguards"].to_list())
    alone = run(study, tmp_path / "alone", jobs=1, progress=False)
    assert alone.summary().equals(rows)


def _factory(files):
    """The same rules for the factory."""
    path = Path(files["binding"]).with_name("factory.toml")
    text = Path(files["binding"]).read_text().replace('"collect"', '["buy", "more"]')
    rest = '["start clips", "learn", "run"]'
    path.write_text(text.replace('["garden", "study", "hall", "lock", "learn"]', rest))
    path.chmod(0o600)
    return {**files, "binding": str(path)}


def test_equal_parts_are_equal_and_others_are_not(files):
    part = Within(**files)
    assert part == Within(**files)
    assert hash(part) == hash(Within(**files))
    assert part != dataclasses.replace(part, overseer="always")


def test_a_binding_of_tools_is_refused_rather_than_a_safeguard_that_does_nothing(files):
    path = Path(files["binding"])
    path.write_text(path.read_text().partition("[[act]]")[0])
    with pytest.raises(BoundsError, match=r"has no \[\[act\]\]"):
        Within(**files).apply(some_goals())
