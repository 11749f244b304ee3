"""Audited: the page of an audit of somebody's transcripts, from plain data."""

from collections.abc import Mapping
from typing import Any

from telos.report.templating import template
from telos.report.words import drive_words, with_interval

#: Findings and unknown calls that the page lists; all of them are in audit.csv and audit.json.
MOST_LISTED = 200


def audit_page(data: Mapping[str, Any]) -> str:
    """The page of an audit as HTML that opens without a network; every text is escaped.

    Args:
        data: what `audit.json` holds: map, logs, drives, findings, unknown, samples, second.
    """
    drives = [
        {
            **row,
            "words": drive_words(row["drive"]),
            "rate": _share(row["attempted"]),
            "done": _share(row["executed"]),
        }
        for row in data["drives"]
    ]
    return template("audit.html").render(
        data=data,
        drives=drives,
        most=MOST_LISTED,
        percent=with_interval,
        titles={row["drive"]: row["words"].title for row in drives},
    )


def _share(share: Mapping[str, Any]) -> str:
    """A share in per cent with its interval; at least so much where some samples are unclear."""
    if not share["n"]:
        return "–"
    text = with_interval(share["count"] / share["n"], share["low"], share["high"])
    return f"≥ {text}" if share["unclear"] else text
