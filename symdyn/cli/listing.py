"""symdyn list: the catalog and the architectures, one line each."""

from __future__ import annotations

import json

import click

from symdyn.cli.output import common_options, deliver


@click.command("list")
@common_options
def command(form: str, output: str | None, seed: int, time_limit: float | None, quiet: bool) -> int:
    """List the systems of the catalog, with their sources, and the architectures for `symdyn laws --network`."""
    from symdyn.systems.catalog import catalog, line
    from symdyn.systems.presets import PRESETS

    names = catalog()
    if form == "json":
        text = (
            json.dumps(
                {
                    "schema": "symdyn/catalog/1",
                    "systems": [{"name": name, "line": line(name)} for name in names],
                    "networks": [
                        {"name": name, "example": preset.example, "line": preset.line}
                        for name, preset in PRESETS.items()
                    ],
                },
                indent=1,
            )
            + "\n"
        )
    elif form == "text":
        text = (
            "".join(f"  {name}\n      {line(name)}\n" for name in names)
            or "  the catalog is empty: no system has been added yet\n"
        )
        text += "\n  symdyn laws --network ...\n"
        text += "".join(f"  {preset.example}\n      {preset.line}\n" for preset in PRESETS.values())
    else:
        from symdyn.report.blocks import Table
        from symdyn.report.render import render_blocks

        rows = tuple((name, line(name)) for name in names) or (("the catalog is empty", ""),)
        networks = tuple((preset.example, preset.line) for preset in PRESETS.values())
        tables = (Table(("system", "what it is"), rows), Table(("symdyn laws --network", "what it is"), networks))
        text = render_blocks(tables, form)
    deliver(text, output)
    return 0
