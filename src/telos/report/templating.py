"""Templating: the HTML templates of the pages; all that they print is escaped, nothing may be missing."""

from functools import cache
from typing import TYPE_CHECKING

from telos.core.text import printable

if TYPE_CHECKING:
    import jinja2


def template(name: str) -> "jinja2.Template":
    """The template of that file name in `templates/`."""
    return _environment().get_template(name)


@cache
def _environment() -> "jinja2.Environment":
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("telos.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
        finalize=_steering_nothing,
    )


def _steering_nothing(value: object) -> object:
    """A text of no page steers what shows it; our own markup is let through."""
    plain = isinstance(value, str) and not hasattr(value, "__html__")
    return printable(value) if plain else value
