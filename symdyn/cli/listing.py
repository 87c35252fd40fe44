"""symdyn list: the catalog, one line each."""

from __future__ import annotations

import json

import click

from symdyn.cli.output import common_options, deliver


@click.command("list")
@common_options
def command(form: str, output: str | None, seed: int, time_limit: float | None, quiet: bool) -> int:
    """List the systems of the catalog, with their sources."""
    from symdyn.systems.catalog import catalog, line

    names = catalog()
    if form == "json":
        text = (
            json.dumps(
                {"schema": "symdyn/catalog/1", "systems": [{"name": name, "line": line(name)} for name in names]},
                indent=1,
            )
            + "\n"
        )
    elif form == "text":
        text = (
            "".join(f"  {name}\n      {line(name)}\n" for name in names)
            or "  the catalog is empty: no system has been added yet\n"
        )
    else:
        from symdyn.report.blocks import Table
        from symdyn.report.render import render_blocks

        rows = tuple((name, line(name)) for name in names) or (("the catalog is empty", ""),)
        text = render_blocks((Table(("system", "what it is"), rows),), form)
    deliver(text, output)
    return 0
