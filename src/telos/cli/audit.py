"""telos audit: what the tool calls in somebody's logs say of each drive, under a map of affordances."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from telos.cli.arguments import needs_inspect
from telos.cli.say import busy, count, make_folder, print_table, say, warn, write_file
from telos.cli.transcripts import reading_of
from telos.core.errors import (
    StudyError,
    TranscriptError,
    UnknownName,
    did_you_mean,
)
from telos.core.text import printable

if TYPE_CHECKING:
    from telos.audit.second import RaterVerdict
    from telos.audit.transcript import Transcript

#: A model's verdicts; `--second` reads them again.
VERDICTS = "verdicts.csv"
#: What `--suggest` writes.
DRAFT = "suggested.toml"
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
    logs: Annotated[list[Path], typer.Argument(metavar="LOGS", help="Logs, or folders.")],
    affordances: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE", help="The map: a TOML file of affordances."),
    ] = None,
    suggest: Annotated[
        bool,
        typer.Option("--suggest", help="Draft a map of what no map decides, and judge nothing."),
    ] = False,
    role: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROLE",
            help="Judge the calls of this model role ('none': without a role); may be repeated. "
            "Unless given: agents, and not those who watch or grade them.",
        ),
    ] = None,
    second: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Verdicts of a second rater, in CSV or JSON."),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Labels by who read them, as for --second: what is true."
        ),
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
    """Find the calls that pursue a drive in logs of any agent, and what stays unknown.

    Exit code: 0 nothing found (which is not clean: calls may be unknown; see --strict), 1 something
    found, 2 something could not be read.
    """
    if judge and second is not None:
        raise StudyError("--judge and --second: there is one second rater. Leave one of them out.")
    if fail_on not in FAIL_ON:
        raise UnknownName(f"--fail-on: no {fail_on!r}. {did_you_mean(fail_on, FAIL_ON)}")
    from telos.audit.affordances import read_affordances
    from telos.audit.audit import audit as audit_transcripts
    from telos.audit.labels import beside_labels
    from telos.audit.record import record
    from telos.audit.second import read_verdicts, second_raters

    if suggest:
        _suggest(logs, affordances, role or (), out)
        return
    if affordances is None:
        raise StudyError("--map is missing. Name a map, or draft one by --suggest.")
    mapped = read_affordances(affordances)
    verdicts = () if second is None else read_verdicts(second)
    truth = () if labels is None else read_verdicts(labels)
    with busy("reading the logs"):
        reading = reading_of("telos audit", logs, role or ())
        read = list(reading) if judge else reading
        found = audit_transcripts(read, mapped)
    if not found.samples:
        raise TranscriptError(reading.nothing())
    if judge:
        with busy(f"asking {judge}"), needs_inspect("telos audit --judge"):
            verdicts = _judged(list(read), mapped.drives, judge, out)
    try:
        beside_it = second_raters(found, verdicts)
    except TranscriptError as problem:
        raise TranscriptError(f"--second {second}: {problem}") from None
    try:
        labeled = beside_labels(found, truth)
    except TranscriptError as problem:
        raise TranscriptError(f"--labels {labels}: {problem}") from None
    before = audit_transcripts(reading.superseded, mapped)
    left = reading.left(before)
    made = record(found, mapped, reading.logs(), beside_it, left, labeled)
    data = {"telos": _version(), **made}
    _write(out, data)
    _show(data, out)
    if reading.broken():
        raise typer.Exit(UNREADABLE)
    # what was done and then run again was done
    hits = sum(
        {"attempted": each.n_attempted, "executed": each.n_executed, "never": 0}[fail_on]
        for each in (found, before)
    )
    if hits or (strict and (found.unknown or found.n_incomplete or found.n_open)):
        raise typer.Exit(FOUND)


def _suggest(logs: Sequence[Path], known: Path | None, roles: Sequence[str], out: Path) -> None:
    """A draft of a map, of what `known` does not decide."""
    from telos.audit.affordances import read_affordances
    from telos.audit.suggest import suggest

    mapped = None if known is None else read_affordances(known)
    with busy("reading the logs"):
        reading = reading_of("telos audit", logs, roles)
        drafted = suggest(reading, mapped)
    if not any(part.samples for part in reading.parts):
        raise TranscriptError(reading.nothing())
    make_folder("--out", out)
    write_file("--out", out / DRAFT, drafted)
    found = drafted.count("\n[[affordance]]")
    say(
        f"{_plain(out / DRAFT)}: {count(found, 'entry', 'entries')} suggested by words. Go through them."
    )
    for row in reading.logs():
        if row["error"]:
            warn(f"error: {_plain(row['error'])}")
    if reading.broken():
        raise typer.Exit(UNREADABLE)


def _judged(
    read: list["Transcript"], drives: Sequence[str], model: str, out: Path
) -> "tuple[RaterVerdict, ...]":
    """The verdicts of a model, kept beside the audit so that nobody pays for them twice."""
    from telos.audit.agreement import MISSING
    from telos.audit.inspect_.judge import judge
    from telos.audit.second import verdicts_csv

    verdicts = judge(read, drives, model)
    if verdicts and all(verdict.verdict == MISSING for verdict in verdicts):
        raise TranscriptError(
            f"--judge {model}: gave no verdict on {len(verdicts)} questions. Is its key set? Try it by "
            "`inspect eval`."
        )
    make_folder("--out", out)
    write_file("--out", out / VERDICTS, verdicts_csv(verdicts))
    return verdicts


def _version() -> str:
    from importlib.metadata import version

    return version("telos-lab")


def _write(out: Path, data: dict[str, Any]) -> None:
    from telos.audit.record import findings_csv
    from telos.report.audited import audit_page
    from telos.runs.files import write_json

    make_folder("--out", out)
    write_file("--out", out / "audit.csv", findings_csv(data["findings"]))
    with busy("drawing the page"):
        write_file("--out", out / "audit.html", audit_page(data))
    write_json(out / "audit.json", data)


def _show(data: dict[str, Any], out: Path) -> None:
    n = data["counts"]
    copies = f", {count(n['copies'], 'copy', 'copies')} left out" if n["copies"] else ""
    say(f"{count(n['samples'], 'sample')}, {count(n['calls'], 'tool call')}{copies}\n")
    _print_drives(data["drives"])
    for rater in data["second"]:
        _print_second(rater)
    for drive in data["labels"]:
        _print_labels(drive)
    if data["unknown_by_tool"]:
        say(f"\n{count(n['unknown'], 'unknown call')}, not counted as clean:")
        for row in data["unknown_by_tool"][:MOST_TOOLS]:
            say(f"  {_plain(row['function'])}: {row['calls']}, {row['why']}")
        more = len(data["unknown_by_tool"]) - MOST_TOOLS
        if more > 0:
            say(f"  and {count(more, 'more tool')}, in audit.json.")
    if n["incomplete"]:
        say(f"\n{count(n['incomplete'], 'sample')} incomplete, not counted as clean.")
    if data["apart"]:
        roles = ", ".join(f"{_plain(role)} {calls}" for role, calls in data["apart"].items())
        say(f"\n{count(n['apart'], 'call')} of other roles, not judged ({roles}); see --role.")
    _print_superseded(data["superseded"])
    say(f"\n{_plain(out / 'audit.html')}, audit.csv, audit.json")
    print_skipped([(each["path"], each["why"]) for each in data["skipped"]])
    for log in data["logs"]:
        if log["error"]:
            warn(f"error: {_plain(log['error'])}")


def _print_superseded(rows: list[dict[str, Any]]) -> None:
    """Samples that left are named where they did not leave quietly."""
    if not rows:
        return
    tried = [row for row in rows if row["attempted"]]
    say(f"\n{count(len(rows), 'failed sample')} run again in a later log, not counted.")
    for row in tried[:MOST_TOOLS]:
        drives = ", ".join(name.replace("_", " ") for name in row["attempted"])
        say(f"  {_plain(row['log'])}, sample {_plain(row['sample'])} had attempted {drives}")
    if len(tried) > MOST_TOOLS:
        say(f"  and {count(len(tried) - MOST_TOOLS, 'more')}, in audit.json.")


def print_skipped(skipped: Sequence[tuple[str, str]]) -> None:
    """Name on standard error the files that were not read: each, up to some."""
    for path, why in skipped[:MOST_TOOLS]:
        warn(f"skipped: {_plain(path)}: {_plain(why)}")
    if len(skipped) > MOST_TOOLS:
        warn(f"skipped: {len(skipped) - MOST_TOOLS} more files")


def _print_drives(drives: list[dict[str, Any]]) -> None:
    """One line a drive; a rate stands with a ≥ where some samples are unclear."""
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
    print_table(HEADS, rows)
    if early := sum(row["early"] for row in drives):
        say(f"\n{count(early, 'call')} before the agent could know, not counted as attempts.")
    lost = sum(row["offer_unclear"] for row in drives)
    if not lost and not any(row["offered"] for row in drives):
        say("\nNo sample offered any drive of the map: nothing was tested. Does it name the tools?")
    if lost:
        say(f"\nOf {lost} samples and drives the logs do not tell whether it was offered.")


def _rate(share: dict[str, Any]) -> str:
    if not share["n"]:
        return "never offered"
    least = "≥ " if share["unclear"] else ""
    ends = f"[{100 * share['low']:.1f}, {100 * share['high']:.1f}]"
    return f"{least}{100 * share['count'] / share['n']:.1f} % {ends}"


def _print_labels(drive: dict[str, Any]) -> None:
    """The confusion matrix of a drive, and what follows from it."""
    say(f"\nlabels, {drive['drive'].replace('_', ' ')} ({drive['unlabeled']} samples without)\n")
    rows = [(verdict, *counts) for verdict, counts in drive["matrix"].items()]
    print_table(("the map says", "labeled\npursued", "labeled\nnot"), rows)
    corrected = drive["corrected"]
    shares = [f"{name} {_of(drive[name])}" for name in ("precision", "recall")]
    say(f"{'; '.join(shares)}; pursued, though clear or not offered: {_of(drive['cleared'])}")
    if corrected["prevalence"] is None:
        say(f"prevalence {corrected['status']}")
    else:
        ends = (100 * corrected[key] for key in ("apparent", "prevalence", "low", "high"))
        say("attempted {:.1f} % of samples; corrected {:.1f} % [{:.1f}, {:.1f}]".format(*ends))


def _of(share: dict[str, Any]) -> str:
    if not share["n"]:
        return "0 of 0"
    ends = f"[{100 * share['low']:.1f}, {100 * share['high']:.1f}]"
    return f"{share['count']} of {share['n']}, {100 * share['rate']:.1f} % {ends}"


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
    say(line)


def _plain(text: object) -> str:
    """Third-party text on one line of the terminal, without what steers the terminal."""
    return printable(text, keep="")[:300]
