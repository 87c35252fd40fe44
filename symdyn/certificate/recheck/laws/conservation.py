"""Re-check of single statements: a law is conserved, a function is not, fields and their closure have a rank."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence

import flint
import numpy as np

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.laws.brackets import Model, check_brackets, model_of
from symdyn.certificate.recheck.laws.elementary import Elementary
from symdyn.certificate.recheck.laws.existence import check_existence
from symdyn.certificate.recheck.laws.formula_model import FormulaModel
from symdyn.certificate.recheck.laws.lifted_model import LiftedModel
from symdyn.certificate.recheck.laws.paths import count_of_paths
from symdyn.certificate.recheck.laws.polynomial_model import PolynomialModel, polynomial_gradient
from symdyn.certificate.recheck.laws.program_model import ProgramModel
from symdyn.certificate.recheck.laws.residues import check_prime, mix
from symdyn.certificate.refutation import Recheck, RefutedError, UndecidedError, need
from symdyn.certificate.witness.laws.closure import ClosureWitness, GradientRankWitness, UnseenFormsWitness
from symdyn.certificate.witness.laws.conserved import ConservedWitness, NotConservedWitness
from symdyn.certificate.witness.laws.law import (
    DifferentialLaw,
    ElementaryLaw,
    Law,
    MatrixLaw,
    NeuronLaws,
    PolynomialLaw,
    Terms,
)
from symdyn.certificate.witness.laws.models import Model as StoredModel
from symdyn.certificate.witness.laws.network_models import ReluGraph, ReluLayers

_LARGEST_PRODUCT = 5_000_000
_PRIME = 2**31 - 1
_FIELDS_AT_ONCE = 256


def check_closure(witness: ClosureWitness, verdict: str) -> Recheck:
    """The rank at the point, and the argument that it is no more if the verdict is proved."""
    model = model_of(witness.model)
    rank = check_brackets(model, witness.rank, "witness.rank")
    need(verdict in ("proved", "probable", "undecided"), "verdict", f"is {verdict}, which a closure cannot have")
    stated = witness.error_bound is not None
    need(stated == (verdict == "probable"), "witness.error bound", f"does not go with the verdict {verdict}")
    if verdict != "proved":
        need(witness.existence is None, "witness.existence", f"does not go with the verdict {verdict}")
        return Recheck(verdict, f"the closure has generic rank at least {rank}; that it has no more was not proved")
    check_existence(witness.existence, model, witness.rank.words, list(witness.rank.columns), "witness.existence")
    return Recheck("proved", f"the closure has generic rank {rank}")


def check_gradient_rank(witness: GradientRankWitness, verdict: str) -> Recheck:
    """Fields, no brackets, that are independent at the point: as many as the rank says."""
    model = model_of(witness.model)
    need(all(not isinstance(word, tuple) for word in witness.rank.words), "witness.rank.words", "hold a bracket")
    rank = check_brackets(model, witness.rank, "witness.rank")
    need(rank == witness.needed, "witness.needed", f"is {witness.needed}, but the rank shown is {rank}")
    need(verdict == ("proved" if witness.is_all else "probable"), "verdict", f"is {verdict}, which does not go with it")
    stated = witness.error_bound is not None
    need(stated is not witness.is_all, "witness.error bound", "does not go with the verdict")
    return Recheck(verdict, f"{rank} gradients are independent at the point again")


def check_unseen_forms(witness: UnseenFormsWitness, verdict: str) -> Recheck:
    """Functions that every field annihilates, identically, with independent gradients at a point mod p."""
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of identities")
    model = PolynomialModel(witness.model)
    for number, terms in enumerate(witness.forms):
        failure = model.annihilates(terms)
        need(failure is None, f"witness.forms[{number}]", f"does not vanish: {failure}")
    need(_are_independent(witness), "witness.forms", "have dependent gradients at the points tried")
    if witness.needed < witness.model.dimension:
        _check_directions(model, witness.needed - len(witness.forms))
    return Recheck("proved", f"{len(witness.forms)} functions are constant along every gradient, as identities")


def _check_directions(model: PolynomialModel, most: int) -> None:
    """Refute where the fields span more directions at a point than are said to be all that they span."""
    variables = model.dimension + len(model.constants)
    for number in range(2):
        point = mix(17, number, variables, _PRIME)[None]
        rows: list[int] = []
        for first in range(0, model.number, _FIELDS_AT_ONCE):
            size = min(_FIELDS_AT_ONCE, model.number - first)
            unit = np.zeros((size, model.number), dtype=np.int64)
            unit[np.arange(size), first + np.arange(size)] = 1
            rows += model.combine(unit, [np.repeat(point, size, axis=0)], _PRIME)[0].ravel().tolist()
        rank = int(flint.nmod_mat(model.number, model.dimension, rows, _PRIME).rank()) if model.number else 0
        need(rank <= most, "witness.needed", f"leaves at most {most} directions, but the gradients span {rank}")


def _are_independent(witness: UnseenFormsWitness) -> bool:
    """Whether the gradients have full rank at one of two points mod p: a rank there is no more than the generic one."""
    coordinates = list(range(witness.model.dimension))
    for number in range(2):
        drawn = mix(13, number, len(witness.model.names), _PRIME).tolist()
        value = dict(enumerate(drawn))
        rows = [polynomial_gradient(terms, value, coordinates, _PRIME) for terms in witness.forms]
        table = flint.nmod_mat(len(rows), len(coordinates), [x for row in rows for x in row], _PRIME)
        if int(table.rank()) == len(rows):
            return True
    return False


def check_conserved(witness: ConservedWitness, verdict: str) -> Recheck:
    """Every stored law is annihilated by every generator."""
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of a law that is conserved")
    for number, law in enumerate(witness.laws):
        check_law(witness.model, law, f"witness.laws[{number}]")
    if isinstance(witness.model, ReluLayers | ReluGraph):
        return Recheck("proved", "every path enters a hidden neuron as often as it leaves it")
    laws = "1 law was checked as an identity" if len(witness.laws) == 1 else f"{len(witness.laws)} laws were checked"
    return Recheck("proved", laws if len(witness.laws) == 1 else f"{laws} as identities")


def check_law(stored: StoredModel, law: Law, place: str) -> None:
    """Refute unless every generator of the model annihilates the law, identically."""
    if isinstance(stored, ReluLayers | ReluGraph):
        parameters, rank = count_of_paths(stored)
        need(law == NeuronLaws(parameters - rank), place, "are not the neuron balances")
        return
    model = model_of(stored)
    if isinstance(law, MatrixLaw) and isinstance(model, ProgramModel):
        model.check_matrix_law(law, place)
        return
    if isinstance(law, MatrixLaw | NeuronLaws):
        raise RefutedError(place, f"is of a kind that cannot be checked on a {stored.kind!r}")
    if isinstance(model, FormulaModel):
        raise UndecidedError("laws of formulas that stay steps are not repeated")
    polynomial = model if isinstance(model, PolynomialModel) else model.expanded()
    if isinstance(polynomial, LiftedModel) and not isinstance(law, PolynomialLaw):
        raise RefutedError(place, "is of a kind that cannot be checked on fields with functions")
    if isinstance(law, PolynomialLaw):
        failure = polynomial.annihilates(law.terms)
        need(failure is None, place, f"is not conserved: {failure}")
    elif isinstance(law, DifferentialLaw):
        _check_differential(polynomial, law, place)
    else:
        assert isinstance(law, ElementaryLaw)
        Elementary(polynomial, law, place).check()


def _slopes(model: Model, law: DifferentialLaw, place: str) -> dict[int, Terms]:
    size = model.dimension
    need(len(law.numerators) == size, f"{place}.numerators", f"are {len(law.numerators)}, not one for each coordinate")
    return dict(zip(model.coordinates, law.numerators, strict=True))


def _check_differential(model: PolynomialModel, law: DifferentialLaw, place: str) -> None:
    """Refute unless sum_a v_a P_a vanishes for every generator, P_a being the numerators of the differential."""
    slopes = _slopes(model, law, place)
    total: dict[tuple[int, tuple[int, ...]], int] = {}
    for generator, k, value, monomial in model.components:
        tick()
        for coefficient, other in slopes[k]:
            key = generator, tuple(sorted(monomial + other))
            total[key] = total.get(key, 0) + value * coefficient
    need(not any(total.values()), place, "is not conserved: a generator does not annihilate it")
    need(bool(law.denominator), f"{place}.denominator", "is missing or zero")
    need(_is_closed(slopes, law.denominator), place, "is the differential of no function: it is not closed")


def _is_closed(slopes: dict[int, Terms], denominator: Terms) -> bool:
    """Whether d(P / Q) = 0: Q (P_a,b - P_b,a) = P_a Q,b - P_b Q,a for all coordinates a, b."""
    return all(
        _vanishes(
            (1, denominator, _derivative(slopes[a], b)),
            (-1, denominator, _derivative(slopes[b], a)),
            (-1, slopes[a], _derivative(denominator, b)),
            (1, slopes[b], _derivative(denominator, a)),
        )
        for a, b in itertools.combinations(sorted(slopes), 2)
    )


def _is_integrable(slopes: dict[int, Terms]) -> bool:
    """Whether P wedge dP = 0, so that near generic points P is a multiple of a differential (Frobenius).

    The triples with one coordinate whose slope is not zero suffice.
    """
    a = next((k for k, terms in slopes.items() if terms), None)
    if a is None:
        return False
    others = [k for k in slopes if k != a]
    return all(
        _vanishes(
            (1, slopes[a], _derivative(slopes[c], b)),
            (-1, slopes[a], _derivative(slopes[b], c)),
            (1, slopes[b], _derivative(slopes[a], c)),
            (-1, slopes[b], _derivative(slopes[c], a)),
            (1, slopes[c], _derivative(slopes[b], a)),
            (-1, slopes[c], _derivative(slopes[a], b)),
        )
        for b, c in itertools.combinations(others, 2)
    )


def _vanishes(*products: tuple[int, Terms, Terms]) -> bool:
    """Whether a sum of signed products of polynomials is zero."""
    total: Counter[tuple[int, ...]] = Counter()
    for sign, left, right in products:
        tick()
        if len(left) * len(right) > _LARGEST_PRODUCT:
            raise UndecidedError("the differential is too large to be multiplied out by this re-checker")
        for x, first in left:
            for y, second in right:
                total[tuple(sorted(first + second))] += sign * x * y
    return not any(total.values())


def _derivative(terms: Terms, k: int) -> Terms:
    out = []
    for value, monomial in terms:
        if k in monomial:
            spot = monomial.index(k)
            out.append((value * monomial.count(k), monomial[:spot] + monomial[spot + 1 :]))
    return tuple(out)


def check_not_conserved(witness: NotConservedWitness, verdict: str) -> Recheck:
    """At the stored point, mod the stored prime, the stored generator moves the function."""
    need(verdict == "refuted", "verdict", f"is {verdict}, but the witness is a counterexample")
    model = model_of(witness.model)
    generator, law = witness.generator, witness.law
    need(generator < model.number, "witness.generator", f"is {generator} of {model.number}")
    p = check_prime(witness.prime, "witness.prime")
    unit = np.zeros((1, model.number), dtype=np.int64)
    unit[0, generator] = 1
    value = {k: x % p for k, x in enumerate(witness.point)}
    if isinstance(model, LiftedModel):
        need(isinstance(law, PolynomialLaw), "witness.law", "is no polynomial in coordinates and functions")
        model.check_point(list(value.values()), p, "witness.point")
    field = model.combine(unit, [np.asarray([list(value.values())], dtype=np.int64)], p)[0][0].tolist()
    if isinstance(law, PolynomialLaw):
        gradient: Sequence[int] = polynomial_gradient(law.terms, value, model.coordinates, p)
    elif isinstance(law, ElementaryLaw):
        if not isinstance(model, PolynomialModel):
            raise RefutedError("witness.law", "is a fraction, but the model is stored as a program")
        gradient = Elementary(model, law, "witness.law").gradient(value, p)
    else:
        slopes = _slopes(model, law, "witness.law")
        need(_is_integrable(slopes), "witness.law.numerators", "are no multiple of a differential")
        gradient = [_value(terms, value, p) for terms in slopes.values()]
    rate = sum(a * b for a, b in zip(field, gradient, strict=True)) % p
    need(rate != 0, "witness.point", "the function does not move there")
    need(rate == witness.rate, "witness.rate", f"is {witness.rate}, but the rate is {rate}")
    return Recheck("proved", f"generator {generator + 1} moves it at the stored point: the rate is {rate} mod {p}")


def _value(terms: Terms, value: dict[int, int], p: int) -> int:
    total = 0
    for coefficient, monomial in terms:
        product = coefficient
        for k in monomial:
            product = product * value[k] % p
        total += product
    return total % p
