"""The command line. Each command imports what it needs when it runs."""

from symdyn.cli.app import main

__all__ = ["main"]
