"""Commands: what `telos COMMAND --help` says, as a page."""

from collections.abc import Iterator
from typing import Any

import typer.main

from telos.cli.entry import app


def written() -> str:
    """The page: a section a command, its usage, its text, its arguments and options."""
    group = typer.main.get_command(app)
    parts = [
        "# Commands",
        "What `telos COMMAND --help` says. Exit code 2: asked for what cannot be done.",
    ]
    for words, command in _commands(group, ("telos",)):
        parts += _section(words, command)
    return "\n\n".join(parts) + "\n"


def _commands(group: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, (*words, name))
        elif not command.hidden:
            yield (*words, name), command


def _section(words: tuple[str, ...], command: Any) -> list[str]:
    params = [param for param in command.params if not getattr(param, "hidden", False)]
    taken = [param for param in params if param.param_type_name == "argument"]
    usage = " ".join([*words, *(param.name.upper() for param in taken), "[OPTIONS]"])
    rows = [f"| {_called(param)} | {_said(param)} |" for param in params if param.name != "help"]
    table = "\n".join(["| option | means |", "|---|---|", *rows]) if rows else ""
    text = (command.help or "").replace("\f", "").replace("\b", "")
    return [f"## {' '.join(words)}", f"```console\n$ {usage}\n```", text, table]


def _called(param: Any) -> str:
    if param.param_type_name == "argument":
        return f"`{param.name.upper()}`"
    return ", ".join(f"`{name}`" for name in (*param.opts, *param.secondary_opts))


def _said(param: Any) -> str:
    text = " ".join((getattr(param, "help", None) or "").split()).replace("|", "\\|")
    default = param.default
    plain = isinstance(default, str | int | float) and not isinstance(default, bool)
    return f"{text} Default: `{default}`." if plain and default != "" else text
