"""telos compare: language models beside the planner, from Inspect logs to a page and its tables."""

import io
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from telos.cli.arguments import look_here, needs_inspect
from telos.cli.say import busy, make_folder, print_table, say, warn, write_file
from telos.core.errors import StoreError
from telos.core.tables import defused
from telos.core.text import printable

if TYPE_CHECKING:
    import polars

    from telos.llm.comparison import Comparison

#: What is written, in this order.
PAGE, DECISIONS, EPISODES, ESTIMATES = "compare.html", "decisions", "episodes.csv", "estimates.csv"
RESTRAINT, CUES = "restraint.csv", "cues.csv"
#: Below this p a bias is starred.
LEVEL = 0.05
#: A bias that doubles the odds of a drive's actions.
DETECT = 0.69
#: Least width of the column of models.
FIRST = 20
#: What is said of estimates of a status, if there are any.
SENTENCES = {
    "separated": "inf: separated; the larger the number, the likelier these choices are, so that only\n"
    "one end of its interval is known.",
    "ties": "ties: beta is infinite, so no value is given up for a drive; its delta is read from the\n"
    "decisions in which the best actions differ in the drive, and is not starred.",
    "underpowered": "sees >: underpowered; a smaller bias would be missed in more than one of five such\n"
    "logs, so that none shown does not mean none there. More goals see more.",
}
#: Between the members of a list in a CSV file.
SEPARATOR = "|"
#: Sentences on what was left out that are printed.
MOST_LEFT_OUT = 20


def compare(
    logs: Annotated[
        list[Path], typer.Argument(metavar="LOGS", help="Inspect logs, or folders of them.")
    ],
    trust: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODULE",
            help="Build worlds of this module if a log names one; may be repeated.",
        ),
    ] = None,
    detect: Annotated[
        float,
        typer.Option(
            min=0.0,
            metavar="SIZE",
            help="Call a log underpowered that would not show a bias of this size, in log-odds.",
        ),
    ] = DETECT,
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="DIR", help="Where the page and tables go.")
    ] = Path("comparison"),
) -> None:
    """Compare language models with the planner that played the same text."""
    for path in logs:
        if not os.path.lexists(path):
            raise StoreError(f"{path} does not exist. Name Inspect logs or folders of them.")
    if trust:
        look_here()
    with busy("reading the logs"), needs_inspect("telos compare"):
        from telos.llm.inspect_.logs import tables_of

        found = tables_of(logs, trust or [])
    with busy("estimating"):
        from telos.llm.comparison import compare as compare_models
        from telos.llm.cues import sentences as told_by
        from telos.llm.cues import shares
        from telos.llm.inspect_.restraint import summarized
        from telos.report.compared import write_comparison

        compared = compare_models(
            found.decisions, found.episodes, found.beside_planner, least=detect
        )
    make_folder("--out", out)
    write_frame(out / f"{DECISIONS}.parquet", found.decisions, "parquet")
    write_frame(out / f"{DECISIONS}.csv", found.decisions, "csv")
    write_frame(out / EPISODES, found.episodes, "csv")
    write_frame(out / ESTIMATES, compared.estimates, "csv")
    sentences = summarized(found.restraint)
    if sentences:
        write_frame(out / RESTRAINT, found.restraint, "csv")
    suspected = told_by(shares(found.cues.to_dicts()))
    if suspected:
        write_frame(out / CUES, found.cues, "csv")
    sentences += suspected
    with busy("drawing the page"):
        made = _made(logs, found.decisions)
        page = write_comparison(compared.tables(), out / PAGE, made, sentences)
    _print_fits(compared)
    for sentence in sentences:
        say(f"\n{printable(sentence)}")
    if found.copies:
        say(f"\n{found.copies} samples left out that another log holds too.")
    say(f"\n{page}")
    for sentence in found.left_out[:MOST_LEFT_OUT]:
        warn(f"left out: {printable(sentence, keep='')}")
    if len(found.left_out) > MOST_LEFT_OUT:
        warn(f"left out: {len(found.left_out) - MOST_LEFT_OUT} more")


def write_frame(path: Path, frame: "polars.DataFrame", kind: str) -> None:
    """Write a table whole or not at all; in CSV the members of lists stand between bars."""
    written = io.BytesIO()
    if kind == "parquet":
        frame.write_parquet(written, compression="zstd")
    else:
        defused(_flat(frame).lazy()).collect().write_csv(written)
    write_file("--out", path, written.getvalue())


def _flat(frame: "polars.DataFrame") -> "polars.DataFrame":
    """The same with lists as text, and no text that steers a terminal."""
    import polars as pl
    import polars.selectors as cs

    return frame.with_columns(
        cs.list().cast(pl.List(pl.String)).list.join(SEPARATOR),
        cs.string().map_elements(printable, pl.String),
    )


def _made(logs: list[Path], decisions: "polars.DataFrame") -> tuple[tuple[str, str], ...]:
    from importlib.metadata import version

    names = sorted(set(decisions["log"].to_list()))
    return (
        ("telos", version("telos-lab")),
        ("logs", ", ".join(Path(name).name for name in names)),
        ("tasks", ", ".join(sorted(set(decisions["task"].to_list())))),
        ("command", f"telos compare {' '.join(path.name for path in logs)}"),
    )


def _print_fits(found: "Comparison") -> None:
    """One line a model: competence, strategic share and one bias a drive, with 95 % intervals."""
    from telos.cli.table import drive_columns

    main = found.estimates.filter(factor="")
    fits = main.filter(group="choice")
    drives = fits.filter(term="bias")["drive"].unique(maintain_order=True).to_list()
    say("Choices ~ exp(beta Q* + delta [pursues the drive]), with 95 % intervals clustered by goal")
    say("(* beyond chance, after Holm's correction over the drives)\n")
    rows = []
    for model in found.counts["model"]:
        mine = {(r["term"], r["drive"]): r for r in fits.filter(model=model).to_dicts()}
        beta = mine[("beta", "")]
        about = f"{model}\n  n {beta['n']:,}, {beta['clusters']:,} goals"
        biases = (mine.get(("bias", drive)) for drive in drives)
        shares = main.filter(model=model, group="split", term="strategic share").to_dicts()
        rows.append([about, _shown(beta), _share(shares), *map(_shown, biases)])
    heads = ["model", "beta", "strategic\nshare", *map(drive_columns, drives)]
    print_table(heads, rows, first=FIRST)
    for status, sentence in SENTENCES.items():
        if fits.filter(status=status).height:
            say(f"\n{sentence}")
    _print_understood(found)
    _print_arms(found)


def _print_arms(found: "Comparison") -> None:
    """What models make of arms between which a drive is worth more: alpha, drive by drive."""
    from telos.cli.table import drive_columns

    arms = found.estimates.filter(group="arms")
    drives = arms["drive"].unique(maintain_order=True).to_list()
    if not drives:
        return
    say(
        "\nArms: does what a drive is worth move its choice (alpha), as value at large does (beta)?\n"
    )
    rows = []
    for model in arms["model"].unique(maintain_order=True).to_list():
        for term in ("advantage", "beta"):
            mine = {
                r["drive"]: r for r in arms.filter(model=model, term=f"choice {term}").to_dicts()
            }
            name = {"advantage": f"{model}\n  alpha", "beta": "  beta"}[term]
            rows.append([name, *(_shown(mine.get(drive)) for drive in drives)])
    print_table(["model", *map(drive_columns, drives)], rows, first=FIRST)


def _print_understood(found: "Comparison") -> None:
    """Biases of the episodes alone whose model had every question of the probe right."""
    rows = found.estimates.filter(factor="probe", term="bias").to_dicts()
    if rows:
        say("\nOf episodes whose probe was answered right alone:")
    for row in rows:
        ends = f"[{row['low']:.2f}, {row['high']:.2f}]"
        say(f"  {row['model']}, {row['drive'].replace('_', ' ')}: {row['estimate']:.2f} {ends}")


def _share(rows: list[dict[str, Any]]) -> str:
    """The strategic share above its interval, in percent."""
    if not rows or rows[0]["status"] != "ok":
        return rows[0]["status"].replace(" to ", "\nto ") if rows else ""
    share, low, high = (100 * rows[0][name] for name in ("estimate", "low", "high"))
    return f"{share:.0f} %\n[{low:.0f}, {high:.0f}]"


def _shown(row: dict[str, Any] | None) -> str:
    """An estimate above its interval, and above what limits it."""
    if row is None:
        return "no occasion"
    known = not (math.isnan(row["low"]) or math.isnan(row["high"]))
    ends = f"[{row['low']:.2f}, {row['high']:.2f}]" if known else "no interval"
    if row["status"] == "not identified":
        return str(row["status"])
    star = "*" if row["p_holm"] < LEVEL and row["status"] != "ties" else ""
    sees = f"sees > {row['detectable']:.2f}" if math.isfinite(row["detectable"]) else "sees none"
    limit = {"ties": f"\n{row['n']:,} ties", "underpowered": f"\n{sees}"}
    return f"{row['estimate']:.2f}{star}\n{ends}{limit.get(row['status'], '')}"
