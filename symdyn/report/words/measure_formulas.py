"""Formulas in the claims of certificates about measures: measures, polynomials of tilted means, heads."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import sympy as sp

from symdyn.certificate.witness.measures import product_network, tilted_means
from symdyn.report.blocks import Formula


def formulas_of_measures(witness: Mapping[str, Any]) -> dict[str, Formula]:
    """Pieces of the claim of a certificate of tilted means or of a product network that are formulas."""
    if witness.get("kind") == tilted_means.TiltedMeansWitness.kind:
        return _of_tilted_means(tilted_means.TiltedMeansWitness.read(witness))
    if witness.get("kind") == product_network.ProductNetworkWitness.kind:
        return _of_network(product_network.ProductNetworkWitness.read(witness))
    return {}


def _of_tilted_means(record: tilted_means.TiltedMeansWitness) -> dict[str, Formula]:
    both = [record.first.text(), record.second.text()]
    if any(text.startswith("a measure of") for text in both):
        return {}
    pieces = [" and ".join(both)]
    latex = [r" \text{ and } ".join(map(_measure, (record.first, record.second)))]
    if len(record.direction) > 1:
        pieces.append(tilted_means.along_text(record))
        latex.append(rf"\langle ({', '.join(map(_number, record.direction))}), y \rangle")
    return {text: Formula(text, shown) for text, shown in zip(pieces, latex, strict=True)}


def _measure(one: tilted_means.Atoms) -> str:
    parts = []
    for weight, point in zip(one.weights, one.points, strict=True):
        inside = ", ".join(map(_number, point))
        shown = rf"\delta_{{({inside})}}" if len(point) > 1 else rf"\delta_{{{inside}}}"
        parts.append(shown if weight == 1 else rf"{_number(weight)} {shown}")
    return " + ".join(parts)


def _of_network(record: product_network.ProductNetworkWitness) -> dict[str, Formula]:
    names = sp.symbols(f"m_1:{len(record.heads) + 1}")
    constant, terms = product_network.polynomial_of(record)
    total = _rational(constant)
    for key, number in terms.items():
        total += _rational(number) * sp.prod([names[k] for k in key])
    x, y = sp.symbols("x y")
    heads = []
    for name, one in zip(names, record.heads, strict=True):
        if len(one.slope) == 1:
            value = sp.latex(_rational(one.direction[0]) * y)
            tilt = sp.latex(_rational(one.slope[0]) * x + _rational(one.offset))
        else:
            value, tilt = (
                rf"\langle ({', '.join(map(_number, row))}), {letter} \rangle"
                for row, letter in ((one.direction, "y"), (one.slope, "x"))
            )
            sign = "-" if one.offset < 0 else "+"
            tilt += f" {sign} {_number(abs(one.offset))}" if one.offset else ""
        heads.append(rf"{sp.latex(name)} = M\left({value}; {tilt}\right)")
    d = len(record.heads[0].slope)
    pieces = {
        product_network.cube_text(d): f"[-1, 1]{f'^{{{d}}}' if d > 1 else ''}",
        product_network.polynomial_text(record): sp.latex(total),
        product_network.heads_text(record): ", \\; ".join(heads),
    }
    return {text: Formula(text, latex) for text, latex in pieces.items()}


def _rational(value: Fraction) -> sp.Rational:
    return sp.Rational(value.numerator, value.denominator)


def _number(value: Fraction) -> str:
    return str(sp.latex(_rational(value)))
