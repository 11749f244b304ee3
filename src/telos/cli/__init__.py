"""The command line: one file a command."""

from telos.cli.entry import main

__all__ = ["main"]
