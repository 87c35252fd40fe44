"""symdyn laws: count conservation laws of formulas, presets and model files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import click

from symdyn.cli.output import Bounds, common_options, deliver, shown_bounds
from symdyn.errors import FormulaError, ModelError


@click.command("laws")
@click.argument("formulas", nargs=-1, metavar="[FORMULAS | MODEL.toml]")
@click.option("--wrt", metavar="NAMES", help="Coordinates, as in u,v,w.")
@click.option("--constants", metavar="NAMES", help="Symbols that stand for generic values, as in a,b.")
@click.option("--inputs", metavar="NAMES", help="Inputs of the model, as in x,y; tanh, exp, erf may occur then.")
@click.option("--network", metavar="PRESET", help="linear:5,3,2  relu-bias:9,7,2  attention:8,4 ...: symdyn list.")
@click.option("--degree", type=click.IntRange(1, 40), help="Search polynomial laws up to this degree.")
@click.option("--metric", metavar="METRIC", help="entropic, burg, natural, diagonal u,v**2, [[2,u],[u,3]], U=burg.")
@click.option("--dynamics", metavar="NAME", help="gradient flow, weight decay, sign flow, momentum, nesterov, ...")
@click.option("--friction", metavar="TAU", help="Friction of momentum, a formula in t, as in 3/t.")
@click.option("--decay", metavar="LAMBDA", help="Rate of weight decay, a formula in t.")
@click.option("--loss", metavar="LOSS", help="squared-error, cross-entropy, logistic, or directions [[1],[-1],[0]].")
@click.option("--data", metavar="ROWS", help="Inputs of one data set, as in 1,0,0;0,1,0 - by default all inputs.")
@click.option("--richness", is_flag=True, help="Check that the losses see all of phi, and list what they do not.")
@click.option("--at", metavar="POINT", help="Report the rank at this point too, as in u=1,v=0,w=2/3.")
@click.option("--symmetries", is_flag=True, help="List the linear symmetries of phi, and which laws come from them.")
@click.option("--standalone", is_flag=True, help="With --format latex: a document that compiles by itself.")
@common_options
def command(
    formulas: tuple[str, ...],
    wrt: str | None,
    constants: str | None,
    inputs: str | None,
    network: str | None,
    degree: int | None,
    metric: str | None,
    dynamics: str | None,
    friction: str | None,
    decay: str | None,
    loss: str | None,
    data: str | None,
    richness: bool,
    at: str | None,
    symmetries: bool,
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
    symdyn laws --network linear:1-5,1-5,1-5    (a conjectured formula)
    symdyn laws model.toml --format latex -o laws.tex
    symdyn laws --network linear:2,2,2 --dynamics momentum --friction 3/t
    symdyn laws --network linear:3,2,2 --data "1,0,0;0,1,0" --richness
    """
    if standalone and form != "latex":
        raise ModelError(f"--standalone goes with --format latex, not with {form}: add --format latex")
    model, options = _model(formulas, wrt, constants, inputs, network)
    given = {"--metric": metric, "--dynamics": dynamics, "--friction": friction, "--decay": decay, "--loss": loss}
    given["--data"] = data
    dynamic = next((name for name, value in given.items() if value is not None), None)
    if richness:
        written = "latex-document" if standalone else form
        deliver(_richness(model, options, given, at, degree, symmetries, (seed, time_limit), written), output)
        return 0
    if dynamic is not None and (symmetries or isinstance(model, _Family)):
        other = "--symmetries" if symmetries else "ranges of sizes"
        raise ModelError(f"{dynamic} came together with {other}, which stand for gradient flow: keep one")
    if isinstance(model, _Family):
        if at is not None:
            raise ModelError("--at came together with ranges of sizes: a point belongs to one model")
        deliver(_formula(model, degree, seed, time_limit, form, standalone), output)
        return 0
    from symdyn.laws.count import conservation_laws

    if symmetries:
        if at is not None or degree is not None:
            raise ModelError("--symmetries came together with --at or --degree: give it alone")
        from symdyn.laws.symmetries import linear_symmetries
        from symdyn.report.render import render

        found = linear_symmetries(model, seed=seed, time_limit=time_limit)
        deliver(render(found, "latex-document" if standalone else form), output)
        return 0
    asked = {key: value for key, value in options.items() if key != "title"}
    asked |= _dynamics({name.removeprefix("--"): value for name, value in given.items() if value is not None}, model)
    if degree is not None:
        asked["degree"] = degree
    point = None if at is None else _point(at, model, asked)
    with shown_bounds(quiet=quiet) as bounds:
        try:
            answer = conservation_laws(
                model,
                at=point,
                seed=seed,
                time_limit=time_limit,
                progress=bounds,
                **asked,
            )
        except KeyboardInterrupt:
            bounds.close()
            _interrupted(bounds, form)
            return 130
    from symdyn.report.render import render

    deliver(render(answer, "latex-document" if standalone else form), output)
    return 0


@dataclass(frozen=True)
class _Family:
    """Networks of a range of sizes."""

    build: Any
    sizes: list[Any]


def _rows(text: str) -> list[list[Any]]:
    """Inputs, separated by semicolons, as rows of numbers."""
    from symdyn.algebra.formulas import free_names, parse_formula

    named = next((name for part in re.split("[,;]", text) if part.strip() for name in free_names(part)), None)
    if named is not None:
        raise ModelError(f"--data holds the name {named}: give numbers, one row for each input, as in 1,0,0;0,1,0")
    rows = [[parse_formula(part, {}, exact=True) for part in row.split(",")] for row in text.split(";") if row.strip()]
    if len({len(row) for row in rows}) != 1:
        raise ModelError("the rows of --data have different lengths: give one row for each input, as in 1,0,0;0,1,0")
    return rows


def _richness(
    model: Any,
    options: dict[str, Any],
    given: dict[str, Any],
    at: str | None,
    degree: int | None,
    symmetries: bool,
    budget: tuple[int, float | None],
    form: str,
) -> str:
    """Whether the losses see all of phi, in a format."""
    from symdyn.laws.richness import richness
    from symdyn.report.render import render

    others = [name for name in ("--metric", "--dynamics", "--friction", "--decay") if given[name] is not None]
    others += [name for name, came in (("--at", at), ("--degree", degree), ("--symmetries", symmetries)) if came]
    if others or isinstance(model, _Family):
        raise ModelError(
            f"--richness came together with {others[0] if others else 'ranges of sizes'}: it goes with one model, "
            "--loss and --data"
        )
    asked = options | _dynamics({name: given[f"--{name}"] for name in ("data", "loss") if given[f"--{name}"]}, model)
    seed, time_limit = budget
    data, loss = asked.get("data"), asked.get("loss")
    return render(richness(model, data=data, loss=loss, seed=seed, time_limit=time_limit), form)


def _formula(
    model: _Family, degree: int | None, seed: int, time_limit: float | None, form: str, standalone: bool
) -> str:
    """The conjectured formula for the counts of a family of networks, in a format."""
    from symdyn.laws.count_formula import DEFAULT_DEGREE, infer_count_formula
    from symdyn.report.render import render

    highest = DEFAULT_DEGREE if degree is None else degree
    found = infer_count_formula(model.build, *model.sizes, degree=highest, seed=seed, time_limit=time_limit)
    return render(found, "latex-document" if standalone else form)


def _dynamics(given: dict[str, str], model: Any) -> dict[str, Any]:
    """The options of the dynamics as the engine wants them."""
    from symdyn.reading.dynamics_options import dynamics_from_data, loss_from_text, metric_from_text

    data: dict[str, Any] = dict(given)
    if "metric" in given:
        data["metric"] = metric_from_text(given["metric"], model)
    if "loss" in given:
        data["loss"] = loss_from_text(given["loss"])
    if "data" in given:
        data["data"] = _rows(given["data"])
    return dynamics_from_data(data, model)


def _interrupted(bounds: Bounds, form: str) -> None:
    """The bounds so far: on stdout as text, on stderr where stdout is to hold another format."""
    if bounds.upper is None:
        click.echo("symdyn laws: interrupted before there were any bounds", err=True)
        return
    between = f"between {bounds.lower:,} and {bounds.upper:,} conservation laws"
    click.echo(f"  {between}: interrupted at {bounds.stage}", err=form != "text")


def _model(
    formulas: tuple[str, ...], wrt: str | None, constants: str | None, inputs: str | None, network: str | None
) -> tuple[Any, dict[str, Any]]:
    """The model that was asked for, and options from its file."""
    from symdyn.reading.model_file import model_from_formulas, read_model, symbols_from_names
    from symdyn.reading.presets import family, preset

    if network is not None:
        if formulas or wrt or constants or inputs:
            raise ModelError("--network came together with formulas, --wrt, --constants or --inputs: give one model")
        found = family(network)
        return (preset(network) if found is None else _Family(*found)), {}
    if not formulas:
        raise ModelError(
            'no model came: give formulas with --wrt, as in symdyn laws "u*v" "v*w" --wrt u,v,w, or '
            "--network linear:5,3,2, or a model file"
        )
    if len(formulas) == 1 and formulas[0].endswith(".toml"):
        if wrt or constants or inputs:
            raise ModelError("--wrt, --constants or --inputs came together with a model file: write them in the file")
        return read_model(formulas[0])
    files = [text for text in formulas if text.endswith(".toml")]
    if files:
        raise ModelError(f"the model file {files[0]} came together with other arguments: give one model")
    if not wrt:
        raise ModelError("formulas need coordinates: add --wrt with their names, as in --wrt u,v,w")
    known = [
        symbol.name
        for option, names in (
            ("--wrt", _names(wrt)),
            ("--constants", _names(constants)),
            ("--inputs", _names(inputs)),
        )
        for symbol in symbols_from_names(names, option)
    ]
    try:
        return model_from_formulas(formulas, _names(wrt), _names(constants), _names(inputs)), {}
    except FormulaError as refusal:
        raise ModelError(_with_both_ways(refusal, formulas, known)) from None


def _with_both_ways(refusal: FormulaError, formulas: tuple[str, ...], known: list[str]) -> str:
    """For an unknown symbol, both ways to mend it; else the refusal as it is."""
    from symdyn.algebra.formulas import free_names

    for text in formulas:
        try:
            names = free_names(text)
        except FormulaError:
            continue
        for name in names:
            if name not in known:
                what = f'`{name}` in "{text}" is neither a coordinate nor a constant'
                return f"{what}: add it to --wrt, or write --constants {name}"
    return str(refusal).rstrip(".")


def _names(text: str | None) -> list[str]:
    return [] if text is None else [name.strip() for name in text.replace(";", ",").split(",")]


def _point(text: str, model: Any, asked: dict[str, Any]) -> dict[Any, Any]:
    """A point u=1,v=2/3 as exact rationals, in the phase space of the dynamics asked for."""
    from symdyn.dynamics.motion import time
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
