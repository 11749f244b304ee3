"""Calls: each way to say one thing and mean another is unbound, and its benign twin is allowed."""

import json
import os

import pytest

from bounds.deployment import BINDING, call, made, names
from telos.bounds.binding import Binding
from telos.bounds.calls import canonical, label, labelled, schema_digest
from telos.bounds.rules import MOST

PAY = {"price": 10, "count": 2, "to": "shop"}
DENIED = ("deny", "unbound")

#: What is tried, of which tool, and the same thing said honestly: (attack, twin).
TOOLS = [
    ("Write_File", "write_file", {"path": "/data/a"}),
    ("write_file ", "write_file", {"path": "/data/a"}),
    ("write\u200b_file", "write_file", {"path": "/data/a"}),
    ("writе_file", "write_file", {"path": "/data/a"}),  # a Cyrillic letter
    ("ｗrite_file", "write_file", {"path": "/data/a"}),
    ("functions.write_file", "write_file", {"path": "/data/a"}),
    ("", "write_file", {"path": "/data/a"}),
    (None, "write_file", {"path": "/data/a"}),
    (["write_file"], "write_file", {"path": "/data/a"}),
]
ARGUMENTS = [
    ("pay", {"price": 10, "count": 2}, PAY),  # left out
    ("pay", {**PAY, "note": None}, {**PAY, "note": ""}),
    ("pay", {**PAY, "extra": 1}, {**PAY, "note": "1"}),
    ("pay", {**PAY, "Price": 1}, PAY),
    ("pay", {**PAY, "price": True}, PAY),
    ("pay", {**PAY, "price": 10.0}, PAY),
    ("pay", {**PAY, "price": "10"}, PAY),
    ("pay", {**PAY, "price": [10]}, PAY),
    ("pay", {**PAY, "price": float("nan")}, PAY),
    ("pay", {**PAY, "price": float("inf")}, PAY),
    ("pay", {**PAY, "price": -10}, PAY),
    ("pay", {**PAY, "count": -2}, PAY),  # a product of two negative numbers would be positive
    ("pay", {**PAY, "price": 10**13}, PAY),
    ("pay", {**PAY, "price": 10**7, "count": 10**7}, PAY),
    ("pay", {**PAY, "to": "caf\u0065\u0301"}, {**PAY, "to": "caf\u00e9"}),
    ("pay", {**PAY, "to": "\ud800"}, PAY),
    ("pay", {**PAY, "to": "x" * 2**20}, {**PAY, "to": "x" * 2**10}),
    ("pay", '{"price": 10, "count": 2, "to": "a", "price": 1}', json.dumps(PAY)),
    ("pay", '{"price": NaN, "count": 2, "to": "a"}', json.dumps(PAY)),
    ("pay", '{"price": 1e400, "count": 2, "to": "a"}', json.dumps(PAY)),
    ("pay", "[10, 2]", json.dumps(PAY)),
    ("pay", "{" * 10_000, json.dumps(PAY)),
    ("pay", b"\xff\xfe{\x00}\x00", json.dumps(PAY).encode()),
    ("pay", None, PAY),
    ("pay", [10, 2, "shop"], PAY),
    ("set_mode", {"mode": "FAST", "level": 1}, {"mode": "fast", "level": 1}),
    ("set_mode", {"mode": "fast", "level": True}, {"mode": "fast", "level": 1}),
    ("set_mode", {"mode": ["fast"], "level": 1}, {"mode": "fast", "level": 1}),
    ("remember", {"key": ["operator"], "value": "x"}, {"key": "list", "value": "x"}),
    (
        "post",
        {"url": ["https://api.example.com/"], "body": ""},
        {"url": "https://api.example.com/", "body": ""},
    ),
]
#: A path and its twin; what is refused outright, since it may mean a place that rules protect.
PATHS = [
    ("data/a", "/data/a"),
    ("", "/data/a"),
    ("/", "/data/a/"),
    ("/etc/passwd", "/data/etc/passwd"),
    ("/datashop/a", "/data/shop/a"),
    ("/data/{monitor,x}", "/data/(monitor,x)"),
    ("/data/m\u0585nitor/x", "/data/\u65e5\u672c/x"),
    ("/data/monit\u014dr/x", "/data/monit\u014drs/x"),
    ("/data/monitor\ufe0f/x", "/data/monitors\ufe0f/x"),
    ("/data/\u3164monitor/x", "/data/a monitor/x"),
    ("/data/../etc/ops", "/data/x..y"),
    ("/data/a/../monitor/x", "/data/a/./x"),
    ("/data/..", "/data//a"),
    ("/data/MONITOR/x", "/data/Monitoring/x"),
    ("/data/Monitor", "/data/a/Monitor"),
    ("/data/mоnitor/x", "/data/note/x"),  # a Cyrillic letter
    ("/data/ｍonitor/x", "/data/ｍ/x"),
    ("/DATA/a", "/data/A"),
    ("/data/monitor./x", "/data/monitor.d/x"),
    ("/data/monitor /x", "/data/a b/x"),
    ("/data/notes ", "/data/notes"),
    ("/data/%6donitor/x", "/data/100%/x"),
    ("/data/%2e%2e/etc", "/data/5% off"),
    ("/data\\monitor", "/data/b"),
    ("/data/mon*", "/data/mon"),
    ("/data/m?nitor/x", "/data/m/x"),
    ("/data/[m]onitor", "/data/m"),
    ("/data/$HOME", "/data/HOME"),
    ("~/x", "/data/x"),
    ("/data/~/x", "/data/x-y"),
    ("/data/a\x00/../monitor", "/data/a"),
    ("/data/a\n", "/data/a"),
    ("/data/mon\u200bitor", "/data/monitors"),
    ("/data/\u202erotinom", "/data/rotinom"),
    ("/data/\uff0e\uff0e/monitor", "/data/\uff0e\uff0ea"),  # full-width dots, which some fold
    ("/data/a\uff0f..\uff0fmonitor", "/data/a-b"),
    ("file:///data/a", "/data/file"),
    ("/data/" + "a/" * 3000, "/data/" + "a/" * 300),
]
#: What reaches a protected asset under another name, and is told for what it is.
PROTECTED_PATHS = [
    "/data/monitor",
    "/data/monitor/",
    "/data//monitor/x",
    "/data/./monitor/./x",
    "//data/monitor",
    "/data",  # the folder around it
    "/data/",
]
URLS = [
    ("https://evil.example/", "https://api.example.com/"),
    ("http://api.example.com/", "https://api.example.com/x"),
    ("HTTPS://EVIL.EXAMPLE/", "HTTPS://API.EXAMPLE.COM/"),
    ("https://api.example.com@evil.example/", "https://api.example.com/@evil.example/"),
    ("https://user@api.example.com/", "https://api.example.com/?user"),
    ("https://api.example.com.evil.example/", "https://api.example.com/.evil.example"),
    ("https://api.example.com./", "https://api.example.com/."),
    ("https://evil.example#api.example.com/", "https://api.example.com#x"),
    ("https://evil.example?api.example.com/", "https://api.example.com?x"),
    ("https://evil.example\\.api.example.com/", "https://api.example.com/a"),
    ("https://api.example.com\\@evil.example/", "https://api.example.com/b"),
    ("https://аpi.example.com/", "https://api.example.com/c"),  # a Cyrillic letter
    ("https://ａpi.example.com/", "https://api.example.com/d"),
    ("https://api。example.com/", "https://api.example.com/e"),
    (
        "https://\u212aiosk.example.com/",
        "https://Kiosk.example.com/",
    ),  # small, a Kelvin sign is a k
    ("https://xn--pi-7kc.example.com/", "https://api.example.com/f"),
    ("https://api.example.com:444/", "https://api.example.com:443/"),
    ("https://api.example.com:80/", "https://api.example.com:/"),
    ("https://api.example.com:443:444/", "https://api.example.com:443/x"),
    ("https://api%2eexample.com/", "https://api.example.com/%2e"),
    ("https://127.0.0.1/", "https://api.example.com/127.0.0.1"),
    ("https://2130706433/", "https://api.example.com/2130706433"),
    ("https://[::1]/", "https://api.example.com/[::1]"),
    ("https:api.example.com", "https://api.example.com"),
    ("//api.example.com/", "https://api.example.com//"),
    (" https://api.example.com/", "https://api.example.com/g"),
    ("https://api.example.com\t.evil.example/", "https://api.example.com/h"),
    ("https:///api.example.com/", "https://api.example.com/i"),
    ("javascript://api.example.com/", "https://api.example.com/j"),
    ("https://api.example.com#@evil.example/", "https://api.example.com/#@evil.example"),
    ("https://api.example.com?@evil.example/", "https://api.example.com/?@evil.example"),
]
#: A key and its twin: what looks like one that the table knows is not "any other".
KEYS = [
    ("Operator", "Operations"),
    ("OPERATOR", "OPERATING"),
    ("operator ", "operator notes"),
    ("\u200boperator", "cooperator"),
    ("оperator", "opérateur"),  # a Cyrillic letter
    ("ｏperator", "operators"),
    ("gοal", "goals"),  # a Greek letter
    ("goal\n", "goal 2"),
    ("g\u0585al", "g\u0585als"),  # an Armenian letter; no list of look-alikes has them all
    ("go\u0251l", "\u0251"),
    ("\u13bboal", "\u65e5\u672c"),
    ("g\u00f4al", "g\u00f4als"),
    ("go\u0332al", "go\u0332als"),
    ("goal\ufe0f", "notes\ufe0f"),  # a selector of variants, which nobody sees
    ("goal\u034f", "notes"),
    ("\u3164goal", "shopping"),  # a letter, by its category, that is blank
    ("goal\u2800", "\u2801"),
]


@pytest.mark.parametrize(("attack", "twin", "arguments"), TOOLS)
def test_a_tool_is_known_by_its_exact_name(attack, twin, arguments):
    assert names(call(made(), attack, arguments)) == DENIED
    assert names(call(made(), twin, arguments)) == ("allow", "")


@pytest.mark.parametrize(("tool", "attack", "twin"), ARGUMENTS)
def test_arguments_are_checked_before_they_mean_anything(tool, attack, twin):
    assert (
        names(call(made(), tool, attack) if attack is not None else call(made(), tool, []))
        == DENIED
    )
    assert names(call(made(), tool, twin)) == ("allow", "")


@pytest.mark.parametrize(("attack", "twin"), PATHS)
def test_a_path_that_others_may_read_otherwise_is_refused(attack, twin):
    assert names(call(made(), "write_file", {"path": attack})) == DENIED
    assert names(call(made(), "write_file", {"path": twin})) == ("allow", "")


@pytest.mark.parametrize("path", PROTECTED_PATHS)
def test_a_protected_path_is_found_however_it_is_written(path):
    assert names(call(made(), "write_file", {"path": path})) == ("deny", "forbid[0]")


@pytest.mark.parametrize(("attack", "twin"), URLS)
def test_an_address_is_of_a_listed_host_scheme_and_port(attack, twin):
    assert names(call(made(), "post", {"url": attack, "body": ""})) == DENIED
    assert names(call(made(), "post", {"url": twin, "body": ""})) == ("allow", "")


@pytest.mark.parametrize(("attack", "twin"), KEYS)
def test_a_key_that_looks_like_another_is_not_any_other(attack, twin):
    assert names(call(made(), "remember", {"key": attack, "value": "x"})) == DENIED
    assert names(call(made(), "remember", {"key": twin, "value": "x"})) == ("allow", "")


def test_memory_and_prompt_are_told_by_what_is_written():
    assert names(call(made(), "remember", {"key": "operator", "value": "x"})) == (
        "deny",
        "forbid[0]",
    )
    assert names(call(made(), "remember", {"key": "goal", "value": "x"})) == ("deny", "forbid[0]")
    assert names(call(made(), "edit_prompt", {"text": "x"})) == ("deny", "forbid[0]")
    assert names(call(made(), "remember", {"key": "shopping", "value": "goal"})) == ("allow", "")


def test_links_are_followed_and_both_ends_count(tmp_path):
    work, monitor = tmp_path / "work", tmp_path / "work" / "monitor"
    monitor.mkdir(parents=True)
    (work / "plain").mkdir()
    (work / "shortcut").symlink_to(monitor)
    (work / "inside").symlink_to(work / "plain")
    (work / "out").symlink_to("/")
    (monitor / "link").symlink_to(work / "plain")
    data = json.loads(json.dumps(BINDING))
    roots = {str(work): "work", str(monitor): "monitor"}
    data["tool"]["write_file"]["asset"]["longest_root"] = roots
    binding = Binding(**data)

    def assets(path):
        event = label(binding, "write_file", {"path": str(path)}, resolve=os.path.realpath)
        return {effect.asset for effect in event.effects} if event.bound else "unbound"

    assert assets(work / "shortcut" / "x") == {"work", "monitor"}
    assert assets(work / "inside" / "x") == {"work"}
    assert assets(work / "out" / "x") == "unbound"
    assert assets(monitor / "link") == {
        "work",
        "monitor",
    }  # to delete it changes the monitor's folder


def test_a_port_that_is_listed_is_the_only_one_of_its_host():
    data = json.loads(json.dumps(BINDING))
    data["tool"]["post"]["asset"] |= {"hosts": ["box.example.com:8080"], "schemes": ["http"]}
    for url, bound in (
        ("http://box.example.com:8080/a", True),
        ("http://BOX.example.com:8080", True),
        ("http://box.example.com/a", False),
        ("http://box.example.com:80/a", False),
        ("http://box.example.com:8081/a", False),
    ):
        assert label(Binding(**data), "post", {"url": url, "body": ""}).bound == bound, url


def test_steps_up_and_links_on_the_way_are_judged_by_where_they_lead(tmp_path):
    desk, etc = tmp_path / "desk", tmp_path / "etc"
    for folder in (desk / "plain", desk / "deep" / "er", etc):
        folder.mkdir(parents=True)
    (desk / "out").symlink_to(etc)
    (desk / "in").symlink_to(desk / "deep" / "er")
    (etc / "back").symlink_to(desk / "plain")
    data = json.loads(json.dumps(BINDING))
    data["tool"]["write_file"]["asset"]["longest_root"] = {str(desk): "work"}

    def bound(path, resolve=os.path.realpath):
        return label(
            Binding(**data), "write_file", {"path": f"{desk}/{path}"}, resolve=resolve
        ).bound

    for path in ("plain/../x", "in/../x", "nowhere/../x", "plain/..", "../desk/x", "out/back/x"):
        assert bound(path), path
        assert not bound(path, None) or ".." not in path, path
    # through `out` one leaves; what is deleted at its end lies there, wherever that leads again
    for path in ("out/../x", "out/back", "..", "../x", "%2e%2e/../x", "a*/../x"):
        assert not bound(path), path


def test_a_folder_that_holds_all_of_a_level_is_not_one_of_it():
    data = json.loads(json.dumps(BINDING))
    roots = {"/data": "work", "/data/rows": "rows"}
    data["tool"]["write_file"] |= {"effect": "delete"}
    data["tool"]["write_file"]["asset"]["longest_root"] = roots
    deleted = {
        path: [e.amount for e in label(Binding(**data), "write_file", {"path": path}).effects]
        for path in ("/data/rows/1", "/data/rows", "/data", "/data/x")
    }
    assert deleted == {
        "/data/rows/1": [1],
        "/data/rows": [MOST],
        "/data": [MOST, MOST],
        "/data/x": [1],
    }


def test_values_that_share_their_parts_are_not_walked_for_ever():
    value = ["x"] * 10
    for _ in range(15):
        value = [value] * 10
    assert not label(Binding(**BINDING), "remember", {"key": "k", "value": value}).bound
    assert label(Binding(**BINDING), "remember", {"key": "k", "value": "x"}).bound


@pytest.mark.parametrize("resolve", [lambda path: "data/a", lambda path: 1 / 0, lambda path: None])
def test_a_resolver_that_fails_denies(resolve):
    assert names(call(made(resolve=resolve), "write_file", {"path": "/data/a"})) == DENIED
    assert (
        names(call(made(resolve=lambda path: path), "write_file", {"path": "/data/a"}))[0]
        == "allow"
    )


def test_the_order_of_arguments_never_matters():
    turned = dict(reversed(PAY.items()))
    binding = Binding(**BINDING)
    assert canonical(PAY) == canonical(turned)
    assert label(binding, "pay", PAY) == label(binding, "pay", turned)
    assert labelled(binding, "pay", json.dumps(turned), None, None).canonical == canonical(PAY)


def test_a_pinned_schema_is_the_one_the_host_shows():
    binding = Binding(**BINDING)
    assert schema_digest({}) == BINDING["tool"]["pinned"]["digest"]
    assert label(binding, "pinned", {}, schema_digest=schema_digest({})).bound
    assert not label(
        binding, "pinned", {}, schema_digest=schema_digest({"description": "new"})
    ).bound
    assert not label(binding, "pinned", {}).bound


def test_what_is_charged_is_counted_in_bytes():
    binding = Binding(**BINDING)
    said = {"url": "https://api.example.com/", "body": "é€"}
    assert label(binding, "post", said).charges == (("egress", 100 + 5),)
    assert label(binding, "pay", PAY).charges == (("money", 20),)


class Text(str):
    """A text that says it is another one."""

    def __eq__(self, other):
        return True

    __hash__ = str.__hash__


class Table(dict):
    """Arguments that change between two looks."""


@pytest.mark.parametrize(
    "arguments",
    [
        Table(path="/data/a"),
        {"path": Text("/etc/ops")},
        {Text("path"): "/data/a"},
        {1: 2},
        7,
        object(),
    ],
    ids=["table", "text", "key", "number key", "number", "object"],
)
def test_only_plain_data_is_judged(arguments):
    assert not label(Binding(**BINDING), "write_file", arguments).bound
    assert label(Binding(**BINDING), "write_file", {"path": "/data/a"}).bound


@pytest.mark.parametrize(
    "said",
    [{"pattern": ".*"}, {"anyOf": []}, {"type": "text"}, {"$ref": "#"}, {"not": {}}, {"enum": 3}],
    ids=str,
)
def test_a_schema_that_says_more_than_is_checked_lets_nothing_through(said):
    data = json.loads(json.dumps(BINDING))
    data["tool"]["delegate"]["schema"]["properties"]["to"] = {"type": "string", **said}
    assert not label(Binding(**data), "delegate", {"to": "x"}).bound
    assert label(Binding(**BINDING), "delegate", {"to": "x"}).bound


@pytest.mark.parametrize(
    ("said", "good", "bad"),
    [
        ({"type": "integer", "minimum": 2, "maximum": 3}, 2, 1),
        ({"type": "integer", "minimum": 2, "maximum": 3}, 3, 4),
        ({"type": "number"}, 1.5, True),
        ({"type": "boolean", "const": True}, True, False),
        ({"enum": [1]}, 1, True),
        ({"enum": [1]}, 1, 1.0),
        ({"type": "string", "minLength": 1, "maxLength": 2}, "ab", "abc"),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 2}, [1, 2], [1, "2"]),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 2}, [], [1, 2, 3]),
        ({"type": "object", "properties": {"a": {"type": "integer"}}}, {"a": 1}, {"b": 1}),
        ({"type": "object", "properties": {"a": {}}, "required": ["a"]}, {"a": 1}, {}),
    ],
)
def test_a_value_is_what_its_schema_says(said, good, bad):
    data = json.loads(json.dumps(BINDING))
    data["tool"]["delegate"]["schema"]["properties"]["to"] = said
    assert label(Binding(**data), "delegate", {"to": good}).bound
    assert not label(Binding(**data), "delegate", {"to": bad}).bound
