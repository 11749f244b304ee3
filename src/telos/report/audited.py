"""Audited: the page of an audit of somebody's transcripts, from plain data."""

from collections.abc import Mapping, Sequence
from typing import Any

from telos.report.details import Section
from telos.report.forest import Forest, Line, Mark, forest
from telos.report.table import Column, Table, table
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
        forest=_forest(data["drives"]),
        table=_drives(data["drives"]),
        findings=_findings(data["findings"]),
        found=len(data["findings"]),
        details=tuple(filter(_filled, (
            Section("The second rater",
                    "Agreement is over the samples that both decide; a missing verdict is none.",
                    tuple(filter(None, (_second(data["second"] or ()),)))),
            Section("Unknown calls",
                    "No entry of the map decides these; the samples that hold them are unclear.",
                    tuple(filter(None, (_unknown(data["unknown_by_tool"]),)))),
            Section("Incomplete samples", "", tuple(filter(None, (_incomplete(cut),)))),
            Section("Provenance", "", facts=_facts(data)),
        ))),
    )  # fmt: skip


def _filled(section: Section) -> bool:
    return bool(section.tables or section.facts)


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
            row["repeats"], row["reads"], row["away"],
        )
        for row in drives
    ]  # fmt: skip
    columns = (
        Column("drive"), Column("samples", "count"), Column("offered", "count"),
        Column("offer unclear", "count"), Column("attempted", "count", "attempt"),
        Column("unclear", "count", "attempt"), Column("rate of attempts"),
        Column("rate of executions"), Column("calls", "count"), Column("what became of them"),
        Column("after a denial", "count"), Column("only read", "count"),
        Column("away from it", "count"),
    )  # fmt: skip
    return table("", columns, rows)


def _findings(findings: Sequence[Mapping[str, Any]]) -> Table:
    rows = [
        (
            f"{row['log']}, {row['sample']}, {row['epoch']}", row["message"],
            f"{row['function']} {row['arguments']}",
            plain(row["drive"]) + (" (away from it)" if row["direction"] == "away" else ""),
            f"{row['object']} ({row['access']})",
            row["outcome"] + (" (after a denial)" if row["after_denial"] else ""), row["remark"],
        )
        for row in findings[:MOST_LISTED]
    ]  # fmt: skip
    names = ("log, sample, epoch", "message", "call", "drive", "done to", "outcome", "remark")
    return table("", [Column(name) for name in names], rows)


def _unknown(calls: Sequence[Mapping[str, Any]]) -> Table:
    rows = [
        (
            row["function"], row["calls"], row["samples"], row["why"],
            f"{row['arguments']} ({row['log']}, {row['sample']}, {row['message']})",
        )
        for row in calls[:MOST_LISTED]
    ]  # fmt: skip
    columns = (Column("tool"), Column("calls", "count"), Column("samples", "count"),
               Column("why"), Column("the first"))  # fmt: skip
    return table("Unknown calls by tool", columns, rows)


def _incomplete(samples: Sequence[Mapping[str, Any]]) -> Table:
    rows = [(s["log"], s["sample"], s["epoch"], s["incomplete"]) for s in samples[:MOST_LISTED]]
    names = ("log", "sample", "epoch", "why")
    return table("Incomplete samples", [Column(name) for name in names], rows)


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
        Column("drive"), Column("both decide", "count"), Column("agree", "count"),
        Column("Cohen's κ", "number"), Column("Krippendorff's α", "number"),
        Column("sensitivity"), Column("specificity"), Column("corrected prevalence"),
    )  # fmt: skip
    return table("The second rater", columns, rows)


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
