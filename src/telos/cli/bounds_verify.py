"""telos bounds verify: what an agent could do within the bounds, as an answer, a page and data."""

import contextlib
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telos.cli.arguments import catalog, share, whole_number
from telos.cli.bounds_answer import RESULTS, measured, print_verification
from telos.cli.check import built
from telos.cli.conditions import read_conditions, tell_met
from telos.cli.say import busy, make_folder, say, write_file
from telos.core.errors import BoundsError, StoreError, explained
from telos.core.files import plain_path, read_file
from telos.core.parts import part_name

if TYPE_CHECKING:
    from telos.core.verification import Verification
    from telos.core.world import World

MET = 1
#: What every verification writes, and knows its folders by.
DATA = "verify.json"
PAGE = "bounds.html"


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The bounds, as in ops.toml.")],
    binding: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A binding [every one beside FILE that is for it]."),
    ] = None,
    world: Annotated[
        str | None,
        typer.Option(metavar="WORLD", help="Instead of that of the bindings: a part, or a folder."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Where to write [results/bounds-NAME]."),
    ] = None,
    goals: Annotated[str | None, typer.Option(metavar="N", help="How many goals [100].")] = None,
    discount: Annotated[str | None, typer.Option(metavar="G", help="Of the goals [0.95].")] = None,
    overseer_errs: Annotated[
        str | None, typer.Option(metavar="P", help="How often the overseer errs [0.1].")
    ] = None,
    with_calls: Annotated[
        bool, typer.Option("--with-calls", help="Count calls and denials in the world too.")
    ] = False,
    keep: Annotated[
        list[str] | None, typer.Option(metavar="ACT", help="An act that no repair may forbid.")
    ] = None,
    fail_if: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CONDITION", help='End with 1 if so: "closure > 0", "DRIVE.done > 0.1".'
        ),
    ] = None,
) -> None:
    """Verify a bounds file in worlds: what leaks, what it costs, which rule an agent would pay to lose."""
    drives = {part_name(drive) for drive in catalog("drives")}
    conditions = read_conditions(fail_if or [], drives, RESULTS)
    errs = share("--overseer-errs", overseer_errs, 0.1)
    gamma = share("--discount", discount, 0.95, below_one=True)
    n = whole_number("--goals", goals, 1) or 100
    with busy("loading"):
        from telos.bounds.files import load_bounds
        from telos.bounds.verification import VerifyOptions, verified

    name = load_bounds(file).name
    folder = plain_path(out or Path("results") / f"bounds-{name}")
    before = _ours(folder, name)
    there = _there(world) if world else None
    asked = VerifyOptions(there, n, gamma, errs, tuple(keep or ()), with_calls, busy)
    found, files = verified(file, binding or (), asked)
    _write(folder, found, files, before)
    print_verification(found)
    say(f"\nThe page: {folder / PAGE}")
    say(f"The data: {folder / DATA}")
    if files:
        say(f"Check the certificate anew: telos bounds certify {shlex.quote(str(folder))}")
    if tell_met(conditions, lambda each: measured(found, each)):
        raise typer.Exit(MET)


def _there(world: str) -> "World":
    """A world by the folder that `telos bounds world` or `save_world` wrote, or by its part."""
    if not Path(world).is_dir():
        if Path(world).exists() or "/" in world.partition(":")[0]:
            raise BoundsError(
                f"--world: {world} is not a folder of a world, as telos bounds world writes."
            )
        return built(world)[1]
    from telos.runs.worlds import load_world

    return load_world(world)


def _ours(folder: Path, name: str) -> set[str]:
    """The files that an earlier verification of the same bounds wrote into a folder.

    Raises:
        StoreError: if something else is there.
    """
    from telos.core.verification import Verification

    remedy = "Name an empty or a new folder with -o."
    try:
        held = {path.name for path in folder.iterdir()} if folder.exists() else set()
    except OSError as problem:
        raise StoreError(f"-o: {folder} cannot be used: {explained(problem)}") from None
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not os.access(there, os.W_OK | os.X_OK):  # told now, not when all is computed
        raise StoreError(f"-o: {folder} cannot be written: {there} takes no files. {remedy}")
    if not held:
        return set()
    if DATA not in held:
        raise StoreError(f"{folder} holds {min(held)!r:.80} but no {DATA}. {remedy}")
    try:
        former = Verification.model_validate_json(read_file(folder / DATA))
    except ValueError:
        raise StoreError(
            f"{folder / DATA} is not what telos bounds verify wrote. {remedy}"
        ) from None
    if former.name != name:
        raise StoreError(f"{folder} holds the bounds {former.name!r}, not {name!r}. {remedy}")
    return held & {PAGE, *(file for each in former.worlds for file in _files_of(each.binding))}


def _files_of(binding: str) -> tuple[str, ...]:
    from telos.bounds.certificate import BOUNDS, CERTIFICATE

    return CERTIFICATE, BOUNDS, f"{binding}.binding.toml", f"{binding}.world.json"


def _write(folder: Path, found: "Verification", files: dict[str, bytes], before: set[str]) -> None:
    """Write what was found: first what tells that the folder is ours, the certificate last."""
    from telos.report.bounded import bounds_page
    from telos.runs.files import write_json

    with busy("drawing the page"):
        page = bounds_page(found)
    make_folder("-o", folder)
    try:
        for name in sorted(before):
            with contextlib.suppress(FileNotFoundError):
                (folder / name).unlink()
        write_json(folder / DATA, found.model_dump(mode="json"))
        for name, text in {PAGE: page.encode(), **files}.items():
            write_file("-o", folder / name, text)
    except OSError as problem:
        raise StoreError(f"-o: {folder} cannot be written: {explained(problem)}") from None
