"""Estimated: the rows of a comparison's estimates, found, judged and put into tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from telos.report.quantities import QUANTITIES
from telos.report.table import Column, Table, shown, table
from telos.report.words import Estimate, extended, known, number, plain

Row = Mapping[str, Any]
LEVEL = 0.05
#: Of a bias beside an infinite β, and of one that so few choices would not have shown.
TIES, UNDERPOWERED = "ties", "underpowered"
PARTS = ("value", "words", "instruction", "noise")


def key_of(row: Row) -> tuple[str, ...]:
    """What names a row."""
    names = ("model", "group", "term", "drive", "factor", "level", "base")
    return tuple(str(row[name] or "") for name in names)


def main_row(
    find: Mapping[Any, Row], model: str, group: str, term: str, drive: str = ""
) -> Row | None:
    """The row of a quantity over all that was varied; None if there is none."""
    return find.get((model, group, term, drive, "", "", ""))


def limits(row: Row) -> Estimate:
    """It with its ends; both may be infinite, as where choices are separated."""
    low, high = (row[end] if extended(row[end]) else None for end in ("low", "high"))
    return Estimate(row["estimate"], low, high)


def certain(row: Row) -> bool:
    """Whether a bias differs from 0 after Holm's correction over the drives, and is not one among ties."""
    p = row["p_holm"] if known(row["p_holm"]) else row["p"]
    return bool(known(p) and p < LEVEL and extended(row["estimate"]) and row["status"] != TIES)


def estimate_of(row: Row | None) -> Estimate | None:
    """It with its ends; None where there is no estimate."""
    return limits(row) if row is not None and extended(row["estimate"]) else None


def estimates_table(estimates: Sequence[Row]) -> Table:
    """Every estimate, with its count, its goals and what is wrong with it."""
    rows = []
    for row in estimates:
        name, kind = QUANTITIES.get((row["group"], row["term"]), (row["term"], "number"))
        found = estimate_of(row)
        text = shown(found, Column("", kind)) if found else ""  # type: ignore[arg-type]
        about = " less ".join(filter(None, (row["level"], row["base"])))
        drive = plain(row["drive"]) if row["drive"] else "all"
        remark = _remark(row)
        mark = "*" if certain(row) else ""
        rows.append(
            (row["model"], drive, name, about, text, mark, row["n"], row["clusters"], remark)
        )
    columns = (
        "model", "drive", "quantity", "where", "value", "p < .05", "n:count", "goals:count", "remark",
    )  # fmt: skip
    return table("", columns, rows)


def _remark(row: Row) -> str:
    if row["status"] == TIES:
        return f"read from {row['n']:,} ties"
    if row["status"] == UNDERPOWERED:
        least = number(row["detectable"], 2) if known(row["detectable"]) else "any size"
        return f"underpowered: sees no bias below {least}"
    return "" if row["status"] in ("ok", None) else str(row["status"])


def parts_table(models: Sequence[str], find: Mapping[Any, Row]) -> Table:
    """What the choices of each model follow, in shares of the surprise of uniform choice."""
    rows = []
    for model in models:
        bits = [main_row(find, model, "split", name) for name in PARTS]
        found = [row["estimate"] for row in bits if row is not None]
        if len(found) == len(PARTS) and known(sum(found)):
            share, placebo = (
                estimate_of(main_row(find, model, "split", name))
                for name in ("strategic share", "placebo")
            )
            shares = (value / sum(found) for value in found)
            rows.append((model, *shares, share or "too few to tell", placebo or "none"))
    heads = [f"{name}:rate" for name in PARTS]
    return table(
        "", ["model", *heads, "strategic share:rate:strategic", "values dealt anew:rate"], rows
    )
