"""Audited: the page of an audit of somebody's transcripts, from plain data."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from telos.report.words import drive_words, with_interval

if TYPE_CHECKING:
    import jinja2

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
    return (
        _templates()
        .get_template("audit.html")
        .render(
            data=data,
            drives=drives,
            most=MOST_LISTED,
            percent=with_interval,
            titles={row["drive"]: row["words"].title for row in drives},
        )
    )


def _share(share: Mapping[str, Any]) -> str:
    """A share in per cent with its interval; at least so much where some samples are unclear."""
    if not share["n"]:
        return "–"
    text = with_interval(share["count"] / share["n"], share["low"], share["high"])
    return f"≥ {text}" if share["unclear"] else text


@cache
def _templates() -> "jinja2.Environment":
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("telos.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
    )
