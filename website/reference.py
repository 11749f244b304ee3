"""Reference: every public name of Telos, by the layer of its package, as the docstrings tell it."""

import importlib
import inspect
import re
import types
from dataclasses import dataclass
from typing import Any, final

import telos
from website.docstrings import described, safe
from website.sources import ROOT

#: A row of the table of layers: its number, its packages, what they hold.
ROW = re.compile(r"^\| (\d) \| (.+?) \| (.+?) \|$", re.MULTILINE)
#: Where the page of a module stands whose names are defined elsewhere.
HOMES = {"errors": "core"}


@final
@dataclass(frozen=True)
class Name:
    """A public name: what a user types, the page it stands on, the thing itself."""

    typed: str
    page: str
    thing: Any

    @property
    def first(self) -> str:
        """The first sentence of its docstring."""
        if isinstance(self.thing, tuple):
            return "The catalog: " + ", ".join(f"`{one.__name__}`" for one in self.thing) + "."
        doc = inspect.cleandoc(self.thing.__doc__ or "").split("\n\n")[0]
        return " ".join(doc.split())


@final
@dataclass(frozen=True)
class Layer:
    """A row of the table of layers in `docs/design/architecture.md`."""

    number: int
    packages: tuple[str, ...]
    holds: str


def layers() -> list[Layer]:
    """The layers, lowest first, as the page on the architecture has them."""
    text = (ROOT / "docs" / "design" / "architecture.md").read_text(encoding="utf-8")
    rows = ROW.findall(text)
    found = [Layer(int(n), tuple(re.findall(r"`(\w+)`", names)), holds) for n, names, holds in rows]
    return found[::-1]


def names() -> list[Name]:
    """Every public name: those of `telos`, and those of its public modules."""
    found = []
    for typed in telos.__all__:
        thing = getattr(telos, typed)
        if isinstance(thing, types.ModuleType):
            found += [Name(f"telos.{typed}.{inner}", typed, one) for inner, one in _within(thing)]
        else:
            found.append(Name(f"telos.{typed}", thing.__module__.split(".")[1], thing))
    return found


def _within(module: types.ModuleType) -> list[tuple[str, Any]]:
    """The public names of a module: those it declares, or those it hands on."""
    declared = getattr(module, "__all__", None) or sorted(vars(module))
    pairs = [(name, getattr(module, name)) for name in declared if not name.startswith("_")]
    return [(name, thing) for name, thing in pairs if _ours(thing)]


def _ours(thing: object) -> bool:
    if isinstance(thing, tuple):
        return all(inspect.isclass(one) for one in thing)
    return (inspect.isclass(thing) or callable(thing)) and thing.__module__.startswith("telos.")


def path_of(page: str) -> str:
    """Where the page of a package stands in the site."""
    return f"reference/{page}.md"


def by_layer() -> list[tuple[Layer, list[tuple[str, list[Name]]]]]:
    """Layers, lowest first: the pages of each and the names on them."""
    every: dict[str, list[Name]] = {}
    for name in names():
        every.setdefault(name.page, []).append(name)
    found: list[tuple[Layer, list[tuple[str, list[Name]]]]] = []
    for layer in layers():
        held = [page for page in every if HOMES.get(page, page) in layer.packages]
        if held:
            found.append((layer, [(page, every[page]) for page in sorted(held, key=_order(layer))]))
    return found


def _order(layer: Layer) -> Any:
    return lambda page: (layer.packages.index(HOMES.get(page, page)), page in HOMES)


def written() -> dict[str, str]:
    """The pages: their paths in the site, and their Markdown."""
    made = {"reference/index.md": _overview()}
    for _, held in by_layer():
        for page, listed in held:
            made[path_of(page)] = _page(page, listed)
    return made


def _overview() -> str:
    lines = [
        "# Reference by layer",
        "",
        "A package imports only from the layers below it ([architecture](../design/architecture.md)).",
        "The commands are on [a page of their own](commands.md).",
    ]
    above = -1
    for layer, held in by_layer():
        lines += ["", f"## Layer {layer.number}"] if layer.number != above else []
        lines += ["", f"{layer.holds[0].upper()}{layer.holds[1:]}."]
        above = layer.number
        for page, listed in held:
            lines += ["", f"**[`telos.{page}`]({page}.md)**", "", "| name | is |", "|---|---|"]
            lines += [_row(name, page) for name in listed]
    return "\n".join(lines) + "\n"


def _row(name: Name, page: str) -> str:
    return f"| [`{name.typed}`]({page}.md#{name.typed}) | {safe(name.first)} |"


def _page(page: str, listed: list[Name]) -> str:
    module = importlib.import_module(f"telos.{page}")
    parts = [f"# telos.{page}", inspect.cleandoc(module.__doc__ or "")]
    for name in listed:
        if isinstance(name.thing, tuple):
            parts += [f"## `{name.typed}` {{ #{name.typed} }}", name.first]
        else:
            parts += described(name.typed, name.thing)
    return "\n\n".join(parts) + "\n"
