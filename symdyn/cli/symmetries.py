"""symdyn symmetries: the linear symmetries of a model, and which laws come from them."""

from __future__ import annotations

import click

from symdyn.cli.options.models import Asked, model_arguments
from symdyn.cli.options.output import common_options, deliver_noun, standalone_option, written_form
from symdyn.errors import ModelError


@click.command("symmetries")
@model_arguments
@standalone_option
@common_options
def command(
    *,
    asked: Asked,
    standalone: bool,
    form: str,
    output: str | None,
    seed: int,
    time_limit: float | None,
    quiet: bool,
) -> int:
    """List the linear symmetries of phi, and which of its laws come from them.

    \b
    symdyn symmetries "(1 + u*v)*(1 + s*t)" --wrt u,v,s,t
    symdyn symmetries --network linear:2,2,2
    """
    from symdyn.laws.symmetries import linear_symmetries

    written = written_form(form, standalone)
    model, options = asked.model()
    others = [key for key in options if key != "title"]
    if others:
        raise ModelError(f"the file has {others[0]}, and symmetries are those of gradient flow: leave it out")
    deliver_noun(linear_symmetries(model, seed=seed, time_limit=time_limit), written, output)
    return 0
