"""Laws of separable metrics: sums of functions of one parameter each.

With theta_k' = -m_k(theta_k) dL/dtheta_k, and v orthogonal to the exponents of every monomial of phi, the function
h_v = sum_k v_k int s / m_k(s) ds is conserved: its derivative along M grad phi_i is sum_k v_k theta_k d phi_i/d theta_k,
and every monomial is multiplied there by its exponents paired with v. No metric enters but through the integrals.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from symdyn.algebra.echelon import Echelon
from symdyn.algebra.prime_field import PrimeField
from symdyn.algebra.primes import prime
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.law import Law
from symdyn.dynamics.law_forms import SeparableForm
from symdyn.dynamics.phase_space import PhaseSpace
from symdyn.laws.evidence import Evidence, independence_data
from symdyn.laws.monomial import exponent_kernel, is_monomial


def separable_laws(space: PhaseSpace, seed: int) -> list[Law]:
    """A basis of the laws h_v of a gradient flow in a separable metric."""
    kernel, _ = exponent_kernel(space.seen.factors, space.parameters, PrimeField(prime(23)), seed)
    return [_law(space, vector) for vector in kernel]


def monomial_count(space: PhaseSpace, seed: int) -> Evidence | None:
    """The exact count where every output seen by the loss is a monomial; None where one is not.

    The generators are M grad phi_i = phi_i diag(m_k / theta_k) E_i, of the rank of the exponents E where nothing
    vanishes, and D - rank E laws h_v are independent.
    """
    if not is_monomial(space.seen) or not space.seen.number:
        return None
    field = PrimeField(prime(23))
    kernel, echelon = exponent_kernel(space.seen.factors, space.parameters, field, seed)
    laws = [_law(space, vector) for vector in kernel]
    independent = Echelon(field, space.parameters)
    point = field.array(list(range(1, space.variables + 1)))
    rows = [gradient_at(space, law, [int(x) for x in point.tolist()], field.p) for law in laws]
    if rows:
        independent.add(field.array(rows), list(range(len(rows))))
    count = space.parameters - echelon.rank
    return Evidence(
        dimension=space.parameters,
        lower=independent.rank,
        upper=count,
        exhibited=independent.rank,
        laws=laws,
        verdict=Verdict.PROVED if independent.rank == count else Verdict.UNDECIDED,
        method=[
            f"no more: the exponents of the monomials have rank {echelon.rank}, by a minor that is not zero "
            f"(mod {field.p})",
            "no fewer: the laws come from the integer kernel of the exponents and integrals of one variable",
        ],
        witness={
            "by": "exponents",
            "prime": field.p,
            "point": list(range(1, space.variables + 1)),
            "rank": independence_data(echelon),
            "laws": [law.form.to_data() for law in laws],
            "independence": independence_data(independent),
        },
        levels=(echelon.rank,),
    )


def gradient_at(space: PhaseSpace, law: Law, point: list[int], p: int) -> list[int]:
    """Gradient of h_v at a point mod p: v_k theta_k / m_k."""
    out = [0] * space.parameters
    for k, weight in law.form.weights:
        entry, below = _metric_entry(space, k)
        value = _value(entry, point, p)
        out[k] = weight * point[k] * _value(below, point, p) * pow(value, -1, p) % p
    return out


def _metric_entry(space: PhaseSpace, k: int) -> tuple[Any, Any]:
    if space.metric is None:
        return {(): 1}, {(): 1}
    entries, below = space.metric.terms
    return entries[k, k], below


def _value(terms: Any, point: list[int], p: int) -> int:
    total = 0
    for monomial, value in terms.items():
        product = value
        for place, power in monomial:
            product = product * pow(point[place], power, p) % p
        total += product
    return total % p


def _law(space: PhaseSpace, vector: list[int]) -> Law:
    diagonal = (
        (sp.Integer(1),) * space.parameters
        if space.metric is None or space.metric.diagonal is None
        else space.metric.diagonal
    )
    weights = tuple((k, v) for k, v in enumerate(vector) if v)
    return Law(SeparableForm(space.coords, weights, tuple(diagonal[k] for k, _ in weights)), source="scaling symmetry")
