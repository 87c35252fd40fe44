"""Splitting of a solution set into parts of one dimension each: by factors, and along free unknowns.

Where an element of the basis factors, the set is the union over its factors. Else, with u a largest set of unknowns in
which no leading monomial lies and h the product of the leading coefficients in u of a basis over Q(u), the part where h
is not 0 has the dimension |u| throughout, and the rest is split again (Gianni, Trager and Zacharias).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.programs.fractions_of_polynomials import irreducible_factors, ring
from symdyn.algebra.zeros.groebner import BasisTooLargeError, Exponents, dimension, groebner_basis, independent, leading

_MOST_PIECES = 200


@dataclass(frozen=True)
class Component:
    """A part of a solution set.

    Parameters
    ----------
    basis
        Reduced Groebner basis of polynomials that vanish on it.
    dimension
        Its dimension, at every point of it.
    free
        Unknowns that are independent on it, as many.
    """

    basis: tuple[Any, ...]
    dimension: int
    free: tuple[int, ...]


def components(equations: Sequence[Any], poles: Sequence[Any], unknowns: int) -> list[Component]:
    """Parts whose union is the set of complex solutions where no pole vanishes, closed up; none lies in another.

    Raises
    ------
    BasisTooLargeError, OutOfTimeError
        Where that is out of reach.

    Examples
    --------
    >>> x, y = ring(2).gens()
    >>> [(part.dimension, part.basis) for part in components([x*y, y*(x - 1 + y)], [], 2)]
    [(1, (x1,)), (0, (x1 - 1, x0))]
    """
    waiting = [list(equations)]
    found: list[Component] = []
    pieces = 0
    while waiting:
        pieces += 1
        check_time()
        if pieces > _MOST_PIECES:
            raise BasisTooLargeError(f"the solutions split into more than {_MOST_PIECES} parts")
        basis = groebner_basis(without_poles(waiting.pop(), poles, unknowns), unknowns)
        size = dimension(basis, unknowns)
        if size < 0 or any(contains(part, basis, unknowns) for part in found):
            continue
        factors = _factors(basis)
        if factors:
            waiting += [[*basis, factor] for factor in factors]
            continue
        free = independent(basis, unknowns)
        if size == 0:
            found.append(Component(tuple(basis), 0, ()))
            continue
        edges = _edges(basis, free, unknowns)
        waiting += [[*basis, edge] for edge in edges]
        part = groebner_basis(without_poles(basis, edges, unknowns), unknowns)
        factors = _factors_over_free(part, free, unknowns)
        if factors:
            waiting += [[*part, factor] for factor in factors]
        else:
            found.append(Component(tuple(part), size, free))
    return _largest(found, unknowns)


def contains(part: Component, basis: Sequence[Any], unknowns: int) -> bool:
    """Whether the solutions of a basis all lie in a part: each polynomial of the part vanishes on them."""
    return all(_vanishes_on(polynomial, basis, unknowns) for polynomial in part.basis)


def _vanishes_on(polynomial: Any, basis: Sequence[Any], unknowns: int) -> bool:
    context = ring(unknowns + 1)
    inverse = context.gens()[unknowns]
    lifted = [_placed(p, context, 0) for p in (*basis, polynomial)]
    lifted[-1] = inverse * lifted[-1] - 1
    return dimension(groebner_basis(lifted, unknowns + 1), unknowns + 1) < 0


def _largest(found: Sequence[Component], unknowns: int) -> list[Component]:
    kept: list[Component] = []
    for part in sorted(found, key=lambda one: -one.dimension):
        if not any(contains(other, part.basis, unknowns) for other in kept):
            kept.append(part)
    return kept


def _factors(basis: Sequence[Any]) -> list[Any]:
    """The factors of an element that has several, or one that repeats; none if there is no such element."""
    for polynomial in basis:
        factors = irreducible_factors(polynomial)
        if len(factors) > 1 or (factors and factors[0].total_degree() < polynomial.total_degree()):
            return factors
    return []


def _edges(basis: Sequence[Any], free: Sequence[int], unknowns: int) -> list[Any]:
    """Irreducible factors of the leading coefficients, in the free unknowns, of a basis over the fractions in them."""
    order = [k for k in range(unknowns) if k not in free] + list(free)
    context = ring(unknowns, "lex")
    turned = groebner_basis([_permuted(p, order, context) for p in basis], unknowns, "lex")
    above = unknowns - len(free)
    back = ring(unknowns)
    found: list[Any] = []
    for polynomial in turned:
        lead = leading(polynomial)[:above]
        table = {}
        for powers, value in polynomial.to_dict().items():
            full = tuple(map(int, powers))
            if full[:above] == lead:
                place = [0] * unknowns
                for k, e in zip(order[above:], full[above:], strict=True):
                    place[k] = e
                table[tuple(place)] = int(value)
        found += [f for f in irreducible_factors(back.from_dict(table)) if f not in found]
    return found


def _factors_over_free(part: Sequence[Any], free: Sequence[int], unknowns: int) -> list[Any]:
    """Factors of the equation of one more unknown over the free ones; none where each equation is irreducible."""
    back = ring(unknowns)
    others = [k for k in range(unknowns) if k not in free]
    for last in reversed(others):
        order = [*(k for k in others if k != last), last, *free]
        context = ring(unknowns, "lex")
        try:
            basis = groebner_basis([_permuted(p, order, context) for p in part], unknowns, "lex")
        except BasisTooLargeError:  # the part is left as it is
            continue
        place = len(others) - 1
        equation = next((p for p in basis if leading(p)[place] and not any(leading(p)[:place])), None)
        factors = [] if equation is None else irreducible_factors(equation)
        if len(factors) > 1:
            backwards = sorted(range(unknowns), key=lambda k: order[k])
            return [_permuted(factor, backwards, back) for factor in factors]
    return []


def without_poles(equations: Sequence[Any], poles: Sequence[Any], unknowns: int) -> list[Any]:
    """Equations of the closure of the solutions where no pole vanishes: the inverse of their product is eliminated."""
    if not poles:
        return list(equations)
    context = ring(unknowns + 1, "lex")
    product = context.gens()[0]
    for pole in poles:
        product = product * _placed(pole, context, 1)
    basis = groebner_basis([*(_placed(p, context, 1) for p in equations), product - 1], unknowns + 1, "lex")
    back = ring(unknowns)
    kept = [p for p in basis if not leading(p)[0]]
    return [back.from_dict({tuple(map(int, m))[1:]: int(c) for m, c in p.to_dict().items()}) for p in kept]


def _placed(polynomial: Any, context: Any, before: int) -> Any:
    """The polynomial with so many more unknowns before its own, and the rest after them."""
    after = context.nvars() - polynomial.context().nvars() - before
    table = {}
    for powers, value in polynomial.to_dict().items():
        table[(*(0,) * before, *map(int, powers), *(0,) * after)] = int(value)
    return context.from_dict(table)


def _permuted(polynomial: Any, order: Sequence[int], context: Any) -> Any:
    def turned(powers: Exponents) -> Exponents:
        return tuple(int(powers[k]) for k in order)

    return context.from_dict({turned(powers): int(value) for powers, value in polynomial.to_dict().items()})
