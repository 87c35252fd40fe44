"""symdyn laws: count conservation laws of formulas, presets and model files."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import click

from symdyn.cli.options.dynamics import dynamics_options, read_dynamics
from symdyn.cli.options.models import Asked, model_arguments
from symdyn.cli.options.output import (
    Bounds,
    common_options,
    deliver_noun,
    shown_bounds,
    standalone_option,
    written_form,
)
from symdyn.errors import ModelError


@click.command("laws")
@model_arguments
@click.option("--degree", type=click.IntRange(1, 40), help="Search polynomial laws up to this degree.")
@dynamics_options()
@click.option("--at", metavar="POINT", help="Report the rank at this point too, as in u=1,v=0,w=2/3.")
@click.option("--richness", "elsewhere", flag_value="richness", hidden=True)
@click.option("--symmetries", "elsewhere", flag_value="symmetries", hidden=True)
@standalone_option
@common_options
def command(
    *,
    asked: Asked,
    given: dict[str, str],
    degree: int | None,
    at: str | None,
    elsewhere: str | None,
    standalone: bool,
    form: str,
    output: str | None,
    seed: int,
    time_limit: float | None,
    quiet: bool,
) -> int:
    """Count conservation laws, prove that there are no others, and list them.

    \b
    symdyn laws "u*v" "v*w" --wrt u,v,w
    symdyn laws "u*tanh(v*x)" "w*x" --wrt u,v,w --inputs x --loss cross-entropy
    symdyn laws --network relu-bias:784,512,512,10
    symdyn laws model.toml --format latex -o laws.tex
    symdyn laws --network linear:2,2,2 --dynamics momentum --friction 3/t
    """
    written = written_form(form, standalone)
    if elsewhere is not None:
        raise ModelError(f"--{elsewhere} is a command of its own: write symdyn {elsewhere} with the same model")
    if asked.family() is not None:
        raise ModelError(
            f"--network {asked.network} is a range of sizes: write symdyn formula --network {asked.network} for a "
            "formula of the counts, or one size each"
        )
    model, options = asked.model()
    options = {key: value for key, value in options.items() if key != "title"} | read_dynamics(given, model)
    if degree is not None:
        options["degree"] = degree
    point = None if at is None else _point(at, model, options)
    from symdyn.laws.count import conservation_laws

    with shown_bounds(quiet=quiet) as bounds:
        try:
            answer = conservation_laws(
                model, at=point, seed=seed, time_limit=time_limit, progress=bounds, **options
            )
        except KeyboardInterrupt:
            bounds.close()
            _interrupted(bounds, form)
            return 130
    deliver_noun(answer, written, output)
    return 0


def _interrupted(bounds: Bounds, form: str) -> None:
    """The bounds so far: on stdout as text, on stderr where stdout is to hold another format."""
    if bounds.upper is None:
        click.echo("symdyn laws: interrupted before there were any bounds", err=True)
        return
    between = f"between {bounds.lower:,} and {bounds.upper:,} conservation laws"
    click.echo(f"  {between}: interrupted at {bounds.stage}", err=form != "text")


def _point(text: str, model: Any, asked: dict[str, Any]) -> dict[Any, Any]:
    """A point u=1,v=2/3 as exact rationals, in the phase space of the dynamics asked for."""
    from symdyn.dynamics.motions.motion import time
    from symdyn.laws.phase import phase_space
    from symdyn.reading.dynamics_options import KEYS

    studied = phase_space(model, **{key: asked.get(key) for key in KEYS})
    known = studied.symbols
    if asked.get("dynamics") is not None:
        known += (time,)
    symbols = {symbol.name: symbol for symbol in known}
    point = {}
    for piece in text.split(","):
        name, equals, value = piece.partition("=")
        name, value = name.strip(), value.strip()
        if not equals or name not in symbols:
            names = list(symbols)[:8]
            raise ModelError(
                f"{piece!r} in --at gives no coordinate a value: write {names[0]}=1 for each of {', '.join(names)}"
            )
        if symbols[name] in point:
            raise ModelError(f"`{name}` has two values in --at: give one")
        try:
            if len(value) > 100 or not re.fullmatch(r"[-+]?(\d+(/\d+|\.\d*)?|\.\d+)", value, re.ASCII):
                value = value if len(value) <= 40 else value[:40] + "..."
                raise ValueError
            point[symbols[name]] = Fraction(value)
        except (ValueError, ZeroDivisionError):
            raise ModelError(f"{value!r} in --at is no rational number: write one, as in {name}=2/3") from None
    return point
