"""The loader: what a file says is read whole and strictly, or refused with its line and the remedy."""

import json
import os
import re
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest

from telos.bounds.automaton import Automaton
from telos.bounds.binding import Binding, check_fit
from telos.bounds.files import (
    MOST_BYTES,
    bindings_beside,
    load_binding,
    load_bounds,
    read_binding,
    read_bounds,
)
from telos.bounds.rules import Bounds
from telos.core.errors import BoundsError
from telos.core.files import open_to_others

DATA = Path(__file__).parent / "data"
TEXTS = {name: (DATA / name).read_text(encoding="utf-8") for name in ("ops.toml", "tools.toml")}
#: Each: the file, what is replaced in it, by what, the line that is named, and how the message begins.
MALFORMED = json.loads((DATA / "malformed.json").read_text(encoding="utf-8"))
MINIMAL = 'bounds = 1\nname = "ops"\ndenials = 3\nopaque = "deny"\nprotected = ["clock"]\n'


@pytest.fixture
def folder(tmp_path):
    """A copy of the files, which the tests may spoil."""
    for path in DATA.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def read(name, text):
    return read_bounds(text, name) if name == "ops.toml" else read_binding(text, name, DATA)


def test_the_files_that_the_others_spoil_are_read():
    bounds, binding = load_bounds(DATA / "ops.toml"), load_binding(DATA / "tools.toml")
    automaton = Automaton(bounds, binding)
    assert automaton.budgets == ("money",)
    assert binding.tool["write_file"].arguments["properties"]["text"]["maxLength"] == 10_000
    assert bindings_beside(DATA / "ops.toml", bounds) == (DATA / "tools.toml",)
    assert len(MALFORMED) >= 200


@pytest.mark.parametrize(
    ("name", "old", "new", "line", "words"), MALFORMED, ids=[str(i) for i in range(len(MALFORMED))]
)
def test_what_is_malformed_is_refused_with_line_and_remedy(name, old, new, line, words):
    assert old in TEXTS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(BoundsError) as refused:
            read(name, TEXTS[name].replace(old, new, 1))
    said = str(refused.value)
    assert said.startswith(f"{name}:{line}: ")
    assert words in said
    assert re.fullmatch(
        r"[^\n\x1b]+[;:] [^\n\x1b]{5,}\.", said
    )  # one line, and a remedy at its end
    assert len(said) < 500


def test_windows_line_ends_are_line_ends():
    bounds = read_bounds(TEXTS["ops.toml"].replace("\n", "\r\n"), "ops.toml")
    assert bounds == read_bounds(TEXTS["ops.toml"], "ops.toml")


def test_comments_and_reasons_may_be_in_any_language():
    text = TEXTS["tools.toml"].replace('absent = "the', 'absent = "für 言語 the # ')
    assert "für" in read("tools.toml", text).asset["model"].absent


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (MINIMAL + "# " + "x" * MOST_BYTES, "at most 65,536"),
        (MINIMAL + '[[forbid]]\nclass = "irreversible"\n' * 501, "at most 500"),
        (
            MINIMAL
            + (
                '[[keep]]\nasset = "a"\nat_least = 1\n' * 251
                + '[[forbid]]\neffect = ["pay"]\n' * 250
            ),
            "501 rules",
        ),
        ("", "has no 'bounds'"),
        ("# nothing\n", "has no 'bounds'"),
    ],
)
def test_a_file_that_is_too_large_or_empty_is_refused(text, words):
    with pytest.raises(BoundsError, match=rf"^ops\.toml:\d+: .*{words}"):
        read_bounds(text, "ops.toml")


def test_five_hundred_rules_are_read():
    text = MINIMAL + '[[forbid]]\nclass = "irreversible"\n' * 500
    assert len(read_bounds(text, "ops.toml").forbid) == 500


@pytest.mark.skipif(os.name != "posix", reason="rights of files are those of POSIX")
@pytest.mark.parametrize("name", ["ops.toml", "tools.toml", "write_file.json"])
class TestRights:
    """Of each file that is read: a schema is as powerful as the binding that names it."""

    @staticmethod
    def refused(folder, name, words):
        load = load_bounds if name == "ops.toml" else load_binding
        with pytest.raises(BoundsError, match=words):
            load(folder / ("ops.toml" if name == "ops.toml" else "tools.toml"))

    @pytest.mark.parametrize("mode", [0o664, 0o646, 0o666, 0o620])
    def test_a_file_that_others_may_write_is_refused(self, folder, name, mode):
        (folder / name).chmod(mode)
        self.refused(folder, name, "can be written by others")

    def test_a_link_is_refused(self, folder, name):
        (folder / name).rename(folder / "real")
        (folder / name).symlink_to(folder / "real")
        self.refused(folder, name, "is a link")

    def test_a_pipe_and_a_folder_are_refused_at_once(self, folder, name):
        (folder / name).unlink()
        os.mkfifo(folder / name)
        self.refused(folder, name, "a pipe, not a file")
        (folder / name).unlink()
        (folder / name).mkdir()
        self.refused(folder, name, "a folder, not a file")

    def test_a_file_that_is_not_there_or_too_large_is_refused(self, folder, name):
        (folder / name).write_text(" " * (MOST_BYTES + 1), encoding="utf-8")
        self.refused(folder, name, "at most 65,536")
        (folder / name).unlink()
        self.refused(folder, name, "is not there")

    def test_a_folder_where_others_can_replace_it_is_refused(self, folder, name):
        folder.chmod(0o777)
        self.refused(folder, name, "others can replace it")
        folder.chmod(0o1777)  # sticky, as /tmp: only the owner can replace a file
        assert load_bounds(folder / "ops.toml")

    def test_what_is_not_utf_8_is_refused(self, folder, name):
        with (folder / name).open("ab") as file:
            file.write(b"\n#\xff\n")
        self.refused(folder, name, "byte 0xff is not UTF-8")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"type": "object",', '"type": "object", "type": "object",', "twice"),
        ('"maxLength": 10000', '"maxLength": 1e4', "not an integer"),
        ('"maxLength": 10000', '"maxLength": NaN', "not an integer"),
        ('"maxLength": 10000', '"maxLength": ' + "9" * 5000, "plain JSON"),
        ('"maxLength": 10000', '"pattern": "(a+)+$"', "text.pattern is not a key here"),
        ('"maxLength": 10000', '"enum": ["caf\\u00e9"]', "signs beyond ASCII"),
        ('"lines"', '"l\\u0131nes"', "signs beyond ASCII"),
        ('"additionalProperties": false', '"additionalProperties": true', "additionalProperties"),
        ("{", "[" * 30_000, "plain JSON"),
        ("{", '{"x": ' + "[" * 600 + "]" * 600 + ",", "lies too deep; nest at most 30 values"),
        ("{", "", "plain JSON"),
        ("{", "\ufeff{", "plain JSON"),
        ("{", "// why\n{", "plain JSON"),
    ],
)
def test_a_schema_file_is_held_to_the_same_strictness(folder, old, new, words):
    path = folder / "write_file.json"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BoundsError, match=rf"tools\.toml:40: .*{re.escape(words)}"):
        load_binding(folder / "tools.toml")


def test_a_binding_from_a_text_names_no_file():
    with pytest.raises(BoundsError, match=r"^tools\.toml:40: schema 'write_file\.json'"):
        read_binding(TEXTS["tools.toml"], "tools.toml")


@pytest.mark.parametrize(
    "said",
    [
        'for = "ops"',
        "for='ops'",
        '"for" = "ops"',
        "'for' = 'ops'",
        '\tfor\t=\t"ops"',
        '\rfor = "ops"',
    ],
)
def test_a_binding_that_cannot_be_believed_is_never_left_out(folder, said):
    bounds = load_bounds(folder / "ops.toml")
    (folder / "broken.toml").write_text(f"binding = nan\n{said}\n", encoding="utf-8")
    (folder / "other.toml").write_text('for = "opsy"\n', encoding="utf-8")
    (folder / "link.toml").symlink_to(folder / "tools.toml")
    (folder / "nothing.toml").symlink_to(folder / "absent")
    (folder / "folder.toml").mkdir()
    found = [path.name for path in bindings_beside(folder / "ops.toml", bounds)]
    assert found == ["broken.toml", "link.toml", "tools.toml"]


def test_every_rule_is_said_in_words_by_its_name():
    text = """
bounds = 1
name = "ops"
denials = 3
opaque = "deny"
protected = ["off_switch"]
[[forbid]]
effect = ["disable", "write", "delete"]
on = "protected"
[[forbid]]
class = "irreversible"
[[forbid]]
effect = ["replicate"]
unless = { live = 1, total = 2 }
[[forbid]]
effect = ["send"]
on = ["mail", "disk"]
class = "externally_reversible"
[[keep]]
asset = "copies"
at_least = 2
[[keep]]
asset = "backup"
recoverable = true
[budget.money]
max = 20000
unit = "cent"
[budget.calls]
max = 50
[[approve]]
effect = ["pay"]
above = { amount = 50, unit = "cent" }
asks = 3
"""
    assert read_bounds(text, "ops.toml").sentences() == {
        "forbid[0]": "never disable, write or delete what is protected",
        "forbid[1]": "never anything irreversible",
        "forbid[2]": "never replicate beyond 1 at a time or 2 in all",
        "forbid[3]": "never send mail or disk that is externally reversible",
        "keep[0]": "copies never below 2",
        "keep[1]": "backup stays recoverable by operator",
        "budget.money": "at most 20,000 cent in all",
        "budget.calls": "at most 50 calls in all",
        "approve[0]": "pay above 50 cent needs consent, at most 3 asks",
    }


def test_a_verb_without_an_asset_cannot_escape_a_rule_that_asks_to_which():
    rules = {"bounds": 1, "name": "ops", "denials": 1, "opaque": "deny", "protected": ["log"]}
    mail = {"schema": {"type": "object", "additionalProperties": False}, "class": "reversible"}
    for rule in ({"forbid": [{"effect": ["send"], "on": "protected"}]}, {"forbid": []}):
        tool = {"mail": {**mail, "effect": "send"}}
        binding = Binding(binding=1, name="x", asset={"log": {}}, tool=tool, **{"for": "ops"})
        if rule["forbid"]:
            with pytest.raises(
                BoundsError, match=r"tool.mail does 'send' to no asset, so forbid\[0\]"
            ):
                check_fit(Bounds(**rules, **rule), binding)
        else:
            check_fit(Bounds(**rules, **rule), binding)


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "members", "others"),
    [
        (0o644, 1000, 100, [], False),
        (0o664, 1000, 1000, [], False),
        (0o664, 1000, 1000, ["ada"], False),
        (0o664, 1000, 1000, ["ada", "eve"], True),
        (0o664, 1000, 100, [], True),
        (0o664, 0, 0, [], True),
        (0o646, 1000, 1000, [], True),
        (0o664, 1000, 1000, None, True),
    ],
)
def test_a_group_counts_as_others_unless_it_is_the_owners_alone(
    monkeypatch, mode, uid, gid, members, others
):
    grp, pwd = pytest.importorskip("grp"), pytest.importorskip("pwd")

    def group(number):
        if members is None:
            raise KeyError(number)
        return SimpleNamespace(gr_mem=members)

    monkeypatch.setattr(grp, "getgrgid", group)
    monkeypatch.setattr(pwd, "getpwuid", lambda number: SimpleNamespace(pw_name="ada"))
    found = SimpleNamespace(st_mode=0o100000 | mode, st_uid=uid, st_gid=gid)
    assert open_to_others(found) == others
