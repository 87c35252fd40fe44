"""The largest singular value of a matrix of exact numbers between two fractions, proved, with its certificate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy as sp
from scipy.linalg import eigh_tridiagonal

from symdyn.algebra.programs.steps import StraightLine
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.recheck.identities.residual import balls_along
from symdyn.certificate.recheck.norms.enclosed_norm import check_enclosed_norm
from symdyn.certificate.refutation import RefutedError, UndecidedError
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.norms.enclosed_norm import EnclosedNormWitness
from symdyn.certificate.witness.program import Program
from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import Floats, real_array, whole
from symdyn.numerics.enclosed_number import Enclosure

Places = list[tuple[int, int]]
_MOST_ENCLOSED = 300
_MOST_CESARO = 2000
_TRIES = 60
_METHOD = "a quotient |A v|/|v| with an integer vector, and positive pivots of LDL^T, in balls"


def enclosed_norm(matrix: Any, *, digits: int = 8) -> Enclosure:
    """The largest singular value between two rational numbers, proved.

    From below by the quotient |A v|/|v| of an integer vector, from above by an LDL^T factorisation of t^2 - A^T A with
    positive pivots, both in balls. Floats are the fractions that they are.

    Parameters
    ----------
    matrix
        Array, or SymPy matrix of exact real numbers such as 1/3, sqrt(2) or exp(1/2), (m, n), min(m, n) up to 300; or a
        StraightLine without inputs of that shape.
    digits
        Of the quotient of both ends, about.

    Raises
    ------
    ModelError
        If it is too large, or has an entry that is no number.

    Examples
    --------
    >>> found = enclosed_norm([[1, 1], [0, 1]])  # the golden ratio
    >>> found.contains((1 + sp.sqrt(5)) / 2), float(found.high - found.low) < 1e-7
    (True, True)
    """
    whole(digits, "the number of digits", least=1, most=12)
    shape, places, program = _sparse(matrix)
    if not places:
        return Enclosure(Fraction(0), Fraction(0))
    record = _record(shape, places, program, digits)
    return Enclosure(record.low, record.high)


def norm_certificate(matrix: Any, *, digits: int = 8) -> Certificate:
    """The certificate of `enclosed_norm`, which `symdyn verify` proves again.

    Raises
    ------
    ModelError
        As `enclosed_norm`, or if the matrix is zero.

    Examples
    --------
    >>> norm_certificate(sp.Matrix([[3, 0], [4, 5]]), digits=4).claim
    'the largest singular value of the 2 x 2 matrix [[3, 0], [4, 5]] lies between 6.7081972 and 6.7088748'
    """
    shape, places, program = _sparse(matrix)
    if not places:
        raise ModelError("the matrix is zero: its norm is 0, and there is nothing to certify")
    record = _record(shape, places, program, digits)
    return certified(record, Verdict.PROVED, _METHOD, provenance=provenance())


def cesaro_norm(n: int, *, digits: int | None = None) -> Any:
    """The norm of the (n, n) matrix of means, row i is 1/i up to its diagonal; it grows slowly to 2 (Hardy).

    1 over the smallest singular value of its inverse, which has two diagonals.

    Parameters
    ----------
    n
        From 1; up to 2000 with digits.
    digits
        Where given, the answer is an Enclosure to about so many.

    Examples
    --------
    >>> round(cesaro_norm(10), 8)
    1.41008224
    >>> print(cesaro_norm(100, digits=9))
    1.629990155 (within 1e-09)
    """
    n = whole(n, "the number of rows", least=1, most=None if digits is None else _MOST_CESARO)
    if digits is None:
        vector = _cesaro_vector(n)
        return float(np.linalg.norm(vector) / np.linalg.norm(_cesaro_inverse(vector)))
    record = _cesaro_record(n, digits)
    return Enclosure(1 / record.high, 1 / record.low)


def cesaro_certificate(n: int, *, digits: int = 8) -> Certificate:
    """The certificate of `cesaro_norm`: it encloses the smallest singular value of the inverse, 1 over the norm."""
    n = whole(n, "the number of rows", least=1, most=_MOST_CESARO)
    return certified(_cesaro_record(n, digits), Verdict.PROVED, _METHOD, provenance=provenance())


def _cesaro_vector(n: int) -> Floats:
    """Where the inverse of the matrix of means stretches least."""
    places = np.arange(1.0, n + 1)
    diagonal = 2 * places**2
    diagonal[-1] = n**2
    if n == 1:
        return np.ones(1)
    _, vectors = eigh_tridiagonal(diagonal, -places[:-1] * places[1:], select="i", select_range=(0, 0))
    return np.asarray(vectors[:, 0])


def _cesaro_inverse(vector: Floats) -> Floats:
    """i y_i - (i - 1) y_(i-1)."""
    scaled = np.arange(1, len(vector) + 1) * vector
    return np.asarray(scaled - np.concatenate([[0.0], scaled[:-1]]))


def _cesaro_record(n: int, digits: int) -> EnclosedNormWitness:
    vector = _cesaro_vector(n)
    size = float(np.linalg.norm(_cesaro_inverse(vector)) / np.linalg.norm(vector))
    places = [(i, i) for i in range(n)] + [(i, i - 1) for i in range(1, n)]
    numbers = [Fraction(i + 1) for i in range(n)] + [Fraction(-i) for i in range(1, n)]
    return _proved((n, n), places, _program(numbers), "smallest", size, vector, digits)


def _record(shape: tuple[int, int], places: Places, program: Program, digits: int) -> EnclosedNormWitness:
    if min(shape) > _MOST_ENCLOSED:
        raise ModelError(f"a norm is enclosed for up to {_MOST_ENCLOSED} rows or columns: give a smaller matrix")
    dense = np.zeros(shape)
    for place, value in zip(places, _floats(program), strict=True):
        dense[place] = value
    scale = np.abs(dense).max()
    _, singular, right = np.linalg.svd(dense / scale, full_matrices=False)
    return _proved(shape, places, program, "largest", singular[0] * scale, right[0], digits)


def _proved(
    shape: tuple[int, int], places: Places, program: Program, value: str, size: float,
    vector: Floats, digits: int,
) -> EnclosedNormWitness:  # fmt: skip
    """The narrowest of records with both ends around `size` that is proved."""
    wanted = whole(digits, "the number of digits", least=1, most=12)
    gap = Fraction(1, 10**wanted)
    # errors of the quotient are squares of those of the vector: half of the digits would do, 45 bits are more
    integers = tuple(int(x) for x in np.rint(vector / np.abs(vector).max() * 2.0**45))
    near = Fraction(size)
    for _ in range(_TRIES):
        # at the end that the vector shows the error is small, at the other it is what pivots allow
        slack = (gap / 100, gap) if value == "largest" else (gap, gap / 100)
        low = _decimal(near * (1 - slack[0]), gap / 100, up=False)
        high = _decimal(near * (1 + slack[1]), gap / 100, up=True)
        record = EnclosedNormWitness(
            rows=shape[0],
            columns=shape[1],
            places=tuple(places),
            entries=program,
            value=value,
            low=low,
            high=high,
            vector=integers,
        )
        try:
            check_enclosed_norm(record, Verdict.PROVED.value)
        except (RefutedError, UndecidedError):
            gap *= 4
            continue
        return record
    raise ModelError("the norm was not enclosed: its entries differ too much in size, scale the matrix")


def _decimal(value: Fraction, relative: Fraction, *, up: bool) -> Fraction:
    """A decimal fraction near a positive number, on one side of it, about so exact."""
    power = 1 - math.floor(math.log10(relative)) - math.floor(_log10(value))
    unit = Fraction(10) ** -power
    steps = value / unit
    return (math.ceil(steps) if up else math.floor(steps)) * unit


def _log10(value: Fraction) -> float:
    return math.log10(value.numerator) - math.log10(value.denominator)


def _program(numbers: Sequence[Any]) -> Program:
    """Fractions as they are, formulas with shared steps."""
    if all(isinstance(value, Fraction) for value in numbers):
        steps = {("rational", value.numerator, value.denominator): k for k, value in enumerate(dict.fromkeys(numbers))}
        outputs = tuple(steps["rational", value.numerator, value.denominator] for value in numbers)
        return Program(0, tuple(steps), outputs)
    exact = [sp.Rational(x.numerator, x.denominator) if isinstance(x, Fraction) else x for x in numbers]
    return _stored(straight_line(exact, ()))


def _stored(line: StraightLine) -> Program:
    return Program(line.inputs, tuple((name, *rest) for name, rest in line.steps), line.outputs)


def _floats(program: Program) -> list[float]:
    with flint.ctx.workprec(128):
        balls = balls_along(program, [])
    if balls is None:
        raise ModelError("the matrix has entries without a real value: give real numbers")
    return [float(x.mid()) for x in balls]


def _sparse(matrix: Any) -> tuple[tuple[int, int], Places, Program]:
    """Shape, places of the entries that are not zero, and their values."""
    if isinstance(matrix, StraightLine):
        if matrix.inputs:
            raise ModelError("the program has inputs: give one of numbers alone")
        shape, line = matrix.shape, matrix
        kept = [k for k, step in enumerate(line.outputs) if line.steps[step] != ("rational", (0, 1))]
        program = _stored(replace(line, outputs=tuple(line.outputs[k] for k in kept)))
    else:
        shape, values = _entries(matrix)
        kept = [k for k, value in enumerate(values) if value != 0]
        program = _program([values[k] for k in kept])
    return shape, [divmod(k, shape[1]) for k in kept], program


def _entries(matrix: Any) -> tuple[tuple[int, int], list[Any]]:
    """Shape and entries row by row, as fractions or as formulas of numbers."""
    given = np.asarray(matrix.tolist() if isinstance(matrix, sp.MatrixBase) else matrix)
    if given.dtype == object and given.ndim == 2 and all(isinstance(x, int | Fraction | sp.Expr) for x in given.flat):
        values = [_exact(x) for x in given.flat]
    else:
        given = real_array(matrix, "the matrix", ndim=2)
        values = [Fraction(float(x)) for x in given.flat]
    rows, columns = given.shape
    if not rows or not columns:
        raise ModelError("the matrix has no entries: give at least one row and one column")
    return (rows, columns), values


def _exact(value: Any) -> Any:
    if isinstance(value, int | Fraction):
        return Fraction(value)
    if not (value.is_number and value.is_real and value.is_finite):
        raise ModelError(f"the matrix has the entry {came(value)}, which is no real number: give numbers or floats")
    if value.is_Float:
        return Fraction(float(value))
    return Fraction(int(value.p), int(value.q)) if value.is_Rational else value
