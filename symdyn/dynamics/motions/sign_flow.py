"""Sign flow theta' = -sign(grad L): locally constant velocities, whose span is read off parallel columns.

Near a generic point the possible velocities are the sign vectors of c^T dphi. Two parameters whose columns of dphi are
parallel for all theta always move alike or oppositely; across a wall where one class changes its sign nothing else
does, so each class moves by itself, and the span has one dimension for each class (derived here).
"""

from __future__ import annotations

import random

from symdyn.algebra.polynomials.terms import IntegerTerms, Monomial, plus, times
from symdyn.dynamics.motions.free_motion import Field

#: Values at which the signs are taken are drawn from 1 to this.
_LARGEST = 10**6


def sign_fields(gradients: list[Field], D: int, variables: int) -> list[Field]:
    """One constant field for each class of parallel columns of the Jacobian, in a region of positive parameters.

    Parameters
    ----------
    gradients
        Of the outputs seen by the loss, over `variables` variables.
    D
        Number of parameters.
    """
    rng = random.Random(0)
    point = [rng.randint(1, _LARGEST) for _ in range(variables)]
    columns = {k: [g.get(k, {}) for g in gradients] for k in range(D)}
    classes: list[Field] = []
    heads: list[int] = []
    for k, column in columns.items():
        if not any(column):
            continue
        for place, head in enumerate(heads):
            if _parallel(columns[head], column):
                classes[place][k] = {(): _sign(columns[head], column, point)}
                break
        else:
            heads.append(k)
            classes.append({k: {(): 1}})
    return classes


def _parallel(first: list[IntegerTerms], second: list[IntegerTerms]) -> bool:
    """Whether all 2 x 2 minors vanish identically; it is enough to pair with one row that does not."""
    pivot = next(i for i, entry in enumerate(first) if entry)
    return not any(
        plus([(1, times(first[pivot], b)), (-1, times(a, second[pivot]))]) for a, b in zip(first, second, strict=True)
    )


def _sign(first: list[IntegerTerms], second: list[IntegerTerms], point: list[int]) -> int:
    pivot = next(i for i, entry in enumerate(first) if entry)
    return 1 if _value(first[pivot], point) * _value(second[pivot], point) > 0 else -1


def _value(terms: IntegerTerms, point: list[int]) -> int:
    total = 0
    for monomial, value in terms.items():
        total += value * _monomial(monomial, point)
    return total


def _monomial(monomial: Monomial, point: list[int]) -> int:
    product = 1
    for place, power in monomial:
        product *= point[place] ** power
    return product
