"""telos bounds hook: bounds before and after each tool call of a Claude-style agent."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def bounds_hook(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The bounds.")],
    binding: Annotated[Path, typer.Option(metavar="FILE", help="What the tools do.")],
    log: Annotated[Path, typer.Option(metavar="DIR", help="Keep the sessions' logs there.")],
    head: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep the logs' heads there; unless given, beside them."),
    ] = None,
    attested: Annotated[
        bool, typer.Option("--attested", help="Opaque calls cannot reach protected assets.")
    ] = False,
) -> None:
    """Answer one event of an agent's host: JSON on stdin, a permission decision on stdout.

    Name it as the command of the hooks PreToolUse, PostToolUse and PostToolUseFailure, for every tool,
    followed by `|| exit 2`: a host takes any exit code but 2 for leave.
    """
    from telos.bounds.hook import main

    options = ["--binding", str(binding), "--log", str(log), *(["--attested"] * attested)]
    options += ["--head", str(head)] if head else []
    sys.exit(main([*options, "--", str(file)]))
