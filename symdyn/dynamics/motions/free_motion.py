"""Fields on the constants of free motion, where the drift has nothing left to say.

Under theta'' + tau theta' = force the quantities p = E v and q = theta + f v are constant without forces, with E = e^T,
T' = tau, f' = tau f - 1. Where some data exert no force, every law is a function h(q, p). With theta = q + s p, where s
runs through an interval as time does, the forces push along F(q + s p) . (d_p - s d_q) at every s, so h is annihilated
by each coefficient of s. Under theta' = force - lambda theta the same holds for q = e^Lambda theta, and forces split by
their degree in theta.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import numpy as np
import sympy as sp

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.polynomials.sparse import SparsePolynomials, added_terms, to_expression
from symdyn.algebra.polynomials.terms import IntegerTerms, Monomial, plus, times, variable
from symdyn.dynamics.answers.elementary_form import ElementaryForm
from symdyn.dynamics.motions.motion import Motion, time
from symdyn.errors import ModelError
from symdyn.geometry.fields.polynomial_fields import PolynomialFields

#: A term of degree k has 2^k choices of factors; so many of all terms are looked at.
_MAX_CHOICES = 2_000_000
#: A field: component number to polynomial.
Field = dict[int, IntegerTerms]


def by_shift(forces: PolynomialFields, variables: int) -> PolynomialFields:
    """Coefficients of s in F(q + s p) . (d_p - s d_q), for each force F.

    Parameters
    ----------
    forces
        Fields in theta_1, ..., theta_D, then constants.
    variables
        Number of variables of the result: q_1, ..., q_D, p_1, ..., p_D, then constants.
    """
    D, terms = forces.dimension, forces.components
    force, place = np.divmod(terms.row, D)
    moving, width = terms.factors < D, terms.factors.shape[1]
    if terms.terms * 2**width > _MAX_CHOICES:
        raise ModelError(
            f"the forces have {terms.terms:,} terms of degree up to {width}, too many to be split by powers of time: "
            "give outputs of lower degree, or gradient flow"
        )
    shifted = np.where(terms.factors < terms.variables, terms.factors + D, variables)
    rows, coefficients, factors = [], [], []
    for choice in itertools.product((False, True), repeat=width):
        check_time()
        taken = np.asarray(choice, dtype=bool)  # the factors q + s p of which s p is taken
        chosen = np.flatnonzero((moving | ~taken).all(axis=1))
        monomials = np.where(moving[chosen] & ~taken, terms.factors[chosen], shifted[chosen])
        for component, power, sign in ((D + place[chosen], sum(choice), 1), (place[chosen], sum(choice) + 1, -1)):
            rows.append((force[chosen] * (width + 2) + power) * (2 * D) + component)
            coefficients.append(sign * terms.coefficient[chosen])
            factors.append(monomials)
    powers, row = np.unique(np.concatenate(rows) // (2 * D), return_inverse=True)
    added = added_terms(
        row * (2 * D) + np.concatenate(rows) % (2 * D),
        np.concatenate(coefficients),
        np.sort(np.concatenate(factors), axis=1),
    )
    return PolynomialFields(2 * D, len(powers), SparsePolynomials(variables, len(powers) * 2 * D, *added))


def by_degree(force: Field, D: int) -> Iterator[Field]:
    """Parts of one degree in theta; each pushes by itself, since e^Lambda takes every value of an interval."""
    degrees: dict[int, Field] = {}
    for k, terms in force.items():
        for monomial, value in terms.items():
            degree = sum(power for place, power in monomial if place < D)
            degrees.setdefault(degree, {}).setdefault(k, {})[monomial] = value
    yield from degrees.values()


def law_in_time(terms: Mapping[Monomial, int], D: int, symbols: tuple[sp.Symbol, ...], motion: Motion) -> sp.Expr:
    """A polynomial law in the constants of free motion as a function of theta, theta' and t, with its factor e^(k T).

    Parameters
    ----------
    terms
        The polynomial over `symbols`: theta, then theta' under momentum, then constants.
    D
        Number of parameters.
    """
    growth, shift = variable(len(symbols)), variable(len(symbols) + 1)

    def image(k: int) -> IntegerTerms:
        """A constant of free motion in terms of theta, theta', e^T and f."""
        if k < D and motion.has_momentum:
            return plus([(1, variable(k)), (1, times(shift, variable(D + k)))])
        is_scaled = k < (2 * D if motion.has_momentum else D)
        return times(growth, variable(k)) if is_scaled else variable(k)

    images = {k: image(k) for k in {k for monomial in terms for k, _ in monomial}}
    whole = plus(
        (value, times(*(images[k] for k, power in monomial for _ in range(power)))) for monomial, value in terms.items()
    )
    factor = motion.integrating_factor
    position = motion.position_factor if motion.has_momentum else sp.Integer(0)
    least = min(dict(monomial).get(len(symbols), 0) for monomial in whole)
    rest: IntegerTerms = {}
    for monomial, value in whole.items():
        powers = ((k, power - least * (k == len(symbols))) for k, power in monomial)
        rest[tuple((k, power) for k, power in powers if power)] = value
    shown = sp.Function("f")(time) if position is None else position
    body = to_expression(rest, (*symbols, factor, shown))
    return sp.Mul(factor**least, body, evaluate=least == 0 or factor == 1)


def elementary_law_in_time(form: ElementaryForm, D: int, symbols: tuple[sp.Symbol, ...], motion: Motion) -> sp.Expr:
    """A law with logarithms or a fraction, in the constants of free motion, as a function of theta, theta' and t."""
    constants = [law_in_time({((k, 1),): 1}, D, symbols, motion) for k in range(len(symbols))]
    shown = ElementaryForm(symbols, form.logarithms, form.numerator, form.denominator).expression()
    moved = shown.xreplace(dict(zip(symbols, constants, strict=True)))
    # where all degrees are 0, as in a/b, the factors e^T cancel
    return sp.cancel(moved) if form.is_rational else moved
