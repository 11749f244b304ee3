"""telos check: the public contract checks of a part, shipped or a stranger's."""

import dataclasses
from typing import Annotated, Any

import typer

from telos.cli.arguments import KINDS, catalogue, look_here
from telos.core.errors import StudyError, UnknownName, did_you_mean

FAILED = 1


def check(
    part: Annotated[
        str, typer.Argument(metavar="PART", help="A dotted path, my_lab.worlds:Maze, or a name.")
    ],
) -> None:
    """Check that a part keeps the contract of its kind; prints each check."""
    from telos.core.spec import show
    from telos.testing.checks import check_part

    checked = _part(part)
    checks = check_part(checked)
    print(f"{show(checked)}\n")
    width = max(len(found.name) for found in checks)
    for found in checks:
        print(f"  {found.verdict:<7} {found.name:<{width}}  {found.detail}".rstrip())
    failed = sum(found.failed for found in checks)
    print(f"\n{len(checks)} checks, {failed} failed.")
    if failed:
        raise typer.Exit(FAILED)


def _part(path: str) -> Any:
    """The part that a path or a shipped name means, made with its default parameters."""
    from telos.core.spec import resolve

    if ":" in path:
        look_here()
        found = resolve(path)
    else:
        shipped = {cls.__name__: cls for kind in KINDS[:-1] for cls in catalogue(kind)}
        if path not in shipped:
            raise UnknownName(
                f"no part {path!r}. {did_you_mean(path, shipped)} A stranger's part is named by "
                "its dotted path, as in my_lab.worlds:Maze."
            )
        found = shipped[path]
    if not isinstance(found, type):
        return found
    wanting = [
        field.name
        for field in (dataclasses.fields(found) if dataclasses.is_dataclass(found) else ())
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    if wanting:
        raise StudyError(
            f"{path} needs {', '.join(wanting)}. Give its fields defaults, or name an instance "
            f"instead of the class: small = {found.__name__}(...), checked as module:small."
        )
    return found()
