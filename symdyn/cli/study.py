"""symdyn study: measure every claim of a system."""

from __future__ import annotations

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
    from symdyn.report.render import render
    from symdyn.report.study import study
    from symdyn.systems.catalog import system

    studied = system(name, **parameters_of(dict(setting(text) for text in settings)))
    with shown_progress(quiet=quiet) as progress:
        report = study(studied, seed=seed, time_limit=time_limit, progress=progress)
    deliver(render(report, form), output)
    return 0 if report.is_clean else 1
