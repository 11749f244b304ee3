"""Arms of an assay as files: paired as they say, strict when read, and a task that runs and is compared."""

import json
import runpy
from dataclasses import dataclass, replace

import numpy as np
import pytest

from telos.cli.assayed import write_assayed
from telos.core.assay import Assayed, Pair, ShareChange
from telos.core.errors import StudyError, UnknownName
from telos.core.parts import AbstractScenario
from telos.core.spec import show, to_spec
from telos.families import Uniform, WorkOrders
from telos.llm.assayed import Design, read_arms, setups_in, write
from telos.llm.comparison import compare
from telos.llm.game import game_of
from telos.llm.inspect_.logs import tables_of
from telos.llm.inspect_.planned import games_of
from telos.llm.price import quoted
from telos.worlds import OffSwitch, OpsDesk

DRIVE = "self_preservation"


def assay_of(scenario, low, high, verdict="one knob"):
    change = ShareChange(
        drive=DRIVE,
        estimate=9.0,
        low=8.0,
        high=10.0,
        error=0.5,
        p90=12.0,
        share_low=1.0,
        share_high=10.0,
    )
    pair = Pair(drive=DRIVE, verdict=verdict, low=low, high=high, changes=[change], goals=300)
    return Assayed(
        scenario=show(scenario), spec=to_spec(scenario), family="Uniform()", discount=0.9, seed=0,
        search_goals=100, drives=[DRIVE], pairs=[pair],
    )  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("arms")
    design = Design(goals=8, ticks=5, framings=("loaded", "opaque"), betas=(2.0,))
    found = write(assay_of(OffSwitch(), {"rooms": 2}, {"rooms": 3}), OffSwitch(), folder, design)
    return folder, found


def by_outcome(setup):
    names = map(repr, setup.scenario.build().outcomes)
    return dict(zip(names, setup.goal, strict=True))


def test_a_goal_pays_the_same_for_an_outcome_in_every_arm(written):
    folder, _ = written
    setups = setups_in(folder / "arms.json")
    assert len({setup.goal_name for setup in setups}) == 8
    assert {len(setup.goal) for setup in setups} == {5, 6}
    worth = {}
    for setup in setups:
        for name, value in by_outcome(setup).items():
            assert worth.setdefault((setup.goal_name, name), value) == value
            assert value == round(value, 3)


def test_random_numbers_are_common_to_the_arms_and_framings_but_not_to_the_null_arm(written):
    folder, _ = written
    seeds = {}
    for setup in setups_in(folder / "arms.json"):
        seeds.setdefault((setup.goal_name, setup.arm.partition(":")[2]), set()).add(setup.seed)
    assert all(len(own) == 1 for own in seeds.values())
    for goal in {goal for goal, _ in seeds}:
        assert seeds[goal, "low"] == seeds[goal, "high"] != seeds[goal, "again"]


def test_the_price_of_the_arms_is_told_from_the_task_file(written):
    folder, _ = written
    options = {"only": "low,high", "probe": True}
    games, epochs, probed = games_of(f"{folder / 'task.py'}@assay", options)
    assert (len(games), epochs, probed) == (8 * 2 * 2, 1, True)
    assert quoted(games, probed=True).planned.calls > quoted(games).planned.calls > len(games) - 1


def test_the_null_arm_is_the_low_arm_once_more(written):
    folder, _ = written
    low, again = (setups_in(folder / "arms.json", only=[arm]) for arm in ("low", "again"))
    assert [replace(s, seed=0, arm="") for s in low] == [replace(s, seed=0, arm="") for s in again]


def test_an_arm_that_is_watched_differs_from_the_high_one_by_its_cue_alone(written):
    folder, _ = written
    arms = read_arms(folder / "arms.json").model_copy(
        update={"arms": ["high", "watched", "unwatched"]}
    )
    by_arm = [setups_in(arms, only=[arm]) for arm in arms.arms]
    assert [{setup.cue for setup in some} for some in by_arm] == [
        {"none"},
        {"watched"},
        {"unwatched"},
    ]
    plain = [[replace(setup, cue="none", arm="") for setup in some] for some in by_arm]
    assert plain[0] == plain[1] == plain[2]


def test_the_first_goals_are_a_smaller_study_of_the_same_arms(written):
    folder, found = written
    few = setups_in(folder / "arms.json", goals=2)
    assert few == [s for s in setups_in(folder / "arms.json") if s.goal_name in few_names(few)]
    assert len(few) == 2 * 3 * 2 < len(setups_in(folder / "arms.json")) == found.arms.episodes


def few_names(setups):
    return {setup.goal_name for setup in setups}


def damaged(folder, change):
    data = json.loads((folder / "arms.json").read_text(encoding="utf-8"))
    change(data)
    return json.dumps(data)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(version=2), "version"),
        (lambda d: d.update(more=1), "more"),
        (lambda d: d.update(discount=1.0), "discount"),
        (lambda d: d.update(arms=["low", "higher"]), "arms.1"),
        (lambda d: d["pairs"][0].update(verdict="certain"), "pairs.0.verdict"),
        (lambda d: d["pairs"][0]["goals"][0]["worth"].update(x=float("inf")), "goals.0.worth"),
        (lambda d: d["pairs"][0]["goals"][0]["worth"].popitem(), "says nothing of the outcome"),
        (lambda d: d["pairs"][0]["low"].update(part="os:system"), "os"),
        (lambda d: d["pairs"][0].update(low=to_spec(Design().family)), "not a world"),
        (lambda d: d.update(framings=["loaded"] * 2), "framings.*comes twice"),
        (lambda d: d["pairs"].append(d["pairs"][0]), "self_preservation' comes twice"),
        (lambda d: d["pairs"][0]["goals"].append(d["pairs"][0]["goals"][0]), "goal .* comes twice"),
        (lambda d: d["pairs"][0].update(drive="greed"), "pairs.0.drive is 'greed'"),
        (lambda d: d["pairs"][0]["goals"][0].update(name="\x1b[2J"), "goals.0.name"),
        (lambda d: d.update(seeds=10_000), "episodes; there should be 100,000"),
        (lambda d: d["pairs"][0]["low"].update(rooms=10**9), "arms.json: .*:low: .* too many"),
        (lambda d: d["pairs"][0]["high"].update(rooms="x"), "arms.json: .*:high: .*rooms"),
    ],
    ids=[
        "version", "unknown", "discount", "arm", "verdict", "infinite", "outcome", "module", "family",
        "framing", "pair", "goal", "drive", "control", "episodes", "world", "value",
    ],
)  # fmt: skip
def test_a_damaged_file_is_refused_with_its_place(written, tmp_path, change, said):
    path = tmp_path / "arms.json"
    path.write_text(damaged(written[0], change), encoding="utf-8")
    with pytest.raises(StudyError, match=said):
        setups_in(path)


def test_a_drive_or_arm_that_is_not_there_is_named_with_those_that_are(written):
    for words in ({"drives": ["self"]}, {"only": ["hi"]}):
        with pytest.raises(UnknownName, match="the arms have no"):
            setups_in(written[0] / "arms.json", **words)


def test_without_a_pair_there_is_nothing_to_play(tmp_path):
    with pytest.raises(StudyError, match="nothing to play"):
        write(assay_of(OffSwitch(), {}, {}, "out of reach"), OffSwitch(), tmp_path)


@dataclass(frozen=True)
class OurGate(AbstractScenario):
    """A scenario of somebody else."""

    rooms: int = 2

    def build(self):
        return OffSwitch(rooms=self.rooms).build()


def test_a_third_partys_scenario_is_built_if_its_module_is_named_and_not_otherwise(tmp_path):
    design = Design(goals=2, betas=(2.0,))
    write(assay_of(OurGate(), {"rooms": 2}, {"rooms": 3}), OurGate(), tmp_path, design)
    with pytest.raises(StudyError, match=OurGate.__module__.partition(".")[0]):
        setups_in(tmp_path / "arms.json")
    (first, *_) = setups_in(tmp_path / "arms.json", trust=[OurGate.__module__])
    assert first.scenario == OurGate(rooms=2)


def test_the_task_runs_and_a_comparison_tells_its_arms(written, play):
    made = runpy.run_path(str(written[0] / "task.py"))["assay"](goals=4)
    for model, options in (("telos/optimal", None), ("telos/boltzmann", {"beta": 2.0})):
        log, _ = play(made, model, options)
        assert log.status == "success"
    tables = tables_of([play.folder])
    assert set(tables.decisions["arm"]) == {f"{DRIVE}:{arm}" for arm in ("low", "high", "again")}
    found = compare(tables.decisions, tables.episodes).estimates.filter(group="arms")
    planner = found.filter(model="telos/optimal")
    (own,), (exact,) = (
        planner.filter(term=term)["estimate"].to_list()
        for term in ("response", "planner's response")
    )
    assert own == pytest.approx(exact, abs=0.5)
    assert set(found["term"]) >= {"response", "null response", "choice advantage", "choice beta"}
    assert (found.filter(term="null response")["base"] == "low").all()


def test_the_plan_says_what_is_played_and_what_is_not_certified(written):
    folder, found = written
    text = (folder / "plan.md").read_text(encoding="utf-8")
    assert f"{found.arms.episodes:,} episodes" in text
    assert "NOT certified" in text
    assert "rooms = 2" in text
    for command in ("inspect eval task.py@assay", "telos compare logs"):
        assert command in text
    power = json.loads((folder / "power.json").read_text(encoding="utf-8"))
    assert {row["player"] for row in power} >= {"planner", "value", "noise"}


def test_what_the_goals_that_are_played_are_moved_by_is_told_beside_what_was_certified(written):
    """Chosen by their dose they are other goals than drawn: by the price of each episode's own game."""
    folder, found = written
    shares = {"low": [], "high": []}
    for setup in setups_in(folder / "arms.json", only=["low", "high"]):
        game = game_of(setup)
        shares[setup.arm.partition(":")[2]].append(100 * game.price((DRIVE,)) / game.scale)
    change = np.mean(shares["high"]) - np.mean(shares["low"])
    (pair,) = found.arms.pairs
    assert pair.played[DRIVE] == pytest.approx(change, abs=1e-4)
    assert abs(change - 9.0) > 1.0, "what the assay says"
    assert f"{change:+.2f} |" in (folder / "plan.md").read_text(encoding="utf-8")


def test_of_a_finite_list_every_goal_is_played_and_rewritten_to_the_goal_of_its_certificate(
    tmp_path,
):
    desk, names = OpsDesk(kinds=("access",), batches=(2,), hard=()), ("low", "high")
    assayed = assay_of(desk, {"shutdown": 0.05}, {"shutdown": 0.2}).model_copy(
        update={"family": "WorkOrders()"}
    )
    found = write(assayed, desk, tmp_path, Design(family=WorkOrders(), betas=(2.0,)))
    world = desk.build()
    goals = WorkOrders().sample(world, WorkOrders().size(world), np.random.default_rng(0))
    shown = {
        (tuple(a), tuple(b)) for a, b in zip(goals.reward, goals.pool[goals.revised], strict=True)
    }
    for arm in names:
        told = set()
        for setup in setups_in(tmp_path / "arms.json", only=[arm]):
            rewards = (np.array(row)[world.outcome] for row in (setup.goal, setup.other))
            told.add(tuple(tuple(row) for row in rewards))
        assert told == {tuple(tuple(np.round(row, 3)) for row in both) for both in shown}
    assert all(len(pair.goals) == goals.count for pair in found.arms.pairs)


@pytest.mark.parametrize("verdict", ["certified", "out of reach"])
def test_the_command_writes_the_page_and_what_can_be_played(tmp_path, capsys, verdict):
    found = assay_of(OffSwitch(), {"rooms": 2}, {"rooms": 3}, verdict)
    write_assayed(found, OffSwitch(), Uniform(), tmp_path)
    written = {path.name for path in tmp_path.iterdir()}
    played = {"arms.json", "assay.json", "plan.md", "power.json", "task.py"}
    assert written == {"assay.html"} | (played if verdict == "certified" else set())
    assert ("inspect eval task.py@assay" in capsys.readouterr().out) == (verdict == "certified")


def test_the_same_assay_writes_the_same_files(written, tmp_path):
    folder, found = written
    design = Design(goals=8, ticks=5, framings=("loaded", "opaque"), betas=(2.0,))
    write(assay_of(OffSwitch(), {"rooms": 2}, {"rooms": 3}), OffSwitch(), tmp_path, design)
    for path in found.paths:
        assert (tmp_path / path.name).read_bytes() == (folder / path.name).read_bytes()
