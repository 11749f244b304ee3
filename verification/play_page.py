"""Sizes and times of the playable pages in Chromium: first paint, first answer, and an edit until it shows.

    python verification/play_page.py

Writes docs/results/play_page.md. Times are of this machine, one browser, nothing else running.
"""

import shutil
import statistics
import sys
import tempfile
from datetime import date
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from telos.play.made import made
from telos.play.page import write_page
from telos.play.shipped import PLAYS

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "results" / "play_page.md"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
EDITS = 20
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
#: Moves the first slider by one step and waits until an answer to it stands on the page.
EDIT = """async () => {
  const slider = document.querySelector("#laboratory input[type=range]");
  const before = Telos.engine.lastMs;
  const value = Number(slider.value);
  slider.value = value < 0.5 ? value + 0.01 : value - 0.01;
  const begun = performance.now();
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  await frame();
  while (document.getElementById("summary").classList.contains("late") || Telos.engine.lastMs === before) {
    await frame();
    if (performance.now() - begun > 20000) return null;
  }
  return performance.now() - begun;
}"""


def measured(page: Page, path: Path) -> tuple[float, float, float, float]:
    """First paint, an edit right after the first answer, median and slowest later, in milliseconds."""
    page.goto(path.as_uri() + "#step=0")
    page.wait_for_selector("html.ready")
    # the page's own policy allows no other way to wait
    while not page.evaluate("Telos.engine.lastMs > 0"):
        page.wait_for_timeout(50)
    paint = float(page.evaluate(PAINT))
    first = edited(page, path)
    page.wait_for_timeout(5_000)  # placebos and the swarm of the first goal
    times = [edited(page, path) for _ in range(EDITS)]
    return paint, first, statistics.median(times), max(times)


def edited(page: Page, path: Path) -> float:
    """Milliseconds that an edit takes."""
    took = page.evaluate(EDIT)
    if took is None:
        sys.exit(f"{path.name}: no answer to an edit within 20 s")
    return float(took)


def main() -> int:
    """Make every shipped page, open it, and write the table."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("there is no Chromium on the path")
    rows = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playing:
        browser = playing.chromium.launch(executable_path=chromium, args=FLAGS)
        for name, plan in PLAYS.items():
            path = write_page(made(plan()), Path(folder) / f"{name}.html")
            page = browser.new_page(viewport={"width": 1300, "height": 900})
            times = " | ".join(f"{time:.0f}" for time in measured(page, path))
            page.close()
            size = path.stat().st_size / 1000
            rows.append(f"| {name} | {size:.0f} | {times} |")
            print(rows[-1], flush=True)
        version = browser.version
        browser.close()
    OUT.write_text(
        "# The playable pages in a browser\n\n"
        f"`python verification/play_page.py`, {date.today()}, Chromium {version}, 1300 pixels wide. "
        f"An edit moves one slider; it ends when the main numbers have changed ({EDITS} edits each).\n\n"
        "| page | size, kB | first paint, ms | edit after the first answer, ms | later edits, median, ms "
        "| slowest, ms |\n|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n",
        encoding="utf-8",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
