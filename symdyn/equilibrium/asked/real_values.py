"""Where formulas have real values: under roots, in logarithms and inverse functions, at powers with symbols."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy as sp

_WITHIN_ONE = (sp.asin, sp.acos, sp.atanh)


def not_negative_where_real(formulas: Sequence[sp.Expr]) -> dict[sp.Basic, sp.Expr]:
    """For each part that is real for some values only, what is not negative exactly there, its arguments being real.

    Examples
    --------
    >>> r, s = sp.symbols("r s", real=True)
    >>> not_negative_where_real([sp.sqrt(1 - sp.sqrt(r)), sp.log(s), r**2])
    {sqrt(r): r, sqrt(1 - sqrt(r)): 1 - sqrt(r), log(s): s}
    """
    found: dict[sp.Basic, sp.Expr] = {}
    for formula in formulas:
        for part in sp.postorder_traversal(formula):
            if part.free_symbols:
                found.update((part, edge) for edge in _edges(part) if not edge.is_nonnegative)
    return found


def _edges(part: sp.Basic) -> Iterator[sp.Expr]:
    if isinstance(part, sp.Pow):
        whole = part.exp.is_integer or (part.exp.is_Rational and part.base.is_number)
        if not whole and not (part.base.is_number and part.base.is_positive):
            yield part.base
    elif isinstance(part, sp.log):
        yield part.args[0]
    elif isinstance(part, _WITHIN_ONE):
        yield 1 - part.args[0] ** 2
    elif isinstance(part, sp.acosh):
        yield part.args[0] - 1
