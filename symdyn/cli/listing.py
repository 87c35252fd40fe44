"""symdyn list: the catalog and the architectures, one line each; or the parameters of one system."""

from __future__ import annotations

import json

import click

from symdyn.cli.options.output import common_options, deliver, standalone_option, written_form


@click.command("list")
@click.argument("name", metavar="[NAME]", required=False)
@standalone_option
@common_options
def command(
    name: str | None,
    standalone: bool,
    form: str,
    output: str | None,
    seed: int,
    time_limit: float | None,
    quiet: bool,
) -> int:
    """List the systems of the catalog and the architectures for `symdyn laws --network`; or the parameters of NAME."""
    form = written_form(form, standalone)
    if name is not None:
        deliver(_parameters(name, form), output)
        return 0
    from symdyn.reading.presets import PRESETS
    from symdyn.systems.catalog import catalog, line

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


def _parameters(name: str, form: str) -> str:
    """The parameters of a system with their defaults and the sentences of its documentation."""
    from symdyn.report.blocks import Table, Title
    from symdyn.report.render import render_blocks
    from symdyn.systems.catalog import line, parameter_lines, parameters_of

    defaults, said = parameters_of(name), parameter_lines(name)
    if form == "json":
        listed = [{"name": key, "default": str(value), "line": said.get(key, "")} for key, value in defaults.items()]
        return json.dumps({"schema": "symdyn/system/1", "name": name, "line": line(name), "parameters": listed}) + "\n"
    rows = tuple((key, str(value), said.get(key, "")) for key, value in defaults.items())
    return render_blocks((Title((name,), (line(name),)), Table(("parameter", "default", "what it is"), rows)), form)
