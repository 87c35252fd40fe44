"""Monomial parametrizations: the count is linear algebra over the exponents.

If every output is a monomial, dphi = diag(phi) E diag(1/theta) with E the matrix of exponents, so its rank is that of
E wherever no coordinate vanishes, and every v with E v = 0 gives the law sum_k v_k theta_k^2.
"""

from __future__ import annotations

import math
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt

from symdyn.algebra.linear.echelon import Echelon
from symdyn.algebra.linear.exact import nullspace
from symdyn.algebra.linear.prime_field import PrimeField
from symdyn.algebra.linear.primes import prime
from symdyn.algebra.polynomials.sparse import IntArray, SparsePolynomials
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.law import Law, PolynomialForm
from symdyn.laws.sandwich.evidence import Evidence, independence_data


def is_monomial(outputs: SparsePolynomials) -> bool:
    """Whether every output is a single term."""
    return outputs.terms == outputs.number and bool((outputs.row == np.arange(outputs.number)).all())


def monomial_evidence(outputs: SparsePolynomials, dimension: int, form: object, seed: int) -> Evidence:
    """Exact count for monomial outputs; every coordinate must occur in one.

    Parameters
    ----------
    outputs
        The monomials.
    dimension
        D, the number of coordinates (variables beyond it are constants).
    form
        Function terms -> PolynomialForm, which knows the symbols.
    seed
        Of the order in which rows are looked at; the answer does not depend on it.
    """
    field, kernel, echelon, independent = next(
        found for found in (_ranks(outputs.factors, dimension, prime(23, index), seed) for index in count()) if found
    )
    laws = [
        Law(form(tuple((((k, 2),), v) for k, v in enumerate(vector) if v)), source="monomial structure")  # type: ignore[operator]
        for vector in kernel
    ]
    number = len(kernel)
    return Evidence(
        dimension=dimension,
        lower=number,
        upper=number,
        exhibited=number,
        laws=laws,
        verdict=Verdict.PROVED,
        method=[
            f"no more: the exponents of the monomials have rank {echelon.rank}, by a minor that is not zero "
            f"(mod {field.p})",
            "no fewer: the laws come from the integer kernel of the exponents",
        ],
        witness={
            "by": "exponents",
            "prime": field.p,
            "point": [1] * dimension,
            "rank": independence_data(echelon),
            "laws": [law.form.to_data() for law in laws],
            "independence": independence_data(independent),
        },
        levels=(echelon.rank,),
        degree=None,
    )


def _ranks(
    factors: IntArray, dimension: int, p: int, seed: int
) -> tuple[PrimeField, list[list[int]], Echelon[int], Echelon[int]] | None:
    """The kernel, independent rows and independent gradients mod p; None where p takes rank from either.

    That happens for the few primes that divide a minor: exponents can be chosen so.
    """
    field = PrimeField(p)
    found = exponent_kernel(factors, dimension, field, seed)
    if found is None:
        return None
    kernel, echelon = found
    independent = Echelon[int](field, dimension)
    rows = np.asarray(kernel, dtype=object).reshape(len(kernel), dimension)
    independent.add(field.array(2 * rows), list(range(len(kernel))))  # gradients at the point (1, ..., 1)
    complete = independent.rank == len(kernel) == dimension - echelon.rank
    return (field, kernel, echelon, independent) if complete else None


def exponent_kernel(
    factors: IntArray, dimension: int, field: PrimeField, seed: int
) -> tuple[list[list[int]], Echelon[int]] | None:
    """Integer kernel of the exponent matrix, and a maximal set of independent rows; None if their rank falls mod p.

    Rows are taken in random order until no batch adds rank; then the kernel of the rows kept is checked on all rows,
    and rows that violate it are added.
    """
    number = len(factors)
    echelon = Echelon[int](field, dimension)
    order = np.random.default_rng(seed).permutation(number)
    idle = 0
    for batch in np.array_split(order, math.ceil(number / 256)):
        before = echelon.rank
        echelon.add(field.array(_dense(factors[batch], dimension)), batch.tolist())
        idle = idle + 1 if echelon.rank == before else 0
        if idle == 2 or echelon.rank == dimension:
            break
    exact = False
    while True:
        kept = list(echelon.kept)
        kernel = nullspace(_dense(factors[kept], dimension), exact=exact)
        violators = _violators(factors, kernel, dimension)
        if not len(violators):
            return kernel, echelon
        before = echelon.rank
        echelon.add(field.array(_dense(factors[violators[:256]], dimension)), violators[:256].tolist())
        if exact and echelon.rank == before:
            return None
        # rows that add no rank are violated by a kernel that was reconstructed wrongly
        exact = exact or echelon.rank == before


def _dense(factors: IntArray, dimension: int) -> IntArray:
    """Exponents of the coordinates, one row for each monomial."""
    rows = np.zeros((len(factors), dimension + 1), dtype=np.int64)
    np.add.at(rows, (np.arange(len(factors))[:, None], np.minimum(factors, dimension)), 1)
    return rows[:, :dimension]


def _violators(factors: IntArray, kernel: list[list[int]], dimension: int) -> npt.NDArray[np.int64]:
    """Rows of the exponent matrix on which some kernel vector does not vanish; exact."""
    if not kernel:
        return np.zeros(0, dtype=np.int64)
    vectors = np.zeros((dimension + 1, len(kernel)), dtype=object)
    vectors[:dimension] = np.asarray(kernel, dtype=object).T
    if max(abs(x) for vector in kernel for x in vector) * max(1, factors.shape[1]) < 2**62:
        vectors = vectors.astype(np.int64)
    capped = np.minimum(factors, dimension)
    total = sum(
        (vectors[capped[:, slot]] for slot in range(factors.shape[1])), np.zeros((len(factors), 1), dtype=np.int64)
    )
    return np.flatnonzero((np.asarray(total) != 0).any(axis=1))


def polynomial_form(coords: tuple[Any, ...], numbers: list[int] | None = None) -> Any:
    """Function from terms over local variables to a PolynomialForm over the model's variables."""

    def made(terms: tuple[tuple[tuple[tuple[int, int], ...], int], ...]) -> PolynomialForm:
        if numbers is None:
            return PolynomialForm(coords, terms)
        return PolynomialForm(
            coords,
            tuple((tuple((numbers[k], power) for k, power in monomial), value) for monomial, value in terms),
        )

    return made
