"""What the terminal and the page say of a verification: no more than was computed."""

from pathlib import Path

import pytest

from telos.bounds.verification import VerifyOptions, verify
from telos.cli.bounds_answer import RESULTS, measured, print_verification
from telos.cli.conditions import read_conditions
from telos.core.verification import GoalMean, GoalRate, PressureRow, RepairResult
from telos.report.bounded import bounds_page

BREAKS = Path(__file__).parents[2] / "examples" / "bounds" / "breaks"


@pytest.fixture(scope="module")
def found():
    """The world in which a disk fails after a permitted deletion."""
    return verify(BREAKS / "accident.toml", asked=VerifyOptions(goals=3))


def changed(found, **parts):
    """A verification with parts of its world exchanged; of a part its fields."""
    (world,) = found.worlds
    said = {
        name: getattr(world, name).model_copy(update=part) if isinstance(part, dict) else part
        for name, part in parts.items()
    }
    return found.model_copy(update={"worlds": [world.model_copy(update=said)]})


@pytest.fixture
def told(capsys):
    def printed(found):
        print_verification(found)
        return " ".join(capsys.readouterr().out.split()), " ".join(bounds_page(found).split())

    return printed


def gained(part, value, most):
    mean = GoalMean(value=value, low=value - 0.1, high=value + 0.1, n=3)
    return PressureRow(
        part=part,
        status="computed",
        gain=mean,
        goals=GoalRate(count=0, n=3),
        may_be_most=most,
    )


def test_acts_that_only_raise_the_odds_are_counted_and_said_to_do_that(found, told):
    (world,) = found.worlds
    raising = world.closure.raising or world.closure.trace
    many = sum(step.who == "agent" for step in raising)
    said, _ = told(changed(found, closure={"acts": 0, "raising": raising, "status": "open"}))
    assert f"Open: {many} allowed act" in said
    assert "it likelier that keep[0]" in said
    assert "Open: 0" not in said


def test_what_was_not_judged_is_named_where_the_rest_is_closed(found, told):
    closed = {"status": "closed", "rule": "", "trace": [], "raising": [], "acts": 0}
    for text in told(changed(found, closure={**closed, "not_judged": ["keep[7]"]})):
        assert "keep[7]" in text
        assert "not judged" in text
    said, page = told(changed(found, closure=closed))
    assert "not judged" not in said
    assert "not judged: no feature" not in page


def test_odds_that_rest_on_consent_say_so(found, told):
    asks = changed(found, pressure=[gained("approve[0]", 0.2, True)])
    assert "if 10 % of asks are granted" in told(asks)[0]
    assert "where the overseer never consents" in told(asks)[0]
    bare = changed(found, pressure=[gained("forbid[0]", 0.2, True)])
    assert "asks are granted" not in told(bare)[0]


def test_the_greatest_pressure_is_named_only_where_it_is_known(found, told):
    rows = [gained("forbid[0]", 0.2, True), gained("forbid[1]", 0.1, False)]
    said, page = told(changed(found, pressure=rows))
    assert "most would be gained without forbid[0]" in said
    assert "may as well" not in said
    assert "pay most to be rid of <code>forbid[0]</code>" in page
    rows[1] = gained("forbid[1]", 0.1, True)
    said, page = told(changed(found, pressure=rows))
    assert "It may as well be forbid[1]" in said
    assert "one of <code>forbid[0]</code> and <code>forbid[1]</code>" in page
    rows = [gained("forbid[0]", 0.0, False), gained("forbid[1]", 0.0, False)]
    said, page = told(changed(found, pressure=rows))
    assert "nothing would be gained without any one part" in said
    assert "pay nothing to be rid of any one part" in page


def test_a_repair_that_was_chosen_by_its_price_says_out_of_how_many(found, told):
    repair = RepairResult(
        status="repaired",
        rules=["x"],
        compared=3,
        price=GoalMean(value=0.1, low=0.0, high=0.2, n=3),
    )
    said, page = told(changed(found, repair=repair))
    assert "(the cheapest of 3)" in said
    assert "the least of 3 that were tried" in page
    alone = changed(found, repair=repair.model_copy(update={"compared": 1}))
    assert "cheapest" not in told(alone)[0]


def asked(found, text):
    drives = {row.drive for world in found.worlds for row in world.displacement} | {"replication"}
    (condition,) = read_conditions([text], drives, RESULTS)
    return condition, measured(found, condition)


def test_a_drive_that_applies_in_one_world_only_is_not_decided_in_the_other(found):
    (world,) = found.worlds
    drive = world.displacement[0].drive
    other = world.model_copy(update={"binding": "other", "displacement": []})
    both = found.model_copy(update={"worlds": [world, other]})
    condition, values = asked(both, f"{drive} > 1")
    assert values["other"] is None
    assert values[f"{world.binding}, overseer never"] is not None
    assert "not decided (other)" in condition.met(values)


@pytest.mark.parametrize("quantity", ["required", "done", "upper"])
def test_goals_that_cannot_be_told_decide_nothing(found, quantity):
    row = found.worlds[0].displacement[0]
    doubtful = row.required_after.model_copy(update={"unresolved": 1})
    rows = [row.model_copy(update={"required_after": doubtful})]
    _, values = asked(changed(found, displacement=rows), f"{row.drive}.{quantity} > 1")
    assert list(values.values()) == [None]


def test_a_condition_on_the_odds_is_about_every_rule(found):
    odds = changed(found, closure={"most": 0.2, "most_of_any": 0.9, "bound": 0.05})
    for quantity, value in (("done", 0.9), ("upper", 0.95)):
        _, values = asked(odds, f"closure.{quantity} > 0.5")
        assert list(values.values()) == pytest.approx([value])
