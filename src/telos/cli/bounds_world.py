"""telos bounds world: the smallest world that the tools of a binding span, for those who have none."""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from telos.cli.say import busy, count, say
from telos.core.errors import BoundsError, StoreError, explained
from telos.runs.files import is_draft, write_atomically

if TYPE_CHECKING:
    from telos.bounds.binding import Binding

#: What is written into the folder.
WORLD, BINDING = "world", "binding.toml"


def bounds_world(
    binding: Annotated[Path, typer.Argument(metavar="BINDING", help="A binding with tools.")],
    rules: Annotated[
        Path | None,
        typer.Option("--bounds", metavar="FILE", help="The bounds [the one beside it]."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Write the world and its binding there."),
    ] = None,
) -> None:
    """Build the smallest world that a binding's assets, levels and effects span."""
    from telos.bounds.binding import check_fit
    from telos.bounds.files import load_binding, load_bounds
    from telos.bounds.smallest import smallest_world
    from telos.runs.worlds import save_world

    if out is not None:
        _check_ours(out)
    tools = load_binding(binding)
    file = rules or _file_beside(binding, tools.for_)
    bounds = load_bounds(file)
    check_fit(bounds, tools, where=str(binding))
    with busy("building the world"):
        world, acted = smallest_world(bounds, tools)
        if out is not None:
            save_world(world, out / WORLD)
            write_atomically(out / BINDING, lambda draft: _write(draft, acted))
    acts = count(len(acted.act), "act")
    say(f"{world.name}: {world.size:,} states, {acts}, {count(world.n_outcomes, 'outcome')}.")
    say("Nothing wears out in it, and nobody but the operator acts beside the agent.")
    if out is None:
        say("Nothing is written; -o DIR writes it.")
    else:
        paths = (shlex.quote(str(path)) for path in (file, out / BINDING, out / WORLD))
        say("Verify it: telos bounds verify {} --binding {} --world {}".format(*paths))


def _check_ours(folder: Path) -> None:
    """Raise unless a folder is new, empty, or holds a world and its binding and nothing else."""
    try:
        there = {path.name for path in folder.iterdir()} if folder.exists() else set()
    except OSError as problem:
        raise StoreError(f"-o: {folder} cannot be used: {explained(problem)}") from None
    held = {name for name in there if not is_draft(name)}
    if others := sorted(held - ({WORLD, BINDING} if WORLD in held else set())):
        raise StoreError(
            f"-o: {folder} holds {others[0]!r:.80}, which would be mixed with the world or replaced by it. "
            "Name an empty or a new folder."
        )


def _file_beside(path: Path, name: str) -> Path:
    """The bounds file of a name beside a binding."""
    from telos.bounds.files import load_bounds

    for each in sorted(path.parent.glob("*.toml")):
        try:
            if load_bounds(each).name == name:
                return each
        except BoundsError:  # a binding, or no bounds that can be believed
            continue
    raise BoundsError(
        f"{path} is for {name!r}, and no such bounds lie beside it; use --bounds FILE."
    )


def _write(path: Path, binding: "Binding") -> None:
    """A binding as TOML, which only its owner can write."""
    data = binding.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    assets, acts = data.pop("asset"), data.pop("act")
    lines = [f"{key} = {_value(value)}" for key, value in {"binding": 1, **data}.items()]
    for name, asset in assets.items():
        lines += ["", f"[asset.{json.dumps(name)}]"]
        lines += [f"{key} = {_value(value)}" for key, value in asset.items()]
    for act in acts:
        lines += ["", "[[act]]", *(f"{key} = {_value(value)}" for key, value in act.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    path.chmod(0o644)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_value(v)}" for k, v in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
