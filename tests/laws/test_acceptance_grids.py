"""The reference grids: 50 linear and 50 ReLU networks counted, 10 and 10 searched for laws.

The tables, with their source, are in tests/data; no known count is handed to the engine.
"""

from pathlib import Path
from typing import NamedTuple

import pytest
import sympy as sp

import symdyn as sd
from tests.laws import models

TABLES = Path(__file__).resolve().parents[1] / "data"


class Architecture(NamedTuple):
    number: str
    widths: tuple[int, ...]  # from input to output, as the package takes them
    columns: tuple[str, ...]


def grid(name: str, monomials_at_most: int | None = None) -> list[object]:
    """One parameter for each line of the table that is not a comment."""
    lines = (TABLES / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if not line.startswith("#")]
    return [
        pytest.param(Architecture(number, counts(widths)[::-1], tuple(columns)), id=number)
        for number, widths, *columns in rows
        if monomials_at_most is None or int(columns[2]) <= monomials_at_most
    ]


def counts(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def quadratic_laws(model: sd.Parametrization) -> int:
    """Number of independent laws that the quadratic search exhibits, by their gradients."""
    answer = sd.conservation_laws(model, degree=2)
    laws = [entry for law in answer.laws for entry in sp.flatten([law.expression])]
    point = models.random_point(model.coords, seed=3)
    assert answer.exhibited == models.rank(models.gradients_at(laws, point))
    return answer.exhibited


@pytest.mark.parametrize("architecture", grid("linear_networks"))
def test_linear_network_has_the_laws_of_the_reference_grid(architecture: Architecture) -> None:
    parameters, _, _, closure, laws = architecture.columns
    answer = sd.conservation_laws(sd.networks.linear(*architecture.widths))
    assert answer.dimension == int(parameters)
    assert answer.lower == answer.upper == answer.count == int(laws)
    assert answer.count == answer.dimension - int(closure)
    assert answer.verdict is sd.Verdict.PROVED
    assert answer.certificate.verify().verdict is sd.Verdict.PROVED


@pytest.mark.parametrize("architecture", grid("linear_networks"))
def test_linear_network_closes_at_the_levels_of_the_grid(architecture: Architecture) -> None:
    _, outputs, levels, rank, _ = architecture.columns
    network = sd.networks.linear(*architecture.widths)
    assert len(sp.flatten(network.outputs)) == int(outputs)
    closure = sd.involutive_closure(network)
    assert closure.levels == counts(levels)
    assert closure.rank == int(rank)


@pytest.mark.parametrize("architecture", grid("relu_networks"))
def test_relu_network_has_the_laws_of_the_reference_grid(architecture: Architecture) -> None:
    bias, parameters, _, closure, laws = architecture.columns
    network = sd.networks.relu(*architecture.widths, bias=bias == "yes")
    answer = sd.conservation_laws(network)
    assert answer.dimension == int(parameters)
    assert answer.lower == answer.upper == answer.count == int(laws)
    assert answer.count == answer.dimension - int(closure)
    assert answer.verdict is sd.Verdict.PROVED
    assert answer.certificate.verify().verdict is sd.Verdict.PROVED


@pytest.mark.parametrize("architecture", grid("relu_networks", monomials_at_most=250))
def test_typed_paths_have_the_laws_of_the_relu_network(architecture: Architecture) -> None:
    """One law for each hidden neuron, by the program and by the expanded path lifting."""
    bias, _, monomials, _, laws = architecture.columns
    typed = models.relu_monomials(architecture.widths, bias == "yes")
    assert len(sp.flatten(typed.outputs)) == int(monomials)
    answer = sd.conservation_laws(typed)
    assert answer.count == answer.exhibited == int(laws) == sum(architecture.widths[1:-1])


@pytest.mark.parametrize("architecture", grid("linear_quadratic_laws"))
def test_quadratic_search_finds_the_laws_of_a_linear_network(architecture: Architecture) -> None:
    parameters, outputs, laws = map(int, architecture.columns)
    model = models.linear_formulas(architecture.widths)
    assert (len(model.coords), len(sp.flatten(model.outputs))) == (parameters, outputs)
    assert quadratic_laws(model) == laws


@pytest.mark.parametrize("architecture", grid("relu_quadratic_laws"))
def test_quadratic_search_finds_the_laws_of_a_relu_network(architecture: Architecture) -> None:
    parameters, monomials, closure, laws = map(int, architecture.columns)
    model = models.relu_monomials(architecture.widths, bias=False)
    assert (len(model.coords), len(sp.flatten(model.outputs))) == (parameters, monomials)
    assert quadratic_laws(model) == laws == parameters - closure
