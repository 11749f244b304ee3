"""Settings: what Zensical is told, as the text of its file; the navigation lists every page once."""

import json
from typing import Any

from website import offline

#: What the page headings become in an address: as on a code host, so that one link serves both.
SLUGS = {"object": "pymdownx.slugs.slugify", "kwds": {"case": "lower"}}
SCHEMES = (
    ("(prefers-color-scheme)", None, "lucide/sun-moon", "Switch to light mode"),
    ("(prefers-color-scheme: light)", "default", "lucide/sun", "Switch to dark mode"),
    ("(prefers-color-scheme: dark)", "slate", "lucide/moon", "Switch to the system's mode"),
)


def settings(nav: list[Any]) -> dict[str, Any]:
    """The settings of the site.

    Args:
        nav: titles and places, in order.
    """
    palette = [
        {"media": media, "toggle": {"icon": icon, "name": name}}
        | ({"scheme": scheme} if scheme else {})
        for media, scheme, icon, name in SCHEMES
    ]
    features = ["content.code.copy", "navigation.sections", "navigation.top", "toc.follow"]
    return {
        "site_name": "Telos",
        "site_description": "Whatever goal you give an agent, what else will it want?",
        "use_directory_urls": False,
        "nav": nav,
        "theme": {"font": False, "features": features, "palette": palette},
        "extra": {"generator": False, "polyfills": [offline.PLACE]},
        "extra_css": ["assets/telos.css"],
        "plugins": {
            "search": {},
            "offline": {"enabled": True},
        },
        "markdown_extensions": {
            "attr_list": {},
            "sane_lists": {},
            "tables": {},
            "toc": {"permalink": True, "slugify": SLUGS},
            "pymdownx.betterem": {},
            "pymdownx.highlight": {"anchor_linenums": False},
            "pymdownx.superfences": {},
        },
    }


def written(table: dict[str, Any]) -> str:
    """The text of `zensical.toml`: a table inline, what JSON writes, with `=` for `:`."""
    return "[project]\n" + "".join(f"{name} = {_value(one)}\n" for name, one in table.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{json.dumps(name)} = {_value(one)}" for name, one in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value)
