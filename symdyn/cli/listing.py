"""symdyn list: the catalog, one line each."""

from __future__ import annotations

import json

import click

from symdyn.cli.output import common_options, deliver


@click.command("list")
@common_options
def command(form: str, output: str | None, seed: int, time_limit: float | None, quiet: bool) -> int:
    """List the systems of the catalog, with their sources."""
    from symdyn.systems.catalog import catalog

    names = catalog()
    if form == "json":
        text = json.dumps({"schema": "symdyn/catalog/1", "systems": list(names)}, indent=1) + "\n"
    else:
        text = "".join(f"  {name}\n" for name in names) or "  the catalog is empty: no system has been added yet\n"
    deliver(text, output)
    return 0
