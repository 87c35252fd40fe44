"""Re-check of single statements: a law is conserved, a function is not, a closure has a rank."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import numpy as np

from symdyn.certificate.recheck.laws.brackets import Model, check_brackets, stored_model
from symdyn.certificate.recheck.laws.elementary import ElementaryLaw
from symdyn.certificate.recheck.laws.existence import check_existence
from symdyn.certificate.recheck.laws.paths import graph_count, layered_count
from symdyn.certificate.recheck.laws.polynomial_model import PolynomialModel, law_terms, polynomial_gradient
from symdyn.certificate.recheck.laws.program_model import ProgramModel
from symdyn.certificate.refutation import RefutedError, integer, integers, need
from symdyn.certificate.recheck.laws.residues import check_prime

Term = tuple[int, tuple[int, ...]]


def check_closure(witness: dict[str, Any], verdict: str, claim: str) -> str:
    """The rank at the point, and the argument that it is no more if the verdict is proved."""
    model = stored_model(witness.get("model"))
    need(witness.get("dimension") == model.dimension, "witness.dimension", f"is not {model.dimension}")
    data = witness.get("rank")
    need(isinstance(data, dict), "witness.rank", "is missing")
    assert isinstance(data, dict)
    rank = check_brackets(model, data, "witness.rank")
    need(claim == closure_claim(rank, verdict), "claim", f"does not say what is proved: rank {rank}")
    if verdict == "probable":
        bound = witness.get("error bound")
        need(
            isinstance(bound, float) and 0 <= bound <= 1,
            "witness.error bound",
            "is missing, but the verdict is probable",
        )
    need(verdict in ("proved", "probable", "undecided"), "verdict", f"is {verdict}, which a closure cannot have")
    if verdict == "proved":
        check_existence(witness.get("existence") or {}, model, data["words"], data["columns"], "witness.existence")
        return f"the closure has generic rank {rank}"
    return f"the closure has generic rank at least {rank}; that it has no more was not proved"


def closure_claim(rank: int, verdict: str) -> str:
    """The one sentence that a closure may claim."""
    return f"the involutive closure has generic rank {'' if verdict == 'proved' else 'at least '}{rank}"


def check_conserved(witness: dict[str, Any], verdict: str, claim: str) -> str:
    """Every stored law is annihilated by every generator."""
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of a law that is conserved")
    laws = witness.get("laws")
    need(isinstance(laws, list) and bool(laws), "witness.laws", "are missing")
    assert isinstance(laws, list)
    data: Any = witness.get("model")
    if isinstance(data, dict) and data.get("kind") in ("relu layers", "relu graph"):
        parameters, rank = (layered_count if data["kind"] == "relu layers" else graph_count)(data)
        need(laws == [{"kind": "neurons", "count": parameters - rank}], "witness.laws", "are not the neuron balances")
        return "every path enters a hidden neuron as often as it leaves it"
    model = stored_model(data)
    for number, law in enumerate(laws):
        place = f"witness.laws[{number}]"
        need(isinstance(law, dict), place, "is no law")
        if law.get("kind") == "matrix" and isinstance(model, ProgramModel):
            model.check_matrix_law(law, place)
        elif law.get("kind") == "polynomial" and isinstance(model, PolynomialModel):
            failure = model.annihilates(law_terms(law, model.variables, place))
            need(failure is None, place, f"is not conserved: {failure}")
        elif law.get("kind") == "differential" and isinstance(model, PolynomialModel):
            check_differential(model, law, place)
        elif law.get("kind") == "elementary" and isinstance(model, PolynomialModel):
            ElementaryLaw(model, law, place).check()
        else:
            raise RefutedError(place, f"is of a kind that cannot be checked on a {data.get('kind')!r}")
    return f"{len(laws)} laws were checked as identities"


def _numerators(model: Model, law: dict[str, Any], place: str) -> list[list[tuple[int, tuple[int, ...]]]]:
    stored = law.get("numerators")
    need(
        isinstance(stored, list) and len(stored) == model.dimension, place, "has not one numerator for each coordinate"
    )
    assert isinstance(stored, list)
    return [law_terms({"terms": terms}, model.variables, place) if terms else [] for terms in stored]


def check_differential(model: PolynomialModel, law: dict[str, Any], place: str) -> None:
    """Refute unless sum_a v_a P_a vanishes for every generator, P_a being the numerators of the differential."""
    slopes = dict(zip(model.coordinates, _numerators(model, law, place), strict=True))
    total: dict[tuple[int, tuple[int, ...]], int] = {}
    for generator, k, value, monomial in model.components:
        for coefficient, other in slopes[k]:
            key = generator, tuple(sorted(monomial + other))
            total[key] = total.get(key, 0) + value * coefficient
    moved = any(total.values()) or not any(slopes.values())
    need(not moved, place, "is not conserved: a generator does not annihilate it")
    denominator = law_terms({"terms": law.get("denominator")}, model.variables, place)
    need(_is_closed(slopes, denominator), place, "is the differential of no function: it is not closed")


def _is_closed(slopes: dict[int, list[Term]], denominator: list[Term]) -> bool:
    """Whether d(P / Q) = 0: Q (P_a,b - P_b,a) = P_a Q,b - P_b Q,a for all coordinates a, b."""
    for a, b in itertools.combinations(sorted(slopes), 2):
        total: Counter[tuple[int, ...]] = Counter()
        for sign, left, right in (
            (1, denominator, _derivative(slopes[a], b)),
            (-1, denominator, _derivative(slopes[b], a)),
            (-1, slopes[a], _derivative(denominator, b)),
            (1, slopes[b], _derivative(denominator, a)),
        ):
            for x, first in left:
                for y, second in right:
                    total[tuple(sorted(first + second))] += sign * x * y
        if any(total.values()):
            return False
    return True


def _derivative(terms: list[Term], k: int) -> list[Term]:
    out = []
    for value, monomial in terms:
        if k in monomial:
            spot = monomial.index(k)
            out.append((value * monomial.count(k), monomial[:spot] + monomial[spot + 1 :]))
    return out


def check_not_conserved(witness: dict[str, Any], verdict: str, claim: str) -> str:
    """At the stored point, mod the stored prime, the stored generator moves the function."""
    need(verdict == "refuted", "verdict", f"is {verdict}, but the witness is a counterexample")
    model = stored_model(witness.get("model"))
    law = witness.get("law")
    need(isinstance(law, dict) and law.get("kind") in ("polynomial", "differential"), "witness.law", "is no function")
    assert isinstance(law, dict)
    point = integers(witness.get("point"), "witness.point")
    need(len(point) == model.variables, "witness.point", f"has {len(point)} values, not {model.variables}")
    generator = integer(witness.get("generator"), "witness.generator")
    need(generator < model.number, "witness.generator", f"is {generator} of {model.number}")
    p = check_prime(witness.get("prime"), "witness.prime")
    unit = np.zeros((1, model.number), dtype=np.int64)
    unit[0, generator] = 1
    where = [np.asarray([[x % p for x in point]], dtype=np.int64)]
    field = model.combine(unit, where, p)[0][0].tolist()
    value = {k: x % p for k, x in enumerate(point)}
    if law["kind"] == "polynomial":
        terms = law_terms(law, model.variables, "witness.law")
        gradient = polynomial_gradient(terms, value, model.coordinates, p)
    else:
        gradient = [_value(terms, value, p) for terms in _numerators(model, law, "witness.law")]
    rate = sum(a * b for a, b in zip(field, gradient, strict=True)) % p
    need(rate != 0, "witness.point", "the function does not move there")
    need(rate == witness.get("rate"), "witness.rate", f"is {witness.get('rate')}, but the rate is {rate}")
    return f"generator {generator + 1} changes the function at the stored point: the rate is {rate} mod {p}"


def _value(terms: list[tuple[int, tuple[int, ...]]], value: dict[int, int], p: int) -> int:
    total = 0
    for coefficient, monomial in terms:
        product = coefficient
        for k in monomial:
            product = product * value[k] % p
        total += product
    return total % p
