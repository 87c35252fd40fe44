"""Two-layer networks with a homogeneous activation or with a gate."""

from __future__ import annotations

import difflib
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import sympy as sp

from symdyn.errors import ModelError
from symdyn.networks.programs.formula_network import (
    FormulaNetwork,
    PredictorNetwork,
    matrix_of_symbols,
    refuse_many_terms,
)
from symdyn.networks.programs.words import checked_sizes

Rows = list[list[sp.Symbol]]
_SEPARATED = "the inputs tell the hidden neurons apart"


def homogeneous(inputs: int, hidden: int, outputs: int, *, power: int = 2, bias: bool = False) -> FormulaNetwork:
    """Two layers with a positively k-homogeneous activation such as relu(t)^k: u_j relu(v_j . x + b_j)^k.

    Where the neurons switch at different inputs, the model sees each apart, through u_j v_j^(tensor power k): the laws
    are k |u_j|^2 - |v_j|^2 - b_j^2, one for each hidden neuron (derived from the published public statement).

    Parameters
    ----------
    inputs, hidden, outputs
        Widths.
    power
        k, the degree of homogeneity.
    bias
        Whether hidden neurons have biases.

    Raises
    ------
    ModelError
        If one is not a positive integer, or there are too many monomials.

    Examples
    --------
    >>> homogeneous(2, 1, 1).outputs
    (u_1*v_1**2, u_1*v_1*v_2, u_1*v_2**2)
    """
    inputs, hidden, outputs, power = checked_sizes(
        "homogeneous", inputs=inputs, hidden=hidden, outputs=outputs, power=power
    )
    described = f"widths {inputs}-{hidden}-{outputs}, power {power}" + (", hidden biases" if bias else "")
    name = "network with a homogeneous activation"
    places = inputs + bool(bias)
    refuse_many_terms(f"{name} of {described}", outputs * hidden * math.comb(places + power - 1, power))
    u, v = matrix_of_symbols("u", hidden, outputs), matrix_of_symbols("v", hidden, inputs)
    b = [row[0] for row in matrix_of_symbols("b", hidden, 1)] if bias else []
    into = [[*row, *b[j : j + 1]] for j, row in enumerate(v)]
    monomials = [
        scale * sp.Mul(*chosen)
        for row, entries in zip(u, into, strict=True)
        for scale in row
        for chosen in itertools.combinations_with_replacement(entries, power)
    ]
    coords = (*itertools.chain(*u), *itertools.chain(*v), *b)
    return FormulaNetwork(coords, tuple(monomials), (), name, described, (_SEPARATED,))


#: Gates that are no polynomials: the network is a Predictor and its answer holds for all inputs.
GATES: Mapping[str, tuple[str, Callable[[sp.Expr], sp.Expr]]] = {
    "sigmoid": ("gated linear unit (GLU)", lambda t: 1 / (1 + sp.exp(-t))),
    "silu": ("SwiGLU unit", lambda t: t / (1 + sp.exp(-t))),
    "gelu": ("GEGLU unit", lambda t: t * (1 + sp.erf(t / sp.sqrt(2))) / 2),
    "tanh": ("gated tanh unit", sp.tanh),
}


def gated(
    inputs: int, hidden: int, outputs: int, *, gate: str | Sequence[int | Fraction] = (1, 1, 3)
) -> FormulaNetwork | PredictorNetwork:
    """Gated linear unit: sum_k c_k (a_k . x) s(b_k . x) with a gate s.

    Gates by name: "sigmoid" (GLU), "silu" or "swish" (SwiGLU), "gelu" (GEGLU), "tanh", "identity" (bilinear unit),
    "relu" (ReGLU). Or a polynomial, by its coefficients.

    Laws: |a_k|^2 - |c_k|^2, and none on the gate b_k unless s is homogeneous of degree p: then p |c_k|^2 - |b_k|^2 too
    (derived, for each size asked for; announced for such gates by Tran et al., arXiv 2606.17816).

    Parameters
    ----------
    inputs, hidden, outputs
        Widths.
    gate
        A name; or the coefficients of t, t^2, t^3, ... in s(t), integers or Fractions: (1,) is the bilinear unit.

    Returns
    -------
    FormulaNetwork or PredictorNetwork
        The second, with inputs x_1, x_2, ..., for gates that are no polynomials.

    Raises
    ------
    ModelError
        If a size is not a positive integer, the gate is not known, has no non-zero coefficient or one that is not
        exact, or there are too many terms.

    Examples
    --------
    >>> gated(2, 1, 1, gate="silu").name
    'SwiGLU unit'
    """
    inputs, hidden, outputs = checked_sizes("gated", inputs=inputs, hidden=hidden, outputs=outputs)
    a, b = matrix_of_symbols("a", hidden, inputs), matrix_of_symbols("b", hidden, inputs)
    c = matrix_of_symbols("c", hidden, outputs)
    coords = tuple(itertools.chain(*a, *b, *c))
    described = f"widths {inputs}-{hidden}-{outputs}"
    known = {"swish": "silu", "identity": (1,), "relu": (1,)}.get(gate, gate) if isinstance(gate, str) else gate
    if isinstance(known, str):
        return _transcendental(a, b, c, known, described)
    scales = _checked_gate(known)
    name, hypotheses = "gated linear unit", tuple[str, ...]()
    if gate == "relu":
        name, hypotheses = "ReGLU unit", ("a region of fixed activations, with open gates", _SEPARATED)
    elif len(scales) == 1:
        name = "bilinear unit"
    described += "" if gate == "relu" else f", gate of degree {len(scales)}"
    number = sum(math.comb(inputs + degree, degree + 1) * (degree + 1) for degree in range(1, len(scales) + 1))
    refuse_many_terms(f"{name} of {described}", outputs * hidden * number)
    neurons = [range(hidden)] if gate != "relu" else [range(k, k + 1) for k in range(hidden)]
    entries = [
        scale * sp.Add(*(c[k][out] * _coefficient(a[k], b[k], exponent) for k in together))
        for together in neurons  # ReLU gates that open at different inputs are seen one by one
        for out in range(outputs)
        for degree, scale in enumerate(scales, start=1)
        if scale
        for exponent in _exponents(inputs, degree + 1)
    ]
    return FormulaNetwork(coords, tuple(entries), (), name, described, hypotheses)


def _transcendental(a: Rows, b: Rows, c: Rows, gate: str, described: str) -> PredictorNetwork:
    """The gated unit as a model of parameters and inputs."""
    if gate not in GATES:
        near = difflib.get_close_matches(gate, GATES, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ModelError(
            f"gated got the gate {gate!r}: {hint}gates are {', '.join(GATES)}, swish, identity and relu, or the "
            "coefficients of t, t^2, ... in a polynomial"
        )
    name, s = GATES[gate]
    x = [sp.Symbol(f"x_{place}") for place in range(1, len(a[0]) + 1)]
    refuse_many_terms(f"{name} of {described}", len(a) * len(c[0]) * len(x) ** 2)

    def line(row: list[sp.Symbol]) -> sp.Expr:
        return sp.Add(*(weight * value for weight, value in zip(row, x, strict=True)))

    units = [line(a[k]) * s(line(b[k])) for k in range(len(a))]
    outputs = [sp.Add(*(c[k][out] * unit for k, unit in enumerate(units))) for out in range(len(c[0]))]
    coords = tuple(itertools.chain(*a, *b, *c))
    return PredictorNetwork(coords, tuple(x), tuple(outputs), name=name, description=described)


def _checked_gate(gate: Any) -> list[sp.Rational]:
    if not isinstance(gate, Sequence) or isinstance(gate, str) or not any(gate):
        raise ModelError(f"gated got the gate {gate!r}: give the coefficients of t, t^2, ..., as in (1, 1, 3)")
    for scale in gate:
        if isinstance(scale, bool) or not isinstance(scale, (int, Fraction, sp.Rational)):
            raise ModelError(f"gated got the coefficient {scale!r}: give integers or Fractions, laws are exact")
    return [sp.Rational(scale.numerator, scale.denominator) for scale in gate]


def _exponents(length: int, degree: int) -> Iterator[tuple[int, ...]]:
    """Exponent vectors of all monomials of a degree."""
    for chosen in itertools.combinations_with_replacement(range(length), degree):
        yield tuple(chosen.count(place) for place in range(length))


def _coefficient(a: Sequence[sp.Symbol], b: Sequence[sp.Symbol], exponent: tuple[int, ...]) -> sp.Expr:
    """Coefficient of x^exponent in (a . x)(b . x)^(degree - 1)."""
    total = []
    for place, power in enumerate(exponent):
        if power:
            rest = [e - (other == place) for other, e in enumerate(exponent)]
            ways = math.factorial(sum(rest)) // math.prod(map(math.factorial, rest))
            total.append(ways * a[place] * sp.Mul(*(entry**e for entry, e in zip(b, rest, strict=True))))
    return sp.Add(*total)
