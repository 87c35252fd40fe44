"""symdyn formula: the number of laws as a function of the sizes of a network, conjectured from proved counts."""

from __future__ import annotations

import click

from symdyn.cli.options.output import common_options, deliver_noun, standalone_option, written_form
from symdyn.errors import ModelError


@click.command("formula")
@click.option("--network", metavar="PRESET", required=True, help="Ranges of sizes, as in linear:1-5,1-5,1-5.")
@click.option("--degree", type=click.IntRange(1, 40), help="Highest degree of the polynomials in the sizes.")
@standalone_option
@common_options
def command(
    *,
    network: str,
    degree: int | None,
    standalone: bool,
    form: str,
    output: str | None,
    seed: int,
    time_limit: float | None,
    quiet: bool,
) -> int:
    """Conjecture a formula for the number of laws of a family, fitted to proved counts and tested on others.

    \b
    symdyn formula --network linear:1-5,1-5,1-5
    """
    from symdyn.laws.count_formula import DEFAULT_DEGREE, infer_count_formula
    from symdyn.reading.presets import family

    written = written_form(form, standalone)
    found = family(network)
    if found is None:
        raise ModelError(f"--network {network} has no range of sizes: write one, as in linear:1-5,1-5,1-5")
    build, sizes = found
    highest = DEFAULT_DEGREE if degree is None else degree
    inferred = infer_count_formula(build, *sizes, degree=highest, seed=seed, time_limit=time_limit)
    deliver_noun(inferred, written, output)
    return 0
