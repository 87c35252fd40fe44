"""Metrics of gradient flows: theta' = -M(theta) grad L, with M the inverse of the metric tensor.

A mirror flow with potential psi has M = (Hess psi)^-1: entropic M = diag(theta), Burg M = diag(theta^2).
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.symbols import checked_expression, flattened
from symdyn.algebra.polynomials.sparse import polynomials_from_expressions
from symdyn.algebra.polynomials.terms import IntegerTerms
from symdyn.certificate.witness.laws import setting
from symdyn.errors import ModelError, ShapeError

NAMES = ("euclidean", "entropic", "burg", "natural")
_POWERS = {"euclidean": 0, "entropic": 1, "burg": 2}


@dataclass(frozen=True)
class Metric:
    """The matrix M of a gradient flow theta' = -M(theta) grad L.

    Parameters
    ----------
    name
        "entropic", "burg", "natural", "diagonal", "mixed" or "matrix".
    coords, constants
        What the entries may depend on.
    diagonal
        The D diagonal entries, if M is diagonal.
    matrix
        Shape (D, D), symmetric, if it is not. Both are None for the natural gradient.
    """

    name: str
    coords: tuple[sp.Symbol, ...]
    constants: tuple[sp.Symbol, ...] = ()
    diagonal: tuple[sp.Expr, ...] | None = None
    matrix: sp.ImmutableMatrix | None = None

    @property
    def is_separable(self) -> bool:
        """Whether M is diagonal and entry k depends on coordinate k alone."""
        inside = set(self.coords)
        return self.diagonal is not None and all(
            entry.free_symbols & inside <= {symbol} for entry, symbol in zip(self.diagonal, self.coords, strict=True)
        )

    @cached_property
    def terms(self) -> tuple[dict[tuple[int, int], IntegerTerms], IntegerTerms]:
        """Non-zero entries (i, j) of N and the polynomial d with M = N / d, over coordinates and constants."""
        symbols = self.coords + self.constants
        places = self._places()
        fractions = [sp.fraction(sp.cancel(sp.together(entry))) for entry in places.values()]
        common = sp.Integer(1)
        for _, below in fractions:
            common = sp.lcm(common, below)
        scaled = [sp.expand(above * sp.cancel(common / below)) for above, below in fractions]
        names = [f"entry ({i + 1}, {j + 1}) of the metric" for i, j in places] + ["the denominator of the metric"]
        polynomials = polynomials_from_expressions([*scaled, common], symbols, names=names, group=len(names)).to_terms()
        return dict(zip(places, polynomials[:-1], strict=True)), polynomials[-1]

    def _places(self) -> dict[tuple[int, int], sp.Expr]:
        if self.diagonal is not None:
            return {(k, k): entry for k, entry in enumerate(self.diagonal)}
        assert self.matrix is not None
        size = range(self.matrix.rows)
        return {(i, j): self.matrix[i, j] for i in size for j in size if self.matrix[i, j] != 0}

    def check_at(self, point: Mapping[sp.Symbol, Any]) -> None:
        """Refuse a point at which M is not finite, symmetric and positive definite."""
        if self.name == "natural":
            return
        for (i, j), entry in self._places().items():
            value = sp.cancel(sp.together(entry)).subs(point)
            if value.has(sp.zoo, sp.nan, sp.oo):
                raise ModelError(
                    f"the metric entry {entry} at ({i + 1}, {j + 1}) is infinite at the point: give another point"
                )
            if self.diagonal is not None and not value.is_positive:
                raise ModelError(
                    f"the metric is {'singular' if value == 0 else 'not positive'} at the point: entry {i + 1} of its "
                    f"diagonal, {entry}, is {value} there, so give a point where it is above 0"
                )
        if self.matrix is not None and not self.matrix.subs(point).is_positive_definite:
            singular = self.matrix.subs(point).det() == 0
            raise ModelError(
                f"the metric is {'singular' if singular else 'not positive definite'} at the point: give a point where "
                "M is symmetric and positive definite"
            )

    def stored(self) -> setting.Metric:
        """As a witness holds it."""
        if self.name in ("natural", "entropic", "burg"):
            return setting.Metric(self.name)
        if self.diagonal is None:
            return setting.Metric("matrix")
        return setting.Metric("diagonal", tuple(map(str, self.diagonal)))

    def to_data(self) -> dict[str, Any] | None:
        """Canonical JSON data: entries [i, j, polynomial] of N and the polynomial d, as in `terms`."""
        if self.name == "natural":
            return None
        entries, below = self.terms
        return {
            "entries": [[i, j, _flat(entry)] for (i, j), entry in entries.items()],
            "denominator": _flat(below),
        }


def _flat(terms: IntegerTerms) -> list[Any]:
    return [[value, [x for place, power in monomial for x in (place, power)]] for monomial, value in terms.items()]


def metric_of(
    value: Any,
    coords: tuple[sp.Symbol, ...],
    constants: tuple[sp.Symbol, ...] = (),
    blocks: Mapping[str, Sequence[int]] | None = None,
) -> Metric | None:
    """A metric from a name, the list of its diagonal, a matrix, or one of these for each block.

    Parameters
    ----------
    value
        None or "euclidean" for M = I; "entropic", "burg", "natural"; D entries (expressions or names); a symmetric
        matrix (D, D); a mapping from names of blocks or of coordinates to names or entries (others are Euclidean).
    coords, constants
        Of the model.
    blocks
        Coordinate numbers of each named block.

    Raises
    ------
    ModelError, ShapeError
        If a name is unknown, a size is wrong, or M is not symmetric, singular, or not positive.
    """
    if value is None:
        return None
    if isinstance(value, str):
        name = _known(value, "the metric")
        if name == "euclidean":
            return None
        if name == "natural":
            return Metric(name, coords, constants)
        return Metric(name, coords, constants, tuple(symbol ** _POWERS[name] for symbol in coords))
    if isinstance(value, Mapping):
        return _mixed(value, coords, constants, blocks or {})
    entries, shape = flattened(value)
    if shape == (len(coords),):
        diagonal = tuple(
            _entry(entry, symbol, place) for place, (entry, symbol) in enumerate(zip(entries, coords, strict=True))
        )
        return _checked(Metric("diagonal", coords, constants, diagonal))
    if shape == (len(coords), len(coords)):
        matrix = sp.ImmutableMatrix(
            len(coords), len(coords), [checked_expression(x, "a metric entry") for x in entries]
        )
        return _checked(_as_given(matrix, coords, constants))
    came = " x ".join(map(str, shape)) or "a single entry"
    came = f"{shape[0]} entries" if len(shape) == 1 else came
    raise ShapeError(
        f"the metric is {came}, and the model has {len(coords)} parameters: give a name ({', '.join(NAMES)}), "
        f"{len(coords)} diagonal entries, or a symmetric {len(coords)} x {len(coords)} matrix"
    )


def _known(name: str, what: str) -> str:
    if name in NAMES:
        return name
    near = difflib.get_close_matches(name.lower(), NAMES, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise ModelError(
        f"{what} {name!r} is not known: {hint}names are {', '.join(NAMES)}; else give its diagonal or its matrix"
    )


def _entry(value: Any, symbol: sp.Symbol, place: int) -> sp.Expr:
    if isinstance(value, str):
        name = _known(value, f"the metric of `{symbol}`,")
        if name == "natural":
            raise ModelError("the natural gradient is a metric of all parameters together: write metric='natural'")
        return symbol ** _POWERS[name]
    return checked_expression(value, f"diagonal entry {place + 1} of the metric")


def _mixed(
    value: Mapping[Any, Any],
    coords: tuple[sp.Symbol, ...],
    constants: tuple[sp.Symbol, ...],
    blocks: Mapping[str, Sequence[int]],
) -> Metric:
    numbers = {symbol.name: [place] for place, symbol in enumerate(coords)}
    known: dict[str, Sequence[int]] = {**numbers, **blocks}
    diagonal: list[sp.Expr] = [sp.Integer(1)] * len(coords)
    for key, part in value.items():
        if str(key) not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(list(blocks or numbers)[:8])}"
            raise ModelError(f"`{key}` in the metric is no block and no coordinate: {hint}")
        for place in known[str(key)]:
            diagonal[place] = _entry(part, coords[place], place)
    return _checked(Metric("mixed", coords, constants, tuple(diagonal)))


def _as_given(matrix: sp.ImmutableMatrix, coords: tuple[sp.Symbol, ...], constants: tuple[sp.Symbol, ...]) -> Metric:
    size = range(matrix.rows)
    if all(matrix[i, j] == 0 for i in size for j in size if i != j):
        return Metric("diagonal", coords, constants, tuple(matrix[k, k] for k in size))
    return Metric("matrix", coords, constants, None, matrix)


def _checked(metric: Metric) -> Metric:
    known = set(metric.coords) | set(metric.constants)
    for (i, j), entry in metric._places().items():
        unknown = entry.free_symbols - known
        if unknown:
            raise ModelError(
                f"`{min(unknown, key=str)}` in entry ({i + 1}, {j + 1}) of the metric is neither a coordinate nor a "
                "constant: add it to the `constants` of the model"
            )
        if entry.has(sp.Float):
            exact = sp.nsimplify(entry, rational=True)
            raise ModelError(f"{entry} in the metric is a decimal, and laws are decided exactly: write {exact}")
        numbers = entry.atoms(sp.Number, sp.NumberSymbol)
        if not entry.is_rational_function(*known) or not all(number.is_Rational for number in numbers):
            raise ModelError(
                f"{entry} in entry ({i + 1}, {j + 1}) of the metric is no rational function with rational numbers: "
                "give one, as in u**2 or 1/(1 + u), or write the model in other coordinates"
            )
        if metric.diagonal is not None and (entry == 0 or entry.is_negative):
            raise ModelError(
                f"diagonal entry {i + 1} of the metric is {entry}: M must be positive definite, so give one above 0"
            )
    if metric.matrix is not None:
        _check_matrix(metric.matrix)
    return metric


def _check_matrix(matrix: sp.ImmutableMatrix) -> None:
    size = range(matrix.rows)
    for i in size:
        for j in range(i):
            if sp.cancel(sp.together(matrix[i, j] - matrix[j, i])) != 0:
                raise ModelError(
                    f"the metric is not symmetric: entry ({i + 1}, {j + 1}) is {matrix[i, j]} and entry "
                    f"({j + 1}, {i + 1}) is {matrix[j, i]}, so give a symmetric positive definite matrix"
                )
    if sp.cancel(sp.together(matrix.det(method="berkowitz"))) == 0:
        raise ModelError("the metric is singular: its determinant is 0, so give a symmetric positive definite matrix")
    if not matrix.free_symbols and not matrix.is_positive_definite:
        raise ModelError(
            "the metric is not positive definite: the flow would not lower the loss, so give a symmetric positive "
            "definite matrix"
        )
