"""The sandwich for models of formulas: parametrizations part by part, fields as they are."""

from __future__ import annotations

import dataclasses

import sympy as sp

from symdyn.certificate.canonical import canonical_text
from symdyn.dynamics.answers.law import Law
from symdyn.geometry.distribution import Distribution
from symdyn.geometry.parametrization import Parametrization
from symdyn.geometry.predictor import Predictor
from symdyn.laws.sandwich.engines import Pieces, pieces_of
from symdyn.laws.sandwich.evidence import Budget, Evidence
from symdyn.laws.sandwich.fields import generic_evidence
from symdyn.laws.sandwich.monomial import is_monomial, monomial_evidence, polynomial_form
from symdyn.laws.sandwich.parts import Part, split


@pieces_of.register(Distribution)
@pieces_of.register(Predictor)
def _fields(model: Distribution | Predictor, *, seed: int, degree: int | None, budget: Budget) -> Pieces:
    form = polynomial_form(model.symbols)
    return [(None, generic_evidence(model.polynomial_fields, form, seed=seed, degree=degree, budget=budget))]


@pieces_of.register
def _parametrization(model: Parametrization, *, seed: int, degree: int | None, budget: Budget) -> Pieces:
    """Parts that share no parameter, solved apart; the budget's reports add up what is known of all."""
    parts = split(model.polynomials, model.dimension)
    pieces: list[tuple[Part | None, Evidence]] = []
    lower, upper = 0, model.dimension
    symbols = model.symbols
    solved: dict[str, Evidence] = {}
    for part in parts:
        upper -= part.dimension
        key = canonical_text([part.dimension, part.outputs.to_data()])
        if key not in solved:  # parts of one shape, such as the neurons of a layer, are solved once
            solved[key] = _solved(part, seed, degree, budget.shifted(lower, upper))
        found = _renumbered(solved[key], symbols, part.numbers)
        is_whole = part.dimension == model.dimension and part.outputs.number == model.polynomials.number
        pieces.append((None if is_whole else part, found))
        lower, upper = lower + found.lower, upper + found.upper
    return pieces


def _solved(part: Part, seed: int, degree: int | None, budget: Budget) -> Evidence:
    """What is known about a part, its laws in local numbers."""
    local = polynomial_form(())
    if is_monomial(part.outputs) and part.outputs.number:
        return monomial_evidence(part.outputs, part.dimension, local, seed)
    return generic_evidence(part.fields, local, seed=seed, degree=degree, budget=budget, what="gradient")


def _renumbered(evidence: Evidence, symbols: tuple[sp.Symbol, ...], numbers: list[int]) -> Evidence:
    """The same evidence with its laws in the numbers and symbols of the whole model."""
    laws = [Law(law.form.renumbered(symbols, numbers), source=law.source) for law in evidence.laws]
    found = [Law(law.form.renumbered(symbols, numbers), source=law.source) for law in evidence.found]
    witness = {**evidence.witness, "laws": [law.form.to_data() for law in laws]}
    return dataclasses.replace(evidence, laws=laws, found=found, witness=witness)
