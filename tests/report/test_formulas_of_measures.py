"""Claims about measures are typeset: measures, polynomials of tilted means and heads as mathematics."""

from __future__ import annotations

import pytest
import sympy as sp

from symdyn.numerics.contexts.products import realise
from symdyn.numerics.contexts.separation import separating_head

R = sp.Rational
m, n = sp.symbols("m n")


@pytest.mark.parametrize(
    ("polynomial", "heads", "pieces"),
    [
        (
            m * n - n**2 / 3,
            [(1, 0), (R(1, 2), -1)],
            [r"$m_{1} m_{2} - \frac{m_{2}^{2}}{3}$", r"\frac{x}{2} - 1", "$[-1, 1]$"],
        ),
        (m, [((1, 2), -1, (0, 1))], ["$m_{1}$", r"\langle (1, 2), x \rangle - 1", "$[-1, 1]^{2}$"]),
    ],
)
def test_a_network_is_stated_with_its_polynomial_and_heads_as_formulas(polynomial, heads, pieces):
    symbols = sorted(polynomial.free_symbols, key=str)
    text = realise(polynomial, symbols, heads).certificate.latex()
    for piece in pieces:
        assert piece in text
    assert "m1" not in text


def test_measures_that_are_told_apart_are_sums_of_deltas():
    text = separating_head([[0, 0], [1, 1]], [[0, 1], [1, 0]]).latex()
    assert r"$\langle (1, 1), y \rangle$" in text
    assert r"\frac{1}{2} \delta_{(0, 0)}" in text
    assert "delta((" not in text
