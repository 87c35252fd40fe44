"""Laws in the constants of free motion, where the drift has nothing left to say.

Under theta'' + tau theta' = force the quantities p = E v and q = theta + f v are constant without forces (E = e^T with
T' = tau, f' = tau f - 1). If some data exert no force, every law is a function h(p, q); with theta = q - s p and s = f/E
the forces push along M grad phi(q - s p) . (d_p + s d_q) at every value of s, so h is annihilated by each coefficient of
s. Under theta' = force - lambda theta the same holds for q = E theta: the forces split by their degree in theta.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from math import comb

from symdyn.algebra.polynomials import SparsePolynomials, from_terms
from symdyn.algebra.terms import IntegerTerms, Monomial, plus, times, variable
from symdyn.dynamics.phase_space import Field, PhaseSpace
from symdyn.geometry.polynomial_fields import PolynomialFields


def free_motion_fields(space: PhaseSpace) -> PolynomialFields:
    """The fields whose laws h(p, q), or h(q) under weight decay, are the laws of the phase space.

    Variables: p_1, ..., p_D, q_1, ..., q_D (or q alone), then the constants of the base.
    """
    D = space.parameters
    if space.motion.formulation == "weight decay":
        return _packed([part for push in space.pushes for part in _by_degree(push, D)], D, space)
    fields = [field for push in space.pushes for field in _by_shift(push, D)]
    if not space.motion.has_time:  # laws that do not depend on time: constant along the free motion q' = p as well
        fields.append({D + k: variable(k) for k in range(D)})
    return _packed(fields, 2 * D, space)


def in_phase_space(space: PhaseSpace, laws: SparsePolynomials) -> SparsePolynomials:
    """Laws h(p, q) as polynomials in the variables of the phase space."""
    D, P = space.parameters, space.dimension
    factor = variable(P + len(space.constants)) if space.functions else {(): 1}
    shift = variable(P + len(space.constants) + 1) if len(space.functions) > 1 else {}
    images: list[IntegerTerms]
    if space.motion.formulation == "weight decay":
        images = [times(factor, variable(k)) for k in range(D)]
    else:
        images = [times(factor, variable(D + k)) for k in range(D)]
        images += [plus([(1, variable(k)), (1, times(shift, variable(D + k)))]) for k in range(D)]
    images += [variable(P + j) for j in range(len(getattr(space.base, "constants", ())))]
    made = []
    for law in laws.to_terms():
        parts = []
        for monomial, value in law.items():
            parts.append((value, times(*(images[k] for k, power in monomial for _ in range(power)))))
        made.append(plus(parts))
    return from_terms(made, space.variables)


def _packed(fields: list[Field], dimension: int, space: PhaseSpace) -> PolynomialFields:
    variables = dimension + len(getattr(space.base, "constants", ()))
    rows = [field.get(a, {}) for field in fields for a in range(dimension)]
    return PolynomialFields(dimension, len(fields), from_terms(rows, variables))


def _by_degree(push: Field, D: int) -> Iterator[Field]:
    """Parts of one degree in theta; each is pushed along by itself, since E takes every value."""
    degrees: dict[int, Field] = {}
    for k, terms in push.items():
        for monomial, value in terms.items():
            degree = sum(power for place, power in monomial if place < D)
            degrees.setdefault(degree, {}).setdefault(k, {})[monomial] = value
    yield from degrees.values()


def _by_shift(push: Field, D: int) -> Iterator[Field]:
    """Coefficients of s in v(q - s p) . (d_p + s d_q)."""
    found: dict[int, Field] = {}
    for k, terms in push.items():
        for degree, part in _shifted(terms, D).items():
            for place, power in ((k, degree), (D + k, degree + 1)):
                field = found.setdefault(power, {})
                field[place] = plus([(1, field.get(place, {})), (1, part)])
    yield from found.values()


def _shifted(terms: IntegerTerms, D: int) -> dict[int, IntegerTerms]:
    """The polynomial at theta = q - s p, by powers of s."""
    found: dict[int, IntegerTerms] = {}
    for monomial, value in terms.items():
        fixed = tuple((place + D, power) for place, power in monomial if place >= D)  # constants follow p and q
        moving = [(place, power) for place, power in monomial if place < D]
        for taken in itertools.product(*(range(power + 1) for _, power in moving)):
            weight = value
            powers: list[tuple[int, int]] = list(fixed)
            for (place, power), out in zip(moving, taken, strict=True):
                weight *= comb(power, out) * (-1) ** out
                powers += [(place, out)] * (out > 0) + [(D + place, power - out)] * (power > out)
            key: Monomial = tuple(sorted(powers))
            part = found.setdefault(sum(taken), {})
            part[key] = part.get(key, 0) + weight
    return found
