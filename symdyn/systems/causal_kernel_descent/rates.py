"""How fast errors fall on linear sequences: roots of Q(z) = sum_k w_k prod_{j != k} (z - lambda_j)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import whole
from symdyn.numerics.enclosure import Enclosure
from symdyn.numerics.kernels.gram import Kernel, gram
from symdyn.numerics.kernels.numbers import Array, is_exact, number_array
from symdyn.numerics.root_moduli import EnclosedRoots, rate_of_roots

Z = sp.Symbol("z")
_EQUAL = 1e-12
_UNIT = 1e-9


@dataclass(frozen=True, kw_only=True)
class Rate:
    """The factor by which errors fall in each step, in the long run.

    Parameters
    ----------
    value
        The largest modulus of a root; an Enclosure for exact input.
    roots
        Complex numbers, the largest modulus first.
    verdict
        PROVED for exact input, OBSERVED for floats.
    certificate
        Of the bounds of `value`; None for floats and where there is no root.
    enclosed
        The discs of the roots, for exact input.
    """

    value: Any
    roots: Array
    verdict: Verdict
    certificate: Certificate | None
    enclosed: EnclosedRoots | None = None

    def __float__(self) -> float:
        return float(self.value)


def rate_polynomial(multipliers: Any, weights: Any) -> Any:
    """Q(z) = sum_k w_k prod_{j != k} (z - lambda_j), of degree d - 1.

    Parameters
    ----------
    multipliers
        Eigenvalues lambda of the unitary map, (d,), |lambda| = 1; equal ones are merged.
    weights
        w_k = |x_{1, k}|^2, (d,), not negative; modes of weight zero are dropped.

    Returns
    -------
    sp.Poly in z for exact numbers and symbols; complex coefficients, the highest power first, for floats.

    Raises
    ------
    ModelError, ShapeError
        If a weight is negative, all are zero, or a multiplier is not on the unit circle.

    Examples
    --------
    >>> rate_polynomial([1, -1], [sp.Rational(3, 4), sp.Rational(1, 4)])
    Poly(z + 1/2, z, domain='QQ')
    """
    values, sizes = modes(multipliers, weights)
    if isinstance(values, np.ndarray):
        return sum(w * np.poly(np.delete(values, k)) for k, w in enumerate(sizes))
    gaussian = any(value.has(sp.I) for value in values) and all(_parts(value) is not None for value in values)
    options = {"domain": sp.QQ_I} if gaussian and all(size.is_Rational for size in sizes) else {}
    # sums of the products of all but one, from those of fewer factors: 2 d multiplications
    product, total = sp.Poly(1, Z, **options), sp.Poly(0, Z, **options)
    for value, size in zip(values, sizes, strict=True):
        factor = sp.Poly([1, -value], Z, **options)
        total, product = total * factor + size * product, product * factor
    return total


def modes(multipliers: Any, weights: Any) -> tuple[Any, Any]:
    """Different multipliers with their weights, in exact numbers or as arrays."""
    if is_exact(list(multipliers)) or is_exact(list(weights)):
        return _exact_modes(list(multipliers), list(weights))
    values, sizes = number_array(multipliers, "the multipliers", ndim=1), number_array(weights, "the weights", ndim=1)
    if values.shape != sizes.shape:
        raise ShapeError(f"{len(values)} multipliers came with {len(sizes)} weights: give one for each")
    if np.iscomplexobj(sizes) or (sizes < 0).any() or not sizes.any():
        raise ModelError("the weights are complex, negative or all zero: give |x_1k|^2, of which one is positive")
    beyond = np.abs(np.abs(values) - 1)
    if beyond.max() > _UNIT:
        worst = values[beyond.argmax()]
        raise ModelError(f"the multiplier {worst} has modulus {abs(worst):.6g}: a unitary map has those of modulus 1")
    kept, total = list[complex](), list[float]()
    for value, size in zip(values.astype(complex).tolist(), sizes.tolist(), strict=True):
        place = next((k for k, other in enumerate(kept) if abs(other - value) < _EQUAL), None)
        if size > 0 and place is None:
            kept.append(value)
            total.append(size)
        elif place is not None:
            total[place] += size
    return np.array(kept), np.array(total)


def _exact_modes(multipliers: Sequence[Any], weights: Sequence[Any]) -> tuple[list[sp.Expr], list[sp.Expr]]:
    if len(multipliers) != len(weights):
        raise ShapeError(f"{len(multipliers)} multipliers came with {len(weights)} weights: give one for each")
    try:
        values, sizes = (list(sp.Matrix([list(part)])) for part in (multipliers, weights))
    except (TypeError, ValueError):
        raise ModelError(f"{came(multipliers)} or {came(weights)} holds something that is no number") from None
    for value in values:
        if not value.free_symbols and not _is_unit(value):
            raise ModelError(f"the multiplier {value} has modulus {sp.Abs(value)}: a unitary map has those of 1")
    if any(size.is_negative or size.is_real is False for size in sizes) or all(size.is_zero for size in sizes):
        raise ModelError("the weights are complex, negative or all zero: give |x_1k|^2, of which one is positive")
    kept, total = list[sp.Expr](), list[sp.Expr]()
    for value, size in zip(values, sizes, strict=True):
        if size.is_zero:
            continue
        place = next((k for k, other in enumerate(kept) if _are_equal(other, value)), None)
        if place is None:
            kept.append(value)
            total.append(size)
        else:
            total[place] += size
    return kept, total


def _parts(value: sp.Expr) -> tuple[sp.Expr, sp.Expr] | None:
    """Real and imaginary part, if both are rational."""
    parts = value.as_real_imag() if not value.free_symbols else (value, value)
    return parts if all(part.is_Rational for part in parts) else None


def _is_unit(value: sp.Expr) -> bool:
    parts = _parts(value)
    if parts is not None:
        return bool(parts[0] ** 2 + parts[1] ** 2 == 1)
    return bool(sp.Abs(value) == 1 or sp.simplify(value * sp.conjugate(value) - 1) == 0)


def _are_equal(one: sp.Expr, other: sp.Expr) -> bool:
    if _parts(one) is not None and _parts(other) is not None:
        return _parts(one) == _parts(other)
    return bool((one - other).equals(0))


def convergence_rate(multipliers: Any, weights: Any) -> Rate:
    """The largest modulus of a root of Q: the rate of the linear kernel on x_{t+1} = Omega x_t, Omega unitary.

    Floats: eigenvalues of Omega compressed to the complement of x_1, which are the roots. Exact numbers: discs that
    hold the roots, in balls, with a certificate.

    Parameters
    ----------
    multipliers, weights
        As of `rate_polynomial`.

    Raises
    ------
    ModelError, ShapeError
        As `rate_polynomial`.

    Examples
    --------
    >>> i = sp.I
    >>> rate = convergence_rate([(3 + 4*i) / 5, (3 - 4*i) / 5], [sp.Rational(1, 2)] * 2)
    >>> rate.value.contains(sp.Rational(3, 5)), rate.verdict
    (True, Verdict.PROVED)
    """
    values, sizes = modes(multipliers, weights)
    if len(values) == 1:
        exact = not isinstance(values, np.ndarray)
        zero: Any = Enclosure(Fraction(0), Fraction(0)) if exact else 0.0
        none = np.zeros(0, dtype=complex)
        return Rate(value=zero, roots=none, verdict=Verdict.PROVED if exact else Verdict.OBSERVED, certificate=None)
    if isinstance(values, np.ndarray):
        x = np.sqrt(sizes / sizes.sum())
        basis = np.linalg.qr(np.column_stack([x, np.eye(len(x))[:, : len(x) - 1]]))[0][:, 1:]
        roots = np.linalg.eigvals(basis.T @ (values[:, None] * basis))
        roots = roots[np.argsort(-np.abs(roots), kind="stable")]
        return Rate(value=float(np.abs(roots[0])), roots=roots, verdict=Verdict.OBSERVED, certificate=None)
    coefficients = rate_polynomial(values, sizes).all_coeffs()[::-1]
    if any(coefficient.free_symbols for coefficient in coefficients):
        raise ModelError("a multiplier or weight has symbols: give numbers, or ask for rate_polynomial")
    found = rate_of_roots(coefficients)
    return Rate(
        value=found.modulus,
        roots=found.values(),
        verdict=Verdict.PROVED,
        certificate=found.certificate,
        enclosed=found,
    )


def circulant_weights(kernel: Kernel, period: int, *, exact: bool = False) -> Any:
    """Weights of the m-th roots of unity for a rotation by 2 pi/m under a kernel of the angle.

    They are the discrete Fourier transform of k(0), ..., k(m - 1) divided by m: not negative, with sum k(0).

    Parameters
    ----------
    kernel
        As of `gram`; of the plane.
    period
        m.
    exact
        Whether formulas are wanted.

    Returns
    -------
    Floats (m,), or a tuple of m formulas.

    Raises
    ------
    ModelError
        If the kernel does not depend on the angle alone.

    Examples
    --------
    >>> circulant_weights("linear", 4).round(12).tolist()
    [0.0, 0.5, 0.0, 0.5]
    """
    m = whole(period, "the period", least=1)
    if exact:
        angles = [2 * sp.pi * k / m for k in range(m)]
        G = gram(sp.Matrix([[sp.cos(a), sp.sin(a)] for a in angles]), kernel)
        row = [sp.simplify(G[0, k]) for k in range(m)]
        return tuple(sum(row[j] * sp.cos(k * angles[j]) for j in range(m)) / m for k in range(m))
    angle = 2 * np.pi * np.arange(m) / m
    G = gram(np.column_stack([np.cos(angle), np.sin(angle)]), kernel)
    turned = G[(np.arange(m)[:, None] + np.arange(m)) % m, np.arange(m)[:, None]]
    if np.abs(turned - turned[0]).max() > 1e-9 * np.abs(G).max() or not np.allclose(G, G.T):
        raise ModelError("the kernel changes under rotations of both tokens: it has no weights of roots of unity")
    weights = np.fft.fft(G[0]).real / m
    return np.where(np.abs(weights) < 1e-15, 0.0, weights)
