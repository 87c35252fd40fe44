"""The ordering: which matrix a layer powers, and which of its eigenvalues wins.

Without residual the layer powers F and the largest |lambda| wins; with residual it powers I + F and the largest
|1 + lambda| wins; in pre-LN, where the step shrinks like 1/t, the largest Re lambda wins. The three may disagree.
For rational matrices of moderate size every comparison is exact: squared moduli and doubled real parts are roots of
rational polynomials whose roots are isolated in balls, so that equal keys are told from close ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.linear.spectrum import rational_matrix
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError
from symdyn.systems.power_method_transformer.matrices import as_array, as_matrix
from symdyn.systems.power_method_transformer.model import Layer

RULES = ("|lambda|", "|1+lambda|", "Re lambda")
RULE_OF_FORM = {"no residual": "|lambda|", "post-LN": "|1+lambda|", "pre-LN": "Re lambda"}
MOST_EXACT = 10
_CLOSE = 1e-9


@dataclass(frozen=True)
class Mode:
    """One eigenvalue of the matrix.

    Parameters
    ----------
    value
        As a floating number.
    multiplicity
        Algebraic.
    largest_block
        Size of its largest Jordan block.
    key
        What the rule compares, as a floating number.
    rank
        0 for the winners, 1 for the next ones, ...; equal for equal keys.
    """

    value: complex
    multiplicity: int
    largest_block: int
    key: float
    rank: int


@dataclass(frozen=True)
class Dominance:
    """What the rule selects, and of which type it is.

    Parameters
    ----------
    rule
        One of `RULES`.
    kind
        "simple real", "complex pair", "tie", "defective", "negative" (alternating in sign, or without growth in
        pre-LN), "multiple real" (several independent directions, all kept) or "nilpotent" (nothing survives).
    modes
        All eigenvalues, winners first.
    verdict
        PROVED for rational matrices up to size `MOST_EXACT`, OBSERVED for floats.
    """

    rule: str
    kind: str
    modes: tuple[Mode, ...]
    verdict: Verdict

    @property
    def leading(self) -> tuple[complex, ...]:
        """The winning eigenvalues."""
        return tuple(mode.value for mode in self.modes if mode.rank == 0)

    @property
    def ratio(self) -> float:
        """Key of the next eigenvalues divided by that of the winners; 0 if there are no next ones."""
        following = [mode.key for mode in self.modes if mode.rank == 1]
        return following[0] / self.modes[0].key if following and self.modes[0].key else 0.0

    @property
    def gap(self) -> float:
        """Key of the winners minus that of the next ones; infinite if there are none."""
        following = [mode.key for mode in self.modes if mode.rank == 1]
        return self.modes[0].key - following[0] if following else float("inf")


def dominance(F: Any, rule: str = "|1+lambda|") -> Dominance:
    """Which eigenvalues of `F` win under a rule, and of which type.

    Raises
    ------
    ModelError, ShapeError
        For an unknown rule, a matrix that is not square, or one with symbols.

    Examples
    --------
    >>> dominance([[1, 0], [0, -3]], "|1+lambda|").kind
    'tie'
    """
    if rule not in RULES:
        raise ModelError(f"the rule is {rule!r}: write one of {', '.join(RULES)}")
    matrix = as_matrix(F, "F")
    if matrix.rows != matrix.cols:
        raise ShapeError(f"F has the shape {matrix.shape}: give a square matrix")
    if all(entry.is_Rational for entry in matrix) and matrix.rows <= MOST_EXACT:
        return _classified(rule, _exact_modes(matrix, rule), Verdict.PROVED)
    return _classified(rule, _float_modes(as_array(matrix), rule), Verdict.OBSERVED)


def powered_matrix(layer: Layer) -> sp.ImmutableMatrix:
    """The matrix that a layer powers at consensus, with the gain where there is one.

    F without residual, I + F in post-LN, each multiplied from the left by Gamma (RMSNorm, L2) or Gamma Pi (LayerNorm);
    in pre-LN the matrix whose real parts count, F Gamma or F Gamma Pi.
    """
    d = layer.dimension
    scale = sp.diag(*layer.gain)
    if layer.norm == "LayerNorm":
        scale = scale * (sp.eye(d) - sp.ones(d, d) / d)
    if layer.form == "pre-LN":
        return sp.ImmutableMatrix(layer.F * scale)
    return sp.ImmutableMatrix(scale * (sp.eye(d) + layer.F if layer.form == "post-LN" else layer.F))


def layer_dominance(layer: Layer) -> Dominance:
    """The dominance that decides where a layer sends a consensus; with a gain, of the powered matrix itself."""
    if layer.plain:
        return dominance(layer.F, RULE_OF_FORM[layer.form])
    return dominance(powered_matrix(layer), "Re lambda" if layer.form == "pre-LN" else "|lambda|")


def disagreement(F: Any, form: str = "post-LN") -> str:
    """A warning if the three rules select different eigenvalues of `F`; empty if they agree."""
    found = {rule: dominance(F, rule) for rule in RULES}
    chosen = {rule: frozenset(np.round(np.asarray(answer.leading), 9)) for rule, answer in found.items()}
    if len(set(chosen.values())) == 1:
        return ""
    picks = ", ".join(f"{rule} selects {listed(answer.leading)}" for rule, answer in found.items())
    return f"the three ordering rules disagree: {picks}; a {form} layer follows {RULE_OF_FORM[form]}"


def listed(values: tuple[complex, ...]) -> str:
    """Eigenvalues in words."""
    return " and ".join(f"{v.real:.6g}" if v.imag == 0 else f"{v.real:.6g}{v.imag:+.6g}i" for v in values)


def _classified(rule: str, modes: list[Mode], verdict: Verdict) -> Dominance:
    ordered = tuple(sorted(modes, key=lambda mode: (mode.rank, -mode.value.real, -mode.value.imag)))
    leading = [mode for mode in ordered if mode.rank == 0]
    first = leading[0]
    powered = first.value.real + (1 if rule == "|1+lambda|" else 0)
    pair = len(leading) == 2 and first.value.imag != 0 and abs(first.value.conjugate() - leading[1].value) < _CLOSE
    if rule != "Re lambda" and first.key == 0:
        kind = "nilpotent"
    elif len(leading) > (2 if pair else 1):
        kind = "tie"
    elif first.largest_block > 1:
        kind = "defective"
    elif pair:
        # two pairs of the same value would be one pair with multiplicity
        kind = "complex pair"
    elif powered < 0 or (rule == "Re lambda" and powered <= 0):
        kind = "negative"
    else:
        kind = "simple real" if first.multiplicity == 1 else "multiple real"
    return Dominance(rule, kind, ordered, verdict)


def _exact_modes(matrix: sp.ImmutableMatrix, rule: str) -> list[Mode]:
    """Modes of a rational matrix, ranked exactly."""
    square = rational_matrix([list(matrix.row(i)) for i in range(matrix.rows)])
    factors = [(q, m) for q, m in square.charpoly().factor()[1] if q.degree() > 0]
    blocks = [_largest_block(square, q, m) for q, m in factors]
    product = flint.fmpq_poly([1])
    for q, _ in factors:
        product *= q
    candidates = _key_polynomial(product, rule)
    saved = flint.ctx.prec
    precision = 128
    try:
        while True:
            flint.ctx.prec = precision
            found = _ranked(factors, blocks, candidates, rule)
            if found is not None:
                return found
            precision *= 2  # ends: keys are among finitely many different roots, which balls separate at last
    finally:
        flint.ctx.prec = saved


def _ranked(factors: Any, blocks: list[int], candidates: flint.fmpq_poly, rule: str) -> list[Mode] | None:
    """The modes, or None if the balls do not yet tell each key from all other candidates."""
    isolated = [root.real for root, _ in _roots(candidates) if root.imag == 0]
    found: list[tuple[complex, int, int, int]] = []
    for (q, multiplicity), block in zip(factors, blocks, strict=True):
        for root, _ in _roots(q):
            hits = [k for k, ball in enumerate(isolated) if ball.overlaps(_key_ball(root, rule))]
            if len(hits) != 1:
                return None
            found.append((_float(root), multiplicity, block, hits[0]))
    used = sorted({entry[3] for entry in found}, key=lambda k: isolated[k].mid(), reverse=True)
    return [Mode(value, m, block, _key(value, rule), used.index(hit)) for value, m, block, hit in found]


def _roots(polynomial: flint.fmpq_poly) -> Any:
    """Isolating balls with multiplicity; the types that FLINT declares for them are not what it returns."""
    return polynomial.complex_roots()


def _float(root: flint.acb) -> complex:
    return complex(float(root.real.mid()), float(root.imag.mid()))


def _key(value: complex, rule: str) -> float:
    if rule == "Re lambda":
        return value.real
    return abs(value if rule == "|lambda|" else 1 + value)


def _key_ball(root: flint.acb, rule: str) -> flint.arb:
    if rule == "Re lambda":
        return 2 * root.real
    real = root.real + 1 if rule == "|1+lambda|" else root.real
    return real * real + root.imag * root.imag


def _key_polynomial(squarefree: flint.fmpq_poly, rule: str) -> flint.fmpq_poly:
    """A square-free polynomial among whose roots are all keys: z conj(z), (1+z) conj(1+z), or z + conj(z)."""
    c = squarefree.coeffs()
    m = len(c) - 1
    companion = [[flint.fmpq(int(i == j + 1)) for j in range(m)] for i in range(m)]
    for i in range(m):
        companion[i][m - 1] = -c[i] / c[m]
    if rule == "|1+lambda|":
        for i in range(m):
            companion[i][i] += 1
    size = range(m * m)
    if rule == "Re lambda":
        rows = [
            [companion[i // m][j // m] * (i % m == j % m) + (i // m == j // m) * companion[i % m][j % m] for j in size]
            for i in size
        ]
    else:
        rows = [[companion[i // m][j // m] * companion[i % m][j % m] for j in size] for i in size]
    polynomial = flint.fmpq_mat(m * m, m * m, [x for row in rows for x in row]).charpoly()
    return polynomial // polynomial.gcd(polynomial.derivative())


def _largest_block(matrix: flint.fmpq_mat, factor: flint.fmpq_poly, multiplicity: int) -> int:
    """Size of the largest Jordan block of the roots of an irreducible factor: where the kernel stops growing."""
    d = matrix.nrows()
    one = flint.fmpq_mat(d, d, [int(i == j) for i in range(d) for j in range(d)])
    value = flint.fmpq_mat(d, d, [0] * (d * d))
    for coefficient in reversed(factor.coeffs()):
        value = value * matrix + one * coefficient
    power, block = value, 1
    while d - power.rank() < factor.degree() * multiplicity:
        power, block = power * value, block + 1
    return block


def _float_modes(matrix: np.ndarray[Any, Any], rule: str) -> list[Mode]:
    """Modes by floats: eigenvalues within a relative 1e-9 count as one, keys as equal; blocks by numerical rank."""
    values = np.linalg.eigvals(matrix)
    scale = max(1.0, float(np.abs(values).max()))
    groups: list[list[complex]] = []
    for value in sorted((complex(v) for v in values), key=lambda v: (v.real, v.imag)):
        near = [group for group in groups if abs(group[0] - value) <= _CLOSE * scale]
        if near:
            near[0].append(value)
        else:
            groups.append([value])
    modes = []
    for group in groups:
        value = group[0]
        shifted = matrix - value * np.eye(len(matrix))
        kernel = len(matrix) - int(np.linalg.matrix_rank(shifted, tol=1e-8 * scale))
        modes.append((value, len(group), 1 if kernel >= len(group) else 1 + len(group) - kernel))
    keys = sorted((_key(value, rule) for value, _, _ in modes), reverse=True)
    levels = [key for k, key in enumerate(keys) if k == 0 or keys[k - 1] - key > _CLOSE * scale]
    return [
        Mode(v, m, b, _key(v, rule), max(k for k, level in enumerate(levels) if level >= _key(v, rule)))
        for v, m, b in modes
    ]
