"""The involutive closure of a distribution: the span of its fields and of all their iterated brackets."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from symdyn.algebra.budgets.deadline import OutOfTimeError, until
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.shown import Answer
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.brackets import read_brackets
from symdyn.certificate.witness.laws.closure import ClosureWitness
from symdyn.certificate.witness.laws.models import read_model
from symdyn.errors import ModelError
from symdyn.geometry.cleared import cleared
from symdyn.geometry.distribution import Distribution
from symdyn.geometry.fields.bracket_span import BracketSpan, explore
from symdyn.geometry.fields.draws import chance_of_loss, fitting_primes
from symdyn.geometry.fields.formula_fields import FormulaFields
from symdyn.geometry.fields.frobenius import involutive_argument
from symdyn.geometry.fields.generators import Generators
from symdyn.geometry.fields.polynomial_fields import PolynomialFields
from symdyn.geometry.lie.algebra import growth_at, lie_algebra, rank_at, witness_of
from symdyn.geometry.lifted import lifted
from symdyn.geometry.unexpanded import expanded_if_small
from symdyn.geometry.vector_field import VectorField

#: So many primes and points are tried until an exact argument closes the span.
_DRAWS = 3


@dataclass(frozen=True, kw_only=True)
class Closure(Answer):
    """Generic rank of the closure under brackets.

    Parameters
    ----------
    rank
        The rank: a proved lower bound of the generic one, equal to it as far as the certificate says.
    words
        Independent brackets: an integer is a field, a pair (a, w) the bracket [a, w], "m7" the seventh
        pseudo-random combination of all fields.
    point
        Residues of the coordinates (symbols if the model has them at hand, else their numbers) modulo the prime; the
        point itself where one was given.
    certificate
        PROVED if the closure is involutive by an exact argument, else PROBABLE with its bound.
    levels
        Rank of the fields, then with brackets of depth 1, 2, ... until nothing is added.
    """

    rank: int
    words: tuple[Any, ...]
    point: dict[Any, Any] = field(repr=False)
    certificate: Certificate = field(repr=False)
    levels: tuple[int, ...] = ()

    def _in_short(self) -> str:
        return f"rank {self.rank}, {self.certificate.verdict}"


def involutive_closure(
    model: Any,
    *,
    at: Mapping[sp.Symbol, Any] | None = None,
    seed: int = 0,
    time_limit: float | None = None,
) -> Closure:
    """Close the fields of a model under Lie brackets, at a random point or at a given one.

    The bracket is [v, w](g) = v(w(g)) - w(v(g)). Brackets that add no rank at the point are dropped, which is right
    for the generic rank only; the point is drawn here.

    Parameters
    ----------
    model
        A Distribution, a Parametrization (its gradients), a network, a VectorField or a Flow.
    at
        A point, from each coordinate to a rational number: what all brackets span there (Chow's condition at the
        point), exact where they span the space, or where the fields generate a Lie algebra of finite dimension;
        polynomial fields, and rational ones off their poles. By default the rank is the generic one.
    seed
        Of the point and of the combinations.
    time_limit
        In seconds; the rank found by then is a proved lower bound.

    Returns
    -------
    Closure
        What is proved: the generic rank is at least `rank`. That it is no more is proved where the fields span the
        space, are one field, or close up by polynomial identities; otherwise it is likely, with a stated bound.

    Raises
    ------
    ModelError
        If the model has no polynomial fields, or the rank at a given point is not decided, or it is a pole.

    Examples
    --------
    >>> import sympy as sp
    >>> from symdyn import Distribution, VectorField
    >>> x = sp.symbols("x:3")
    >>> v, w = VectorField(x, [1, 0, -x[1] / 2]), VectorField(x, [0, 1, x[0] / 2])
    >>> closure = involutive_closure(Distribution((v, w)))
    >>> closure.rank, closure.words
    (3, (0, 1, (1, 0)))
    """
    started = time.monotonic()
    if at is not None:
        return closure_at(normalised(model), at, time_limit)
    deadline = None if time_limit is None else started + time_limit
    # half of the time, or half a second, for what may turn out too large to be expanded
    with until(None if time_limit is None else started + max(time_limit / 2, 0.5)):
        model = expanded_if_small(normalised(model))
    try:
        with until(None if deadline is None else deadline + 0.5):
            generators = fields_of(model)
    except OutOfTimeError:
        raise ModelError("the fields of the model were not written out within the time limit: give more time") from None
    span, argument, chance = best_span(generators, seed, deadline)
    verdict = Verdict.PROVED if argument else (Verdict.PROBABLE if chance < 1 else Verdict.UNDECIDED)
    witness = ClosureWitness(
        read_model(model.to_data()),
        read_brackets(span.to_data(), "rank"),
        argument["by"] if argument else None,
        chance if verdict is Verdict.PROBABLE else None,
    )
    certificate = certified(
        witness,
        verdict,
        "independent fields and brackets at one point; "
        + (f"closed by the argument: {argument['by']}" if argument else "no further bracket was independent there"),
        provenance=provenance(seed=seed, seconds=round(time.monotonic() - started, 4)),
    )
    symbols = model.symbols if generators.dimension <= 1000 else range(generators.variables)
    return Closure(
        rank=span.rank,
        words=tuple(span.words),
        point=dict(zip(symbols, span.point, strict=True)),
        certificate=certificate,
        levels=tuple(span.levels),
    )


def closure_at(model: Any, at: Mapping[sp.Symbol, Any], time_limit: float | None = None) -> Closure:
    """What the fields of a model and all their brackets span at a rational point.

    `levels` are the ranks of the fields, then with brackets of depth 1, 2, ... (the growth vector at the point). The
    words are a basis of the Lie algebra, as `lie_algebra` gives them.

    Raises
    ------
    ModelError
        If the model is not one of polynomial fields, the point does not fit it, or the rank is not decided.
    """
    given = model if isinstance(model, Distribution) else Distribution(_gradient_fields(model))
    algebra = lie_algebra(given, time_limit=time_limit)
    values, rank = rank_at(algebra.elements, algebra.found, at)
    _refuse_pole(given, dict(zip(algebra.elements.coords, values, strict=True)))
    levels = growth_at(algebra.elements, algebra.found, values)
    certificate = certified(
        witness_of(algebra.elements, algebra.found, at=(values, rank)),
        Verdict.PROVED,
        "the fields of the algebra, evaluated at the point",
        provenance=algebra.certificate.provenance,
    )
    return Closure(
        rank=rank,
        words=algebra.words,
        point=dict(zip(algebra.elements.coords, values, strict=True)),
        certificate=certificate,
        levels=levels,
    )


def _refuse_pole(model: Distribution, point: Mapping[sp.Symbol, Any]) -> None:
    """The fields that stand for rational ones span there what those, without a value, do not."""
    exact = {symbol: sp.Rational(value.numerator, value.denominator) for symbol, value in point.items()}
    for pole in getattr(model, "poles", ()):
        if pole.subs(exact) == 0:
            raise ModelError(f"the fields have no value at the point, where {pole} is 0: give a point off their poles")


def _gradient_fields(model: Any) -> tuple[VectorField, ...]:
    if not hasattr(model, "outputs") or not hasattr(model, "coords") or getattr(model, "constants", None):
        raise ModelError("a closure at a point is one of polynomial fields: give a Distribution without constants")
    return tuple(VectorField(tuple(model.coords), [sp.diff(phi, s) for s in model.coords]) for phi in model.outputs)


def normalised(model: Any) -> Any:
    """The model, a flow or a single field as a distribution, rational ones cleared; parameters of a flow are constants.

    Raises
    ------
    ModelError
        If the flow is on a constraint with equations: brackets and laws are those of the whole space.
    """
    if getattr(getattr(model, "constraint", None), "equations", ()):
        raise ModelError(
            "the flow is on a constraint, and ranks and laws are counted on the whole space, which has other ones: "
            "give flow.field to count there, or write the flow in coordinates of the constraint (angles for a circle)"
        )
    field_ = getattr(model, "field", model)
    constants = getattr(model, "parameters", ()) if field_ is not model else ()
    return cleared(lifted(Distribution((field_,), constants) if isinstance(field_, VectorField) else model))


def fields_of(model: Any) -> Generators:
    """The polynomial fields of a model, or the model itself if it is a program that evaluates them.

    Raises
    ------
    ModelError
        If it has none.
    """
    if hasattr(model, "formula_fields"):
        written: Generators = model.formula_fields
        return written
    if hasattr(model, "polynomial_fields"):
        found: Generators = model.polynomial_fields
        return found
    if hasattr(model, "combine"):
        program: Generators = model
        return program
    raise ModelError(
        f"laws of a {type(model).__name__} are not defined: give a Parametrization, a network, a Distribution or a Flow"
    )


def best_span(
    generators: Generators, seed: int, deadline: float | None
) -> tuple[BracketSpan, dict[str, Any] | None, float]:
    """The largest of a few spans, at other points mod other primes; the argument that its rank is the generic one; a
    bound of the chance that it is not."""
    # float64 residues are faster for programs, int64 ones leave a smaller chance of error for formulas
    bits = 31 if isinstance(generators, PolynomialFields | FormulaFields) and generators.dimension <= 200 else 23
    best: BracketSpan | None = None
    chance = 1.0
    for attempt, p in zip(range(_DRAWS), fitting_primes(generators, bits, seed), strict=False):
        span = explore(generators, p, seed=seed + attempt, deadline=deadline)
        if best is None or span.rank > best.rank:
            best, chance = span, 1.0
        argument = _argument(generators, best, deadline) if best is span else None
        if argument is not None:
            return best, argument, 0.0
        if not span.closed:
            break
        if attempt and span.rank == best.rank:  # the first prime is not drawn at random
            chance *= chance_of_loss(generators, p, len(span.levels))
    assert best is not None
    return best, None, chance if best.closed else 1.0


def _argument(generators: Generators, span: BracketSpan, deadline: float | None) -> dict[str, Any] | None:
    if not span.closed and generators.number > 1:
        return None
    if isinstance(generators, PolynomialFields):
        return involutive_argument(generators, span, deadline)
    if span.rank == generators.dimension:
        return {"by": "full rank"}
    return {"by": "single field"} if generators.number == span.rank == 1 else None
