"""Templating: the HTML templates; all that they print is escaped, and nothing may be missing."""

import base64
import hashlib
import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from telos.core.text import printable
from telos.report.figure import COLORS, THEMED
from telos.report.table import Column, shown
from telos.report.words import Estimate, listed, number, percent, plain, points

if TYPE_CHECKING:
    import jinja2

#: The names of planners and planted players, which are no language models, begin so.
OURS = "telos/"


def template(name: str) -> "jinja2.Template":
    """The template of that file name in `templates/`."""
    return _environment().get_template(name)


def definitions() -> dict[str, dict[str, str]]:
    """The terms that pages explain, by name: `title`, `text`, and `formula` where there is one."""
    found: dict[str, dict[str, str]] = tomllib.loads(_text("definitions.toml"))
    return found


def _text(name: str) -> str:
    return files("telos.report").joinpath("templates", name).read_text(encoding="utf-8")


def environment(package: str) -> "jinja2.Environment":
    """What reads the `templates/` of a package: all is escaped, nothing is missing, no text steers."""
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader(package, "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
        finalize=_steering_nothing,
    )


@cache
def _environment() -> "jinja2.Environment":
    made = environment("telos.report")
    script = _text("script.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    made.globals |= {
        "definitions": definitions(),
        "script": script,
        "script_hash": digest,
        "colors": [THEMED.get(color, color) for color in COLORS],
    }
    made.tests["ours"] = lambda model: str(model).startswith(OURS)
    made.filters |= {
        "shown": shown,
        "rate": lambda value: _as(value, "rate"),
        "change": lambda value: _as(value, "points"),
        "num": lambda value: _as(value, "number"),
        "percent": percent,
        "points": points,
        "number": number,
        "listed": listed,
        "plain": plain,
    }
    return made


def _as(value: Any, kind: Any) -> str:
    found = value if isinstance(value, Estimate) else Estimate(value)
    return shown(found, Column("", kind))


def _steering_nothing(value: object) -> object:
    """A text of no page steers what shows it; our own markup is let through."""
    plain_text = isinstance(value, str) and not hasattr(value, "__html__")
    return printable(value) if plain_text else value
