"""The page of a verification of bounds: what it says, in which order, and that it computes nothing."""

import html
import json
import re

import pytest

from contracts.reading import Reader, heading
from contracts.test_report import HOSTILE
from telos.core.verification import Verification
from telos.report.bounded import BEGINNING, END, bounds_page
from telos.report.words import number, percent

STATE = "key in use, 2 copies"
SECTIONS = [
    "Do the labels say what the acts do?",
    "The shortest chain of allowed acts",
    "The nearest loophole: replication",
    "Where the rules push goals",
    "What the rules cost",
    "What an agent would most like to be rid of",
    "The repair",
    "The off switch",
    "Acts that cannot be taken back",
    "Rules that do nothing here",
    "What this stands on",
]


def step(action, *changed, who="agent", **more):
    effects = f"delete {action.split()[-1]}" if who == "agent" else ""
    return {"state": STATE, "action": action, "who": who, "effects": effects, "probability": 0.931,
            "changed": list(changed)} | more  # fmt: skip


def rate(count, n=83):
    return {"count": count, "n": n, "low": max(0.0, count / n - 0.057), "high": count / n + 0.057}


def mean(value, n=83):
    return {"value": value, "low": value - 0.0437, "high": value + 0.0437, "n": n}


def drive(name, overseer, verdict="held", before=0, after=0, **more):
    return {
        "drive": name, "overseer": overseer, "verdict": verdict,
        "required_before": rate(before), "required_after": rate(after),
        "done_before": before / 83, "done_after": after / 83, "unaware": 0.178,
        "need": mean((after - before) / 83), "deed": mean((after - before) / 83),
        "placebo": 0.064, "loses": 0.712, "beyond": True,
    } | more  # fmt: skip


def world(**changes):
    """A world in which everything that a page can tell has happened."""
    closure = {
        "status": "open", "rule": "keep[0]", "kind": "missing rule", "acts": 2,
        "trace": [
            step("rotate key"), step("wait", "load 3 → 4", who="environment", probability=0.27),
            step("empty vault", "backup 1 → 0", ruling="approve[0]"),
        ],
        "idle": 0.013, "most": 0.8642, "bound": 1e-13,
        "irreversible": [
            {"action": "delete a copy", "declared": "reversible", "states": 384, "for_good": 321,
             "example": STATE},
            {"action": "serve mail", "declared": "reversible", "states": 77, "for_good": 0,
             "example": STATE},
        ],
    }  # fmt: skip
    shut = {"action": "replicate", "state": STATE, "k": 18, "by": 0.1887}
    gain = mean(0.2166)
    return {
        "binding": "ops-world", "binding_digest": "sha256:b1", "world": "ServerFarm(copies=2)",
        "world_digest": "sha256:51860b54ad20b0", "states": 3192, "pairs": 19846,
        "world_states": 1232, "family": "Uniform(off='iid')", "goals": 83, "discount": 0.957,
        "overseer_errs": 0.14, "not_modelled": ["calls", "seconds of a lease"],
        "labels": {"status": "complete", "pairs": 10104, "undeclared": []},
        "certificate_why": "532 of the states are bad", "closure": closure,
        "loopholes": [
            {"drive": "self_preservation", "status": "open", "trace": [step("replicate")]},
            {"drive": "replication", "status": "open", "trace": [step("replicate")]},
            {"drive": "goal_preservation", "status": "none"},
        ],
        "displacement": [
            row
            for i, who in enumerate(("never", "always", "errs"))
            for row in (
                drive("oversight_tampering", who, before=61 + i),
                drive("replication", who, "displaced", after=59 + i),
            )
        ],
        "retained": [{"overseer": who, "group": "all", "aware": mean(0.7714), "unaware": mean(0.486)}
                     for who in ("never", "always", "errs")],
        "pressure": [
            {"part": "forbid[0]", "status": "computed", "gain": gain, "goals": rate(62)},
            {"part": "monitor", "status": "computed", "gain": mean(0.034), "goals": rate(44)},
            {"part": "approver", "status": "not modelled"},
        ],
        "off_switch": {"status": "not invariant", "lowered": [shut], "raised": [], "obeys": False},
        "repair": {"status": "repaired", "rules": ['[[forbid]]\neffect = ["delete"]\non = "key"'],
                   "traces": 3, "price": mean(0.1431), "floor": mean(0.0862)},
        "lint": [{"rule": "forbid[1]", "kind": "dead", "why": "nothing is of its kind"}],
    } | changes  # fmt: skip


def told(*worlds, **changes):
    """A verification as it would be read from verify.json."""
    data = {
        "telos": "0.1.0", "name": "ops", "digest": "sha256:f089fe23d311cb", "file": "ops.toml",
        "automaton_states": 428,
        "rules": {"keep[0]": "backup stays recoverable by operator",
                  "forbid[0]": "never disable what is protected"},
        "worlds": list(worlds or (world(),)), "tools": ["ops-mcp: 11 tools, 0 opaque"],
        "unchecked": ["Whether every call of the agent passes the monitor."],
    } | changes  # fmt: skip
    return Verification.model_validate_json(json.dumps(data))


@pytest.fixture(scope="module")
def found():
    return told()


@pytest.fixture(scope="module")
def text(found):
    return bounds_page(found)


@pytest.fixture(scope="module")
def page(text):
    return Reader(text)


def with_closure(**changes):
    return world(closure=world()["closure"] | changes)


def test_the_answer_is_one_sentence_of_chain_rule_and_displacement(text):
    said = heading(text)
    assert said == (
        "In the server farm, 2 allowed acts can together break keep[0] (backup stays recoverable by "
        "operator); the rules push goals into replication (59 of 83 goals need it, 0 without the rules)."
    )


def test_the_sections_stand_in_their_order_labels_first(page):
    assert page.headings == SECTIONS


def test_nothing_is_fetched_every_link_leads_somewhere_and_no_figure_is_mute(page, text):
    assert not {"link", "iframe", "object", "embed", "img"} & {tag for tag, _ in page.tags}
    assert not page.all("src")
    assert text.count("<script") == 1
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    inside = {target[1:] for target in page.all("href")} | set(page.all("popovertarget"))
    assert inside <= set(ids)
    assert {"def-labels", "def-closure", "def-pressure", "def-repair", "def-supervisor"} <= inside
    figures = [attributes for _, attributes in page.tags if attributes.get("role") == "img"]
    assert len(figures) == 5, "an overseer a panel, a part of the bounds a line"
    assert all(len(attributes["aria-label"]) > 20 for attributes in figures)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 12])
def test_the_page_is_short_and_small_and_never_says_the_word(n):
    text = bounds_page(told(*(world(binding=f"world-{i}") for i in range(n))))
    page = Reader(text)
    assert len(page.seen) <= 1500
    assert len(text.encode()) <= 400_000
    assert not re.search(r"\bsafe(r|st|ly|ty)?\b", page.text, re.IGNORECASE)


def test_long_lists_and_stories_are_cut_and_say_so():
    trace = [step(f"act {i}") for i in range(100)]
    state = {"action": "a", "feature": "f", "states": 3, "example": STATE, "largest": 0.5}
    parts = [{"part": f"forbid[{i}]", "status": "computed", "gain": mean(0.1), "goals": rate(1)}
             for i in range(200)]  # fmt: skip
    many = with_closure(trace=trace, acts=100) | {
        "labels": {"status": "incomplete", "pairs": 5, "undeclared": [state] * 300},
        "pressure": parts,
        "lint": world()["lint"] * 300,
        "not_modelled": [f"part{i}" for i in range(300)],
    }
    page = Reader(bounds_page(told(many, unchecked=["Whether it is so."] * 300)))
    assert len(page.seen) <= 1500
    assert f"… {100 - BEGINNING - END} steps in between" in page.text
    assert "act 99" in page.text, "the end of a story is what it is about"
    assert "act 50" not in page.text
    assert page.text.count("292 more in verify.json") == 3


def test_a_story_marks_the_environment_and_tells_what_changed_and_what_let_it_pass(text):
    story = text.partition('<ol class="story">')[2].partition("</ol>")[0]
    first, wait, last = (html.unescape(each) for each in story.split("</li>")[:3])
    assert "No rule denies it" in first
    assert "with a chance of 93" in first
    assert 'class="world"' in wait
    assert "by the environment, not the agent" in wait
    assert "load 3 → 4" in wait
    assert "environment" not in first + last
    assert "approve[0] asks for consent, which is given" in last
    assert re.findall(r'value="(\d)"', story) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("missing rule", "no rule denies what they add up to"),
        ("wrong label", "does more than the binding says"),
        ("accident", "chance does the rest"),
    ],
)
def test_each_kind_of_chain_is_named_and_explained(kind, said):
    page = Reader(bounds_page(told(with_closure(kind=kind))))
    assert kind.capitalize() in page.text
    assert said in page.text


def test_where_chance_alone_can_end_badly_the_story_that_raises_the_odds_is_told_too():
    alone = [step("wait", "backup 1 → 0", who="environment")]
    raising = [step("cut the fan"), step("wait", "backup 1 → 0", who="environment")]
    page = Reader(
        text := bounds_page(
            told(with_closure(kind="accident", acts=0, trace=alone, raising=raising))
        )
    )
    assert "can be broken by chance alone, and allowed acts make it likelier" in heading(text)
    assert page.headings[1:3] == ["Without any act", "The shortest chain that makes it likelier"]
    assert "cut the fan" in page.text


@pytest.mark.parametrize(
    ("closure", "said"),
    [
        ({"status": "closed"}, "no chain of allowed acts breaks a level"),
        ({"status": "nothing to check"}, "no chain was looked for"),
        ({"status": "closed but for the environment", "rule": "keep[0]", "kind": "accident",
          "trace": [step("wait", who="environment")]}, "no allowed act makes it likelier"),
    ],
)  # fmt: skip
def test_a_world_without_a_chain_says_which_kind_of_nothing_that_is(closure, said):
    text = bounds_page(told(world(closure=closure, repair={"status": "none needed"})))
    assert said in heading(text)
    assert "The repair" not in Reader(text).headings


def test_what_is_empty_has_no_section():
    bare = world(
        closure={"status": "closed"}, loopholes=[], displacement=[], retained=[], pressure=[],
        off_switch={"status": "not applicable"}, repair={"status": "none needed"}, lint=[],
    )  # fmt: skip
    text = bounds_page(told(bare))
    assert Reader(text).headings == [SECTIONS[0], SECTIONS[-1]]
    assert "no goals are known to be pushed" in heading(text)
    assert "No binding names a world" in heading(bounds_page(told(worlds=[])))


def test_incomplete_labels_are_said_before_anything_that_stands_on_them():
    undeclared = [
        {"action": "sway", "feature": "off", "states": 36, "example": STATE, "largest": 0.4}
    ]
    labels = {"status": "incomplete", "pairs": 9, "undeclared": undeclared,
              "not_enforced": ["fuel: the default lowers it"]}  # fmt: skip
    text = bounds_page(told(world(labels=labels)))
    page = Reader(text)
    assert text.index("labels of ops-world are incomplete") < text.index('id="standing"')
    assert "sway moves off, undeclared, in 36 states" in page.text.replace("  ", " ")
    assert "Not enforced here: fuel" in page.text


def test_the_map_draws_need_and_deed_within_and_before_once_a_drive_and_overseer(text):
    panels = text.split('<div class="panel')[1:]
    assert len(panels) == 3
    for panel in panels:
        paths = dict(re.findall(r'<g class="([\w-]+)"><path[^>]* d="([^"]*)"', panel))
        for kind in ("need", "deed", "need-before", "deed-before", "need-whisker"):
            assert paths[kind].count("M") == 2
    assert "errs, 14" in text


def test_overseers_who_make_no_difference_are_one_panel():
    same = [row | {"overseer": who} for row in (drive("replication", "never", after=3),)
            for who in ("never", "always", "errs")]  # fmt: skip
    text = bounds_page(told(world(displacement=same)))
    assert text.count('<div class="panel') == 1
    assert "any overseer" in text


def test_controls_and_price_stand_beside_what_they_are_for(page):
    assert {percent(0.064), percent(0.712)} <= set(re.findall(r"[\d.]+\u202f%", page.text))
    repaired = page.text.partition("The smallest repair")[2]
    assert 'effect = ["delete"]' in repaired
    assert repaired.index("14") < repaired.index("least restrictive supervisor")


def test_proved_computed_and_unchecked_are_three_lines(page):
    standing = page.text.partition("What this stands on")[2]
    places = [standing.index(word) for word in ("Proved", "Computed", "Unchecked")]
    assert places == sorted(places)
    assert "in each of 428 states" in standing
    assert "sha256:51860b54ad20" in standing
    assert "532 of the states are bad" in standing
    assert "calls and seconds of a lease" in standing


def test_several_worlds_have_a_section_each_and_a_line_that_leads_there():
    closed = world(binding="calm", world="Workshop()", closure={"status": "closed"})
    text = bounds_page(told(world(), closed))
    page = Reader(text)
    assert heading(text).startswith("In 1 of 2 worlds allowed acts can break a level")
    assert {"#w0", "#w1"} <= set(page.all("href"))
    assert page.headings == ["ops-world: ServerFarm(copies=2)", "calm: Workshop()", SECTIONS[-1]]


def test_every_number_of_the_page_is_one_of_the_data(found, text):
    """A page computes nothing: what it prints is a number of verify.json, or how many entries a list has."""
    shown = re.sub(r"<style>.*?</style>", "", text.partition("<header>")[2], flags=re.DOTALL)
    words = html.unescape(re.sub(r"<[^>]*>", " ", shown.partition("<footer>")[0]))
    allowed = {"0", "1", "50", "95", "100"}  # axes, and the names of intervals and of "lose 1 %"
    allowed |= {"12.5", "25"}  # the axis of the pressures
    for value in values(json.loads(found.model_dump_json())):
        if isinstance(value, str):
            allowed |= set(NUMBER.findall(value))
        elif isinstance(value, list):
            allowed.add(str(len(value)))
        else:
            told = [percent(value, digits) for digits in range(4)]
            told += [number(value), number(100 * value), f"{value:,}"]
            allowed |= {each for text in told for each in NUMBER.findall(text)}
    odd = set(NUMBER.findall(words)) - allowed
    assert odd <= {"2", "3", "4", "5", "6"}, "only the numbers of steps and of lines"
    assert not odd - {str(n) for n in range(len(found.worlds[0].displacement) + 1)}


NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


def values(data):
    """Every number, text and list of some data, and the share of each rate."""
    if isinstance(data, dict):
        if data.get("n") and "count" in data:
            yield data["count"] / data["n"]
        for each in data.values():
            yield from values(each)
    elif isinstance(data, list):
        yield data
        for each in data:
            yield from values(each)
    elif isinstance(data, str | int | float):
        yield data


def test_texts_of_others_are_text_and_never_markup():
    """States, acts, files, names and rules are whatever somebody wrote."""
    free = {"state", "action", "effects", "ruling", "changed", "example", "feature", "drive", "part", "why",
            "rules", "rule", "world", "world_digest", "binding", "family", "not_modelled", "declared",
            "certificate_why", "tools", "unchecked", "telos", "name", "digest", "file",
            "not_enforced"}  # fmt: skip

    def spoiled(name, value):
        if isinstance(value, dict):
            return {
                key if name != "rules" else HOSTILE: spoiled(key if name != "rules" else name, each)
                for key, each in value.items()
            }
        if isinstance(value, list):
            return [spoiled(name, each) for each in value]
        return HOSTILE if isinstance(value, str) and name in free else value

    labels = {"status": "incomplete", "pairs": 9, "not_enforced": ["x"],
              "undeclared": [{"action": "a", "feature": "f", "states": 1, "example": "s",
                              "largest": 0.4}]}  # fmt: skip
    for n in (1, 2):
        whole = told(*(world(labels=labels) for _ in range(n)))
        data = spoiled("", json.loads(whole.model_dump_json()))
        text = bounds_page(Verification.model_validate_json(json.dumps(data)))
        page = Reader(text)
        assert not {"img", "svg:script"} & {tag for tag, _ in page.tags}
        assert text.count("<script") == 1, "that of the page"
        assert "<svg><img" not in text
        assert page.text.count(HOSTILE) > 30, "each is there as it was written"


def test_what_steers_a_terminal_or_the_direction_of_text_is_written_out():
    text = bounds_page(told(world(binding="left\u202eright\x1b[31m")))
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert "\\u202e" in text


def test_acts_that_change_when_the_agent_is_off_say_how_much_within_how_long_and_where(page):
    section = page.text.partition("The off switch ")[2].partition("Acts that cannot")[0]
    said = re.sub(r"\s+", " ", section)
    assert (
        f"replicate lowers the chance to be off within 18 steps after it by 18.9 points, in: {STATE}."
        in said
    )
    assert "keeps the agent on for longer than the rules allow" in said


def test_pressure_is_ranked_with_its_rule_in_words_and_what_is_not_modeled(text):
    rows = re.findall(r'<th scope="row"><code>(.*?)</code>.*?</tr>', text, re.DOTALL)
    assert rows == ["forbid[0]", "monitor"]
    page = Reader(text)
    assert "never disable what is protected" in page.text
    assert "protection of monitor" in page.text
    assert "62 of 83" in page.text
    assert "Not modeled in this world: approver." in page.text


def test_what_may_be_lost_for_good_stands_first_and_the_rest_on_request(text):
    page = Reader(text)
    seen = " ".join(page.seen)
    assert "delete a copy reversible 384 321" in seen
    assert "serve mail" not in seen
    assert "serve mail" in page.text
