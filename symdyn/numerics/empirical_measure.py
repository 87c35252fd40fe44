"""Probability measures with finitely many atoms: pushed through maps, atoms split and merged; exact if given so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import real_array, whole

_TOTAL = 1e-9


@dataclass(frozen=True, eq=False)
class EmpiricalMeasure:
    """sum_i weights_i delta(atoms_i); write `measure` to make one.

    Parameters
    ----------
    atoms
        (n, d): an array of floats, or a SymPy matrix of exact numbers.
    weights
        (n,), above 0, with sum 1: an array, or a tuple of exact numbers.
    """

    atoms: Any
    weights: Any

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def is_exact(self) -> bool:
        """Whether atoms and weights are exact numbers."""
        return isinstance(self.atoms, sp.MatrixBase)

    @property
    def dimension(self) -> int:
        """d."""
        return int(self.atoms.shape[1])

    @property
    def tokens(self) -> Any:
        """The atoms as rows, without their weights."""
        return self.atoms

    @property
    def mean(self) -> Any:
        """sum_i weights_i atoms_i, (d,)."""
        if self.is_exact:
            return tuple(sum((w * x for w, x in zip(self.weights, column)), sp.S.Zero) for column in self._columns())
        return self.weights @ self.atoms

    def moment(self, powers: Any) -> Any:
        """The mean of the product of coordinates raised to these d whole powers.

        Raises
        ------
        ModelError, ShapeError
            If there are not d powers, or one is no whole number from 0.
        """
        given = (powers,) if isinstance(powers, int) else tuple(powers)
        exponents = [whole(power, "a power of a moment") for power in given]
        if len(exponents) != self.dimension:
            raise ShapeError(f"{len(exponents)} powers came for atoms of dimension {self.dimension}: give one for each")
        if self.is_exact:
            rows = ([self.atoms[i, a] for a in range(self.dimension)] for i in range(len(self)))
            products = (sp.prod([x**p for x, p in zip(row, exponents)]) for row in rows)
            return sum((w * one for w, one in zip(self.weights, products)), sp.S.Zero)
        return float(self.weights @ (self.atoms ** np.array(exponents)).prod(axis=1))

    def push_forward(self, image: Callable[[Any], Any]) -> EmpiricalMeasure:
        """The measure of the images of the atoms, weights kept.

        Parameters
        ----------
        image
            From all atoms (n, d) to (n, m), an array or a SymPy matrix as they are.

        Raises
        ------
        ModelError, ShapeError
            If it gives another number of atoms, or no numbers.
        """
        moved = image(self.atoms)
        if (np.ndim(moved) != 2 and not isinstance(moved, sp.MatrixBase)) or moved.shape[0] != len(self):
            raise ShapeError(f"a map of {len(self)} atoms gave the shape {np.shape(moved)}: give ({len(self)}, m)")
        return measure(moved, self.weights)

    def split(self, copies: int) -> EmpiricalMeasure:
        """Every atom as so many equal ones that share its weight."""
        number = whole(copies, "the number of copies", least=1)
        if self.is_exact:
            rows = [list(self.atoms.row(i)) for i in range(len(self)) for _ in range(number)]
            weights = tuple(w / number for w in self.weights for _ in range(number))
            return EmpiricalMeasure(sp.ImmutableMatrix(rows), weights)
        return EmpiricalMeasure(np.repeat(self.atoms, number, axis=0), np.repeat(self.weights / number, number))

    def merged(self) -> EmpiricalMeasure:
        """Equal atoms as one, in the order of their coordinates."""
        if self.is_exact:
            rows: dict[tuple[Any, ...], Any] = {}
            for i, weight in enumerate(self.weights):
                key = tuple(self.atoms.row(i))
                rows[key] = rows.get(key, sp.S.Zero) + weight
            ordered = sorted(rows)
            return EmpiricalMeasure(sp.ImmutableMatrix(ordered), tuple(rows[key] for key in ordered))
        places, where = np.unique(self.atoms, axis=0, return_inverse=True)
        return EmpiricalMeasure(places, np.bincount(where.ravel(), self.weights, len(places)))

    def _columns(self) -> list[list[Any]]:
        return [list(self.atoms.col(a)) for a in range(self.dimension)]


def measure(atoms: Any, weights: Any = None) -> EmpiricalMeasure:
    """The measure with these atoms and weights; an atom of weight 0 drops out.

    Parameters
    ----------
    atoms
        (n, d), or (n,) for d = 1. SymPy numbers and Fractions, integers beside them, stay exact; others are floats.
    weights
        (n,), from 0, with sum 1 (exactly where exact, within 1e-9 for floats); uniform unless given.

    Raises
    ------
    ModelError, ShapeError
        If there is no atom, a weight is negative or they do not sum to 1, or shapes do not fit.

    Examples
    --------
    >>> measure([[sp.Rational(1, 2)], [1]]).mean
    (3/4,)
    >>> measure([0.0, 1.0, 1.0]).merged().weights.tolist()
    [0.3333333333333333, 0.6666666666666666]
    """
    rows = _exact_rows(atoms)
    shares = None if weights is None else _exact_row(weights)
    if rows is not None and (weights is None or shares is not None):
        return _exact(rows, shares)
    points = real_array(atoms if rows is None else np.array(rows, dtype=float), "the list of atoms", ndim=(1, 2))
    points = points[:, None] if points.ndim == 1 else points
    if not points.size:
        raise ModelError("the measure has no atom: give at least one")
    given = np.full(len(points), 1 / len(points)) if weights is None else real_array(weights, "the list of weights")
    _check_weights(given.shape, len(points), given.min(), given.sum(), abs(float(given.sum()) - 1) <= _TOTAL)
    kept = given > 0
    return EmpiricalMeasure(points[kept], given[kept])


def _exact(rows: list[list[Any]], shares: list[Any] | None) -> EmpiricalMeasure:
    if not rows or not rows[0]:
        raise ModelError("the measure has no atom: give at least one")
    if len({len(row) for row in rows}) > 1:
        raise ShapeError("the list of atoms has rows of different lengths: give an array")
    given = [sp.Rational(1, len(rows))] * len(rows) if shares is None else shares
    least, total = min(given, default=sp.S.Zero), sum(given, sp.S.Zero)
    _check_weights((len(given),), len(rows), least, total, sp.simplify(total - 1) == 0)
    kept = [i for i, weight in enumerate(given) if weight > 0]
    return EmpiricalMeasure(sp.ImmutableMatrix([rows[i] for i in kept]), tuple(given[i] for i in kept))


def _check_weights(shape: tuple[int, ...], atoms: int, least: Any, total: Any, is_one: bool) -> None:
    if shape != (atoms,):
        raise ShapeError(f"weights of shape {shape} came with {atoms} atoms: give one for each")
    if least < 0:
        raise ModelError(f"a weight is {came(least)}: give weights from 0")
    if not is_one:
        raise ModelError(f"the weights sum to {total}, not to 1: divide them by their sum")


def _exact_rows(atoms: Any) -> list[list[Any]] | None:
    """Rows of SymPy numbers, or None where something is a float or nothing says that it is meant exactly."""
    if isinstance(atoms, sp.MatrixBase):
        listed: list[Any] = atoms.tolist()
    elif isinstance(atoms, list | tuple):
        listed = [list(row) if isinstance(row, list | tuple) else [row] for row in atoms]
    else:
        return None
    flat = [entry for row in listed for entry in row]
    meant = isinstance(atoms, sp.MatrixBase) or any(isinstance(entry, sp.Expr | Fraction) for entry in flat)
    numbers = [_exact_number(entry) for entry in flat]
    if not meant or any(number is None for number in numbers):
        return None
    found = iter(numbers)
    return [[next(found) for _ in row] for row in listed]


def _exact_row(weights: Any) -> list[Any] | None:
    if not isinstance(weights, list | tuple):
        return None
    numbers = [_exact_number(entry) for entry in weights]
    return None if any(number is None for number in numbers) else numbers


def _exact_number(entry: Any) -> Any:
    if isinstance(entry, Fraction):
        return sp.Rational(entry.numerator, entry.denominator)
    if isinstance(entry, int) and not isinstance(entry, bool):
        return sp.Integer(entry)
    is_number = isinstance(entry, sp.Expr) and entry.is_real and not entry.has(sp.Float) and entry.is_finite
    return entry if is_number and not entry.free_symbols else None
