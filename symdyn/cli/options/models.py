"""The model that a command is about: formulas, a preset or a file, as arguments and options."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from symdyn.errors import FormulaError, ModelError

_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Asked:
    """The arguments and options that name a model."""

    formulas: tuple[str, ...]
    wrt: str | None
    constants: str | None
    inputs: str | None
    network: str | None

    def family(self) -> tuple[Callable[..., Any], list[Any]] | None:
        """How to build the networks of a range of sizes, and the sizes; None if one model is named."""
        from symdyn.reading.presets import family

        if self.network is None:
            return None
        self._check_alone()
        return family(self.network)

    def model(self) -> tuple[Any, dict[str, Any]]:
        """The model, and options from its file.

        Raises
        ------
        ModelError
            If none came, more than one, or a range of them.
        """
        from symdyn.reading.files import read_model
        from symdyn.reading.model_file import is_model_file, model_from_formulas, symbols_from_names
        from symdyn.reading.presets import preset

        formulas, wrt, constants, inputs = self.formulas, self.wrt, self.constants, self.inputs
        if self.network is not None:
            if self.family() is not None:
                raise ModelError(
                    f"--network {self.network} is a range of sizes, and one model is needed: give one size each, or "
                    f"write symdyn formula --network {self.network} for a formula of the counts"
                )
            return preset(self.network), {}
        if not formulas:
            raise ModelError(
                'no model came: give formulas with --wrt, as in "u*v" "v*w" --wrt u,v,w, or '
                "--network linear:5,3,2, or a model file"
            )
        if len(formulas) == 1 and is_model_file(formulas[0]):
            if wrt or constants or inputs:
                raise ModelError(
                    "--wrt, --constants or --inputs came together with a model file: write them in the file"
                )
            return read_model(formulas[0])
        files = [text for text in formulas if is_model_file(text)]
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


    def _check_alone(self) -> None:
        if self.formulas or self.wrt or self.constants or self.inputs:
            raise ModelError("--network came together with formulas, --wrt, --constants or --inputs: give one model")


def _with_both_ways(refusal: FormulaError, formulas: tuple[str, ...], known: list[str]) -> str:
    """For an unknown symbol, both ways to mend it; else the refusal as it is."""
    from symdyn.algebra.formulas.read import free_names

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




def _option(name: str, metavar: str, line: str) -> Callable[[_Function], _Function]:
    return click.option(name, metavar=metavar, help=line)


def model_arguments(function: _Function) -> _Function:
    """Formulas or a file, --wrt, --constants, --inputs, --network: together the argument `asked`."""

    @functools.wraps(function)
    def gathered(
        formulas: tuple[str, ...],
        wrt: str | None,
        constants: str | None,
        inputs: str | None,
        network: str | None,
        **rest: Any,
    ) -> Any:
        return function(asked=Asked(formulas, wrt, constants, inputs, network), **rest)

    decorated: Any = gathered
    for option in (
        _option("--network", "PRESET", "linear:5,3,2  relu-bias:9,7,2  attention:8,4 ...: symdyn list."),
        _option("--inputs", "NAMES", "Inputs of the model, as in x,y; tanh, exp, erf may occur then."),
        _option("--constants", "NAMES", "Symbols that stand for generic values, as in a,b."),
        _option("--wrt", "NAMES", "Coordinates, as in u,v,w."),
        click.argument("formulas", nargs=-1, metavar="[FORMULAS | MODEL.toml | -]"),
    ):
        decorated = option(decorated)
    return decorated
