"""symdyn study: measure every claim of a system."""

from __future__ import annotations

import json
from typing import Any

import click

from symdyn.cli.equilibria import parameters_of, setting
from symdyn.cli.output import common_options, deliver


@click.command("study")
@click.argument("name", metavar="NAME")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter, as in --set beta=1/2.")
@common_options
def command(
    name: str,
    settings: tuple[str, ...],
    form: str,
    output: str | None,
    seed: int,
    time_limit: float | None,
    quiet: bool,
) -> int:
    """Measure the claims of a system: PROVED, REFUTED, PROBABLE, OBSERVED or UNDECIDED, each with its source."""
    from symdyn.cli.progress import shown_progress
    from symdyn.dynamics.measure import measure
    from symdyn.systems.catalog import system

    studied = system(name, **parameters_of(dict(setting(text) for text in settings)))
    with shown_progress(quiet=quiet) as progress:
        measured = measure(studied.claims, seed=seed, time_limit=time_limit, progress=progress)
    rows = list(zip(studied.claims, measured, strict=True))
    deliver(_rendered(studied, rows, form), output)
    return 1 if any(measurement.verdict.value == "refuted" for _, measurement in rows) else 0


def _rendered(studied: Any, rows: list[tuple[Any, Any]], form: str) -> str:
    if form == "json":
        claims = [
            {
                "id": claim.id,
                "statement": claim.statement,
                "verdict": measurement.verdict.value,
                "expected": str(claim.expected),
                "measured": str(measurement.measured),
                "reason": measurement.reason,
                "seconds": round(measurement.seconds, 3),
                "source": claim.source,
            }
            for claim, measurement in rows
        ]
        return json.dumps({"schema": "symdyn/study/1", "system": studied.name, "claims": claims}, indent=1) + "\n"
    if form == "text":
        lines = [studied.name, f"  {studied.source}", ""]
        for claim, measurement in rows:
            head = f"  {claim.id}  {measurement.verdict}  {measurement.seconds:.2f} s"
            lines += [head, *_wrapped(claim.statement), *_wrapped(measurement.reason)]
        return "\n".join(lines) + "\n"
    from symdyn.report.blocks import Table
    from symdyn.report.render import render_blocks

    cells = tuple((claim.id, claim.statement, str(measurement.verdict), claim.source) for claim, measurement in rows)
    return render_blocks((Table(("id", "statement", "verdict", "source"), cells),), form)


def _wrapped(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, 80, initial_indent="      ", subsequent_indent="      ")
