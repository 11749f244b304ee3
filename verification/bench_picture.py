"""The picture of the study `measures`: its first figure, as the page of its committed summary shows it.

    python verification/bench_picture.py

Writes docs/images/bench.png, and beside it the digests of the table that it was made from and of itself.
Needs Chromium.
"""

import hashlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

from telos.core.benched import BenchRecord
from telos.report.benched import write_bench_page

ROOT = Path(__file__).resolve().parents[1]
SUMMARY = ROOT / "docs" / "results" / "measures" / "summary.json"
PICTURE = ROOT / "docs" / "images" / "bench.png"
WIDTH, HEIGHT = 1300, 900
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def main() -> int:
    """Draw and keep."""
    picture = drawn()
    PICTURE.write_bytes(picture)
    PICTURE.with_suffix(".json").write_text(
        json.dumps(made_from(picture), indent=1) + "\n", "utf-8"
    )
    print(PICTURE)
    return 0


def drawn() -> bytes:
    """The first figure of the page, as a reader sees it in a light room."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("there is no Chromium on the path (Debian: apt-get install chromium)")
    record = BenchRecord.model_validate_json(SUMMARY.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playing:
        path = write_bench_page(record, Path(folder) / "bench.html")
        browser = playing.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT},
            color_scheme="light",
            reduced_motion="reduce",
        )
        page.goto(path.as_uri())
        box = page.locator("#figure-1").bounding_box()
        around = {name: box[name] - 16 for name in ("x", "y")}
        around |= {name: box[name] + 32 for name in ("width", "height")}
        picture = page.screenshot(full_page=True, clip=around)
        browser.close()
    return picture


def made_from(picture: bytes) -> dict[str, str]:
    """What the picture is made from, and itself, as digests."""
    return {
        "table": hashlib.sha256(SUMMARY.read_bytes()).hexdigest(),
        "picture": hashlib.sha256(picture).hexdigest(),
    }


if __name__ == "__main__":
    sys.exit(main())
