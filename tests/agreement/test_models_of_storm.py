"""Storm's models, its DRN files, PRISM programs and JANI: the same numbers, and the values Storm finds."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from telos import World, solve
from telos.errors import WorldError
from telos.interop import (
    read_drn,
    read_explicit,
    read_jani,
    read_prism,
    read_rewards,
    read_storm,
    write_explicit,
)
from telos.testing.strategies import worlds

stormpy = pytest.importorskip("stormpy", minversion="2.0")

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
FILES = Path(stormpy.__file__).parent / "examples" / "files"
#: A machine that wears out and may be serviced; states and actions pay, and some actions have no name.
PROGRAM = """mdp
const int N;
module machine
  wear : [0..N] init 0;
  off : bool init false;
  [run] !off & wear<N -> 1/3 : (wear'=wear+1) + 2/3 : true;
  [run] !off & wear=N -> 0.3 : (off'=true) + 0.7 : true;
  [service] !off & wear>0 -> 0.9 : (wear'=0) + 0.1 : (off'=true);
  [] off -> true;
endmodule
label "down" = off;
rewards "output"
  !off & wear=0 : 1;
  [service] true : 2.5;
endrewards
rewards "cost"
  [run] true : 1.5;
endrewards
"""
JANI = """{"jani-version": 1, "name": "coin", "type": "mdp", "actions": [{"name": "toss"}],
"variables": [{"name": "heads", "type": "bool", "initial-value": false}],
"constants": [{"name": "p", "type": "real"}], "properties": [],
"automata": [{"name": "coin", "locations": [{"name": "l"}], "initial-locations": ["l"], "edges": [
{"location": "l", "action": "toss", "destinations": [
{"location": "l", "probability": {"exp": "p"}, "assignments": [{"ref": "heads", "value": true}]},
{"location": "l", "probability": {"exp": {"op": "-", "left": 1, "right": "p"}},
"assignments": [{"ref": "heads", "value": false}]}]}]}],
"system": {"elements": [{"automaton": "coin"}], "syncs": [{"synchronise": ["toss"], "result": "toss"}]}}
"""


def rows(model):
    """Storm's choices: where each leads."""
    matrix = model.transition_matrix
    return [{e.column: e.value for e in matrix.get_row(row)} for row in range(matrix.nr_rows)]


def checked(model, formula):
    """Storm's answer in every state, to twelve digits."""
    environment = stormpy.Environment()
    environment.solver().min_max().precision = stormpy.Rational(1e-12)
    (asked,) = stormpy.parse_properties(formula)
    return np.array(
        stormpy.model_checking(model, asked, environment=environment).get_value_vector()
    )


def exported(model, path):
    """The model as a DRN file with all digits."""
    options = stormpy.io.DirectEncodingExporterOptions()
    options.output_precision = 17
    stormpy.io.export_to_drn(model, str(path), options=options)
    return path


def same(one, other):
    """Two worlds have the same transitions, to the last digit."""
    for field in ("pair_ptr", "next_ptr", "next_state", "next_prob", "start"):
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field), err_msg=field)


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    path = tmp_path_factory.mktemp("programs") / "machine.prism"
    path.write_text(PROGRAM, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def model(program):
    parsed = stormpy.parse_prism_program(str(program))
    known, _ = stormpy.instantiate_constants(parsed, {"N": 3})
    return stormpy.build_model(known, options=stormpy.BuilderOptions(build_full=True))


def test_a_model_in_memory_is_read_number_by_number(model):
    world = read_storm(model).source
    assert [world.successors(pair) for pair in range(world.n_pairs)] == rows(model)
    assert world.pair_ptr.tolist() == list(model.nondeterministic_choice_indices)
    assert set(world.actions) == {"run", "service", "a0"}
    assert np.flatnonzero(world.feature("down")).tolist() == list(model.labeling.get_states("down"))
    assert world.states[0] == (False, 0)
    assert world.feature("wear").max() == 3


@pytest.mark.parametrize("discount", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("reward", ["output", "cost"])
def test_rewards_of_states_and_actions_together_are_worth_what_storm_says(model, discount, reward):
    """The discounted reward of `R=? [Cdiscount]`, which counts the first reward in full."""
    ours = read_storm(model)
    value = ours.values(solve(ours.problem(discount)).value, discount)
    theirs = checked(model, f'R{{"{reward}"}}max=? [Cdiscount={discount}]')
    np.testing.assert_allclose(
        value[ours.goals.label.index(reward)], theirs, rtol=0, atol=1e-6 / (1 - discount)
    )


def test_a_drn_file_a_program_and_a_model_are_one(tmp_path, model, program):
    held, built = read_storm(model), read_prism(program, {"N": 3})
    filed = read_drn(exported(model, tmp_path / "m.drn"))
    for other in (built, filed):
        same(held.source, other.source)
        assert held.source.actions == other.source.actions
        assert set(held.goals.label) == set(other.goals.label)
        for name in held.goals.label:
            np.testing.assert_array_equal(
                held.goals.reward[held.goals.label.index(name)],
                other.goals.reward[other.goals.label.index(name)],
            )
    np.testing.assert_array_equal(filed.source.feature("down"), held.source.feature("down"))


@given(world=worlds())
@settings(SHARED, max_examples=40)
def test_what_we_write_storm_exports_and_we_read_is_the_same_world(tmp_path, world):
    recipe = write_explicit(world, tmp_path / "w.tra")
    model = stormpy.build_model_from_explicit(
        recipe.tra, recipe.lab, choice_labeling=recipe.choices
    )
    read = read_drn(exported(model, tmp_path / "w.drn"), allow="several starts").world
    expected = World.from_arrays(
        world.pair_ptr,
        world.pair_action,
        world.next_ptr,
        world.next_state,
        world.next_prob,
        start=(world.start > 0) / (world.start > 0).sum(),
    )
    for field in ("pair_ptr", "next_ptr", "start"):
        np.testing.assert_array_equal(getattr(read, field), getattr(expected, field))
    # Storm keeps the successors of a choice in their order, and lists each once
    for pair in range(world.n_pairs):
        assert read.successors(pair) == world.successors(pair)
    assert read_storm(model, allow="several starts").world.next_prob.tolist() == (
        read.next_prob.tolist()
    )


def test_a_markov_chain_is_a_world_with_one_action(tmp_path):
    parsed = stormpy.parse_prism_program(str(FILES / "dtmc" / "die.pm"))
    chain = stormpy.build_model(parsed, options=stormpy.BuilderOptions(build_full=True))
    for read in (read_storm(chain), read_drn(exported(chain, tmp_path / "die.drn"))):
        world = read.source
        assert world.n_pairs == world.size == 13
        assert [world.successors(pair) for pair in range(13)] == rows(chain)
        value = read.values(solve(read.problem(0.9)).value, 0.9)[0]
        name = read.goals.label[0]
        theirs = checked(chain, f'R{{"{name}"}}=? [Cdiscount=0.9]')
        np.testing.assert_allclose(value, theirs, atol=1e-6)


def test_jani_is_built_by_storm_with_its_constants(tmp_path):
    path = tmp_path / "coin.jani"
    path.write_text(JANI, encoding="utf-8")
    world, goals = read_jani(path, {"p": 0.25})
    assert goals is None
    assert sorted(world.next_prob.tolist()) == [0.25, 0.25, 0.75, 0.75]
    with pytest.raises(WorldError, match=r"coin.jani: constants without a value: p\. Give them"):
        read_jani(path)


@pytest.mark.parametrize(
    ("constants", "message"),
    [
        ({}, r"constants without a value: N\. Give them"),
        ({"K": 1}, r"Storm says: Unknown constant 'K'"),
        ({"N": "x"}, r"Storm says: "),
        ({"N": 2.5}, r"Storm says: "),
        ("N=", r"Storm says: "),
    ],
)
def test_constants_that_do_not_fit_are_named_in_storms_words(program, constants, message):
    with pytest.raises(WorldError, match=message):
        read_prism(program, constants)


def test_a_program_that_is_none_is_refused_in_storms_words(tmp_path):
    path = tmp_path / "bad.prism"
    path.write_text("mdp\nmodule x\n  a : [0..;\nendmodule\n", encoding="utf-8")
    with pytest.raises(WorldError, match=r"bad.prism: Storm says: .*3:"):
        read_prism(path)


class TestStormInAProcessOfItsOwn:
    """What a program does to Storm, it does not do to the caller."""

    loop = "mdp\nmodule m\n  x : [0..1] init 0;\n  [] {} -> true;\nendmodule\n"

    def test_a_program_that_ends_storm_is_refused(self, tmp_path):
        path = tmp_path / "deep.prism"
        path.write_text(self.loop.format("(" * 20_000 + "true" + ")" * 20_000), encoding="utf-8")
        with pytest.raises(WorldError, match=r"deep.prism: Storm's process ended by the signal"):
            read_prism(path)

    def test_one_that_takes_too_long_too(self, program):
        with pytest.raises(WorldError, match=r"not built it within 0.01 seconds.*seconds=…"):
            read_prism(program, "N=3", seconds=0.01)

    @pytest.mark.parametrize("seconds", [0, -1, "3", None, True, float("nan")])
    def test_seconds_are_a_number_above_zero(self, program, seconds):
        with pytest.raises(WorldError, match=r"seconds=.*; give a number above 0"):
            read_prism(program, "N=3", seconds=seconds)

    def test_constants_that_cannot_be_handed_on(self, program):
        with pytest.raises(WorldError, match="the constants cannot be handed on"):
            read_prism(program, {"N": lambda: 3})

    def test_storms_own_remarks_are_not_printed(self, tmp_path, capfd):
        path = tmp_path / "bad.prism"
        path.write_text("mdp nonsense", encoding="utf-8")
        with pytest.raises(WorldError, match="Storm says"):
            read_prism(path)
        assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("place", ["last", "first"])
def test_a_stored_zero_of_a_drn_file_is_no_successor(tmp_path, place):
    """Storm keeps the entry in its matrix; neither of our doors makes a successor of it."""
    path = tmp_path / "zero.drn"
    moves = {"last": "\t\t0 : 1\n\t\t1 : 0\n", "first": "\t\t0 : 0.0\n\t\t1 : 1\n"}[place]
    path.write_text(
        f"@type: MDP\n@parameters\n\n@reward_models\n\n@nr_states\n2\n@nr_choices\n2\n@model\n"
        f"state 0 init\n\taction 0\n{moves}state 1\n\taction 0\n\t\t1 : 1\n",
        encoding="utf-8",
    )
    ours = read_drn(path).world
    theirs = read_storm(stormpy.build_model_from_drn(str(path))).world
    assert [ours.successors(pair) for pair in (0, 1)] == [
        theirs.successors(pair) for pair in (0, 1)
    ]
    assert len(ours.next_prob) == 2


class TestWhatIsRefused:
    """Models of Storm that are no Markov decision processes, each with a sentence."""

    def test_a_partly_observed_model(self):
        path = FILES / "pomdp" / "maze.drn"
        with pytest.raises(WorldError, match="partly observed"):
            read_storm(stormpy.build_model_from_drn(str(path)))
        with pytest.raises(WorldError, match=r"maze.drn:3: a model of type 'POMDP'"):
            read_drn(path)

    def test_intervals(self):
        path = FILES / "imdp" / "tiny-01.drn"
        with pytest.raises(WorldError, match="intervals"):
            read_storm(stormpy.build_model_from_drn[stormpy.Interval](str(path)))
        with pytest.raises(WorldError, match=r"tiny-01.drn:13: '\[0.4, 0.9\]' is an interval"):
            read_drn(path)

    def test_parameters(self):
        path = FILES / "pdtmc" / "die.drn"
        with pytest.raises(WorldError, match="parametric"):
            read_storm(stormpy.build_model_from_drn[stormpy.RationalFunction](str(path)))
        with pytest.raises(WorldError, match=r"die.drn:4: a parametric model, over 'p q'"):
            read_drn(path)

    def test_a_symbolic_model(self):
        parsed = stormpy.parse_prism_program(str(FILES / "dtmc" / "die.pm"))
        with pytest.raises(WorldError, match="symbolic"):
            read_storm(stormpy.build_symbolic_model(parsed))

    def test_continuous_time(self, tmp_path):
        path = tmp_path / "clock.prism"
        path.write_text(
            "ctmc\nmodule m\n  x : [0..1] init 0;\n  <> x<1 -> 3 : (x'=1);\n  <> x=1 -> 1 : true;\n"
            "endmodule\n",
            encoding="utf-8",
        )
        with pytest.raises(WorldError, match="a CTMC; only an MDP and a DTMC"):
            read_prism(path)

    @pytest.mark.parametrize("thing", [None, 5, "model.drn", np.eye(2)])
    def test_what_is_no_model_at_all(self, thing):
        with pytest.raises(WorldError, match="takes a sparse model of stormpy, not a"):
            read_storm(thing)


def test_exact_numbers_of_storm_become_the_nearest_floats():
    parsed = stormpy.parse_prism_program(str(FILES / "dtmc" / "die.pm"))
    exact = stormpy.build_model[stormpy.Rational](parsed)
    assert set(read_storm(exact).source.next_prob.tolist()) == {0.5, 1.0}


def test_rewards_of_transitions_in_explicit_files_are_worth_what_storm_says(tmp_path):
    tra, lab = tmp_path / "w.tra", tmp_path / "w.lab"
    tra.write_text("mdp\n0 0 0 0.5\n0 0 1 0.5\n0 1 1 1\n1 0 0 0.25\n1 0 1 0.75\n")
    lab.write_text("#DECLARATION\ninit\n#END\n0 init\n")
    srew, trew = tmp_path / "w.state.rew", tmp_path / "w.trans.rew"
    srew.write_text("0 0.5\n1 2\n")
    trew.write_text("0 0 0 1\n0 0 1 3\n0 1 1 2.25\n1 0 0 7\n")
    model = stormpy.build_model_from_explicit(tra, lab, state_rewards=srew, transition_rewards=trew)
    ours = read_rewards(read_explicit(tra, lab), srew, trew)
    np.testing.assert_array_equal(ours.goals.reward[0, 2:], [0.5 + 2, 0.5 + 2.25, 2 + 1.75])
    held = read_storm(model)
    np.testing.assert_array_equal(held.goals.reward, ours.goals.reward)
    for direction, discount in (("max", 0.9), ("max", 0.5)):
        theirs = checked(model, f"R{direction}=? [Cdiscount={discount}]")
        value = ours.values(solve(ours.problem(discount)).value, discount)[0]
        np.testing.assert_allclose(value, theirs, atol=1e-6)


@pytest.mark.parametrize("name", ["two_dice.nm", "coin2-2.nm", "leader3.nm", "multiobjective1.nm"])
def test_the_programs_that_come_with_storm_are_read_as_storm_builds_them(name):
    path = FILES / "mdp" / name
    if not path.exists():
        pytest.skip("this build of stormpy ships no examples")
    world = read_prism(path, allow=("several starts",)).source
    parsed = stormpy.parse_prism_program(str(path))
    model = stormpy.build_model(parsed, options=stormpy.BuilderOptions(build_full=True))
    assert (world.size, world.n_pairs) == (model.nr_states, model.nr_choices)
    assert [world.successors(pair) for pair in range(world.n_pairs)] == rows(model)
