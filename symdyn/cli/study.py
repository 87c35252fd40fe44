"""symdyn study: the tables and figures of a system, and every claim measured."""

from __future__ import annotations

import click

from symdyn.cli.equilibria import parameters_of, setting
from symdyn.cli.options.output import common_options, deliver_noun, standalone_option, written_form


@click.command("study")
@click.argument("name", metavar="NAME")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter, as in --set beta=1/2.")
@click.option("--full", is_flag=True, help="Tables and figures at the sizes of the paper.")
@standalone_option
@common_options
def command(
    name: str,
    settings: tuple[str, ...],
    full: bool,
    standalone: bool,
    form: str,
    output: str | None,
    seed: int,
    time_limit: float | None,
    quiet: bool,
) -> int:
    """Make the tables and figures of a system, and measure its claims.

    Each claim comes out PROVED, REFUTED, PROBABLE, OBSERVED or UNDECIDED, with its source.
    """
    from symdyn.cli.options.progress import shown_progress
    from symdyn.report.study import full_seconds, study
    from symdyn.systems.catalog import system

    written = written_form(form, standalone)
    studied = system(name, **parameters_of(dict(setting(text) for text in settings)))
    if full and not quiet and full_seconds(studied) > 0:
        click.echo(f"at the sizes of the paper: about {full_seconds(studied):,.0f} s on two cores", err=True)
    with shown_progress(quiet=quiet) as progress:
        report = study(studied, full=full, seed=seed, time_limit=time_limit, progress=progress)
    deliver_noun(report, written, output)
    return 0 if report.is_clean else 1
