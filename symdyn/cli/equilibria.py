"""symdyn equilibria: find, certify and classify the equilibria of a flow, an iteration or a system."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from symdyn.cli.options import follow
from symdyn.cli.options.attractors import attractors
from symdyn.cli.options.box import box_of
from symdyn.cli.options.figure import check_figure, save_figure
from symdyn.cli.options.output import common_options, deliver_noun, standalone_option, written_form
from symdyn.errors import ModelError


@click.command("equilibria")
@click.argument("model", metavar="MODEL.toml | - | NAME")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter, as in --set beta=1/2.")
@click.option(
    "--symbol", "symbols", multiple=True, metavar="NAME", help="Keep a parameter a symbol: answers are formulas in it."
)
@click.option("--at", metavar="POINT", help="Verify this point instead of searching, as in x=1,y=0.")
@click.option("--basins", is_flag=True, help="Shares of the starts by where they go, with confidence intervals.")
@click.option("--cycles", is_flag=True, help="Limit cycles instead of equilibria.")
@click.option(
    "--period", type=int, metavar="N", help="Points of period N of a map and its divisors, and their cycles."
)
@click.option("--rotating", is_flag=True, help="States that rotate along a symmetry instead of equilibria.")
@click.option("--continue", "followed", metavar="NAME=LOW..HIGH", help="Follow them in a parameter, as beta=0.1..1.")
@click.option("--figure", metavar="FILE", help="Draw branches or a phase portrait into this .svg, .pdf or .png too.")
@click.option("--from", "start", metavar="POINT", help="An equilibrium to follow; its parameter may be given too.")
@click.option(
    "--box",
    multiple=True,
    metavar="[NAME=]LOW..HIGH",
    help="Where to look and where starts are drawn, as in --box -2..2; for each coordinate as in --box x=0..20.",
)
@click.option(
    "--totals", multiple=True, metavar="LAW=VALUE", help="Equilibria with this value of a conserved function: A+B=50."
)
@click.option("--through", metavar="POINT", help="Equilibria with the linear totals of this state, as in A=1,B=2.")
@click.option("--duration", metavar="TIME", help="How long --basins and --cycles follow trajectories, as in 300.")
@click.option("--backward", is_flag=True, help="With --cycles: backwards in time, for those that repel.")
@click.option("--starts", type=click.IntRange(1, 1_000_000), help="Number of random starts (400).")
@standalone_option
@common_options
def command(
    model: str,
    settings: tuple[str, ...],
    symbols: tuple[str, ...],
    at: str | None,
    basins: bool,
    cycles: bool,
    period: int | None,
    rotating: bool,
    followed: str | None,
    figure: str | None,
    start: str | None,
    box: tuple[str, ...],
    totals: tuple[str, ...],
    through: str | None,
    duration: str | None,
    backward: bool,
    starts: int | None,
    standalone: bool,
    form: str,
    output: str | None,
    seed: int,
    time_limit: float | None,
    quiet: bool,
) -> int:
    """Equilibria of a user's own flow or iteration, or of a system of the catalog.

    \b
    symdyn equilibria flow.toml
    symdyn equilibria flow.toml --set a=2 --at x=1,y=0
    symdyn equilibria lorenz.toml --symbol rho
    symdyn equilibria multistable_self_attention --set tokens=3 --basins
    symdyn equilibria map.toml --period 5
    """
    form = written_form(form, standalone)
    values = with_symbols(dict(setting(text) for text in settings), symbols)
    if (totals or through is not None) and (followed is not None or at is not None or basins or cycles or rotating):
        raise ModelError("--totals and --through belong to the search for equilibria alone: leave the other one out")
    if duration is not None and not (basins or cycles):
        raise ModelError("--duration came without --basins or --cycles, which follow trajectories: add one of them")
    if backward and not cycles:
        raise ModelError("--backward came without --cycles: add it, or leave --backward out")
    if start is not None and followed is None:
        raise ModelError("--from came without --continue: add it, as in --continue beta=0.1..1")
    if followed is not None:
        if at is not None or basins or cycles or rotating:
            raise ModelError("--continue came together with another search: keep one")
        asked = follow.followed_of(followed, start)
        if asked.name in values:
            raise ModelError(f"{asked.name} came with --set and with --continue: keep one")
        studied, _ = _model(model, values, free=asked.name)
        check_figure(figure, studied, "branches")

        def show(found: Any) -> None:
            deliver_noun(found, form, output)
            save_figure(figure, found, quiet=quiet)

        more = {"starts": starts, "seed": seed, "box": box_of(box), "time_limit": time_limit}
        return follow.run(asked, studied, lambda text: _point(text, studied, "--from"), more, show)
    studied, in_words = _model(model, values)
    if period is not None:
        if basins or cycles or rotating or totals or through is not None:
            raise ModelError("--period came together with another search or with --totals: keep one")
        found, status = _periodic(studied, period, at, box, {"starts": starts, "seed": seed, "time_limit": time_limit})
        deliver_noun(found, form, output)
        return status
    other = [name for name, asked in (("basins", basins), ("cycles", cycles), ("rotating", rotating)) if asked]
    if len(other) + (at is not None) > 1:
        raise ModelError(f"--{' and --'.join([*other, *(['at'] if at is not None else [])])} came together: keep one")
    check_figure(figure, studied, "at" if at is not None else [*other, "equilibria"][0])
    if other:
        given = {"starts": starts, "box": box_of(box), "seed": seed, "time_limit": time_limit}
        return attractors(other[0], studied, given, duration, backward, form, output)
    if at is None:
        from symdyn.algebra.budgets.deadline import interruptible
        from symdyn.equilibrium.find import equilibria

        options: dict[str, Any] = {"box": box_of(box), "totals": _totals(totals, studied), "time_limit": time_limit}
        if through is not None:
            options["through"] = _point(through, studied, "--through")
        with interruptible() as was_interrupted:  # as a time limit does, it ends with what was found by then
            found = equilibria(studied, starts=starts, seed=seed, **options)
        deliver_noun(_named(found, in_words), form, output)
        save_figure(figure, found, quiet=quiet)
        return 130 if was_interrupted() else 0
    if box:
        raise ModelError("--box came with --at, which looks at one point: leave it out")
    from symdyn.equilibrium.verify import verify_equilibrium

    candidate = verify_equilibrium(studied, _point(at, studied), time_limit=time_limit)
    deliver_noun(candidate, form, output)
    return 1 if candidate.verdict.value == "refuted" else 0


def _periodic(
    studied: Any, period: int, at: str | None, box: tuple[str, ...], options: dict[str, Any]
) -> tuple[Any, int]:
    """Points of a period, or one point verified to be some; and the exit status."""
    from symdyn.equilibrium.periodic import iterate, periodic_points
    from symdyn.equilibrium.verify import verify_equilibrium

    if at is None:
        return periodic_points(studied, period, box=box_of(box), **options), 0
    if box:
        raise ModelError("--box came with --at, which looks at one point: leave it out")
    candidate = verify_equilibrium(iterate(studied, period), _point(at, studied))
    return candidate, 1 if candidate.verdict.value == "refuted" else 0




def setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise ModelError(f"{text!r} in --set gives no parameter a value: write for example --set beta=1/2")
    return name.strip(), value.strip()


def with_symbols(settings: dict[str, str], symbols: tuple[str, ...]) -> dict[str, str]:
    """The settings of parameters, with those that stay symbols."""
    both = [name for name in symbols if name in settings]
    if both:
        raise ModelError(f"{both[0]} came with --set and with --symbol: keep one")
    return settings | dict.fromkeys(symbols, "symbol")


def _named(found: Any, in_words: Any) -> Any:
    """The equilibria with their kinds in the words of the system."""
    if in_words is None:
        return found
    items = tuple(dataclasses.replace(item, kind=str(in_words(tuple(item.point.values())))) for item in found)
    return dataclasses.replace(found, items=items)


def _model(text: str, settings: dict[str, str], free: str | None = None) -> tuple[Any, Any]:
    """The flow or iteration, and how its system names a state, if it does; one parameter may stay a symbol."""
    from symdyn.reading.files import read_flow
    from symdyn.reading.model_file import is_model_file

    if is_model_file(text):
        return read_flow(text, settings | ({free: "symbol"} if free else {})), None
    from symdyn.systems.catalog import system

    values = parameters_of(settings)
    kept = [name for name, value in settings.items() if value == "symbol"] + ([free] if free else [])
    if kept:
        import sympy as sp

        values |= {name: sp.Symbol(name, real=True) for name in kept}
    found = system(text, **values)
    dynamics = found.flow if found.flow is not None else found.iteration
    if dynamics is None:
        raise ModelError(f"the system {text} has neither a flow nor an iteration: its equilibria are not defined")
    return dynamics, found.names


def parameters_of(settings: dict[str, str]) -> dict[str, Any]:
    """Values as exact numbers, nested tuples or words; the name of another parameter stands for its value.

    A formula in names that the system knows stays text, and so do several with ";" between them, as a tuple.
    """
    values: dict[str, Any] = {name: _value_of(text, name) for name, text in settings.items() if text not in settings}
    for name, text in settings.items():
        if text in settings:
            values[name] = values.get(text, text)
    return values


def _value_of(text: str, name: str) -> Any:
    from symdyn.algebra.formulas.read import free_names, parse_array
    from symdyn.errors import FormulaError

    where = f"--set {name}"
    if ";" in text:
        return tuple(part.strip() for part in text.split(";") if part.strip())
    try:
        return parse_array(text, {}, exact=False, where=where)
    except FormulaError:
        words = text.split()
        is_word = text.replace("-", "").replace("_", "").isalnum()
        if is_word or (len(words) > 1 and all(word.isalpha() and len(word) > 1 for word in words)):
            return text
        if not free_names(text, where=where):
            raise
        return text


def _totals(texts: tuple[str, ...], model: Any) -> dict[Any, Any] | None:
    """Conserved functions and their values, written as A + B = 50."""
    from symdyn.algebra.formulas.read import parse_formula

    names = {symbol.name: symbol for symbol in (*model.coords, *model.parameters)}
    found = {}
    for text in texts:
        law, equals, value = text.rpartition("=")
        if not equals or not law.strip() or not value.strip():
            raise ModelError(f"{text!r} in --totals gives no function a value: write for example --totals A+B=50")
        function = parse_formula(law.strip(), names, exact=False, where="--totals")
        if function in found:
            raise ModelError(f"--totals came twice for {law.strip()}: keep one")
        found[function] = parse_formula(value.strip(), {}, exact=False, where="--totals")
    return found or None


def _point(text: str, model: Any, where: str = "--at") -> dict[Any, Any]:
    """A point; values may be formulas in the parameters."""
    from symdyn.algebra.formulas.read import parse_formula

    symbols = {symbol.name: symbol for symbol in model.coords}
    names = {symbol.name: symbol for symbol in model.parameters}
    point = {}
    for piece in text.split(","):
        name, equals, value = piece.partition("=")
        name = name.strip()
        if not equals or name not in symbols:
            known = ", ".join(list(symbols)[:8])
            raise ModelError(f"{piece!r} in {where} gives no coordinate a value: write name=value for each of {known}")
        point[symbols[name]] = parse_formula(value.strip(), names, exact=False, where=where)
    return point
