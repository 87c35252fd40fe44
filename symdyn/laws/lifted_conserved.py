"""Is a function with exponentials, powers, sines ... conserved? Decided modulo the relations of their values."""

from __future__ import annotations

import itertools
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.formulas.symbols import unknown_symbol
from symdyn.algebra.lifting.values import along, residue
from symdyn.algebra.linear.primes import prime
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.laws.conserved import ConservedWitness, NotConservedWitness
from symdyn.dynamics.answers.law import PolynomialForm
from symdyn.errors import ModelError
from symdyn.geometry.fields.lifted_fields import LiftedFields, sparse_terms
from symdyn.geometry.lifted import LiftedFieldsModel
from symdyn.laws.sandwich.setting import setting_of
from symdyn.laws.search.lifted import is_law

_TRIES = 40


def lifted_conserved(entries: tuple[sp.Expr, ...], given: Any) -> Certificate:
    """Decide for a Distribution or a Parametrization; the functions of both are values.

    Raises
    ------
    ModelError
        If a symbol is unknown, a function has no rule, or the law is a number.
    """
    unknown = unknown_symbol(entries, (*given.coords, *given.constants))
    if unknown is not None:
        raise ModelError(
            f"`{unknown[0]}` in the law is neither a coordinate nor a constant of the model: the model has "
            + ", ".join(map(str, (*given.coords, *given.constants)[:12]))
        )
    model = LiftedFieldsModel(given, entries)
    fields, data = model.polynomial_fields, model.to_data()
    polynomials = [_whole(poly) for poly in model.asked]
    if all(_stands_still(model, poly) for poly in polynomials):
        raise ModelError("the law is zero or a constant number: give a function that is not constant")
    setting = setting_of(model).to_data()
    laws = [PolynomialForm((), tuple(sparse_terms(poly).items())).to_data() for poly in polynomials]
    wrong = next((k for k, poly in enumerate(polynomials) if not is_law(fields, poly)), None)
    if wrong is None:
        witness = ConservedWitness.read({"kind": "conserved", "model": data, "laws": laws, "setting": setting})
        reason = "every generator annihilates it, modulo the relations between the values of the functions"
        return certified(witness, Verdict.PROVED, reason, provenance=provenance())
    point, generator, rate, p = _counterexample(fields, polynomials[wrong])
    refuted = NotConservedWitness.read(
        {
            "kind": "not conserved",
            "model": data,
            "law": laws[wrong],
            "point": point,
            "generator": generator,
            "prime": p,
            "rate": rate,
            "setting": setting,
        }
    )
    which = "" if len(entries) == 1 else f"entry {wrong + 1} is not conserved: "
    reason = f"{which}generator {generator + 1} changes it at a point that keeps the relations of the values, mod {p}"
    return certified(refuted, Verdict.REFUTED, reason, provenance=provenance())


def _stands_still(model: LiftedFieldsModel, polynomial: Any) -> bool:
    """Whether all derivatives along the coordinates vanish modulo the relations."""
    tower, one = model.reading.tower, model.reading.tower.context.gens()[0] ** 0
    units = [tower.lifted([one * int(a == b) for b in range(tower.dimension)]) for a in range(tower.dimension)]
    return all(image == 0 for unit in units for image in tower.reduced([along(polynomial, unit)]))


def _whole(polynomial: Any) -> Any:
    """The multiple with whole coefficients."""
    scale = 1
    for value in polynomial.coeffs():
        scale = scale * int(value.q) // int(flint.fmpz(scale).gcd(value.q))
    return polynomial * flint.fmpq(scale)


def _counterexample(fields: LiftedFields, function: Any) -> tuple[list[int], int, int, int]:
    """A point that keeps the relations, a generator, the rate of the function there, and the prime."""
    rng = np.random.default_rng(0)
    for index in itertools.islice(itertools.count(), _TRIES):
        p = prime(31, index)
        point = fields.tower.point(p, rng)
        for generator, speeds in enumerate(fields.exact if point is not None else ()):
            assert point is not None
            rate = residue(along(function, speeds), point, p)
            if rate:
                return point, generator, rate, p
    raise AssertionError("a function that is not zero vanished at every point tried")
