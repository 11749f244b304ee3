"""What the README says and shows of bounds: rules in, what leaks out; from one verification, made anew.

    uv run python verification/bounds_picture.py [--kept]

Runs `telos bounds verify examples/bounds/ops.toml`, keeps its data in `docs/results/bounds`, draws
`docs/images/bounds.png` from them, and writes the README's block. With ``--kept`` nothing is verified
anew. `tests/contracts/test_made_pages.py` compares the block and the picture with the data.
"""

import argparse
import hashlib
import html
import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType

from telos.core.verification import DriveRow, GoalMean, TraceStep, Verification
from telos.report.words import in_order, percent, plain

ROOT = Path(__file__).parents[1]
RULES = ROOT / "examples" / "bounds" / "ops.toml"
DATA = ROOT / "docs" / "results" / "bounds" / "verify.json"
PICTURE = ROOT / "docs" / "images" / "bounds.png"
MADE_BY = ("verification/bounds_picture.py",)
INK, MUTED, GRAY, LINE, BLUE, RED = "#16191e", "#58616c", "#9aa3ad", "#dfe3e8", "#0072B2", "#D55E00"
WIDTH, LEFT, RIGHT, STEP = 1060, 24, 500, 24
#: Where the percentages of the picture begin, and how wide they are.
AXIS, SPAN = RIGHT + 165, 300


def main() -> int:
    """Verify, keep, draw, and write the block."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--kept", action="store_true")
    if not words.parse_args().kept:
        verify()
    found = kept()
    picture = png(drawing(found))
    PICTURE.write_bytes(picture)
    made = json.dumps(made_from(picture), indent=1) + "\n"
    PICTURE.with_suffix(".json").write_text(made, encoding="utf-8")
    readme = script("readme")
    text = readme.README.read_text(encoding="utf-8")
    readme.README.write_text(readme.replaced(text, "bounds", readme.bounds_lines(found)), "utf-8")
    print(PICTURE)
    return 0


def verify() -> None:
    """Ask the command line, as a reader would, and keep what it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        asked = ["telos", "bounds", "verify", str(RULES), "-o", folder]
        subprocess.run([sys.executable, "-m", *asked], check=True)
        DATA.parent.mkdir(parents=True, exist_ok=True)
        DATA.write_bytes((Path(folder) / DATA.name).read_bytes())


def kept() -> Verification:
    """The verification that is committed."""
    return Verification.model_validate_json(DATA.read_bytes())


def script(name: str) -> ModuleType:
    """A script beside this one."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "verification" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def made_from(picture: bytes) -> dict[str, str]:
    """What the picture is made from: the code, the data, and itself, as digests."""
    code = b"".join((ROOT / name).read_bytes() for name in MADE_BY)
    return {
        "code": hashlib.sha256(code).hexdigest(),
        "data": hashlib.sha256(DATA.read_bytes()).hexdigest(),
        "picture": hashlib.sha256(picture).hexdigest(),
    }


def png(svg: str) -> bytes:
    """The drawing, larger than it is shown."""
    import vl_convert

    return bytes(vl_convert.svg_to_png(svg, scale=1.6))


# -- the drawing ---------------------------------------------------------------------------------


def drawing(found: Verification) -> str:
    """Left the rules, right what they leave open in the first world, as SVG."""
    world = found.worlds[0]
    told = world.closure.raising or world.closure.trace
    rows = {row.drive: row for row in reversed(world.displacement)}
    gains = {row.part: row.gain for row in world.pressure if row.gain is not None}
    broken = world.closure.rule if world.closure.status == "open" else ""
    left = [
        line
        for i, (name, said) in enumerate(found.rules.items())
        for line in _rule(66 + STEP * i, said, gains.get(name), broken=name == broken)
    ]
    chain = [line for i, step in enumerate(told) for line in _step(i, step)]
    top = 66 + STEP * len(told) + 50
    drives = [
        line
        for i, drive in enumerate(in_order(rows))
        for line in _drive(rows[drive], top + STEP * i)
    ]
    end = top + STEP * len(rows)
    height = max(66 + STEP * len(found.rules), end + 24)
    heads = (
        _text(LEFT, 34, f"Rules in: {found.name}", weight=700, size=17),
        _text(RIGHT - 44, 34, "gain without", color=MUTED, size=12, anchor="end"),
        _text(RIGHT, 34, f"What leaks out, in {world.world}", weight=700, size=17),
        _text(
            RIGHT,
            top - 26,
            f"goals that need each drive, % of {world.goals}: gray before the rules, blue within them",
            color=MUTED,
            size=12,
        ),
        *(
            _text(AXIS + SPAN * at // 100, end + 2, f"{at}", color=MUTED, size=11, anchor="middle")
            for at in (0, 50, 100)
        ),
        f'<path d="M{RIGHT - 24},20V{height - 20}" stroke="{LINE}"/>',
    )
    inside = "".join((*heads, *left, *chain, *drives))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}">'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{inside}</svg>'
    )


def _rule(y: int, said: str, gain: GoalMean | None, *, broken: bool) -> list[str]:
    """One rule, in bold if it is broken; else what an agent would gain without it."""
    if broken:
        far = _text(RIGHT - 44, y, "broken →", color=RED, weight=700, anchor="end")
        return [_text(LEFT, y, said, weight=700), far]
    lines = [_text(LEFT, y, said)]
    if gain is not None:
        lines.append(_text(RIGHT - 44, y, percent(max(0.0, gain.value)), color=MUTED, anchor="end"))
    return lines


def _step(i: int, step: TraceStep) -> list[str]:
    """One step of the chain: its number in a circle, the act, what changed."""
    y = 66 + STEP * i
    said = f"{step.action}: {step.effects}" if step.effects else step.action
    changed = f"   ({', '.join(step.changed)})" if step.changed else ""
    return [
        f'<circle cx="{RIGHT + 9}" cy="{y - 5}" r="9" fill="none" stroke="{RED}" stroke-width="2"/>',
        _text(RIGHT + 9, y - 1, str(i + 1), size=11, weight=700, anchor="middle"),
        _text(RIGHT + 28, y, said + changed),
    ]


def _drive(row: DriveRow, y: int) -> list[str]:
    """A line of one drive: need before in gray, within the rules in blue, and its interval."""
    before, after = row.required_before, row.required_after
    at = [AXIS + SPAN * rate.count / max(1, rate.n) for rate in (before, after)]
    ends = [AXIS + SPAN * (end or 0.0) for end in (after.low, after.high)]
    middle, moved = y - 4, row.verdict == "displaced"
    said = f"{before.count} → {after.count}"
    return [
        _text(RIGHT, y, plain(row.drive), weight=700 if moved else 400),
        f'<path d="M{AXIS},{middle}H{AXIS + SPAN}" stroke="{LINE}"/>',
        f'<path d="M{ends[0]:.1f},{middle}H{ends[1]:.1f}" stroke="{BLUE}" stroke-width="2"/>',
        f'<circle cx="{at[0]:.1f}" cy="{middle}" r="5" fill="#ffffff" stroke="{GRAY}" stroke-width="2.5"/>',
        f'<circle cx="{at[1]:.1f}" cy="{middle}" r="5" fill="{BLUE}"/>',
        _text(WIDTH - 16, y, said, size=12, anchor="end", weight=700 if moved else 400),
    ]


def _text(
    x: float,
    y: float,
    said: str,
    *,
    color: str = INK,
    size: int = 13,
    weight: int = 400,
    anchor: str = "start",
) -> str:
    return (
        f'<text x="{x}" y="{y}" fill="{color}" font-size="{size}" font-weight="{weight}" '
        f'font-family="Liberation Sans, Arial, Helvetica, sans-serif" text-anchor="{anchor}" '
        f'xml:space="preserve">{html.escape(said)}</text>'
    )


if __name__ == "__main__":
    sys.exit(main())
