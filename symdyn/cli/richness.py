"""symdyn richness: whether the losses over the data see all of phi."""

from __future__ import annotations

import click

from symdyn.cli.options.dynamics import dynamics_options, read_dynamics
from symdyn.cli.options.models import Asked, model_arguments
from symdyn.cli.options.output import common_options, deliver_noun, standalone_option, written_form


@click.command("richness")
@model_arguments
@dynamics_options("loss", "data")
@standalone_option
@common_options
def command(
    *,
    asked: Asked,
    given: dict[str, str],
    standalone: bool,
    form: str,
    output: str | None,
    seed: int,
    time_limit: float | None,
    quiet: bool,
) -> int:
    """Check that the losses see all of phi, and list what they do not.

    \b
    symdyn richness --network linear:3,2,2 --data "1,0,0;0,1,0"
    symdyn richness "u*tanh(v*x)" --wrt u,v --inputs x --loss logistic
    """
    from symdyn.laws.richness import richness

    written = written_form(form, standalone)
    model, options = asked.model()
    options |= read_dynamics(given, model)
    data, loss = options.get("data"), options.get("loss")
    found = richness(model, data=data, loss=loss, seed=seed, time_limit=time_limit)
    deliver_noun(found, written, output)
    return 0
