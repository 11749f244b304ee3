"""The page in a browser: its story, its controls and its numbers, from a file, with the network closed."""

import contextlib
import io
import os
import re
import shutil
from dataclasses import replace
from types import SimpleNamespace

import pytest

from telos.play.made import made
from telos.play.page import write_page
from telos.play.shipped import PLAYS

#: Bytes of a page.
LARGEST = 400_000
#: Milliseconds to wait for an answer; on a busy machine the first takes seconds.
PATIENCE = 60_000
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """The shipped page of the off-switch, with fewer goals measured."""
    plan = replace(PLAYS["off_switch"](), goals=100)
    return write_page(made(plan), tmp_path_factory.mktemp("page") / "off_switch.html")


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium; where it is missing, the tests are skipped, but not where CI could install it."""
    found = shutil.which("chromium")
    if found is None:
        if "CI" in os.environ and shutil.which("apt-get") and os.geteuid() == 0:
            pytest.fail("CI installs Chromium, and it is not there")
        pytest.skip("there is no Chromium (Debian: apt-get install chromium)")
    driver = pytest.importorskip("playwright.sync_api")
    with driver.sync_playwright() as playing:
        running = playing.chromium.launch(executable_path=found, args=[*FLAGS])
        yield running
        running.close()


@pytest.fixture
def opened(browser, page_file):
    """Opens the page; afterwards nothing has been requested but the file, and nothing went wrong."""
    seen = SimpleNamespace(asked=[], wrong=[])
    contexts = []

    def open_at(address="", *, width=1300, scheme="light", script=True, before=""):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=script,
            reduced_motion="reduce",
            offline=True,
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.route(re.compile("^(?!file:|blob:)"), lambda route: route.abort())
        page = context.new_page()
        page.add_init_script(before)
        page.on("request", lambda request: seen.asked.append(request.url))
        page.on("pageerror", lambda error: seen.wrong.append(str(error)))
        page.on(
            "console",
            lambda said: seen.wrong.append(said.text) if said.type == "error" else None,
        )
        page.goto(page_file.as_uri() + address)
        if script:
            page.wait_for_selector("html.ready")
        return page

    yield open_at
    for context in contexts:
        context.close()
    others = [
        url for url in seen.asked if not url.startswith((page_file.as_uri(), "blob:", "data:"))
    ]
    assert not others
    assert not seen.wrong


def settled(page, words):
    """Waits until the page says something of its present state; returns what it says."""
    page.wait_for_function(
        "words => { const said = document.getElementById('summary');"
        " return said.textContent.includes(words) && !said.classList.contains('late'); }",
        arg=words,
    )
    return page.locator("#summary")


def address(page):
    """What the address says, by name."""
    return dict(part.split("=", 1) for part in page.url.partition("#")[2].split("&"))


def wait_address(page, name, value):
    """Waits until the address says so: a slider writes it a moment later."""
    page.wait_for_function(
        "([name, value]) => location.hash.includes(`${name}=${value}`)", arg=[name, value]
    )


def test_a_page_is_small(page_file):
    assert page_file.stat().st_size <= LARGEST


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1300, 390])
def test_the_story_is_played_through_and_fits(opened, width, scheme):
    page = opened(width=width, scheme=scheme)
    for step in range(1, 7):
        assert page.locator(f"#step-{step}-title").is_visible()
        assert page.locator("section.step:visible").count() == 1
        settled(page, " wants " if step == 1 else "The best it can reach")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.locator(f"#step-{step} button.next").click()
    assert page.locator("#laboratory").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    def brightness():
        color = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", color)[:3])) / 3

    before = brightness()
    assert (before > 128) is (scheme == "light")
    page.locator("#theme").click()
    assert (brightness() > 128) is (before < 128)


def test_five_numbers_are_what_the_copied_python_gives(opened):
    page = opened("#step=0&goal=u0")
    shown = []
    for number in (0, 1, 2, 3, 5, 8, 13, 21):
        if number:
            page.evaluate("text => (location.hash = text)", f"step=0&goal=u{number}")
        said = settled(page, f"Goal {number} ")
        if not said.locator("[data-def=share]").count():
            continue  # only what is required has a share on the page
        bound = said.locator("[data-def=share]").get_attribute("data-bound")
        low, high = (float(x) for x in re.findall(r"([\d.]+)\s*%", bound)[:2])
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(page.locator("#listing").text_content(), {})
        category, *numbers = printed.getvalue().split()[-5:]
        iv, _, least, most = (float(x.strip("[]")) for x in numbers)
        assert category.strip("[]") == "1"
        assert low - 1e-4 <= 100 * most
        assert 100 * least <= high + 1e-4
        text = re.search(r"IV = ([\d.]+)", bound)[1]
        assert abs(float(text) - iv) <= 0.51 * 10.0 ** -len(text.partition(".")[2])
        shown.append(text)
    assert len(set(shown)) >= 5


def test_controls_change_the_numbers_and_a_reload_restores_them(opened):
    page = opened("#step=0&goal=u3")
    first = settled(page, "Goal 3").text_content()
    slider = page.locator("#laboratory input[type=range]").first
    slider.focus()
    for _ in range(10):
        slider.press("ArrowRight")
    moved = settled(page, "Your goal").text_content()
    assert moved != first
    page.locator("#laboratory input[role=switch]").first.check()
    wait_address(page, "switches", "0")
    page.locator("#laboratory input[name=setting]").nth(1).check()
    wait_address(page, "setting", "1")
    last = settled(page, "being off does not last").text_content()
    value, state = slider.input_value(), address(page)
    assert state["goal"].startswith("v")
    page.reload()
    page.wait_for_selector("html.ready")
    assert settled(page, "being off does not last").text_content() == last
    assert slider.input_value() == value
    assert page.locator("#laboratory input[role=switch]").first.is_checked()
    assert address(page) == state


def test_what_an_address_does_not_say_rightly_is_named_and_replaced(opened):
    page = opened("#step=0&goal=x&setting=99")
    assert "99" in page.locator("#notes").text_content()
    wait_address(page, "goal", "u0")
    assert (address(page)["goal"], address(page)["setting"]) == ("u0", "0")


def test_the_keyboard_alone_is_enough(opened):
    page = opened()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.go") == "2":
            break
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "step-2-title"
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "step-3-title"
    assert address(page)["step"] == "3"
    # Numbers that come in take the focus from nothing.
    page.keyboard.press("ArrowLeft")
    settled(page, "The best it can reach")
    page.evaluate("document.querySelector('#view-goal .figure').focus()")
    page.wait_for_timeout(500)
    assert page.evaluate("document.activeElement.closest('#view-goal') !== null")


def test_the_copy_button_copies_the_lines_that_are_shown(opened):
    page = opened("#step=0")
    page.locator("#copy").click()
    page.wait_for_function("() => document.getElementById('copy').textContent === 'Copied'")
    page.evaluate(
        "() => { const area = document.createElement('textarea'); area.id = 'pasted';"
        " document.body.append(area); area.focus(); }"
    )
    page.keyboard.press("Control+V")
    assert page.locator("#pasted").input_value() == page.locator("#listing").text_content()


#: Keeps the questions of goals in the world as it is that the workers are asked.
ASKED = """globalThis.asked = [];
const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (message) {
  if (message.kind === "measure" && message.state.setting === 0) asked.push(message.state.goal.worth.join());
  return post.call(this, message);
};"""


def test_the_next_goals_are_solved_before_anybody_asks_for_them(opened):
    page = opened("#step=0", before=ASKED)
    settled(page, "Goal 0 ")
    page.wait_for_function("() => asked.length >= 5")
    for number in (1, 4):
        page.evaluate("text => (location.hash = text)", f"step=0&goal=u{number}")
        settled(page, f"Goal {number} ")
    assert page.evaluate("new Set(asked).size === 5 && asked.length === 5")
    page.evaluate("location.hash = 'step=0&goal=u9'")
    settled(page, "Goal 9 ")
    assert page.evaluate("asked.length") == 6


#: No answer takes so long that the page shows meanwhile what is out of date.
PROMPT = """const later = globalThis.setTimeout;
globalThis.setTimeout = (then, ms) => (ms === 80 || ms === 300 ? 0 : later(then, ms));"""


def test_an_edit_draws_no_picture_of_the_goal_before(opened):
    page = opened("#step=0", before=PROMPT)
    settled(page, "Goal 0 ")
    page.evaluate(
        "() => { const paint = Telos.views.bars; globalThis.drawn = [];"
        " Telos.views.bars = (element, data, more) => {"
        " drawn.push([data.state.goal, data.measured.atStart, data.fresh]);"
        " return paint(element, data, more); }; }"
    )
    for number in (11, 12, 13):
        page.evaluate("text => (location.hash = text)", f"step=0&goal=u{number}")
        settled(page, f"Goal {number} ")
    drawn = {tuple(each) for each in page.evaluate("drawn")}
    assert all(fresh for _, _, fresh in drawn)
    assert {goal for goal, _, _ in drawn} >= {"u11", "u12", "u13"}
    assert len(drawn) == len({goal for goal, _, _ in drawn})


@pytest.mark.parametrize("width", [1300, 390])
def test_without_script_the_story_and_its_numbers_can_be_read(opened, width):
    page = opened(script=False, width=width)
    assert page.locator("noscript").inner_text().startswith("This page can be played with")
    for step in range(1, 7):
        assert page.locator(f"#step-{step}-title").is_visible()
    rows = page.locator(".answers tbody tr")
    assert rows.count() >= 4
    assert re.search(r"\d\s*%", rows.first.inner_text())
    for hidden in ("#laboratory", "#views", "#ways"):
        assert not page.locator(hidden).is_visible()


def test_a_step_asks_for_nothing_that_a_world_does_not_have(opened):
    page = opened()
    look = "([play, number]) => Telos.story.look(play, number)"
    bare = {"settings": [{"kind": "as it is", "drives": [{"placebo": []}]}], "switches": []}
    told = [page.evaluate(look, [bare, number]) for number in range(1, 7)]
    assert "placebos" not in told[1]
    assert "Take the reason away" not in told[2]
    assert not any("Switch" in each for each in told[4:])
    whole = {
        "settings": [
            {"kind": "as it is", "drives": [{"placebo": [[1]]}]},
            {"kind": "without", "drives": []},
        ],
        "switches": [{}],
    }
    told = [page.evaluate(look, [whole, number]) for number in range(1, 7)]
    assert "placebos" in told[1]
    assert told[2].startswith("Take the reason away")
    assert all("Switch" in each for each in told[4:])
