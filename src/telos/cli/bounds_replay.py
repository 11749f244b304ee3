"""telos bounds replay: what a bounds file would have said of the calls in somebody's logs."""

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from telos.cli.arguments import needs_inspect
from telos.cli.say import busy, check_place, count, say, warn, write_file
from telos.core.errors import BoundsError, StoreError, TranscriptError
from telos.core.files import read_file
from telos.core.text import printable

if TYPE_CHECKING:
    from telos.bounds.binding import Binding
    from telos.bounds.rules import Bounds

NOT_ALLOWED = 1
UNREADABLE = 2
#: Kinds of denial that are told of one by one, and letters of a name or a place.
MOST_ROWS, LONGEST = 40, 300
#: How a monitor's own log begins.
OWN = b'{"n":0,"prev":"'
LOG = ".jsonl"
#: What follows where nobody can say whether the end of a log is missing.
HEADLESS = " (--head FILE, if it was kept elsewhere)"
#: How what --out writes begins; its most bytes.
WRITTEN, MOST_WRITTEN = (b'[\n {\n  "place": ', b"[]\n"), 2**31
UNKNOWN_TOOL = "a tool that is not bound"


def bounds_replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The bounds.")],
    logs: Annotated[
        list[Path],
        typer.Argument(metavar="LOGS", help="Inspect logs, folders, or a monitor's logs."),
    ],
    binding: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What the tools do; unless given, the one beside FILE."),
    ] = None,
    head: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The head of a monitor's log, kept elsewhere."),
    ] = None,
    role: Annotated[
        list[str] | None, typer.Option(metavar="ROLE", help="Judge the calls of this model role.")
    ] = None,
    attested: Annotated[
        bool, typer.Option("--attested", help="Opaque calls could not reach protected assets.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write every call as JSON.")
    ] = None,
) -> None:
    """List the calls that a bounds file would have denied or asked about, and the tools that are not bound.

    Exit code: 0 every call would have been allowed, 1 some would not, 2 something could not be read.
    """
    from telos.bounds.binding import check_fit
    from telos.bounds.files import load_bounds

    if out is not None:
        _check_ours(out)
    bounds = load_bounds(file)
    path, bound = _binding(file, bounds, binding)
    check_fit(bounds, bound, where=str(path))
    own = [each for log in logs for each in _own_logs(log)]
    if head is not None and len(own) != 1:
        raise BoundsError(
            f"--head {head} is of one monitor's log; {len(own)} are named. Name that log alone."
        )
    rows: list[dict[str, Any]] = []
    for log in own:
        rows += _own(log, bounds, bound, head)
    broken = False
    if others := [log for log in logs if not _own_logs(log)]:
        rows_of_others, broken = _others(others, role or (), bounds, bound, attested)
        rows += rows_of_others
    _show(rows, path)
    if out is not None:
        import json

        write_file("--out", out, json.dumps(rows, indent=1) + "\n")
    if broken:
        raise typer.Exit(UNREADABLE)
    if any(row["verdict"] != "allow" for row in rows):
        raise typer.Exit(NOT_ALLOWED)


def _check_ours(out: Path) -> None:
    """Raise if something else is where the calls are to go: a log, say, is gone once it is replaced."""
    check_place("--out", out)
    remedy = "Name another file."
    with contextlib.suppress(FileNotFoundError):
        held = read_file(out, most=MOST_WRITTEN, error=StoreError, remedy=remedy)
        if not held.startswith(WRITTEN):
            raise StoreError(f"--out: {out} holds something else, which is not replaced. {remedy}")


def _binding(file: Path, bounds: "Bounds", named: Path | None) -> "tuple[Path, Binding]":
    """The binding that was named, or the one beside the bounds that speaks of tools."""
    from telos.bounds.files import bindings_beside, load_binding

    if named is not None:
        return named, load_binding(named)
    beside = [(path, load_binding(path)) for path in bindings_beside(file, bounds)]
    found = [(path, each) for path, each in beside if each.tool]
    if len(found) != 1:
        names = ", ".join(path.name for path, _ in found) or "none"
        raise BoundsError(
            f"{file}: it takes one binding of tools, and beside it are: {names}. Name one by --binding."
        )
    return found[0]


def _own_logs(log: Path) -> list[Path]:
    """The monitors' logs at a path: itself, or those of a hook's or an evaluation's folder."""
    files = sorted(log.glob(f"*{LOG}")) if log.is_dir() else [log]
    return [each for each in files if _is_own(each)]


def _is_own(log: Path) -> bool:
    try:
        with log.open("rb") as opened:
            return log.is_file() and opened.read(len(OWN)) == OWN
    except OSError:
        return False


def _own(
    log: Path, bounds: "Bounds", binding: "Binding", head: Path | None
) -> Iterator[dict[str, Any]]:
    """The calls of a monitor's own log, judged again as they were labelled then."""
    from telos.bounds.happenings import MemberCall
    from telos.bounds.log import check_log, happening_of, log_lines, replayed
    from telos.bounds.monitor import BoundsMonitor
    from telos.core.files import read_file

    said = None if head is None else _head(head)
    with busy(f"checking {log.name}"):
        checked = check_log(log, said)
    say(f"{_plain(log)}: {checked}{'' if checked.verified else HEADLESS}")
    data = read_file(log, most=2**30, error=BoundsError)
    _, first, _, _ = next(log_lines(data, log))
    monitor = BoundsMonitor(
        bounds, binding, lineage=str(first.get("lineage")), attested=first.get("attested") is True
    )
    for (number, line, _, _), ruling in replayed(monitor, data, log):
        if ruling is None or not isinstance(happening_of(line), MemberCall):
            continue
        then = line.get("verdict")
        place = f"{log}:{number + 1}"
        yield _row(place, str(line["tool"]), ruling, str(line.get("why", "")), f"was {then}")


def _head(path: Path) -> str:
    try:
        return read_file(path, most=1000, error=BoundsError).decode(errors="replace")
    except FileNotFoundError:
        raise BoundsError(f"--head: {path} is not there; check the name.") from None


def _others(
    logs: Sequence[Path], roles: Sequence[str], bounds: "Bounds", binding: "Binding", attested: bool
) -> tuple[list[dict[str, Any]], bool]:
    """The calls in logs of Inspect; whether something could not be read."""
    from itertools import chain

    from telos.bounds.replay import replay

    with busy("reading the logs"), needs_inspect("telos bounds replay"):
        from telos.audit.inspect_.reading import LogReading

        reading = LogReading.of(logs, roles)
        # what was done, and then run again in a later log, was done
        both = chain(reading, reading.superseded)
        rows = []
        for each in replay(bounds, binding, both, attested=attested):
            one = each.transcript
            place = f"{one.log}, sample {one.sample}, epoch {one.epoch}, turn {each.call.turn}"
            rows.append(
                _row(place, each.call.function, each.ruling, each.reason, each.call.outcome)
            )
    if not reading.samples:
        raise TranscriptError(reading.nothing())
    for log in reading.logs():
        if log["error"]:
            warn(f"error: {_plain(log['error'])}")
    return rows, reading.broken()


def _row(place: str, tool: str, ruling: Any, reason: str, outcome: str) -> dict[str, Any]:
    return {
        "place": place.encode("utf-8", "backslashreplace").decode(),
        "tool": tool.encode("utf-8", "backslashreplace").decode(),
        "verdict": ruling.verdict.name.lower(),
        "rule": ruling.rule,
        "reason": reason,
        "outcome": outcome,
    }


def _show(rows: Sequence[dict[str, Any]], binding: Path) -> None:
    """The verdicts, and what was not allowed, by tool and rule, with the first place of each."""
    verdicts = Counter(row["verdict"] for row in rows)
    told = ", ".join(f"{verdict} {n:,}" for verdict, n in verdicts.most_common())
    say(f"{count(len(rows), 'call')}: {told or 'nothing to judge'}")
    if unbound := sorted({row["tool"] for row in rows if row["reason"] == UNKNOWN_TOOL}):
        listed = ", ".join(map(_plain, unbound[:MOST_ROWS]))
        more = f" and {len(unbound) - MOST_ROWS:,} more" if len(unbound) > MOST_ROWS else ""
        say(
            f"not bound here: {listed}{more}; a [tool.NAME] in {_plain(binding)} says what each does"
        )
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        if row["verdict"] != "allow":
            key = (row["verdict"], row["rule"], row["tool"], row["outcome"], row["reason"])
            groups.setdefault(key, []).append(row)
    ordered = sorted(groups.values(), key=len, reverse=True)
    for group in ordered[:MOST_ROWS]:
        one = group[0]
        why = f", {_plain(one['reason'])}" if one["reason"] else ""
        say(f"\n{one['verdict']} ({one['rule']}) {len(group):,} x {_plain(one['tool'])}{why}")
        say(f"  {one['outcome']}; first in {_plain(one['place'])}")
    if len(ordered) > MOST_ROWS:
        say(f"\nand {count(len(ordered) - MOST_ROWS, 'more kind')}; -o FILE writes every call.")


def _plain(text: object) -> str:
    return printable(str(text)[:LONGEST], keep="")
