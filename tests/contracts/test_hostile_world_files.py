"""Files of models that are broken or mean harm: the answer is a world, or a sentence with its place."""

import os
import re
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telos import TelosError, World
from telos.errors import WorldError
from telos.interop import read_cassandra, read_drn, read_explicit, read_rewards

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

DRN = """// Exported by storm
@type: MDP
@value_type: double
@parameters

@reward_models
coins time
@nr_states
2
@nr_choices
3
@model
state 0 [1, 2] init "two words" safe
//[x=1]
\taction go [0.5]
\t\t0 : 0.5
\t\t1 : 0.5
\taction __NOLABEL__
\t\t0 : 1
state 1
\taction stay [0, -1]
\t\t1 : 1
"""
CASSANDRA = """# a door
discount: 0.95
values: reward
states: in out
actions: stay go
start: in
T: stay identity
T: go : in : out 0.75
T: go : in : in 0.25
T: go : out uniform
R: * : in : * : * 1
R: go : out : in -2.5
"""
TRA = "mdp\n0 0 0 0.5\n0 0 1 0.5\n0 1 1 1\n1 0 1 1\n"
TREW = "0 0 0 1\n0 0 1 2\n"


def world_of_trew():
    """The world that the rewards in `TREW` are for."""
    return World.from_arrays([0, 2, 3], [0, 1, 0], [0, 2, 3, 4], [0, 1, 1, 1], [0.5, 0.5, 1, 1])


READERS = {
    "drn": (read_drn, DRN),
    "MDP": (read_cassandra, CASSANDRA),
    "tra": (read_explicit, TRA),
    "trew": (lambda path, most=2**20: read_rewards(world_of_trew(), "", path, most=most), TREW),
}
EVERY = pytest.mark.parametrize("ending", READERS)


def put(folder, name, text):
    """A file with this text."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def answer(read, path):
    """What a reader makes of a file: a world, or the words of its error; no other exception gets out."""
    try:
        return read(path)
    except TelosError as problem:
        return str(problem)


@EVERY
def test_the_good_files_are_read(tmp_path, ending):
    read, text = READERS[ending]
    read(put(tmp_path, f"w.{ending}", text))


@EVERY
@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "socket", "device", "too large"])
def test_what_is_no_regular_file_of_a_bounded_size_is_refused_at_once(tmp_path, ending, kind):
    read, text = READERS[ending]
    path, most = tmp_path / f"w.{ending}", 2**20
    held = None
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        held = socket.socket(socket.AF_UNIX)
        os.chdir(tmp_path)  # the name of a socket must be short
        held.bind(path.name)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "too large":
        put(tmp_path, path.name, text)
        most = 10
    said = {"missing": "cannot be read", "too large": "at most 10 are read"}.get(
        kind, f"{kind}|cannot"
    )
    try:
        with pytest.raises(WorldError, match=re.escape(str(path)) + f".*({said})"):
            read(path, most=most)
    finally:
        if held is not None:
            held.close()


@EVERY
def test_what_is_no_path_and_no_size_is_named(tmp_path, ending):
    read, text = READERS[ending]
    path = put(tmp_path, f"w.{ending}", text)
    for most in (0, -1, 1e9, "10", True, None):
        with pytest.raises(WorldError, match=r"most is .*integer of bytes"):
            read(path, most=most)
    for wrong in (None, 5, ["w.drn"]):
        with pytest.raises(WorldError):
            read(wrong)


@EVERY
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: b"", "an empty file"),
        (lambda text: b" \n\r\n\t\n", "an empty file"),
        (lambda text: b"\xff\xfe" + text.decode().encode("utf-16-le"), "text in UTF-16; save it"),
        (lambda text: text[:20] + b"\0" + text[20:], "byte 0x00 is not text"),
        (lambda text: text + b"\xc3\x28", "is not text"),
        (lambda text: text[:-1] + "é".encode()[:1], "is not text"),
        (lambda text: b"\x1b[2J" + text, "byte 0x1b is not text"),
        (lambda text: b"\x1f\x8b" + text, "packed by gzip"),
        (lambda text: b"PK\x03\x04" + text, "packed by zip"),
    ],
    ids=[
        "empty",
        "blank",
        "UTF-16",
        "a zero byte",
        "not UTF-8",
        "cut letter",
        "escape",
        "gzip",
        "zip",
    ],
)
def test_bytes_that_are_no_text_are_named(tmp_path, ending, change, message):
    read, text = READERS[ending]
    with pytest.raises(WorldError, match=rf"w\.{ending}:[0-9]+: .*{message}"):
        read(put(tmp_path, f"w.{ending}", change(text.encode())))


@EVERY
def test_a_byte_order_mark_and_windows_line_breaks_change_nothing(tmp_path, ending):
    read, text = READERS[ending]
    one = read(put(tmp_path, f"a.{ending}", text))
    odd = b"\xef\xbb\xbf" + text.replace("\n", "\r\n\r\n").encode()
    other = read(put(tmp_path, f"b.{ending}", odd))
    one, other = (getattr(each, "world", each) for each in (one, other))
    assert one.next_prob.tolist() == other.next_prob.tolist()
    assert one.states == other.states


@EVERY
def test_a_file_that_is_cut_short_anywhere_is_a_world_or_a_sentence(tmp_path, ending):
    read, text = READERS[ending]
    for end in range(len(text)):
        path = put(tmp_path, f"w.{ending}", text[:end])
        found = answer(read, path)
        assert not isinstance(found, str) or str(path) in found


BAD_DRN = [
    (("@type: MDP", "@type: CTMC"), r"w.drn:2: a model of type 'CTMC'"),
    (("@type: MDP", "@type: POMDP"), r"w.drn:2: a model of type 'POMDP'"),
    (("@type: MDP\n", ""), r"w.drn:11: a model of type ''"),
    (("@value_type: double", "@value_type: parametric"), r"w.drn:3: values of type 'parametric'"),
    (("@parameters\n\n", "@parameters\np q\n"), r"w.drn:4: a parametric model, over 'p q'"),
    (("@type: MDP", "hello"), r"w.drn:2: begins with 'hello'"),
    (("@model", "@modell"), r"no @model in the file"),
    (("@nr_states\n2\n", ""), r"no @nr_states before @model"),
    (("@nr_states\n2", "@nr_states\n-2"), r"w.drn:8: @nr_states is '-2'"),
    (("@nr_states\n2", f"@nr_states\n{10**15}"), r"1000000000000000 states announced, but 2"),
    (("@nr_states\n2", f"@nr_states\n{'9' * 5000}"), r"w.drn:8: @nr_states is '9{40}…'"),
    (("@nr_choices\n3", "@nr_choices\n4"), r"4 choices announced, but 3 follow"),
    (("coins time", "coins coins"), r"w.drn:6: a reward model is named twice"),
    (("@parameters\n", "@type: MDP\n"), r"w.drn:4: @type a second time"),
    (("[1, 2]", "[1, 2, 3]"), r"w.drn:13: 3 rewards, but @reward_models names 2"),
    (("[1, 2]", "[nan]"), r"w.drn:13: the reward is 'nan'"),
    (("[1, 2]", "{3}"), r"w.drn:13: '\{3\}' is an observation"),
    (("[1, 2]", "!7"), r"w.drn:13: '!7' is an exit rate"),
    (("state 1", "state 7"), r"w.drn:20: state 7 where state 1 is next"),
    (("state 1", "state x"), r"w.drn:20: the state is 'x'"),
    (("state 1", "state -1"), r"w.drn:20: the state is '-1'"),
    (("state 1\n", ""), r"2 states announced, but 1 follow"),
    (
        ("state 0 [1, 2]", "action go\n state 0 [1, 2]"),
        r"w.drn:13: an action before the first state",
    ),
    (("\taction go [0.5]\n", ""), r"w.drn:15: '0 : 0.5' stands under no action"),
    (("\taction stay [0, -1]\n", ""), r"w.drn:21: '1 : 1' stands under no action"),
    (("\t\t0 : 1\n", ""), r"w.drn:18: this action leads nowhere"),
    (("1 : 0.5", "1 : 0.4"), r"w.drn:16: state 0, choice 0: probabilities sum to 0.9, not 1"),
    (("1 : 0.5", "0 : 0.5"), r"w.drn:17: state 0, choice 0 leads to state 0 a second time"),
    (("1 : 0.5", "2 : 0.5"), r"w.drn:17: the successor is 2, but the last one is number 1"),
    (("1 : 0.5", "-1 : 0.5"), r"w.drn:17: the successor is '-1'"),
    (("1 : 0.5", "1 : nan"), r"w.drn:17: probability is 'nan'"),
    (("1 : 0.5", "1 : 1e999"), r"w.drn:17: probability is '1e999'"),
    (("1 : 0.5", "1 : -0.5"), r"w.drn:17: probability '-0.5' is not in"),
    (("1 : 0.5", "1 : 0"), r"w.drn:16: state 0, choice 0: probabilities sum to 0.5, not 1"),
    (("1 : 0.5", "1 : [0.1, 0.9]"), r"w.drn:17: '\[0.1, 0.9\]' is an interval"),
    (("1 : 0.5", "1 : p"), r"w.drn:17: probability is 'p'"),
    (("1 : 0.5", "1 0.5"), r"w.drn:17: '1 0.5' is not: state NUMBER"),
    (("1 : 0.5", f"{'9' * 5000} : 0.5"), r"w.drn:17: the successor is '9{40}…'"),
    (("init ", ""), r"w.drn: no state is labeled init"),
]
BAD_CASSANDRA = [
    (("discount: 0.95", "discount: 1.5"), r"w.MDP:2: the discount is 1.5; it is from 0 to 1"),
    (("discount: 0.95", "discount: nan"), r"w.MDP:2: the discount is 'nan'"),
    (("discount: 0.95", "discount 0.95"), r"w.MDP:2: '0.95' where a colon should be"),
    (("discount: 0.95", "discount: 0.9\ndiscount: 0.9"), r"w.MDP:3: discount a second time"),
    (("values: reward", "values: money"), r"w.MDP:3: values is 'money'"),
    (("states: in out", f"states: {10**15}"), r"w.MDP:4: 1000000000000000 states; from 1 to"),
    (
        ("states: in out\nactions: stay go\nstart: in", "states: 60000 actions: 2"),
        r"60000 states fill matrices of 7200000000 numbers",
    ),
    (("states: in out", f"states: {'9' * 5000}"), r"w.MDP:4: the number of states is '9{40}…'"),
    (("states: in out", "states: -3"), r"w.MDP:4: '-3' is not a name"),
    (("states: in out", "states: in in"), r"w.MDP:4: 'in' is named twice"),
    (("states: in out", "states:"), r"w.MDP:4: no states; name them"),
    (("states: in out", ""), r"w.MDP:6: start before states"),
    (("actions: stay go", ""), r"no actions before T and R"),
    (("actions: stay go", "observations: 2"), r"w.MDP:5: observations: a partly observed model"),
    (("T: stay identity", "O: stay uniform"), r"w.MDP:7: O: a partly observed model"),
    (("start: in", "start: attic"), r"w.MDP:6: no state 'attic'"),
    (("start: in", "start: 0.5 0.6"), r"w.MDP:6: the chances of the first state sum to 1.1"),
    (("start: in", "start: 0.5 0.25 0.25"), r"w.MDP:6: start has 3 words"),
    (("start: in", "start exclude: in out"), r"w.MDP:6: start excludes every state"),
    (("T: stay", "T: sty"), r"w.MDP:7: no action 'sty'. Did you mean 'stay'"),
    (("T: stay identity", "T: stay : in identity"), r"w.MDP:7: identity is a matrix"),
    (("in : out 0.75", "in : 2 0.75"), r"w.MDP:8: the state is 2, but the last one is number 1"),
    (
        ("out 0.75", "out 0.7"),
        r"w.MDP:9: state 'in', action 'go': probabilities sum to 0.95, not 1",
    ),
    (("out 0.75", "out 1.75"), r"w.MDP:8: probability '1.75' is not from 0 to 1"),
    (("out 0.75", "out inf"), r"w.MDP:8: probability is 'inf'"),
    (("out 0.75", "out"), r"w.MDP:9: probability is 'T'"),
    (("T: go : out uniform\n", ""), r"w.MDP:1: no T line speaks of state 'out', action 'go'"),
    (("-2.5", ""), r"w.MDP:12: the file ends where a number should follow"),
    (("-2.5", "-2.5 7"), r"w.MDP:12: '7' begins no line"),
    (("in : * : * 1", "in : * : wet 1"), r"w.MDP:11: a reward of observation 'wet'"),
]
BAD_TREW = [
    ("0 0 0\n", r"w.trew:1: rewards for 0 states and a world of 2"),
    ("2 3 5\n0 0 0 1\n", r"w.trew:1: 5 rewards announced, but 1 follow"),
    ("0 0 0 1\n0 0 0 2\n", r"w.trew:2: the same transition a second time"),
    ("0 0 0 1\n1 0 0 2\n", r"w.trew:2: state 1, choice 0 never leads to state 0"),
    ("0 0 0 1\n0 2 0 2\n", r"w.trew:2: the choice is 2, but the last one is number 1"),
    ("7 0 0 1\n", r"w.trew:1: the state is 7"),
    ("0 0 0 inf\n", r"w.trew:1: the reward is 'inf'"),
    (f"0 0 {10**17} 1\n", r"w.trew:1: the successor is 10{17}"),
    ("0 0 0 0 0\n", r"w.trew:1: '0 0 0 0 0' is not: state choice successor reward"),
]


@pytest.mark.parametrize(("change", "message"), BAD_DRN, ids=range(len(BAD_DRN)))
def test_bad_drn_files(tmp_path, change, message):
    assert DRN.count(change[0]) >= 1
    with pytest.raises(WorldError, match=message):
        read_drn(put(tmp_path, "w.drn", DRN.replace(*change, 1)))


@pytest.mark.parametrize(("change", "message"), BAD_CASSANDRA, ids=range(len(BAD_CASSANDRA)))
def test_bad_files_of_cassandras_format(tmp_path, change, message):
    assert CASSANDRA.count(change[0]) >= 1
    with pytest.raises(WorldError, match=message):
        read_cassandra(put(tmp_path, "w.MDP", CASSANDRA.replace(*change, 1)))


@pytest.mark.parametrize(("text", "message"), BAD_TREW, ids=range(len(BAD_TREW)))
def test_bad_rewards_of_transitions(tmp_path, text, message):
    with pytest.raises(WorldError, match=message):
        read_rewards(world_of_trew(), transitions=put(tmp_path, "w.trew", text))


def test_few_letters_that_would_set_a_matrix_again_and_again_are_stopped(tmp_path):
    names = "states: 1000 actions: 2\n"
    path = put(tmp_path, "w.MDP", names + "T: * : * : * 0.001\n" * 2000)
    with pytest.raises(WorldError, match=r"w.MDP:\d+: with this line, T and R have set more than"):
        read_cassandra(path)


def test_names_and_states_that_would_fill_the_memory_are_stopped(tmp_path):
    size = 40_000
    rows = "".join(f"{s} 0 {(s + 1) % size} 1\n" for s in range(size))
    names = " ".join(f"l{n}" for n in range(20_000))
    lab = f"#DECLARATION\ninit {names}\n#END\n0 init\n"
    with pytest.raises(WorldError, match=r"20001 labels, variables and rewards of 40000 states"):
        read_explicit(put(tmp_path, "w.tra", "mdp\n" + rows), put(tmp_path, "w.lab", lab))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("w.tra", "mdp\n" + "1 " * 2**22, r"w.tra:2: a line of \d+ bytes"),
        ("w.drn", DRN.replace("two words", "[" * 2**22), r"w.drn:13: a line of \d+ bytes"),
        ("w.drn", DRN.replace('"two words"', "[" * 2**21), r"w.drn:13: '\[{40}…' is not closed"),
        (
            "w.drn",
            DRN.replace("1 : 0.5", f"1 : {'5' * 2**21}x"),
            r"w.drn:17: probability is '5{40}…'",
        ),
        (
            "w.MDP",
            CASSANDRA.replace("-2.5", "5" * 2**22 + "x"),
            r"w.MDP:12: the reward is '5{40}…'",
        ),
    ],
    ids=["a line without end", "a long state", "open brackets", "digits", "more digits"],
)
def test_long_lines_take_no_time_and_no_memory(tmp_path, name, text, message):
    read, _ = READERS[name.removeprefix("w.")]
    with pytest.raises(WorldError, match=message):
        read(put(tmp_path, name, text))


def test_a_wrong_name_among_a_million_is_answered_at_once(tmp_path):
    names = " ".join(f"n{n}" for n in range(200_000))
    path = put(tmp_path, "w.MDP", f"states: 1 actions: {names} T: {'x' * 5000} uniform")
    with pytest.raises(WorldError, match=r"w.MDP:1: no action 'x{40}…'.*Known: n0, "):
        read_cassandra(path)


def test_a_finding_behind_many_lines_has_its_line(tmp_path):
    """A large file is read in batches; a place in the last of them is still a line of the file."""
    size = 20_000
    rows = [f"{s} 0 {(s + 1) % size} 1" for s in range(size)]
    rows[15_000] = "15000 0 15001 0.9"
    with pytest.raises(WorldError, match=r"w.tra:15002: state 15000, choice 0: .* sum to 0.9"):
        read_explicit(put(tmp_path, "w.tra", "mdp\n" + "\n".join(rows)))
    rows[15_000] = "15000 0 15001 1_0"
    with pytest.raises(WorldError, match=r"w.tra:15002: probability is '1_0'"):
        read_explicit(put(tmp_path, "w.tra", "mdp\n" + "\n".join(rows)))


@EVERY
@given(data=st.data())
@settings(SHARED, max_examples=150)
def test_any_bytes_and_any_change_of_a_good_file_end_in_a_world_or_a_sentence(
    tmp_path, ending, data
):
    """The error, if there is one, names the file; no other exception ever gets out."""
    read, text = READERS[ending]
    words = re.split(r"(\s)", text)
    odd = (
        "",
        "-1",
        "nan",
        "1e999",
        "9" * 17,
        "@model",
        "#",
        ":",
        "*",
        "[",
        '"',
        "state",
        "T",
        "1/3",
    )
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(words) - 1))
        other = data.draw(st.integers(0, len(words) - 1))
        words[place] = data.draw(
            st.one_of(st.just(words[other]), st.sampled_from(odd), st.text(max_size=4))
        )
    content = "".join(words).encode("utf-8", "surrogatepass")
    content = data.draw(st.one_of(st.just(content), st.binary(max_size=60)))
    path = put(tmp_path, f"w.{ending}", content)
    found = answer(read, path)
    assert not isinstance(found, str) or path.name in found
