"""telos bounds: rules on what an agent may bring about: verified in worlds, certified, replayed over logs."""

from collections.abc import Callable

import typer

from telos.cli.bounds_certify import certify
from telos.cli.bounds_hook import bounds_hook
from telos.cli.bounds_init import bounds_init
from telos.cli.bounds_replay import bounds_replay
from telos.cli.bounds_verify import verify
from telos.cli.bounds_world import bounds_world

app = typer.Typer(
    name="bounds",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
#: The commands as `telos bounds --help` lists them; each is a file of its own, `bounds_NAME.py`.
COMMANDS: dict[str, Callable[..., None]] = {
    "verify": verify,
    "certify": certify,
    "replay": bounds_replay,
    "world": bounds_world,
    "init": bounds_init,
    "hook": bounds_hook,
}
for name, command in COMMANDS.items():
    app.command(name)(command)


@app.callback()
def bounds() -> None:
    """Rules on what an agent may bring about: verify, certify, enforce, replay."""
