"""Conditional transport: Wasserstein distances depth by depth, against transport that may also change the depth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.exhibit import Table
from symdyn.dynamics.presented import Presentation, Presented
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, real_array
from symdyn.numerics.transport.plans import least_plan
from symdyn.systems.conditional_transport_resnet import exact_distances

_MOST_ATOMS = 4000
_TOTAL = 1e-9


@dataclass(frozen=True, kw_only=True)
class ConditionalDistance(Presented):
    """A distance of two networks as measures on depth and parameters.

    Parameters
    ----------
    value
        The distance.
    fibres
        W_p^p of each depth; None where mass may change its depth.
    plans
        The plan of each depth (n_r, m_r), or one of all atoms.
    labelled
        The distance with neurons kept in order, an upper bound; None where widths or masses differ.
    certificate
        PROVED for exact numbers and an even whole order: no plan that keeps depths is cheaper.
    """

    value: Any
    fibres: tuple[Any, ...] | None
    plans: tuple[Floats, ...] = field(repr=False)
    labelled: Any
    certificate: Certificate | None = None

    @property
    def verdict(self) -> Verdict:  # type: ignore[override]
        """PROVED with a certificate, else OBSERVED: floats."""
        return Verdict.OBSERVED if self.certificate is None else self.certificate.verdict

    def presented(self) -> Presentation:
        """The distance, and the cost of each depth."""
        value = sp.latex(self.value) if isinstance(self.value, sp.Basic) else f"{float(self.value):.8g}"
        bound = "" if self.labelled is None else f", and ${float(self.labelled):.8g}$ with neurons kept in order"
        kind = "product" if self.fibres is None else "conditional"
        rows = tuple((r, float(one)) for r, one in enumerate(self.fibres or (), start=1))
        return Presentation(
            title=f"{kind} distance of two networks",
            sentence=f"The {kind} transport distance is ${value}${bound}.",
            tables=(Table(("depth", "$W_p^p$"), rows),) if rows else (),
        )

    def __float__(self) -> float:
        return float(self.value)


def conditional_distance(
    mu: Any, nu: Any, *, order: Any = 2, depths: Any = None, masses: Any = None
) -> ConditionalDistance:
    """COT_p(mu, nu), COT_p^p = sum_r lambda_r W_p(mu_r, nu_r)^p.

    Parameters
    ----------
    mu, nu
        L arrays (n_r, q) and (m_r, q). Nested lists of Fractions or SymPy rationals give an exact value.
    order
        p, from 1.
    depths
        Weights lambda_r of the depths, (L,), with sum 1; 1/L unless given.
    masses
        Of the neurons: a pair of sequences of (n_r,) and (m_r,), or one sequence for both; uniform unless given.

    Raises
    ------
    ModelError, ShapeError
        If the numbers of layers differ, or masses do not add up to 1.

    Examples
    --------
    >>> float(conditional_distance([[[0.0], [1.0]]], [[[3.0], [0.0]]]))
    1.4142135623730951
    """
    p = _order(order)
    if exact_distances.is_exact(mu, nu) and masses is None and p == int(p) and int(p) % 2 == 0:
        _measures(*(exact_distances.as_floats(side) for side in (mu, nu)))
        return ConditionalDistance(**exact_distances.exact_distance(mu, nu, int(p), depths))
    first, second = _measures(mu, nu)
    weights = _depth_weights(depths, len(first))
    shares = _masses(masses, first, second)
    fibres, plans = [], []
    for one, other, a, b in zip(first, second, *shares, strict=True):
        cost = _powers(one, other, p)
        plan, total = _fibre(one, other, cost, a, b)
        plans.append(plan)
        fibres.append(total)
    value = float((weights @ np.array(fibres)) ** (1 / p))
    return ConditionalDistance(
        value=value,
        fibres=tuple(fibres),
        plans=tuple(plans),
        labelled=_labelled(first, second, shares, weights, p),
    )


def product_distance(mu: Any, nu: Any, *, depths: Any, order: Any = 2) -> ConditionalDistance:
    """W_p of both measures on depth x parameters, where mass may move along the depth at its price |s - s'|.

    Parameters
    ----------
    mu, nu
        L arrays (n_r, q) and (m_r, q), each of mass 1/L.
    depths
        Places of the layers, increasing in [0, 1], (L,).
    order
        p, from 1.

    Raises
    ------
    ModelError, ShapeError
        If depths do not increase in [0, 1], or the numbers of layers differ.

    Examples
    --------
    >>> float(product_distance([[[0.0]], [[1.0]]], [[[1.0]], [[0.0]]], depths=[0, 0.5]))
    0.5
    """
    p = _order(order)
    first, second = _measures(mu, nu)
    places = real_array(depths, "the list of depths", ndim=1)
    if len(places) != len(first):
        raise ShapeError(f"{len(places)} depths came for {len(first)} layers: give one for each")
    if places[0] < 0 or places[-1] > 1 or (np.diff(places) <= 0).any():
        raise ModelError(f"the depths {came(places.tolist())} do not increase in [0, 1]: sort them, each once")
    common = math.lcm(*(len(w) for w in (*first, *second)))
    atoms, times = [], []
    for side in (first, second):
        atoms.append(np.concatenate([np.column_stack([np.full(len(w), s), w]) for s, w in zip(places, side)]))
        times.append([common // len(w) for w in side for _ in w])
    cost = _powers(atoms[0], atoms[1], p)
    if common * len(first) <= _MOST_ATOMS:
        plan = _split_plan(cost, times[0], times[1])
    else:
        plan = least_plan(cost, *(np.array(one) / (common * len(first)) for one in times))
    uniform = [np.full(len(w), 1 / len(w)) for w in first], [np.full(len(w), 1 / len(w)) for w in second]
    weights = np.full(len(first), 1 / len(first))
    return ConditionalDistance(
        value=float((plan * cost).sum() ** (1 / p)),
        fibres=None,
        plans=(plan,),
        labelled=_labelled(first, second, uniform, weights, p),
    )


def interpolate(mu: Any, nu: Any, t: Any) -> tuple[Floats, ...]:
    """The measure at t of [0, 1] on the geodesic from mu to nu: displacement interpolation at each depth.

    Parameters
    ----------
    mu, nu
        L arrays (n_r, q) and (m_r, q), uniform masses; where widths differ, atoms are repeated.

    Returns
    -------
    tuple of arrays
        As the measures.

    Raises
    ------
    ModelError, ShapeError
        If t is not in [0, 1], or the numbers of layers differ.

    Examples
    --------
    >>> interpolate([[[0.0], [1.0]]], [[[3.0], [1.0]]], 0.5)[0].ravel().tolist()
    [0.5, 2.0]
    """
    if isinstance(t, bool) or not isinstance(t, int | float | np.number | Fraction | sp.Rational) or not 0 <= t <= 1:
        raise ModelError(f"t is {came(t)}: give a number from 0 to 1")
    first, second = _measures(mu, nu)
    found = []
    for one, other in zip(first, second, strict=True):
        x, y = _repeated(one, len(other)), _repeated(other, len(one))
        if one.shape[1] == 1:
            x, y = np.sort(x, axis=0), np.sort(y, axis=0)
        else:
            y = y[np.argmax(least_plan(_powers(x, y, 2), *_uniform(x, y)), axis=1)]
        found.append((1 - float(t)) * x + float(t) * y)
    return tuple(found)


def _uniform(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    return np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y))


def _repeated(atoms: Floats, other: int) -> Floats:
    """Atoms so often that their number is the least common multiple of both."""
    return np.repeat(atoms, math.lcm(len(atoms), other) // len(atoms), axis=0)


def _fibre(x: Floats, y: Floats, cost: Floats, a: Floats, b: Floats) -> tuple[Floats, float]:
    """The plan of one depth, and its cost; sorted on the line."""
    uniform = bool((a == a[0]).all() and (b == b[0]).all())
    if uniform and len(x) == len(y):
        if x.shape[1] == 1:
            plan = np.zeros(cost.shape)
            plan[np.argsort(x[:, 0], kind="stable"), np.argsort(y[:, 0], kind="stable")] = a[0]
        else:
            plan = least_plan(cost, a, b)
    elif uniform and math.lcm(len(x), len(y)) <= _MOST_ATOMS:
        common = math.lcm(len(x), len(y))
        plan = _split_plan(cost, [common // len(x)] * len(x), [common // len(y)] * len(y))
    else:
        plan = least_plan(cost, a, b)
    return plan, float((plan * cost).sum())


def _split_plan(cost: Floats, rows: Sequence[int], columns: Sequence[int]) -> Floats:
    """The plan between atoms that are repeated so often, so that all masses are equal: an assignment."""
    many = np.repeat(np.repeat(cost, rows, axis=0), columns, axis=1)
    split = least_plan(many, *_uniform(many, many.T))
    starts = np.cumsum([0, *rows[:-1]]), np.cumsum([0, *columns[:-1]])
    return np.add.reduceat(np.add.reduceat(split, starts[0], axis=0), starts[1], axis=1)


def _powers(x: Floats, y: Floats, p: float) -> Floats:
    """|x_i - y_j|^p."""
    squares = ((x[:, None] - y[None]) ** 2).sum(axis=2)
    return np.asarray(squares if p == 2 else squares ** (p / 2))


def _order(order: Any) -> float:
    if isinstance(order, bool) or not isinstance(order, int | float) or not 1 <= order < math.inf:
        raise ModelError(f"the order is {came(order)}: give a number from 1")
    return float(order)


def _measures(mu: Any, nu: Any) -> tuple[list[Floats], list[Floats]]:
    sides = []
    for given, name in ((mu, "mu"), (nu, "nu")):
        if isinstance(given, str) or not isinstance(given, Sequence | np.ndarray) or not len(given):
            raise ModelError(f"{name} is {came(given)}: give one array (n, q) for each layer")
        sides.append([real_array(one, f"layer {r} of {name}", ndim=2) for r, one in enumerate(given, start=1)])
    if len(sides[0]) != len(sides[1]):
        raise ShapeError(f"mu has {len(sides[0])} layers and nu {len(sides[1])}: give measures of equal depth")
    q = sides[0][0].shape[1]
    for one in (*sides[0], *sides[1]):
        if one.shape[1] != q or not one.size:
            raise ShapeError(f"a layer has the shape {one.shape}: give (n, {q}) for each")
    return sides[0], sides[1]


def _depth_weights(depths: Any, count: int) -> Floats:
    if depths is None:
        return np.full(count, 1 / count)
    return _checked_masses(depths, count, "the weights of the depths")


def _checked_masses(given: Any, count: int, what: str) -> Floats:
    masses = real_array(given, what, ndim=1)
    if len(masses) != count:
        raise ShapeError(f"{what} are {len(masses)} numbers for {count}: give one for each")
    if masses.min() < 0 or abs(float(masses.sum()) - 1) > _TOTAL:
        raise ModelError(f"{what} sum to {float(masses.sum()):.6g} or one is negative: give masses from 0 with sum 1")
    return masses


def _masses(masses: Any, first: list[Floats], second: list[Floats]) -> tuple[list[Floats], list[Floats]]:
    if masses is None:
        return [np.full(len(w), 1 / len(w)) for w in first], [np.full(len(w), 1 / len(w)) for w in second]
    given = list(masses)
    is_pair = len(given) == 2 and all(len(side) == len(first) and np.ndim(side[0]) == 1 for side in given)
    sides = given if is_pair else [given, given]
    found = []
    for side, layers in zip(sides, (first, second), strict=True):
        if len(side) != len(layers):
            raise ShapeError(f"masses of {len(side)} layers came for {len(layers)}: give (n_r,) for each layer")
        found.append(
            [_checked_masses(m, len(w), f"the masses of layer {r}") for r, (m, w) in enumerate(zip(side, layers), 1)]
        )
    return found[0], found[1]


def _labelled(
    first: list[Floats], second: list[Floats], shares: tuple[list[Floats], list[Floats]], weights: Floats, p: float
) -> float | None:
    """The distance of neurons in order."""
    if any(one.shape != other.shape for one, other in zip(first, second, strict=True)):
        return None
    if any((a != b).any() for a, b in zip(*shares, strict=True)):
        return None
    total = [
        float(a @ ((one - other) ** 2).sum(axis=1) ** (p / 2))
        for one, other, a in zip(first, second, shares[0], strict=True)
    ]
    return float((weights @ np.array(total)) ** (1 / p))
