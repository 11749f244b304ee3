"""DRN files, files of Cassandra's format and rewards in explicit files: what each of their words means."""

import tracemalloc

import numpy as np
import pytest

from telos import World, solve
from telos.errors import WorldError
from telos.interop import read_cassandra, read_drn, read_explicit, read_rewards

DRN = """// Exported by storm
// Original model type: MDP
@type: MDP
@value_type: double
@parameters

@placeholders
$0 : 0.25
@reward_models
coins time
@nr_states
3
@nr_choices
4
@model
state 0 [1, 2] init "two words" safe
//[x=1]
\taction go [0.5]
\t\t0 : $0
\t\t1 : 3/4
\taction __NOLABEL__
\t\t2 : 1
state 1 safe
\taction "go on"
\t\t1 : 1
state 2
\taction go[0, -1]
\t\t2 : 1e0
"""
HEAD = "discount: 0.9\nvalues: reward\nstates: a b c\nactions: x y\n"


@pytest.fixture
def put(tmp_path):
    """Writes a text into a file and returns its path."""

    def write(name, text):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


class TestDrn:
    """Storm's direct encoding, read without Storm."""

    def test_every_word_of_it(self, put):
        model = read_drn(put("m.drn", DRN))
        world = model.source
        assert world.actions == ("go", "a1", "go on")
        assert [world.successors(pair) for pair in range(4)] == [
            {0: 0.25, 1: 0.75},
            {2: 1.0},
            {1: 1.0},
            {2: 1.0},
        ]
        assert world.feature("safe").tolist() == [1, 1, 0]
        assert world.feature("two words").tolist() == [1, 0, 0]
        assert set(world.features) == {"safe", "two words"}
        assert world.start.tolist() == [1, 0, 0]
        assert model.goals.label == ("coins", "time")
        np.testing.assert_array_equal(model.goals.reward[:, 3:], [[1.5, 1, 0, 0], [2, 2, 0, -1]])
        assert world.name == "m"

    def test_rewards_of_states_alone_leave_the_world_as_it_is(self, put):
        text = DRN.replace("action go [0.5]", "action go").replace("go[0, -1]", "go")
        world, goals = read_drn(put("m.drn", text))
        assert world.size == 3
        assert goals.reward.tolist() == [[1, 0, 0], [2, 0, 0]]

    def test_a_model_without_rewards_has_no_goal(self, put):
        text = DRN.replace("coins time", "").replace("[1, 2] ", "").replace(" [0.5]", "")
        model = read_drn(put("m.drn", text.replace("go[0, -1]", "go")))
        assert model.goals is None
        assert model.world.size == 3

    def test_the_default_is_named_and_must_be_legal_everywhere(self, put):
        text = DRN.replace('"go on"', "go")
        assert read_drn(put("m.drn", text), default="go").source.default.tolist() == [0, 2, 3]
        with pytest.raises(WorldError, match="state 1 has no action 'go'"):
            read_drn(put("m.drn", DRN), default="go")

    def test_a_state_without_an_action_and_several_starts_must_be_allowed(self, put):
        text = DRN.replace('\taction "go on"\n\t\t1 : 1\n', "").replace(
            "@nr_choices\n4", "@nr_choices\n3"
        )
        with pytest.raises(WorldError, match=r"state 1: no choice.*allow='deadlocks'"):
            read_drn(put("m.drn", text))
        model = read_drn(put("m.drn", text), allow="deadlocks")
        assert model.source.successors(2) == {1: 1.0}
        np.testing.assert_array_equal(model.goals.reward[1, 3:], [2, 2, 0, -1])
        text = DRN.replace("state 1 safe", "state 1 safe init")
        with pytest.raises(WorldError, match="2 states are labeled init"):
            read_drn(put("m.drn", text))
        with pytest.raises(WorldError, match=r"allow='deadlock'\. Did you mean 'deadlocks'"):
            read_drn(put("m.drn", text), allow="deadlock")
        assert read_drn(put("m.drn", text), allow="several starts").source.start.tolist() == [
            0.5,
            0.5,
            0,
        ]

    def test_it_may_be_spread_out_over_blanks_and_tabs(self, put):
        plain = read_drn(put("m.drn", DRN))
        odd = DRN.replace("\t", "   ").replace(" : ", "  :\t").replace("\n", " \n\n")
        # two sections of the head end with a blank line only by custom
        other = read_drn(put("n.drn", odd))
        np.testing.assert_array_equal(plain.world.next_prob, other.world.next_prob)
        np.testing.assert_array_equal(plain.goals.reward, other.goals.reward)

    def test_a_large_file_is_read_in_batches_that_cut_it_anywhere(self, put):
        size = 9_000
        lines = [f"@type: MDP\n@reward_models\npay\n@nr_states\n{size}\n@model"]
        for state in range(size):
            lines.append(
                f"state {state} [{state % 7}]" + (" init" if state == 0 else " odd" * (state % 2))
            )
            for action in range(2):
                lines.append(f"\taction a{action}")
                lines += [
                    f"\t\t{t} : 0.5" for t in sorted({(state + action) % size, (state + 7) % size})
                ]
        model = read_drn(put("m.drn", "\n".join(lines)))
        assert model.world.n_pairs == 2 * size
        assert model.world.feature("odd").sum() == size // 2
        assert model.goals.reward[0].tolist() == [state % 7 for state in range(size)]
        for pair in (0, 9_001, 17_999):
            ends = {(pair // 2 + pair % 2) % size, (pair // 2 + 7) % size}
            assert model.world.successors(pair) == dict.fromkeys(ends, 0.5)


class TestCassandra:
    """The text format of the POMDP pages, for models without observations."""

    def rows(self, put, text, head=HEAD):
        world = read_cassandra(put("m.MDP", head + text)).source
        assert world.states == ("a", "b", "c")
        return [world.successors(pair) for pair in range(world.n_pairs)]

    @pytest.mark.parametrize(
        "text",
        [
            "T: x identity T: y uniform",
            "T: x\n1 0 0\n0 1 0\n0 0 1\nT: y : * uniform",
            "T: 0 : a 1 0 0 T: 0 : 1 0 1.0 0. T: 0 : c 0 0 1e0 T: y uniform",
            "T: * uniform T: x identity",
            "T: * identity T: y : a uniform T: y : b uniform T: y : 2\nuniform",
            "T: x : * : * 0 T: x : a : a 1 T: x : b : b 1 T: x : c : c 1 T: y uniform",
        ],
    )
    def test_transitions_may_be_written_in_many_ways(self, put, text):
        third = pytest.approx(dict.fromkeys(range(3), 1 / 3))
        rows = self.rows(put, text)
        assert rows[0::2] == [{0: 1.0}, {1: 1.0}, {2: 1.0}]
        assert all(row == third for row in rows[1::2])

    def test_reset_goes_to_the_first_states(self, put):
        rows = self.rows(put, "start: 0.5 0.5 0\nT: x identity\nT: y : * reset")
        assert rows[1] == rows[3] == rows[5] == {0: 0.5, 1: 0.5}

    @pytest.mark.parametrize(
        ("text", "start"),
        [
            ("", [1 / 3, 1 / 3, 1 / 3]),
            ("start: uniform\n", [1 / 3, 1 / 3, 1 / 3]),
            ("start: b\n", [0, 1, 0]),
            ("start: 2\n", [0, 0, 1]),
            ("start: 0.25 0.75 0\n", [0.25, 0.75, 0]),
            ("start include: a c\n", [0.5, 0, 0.5]),
            ("start exclude: a 1\n", [0, 0, 1]),
        ],
    )
    def test_the_first_state_may_be_written_in_many_ways(self, put, text, start):
        world = read_cassandra(put("m.MDP", f"{HEAD}{text}T: * identity")).source
        np.testing.assert_allclose(world.start, start, rtol=1e-15)

    def test_rewards_by_state_stay_with_the_states_and_costs_are_negative(self, put):
        text = "T: * identity\nR: * : b : * : * 2\nR: * : c : * -1"
        model = read_cassandra(put("m.MDP", HEAD + text))
        assert model.world is model.source
        assert model.goals.reward.tolist() == [[0, 2, -1]]
        assert model.discount == 0.9
        costs = read_cassandra(put("m.MDP", HEAD.replace("reward", "cost") + text))
        assert costs.goals.reward.tolist() == [[0, -2, 1]]

    def test_rewards_by_action_and_successor_count_by_expectation(self, put):
        text = "T: * uniform\nR: y : a\n3 6 9\nR: x : b : c 12\nR: y : b : * : * 5\nR: * : * : a 0"
        model = read_cassandra(put("m.MDP", HEAD + text))
        np.testing.assert_allclose(model.goals.reward[0, 3:], [0, 5, 4, 10 / 3, 0, 0], rtol=1e-15)

    def test_a_matrix_of_rewards_and_the_later_line_counts(self, put):
        text = "T: * identity\nR: x\n1 2 3 4 5 6 7 8 9\nR: x : b : b 50"
        model = read_cassandra(put("m.MDP", HEAD + text))
        np.testing.assert_array_equal(model.goals.reward[0, 3:], [1, 0, 50, 0, 9, 0])

    def test_the_value_is_that_of_the_file(self, put):
        """From a, y pays 3 and ends in b, where x pays 1 for ever: 3 + 0.9 * 1 / (1 - 0.9) = 12."""
        text = "T: * identity\nT: y : a 0 1 0\nR: y : a : * 3\nR: x : b : * 1"
        model = read_cassandra(put("m.MDP", HEAD + text))
        value = model.values(solve(model.problem()).value)
        np.testing.assert_allclose(value, [[12, 10, 0]], atol=1e-8)

    def test_numbers_of_states_and_comments_and_free_lines(self, put):
        text = "# none\nactions:1 states:2#two\nT:0:0 0 1 # there\nT :0: 1\nidentity"
        with pytest.raises(WorldError, match="identity is a matrix"):
            read_cassandra(put("m.MDP", text))
        world = read_cassandra(put("m.MDP", text.replace("identity", "1 0"))).source
        assert world.states == ("0", "1")
        assert world.successors(0) == {1: 1.0}
        assert read_cassandra(put("m.MDP", text.replace("identity", "1 0"))).discount is None


class TestFilesThatUnfold:
    """A short file may not take the memory of a long one."""

    def test_rewards_that_states_do_not_name_take_no_place(self, put):
        names = " ".join(f"r{n}" for n in range(50_000))
        states = "".join(f"state {n} [1]\naction a\n{n} : 1\n" for n in range(20_000))
        text = f"@type: MDP\n@reward_models\n{names}\n@nr_states\n20000\n@model\n{states}"
        path = put("wide.drn", text)
        tracemalloc.start()
        try:
            with pytest.raises(WorldError, match="50000 rewards of 40000 states"):
                read_drn(path)
            assert tracemalloc.get_traced_memory()[1] < 100 * 2**20  # padded, they took 8 GB
        finally:
            tracemalloc.stop()

    def test_transitions_by_the_million_from_one_word(self, put):
        text = "states: 4096\nactions: 2\nT: * uniform"
        with pytest.raises(WorldError, match=r"full.MDP:3: T has 33554432 numbers that are not"):
            read_cassandra(put("full.MDP", text))

    def test_a_large_matrix_of_zeros_is_still_read(self, put):
        text = "states: 3000\nactions: 1\nT: * identity\nR: * : * : * : * 2"
        world, goals = read_cassandra(put("wide.MDP", text))
        assert world.n_pairs == 3000
        assert goals.reward.tolist() == [[2.0] * 3000]


class TestBlanks:
    """Only ASCII blanks part words, whether lines are read many at once or one by one."""

    #: What `str.split` and `str.strip` take for blanks, and no model checker does.
    others = ("\u00a0", "\u2028", "\u3000", "\u2003")

    @pytest.mark.parametrize("blank", others)
    @pytest.mark.parametrize("chance", ["0.5", "1/2"], ids=["at once", "one by one"])
    def test_a_name_may_hold_others(self, put, blank, chance):
        name = f"go{blank}on"
        text = f"1 2 2\n0 0 0 1 {name}\n0 1 0 1.0 stay\n"
        if chance == "1/2":
            text = f"2 3 4\n0 0 0 1/2 {name}\n0 0 1 1/2 {name}\n0 1 0 1 stay\n1 0 1 1 stay\n"
        assert read_explicit(put("w.tra", text)).actions == (name, "stay")

    @pytest.mark.parametrize("blank", others)
    @pytest.mark.parametrize("field", ["lab", "sta", "choices"])
    def test_a_file_that_holds_nothing_else_is_refused(self, put, blank, field):
        path = put("only.txt", f"{blank}\n")
        with pytest.raises(WorldError, match=r"only.txt:1: begins with"):
            read_explicit(put("w.tra", "mdp\n0 0 0 1\n"), **{field: path})


class TestRewardsInExplicitFiles:
    """`.srew` and `.trew` of PRISM and Storm."""

    tra = "mdp\n0 0 0 0.5\n0 0 1 0.5\n0 1 1 1\n1 0 1 1\n"

    @pytest.mark.parametrize(
        ("srew", "trew"),
        [
            ("0 1\n", "0 0 0 4\n0 1 1 -3\n"),
            (
                '# Reward structure "r"\n# State rewards\n2 1\n0 1\n',
                '# Reward structure "r"\n# Transition rewards\n2 3 2\n0 0 0 4\n0 1 1 -3\n',
            ),
        ],
        ids=["storm", "prism"],
    )
    def test_both_dialects_add_up(self, put, srew, trew):
        world = read_explicit(put("w.tra", self.tra))
        model = read_rewards(world, put("w.srew", srew), put("w.trew", trew), name="pay")
        np.testing.assert_array_equal(model.goals.reward, [[0, 0, 3, -2, 0]])
        assert model.goals.label == ("pay",)
        states = read_rewards(world, put("w.srew", srew))
        assert states.world is world
        assert states.goals.reward.tolist() == [[1, 0]]

    def test_a_file_must_be_named(self, put):
        with pytest.raises(WorldError, match="no file"):
            read_rewards(World.from_arrays([0, 1], [0], [0, 1], [0], [1.0]))
