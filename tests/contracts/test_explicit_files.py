"""Explicit files of PRISM and Storm: there and back to the last digit, and no file is too bad for words."""

import dataclasses
import gzip
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telos.core.errors import TelosError, WorldError
from telos.core.explore import explore
from telos.core.spec import from_spec, to_spec
from telos.core.world import World
from telos.families import Uniform
from telos.interop.explicit import ExplicitWorld, read_explicit, write_explicit
from telos.testing.checks import check_part
from telos.testing.strategies import worlds
from telos.worlds import DrivenEmployee, OffSwitch, OverseenWorkshop

LISTS = ("pair_ptr", "pair_action", "next_ptr", "next_state", "next_prob", "outcome")
DIALECTS = pytest.mark.parametrize("dialect", ["storm", "prism"])
#: Data that name files are built only for somebody who trusts them.
TRUSTED = ("telos.interop.explicit",)
#: A folder is shared by the examples that hypothesis draws: each of them writes its files anew.
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

STORM = "mdp\n0 0 0 0.5\n0 0 1 0.5\n0 1 1 1\n1 0 1 1\n"
PRISM = "2 3 4\n0 0 0 0.5 wait\n0 0 1 0.5 wait\n0 1 1 1 go\n1 0 1 1 wait\n"
STORM_LABELS = "#DECLARATION\ninit off\n#END\n0 init\n1 off\n"
PRISM_LABELS = '0="init" 1="deadlock" 2="off"\n0: 0\n1: 2\n'
CHOICES = "#DECLARATION\nwait go\n#END\n0 0 wait\n0 1 go\n1 0 wait\n"
STATES = "(x,up)\n0:(-3,true)\n1:(4,false)\n"
REWARDS = '# Reward structure "r"\n# State rewards\n2 1\n1 2.5\n'


def put(folder, name, text):
    """A file with this text."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def same(one, other, names=True):
    """Two worlds are the same, number by number."""
    for field in LISTS:
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field), err_msg=field)
    # a world divides its start by its sum, which may move it by a rounding each time
    np.testing.assert_allclose(one.start, other.start, rtol=4e-16, atol=0)
    assert (one.default is None) == (other.default is None)
    if one.default is not None:
        np.testing.assert_array_equal(one.default, other.default)
    assert one.actions == other.actions
    assert set(one.features) == set(other.features)
    for name, values in one.features.items():
        np.testing.assert_array_equal(values, other.features[name], err_msg=name)
    if names:
        assert one.states == other.states
        assert one.outcomes == other.outcomes


@DIALECTS
@given(world=worlds(rewriting=True))
@SHARED
def test_a_world_comes_back_from_its_files_to_the_last_digit(tmp_path, dialect, world):
    same(world, write_explicit(world, tmp_path / "w.tra", dialect=dialect).build())


@DIALECTS
@pytest.mark.parametrize("scenario", [OffSwitch, OverseenWorkshop, DrivenEmployee])
def test_shipped_worlds_come_back_with_their_actions_outcomes_and_defaults(
    tmp_path, dialect, scenario
):
    world = scenario().build()
    back = write_explicit(world, tmp_path / "w.tra", dialect=dialect).build()
    same(world, back, names=False)
    assert back.states == tuple(range(world.size))


@DIALECTS
def test_names_that_the_formats_cannot_hold_come_back(tmp_path, dialect):
    world = explore(
        0,
        lambda s: {"go on": s, "go_on": 1, "go-on": s, "init": s, "Énergie": s},
        features={"a b": lambda s: s, "deadlock": lambda s: s, "pound": lambda s: s / 3 - 1},
    )
    recipe = write_explicit(world, tmp_path / "w.tra", dialect=dialect)
    same(world, recipe.build())
    for path in (recipe.tra, recipe.lab):
        assert all(ord(letter) < 128 for letter in Path(path).read_text(encoding="utf-8"))


@DIALECTS
def test_goals_are_written_as_state_rewards(tmp_path, dialect):
    world = OffSwitch().build()
    goals = Uniform().sample(world, 2, np.random.default_rng(0))
    write_explicit(world, tmp_path / "w.tra", dialect=dialect, goals=goals)
    ending = "srew" if dialect == "prism" else "rew"
    read = read_explicit(
        tmp_path / "w.tra",
        tmp_path / "w.lab",
        values={f"goal{g}": tmp_path / f"w.goal{g}.{ending}" for g in range(2)},
    )
    for g in range(2):
        np.testing.assert_array_equal(read.feature(f"goal{g}"), goals.reward[g])


def test_both_dialects_say_the_same(tmp_path):
    storm = read_explicit(
        put(tmp_path, "s.tra", STORM),
        put(tmp_path, "s.lab", STORM_LABELS),
        choices=put(tmp_path, "c.lab", CHOICES),
        default="wait",
    )
    prism = read_explicit(
        put(tmp_path, "p.tra", PRISM), put(tmp_path, "p.lab", PRISM_LABELS), default="wait"
    )
    same(storm, prism)
    assert storm.feature("off").tolist() == [0, 1]
    assert storm.default.tolist() == [0, 2]
    mixed = read_explicit(tmp_path / "p.tra", tmp_path / "s.lab", default="wait")
    same(storm, mixed)


def test_windows_line_breaks_comments_marks_and_exponents_change_nothing(tmp_path):
    plain = read_explicit(put(tmp_path, "p.tra", PRISM), put(tmp_path, "p.lab", PRISM_LABELS))
    odd = "# Transitions (MDP)\n" + PRISM.replace("0.5", "5e-1").replace("\n", "\n# note\n\n")
    tra = put(tmp_path, "q.tra", b"\xef\xbb\xbf" + odd.replace("\n", "\r\n").encode())
    lab = put(tmp_path, "q.lab", "# Labels\n" + PRISM_LABELS.replace("\n", "\r\n"))
    same(plain, read_explicit(tra, lab))


def test_rows_may_come_in_any_order_and_thirds_are_exact(tmp_path):
    text = "2 2 3\n1 0 1 1\n0 0 1 2/3\n0 0 0 1/3\n"
    world = read_explicit(put(tmp_path, "w.tra", text))
    assert world.successors(0) == {1: 2 / 3, 0: 1 / 3}


def test_variables_name_the_states_and_are_features(tmp_path):
    world = read_explicit(put(tmp_path, "w.tra", STORM), sta=put(tmp_path, "w.sta", STATES))
    assert world.states == ((-3, True), (4, False))
    assert world.feature("x").tolist() == [-3, 4]
    assert world.feature("up").tolist() == [1, 0]


def test_outcomes_are_what_some_features_say_together(tmp_path):
    text = "mdp\n0 0 1 1\n1 0 2 1\n2 0 0 1\n"
    labels = "#DECLARATION\ninit left done\n#END\n0 init left\n2 left\n"
    tra, lab = put(tmp_path, "w.tra", text), put(tmp_path, "w.lab", labels)
    assert read_explicit(tra, lab).n_outcomes == 3
    world = read_explicit(tra, lab, outcome=("left", "done"))
    assert world.outcome.tolist() == [0, 1, 0]
    assert world.outcomes == ((1, 0), (0, 0))
    assert read_explicit(tra, lab, outcome="left").outcomes == (1, 0)


def test_a_choice_without_a_name_goes_by_its_number_and_a_second_one_by_its_count(tmp_path):
    text = "1 4 4\n0 0 0 1\n0 1 0 1 go\n0 2 0 1 go\n0 3 0 1 go.2\n"
    world = read_explicit(put(tmp_path, "w.tra", text))
    assert world.actions == ("a0", "go", "go.2", "go.2.2")


def test_a_state_without_a_choice_is_refused_unless_loops_are_asked_for(tmp_path):
    tra = put(tmp_path, "w.tra", "mdp\n0 0 1 0.5\n0 0 2 0.5\n")
    with pytest.raises(
        WorldError, match=r"w.tra: state 1 and 1 more: no choice.*allow='deadlocks'"
    ):
        read_explicit(tra)
    world = read_explicit(tra, allow="deadlocks")
    assert [world.successors(pair) for pair in (1, 2)] == [{1: 1.0}, {2: 1.0}]
    assert world.actions == ("a0", "loop")


def test_several_first_states_are_an_adversarys_unless_chance_is_asked_for(tmp_path):
    tra = put(tmp_path, "w.tra", STORM)
    lab = put(tmp_path, "w.lab", STORM_LABELS.replace("1 off", "1 off init"))
    with pytest.raises(WorldError, match=r"2 states are labeled init.*allow='several starts'"):
        read_explicit(tra, lab)
    assert read_explicit(tra, lab, allow=["several starts"]).start.tolist() == [0.5, 0.5]


def test_first_states_are_read_where_the_transitions_name_them(tmp_path):
    tra = put(tmp_path, "w.tra", PRISM.replace("\n", "\n- - 1\n", 1))
    assert read_explicit(tra).start.tolist() == [0, 1]
    with pytest.raises(WorldError, match="label init is on other states"):
        read_explicit(tra, put(tmp_path, "w.lab", PRISM_LABELS))


class TestTheRecipe:
    """ExplicitWorld is a part like any other, and a trial's key follows what is in its files."""

    @DIALECTS
    def test_it_keeps_the_public_contract(self, tmp_path, dialect):
        recipe = write_explicit(OffSwitch().build(), tmp_path / "w.tra", dialect=dialect)
        assert not [check for check in check_part(recipe) if check.failed]

    def test_its_digest_follows_the_content_and_not_the_name(self, tmp_path):
        one = ExplicitWorld(tra=put(tmp_path, "a.tra", STORM))
        other = ExplicitWorld(tra=put(tmp_path, "b.tra", STORM))
        changed = ExplicitWorld(tra=put(tmp_path, "c.tra", STORM.replace("0.5", "0.50")))
        assert one.digest == other.digest != changed.digest
        assert to_spec(one)["digest"] == one.digest

    def test_a_recipe_that_was_written_down_refuses_files_that_changed(self, tmp_path):
        recipe = ExplicitWorld(tra=put(tmp_path, "a.tra", STORM))
        again = from_spec(to_spec(recipe), trust=TRUSTED)
        put(tmp_path, "a.tra", STORM.replace("1 0 1 1", "1 0 0 1"))
        with pytest.raises(WorldError, match=r"the files have changed: their digest is \w{16}"):
            again.build()
        assert dataclasses.replace(recipe, digest="").build().successors(2) == {0: 1.0}

    def test_it_can_be_read_back_where_the_files_are_not(self, tmp_path):
        recipe = ExplicitWorld(tra=put(tmp_path, "a.tra", STORM))
        spec = to_spec(recipe)
        Path(recipe.tra).unlink()
        assert from_spec(spec, trust=TRUSTED) == recipe
        with pytest.raises(WorldError, match="cannot be read"):
            from_spec(spec, trust=TRUSTED).build()

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"tra": None}, "Give paths as text"),
            ({"tra": ""}, "cannot be read"),
            ({"tra": "\0"}, "names no file"),
            ({"values": (1, 2)}, "pairs"),
            ({"actions": ("go",)}, "pairs"),
            ({"actions": (("a", "x"), ("b", "x"))}, "names one twice"),
            ({"outcome": 5}, "tuples"),
            ({"allow": ("deadlock",)}, "Did you mean 'deadlocks'"),
            ({"allow": 5}, "tuples"),
            ({"default": 5}, "give the name of an action"),
        ],
    )
    def test_its_fields_are_checked(self, tmp_path, fields, message):
        given = {"tra": put(tmp_path, "a.tra", STORM), **fields}
        with pytest.raises(WorldError, match=message):
            ExplicitWorld(**given).build()
        if "actions" not in fields:
            tra = given.pop("tra")
            with pytest.raises(WorldError, match=message):
                read_explicit(tra, **given)

    def test_a_path_may_be_bytes(self, tmp_path):
        path = str(put(tmp_path, "a.tra", STORM))
        assert read_explicit(path.encode()).name == ExplicitWorld(tra=path.encode()).build().name


BAD_TRANSITIONS = [
    ("", r"w.tra:1: an empty file"),
    ("  \n\n", r"w.tra:1: an empty file"),
    ("# only\n", r"w.tra:1: only comments"),
    (gzip.compress(STORM.encode()), r"w.tra:1: a file packed by gzip; unpack it"),
    (b"mdp\n0 0 0 \xff\n", r"w.tra:2: byte 0xff is not text"),
    ("mdp\n", r"w.tra:1: no transition follows"),
    ("dtmc\n0 0 1\n", r"w.tra:1: a model of kind 'dtmc'; export a Markov decision"),
    ("# Transitions (IMDP)\n1 1 1\n0 0 0 1\n", r"w.tra:1: a model of kind 'IMDP'"),
    ("2 2\n0 1 1\n1 1 1\n", r"w.tra:1: 2 counts head a Markov chain"),
    ("2 2 2 1\n", r"w.tra:1: 4 counts head a partly observed model"),
    ("hello\n", r"w.tra:1: begins with 'hello'; a transition file begins"),
    ("2 x 3\n", r"w.tra:1: a count is 'x'; write an integer"),
    ("mdp\n0 0 0\n", r"w.tra:2: 3 words in '0 0 0'"),
    ("mdp\n\n-1 0 0 1\n", r"w.tra:3: the state is '-1'"),
    ("mdp\n0 ٣ 0 1\n", r"w.tra:2: the choice is '٣'"),
    ("mdp\n0 0 1e3 1\n", r"w.tra:2: the successor is '1e3'"),
    (f"mdp\n0 0 {'9' * 5000} 1\n", r"w.tra:2: the successor is '9{40}…'"),
    ("mdp\n0 0 0 nan\n", r"w.tra:2: probability is 'nan'; write a finite"),
    ("mdp\n0 0 0 inf\n", r"w.tra:2: probability is 'inf'"),
    ("mdp\n0 0 0 1e999\n", r"w.tra:2: probability is '1e999'"),
    ("mdp\n0 0 0 -0.5\n", r"w.tra:2: probability '-0.5' is not in \(0, 1\]"),
    ("mdp\n0 0 0 0\n", r"w.tra:2: probability '0' is not in \(0, 1\]; leave impossible"),
    ("mdp\n0 0 0 1.5\n", r"w.tra:2: probability '1.5' is not in"),
    ("mdp\n0 0 0 1/2\n0 0 1 1/2\n1 0 1 1\n", r"w.tra:2: probability '1/2': Storm reads 1"),
    ("1 1 1\n0 0 0 1/0\n", r"w.tra:2: probability '1/0' divides by zero"),
    ("1 1 1\n0 0 0 [0.1,1]\n", r"w.tra:2: probability is '\[0.1,1\]'"),
    ("mdp\n0 0 0 0.5\n0 0 0 0.5\n", r"w.tra:3: state 0, choice 0 leads to state 0 a second"),
    ("mdp\n0 0 0 0.5\n0 0 1 0.4\n1 0 1 1\n", r"w.tra:2: state 0, choice 0: .* sum to 0.9, not 1"),
    ("mdp\n0 0 1 0.5000001\n0 0 0 0.5\n1 0 1 1", r"w.tra:2: .* sum to 1.0000001"),
    ("mdp\n0 0 0 1\n0 2 0 1\n", r"w.tra:3: state 0 has a choice 2 but no choice 1"),
    ("mdp\n0 1 0 1\n", r"w.tra:2: state 0 has a choice 1 but no choice 0"),
    ("1 1 2\n0 0 0 1 a\n0 0 0 1 b\n", r"w.tra:3: .* is 'b' here and 'a' in line 2"),
    ("2 1 1\n0 0 2 1\n", r"w.tra:2: the successor is 2, but the last one is number 1"),
    ("2 1 1\n0 0 0 1\n", r"w.tra:1: .*no transition speaks of state 1"),
    ("1 2 1\n0 0 0 1\n", r"w.tra:1: 2 choices announced, but 1 follow"),
    ("1 1 7\n0 0 0 1\n", r"w.tra:1: 7 transitions announced, but 1 follow"),
    (f"mdp\n0 0 {10**17} 1\n", r"w.tra:1: .*0 to 1000.*no transition speaks of state 1;"),
    (f"{10**17} 1 1\n0 0 0 1\n", r"w.tra:1: .*no transition speaks of state 1;"),
]
BAD_LABELS = [
    ("", r"w.lab:1: an empty file"),
    ("hello\n", r"w.lab:1: begins with 'hello'; a label file begins with #DECLARATION"),
    ("#DECLARATION\ninit\n0 off\n", r"w.lab:3: the names are not closed"),
    ("#DECLARATION\ninit init\n#END\n", r"w.lab:2: 'init' is declared twice"),
    ("#DECLARATION\ninit #x\n#END\n", r"w.lab:2: '#x' is not a name"),
    ("#DECLARATION\ninit\n#END\n0 off\n", r"w.lab:4: label 'off' is not declared. Known: init"),
    (
        "#DECLARATION\ninit\n#END\n2 init\n",
        r"w.lab:4: the state is 2, but the last one is number 1",
    ),
    ("#DECLARATION\ninit\n#END\ninit 0\n", r"w.lab:4: the state is 'init'"),
    ("#DECLARATION\ninit\n#END\n0 init\n0 init\n", r"w.lab:5: state 0 a second time"),
    ("#DECLARATION\noff\n#END\n0 off\n", r"w.lab: no state is labeled init"),
    ('0="init" 2="off"\n', r"w.lab:1: label 2 is 'off'; number the labels"),
    ('0="init"\n0 0\n', r"w.lab:2: '0 0' has no colon"),
    ('0="init"\n0: 1\n', r"w.lab:2: label '1' is not declared"),
    ('0="init"\n:\n', r"w.lab:2: "),
]
BAD_OTHERS = [
    ("choices", "0 0 go\n", r"w.choices:1: begins with '0 0 go'"),
    ("choices", "#DECLARATION\ngo\n#END\n0 0\n", r"w.choices:4: '0 0' is not: state choice"),
    ("choices", "#DECLARATION\ngo\n#END\n0 7 go\n", r"w.choices:4: state 0 has no choice 7"),
    ("choices", "#DECLARATION\ngo\n#END\n0 0 on\n", r"w.choices:4: action 'on' is not declared"),
    ("choices", "#DECLARATION\ngo\n#END\n0 0 go\n0 0 go\n", r"w.choices:5: .* a second time"),
    ("sta", "x\n", r"w.sta:1: begins with 'x'"),
    ("sta", "(x,x)\n", r"w.sta:1: begins with '\(x,x\)'"),
    ("sta", "(x)\n0:(1)\n", r"w.sta:1: state 1 is missing; write all 2"),
    ("sta", "(x)\n0:(1,2)\n", r"w.sta:2: .* with 1 values"),
    ("sta", "(x)\n0:(1)\n1:(1)\n", r"w.sta:3: states 0 and 1 have the same values"),
    ("sta", "(x)\n0:(1.5)\n", r"w.sta:2: a value is '1.5'"),
]
BAD_NUMBERS = [
    ("x", "0\n", r"w.x:1: '0' is not: state value"),
    ("x", "0 nan\n", r"w.x:1: the number is 'nan'"),
    ("x", "0 1\n0 2\n", r"w.x:2: state 0 a second time"),
    ("x", "5 1\n", r"w.x:1: the state is 5, but the last one is number 1"),
    ("x", "2 5\n0 1\n", r"w.x:1: 5 rewards announced, but 1 follow"),
    ("off", "0 7\n", r"state 0: feature 'off' is 0 in one file and 7 in another"),
    ("start", "0 0.5\n", r"w.start: chances from 0 to 0.5 with the sum 0.5"),
    ("start", "0 2\n1 -1\n", r"w.start: chances from -1 to 2"),
    ("outcome", "0 1\n1 2.5\n", r"w.outcome: outcomes \[1.0, 2.5\]; number them"),
    ("default", "1 1\n", r"w.default: state 1 has no choice 1; its choices are 0 to 0"),
    ("default", "0 0.5\n", r"w.default: state 0 has no choice 0.5"),
    ("default", "0 -1e300\n", r"w.default: state 0 has no choice -1e\+300"),
]


class TestHostileFiles:
    """Whatever is in a file, the answer is a sentence with its place; nothing large is made first."""

    @pytest.mark.parametrize(("text", "message"), BAD_TRANSITIONS, ids=range(len(BAD_TRANSITIONS)))
    def test_bad_transitions(self, tmp_path, text, message):
        with pytest.raises(WorldError, match=message):
            read_explicit(put(tmp_path, "w.tra", text))

    @pytest.mark.parametrize(("text", "message"), BAD_LABELS, ids=range(len(BAD_LABELS)))
    def test_bad_labels(self, tmp_path, text, message):
        with pytest.raises(WorldError, match=message):
            read_explicit(put(tmp_path, "w.tra", STORM), put(tmp_path, "w.lab", text))

    @pytest.mark.parametrize(("kind", "text", "message"), BAD_OTHERS, ids=range(len(BAD_OTHERS)))
    def test_bad_names_and_variables(self, tmp_path, kind, text, message):
        tra, path = put(tmp_path, "w.tra", STORM), put(tmp_path, f"w.{kind}", text)
        with pytest.raises(WorldError, match=message):
            read_explicit(tra, **{kind: path})

    @pytest.mark.parametrize(("name", "text", "message"), BAD_NUMBERS, ids=range(len(BAD_NUMBERS)))
    def test_bad_numbers(self, tmp_path, name, text, message):
        tra, lab = put(tmp_path, "w.tra", STORM), put(tmp_path, "w.lab", STORM_LABELS)
        with pytest.raises(WorldError, match=message):
            read_explicit(tra, lab, values={name: put(tmp_path, f"w.{name}", text)})

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"default": "rest"}, r"default='rest'. Known: go, wait"),
            ({"default": "go"}, r"state 1 has no action 'go'"),
            ({"outcome": ("of",)}, r"outcome='of'. Did you mean 'off'"),
        ],
    )
    def test_names_that_no_file_contains(self, tmp_path, fields, message):
        with pytest.raises(WorldError, match=message):
            read_explicit(
                put(tmp_path, "w.tra", PRISM), put(tmp_path, "w.lab", PRISM_LABELS), **fields
            )

    @pytest.mark.parametrize("filling", ["# a remark\n", "\n", " \r\n"])
    @pytest.mark.parametrize("count", [1, 70_000])
    def test_lines_that_say_nothing_may_fill_a_batch(self, tmp_path, filling, count):
        head, _, rows = STORM.partition("\n")
        empty = put(tmp_path, "a.tra", f"{head}\n{filling * count}")
        with pytest.raises(WorldError, match="no transition follows"):
            read_explicit(empty)
        full = put(tmp_path, "a.tra", f"{head}\n{filling * count}{rows}{filling * count}")
        same = read_explicit(put(tmp_path, "b.tra", STORM))
        assert np.array_equal(read_explicit(full).next_prob, same.next_prob)
        numbers = put(tmp_path, "v.srew", f"0 1\n{filling * count}1 2\n{filling * count}")
        assert read_explicit(full, values={"v": numbers}).features["v"].tolist()[:2] == [1, 2]

    def test_names_in_a_message_are_written_out(self, tmp_path):
        lab = put(tmp_path, "a.lab", "#DECLARATION\ninit\x85\u202egoal\n#END\n0 init\n")
        with pytest.raises(WorldError, match="Known: ") as refused:
            read_explicit(put(tmp_path, "a.tra", STORM), lab)
        assert str(refused.value).isprintable()

    def test_a_missing_file_and_a_folder_are_named(self, tmp_path):
        for path, what in ((tmp_path / "none.tra", ": cannot be read"), (tmp_path, " is a folder")):
            with pytest.raises(WorldError, match=re.escape(str(path)) + what):
                read_explicit(path)

    def test_what_cannot_be_written_is_named(self, tmp_path):
        world = OffSwitch().build()
        for tra, fields, message in (
            (tmp_path / "none" / "w.tra", {}, "cannot be written"),
            (tmp_path / "w.tra", {"lab": tmp_path / "w.tra"}, "two files of one name"),
            (tmp_path / "w.tra", {"dialect": "strom"}, "Did you mean 'storm'"),
            ("", {}, "names no file"),
        ):
            with pytest.raises(WorldError, match=message):
                write_explicit(world, tra, **fields)
        odd = explore(0, lambda s: {"stay": s}, features={"start": lambda s: 2.0})
        with pytest.raises(WorldError, match="feature 'start' has the name"):
            write_explicit(odd, tmp_path / "w.tra")

    @given(data=st.data())
    @settings(SHARED, max_examples=300)
    def test_any_bytes_and_any_change_of_a_good_file_end_in_a_world_or_a_sentence(
        self, tmp_path, data
    ):
        """The error, if there is one, names a file; no other exception ever gets out."""
        good = {
            "tra": data.draw(st.sampled_from((STORM, PRISM))).encode(),
            "lab": data.draw(st.sampled_from((STORM_LABELS, PRISM_LABELS))).encode(),
            "choices": CHOICES.encode(),
            "sta": STATES.encode(),
            "number": REWARDS.encode(),
        }
        hit = data.draw(st.sampled_from(sorted(good)))
        good[hit] = data.draw(st.one_of(st.binary(max_size=60), _changed(good[hit])))
        paths = {kind: put(tmp_path, f"w.{kind}", text) for kind, text in good.items()}
        number = data.draw(st.sampled_from(("r", "start", "outcome", "default", "off")))
        try:
            found = read_explicit(
                paths["tra"],
                paths["lab"],
                choices=paths["choices"],
                sta=paths["sta"],
                values={number: paths["number"]},
                allow=data.draw(st.sampled_from(((), ("deadlocks", "several starts")))),
            )
        except TelosError as problem:
            found = str(problem)
        assert isinstance(found, World) or str(tmp_path / "w.") in found


@st.composite
def _changed(draw, text):
    """A good file with a few pieces cut out, doubled, moved or overwritten."""
    words = re.split(rb"(\s)", text)
    odd = st.sampled_from(
        (b"", b"-1", b"nan", b"1e999", b"99999999999999999", b"#END", b"#", b":", b"\0", b"\xff")
    )
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(words) - 1))
        other = draw(st.integers(0, len(words) - 1))
        words[place] = draw(st.one_of(st.just(words[other]), odd, st.binary(max_size=4)))
    return b"".join(words)
