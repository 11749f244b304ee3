"""Explicit files against Storm, an independent model checker: the same model, chances and values."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from agreement.oracles import choices
from telos import Goals, Problem, reach, solve
from telos.errors import WorldError
from telos.families import Uniform
from telos.interop import FrozenLake, read_explicit, write_explicit
from telos.testing.strategies import worlds
from telos.worlds import DrivenEmployee, Gridworld, OffSwitch, OverseenWorkshop

stormpy = pytest.importorskip("stormpy", minversion="2.0")

SHIPPED = {
    "off switch": OffSwitch(),
    "gridworld": Gridworld(),
    "employee": DrivenEmployee(),
    "workshop, with a feature below zero": OverseenWorkshop(),
    "frozen lake": FrozenLake(),
}
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
#: A machine that is run or serviced, that may be switched off for good, and can be guarded.
PROGRAM = """mdp
module machine
  wear : [0..3] init 0;
  guard : bool init false;
  off : bool init false;
  [run] !off & wear<3 -> 1/3 : (wear'=wear+1) + 2/3 : true;
  [run] !off & wear=3 & !guard -> 0.3 : (off'=true) + 0.7 : true;
  [run] !off & wear=3 & guard -> 0.1 : (off'=true) + 0.9 : true;
  [service] !off & wear>0 -> 0.9 : (wear'=0) + 0.1 : (off'=true);
  [build] !off & !guard -> 0.5 : (guard'=true) + 0.5 : true;
  [rest] true -> true;
endmodule
label "down" = off;
rewards "output"
  !off & wear=0 : 1;
  !off & wear=1 : 0.75;
  !off & wear>1 : 0.25;
endrewards
"""


def loaded(recipe, rewards=None):
    """The model that Storm reads from the files of a recipe in its dialect."""
    return stormpy.build_model_from_explicit(
        recipe.tra, recipe.lab, state_rewards=rewards, choice_labeling=recipe.choices
    )


def checked(model, formula):
    """Storm's answer in every state, to twelve digits.

    As it comes, Storm stops when values hardly change: of a discounted sum of 20 it found 19.99998.
    """
    environment = stormpy.Environment()
    environment.solver().min_max().precision = stormpy.Rational(1e-12)
    (asked,) = stormpy.parse_properties(formula)
    answer = stormpy.model_checking(model, asked, environment=environment)
    return np.array(answer.get_value_vector())


def rows(model):
    """Storm's choices: where each leads."""
    matrix = model.transition_matrix
    return [{e.column: e.value for e in matrix.get_row(row)} for row in range(matrix.nr_rows)]


def every_policy(world):
    """F[G, L], all policies that never toss a coin."""
    return np.array([np.isin(np.arange(world.n_pairs), row) for row in choices(world)], dtype=float)


def as_prism_exports(model):
    """The transitions and labels of a model as the text of a PRISM export."""
    size = model.nr_states
    groups = model.nondeterministic_choice_indices
    names = [sorted(model.choice_labeling.get_labels_of_choice(c)) for c in range(model.nr_choices)]
    tra = [f"{size} {model.nr_choices} {model.nr_transitions}"]
    found = rows(model)
    for state in range(size):
        for choice in range(groups[state + 1] - groups[state]):
            row = groups[state] + choice
            tra += [f"{state} {choice} {t} {p!r} {names[row][0]}" for t, p in found[row].items()]
    marks = [sorted(model.labeling.get_labels_of_state(s)) for s in range(size)]
    known = ["init", "deadlock", "down"]
    lab = [" ".join(f'{n}="{name}"' for n, name in enumerate(known))]
    lab += [
        f"{s}: {' '.join(str(known.index(m)) for m in marks[s])}" for s in range(size) if marks[s]
    ]
    return "\n".join(tra) + "\n", "\n".join(lab) + "\n"


@pytest.mark.parametrize("scenario", SHIPPED.values(), ids=SHIPPED)
def test_storm_reads_the_model_that_we_wrote_number_by_number(tmp_path, scenario):
    world = scenario.build()
    recipe = write_explicit(world, tmp_path / "w.tra")
    model = loaded(recipe)
    assert (model.nr_states, model.nr_choices) == (world.size, world.n_pairs)
    assert model.nr_transitions == len(world.next_state)
    assert list(model.nondeterministic_choice_indices) == world.pair_ptr.tolist()
    assert rows(model) == [world.successors(pair) for pair in range(world.n_pairs)]
    assert list(model.initial_states) == np.flatnonzero(world.start).tolist()
    word = {new: old for old, new in recipe.actions}
    for pair in range(world.n_pairs):
        (name,) = model.choice_labeling.get_labels_of_choice(pair)
        assert name == word[world.actions[world.pair_action[pair]]]
    for name in set(model.labeling.get_labels()) - {"init", "deadlock"}:
        assert list(model.labeling.get_states(name)) == np.flatnonzero(world.feature(name)).tolist()


@pytest.mark.parametrize("feature", ["resources", "capability"])
def test_storm_reads_a_feature_as_a_reward_structure(tmp_path, feature):
    world = DrivenEmployee().build()
    recipe = write_explicit(world, tmp_path / "w.tra")
    model = loaded(recipe, rewards=dict(recipe.values)[feature])
    (rewards,) = model.reward_models.values()
    assert list(rewards.state_rewards) == world.feature(feature).tolist()


@given(world=worlds(max_states=4, max_actions=3))
@settings(SHARED, max_examples=60)
def test_the_chance_of_ever_being_off_is_the_best_and_the_worst_over_every_policy(tmp_path, world):
    """reach() over all deterministic policies against Storm's Pmax and Pmin."""
    model = loaded(write_explicit(world, tmp_path / "w.tra"))
    off = world.feature("off")[world.pair_state] > 0
    chances = reach(world, every_policy(world), off)
    for direction, ours in (("max", chances.max()), ("min", chances.min())):
        theirs = checked(model, f'P{direction}=? [F "off"]')
        assert world.start @ theirs == pytest.approx(ours, abs=1e-9)


@pytest.mark.parametrize("discount", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("scenario", SHIPPED.values(), ids=SHIPPED)
def test_discounted_values_are_storms(tmp_path, scenario, discount):
    """Puterman (1994), section 6.1: both take the first reward in full."""
    world = scenario.build()
    goals = Uniform().sample(world, 2, np.random.default_rng(5))
    recipe = write_explicit(world, tmp_path / "w.tra", goals=goals)
    ours = solve(Problem(world, goals, discount)).value
    for g in range(goals.count):
        model = loaded(recipe, rewards=str(tmp_path / f"w.goal{g}.rew"))
        theirs = checked(model, f"Rmax=? [Cdiscount={discount}]")
        np.testing.assert_allclose(theirs, ours[g], rtol=0, atol=1e-6)


class TestAProgramInThePrismLanguage:
    """A program that Storm builds and we read, as PRISM would export it."""

    @pytest.fixture
    def model(self, tmp_path):
        path = tmp_path / "machine.prism"
        path.write_text(PROGRAM, encoding="utf-8")
        program = stormpy.parse_prism_program(str(path))
        return stormpy.build_model(program, options=stormpy.BuilderOptions(build_full=True))

    @pytest.fixture
    def world(self, tmp_path, model):
        tra, lab = as_prism_exports(model)
        (tmp_path / "machine.tra").write_text(tra, encoding="utf-8")
        (tmp_path / "machine.lab").write_text(lab, encoding="utf-8")
        return read_explicit(tmp_path / "machine.tra", tmp_path / "machine.lab", default="rest")

    def test_it_is_the_same_model(self, model, world):
        assert [world.successors(pair) for pair in range(world.n_pairs)] == rows(model)
        assert set(world.actions) == {"run", "service", "build", "rest"}
        assert np.flatnonzero(world.feature("down")).tolist() == list(
            model.labeling.get_states("down")
        )
        assert world.deterministic is False

    @pytest.mark.parametrize("discount", [0.9, 0.99])
    def test_its_reward_is_worth_the_same(self, model, world, discount):
        reward = np.array(model.reward_models["output"].state_rewards)
        ours = solve(Problem(world, Goals(reward), discount)).value[0]
        theirs = checked(model, f'R{{"output"}}max=? [Cdiscount={discount}]')
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
        assert ours.max() > 1.5

    def test_its_chances_are_the_same_after_another_round_through_our_files(
        self, tmp_path, model, world
    ):
        again = loaded(write_explicit(world, tmp_path / "again.tra"))
        for direction in ("max", "min"):
            formula = f'P{direction}=? [F "down"]'
            np.testing.assert_allclose(checked(again, formula), checked(model, formula), atol=1e-9)


class TestWhatStormLetsPass:
    """Files that Storm reads without a word, though they say something else than they seem to."""

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("mdp\n0 0 0 1/2\n0 0 1 1/2\n1 0 1 1\n", "Storm reads 1 and drops the rest"),
            ("mdp\n0 0 0 0.4\n1 0 1 1\n", "probabilities sum to 0.4, not 1"),
            ("mdp\n0 0 0 1\n0 2 1 1\n1 0 1 1\n", "no choice 1"),
            ("mdp\n0 0 1 1\n", "no choice"),
        ],
        ids=["a ratio", "a wrong sum", "a gap among choices", "a state without a choice"],
    )
    def test_storm_reads_it_and_we_say_what_is_wrong(self, tmp_path, text, message):
        (tmp_path / "w.tra").write_text(text, encoding="utf-8")
        (tmp_path / "w.lab").write_text("#DECLARATION\ninit\n#END\n0 init\n", encoding="utf-8")
        model = stormpy.build_model_from_explicit(tmp_path / "w.tra", tmp_path / "w.lab")
        assert model.nr_states == 2
        with pytest.raises(WorldError, match=message):
            read_explicit(tmp_path / "w.tra", tmp_path / "w.lab")

    def test_a_half_written_as_a_ratio_is_a_whole_to_storm(self, tmp_path):
        (tmp_path / "w.tra").write_text("mdp\n0 0 0 1/2\n0 0 1 1/2\n1 0 1 1\n", encoding="utf-8")
        (tmp_path / "w.lab").write_text("#DECLARATION\ninit\n#END\n0 init\n", encoding="utf-8")
        model = stormpy.build_model_from_explicit(tmp_path / "w.tra", tmp_path / "w.lab")
        assert rows(model)[0] == {0: 1.0, 1: 1.0}


def test_the_examples_that_come_with_storm_are_read_as_storm_reads_them():
    folder = Path(stormpy.__file__).parent / "examples" / "files"
    tra, lab = folder / "mdp" / "two_dice.tra", folder / "mdp" / "two_dice.lab"
    if not tra.exists():
        pytest.skip("this build of stormpy ships no examples")
    world = read_explicit(tra, lab)
    model = stormpy.build_model_from_explicit(tra, lab)
    assert [world.successors(pair) for pair in range(world.n_pairs)] == rows(model)
    assert world.size == model.nr_states == 169
