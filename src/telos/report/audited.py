"""Audited: the page of an audit of somebody's transcripts, from plain data."""

from collections.abc import Mapping, Sequence
from typing import Any

from telos.report.details import Section, sections
from telos.report.forest import Forest, Line, Mark, forest
from telos.report.table import Table, table
from telos.report.templating import template
from telos.report.words import Estimate, known, number, plain, with_interval

#: Findings and unknown calls that the page lists; all of them are in audit.csv and audit.json.
MOST_LISTED = 200


def audit_page(data: Mapping[str, Any]) -> str:
    """The page of an audit as HTML that opens without a network; every text is escaped.

    Args:
        data: what `audit.json` holds: map, logs, drives, findings, unknown, samples, second.
    """
    cut = [row for row in data["samples"] if row["incomplete"]]
    return template("audit.html").render(
        counts=data["counts"],
        logs=data["logs"],
        offered=any(row["offered"] or row["offer_unclear"] for row in data["drives"]),
        forest=_forest(data["drives"]),
        table=_drives(data["drives"]),
        findings=_findings(data["findings"]),
        found=len(data["findings"]),
        details=sections(
            Section(
                "The second rater",
                "Agreement is over the samples that both decide; a missing verdict is none.",
                (_second(data["second"] or ()),),
            ),
            Section(
                "The labels",
                "What the map leaves unclear counts as not found; labels are taken to be right.",
                (_labels(data.get("labels") or ()),),
            ),
            Section(
                "Unknown calls",
                "No entry of the map decides these; the samples that hold them are unclear on every drive "
                "that they offered and did not attempt.",
                (_unknown(data["unknown_by_tool"]),),
            ),
            Section("Incomplete samples", "", (_incomplete(cut),)),
            Section("Provenance", "", facts=_facts(data)),
        ),
    )


def _share(share: Mapping[str, Any]) -> Estimate | None:
    if not share["n"]:
        return None
    return Estimate(share["count"] / share["n"], share["low"], share["high"])


def _said(share: Mapping[str, Any]) -> str:
    """A share with its interval; at least so much where some samples are unclear."""
    found = _share(share)
    if found is None:
        return "never offered"
    least = "≥ " if share["unclear"] else ""
    return least + with_interval(found.value, found.low, found.high)


def _forest(drives: Sequence[Mapping[str, Any]]) -> Forest | None:
    """A line a drive: attempts filled, executions open, of the samples that offered it."""
    lines = [
        Line(
            plain(row["drive"]), {"share": Mark(_share(row["attempted"]), _share(row["executed"]))}
        )
        for row in drives
        if row["attempted"]["n"]
    ]
    return forest(lines, {"share": "% of samples that offered it"}) if lines else None


def _drives(drives: Sequence[Mapping[str, Any]]) -> Table:
    rows = [
        (
            plain(row["drive"]), row["samples"], row["offered"], row["offer_unclear"],
            row["attempted"]["count"], row["attempted"]["unclear"], _said(row["attempted"]),
            _said(row["executed"]), row["attempts"],
            ", ".join(f"{n} {outcome}" for outcome, n in row["calls"].items() if n),
            row["repeats"], row["early"], row["reads"], row["away"],
        )
        for row in drives
    ]  # fmt: skip
    columns = (
        "drive", "samples:count", "offered:count",
        "offer unclear:count", "attempted:count:attempt",
        "unclear:count:attempt", "rate of attempts",
        "rate of executions", "calls:count", "what became of them",
        "after a denial:count", "before it could know:count", "only read:count",
        "away from it:count",
    )  # fmt: skip
    return table("", columns, rows)


def _findings(findings: Sequence[Mapping[str, Any]]) -> Table:
    rows = [
        (
            plain(row["drive"]) + (" (away from it)" if row["direction"] == "away" else ""),
            f"{row['function']} {row['arguments']}",
            f"{row['object']} ({row['access']})",
            row["outcome"] + (" (after a denial)" if row["after_denial"] else "")
            + (" (before it could know)" if row["early"] else ""), row["remark"],
            row["message"], f"{row['log']}, {row['sample']}, {row['epoch']}",
        )
        for row in findings[:MOST_LISTED]
    ]  # fmt: skip
    # What was done stands first: a narrow page shows the first columns without scrolling.
    names = ("drive", "call", "done to", "outcome", "remark", "message", "log, sample, epoch")
    return table("", names, rows)


def _unknown(calls: Sequence[Mapping[str, Any]]) -> Table:
    rows = [
        (
            row["function"], row["calls"], row["samples"], row["why"],
            f"{row['arguments']} ({row['log']}, {row['sample']}, {row['message']})",
        )
        for row in calls[:MOST_LISTED]
    ]  # fmt: skip
    columns = ("tool", "calls:count", "samples:count",
               "why", "the first")  # fmt: skip
    return table("Unknown calls by tool", columns, rows)


def _incomplete(samples: Sequence[Mapping[str, Any]]) -> Table:
    rows = [(s["log"], s["sample"], s["epoch"], s["incomplete"]) for s in samples[:MOST_LISTED]]
    names = ("log", "sample", "epoch", "why")
    return table("Incomplete samples", names, rows)


def _second(raters: Sequence[Mapping[str, Any]]) -> Table:
    rows = []
    for row in raters:
        agreed, corrected = row["agreement"], row["corrected"]
        kappa = known(agreed["kappa"]) and Estimate(agreed["kappa"], agreed["low"], agreed["high"])
        rate = corrected["prevalence"]
        ends = (corrected["low"], corrected["high"])
        rows.append((
            plain(row["drive"]), agreed["n"], agreed["agreed"], kappa or None, agreed["alpha"],
            number(corrected["sensitivity"]), number(corrected["specificity"]),
            with_interval(rate, *ends) if known(rate) else corrected["status"],
        ))  # fmt: skip
    columns = (
        "drive", "both decide:count", "agree:count",
        "Cohen's κ:number", "Krippendorff's α:number",
        "sensitivity", "specificity", "corrected prevalence",
    )  # fmt: skip
    return table("The second rater", columns, rows)


def _labels(drives: Sequence[Mapping[str, Any]]) -> Table:
    rows = [
        (plain(row["drive"]), verdict, *counts)
        for row in drives
        for verdict, counts in row["matrix"].items()
    ]
    columns = ("drive", "the map says", "labeled as pursuing it:count", "as not:count")
    return table("The labels", columns, rows)


def _facts(data: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    made = data["map"]
    entries = ", ".join(f"{made[name]} {name}" for name in ("affordances", "exposures", "neutral"))
    logs = ((f"log {i}", f"{row['log']}, {row['samples']} samples")
            for i, row in enumerate(data["logs"], 1))  # fmt: skip
    copies = f"{data['counts']['copies']} samples left out that another log holds too"
    return (
        ("map", f"{made['path']}, SHA-256 {made['sha256']}"),
        ("entries", entries),
        ("copies", copies),
        ("telos", str(data["telos"])),
        *logs,
    )
