"""Arms of a scenario whose doses are known in closed form: found exactly, named where they cannot be."""

import dataclasses

import numpy as np
import pytest

from assay.twins import Fixed, Twins
from telos.assay import AssayQuestion, assay, assaying
from telos.assay.bench import Bench, drives_told
from telos.assay.certify import changes_of
from telos.assay.parameters import parameters_of
from telos.assay.question import FRESH_FROM
from telos.core.assay import Assayed
from telos.core.errors import StudyError, UnknownName
from telos.core.goals import Goals
from telos.core.parts import AbstractGoalFamily
from telos.families import Uniform

GOALS, FRESH, DISCOUNT = 60, 400, 0.9


def _part_that_works(first, count):
    """Of a block of goals, the part that values work above rest."""
    world = Twins().build()
    goals = Uniform().sample(world, count, np.random.default_rng(0), first=first)
    work, rest = (world.outcomes.index(name) for name in ("work", "rest"))
    first_of = [int(np.flatnonzero(world.outcome == k)[0]) for k in (work, rest)]
    return float((goals.reward[:, first_of[0]] > goals.reward[:, first_of[1]]).mean())


@pytest.fixture(scope="module")
def found():
    return assay(Twins(), goals=GOALS, fresh=FRESH, discount=DISCOUNT)


def test_a_planted_pair_is_found_and_is_what_the_closed_form_says(found):
    assert found.drives == ["self_preservation", "cognitive_enhancement"]
    for pair, knob in zip(found.pairs, ("p", "q"), strict=False):
        assert pair.verdict == "certified", pair.why
        assert set(pair.low) | set(pair.high) == {knob}
        turned = pair.high.get(knob, 0.5) - pair.low.get(knob, 0.5)
        moved, other = sorted(pair.changes, key=lambda one: one.drive != pair.drive)
        expected = 100 * turned / 2 * _part_that_works(FRESH_FROM, FRESH)
        assert moved.estimate == pytest.approx(expected, abs=1e-6)
        assert moved.low < moved.estimate < moved.high
        assert other.estimate == pytest.approx(0.0, abs=1e-6)


def test_doses_of_decisions_are_what_the_closed_form_says(found):
    """Reached with weight discount / 2; worth p / discount to those who work, -1 / discount to others."""
    pair = found.pairs[0]
    part = _part_that_works(FRESH_FROM, 200)
    for dose in pair.advantages:
        p = getattr(pair, dose.arm).get("p", 0.5)
        mean = 100 * (part * p - (1 - part)) / DISCOUNT
        assert dose.mean == pytest.approx(mean, abs=1e-6)
        assert dose.reached == pytest.approx(DISCOUNT / 2)
        assert dose.positive == pytest.approx(part)
    for sign in pair.now_or_never:
        p = getattr(pair, sign.arm).get("p", 0.5)
        assert sign.mean == pytest.approx(100 * (part * p - (1 - part)) / 2, abs=1e-6)
        assert (sign.positive, sign.negative) == pytest.approx((part, 1 - part))


def test_a_placebo_that_may_be_the_drive_itself_is_not_exceeded(found):
    """In either room only quitting is left to draw besides, so every other draw is the drive."""
    assert [beside.accepted for beside in found.pairs[0].placebo] == [False, False]


def test_an_unused_knob_moves_nothing_and_flags_are_no_knobs(found):
    knobs = {one.name: one for one in found.knobs}
    assert set(knobs) == {"p", "q", "unused", "most", "visits"}
    assert set(knobs["unused"].moves.values()) == {0.0}
    assert knobs["unused"].side == "neither"
    assert knobs["p"].side == "without"
    assert knobs["p"].value_moved == pytest.approx(0.0, abs=1e-6)


def test_a_knob_is_turned_no_farther_than_the_scenario_allows(found):
    knobs = {one.name: one for one in found.knobs}
    assert 0.5 < knobs["p"].high <= 0.95
    assert knobs["most"].low >= 0.5


def test_swapping_the_arms_flips_the_signs():
    question = AssayQuestion(Twins(), goals=GOALS, fresh=FRESH, discount=DISCOUNT)
    bench = Bench(question, parameters_of(Twins()), drives_told(question)[0])
    block, low, high = (FRESH_FROM, FRESH), (("p", 0.2),), (("p", 0.6), ("q", 0.4))
    there, back = (changes_of(bench, *pair, block, 0) for pair in ((low, high), (high, low)))
    for one, other in zip(there, back, strict=True):
        assert one.estimate == pytest.approx(-other.estimate)
        assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    assert bench.arms == 2


def test_a_certificate_is_given_on_goals_that_nobody_has_looked_at(monkeypatch):
    """What fails is tried again, three times at most, and never on the same goals."""
    blocks = []

    def spied(bench, low, high, block, drive):
        blocks.append(block)
        return changes_of(bench, low, high, block, drive)

    monkeypatch.setattr("telos.assay.pairing.changes_of", spied)
    monkeypatch.setattr("telos.assay.pairing.shortfalls", lambda *_: ["it was so ordered"])
    drives = drives_told(AssayQuestion(Twins()))[0][:1]
    found = assay(Twins(), drives=drives, goals=GOALS, fresh=FRESH, discount=DISCOUNT)
    assert found.pairs[0].verdict == "one knob"
    assert "3 attempts" in found.pairs[0].why
    firsts = [first for first, _ in blocks]
    assert len(set(firsts)) == len(blocks) == 4
    assert min(firsts) >= FRESH_FROM


def test_a_missing_knob_is_named_by_what_the_drive_is_about():
    found = assay(Fixed(), goals=GOALS, fresh=FRESH, discount=DISCOUNT)
    lacking, other = found.pairs[:2]
    assert lacking.verdict == "out of reach"
    assert "`off`" in lacking.why
    assert lacking.ceiling == pytest.approx(0.0, abs=1e-6)
    assert other.verdict == "certified"


def test_a_drive_that_no_act_pursues_is_said_to_be_so(found):
    verdicts = {pair.drive: pair.verdict for pair in found.pairs[2:]}
    assert verdicts == {
        "goal_preservation": "cannot be told",
        "resource_acquisition": "cannot be told",
    }
    assert "resources" in found.pairs[-1].why


def test_what_was_finished_is_whole_after_each_drive():
    question = AssayQuestion(Twins(), goals=GOALS, fresh=FRESH, discount=DISCOUNT)
    stages = assaying(question)
    *_, first = (next(stages) for _ in range(3))
    assert len(first.pairs) == 1
    assert Assayed.model_validate_json(first.model_dump_json()) == first


class Both(AbstractGoalFamily):
    """Two goals: to work, and to rest."""

    def size(self, world):
        return 2

    def sample(self, world, n, rng, *, first=0):
        names = [str(world.outcomes[k]) for k in world.outcome]
        rewards = [[name == wanted for name in names] for wanted in ("work", "rest")]
        asked = slice(first, first + n)
        return Goals(np.array(rewards[asked], float), ("work", "rest")[asked])


def test_a_finite_list_has_every_goal_s_dose_and_no_error():
    found = assay(Twins(), family=Both(), discount=DISCOUNT)
    pair = found.pairs[0]
    assert (pair.verdict, pair.goals) == ("certified", 2)
    moved = pair.changes[0]
    turned = pair.high.get("p", 0.5) - pair.low.get("p", 0.5)
    assert moved.each == pytest.approx({"work": 50 * turned, "rest": 0.0}, abs=1e-6)
    assert (moved.error, moved.low, moved.high) == (0.0, moved.estimate, moved.estimate)


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        ({"scenario": "Twins"}, StudyError, "scenario"),
        ({"scenario": Twins}, StudyError, "scenario"),
        ({"knobs": ("r",)}, UnknownName, "'r'"),
        ({"goals": 3}, ValueError, "goals"),
        ({"fresh": 10**7}, ValueError, "fresh"),
        ({"discount": 1.0}, ValueError, "discount"),
        ({"seed": -1}, ValueError, "seed"),
        ({"size": 0.0}, ValueError, "size"),
        ({"family": 7}, StudyError, "family"),
    ],
)
def test_what_cannot_be_asked_is_refused(asked, error, said):
    with pytest.raises(error, match=said):
        dataclasses.replace(AssayQuestion(Twins()), **asked)
