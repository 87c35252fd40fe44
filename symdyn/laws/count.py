"""The sandwich: how many conservation laws there are, between laws verified and brackets evaluated."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.law_count import LawCount, Rung
from symdyn.errors import ModelError
from symdyn.geometry.distribution import Distribution
from symdyn.geometry.parametrization import Parametrization
from symdyn.geometry.vector_field import VectorField
from symdyn.laws.evidence import Budget, Evidence
from symdyn.laws.generic import generic_evidence
from symdyn.laws.local_rank import rank_at
from symdyn.laws.monomial import is_monomial, monomial_evidence, polynomial_form
from symdyn.laws.parts import Part, split
from symdyn.laws.programs import program_evidence
from symdyn.laws.relu import relu_evidence
from symdyn.networks.program import MatrixProgram
from symdyn.networks.relu import ReluNetwork
from symdyn.networks.relu_graph import ReluGraph

Model = Parametrization | Distribution | Flow | VectorField | MatrixProgram | ReluNetwork | ReluGraph
MAX_DEGREE = 40


def conservation_laws(
    model: Model,
    *,
    degree: int | None = None,
    at: Mapping[sp.Symbol, Any] | None = None,
    seed: int = 0,
    time_limit: float | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> LawCount:
    """Proved bounds for the number of conservation laws of a model, and the laws.

    For a parametrization phi the laws are the functions h(theta) that stay constant under the gradient flow of every
    loss l(phi(theta)), for all data: grad h is orthogonal to every gradient of an output. For a distribution or a
    flow they are the functions that its fields annihilate. Counts are local, near generic points, and of functionally
    independent laws.

    What is proved: `lower` and `upper` always. `lower` counts laws verified as polynomial identities with independent
    gradients, or laws that exist by Frobenius where the closure is involutive by an exact argument; `upper` is D minus
    the rank, at one point modulo one prime, of the fields and their brackets, which never exceeds the generic rank.
    What is only likely: nothing that `lower` or `upper` says; a closure that merely stagnated leaves lower < upper
    and the verdict PROBABLE, with its bound.

    Parameters
    ----------
    model
        A Parametrization, a network of `symdyn.networks`, a Distribution, a Flow or a VectorField.
    degree
        Search polynomial laws up to this degree. By default 2, and up to 4 while a gap remains and D is small.
    at
        A point (symbol to rational number) at which to report the rank as well; the count uses its own point.
    seed
        Of the random point and of the random combinations; any non-negative integer.
    time_limit
        In seconds; on reaching it the bounds found so far are returned.
    progress
        Called as progress(stage, lower, upper) with bounds that are true at that moment.

    Returns
    -------
    LawCount
        Bounds, laws, certificate.

    Raises
    ------
    ModelError
        If the model is none of these, is not polynomial with rational coefficients, or an option is out of range.

    References
    ----------
    Marcotte, Gribonval, Peyre, arXiv 2307.00144 (counting by Lie algebras); the two-sided proof is derived here.

    Examples
    --------
    >>> u, v, w = sp.symbols("u v w")
    >>> answer = conservation_laws(Parametrization((u, v, w), [u*v, v*w]))
    >>> answer.count, answer.laws, answer.verdict
    (1, (Law(u**2 - v**2 + w**2),), Verdict.PROVED)
    """
    started = time.monotonic()
    _check_options(degree, seed, time_limit)
    budget = Budget(time_limit, progress)
    question = _question(model)
    if question.model_dimension == 0:
        raise ModelError("the model has no parameters: give at least one")
    pieces = _evidence(question, seed, degree, budget)
    local = None if at is None else rank_at(model if question.fields is None else question.fields, question.symbols(), at, seed)
    return _assembled(question, pieces, seed, local, time.monotonic() - started)


@dataclass(frozen=True)
class _Question:
    """A model, normalised."""

    model: Any
    model_dimension: int
    fields: Any  # PolynomialFields of Parametrization and Distribution
    symbols: Callable[[], tuple[sp.Symbol, ...]]


def _question(model: Model) -> _Question:
    if isinstance(model, (MatrixProgram, ReluNetwork, ReluGraph)):
        return _Question(model, model.dimension, None, lambda: model.coords)
    if isinstance(model, Flow):
        model = model.field
    if isinstance(model, VectorField):
        model = Distribution((model,))
    if isinstance(model, (Parametrization, Distribution)):
        symbols = model.coords + model.constants
        return _Question(model, len(model.coords), model.polynomial_fields, lambda: symbols)
    raise ModelError(
        f"laws of a {type(model).__name__} are not defined: give a Parametrization, a network, a Distribution or a Flow"
    )


def _check_options(degree: int | None, seed: int, time_limit: float | None) -> None:
    if degree is not None and (isinstance(degree, bool) or not isinstance(degree, int) or not 1 <= degree <= MAX_DEGREE):
        raise ModelError(f"degree is {degree!r}: give a whole number from 1 to {MAX_DEGREE}")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ModelError(f"seed is {seed!r}: give a whole number from 0")
    if time_limit is not None and not (isinstance(time_limit, (int, float)) and time_limit > 0):
        raise ModelError(f"time_limit is {time_limit!r}: give a number of seconds above 0")


def _evidence(
    question: _Question, seed: int, degree: int | None, budget: Budget
) -> list[tuple[Part | None, Evidence]]:
    model = question.model
    if isinstance(model, (ReluNetwork, ReluGraph)):
        return [(None, relu_evidence(model))]
    if isinstance(model, MatrixProgram):
        coords = question.symbols
        found = program_evidence(
            model, lambda terms: polynomial_form(coords())(terms), seed=seed, degree=degree, budget=budget
        )
        return [(None, found)]
    symbols = question.symbols()
    if isinstance(model, Distribution):
        return [(None, generic_evidence(question.fields, polynomial_form(symbols), seed=seed, degree=degree, budget=budget))]
    parts = split(model.polynomials, question.model_dimension)
    out: list[tuple[Part | None, Evidence]] = []
    lower, upper = 0, question.model_dimension
    for part in parts:
        form = polynomial_form(symbols, part.numbers)
        upper -= part.dimension
        if is_monomial(part.outputs) and part.outputs.number:
            found = monomial_evidence(part.outputs, part.dimension, form, seed)
        else:
            found = generic_evidence(
                part.fields, form, seed=seed, degree=degree, budget=budget.shifted(lower, upper), what="gradient"
            )
        out.append((part if len(parts) > 1 else None, found))
        lower, upper = lower + found.lower, upper + found.upper
    return out


def _assembled(
    question: _Question,
    pieces: list[tuple[Part | None, Evidence]],
    seed: int,
    local: dict[str, int] | None,
    seconds: float,
) -> LawCount:
    every = [evidence for _, evidence in pieces]
    lower, upper = sum(e.lower for e in every), sum(e.upper for e in every)
    exhibited = sum(e.exhibited for e in every)
    verdict = Verdict.PROVED
    if lower < upper:
        undecided = any(e.verdict is Verdict.UNDECIDED for e in every)
        verdict = Verdict.UNDECIDED if undecided else Verdict.PROBABLE
    parts = []
    for part, evidence in pieces:
        where = {} if part is None else {"coordinates": part.coordinates, "outputs": part.output_numbers}
        parts.append(
            {
                "lower": evidence.lower,
                "upper": evidence.upper,
                "exhibited": evidence.exhibited,
                **where,
                **evidence.witness,
            }
        )
    degrees = [e.degree for e in every if e.degree is not None]
    degree = min(degrees) if degrees else None
    certificate = Certificate(
        claim=_claim(lower, upper),
        verdict=verdict,
        method="; ".join(dict.fromkeys(line for evidence in every for line in evidence.method)),
        witness={
            "kind": "law count",
            "model": question.model.to_data(),
            "dimension": question.model_dimension,
            "lower": lower,
            "upper": upper,
            "exhibited": exhibited,
            "parts": parts,
        },
        assumptions=_assumptions(question),
        provenance=provenance(seed=seed, seconds=round(seconds, 4)),
    )
    levels = tuple(
        int(x)
        for x in np.sum(
            [
                np.pad(np.asarray(e.levels or (0,)), (0, max(len(f.levels or (0,)) for f in every) - len(e.levels or (0,))), "edge")
                for e in every
            ],
            axis=0,
        )
    )
    return LawCount(
        lower=lower,
        upper=upper,
        exhibited=exhibited,
        laws=tuple(law for evidence in every for law in evidence.laws),
        ladder=_ladder(lower, upper, exhibited, degree, pieces),
        certificate=certificate,
        model=question.model,
        dimension=question.model_dimension,
        levels=levels,
        degree=degree,
        at=local,
        seconds=seconds,
    )


def _claim(lower: int, upper: int) -> str:
    laws = "conservation law" if upper == 1 else "conservation laws"
    if lower == upper:
        return f"near generic points there are exactly {upper} functionally independent {laws}"
    return f"near generic points there are between {lower} and {upper} functionally independent {laws}"


def _assumptions(question: _Question) -> tuple[str, ...]:
    model = question.model
    lines = ["the count is local, near generic parameters"]
    if isinstance(model, Distribution):
        lines.append("laws are functions that are constant along every field")
    else:
        lines.append("gradient flow in the Euclidean metric, for every loss of phi and every data set (squared error class)")
    if isinstance(model, (ReluNetwork, ReluGraph)):
        lines.append("phi is the path lifting, on regions of fixed activation pattern, with no parameter zero")
    constants = getattr(model, "constants", ())
    if constants:
        lines.append("generic values of the constants " + ", ".join(map(str, constants)))
    return tuple(lines)


def _ladder(
    lower: int, upper: int, exhibited: int, degree: int | None, pieces: list[tuple[Part | None, Evidence]]
) -> tuple[Rung, ...]:
    structural = degree is None
    searched = "found by structure" if structural else f"all polynomials up to degree {degree} searched"
    if exhibited == upper:
        searched = "complete"
    polynomial_upper = upper
    return (
        Rung("local analytic", lower, upper, "two-sided bound"),
        Rung("elementary", exhibited, upper, "not searched beyond polynomials" if exhibited < upper else "complete"),
        Rung("rational", exhibited, upper, "not searched beyond polynomials" if exhibited < upper else "complete"),
        Rung("polynomial", exhibited, polynomial_upper, searched),
    )
