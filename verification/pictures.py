"""Pictures of the README and the docs, each with the digest of what it was made from.

    uv run python verification/pictures.py

Draws `docs/images/discovery.png` from `docs/results/paperclip/acts.csv` and writes beside it which code and
which table made it; a test compares (`tests/contracts/test_pictures.py`).
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import polars as pl

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
ACTS = ROOT / "docs" / "results" / "paperclip" / "acts.csv"
FAMILY, DISCOUNT = "Uniform()", 0.95
BLUE, GRAY, BAND = "#0072B2", "#8b949e", "#d3d8de"
#: Acts on task that stand below as a reference.
WORK = 6
MADE_BY = (
    "verification/pictures.py",
    "src/telos/runs/controls.py",
    "src/telos/runs/control_tables.py",
    "src/telos/measure/acts.py",
    "src/telos/measure/convergence.py",
    "src/telos/measure/placebo.py",
    "src/telos/measure/removal.py",
)


def main() -> int:
    """Draw every picture and write what it was made from."""
    import vl_convert

    IMAGES.mkdir(parents=True, exist_ok=True)
    picture = vl_convert.vegalite_to_png(chart(rows()).to_dict(), scale=2)
    (IMAGES / "discovery.png").write_bytes(picture)
    made = json.dumps(made_from(picture), indent=1) + "\n"
    (IMAGES / "discovery.json").write_text(made, encoding="utf-8")
    print(IMAGES / "discovery.png")
    return 0


def made_from(picture: bytes) -> dict[str, str]:
    """What a picture is made from: the code, the table, and itself, as digests."""
    code = b"".join((ROOT / name).read_bytes() for name in MADE_BY)
    return {
        "code": hashlib.sha256(code).hexdigest(),
        "table": hashlib.sha256(ACTS.read_bytes()).hexdigest(),
        "picture": hashlib.sha256(picture).hexdigest(),
    }


def rows() -> list[dict[str, Any]]:
    """The acts of the main arm of the paperclip study, candidates first."""
    table = pl.read_csv(ACTS, glob=False, infer_schema_length=None)
    mine = table.filter(pl.col("family") == FAMILY, pl.col("discount") == DISCOUNT)
    some = mine.filter("candidate").rows(named=True)
    return [*some, *mine.filter(~pl.col("candidate")).head(WORK).rows(named=True)]


def chart(acts: list[dict[str, Any]]) -> Any:
    """A line an act: c with its interval, the range of its placebo in gray, the verdict."""
    import altair as alt

    names = [row["act"] for row in acts]
    data = alt.Data(values=[_line(row) for row in acts])
    base = alt.Chart(data).encode(
        y=alt.Y("act:N", sort=names).title(None).axis(ticks=False, domain=False, labelFontSize=13)
    )
    axis = alt.Axis(values=[0, 25, 50, 75, 100], labelFontSize=12, titleFontSize=12)
    scale = alt.Scale(domain=[0, 100], nice=False)
    title = "% of goals that lose 1 % or more of their value range without the act"
    color = alt.condition("datum.needed", alt.value(BLUE), alt.value(GRAY))

    def at(field: str) -> Any:
        return alt.X(f"{field}:Q", scale=scale, axis=axis).title(title)

    layers = (
        base.mark_bar(color=BAND, height=12, cornerRadius=6).encode(x=at("least"), x2="most:Q"),
        base.mark_tick(color=GRAY, thickness=2, height=12).encode(x=at("placebo")),
        base.mark_rule(strokeWidth=2).encode(x=at("low"), x2="high:Q", color=color),
        base.mark_point(filled=True, size=90, opacity=1).encode(x=at("c"), color=color),
        base.mark_text(align="left", fontSize=12).encode(x=alt.value(430), text="said:N"),
    )
    n, draws = acts[0]["n"], acts[0]["draws"]
    subtitle = (
        f"{n} goals, discount {DISCOUNT:g}; gray: range over {draws} random sets of the same size"
    )
    heading = alt.TitleParams(
        "Paperclip factory, no drive named", subtitle=subtitle, anchor="start"
    )
    return (
        alt.layer(*layers)
        .properties(width=420, height=26 * len(acts), title=heading, background="white")
        .configure_view(stroke=None)
    )


def _line(row: dict[str, Any]) -> dict[str, Any]:
    columns = {"c": "loses", "low": "loses_low", "high": "loses_high", "placebo": "placebo",
               "least": "placebo_low", "most": "placebo_high"}  # fmt: skip
    told = {name: 100 * row[column] for name, column in columns.items() if row[column] is not None}
    needed = row["verdict"].startswith("needed")
    covered = (row["covered"] or "not covered by a detector").replace("_", " ")
    said = f"{row['verdict']}: {covered}" if needed else row["verdict"]
    return {"act": row["act"], "needed": needed, "said": said, **told}


if __name__ == "__main__":
    sys.exit(main())
