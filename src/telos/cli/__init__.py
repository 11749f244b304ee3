"""The command line: one file a command."""

import sys


def main() -> None:
    """Run the command that was typed."""
    # The hook is started before and after each call of an agent: what other commands import is half its time.
    if sys.argv[1:3] == ["bounds", "hook"] and not {"-h", "--help"} & {*sys.argv}:
        from telos.bounds.hook import main as hook

        sys.exit(hook(sys.argv[3:]))
    from telos.cli.entry import main as entry

    entry()


__all__ = ["main"]
