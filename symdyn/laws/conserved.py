"""Is this function conserved? Decided as an identity, or refuted at a point."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator
from functools import partial, singledispatch
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.budgets.deadline import OutOfTimeError, until
from symdyn.algebra.formulas.symbols import unknown_symbol
from symdyn.algebra.linear.primes import prime
from symdyn.algebra.polynomials.sparse import SparsePolynomials, polynomials_from_expressions
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.laws.conserved import ConservedWitness, NotConservedWitness
from symdyn.dynamics.answers.elementary_form import ElementaryForm
from symdyn.dynamics.answers.law import Law, MatrixIdentity, NeuronBalance
from symdyn.errors import ModelError
from symdyn.geometry.closure import normalised
from symdyn.geometry.distribution import Distribution
from symdyn.geometry.fields.polynomial_fields import PolynomialFields, gradients
from symdyn.geometry.lifted import LiftedFieldsModel
from symdyn.geometry.model import LawModel
from symdyn.geometry.parametrization import Parametrization
from symdyn.laws.lifted_conserved import lifted_conserved
from symdyn.laws.matrices.structure import is_matrix_law
from symdyn.laws.sandwich.monomial import polynomial_form
from symdyn.laws.sandwich.setting import setting_of
from symdyn.laws.search.annihilation import conserved_mask
from symdyn.laws.search.differential import rational_differential
from symdyn.laws.search.elementary import is_elementary_law
from symdyn.networks.programs.program import MatrixProgram
from symdyn.networks.relu import ReluNetwork
from symdyn.networks.relu_graph import ReluGraph

_TRIES = 200


def is_conserved(law: Any, model: Any, *, time_limit: float | None = None) -> Certificate:
    """Decide whether a function, or every entry of a matrix, is constant along all fields of a model.

    Parameters
    ----------
    law
        A Law, a SymPy expression or a matrix of expressions, in the coordinates (and constants) of the model.
        Polynomials, rational functions, functions whose differential (or logarithmic differential) is rational, and
        functions made of exp, log, powers, sines, cosines and hyperbolic functions are decided.
    model
        A Parametrization (gradient flow of every loss), a network, a Predictor, a Distribution, a VectorField, a Flow,
        or a PhaseSpace: then in its coordinates, and along its fields.
    time_limit
        In seconds; on reaching it the answer is UNDECIDED.

    Returns
    -------
    Certificate
        PROVED by an identity, or REFUTED with an integer point, the generator, and its rate there mod p; UNDECIDED
        for functions whose differential is not rational or that have steps, as sign(u), and where the time was over.

    Raises
    ------
    ModelError
        If the function uses a symbol that is neither a coordinate nor a constant, the model is too large to expand, or
        it is a flow on a constraint and the function is conserved there at most.

    Examples
    --------
    >>> from symdyn import Parametrization
    >>> u, v = sp.symbols("u v")
    >>> is_conserved(u**2 - v**2, Parametrization((u, v), [u*v])).verdict
    Verdict.PROVED
    >>> is_conserved(u - v, Parametrization((u, v), [u*v])).verdict
    Verdict.REFUTED
    """
    law = law if isinstance(law, Law) else Law(law)
    try:
        with until(None if time_limit is None else time.monotonic() + time_limit):
            return _decided(law, model)
    except OutOfTimeError:
        return Certificate(
            claim=f"{_shown(law)} is conserved",
            verdict=Verdict.UNDECIDED,
            method="the time was over before the identity was expanded",
            witness={"kind": "undecided"},
            provenance=provenance(),
        )


def _decided(law: Law, model: Any) -> Certificate:
    if getattr(getattr(model, "constraint", None), "equations", ()):
        return _on_constraint(law, model)
    model = normalised(model)
    if isinstance(model, LiftedFieldsModel):
        return lifted_conserved(law.entries(), model.given)
    if not isinstance(model, LawModel):
        raise ModelError(
            f"laws of a {type(model).__name__} are not defined: give a Parametrization, a network or a flow"
        )
    reason = structural_reason(model, law.form)
    if reason:
        return _proved(model, model.to_data(), [law.form.to_data()], reason)
    symbols, outputs, fields = model.as_polynomials()
    entries = law.entries()
    unknown = unknown_symbol(entries, symbols)
    if unknown is not None:
        raise ModelError(
            f"`{unknown[0]}` in the law is neither a coordinate nor a constant of the model: the model has "
            + ", ".join(map(str, symbols[:12]))
            + (", ..." if len(symbols) > 12 else "")
        )
    data = outputs
    if isinstance(law.form, ElementaryForm) and is_elementary_law(fields, law.form):
        reason = "every generator annihilates the weights and the sum, by expansion over the integers"
        return _proved(model, data, [law.form.to_data()], reason)
    if all(entry.is_polynomial(*symbols) for entry in entries):
        return _polynomial(model, entries, symbols, fields, data)
    found = rational_differential(entries, symbols, fields, data, setting_of(model))
    if found.verdict is Verdict.UNDECIDED and isinstance(model, Distribution | Parametrization):
        return _by_values(entries, model, found)
    return found


def _by_values(entries: tuple[sp.Expr, ...], model: Any, found: Certificate) -> Certificate:
    """Decided with the values of its functions as variables; `found` where one of them has no rule."""
    try:
        return lifted_conserved(entries, model)
    except ModelError:
        return found


def _on_constraint(law: Law, flow: Any) -> Certificate:
    """What the field keeps on the whole space it keeps on the constraint; the converse fails."""
    found = is_conserved(law, Distribution((flow.field,), flow.parameters))
    if found.verdict is not Verdict.PROVED:
        raise ModelError(
            "the function is not seen to be conserved on the whole space, and whether it is on the constraint of the "
            "flow is not decided: give flow.field to decide on the whole space, or coordinates of the constraint"
        )
    return found


@singledispatch
def structural_reason(model: Any, form: Any) -> str:
    """Why a law in this form is one by the structure of the model; empty where that is not known."""
    return ""


@structural_reason.register
def _of_program(model: MatrixProgram, form: Any) -> str:
    if not isinstance(form, MatrixIdentity) or form.blocks != model.blocks or form.matrices is not None:
        return ""
    return "the symmetric matrix inserted cancels word by word" if is_matrix_law(model, form) else ""


@structural_reason.register(ReluNetwork)
@structural_reason.register(ReluGraph)
def _of_paths(model: ReluNetwork | ReluGraph, form: Any) -> str:
    if not isinstance(form, NeuronBalance) or form.count != model.hidden_count:
        return ""
    same = form.neurons == model.neurons or form.neurons() == model.neurons()
    return "every path enters a hidden neuron as often as it leaves it" if same else ""


def _polynomial(
    model: Any,
    entries: tuple[sp.Expr, ...],
    symbols: tuple[sp.Symbol, ...],
    fields: PolynomialFields,
    data: dict[str, Any],
) -> Certificate:
    names = [f"entry {place + 1} of the law" for place in range(len(entries))]
    functions = polynomials_from_expressions(entries, symbols, names=names)
    mask = conserved_mask(fields, functions)
    form = polynomial_form(symbols)
    terms = functions.to_terms()
    if mask.all():
        laws = [form(tuple(entry.items())).to_data() for entry in terms if entry]
        if all(not any(monomial for monomial in entry) for entry in terms):
            raise ModelError("the law is zero or a constant number: give a function that is not constant")
        return _proved(model, data, laws, "every generator annihilates it, by expansion over the integers")
    wrong = int(np.flatnonzero(~mask)[0])
    point, generator, rate, p = _counterexample(functions.select([wrong]), fields)
    at = ", ".join(f"{symbol} = {value}" for symbol, value in zip(symbols, point, strict=True) if value) or "0"
    witness = NotConservedWitness.read(
        {
            "kind": "not conserved",
            "model": data,
            "law": form(tuple(terms[wrong].items())).to_data(),
            "point": point,
            "generator": generator,
            "prime": p,
            "rate": rate,
            "setting": setting_of(model).to_data(),
        }
    )
    which = "" if len(entries) == 1 else f"entry {wrong + 1} is not conserved: "
    reason = f"{which}generator {generator + 1} changes it at {at} (all others 0)"
    return certified(witness, Verdict.REFUTED, reason, provenance=provenance())


def _proved(model: Any, data: dict[str, Any], laws: list[dict[str, Any]], method: str) -> Certificate:
    setting = setting_of(model).to_data()
    witness = ConservedWitness.read({"kind": "conserved", "model": data, "laws": laws, "setting": setting})
    return certified(witness, Verdict.PROVED, method, provenance=provenance())


def _shown(law: Law) -> str:
    text = repr(law)[4:-1]
    return text if len(text) < 400 else text[:400] + " ..."


def _counterexample(function: SparsePolynomials, fields: PolynomialFields) -> tuple[list[int], int, int, int]:
    """A small integer point where some generator moves a function that is not conserved, its rate, and a prime.

    The rate is computed over the integers; the prime is the first that does not divide it.
    """
    slopes = gradients(function, fields.dimension).components.to_terms()
    components = fields.components.to_terms()
    for point in _points(fields.variables):
        slope = [_value(terms, point) for terms in slopes]
        for generator in range(fields.number):
            row = components[generator * fields.dimension : (generator + 1) * fields.dimension]
            rate = sum(_value(terms, point) * d for terms, d in zip(row, slope, strict=True) if d)
            if rate:
                p = next(p for p in map(partial(prime, 31), itertools.count()) if rate % p)
                return point, generator, rate % p, p
    raise AssertionError("a non-zero polynomial vanished at every point tried")


def _value(terms: dict[tuple[tuple[int, int], ...], int], point: list[int]) -> int:
    """Exact value of a polynomial at an integer point."""
    return sum(value * math.prod(point[k] ** power for k, power in monomial) for monomial, value in terms.items())


def _points(size: int) -> Iterator[list[int]]:
    """Small integer points, then larger random ones."""
    yield [1] * size
    rng = np.random.default_rng(0)
    for attempt in range(_TRIES):
        bound = 1 + attempt // 8
        yield rng.integers(-bound, bound + 1, size=size).tolist()
    yield from (rng.integers(1, 2**30, size=size).tolist() for _ in range(_TRIES))
