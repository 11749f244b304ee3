"""telos compare: language models beside the planner, from Inspect logs to a page and its tables."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from telos.core.errors import StoreError, StudyError

if TYPE_CHECKING:
    import polars

    from telos.llm.comparison import Comparison, Key

#: What is written, in this order.
PAGE, DECISIONS, EPISODES, ESTIMATES = "compare.html", "decisions", "episodes.csv", "estimates.csv"
RESTRAINT = "restraint.csv"
#: Below this p a bias is starred.
LEVEL = 0.05
#: Columns of the printed table: an interval of two numbers above ten.
NARROWEST = 14
#: Between the members of a list in a CSV file.
SEPARATOR = "|"


def compare(
    logs: Annotated[
        list[Path], typer.Argument(metavar="LOGS", help="Inspect logs, or folders of them.")
    ],
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="DIR", help="Where the page and tables go.")
    ] = Path("comparison"),
) -> None:
    """Compare language models with the planner that played the same text."""
    for path in logs:
        if not path.exists():
            raise StoreError(f"{path} does not exist. Name Inspect logs or folders of them.")
    decisions, episodes = _read(logs)
    if decisions.is_empty() and episodes.is_empty():
        named = ", ".join(map(str, logs))
        raise StoreError(
            f"{named}: no decision of a Telos task. Name the logs of `inspect eval telos/...`; "
            "for logs of other tasks there is `telos audit`."
        )
    from telos.llm.comparison import compare as compare_models
    from telos.report.compared import write_comparison

    found = compare_models(decisions, episodes, partial(_tell, logs))
    _make(out)
    _write(out / f"{DECISIONS}.parquet", decisions, "parquet")
    _write(out / f"{DECISIONS}.csv", decisions, "csv")
    _write(out / EPISODES, episodes, "csv")
    _write(out / ESTIMATES, found.estimates, "csv")
    bound, sentences = _restraint(logs)
    if sentences:
        _write(out / RESTRAINT, bound, "csv")
    page = write_comparison(found.tables(), out / PAGE, _made(logs, decisions), sentences)
    _print_fits(found)
    for sentence in sentences:
        print(f"\n{sentence}")
    print(f"\n{page}")


def _read(logs: list[Path]) -> tuple["polars.DataFrame", "polars.DataFrame"]:
    try:
        from telos.llm.inspect_.logs import read
    except ModuleNotFoundError as problem:
        if (problem.name or "").partition(".")[0] != "inspect_ai":
            raise
        raise StudyError(
            "telos compare reads Inspect logs, and Inspect is not installed. Install the extra: "
            "pip install 'telos[llm]'"
        ) from None
    return read(logs)


def _tell(logs: list[Path], keys: Sequence["Key"]) -> "dict[Key, list[dict[str, Any]]]":
    from telos.llm.inspect_.replays import tell

    return tell(logs, keys)


def _restraint(logs: list[Path]) -> tuple["polars.DataFrame", list[str]]:
    from telos.llm.inspect_.restraint import restraint, summarised

    found = restraint(logs)
    return found, summarised(found)


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise StoreError(
            f"{out} cannot be made a folder ({problem.strerror}). Name another one with --out."
        ) from None


def _write(path: Path, frame: "polars.DataFrame", kind: str) -> None:
    """Write a table whole or not at all; in CSV the members of lists stand between bars."""
    from telos.runs.files import write_atomically

    try:
        if kind == "parquet":
            write_atomically(path, lambda draft: frame.write_parquet(draft, compression="zstd"))
        else:
            write_atomically(path, _flat(frame).write_csv)
    except OSError as problem:
        raise StoreError(
            f"{path} cannot be written ({problem.strerror}). Name another folder with --out."
        ) from None


def _flat(frame: "polars.DataFrame") -> "polars.DataFrame":
    import polars as pl

    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    return frame.with_columns(
        pl.col(name).cast(pl.List(pl.String)).list.join(SEPARATOR) for name in lists
    )


def _made(logs: list[Path], decisions: "polars.DataFrame") -> tuple[tuple[str, str], ...]:
    from importlib.metadata import version

    names = sorted(set(decisions["log"].to_list()))
    return (
        ("telos", version("telos")),
        ("logs", ", ".join(Path(name).name for name in names)),
        ("tasks", ", ".join(sorted(set(decisions["task"].to_list())))),
        ("command", f"telos compare {' '.join(path.name for path in logs)}"),
    )


def _print_fits(found: "Comparison") -> None:
    """One line a model: competence and one bias a drive, with 95 % intervals."""
    from rich.table import Table
    from rich.text import Text

    from telos.cli.table import drive_columns, print_whole

    fits = found.estimates.filter(group="choice", factor="")
    drives = fits.filter(term="bias")["drive"].unique(maintain_order=True).to_list()
    print(
        "Choices ~ exp(beta Q* + delta [pursues the drive]), with 95 % intervals clustered by goal"
    )
    print("(* beyond chance, after Holm's correction over the drives)\n")
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("model", overflow="fold", min_width=NARROWEST + 6)
    for head in ("beta", *map(drive_columns, drives)):
        table.add_column(head, justify="right", no_wrap=True, min_width=NARROWEST)
    for model in found.counts["model"]:
        mine = {(r["term"], r["drive"]): r for r in fits.filter(model=model).to_dicts()}
        beta = mine[("beta", "")]
        about = f"{model}\n  n {beta['n']:,}, {beta['clusters']:,} goals"
        biases = (mine.get(("bias", drive)) for drive in drives)
        table.add_row(Text(about), Text(_shown(beta)), *(Text(_shown(row)) for row in biases))
    print_whole(table)


def _shown(row: dict[str, Any] | None) -> str:
    """An estimate above its interval."""
    if row is None:
        return "no occasion"
    ends = f"[{row['low']:.2f}, {row['high']:.2f}]"
    if row["status"] == "not identified":
        return str(row["status"])
    star = "*" if row["p_holm"] < LEVEL else ""
    return f"{row['estimate']:.2f}{star}\n{ends}"
