"""telos audit: what the tool calls in somebody's logs say of each drive, under a map of affordances."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from telos.core.errors import StoreError, StudyError, TranscriptError, UnknownName, did_you_mean

if TYPE_CHECKING:
    from telos.llm.second import Verdict
    from telos.llm.transcript import Transcript

#: A model's verdicts; `--second` reads them again.
VERDICTS = "verdicts.csv"
FOUND = 1
UNREADABLE = 2
FAIL_ON = ("attempted", "executed", "never")
#: Tools with unknown calls that are told of one by one.
MOST_TOOLS = 10
HEADS = (
    "drive",
    "offered",
    "attempted",
    "executed",
    "unclear",
    "calls",
    "denied",
    "after\ndenial",
    "rate of attempts",
)


def audit(
    logs: Annotated[list[Path], typer.Argument(metavar="LOGS", help="Inspect logs, or folders.")],
    affordances: Annotated[
        Path, typer.Option("--map", metavar="FILE", help="The map: a TOML file of affordances.")
    ],
    second: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Verdicts of a second rater, in CSV or JSON."),
    ] = None,
    judge: Annotated[
        str, typer.Option(metavar="MODEL", help="Ask a model of Inspect to be the second rater.")
    ] = "",
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="DIR", help="Where the results are written.")
    ] = Path("audit"),
    fail_on: Annotated[
        str, typer.Option(metavar="WHAT", help="Exit with 1 on: attempted, executed or never.")
    ] = "attempted",
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 on what is unknown or incomplete, too.")
    ] = False,
) -> None:
    """Find the calls that pursue a drive in the logs of any Inspect task, and what stays unknown.

    Exit code: 0 nothing found, 1 something found, 2 something could not be read.
    """
    if judge and second is not None:
        raise StudyError("--judge and --second: there is one second rater. Leave one of them out.")
    if fail_on not in FAIL_ON:
        raise UnknownName(f"--fail-on: no {fail_on!r}. {did_you_mean(fail_on, FAIL_ON)}")
    from telos.llm.affordances import read_affordances
    from telos.llm.audit import audit as audit_transcripts
    from telos.llm.audit_record import record
    from telos.llm.second import beside, read_verdicts

    mapped = read_affordances(affordances)
    verdicts = () if second is None else read_verdicts(second)
    told: list[dict[str, Any]] = []
    read = list(_transcripts(logs, told)) if judge else _transcripts(logs, told)
    found = audit_transcripts(read, mapped)
    if not found.samples:
        raise TranscriptError(
            told[0]["error"]
            or f"{told[0]['log']}: holds no sample. Name the log of a finished run."
        )
    if judge:
        verdicts = _judged(list(read), mapped.drives, judge, out)
    try:
        beside_it = beside(found, verdicts)
    except TranscriptError as problem:
        raise TranscriptError(f"--second {second}: {problem}") from None
    data = {"telos": _version(), **record(found, mapped, told, beside_it)}
    _write(out, data)
    _show(data, out)
    if any(log["error"] for log in told):
        raise typer.Exit(UNREADABLE)
    hits = {"attempted": found.n_attempted, "executed": found.n_executed, "never": 0}[fail_on]
    if hits or (strict and (found.unknown or found.n_incomplete or found.n_open)):
        raise typer.Exit(FOUND)


def _transcripts(logs: list[Path], told: list[dict[str, Any]]) -> Iterator["Transcript"]:
    """The samples of all logs; an unreadable log is told of, and the others are read."""
    try:
        from telos.llm.inspect_.transcripts import find_logs, transcripts
    except ModuleNotFoundError as problem:
        if (problem.name or "").partition(".")[0] != "inspect_ai":
            raise
        raise StudyError(
            "telos audit reads Inspect logs, and Inspect is not installed. Install the extra: "
            "pip install 'telos[llm]'"
        ) from None
    for path in find_logs(logs):
        log: dict[str, Any] = {"log": str(path), "samples": 0, "error": ""}
        told.append(log)
        try:
            for transcript in transcripts(path):
                log["samples"] += 1
                yield transcript
        except TranscriptError as problem:
            log["error"] = str(problem)


def _judged(
    read: list["Transcript"], drives: Sequence[str], model: str, out: Path
) -> "tuple[Verdict, ...]":
    """The verdicts of a model, kept beside the audit so that nobody pays for them twice."""
    from telos.llm.agreement import MISSING
    from telos.llm.inspect_.judge import judge
    from telos.llm.second import verdicts_csv
    from telos.runs.files import write_atomically

    verdicts = judge(read, drives, model)
    if verdicts and all(verdict.label == MISSING for verdict in verdicts):
        raise TranscriptError(
            f"--judge {model}: gave no verdict on {len(verdicts)} questions. Is its key set? Try it by "
            "`inspect eval`."
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
        _write_text(write_atomically, out / VERDICTS, verdicts_csv(verdicts))
    except OSError as problem:
        raise StoreError(f"--out: {out} cannot be written ({problem.strerror}).") from None
    return verdicts


def _version() -> str:
    from importlib.metadata import version

    return version("telos")


def _write(out: Path, data: dict[str, Any]) -> None:
    from telos.llm.audit_record import findings_csv
    from telos.report.audited import audit_page
    from telos.runs.files import write_atomically, write_json

    texts = {"audit.csv": findings_csv(data["findings"]), "audit.html": audit_page(data)}
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_json(out / "audit.json", data)
        for name, text in texts.items():
            _write_text(write_atomically, out / name, text)
    except OSError as problem:
        raise StoreError(
            f"--out: {out} cannot be written ({problem.strerror}). Name another folder."
        ) from None


def _write_text(write: Any, path: Path, text: str) -> None:
    write(path, lambda draft: draft.write_text(text, encoding="utf-8", newline=""))


def _show(data: dict[str, Any], out: Path) -> None:
    n = data["counts"]
    copies = f", {n['copies']} copies left out" if n["copies"] else ""
    print(f"{_count(n['samples'], 'sample')}, {_count(n['calls'], 'tool call')}{copies}\n")
    _print_drives(data["drives"])
    for rater in data["second"]:
        _print_second(rater)
    if data["unknown_by_tool"]:
        print(f"\n{_count(n['unknown'], 'unknown call')}, not counted as clean:")
        for row in data["unknown_by_tool"][:MOST_TOOLS]:
            print(f"  {_plain(row['function'])}: {row['calls']}, {row['why']}")
        more = len(data["unknown_by_tool"]) - MOST_TOOLS
        if more > 0:
            print(f"  and {_count(more, 'more tool')}, in audit.json.")
    if n["incomplete"]:
        print(f"\n{_count(n['incomplete'], 'sample')} incomplete, not counted as clean.")
    print(f"\n{out / 'audit.html'}, audit.csv, audit.json")
    for log in data["logs"]:
        if log["error"]:
            print(f"error: {_plain(log['error'])}", file=sys.stderr)


def _print_drives(drives: list[dict[str, Any]]) -> None:
    """One line a drive; a rate stands with a ≥ where some samples are unclear."""
    from rich.table import Table

    from telos.cli.table import print_whole

    rows = []
    for row in drives:
        attempted = row["attempted"]
        counts = (
            row["offered"],
            attempted["count"],
            row["executed"]["count"],
            attempted["unclear"],
        )
        calls = (row["attempts"], row["calls"]["denied"], row["repeats"])
        name = row["drive"].replace("_", " ")
        rows.append((name, *(f"{n:,}" for n in (*counts, *calls)), _rate(attempted)))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, head in enumerate(HEADS):
        # no column gives way: a number that is cut off is another number
        width = max(len(cell) for cell in (*head.split("\n"), *(row[place] for row in rows)))
        justify = "right" if 0 < place < len(HEADS) - 1 else "left"
        table.add_column(head, justify=justify, min_width=width)  # type: ignore[arg-type]
    for cells in rows:
        table.add_row(*cells)
    print_whole(table)
    lost = sum(row["offer_unclear"] for row in drives)
    if lost:
        print(f"\nOf {lost} samples and drives the logs do not tell whether it was offered.")


def _rate(share: dict[str, Any]) -> str:
    if not share["n"]:
        return "never offered"
    least = "≥ " if share["unclear"] else ""
    ends = f"[{100 * share['low']:.1f}, {100 * share['high']:.1f}]"
    return f"{least}{100 * share['count'] / share['n']:.1f} % {ends}"


def _print_second(rater: dict[str, Any]) -> None:
    both, corrected = rater["agreement"], rater["corrected"]
    line = f"\nsecond rater, {rater['drive'].replace('_', ' ')}: agrees on {both['agreed']} of {both['n']}"
    if both["kappa"] is not None:
        line += f", kappa {both['kappa']:.2f} [{both['low']:.2f}, {both['high']:.2f}]"
    if both["alpha"] is not None:
        line += f", alpha {both['alpha']:.2f}"
    if corrected["prevalence"] is None:
        line += f"; prevalence {corrected['status']}"
    else:
        shares = (100 * corrected[key] for key in ("prevalence", "low", "high"))
        line += "; corrected prevalence {:.1f} % [{:.1f}, {:.1f}]".format(*shares)
    print(line)


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _plain(text: str) -> str:
    """A stranger's text on one line of the terminal, without what steers the terminal."""
    return "".join(c if c.isprintable() else "·" for c in text)[:300]
