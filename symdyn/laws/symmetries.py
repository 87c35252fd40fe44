"""Linear symmetries of a parametrization by exact linear algebra, and which laws come from them."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.budgets.deadline import OutOfTimeError, check_time, until
from symdyn.algebra.linear.echelon import Echelon
from symdyn.algebra.linear.exact import nullspace
from symdyn.algebra.linear.prime_field import PrimeField
from symdyn.algebra.linear.primes import random_prime
from symdyn.algebra.polynomials.sparse import from_terms
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.laws.models import PolynomialTerms, read_model
from symdyn.certificate.witness.laws.symmetries import SymmetriesWitness
from symdyn.dynamics.answers.linear_symmetries import LinearSymmetries
from symdyn.errors import ModelError
from symdyn.geometry.fields.polynomial_fields import gradients
from symdyn.geometry.parametrization import Parametrization
from symdyn.laws.count import conservation_laws
from symdyn.laws.sandwich.evidence import polynomial_gradients
from symdyn.networks.programs.program import MatrixProgram

#: Matrices of larger models have more unknowns than are solved for.
MAX_DIMENSION = 32
#: Of integers, in eliminations.
_PRODUCTS_PER_SECOND = 300_000_000
_PRIMES = 3
Entries = dict[tuple[int, int], int]


def linear_symmetries(model: Any, *, seed: int = 0, time_limit: float | None = None) -> LinearSymmetries:
    """All matrices X with dphi(theta) X theta = 0, and how many laws of gradient flow they explain.

    Parameters
    ----------
    model
        A Parametrization without symbolic constants, or a network given by matrices, of at most 32 parameters.
    seed
        Of the point at which gradients are independent, and of the count of laws.
    time_limit
        In seconds, for the symmetries and for the count of laws.

    Returns
    -------
    LinearSymmetries
        The bases are complete (exact kernels over Q); the certificate repeats the identities, not the completeness.

    Raises
    ------
    ModelError
        If the model is another one, or too large, also for the time limit.
    """
    started = time.monotonic()
    try:
        with until(None if time_limit is None else started + time_limit):
            phi = _parametrization(model)
            D = phi.dimension
            symmetric = _solved(phi, [{(a, b): 1, (b, a): 1} for a in range(D) for b in range(a, D)])
            antisymmetric = _solved(phi, [{(a, b): 1, (b, a): -1} for a in range(D) for b in range(a + 1, D)])
            every = _solved(phi, [{(a, b): 1} for a in range(D) for b in range(D)])
    except OutOfTimeError:
        raise ModelError(
            "the linear symmetries were not solved for within the time limit: give more time, or a smaller model"
        ) from None
    left = None if time_limit is None else max(time_limit - (time.monotonic() - started), 0.01)
    counted = conservation_laws(model, seed=seed, time_limit=left)
    model_read = read_model(phi.to_data())
    assert isinstance(model_read, PolynomialTerms)
    certificate = certified(
        SymmetriesWitness(model_read, tuple(map(_listed, symmetric)), tuple(map(_listed, antisymmetric))),
        Verdict.PROVED,
        "the kernel over the rationals of the conditions on the entries of X, each X an identity",
        provenance=provenance(seed=seed),
    )
    return LinearSymmetries(
        model=phi,
        symmetric=tuple(_matrix(X, D) for X in symmetric),
        antisymmetric=tuple(_matrix(X, D) for X in antisymmetric),
        dimension=len(every),
        laws=counted.count,
        independent=_independent(symmetric, D, seed),
        certificate=certificate,
    )


def _parametrization(model: Any) -> Parametrization:
    if not isinstance(model, Parametrization | MatrixProgram):
        raise ModelError(
            f"symmetries of a {type(model).__name__} are not looked for: give a Parametrization or a linear network"
        )
    if model.dimension > MAX_DIMENSION:
        raise ModelError(
            f"symmetries are solved for up to {MAX_DIMENSION} parameters, and this model has {model.dimension}: "
            "give a smaller one"
        )
    if isinstance(model, Parametrization):
        if model.constants:
            raise ModelError("symmetries of a model with symbolic constants are not looked for: give numbers for them")
        return model
    outputs = model.expanded()
    assert outputs is not None  # small models are always expanded
    coords = tuple(model.coords)
    return Parametrization(coords, [_expression(terms, coords) for terms in outputs.to_terms()])  # type: ignore[arg-type]


def _expression(terms: Any, coords: tuple[sp.Symbol, ...]) -> sp.Expr:
    return sp.Add(*(c * sp.Mul(*(coords[k] ** e for k, e in monomial)) for monomial, c in terms.items()))


def _solved(phi: Parametrization, basis: list[Entries]) -> list[Entries]:
    """Combinations of the basis matrices along which no output changes."""
    D, fields = phi.dimension, phi.polynomial_fields
    components = fields.components.to_terms()
    users: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for column, entries in enumerate(basis):
        for spot, x in entries.items():
            users.setdefault(spot, []).append((column, x))
    equations: dict[Any, dict[int, int]] = {}
    for number, terms in enumerate(components):
        check_time()
        output, a = divmod(number, D)
        for monomial, value in terms.items():
            for b in range(D):
                powers = dict(monomial)
                powers[b] = powers.get(b, 0) + 1
                row = equations.setdefault((output, tuple(sorted(powers.items()))), {})
                for column, x in users.get((a, b), ()):
                    row[column] = row.get(column, 0) + x * value
    conditions = {tuple(sorted((c, x) for c, x in row.items() if x)) for row in equations.values()} - {()}
    dense = np.zeros((max(1, len(conditions)), len(basis)), dtype=object)
    for i, condition in enumerate(sorted(conditions)):
        for column, x in condition:
            dense[i, column] = x
    check_time(dense.shape[0] * dense.shape[1] ** 2 / _PRODUCTS_PER_SECOND)
    found = []
    for vector in nullspace(dense, exact=True):
        total: Entries = {}
        for x, entries in zip(vector, basis, strict=True):
            if x:
                for spot, y in entries.items():
                    total[spot] = total.get(spot, 0) + x * y
        found.append(total)
    return found


def _independent(symmetric: list[Entries], dimension: int, seed: int) -> int:
    """Rank of the gradients of theta^T X theta, the best of a few points mod p: never more than the generic rank."""
    if not symmetric:
        return 0
    forms = []
    for X in symmetric:
        terms: dict[tuple[tuple[int, int], ...], int] = {}
        for (a, b), x in X.items():
            monomial = ((a, 2),) if a == b else ((min(a, b), 1), (max(a, b), 1))
            terms[monomial] = terms.get(monomial, 0) + x
        forms.append(terms)
    polynomials = from_terms(forms, dimension)
    rng = np.random.default_rng([seed, *gradients(polynomials, dimension).fingerprint])
    best = 0
    for _ in range(_PRIMES):
        field = PrimeField(random_prime(rng, 31, polynomials.coefficient))
        point = rng.integers(1, field.p, size=dimension).tolist()
        echelon = Echelon[int](field, dimension)
        echelon.add(polynomial_gradients(polynomials, dimension, point, field), list(range(len(forms))))
        best = max(best, echelon.rank)
    return best


def _listed(X: Entries) -> tuple[tuple[int, int, int], ...]:
    return tuple((a, b, x) for (a, b), x in sorted(X.items()))


def _matrix(X: Entries, size: int) -> sp.ImmutableMatrix:
    return sp.ImmutableMatrix(size, size, lambda a, b: X.get((int(a), int(b)), 0))
