"""Docstrings: a class or function as Markdown: how it is called, and what its docstring says."""

import ast
import dataclasses
import enum
import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any

#: The heads of sections, as the style card has them, and what they are called on a page.
SECTIONS = {
    "Args": "Arguments",
    "Attributes": "Attributes",
    "Fields": "Fields",
    "Returns": "Returns",
    "Yields": "Yields",
    "Raises": "Raises",
    "Example": "Example",
    "Examples": "Examples",
    "References": "References",
}
HEAD = re.compile(rf"^({'|'.join(SECTIONS)}):$")
#: An entry of a section: names, or errors, then what they are.
ENTRY = re.compile(r"^([A-Za-z_*][\w.*]*(?:, [A-Za-z_*][\w.*]*)*): (.*)$")
#: Sections whose lines are names and what they are.
NAMED = frozenset({"Args", "Attributes", "Fields", "Raises"})
WIDEST = 88


def described(typed: str, thing: Any) -> list[str]:
    """The blocks of a public name: a heading, its signature, its docstring, its methods."""
    parts = [f"## `{typed}` {{ #{typed} }}", *_called(typed.rpartition(".")[2], thing)]
    parts += markdown(thing.__doc__ or "", _taken(thing))
    if inspect.isclass(thing):
        parts += _members(typed, thing)
    return parts


def _members(typed: str, cls: type) -> Iterator[str]:
    """What a class offers: the values of an enumeration, its properties and methods, in source order."""
    if issubclass(cls, enum.Enum):
        if "Attributes:" not in (cls.__doc__ or ""):
            yield "Values: " + ", ".join(f"`{one.name}`" for one in cls) + "."
        return
    fields = (
        {one.name for one in dataclasses.fields(cls)} if dataclasses.is_dataclass(cls) else set()
    )
    for name, member in vars(cls).items():
        own = getattr(member, "fget", None) or getattr(member, "__func__", member)
        if name.startswith("_") or name in fields or not callable(own) or not own.__doc__:
            continue
        yield f"### `{typed.rpartition('.')[2]}.{name}` {{ #{typed}.{name} }}"
        if not isinstance(member, property):
            yield from _called(name, own)
        yield from markdown(own.__doc__, _taken(own))


def _called(name: str, thing: Any) -> Iterator[str]:
    """The signature, on several lines where one is too wide."""
    if inspect.isclass(thing) and issubclass(thing, enum.Enum | BaseException):
        return
    types = _types(thing)
    parameters = list(_parameters(thing, types))
    if inspect.isclass(thing) and not parameters:
        return
    back = f" -> {types['return']}" if "return" in types else ""
    text = f"{name}({', '.join(parameters)}){back}"
    if len(text) > WIDEST:
        inner = "".join(f"    {line},\n" for line in parameters)
        text = f"{name}(\n{inner}){back}"
    yield f"```python\n{text}\n```"


def _taken(thing: Any) -> tuple[str, ...]:
    """The names of what a function takes, or a class is made of."""
    try:
        return tuple(inspect.signature(thing).parameters)
    except (TypeError, ValueError):
        return ()


def _parameters(thing: Any, types: dict[str, str]) -> Iterator[str]:
    """Each parameter as it is written; `*` where those begin that are given by name."""
    starred = False
    for parameter in inspect.signature(thing).parameters.values():
        if parameter.name in {"self", "cls"}:
            continue
        starred |= parameter.kind is parameter.VAR_POSITIONAL
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            starred = True
            yield "*"
        star = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        text = f"{star}{parameter.name}"
        if parameter.name in types:
            text += f": {types[parameter.name]}"
        if parameter.default is not parameter.empty:
            text += f" = {_default(parameter.default)}"
        yield text


def _types(thing: Any) -> dict[str, str]:
    """The types of parameters and of what is returned, as the source has them."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(thing)))).body[0]
    except (OSError, TypeError):
        return {}
    if isinstance(tree, ast.ClassDef):
        fields = [one for one in tree.body if isinstance(one, ast.AnnAssign)]
        return {ast.unparse(one.target): ast.unparse(one.annotation) for one in fields}
    assert isinstance(tree, ast.FunctionDef)
    taken = [one for one in ast.walk(tree.args) if isinstance(one, ast.arg)]
    found = {one.arg: ast.unparse(one.annotation) for one in taken if one.annotation}
    if tree.returns:
        found["return"] = ast.unparse(tree.returns)
    return {name: text.strip("'\"") for name, text in found.items()}


def _default(value: Any) -> str:
    text = repr(value)
    if inspect.isclass(value) or inspect.isroutine(value):
        return str(value.__name__)
    return "…" if text.startswith("<") or len(text) > 60 else text


def markdown(doc: str, taken: tuple[str, ...] = ()) -> list[str]:
    """A docstring as blocks of Markdown; `taken` are the names of what is explained in it."""
    blocks, section, held = [], "", list[str]()
    for line in [*inspect.cleandoc(doc).splitlines(), "End:"]:
        head = HEAD.match(line)
        if head or line == "End:":
            blocks += _section(section, held, taken)
            section, held = head[1] if head else "", []
        else:
            held.append(line)
    return blocks


def _section(section: str, lines: list[str], taken: tuple[str, ...]) -> list[str]:
    text = inspect.cleandoc("\n".join(["", *lines])).strip("\n")
    if not text:
        return []
    title = [f"**{SECTIONS[section]}**"] if section else []
    body = [_entries(text, taken)] if section in NAMED else list(_prose(text))
    return [*title, *body]


def _entries(text: str, taken: tuple[str, ...]) -> str:
    """Names and what they are, as a list; of several on one line each is an entry of its own."""
    entries: list[str] = []
    if taken:
        names = "|".join(map(re.escape, taken))
        text = re.sub(rf"(?<=[.;]) ((?:{names})(?:, (?:{names}))*: )", r"\n\1", text)
    for line in text.splitlines():
        found = ENTRY.match(line)
        if found:
            names = ", ".join(f"`{name}`" for name in found[1].split(", "))
            entries.append(f"- {names}: {safe(found[2])}")
        elif not line.strip():
            continue
        elif entries:
            entries[-1] += f" {safe(line.strip())}"
        else:
            entries.append(f"- {safe(line)}")
    return "\n".join(entries)


def _prose(text: str) -> Iterator[str]:
    """Paragraphs; examples and what is indented are code, as they stand."""
    for block in re.split(r"\n\s*\n", text):
        lines = block.splitlines()
        if any(line.lstrip().startswith(">>>") for line in lines):
            yield "```pycon\n" + inspect.cleandoc("\n".join(["", *lines])) + "\n```"
        elif all(line.startswith("    ") for line in lines):
            yield "```text\n" + inspect.cleandoc("\n".join(["", *lines])) + "\n```"
        else:
            yield "\n".join(safe(line) for line in lines)


def safe(line: str) -> str:
    """A line of prose whose brackets and signs are no Markdown, outside of code and of *emphasis*."""
    parts = re.split(r"(`+[^`]*`+|(?<!\w)\*\w[^*]*\*(?!\w))", line)
    return "".join(x if x.startswith(("`", "*")) else _escaped(x) for x in parts)


def _escaped(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([*_\[\]|])", r"\\\1", text)
