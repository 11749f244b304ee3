"""What the README says and shows of a playable page: the factory's, step 5 of its story, played in Chromium.

    python verification/play_picture.py

Makes the page of `telos play factory`, plays it, keeps `docs/images/play.png` with the digests of what made
it and the words that stand on it, and writes the README's block. `tests/play/test_readme_numbers.py` measures
the numbers again and compares.
"""

import hashlib
import importlib.util
import json
import shutil
import sys
import tempfile
from pathlib import Path
from types import ModuleType

from telos.play.closing import safeguard
from telos.play.facts import Facts, facts_of
from telos.play.made import made
from telos.play.page import write_page
from telos.play.placed import first_of, placed
from telos.play.shipped import PLAYS

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "play.png"
PAGE = "src/telos/play/page"
#: What a page looks like at that step.
MADE_BY = (
    "verification/play_picture.py",
    "src/telos/play/templates/play.html",
    "src/telos/play/shipped.py",
    f"{PAGE}/style.css",
    f"{PAGE}/views.css",
    f"{PAGE}/rollouts.js",
    f"{PAGE}/scenes.js",
)
STEP, WIDTH, HEIGHT = 5, 1300, 900
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def main() -> int:
    """Play, keep, and write the block."""
    picture = played()
    PICTURE.write_bytes(picture)
    found = facts()
    kept = json.dumps(made_from(picture) | {"said": said(found)}, indent=1, ensure_ascii=False)
    PICTURE.with_suffix(".json").write_text(kept + "\n", encoding="utf-8")
    readme = script("readme")
    text = readme.README.read_text(encoding="utf-8")
    readme.README.write_text(readme.replaced(text, "play", readme.play_lines(found)), "utf-8")
    print(PICTURE)
    return 0


def facts() -> Facts:
    """The numbers of the factory's story, as far as its README needs them."""
    plan = PLAYS["factory"]()
    first = first_of(plan.scenario, plan.drives)
    gone = [arm for arm in plan.arms if arm.drive == plan.focus]
    return facts_of(
        plan, [first, *(placed(arm, first, plan.scenario, plan.drives) for arm in gone)]
    )


def said(found: Facts) -> list[str]:
    """What stands on the picture in words."""
    return safeguard(found).text.split("\n\n")


def played() -> bytes:
    """The page at its step, as a reader sees it in a light room."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("there is no Chromium on the path (Debian: apt-get install chromium)")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playing:
        path = write_page(made(PLAYS["factory"]()), Path(folder) / "factory.html")
        browser = playing.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT},
            color_scheme="light",
            reduced_motion="reduce",
        )
        page.goto(f"{path.as_uri()}#step={STEP}")
        page.wait_for_selector("#summary:not(.late) [data-def=share]", timeout=120_000)
        page.wait_for_selector("text=They part at step", timeout=120_000)
        page.wait_for_selector("text=a random set of actions of its size", timeout=120_000)
        missing = [text for text in said(facts()) if text not in page.inner_text(f"#step-{STEP}")]
        if missing:
            sys.exit(f"the page does not say: {missing[0]}")
        picture = page.screenshot()
        browser.close()
    return picture


def made_from(picture: bytes) -> dict[str, str]:
    """What the picture is made from, and itself, as digests."""
    code = b"".join((ROOT / name).read_bytes() for name in MADE_BY)
    return {
        "code": hashlib.sha256(code).hexdigest(),
        "picture": hashlib.sha256(picture).hexdigest(),
    }


def script(name: str) -> ModuleType:
    """A script beside this one."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "verification" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.exit(main())
