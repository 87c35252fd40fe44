"""Inner iterations given by formulas, for a row of data each: iterates and their derivatives in the parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.exact_matrix import as_formulas
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, real_array
from symdyn.numerics.backends import numpy_backend


def lowered(formulas: Sequence[sp.Expr], symbols: Sequence[sp.Symbol]) -> Callable[..., Floats]:
    """A function of arrays, one for each symbol, that gives the values along a new last axis."""
    run = numpy_backend.lower(straight_line(list(formulas), tuple(symbols)))

    def evaluated(*values: Any) -> Floats:
        arrays = np.broadcast_arrays(*(np.asarray(one, dtype=float) for one in values))
        shape = arrays[0].shape if arrays else ()
        stacked = np.stack([one.ravel() for one in arrays]) if arrays else np.zeros((0, 1))
        found = run(stacked)[:, 0]
        return np.moveaxis(found, 0, -1).reshape(*shape, len(formulas))

    return evaluated


@dataclass(frozen=True)
class NonlinearInner:
    """z <- update(z, theta, data), a state for each row of data.

    Parameters
    ----------
    update
        A formula for each entry of z.
    z
        Their symbols.
    theta
        Symbols of the parameters.
    start
        z_0: numbers or formulas in theta and data.
    data
        None, a mapping from symbols to columns (rows,), or an array (rows, symbols) for the other symbols in the
        formulas, in the order of their names.

    Raises
    ------
    ModelError, ShapeError
        If numbers of formulas differ, or a symbol has no value.

    Examples
    --------
    >>> z, a = sp.symbols("z a")
    >>> NonlinearInner([sp.cos(a * z)], [z], [a], start=[0]).iterates([1.0], 2).round(4).tolist()
    [[0.0], [1.0], [0.5403]]
    """

    update: tuple[sp.Expr, ...]
    z: tuple[sp.Symbol, ...]
    theta: tuple[sp.Symbol, ...]
    start: tuple[sp.Expr, ...] = field(kw_only=True)
    data: Any = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        update, start = _formulas(self.update, "the update"), _formulas(self.start, "the start")
        z, theta = (_symbols(part, name) for part, name in ((self.z, "z"), (self.theta, "theta")))
        if not len(update) == len(z) == len(start):
            raise ShapeError(f"{len(update)} formulas and {len(start)} starts came for {len(z)} states: give as many")
        if set(z) & set(theta) or set().union(*(one.free_symbols for one in start)) & set(z):
            raise ModelError("a state is among the parameters or in the start: give it another name")
        others = set().union(*(one.free_symbols for one in (*update, *start))) - set(z) - set(theta)
        symbols, columns = _columns(self.data, others)
        for name, value in (("update", update), ("z", z), ("theta", theta), ("start", start)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "symbols", symbols)
        object.__setattr__(self, "columns", columns)
        every = (*z, *theta, *symbols)
        parts = {
            "_step": lowered(update, every),
            "_first": lowered(start, (*theta, *symbols)),
            "_first_slope": lowered([sp.diff(f, t) for f in start for t in theta], (*theta, *symbols)),
            "_by_z": lowered([sp.diff(f, x) for f in update for x in z], every),
            "_by_theta": lowered([sp.diff(f, t) for f in update for t in theta], every),
        }
        for key, function in parts.items():
            object.__setattr__(self, key, function)

    symbols: tuple[sp.Symbol, ...] = field(init=False, repr=False, compare=False)
    columns: tuple[Floats, ...] = field(init=False, repr=False, compare=False)
    _step: Callable[..., Floats] = field(init=False, repr=False, compare=False)
    _first: Callable[..., Floats] = field(init=False, repr=False, compare=False)
    _first_slope: Callable[..., Floats] = field(init=False, repr=False, compare=False)
    _by_z: Callable[..., Floats] = field(init=False, repr=False, compare=False)
    _by_theta: Callable[..., Floats] = field(init=False, repr=False, compare=False)

    @property
    def states(self) -> int:
        """d_z."""
        return len(self.z)

    @property
    def parameters(self) -> int:
        """d_theta."""
        return len(self.theta)

    @property
    def rows(self) -> int:
        """Rows of data, 1 if there are none."""
        return len(self.columns[0]) if self.columns else 1

    def _start(self, theta: Any) -> tuple[Floats, Floats]:
        point = real_array(theta, "theta", ndim=1)
        if len(point) != self.parameters:
            raise ShapeError(f"theta has {len(point)} entries: give {self.parameters}")
        z = np.broadcast_to(self._first(*point, *self.columns), (self.rows, self.states))
        return point, z

    def iterates(self, theta: Any, steps: int) -> Floats:
        """z_0, ..., z_N: (steps + 1, d_z), with rows of data (rows, steps + 1, d_z).

        Raises
        ------
        ModelError
            If a state is not finite; its step is named.
        """
        point, z = self._start(theta)
        found = [z]
        with np.errstate(over="ignore", invalid="ignore"):
            for number in range(steps):
                z = self._step(*z.T, *point, *self.columns)
                z = np.broadcast_to(z, (self.rows, self.states))
                if not np.isfinite(z).all():
                    raise ModelError(f"the iterates overflow at step {number + 1}: give fewer steps or another theta")
                found.append(z)
        stacked = np.stack(found, axis=1)
        return stacked if self.columns else stacked[0]

    def last(self, theta: Any, steps: int) -> Floats:
        """z_N (rows, d_z), finite or not."""
        point, z = self._start(theta)
        for _ in range(steps):
            z = np.broadcast_to(self._step(*z.T, *point, *self.columns), (self.rows, self.states))
        return z

    def with_slopes(self, theta: Any, steps: int, *, implicit: bool = False) -> tuple[Floats, Floats]:
        """z_N (rows, d_z), and dz_N/dtheta, or (1 - F_z)^-1 F_theta at z_N in its place, (rows, d_z, d_theta)."""
        point, z = self._start(theta)
        d, width, rows = self.states, self.parameters, self.rows
        slopes = np.broadcast_to(self._first_slope(*point, *self.columns), (rows, d * width)).reshape(rows, d, width)
        for number in range(steps + implicit):
            values = (*z.T, *point, *self.columns)
            by_z = np.broadcast_to(self._by_z(*values), (rows, d * d)).reshape(rows, d, d)
            by_theta = np.broadcast_to(self._by_theta(*values), (rows, d * width)).reshape(rows, d, width)
            if number == steps:
                return z, np.asarray(np.linalg.solve(np.eye(d) - by_z, by_theta), dtype=float)
            slopes = by_z @ slopes + by_theta
            z = np.broadcast_to(self._step(*values), (rows, d))
        return z, slopes


def _formulas(values: Any, what: str) -> tuple[sp.Expr, ...]:
    listed = [values] if isinstance(values, sp.Expr) else list(values)
    plain = [_rational(one) for one in listed]
    try:
        found = as_formulas([plain])
    except (ModelError, TypeError, ValueError):
        found = None
    if found is None or not plain:
        raise ModelError(f"{what} is {came(values)}: give SymPy formulas or numbers")
    return tuple(found)


def _rational(value: Any) -> Any:
    """Floats as the fractions that they are."""
    if isinstance(value, float | np.floating):
        return sp.Rational(float(value))
    if isinstance(value, sp.Expr):
        return value.xreplace({one: sp.Rational(one) for one in value.atoms(sp.Float)})
    return value


def _symbols(values: Any, what: str) -> tuple[sp.Symbol, ...]:
    found = (values,) if isinstance(values, sp.Symbol) else tuple(values)
    if not found or len(set(found)) != len(found) or not all(isinstance(one, sp.Symbol) for one in found):
        raise ModelError(f"{what} is {came(values)}: give different SymPy symbols")
    return found


def _columns(data: Any, others: set[sp.Symbol]) -> tuple[tuple[sp.Symbol, ...], tuple[Floats, ...]]:
    """Symbols of the data with their columns."""
    names = tuple(sorted(others, key=lambda one: one.name))
    if data is None:
        if names:
            raise ModelError(f"the formulas have the symbol {names[0]}, which has no value: give it in data or theta")
        return (), ()
    if isinstance(data, Mapping):
        names = tuple(data)
        table = np.stack([real_array(data[one], f"the data {one}", ndim=1) for one in names], axis=1)
    else:
        table = real_array(data, "the data", ndim=2)
    if table.shape[1] != len(names) or set(names) < others or not len(table):
        raise ShapeError(f"the data have the shape {table.shape}: give (rows, {len(others)}), a column for each symbol")
    return names, tuple(table.T)
