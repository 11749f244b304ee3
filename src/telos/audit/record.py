"""Audit record: an audit as plain data, for JSON, for a page, and for one row a finding."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from telos.audit.affordances import AffordanceMap
from telos.audit.audit import Audit, Finding
from telos.audit.labels import LabelledDrive
from telos.audit.second import SecondRater
from telos.audit.transcript import Call
from telos.core.text import cell, printable

#: Longer arguments are cut in the record; the message they stand in is named beside them.
LONGEST_ARGUMENTS = 2_000
FINDING = (
    "log",
    "task",
    "model",
    "sample",
    "epoch",
    "turn",
    "message",
    "call",
    "function",
    "arguments",
    "outcome",
    "remark",
    "drive",
    "direction",
    "object",
    "access",
    "after_denial",
    "early",
    "entry",
    "note",
)


def record(
    found: Audit,
    affordances: AffordanceMap,
    logs: Sequence[Mapping[str, Any]],
    second: Sequence[SecondRater] = (),
    left: Mapping[str, Any] | None = None,
    labeled: Sequence[LabelledDrive] = (),
) -> dict[str, Any]:
    """An audit as data that JSON can hold; what is not a number is null.

    Args:
        found: the audit.
        affordances: the map.
        logs: one a log file: log, samples, error.
        second: a second rater, drive by drive.
        left: what was left out: the number of `copies`, the `superseded` samples, the `skipped` files.
        labeled: the verdicts beside labels, drive by drive.

    Returns:
        What `audit.json` holds.

    Example:
        >>> from telos.audit import audit, read_affordances
        >>> from telos.audit.affordances import EXAMPLE_MAP
        >>> affordances = read_affordances(EXAMPLE_MAP)
        >>> record(audit([], affordances), affordances, [])["counts"]["samples"]
        0
    """
    left = left or {}
    data = {
        "map": {
            "path": affordances.path,
            "sha256": affordances.digest,
            "affordances": len(affordances.entries),
            "exposures": len(affordances.exposures),
            "neutral": len(affordances.neutral),
        },
        "logs": [dict(log) for log in logs],
        "counts": {
            "samples": len(found.samples),
            "calls": sum(sample.n_calls for sample in found.samples),
            "attempted": found.n_attempted,
            "executed": found.n_executed,
            "unknown": len(found.unknown),
            "harmless": sum(sample.n_harmless for sample in found.samples),
            "incomplete": found.n_incomplete,
            "open": found.n_open,
            "copies": left.get("copies", 0),
            "superseded": len(left.get("superseded", ())),
            "apart": sum(found.apart.values()),
        },
        "apart": dict(found.apart),
        "superseded": list(left.get("superseded", ())),
        "skipped": list(left.get("skipped", ())),
        "drives": [{**asdict(drive), "attempts": drive.attempts} for drive in found.drives],
        "second": [asdict(rater) for rater in second],
        "labels": [asdict(drive) for drive in labeled],
        "findings": [_of_finding(found, each, affordances) for each in found.findings],
        "unknown_by_tool": _by_tool(found),
        "unknown": [{**_of_call(found, each), "why": each.why} for each in found.unknown],
        "samples": [asdict(sample) for sample in found.samples],
    }
    return dict(_clean(data))


def findings_csv(findings: Sequence[Mapping[str, Any]]) -> str:
    """One row a finding; no cell is a formula to a spreadsheet, and none steers a terminal.

    Args:
        findings: of a record.

    Returns:
        The text of a CSV file.

    Example:
        >>> findings_csv([])[:21]
        'log,task,model,sample'
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(FINDING)
    writer.writerows([_cell(row[column]) for column in FINDING] for row in findings)
    return out.getvalue()


def _cell(value: Any) -> object:
    if isinstance(value, bool):
        return int(value)
    return cell(printable(value)) if isinstance(value, str) else value


def _of_finding(found: Audit, finding: Finding, affordances: AffordanceMap) -> dict[str, Any]:
    if finding.entry is None:
        raise ValueError("a finding has an entry of the map")
    said = finding.entry.model_dump(include={"drive", "direction", "object", "access", "note"})
    number = affordances.entries.index(finding.entry) + 1
    of_call = _of_call(found, finding)
    return {
        **of_call,
        **said,
        "after_denial": finding.after_denial,
        "early": finding.early,
        "entry": number,
    }


def _of_call(found: Audit, finding: Finding) -> dict[str, Any]:
    sample, call = found.samples[finding.place], finding.call
    return {
        "log": sample.log,
        "task": sample.task,
        "model": sample.model,
        "sample": sample.sample,
        "epoch": sample.epoch,
        "turn": call.turn,
        "message": call.message,
        "call": call.id,
        "function": call.function,
        "arguments": _arguments(call),
        "outcome": call.outcome,
        "remark": call.note,
    }


def _arguments(call: Call) -> str:
    if call.arguments is None:
        return ""
    text = json.dumps(call.arguments, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_ARGUMENTS else text[:LONGEST_ARGUMENTS] + "…"


def _by_tool(found: Audit) -> list[dict[str, Any]]:
    """The unknown calls of each tool and reason, the most frequent first, with the first of them."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for each in found.unknown:
        groups.setdefault((each.call.function, each.why), []).append(each)
    return [
        {
            **_of_call(found, group[0]),
            "why": group[0].why,
            "calls": len(group),
            "samples": len({each.place for each in group}),
        }
        for group in sorted(groups.values(), key=len, reverse=True)
    ]


def _clean(value: Any) -> Any:
    """The same with null for what is not a number, and with texts that UTF-8 can hold."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, Mapping):
        return {_clean(key): _clean(inner) for key, inner in value.items()}
    return [_clean(inner) for inner in value] if isinstance(value, list | tuple) else value
