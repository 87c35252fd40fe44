"""Fields on coordinates and values of functions: polynomial, with points that keep the relations of the values."""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm
from typing import Any

import flint
import numpy as np

from symdyn.algebra.lifting.values import Tower
from symdyn.algebra.polynomials.sparse import from_terms
from symdyn.errors import ModelError
from symdyn.geometry.fields.draws import chance_of_loss, drawn_point
from symdyn.geometry.fields.generators import largest_rank
from symdyn.geometry.fields.polynomial_fields import PolynomialFields


@dataclass(frozen=True)
class LiftedFields(PolynomialFields):
    """Fields with the speeds of the values as further components.

    They are tangent to every graph of the values, so their rank and that of their brackets is at most D, the number of
    coordinates, and it is the rank of the fields on the coordinates.

    Parameters
    ----------
    tower
        The variables.
    exact
        The components of each field in FLINT.
    """

    tower: Tower
    exact: tuple[tuple[Any, ...], ...]


def lifted_fields(tower: Tower, rows: list[list[Any]]) -> LiftedFields:
    """Fields on the coordinates, lifted, each times the least number that makes all its coefficients whole."""
    exact, terms = [], []
    for row in rows:
        # what vanishes on the graph of the functions is zero, however it is written
        speeds = tower.lifted([part * 0 if tower.reduced([part]) == [0] else part for part in row])
        scale = lcm(*(int(value.q) for speed in speeds for value in speed.coeffs()), 1)
        scaled = [speed * flint.fmpq(scale) for speed in speeds]
        exact.append(tuple(scaled))
        terms += [sparse_terms(speed) for speed in scaled]
    size = tower.dimension + len(tower.values)
    components = from_terms(terms, tower.variables)
    return LiftedFields(size, len(rows), components, tower=tower, exact=tuple(exact))


def sparse_terms(polynomial: Any) -> dict[tuple[tuple[int, int], ...], int]:
    """Terms of a polynomial with whole coefficients."""
    return {
        tuple((k, int(power)) for k, power in enumerate(exponent) if power): int(value.p)
        for exponent, value in polynomial.to_dict().items()
    }


@drawn_point.register
def _(generators: LiftedFields, p: int, seed: int) -> list[int]:
    rng = np.random.default_rng([seed, p, *generators.fingerprint])
    point = generators.tower.point(p, rng)
    if point is None:
        raise ModelError(
            "the roots of the model have no values at the points tried: give fewer roots, or write one as a coordinate"
        )
    return point


@largest_rank.register
def _(generators: LiftedFields) -> int:
    return generators.tower.dimension


@chance_of_loss.register
def _(generators: LiftedFields, p: int, depth: int) -> float:
    return 1.0  # no bound is known for points that keep relations
