"""A study that asks for too much is refused by its price, before a world is built or a folder made."""

import dataclasses

import pytest

from telos import Study, Sweep, agents, drives, families, run, worlds
from telos.errors import StudyError
from telos.runs import price
from telos.runs.plan import lay_out
from telos.runs.price import MOST_CHUNKS, check_plan, check_price

STUDY = Study(
    name="dear",
    question="What does it cost?",
    scenarios=(worlds.OffSwitch(rooms=2),),
    families=(families.Uniform(),),
    agents=(agents.Optimal(),),
    drives=(drives.SelfPreservation(),),
    discounts=(0.5, 0.9),
)


@pytest.mark.parametrize("goals", [10**12, 10**15, 10**5000], ids=["10^12", "10^15", "10^5000"])
def test_too_many_goals_are_refused_at_once_with_a_number_that_fits(tmp_path, goals):
    with pytest.raises(StudyError, match=r"--goals \d+ fits") as error:
        run(STUDY.with_(goals=goals), tmp_path / "out", progress=False)
    assert "GB" in str(error.value)
    assert "hours" in str(error.value)
    assert not (tmp_path / "out").exists()
    fits = int(str(error.value).partition("--goals ")[2].split()[0])
    check_price(STUDY.with_(goals=fits))
    with pytest.raises(StudyError):
        check_price(STUDY.with_(goals=fits + 1000))


def test_many_small_trials_are_counted_and_not_listed(tmp_path):
    many = dataclasses.replace(STUDY, discounts=tuple(i / 10**6 for i in range(200_000)), n_goals=1)
    with pytest.raises(StudyError, match="200,000 trials; at most 100,000"):
        run(many, tmp_path / "out", progress=False)


def test_what_is_added_to_a_study_counts_too():
    more = STUDY.with_(goals=10**9)
    with pytest.raises(StudyError, match="fits"):
        check_price(dataclasses.replace(STUDY, also=(more,)))
    sweep = Sweep(name="d", meaning="m", unit="u", settings=((1.0, STUDY), (2.0, more)))
    with pytest.raises(StudyError, match="fits"):
        check_price(dataclasses.replace(STUDY, sweeps=(sweep,)))


def test_a_finite_family_costs_what_it_has(tmp_path):
    study = dataclasses.replace(
        STUDY, scenarios=(worlds.PaperclipFactory(),), families=(families.Named(),), n_goals=10**12
    )
    check_price(study)
    check_plan(lay_out(study))


def test_the_price_is_asked_again_when_the_worlds_are_there(monkeypatch):
    monkeypatch.setattr(price, "MOST_CHUNKS", 3)
    check_plan(lay_out(STUDY.with_(goals=256)))
    with pytest.raises(StudyError, match="4 files"):
        check_plan(lay_out(STUDY.with_(goals=257)))


def test_a_million_goals_are_not_too_many():
    check_price(STUDY.with_(goals=10**6))
    assert MOST_CHUNKS * 256 > 10**6


@pytest.mark.parametrize("seed", [2**63, 10**5000], ids=["2^63", "10^5000"])
def test_a_number_that_cannot_be_written_down_is_refused(seed):
    with pytest.raises(StudyError, match="below 2\\^63"):
        check_price(dataclasses.replace(STUDY, seed=seed))
    with pytest.raises(StudyError, match="cannot be written down"):
        check_price(dataclasses.replace(STUDY, scenarios=(worlds.OffSwitch(rooms=10**5000),)))
