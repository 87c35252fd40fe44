"""How good a coupling is: labels carried along it, and how often a true partner is not the nearest."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdyn.errors import ShapeError
from symdyn.numerics.arrays import Floats, real_array, whole


def label_transfer(P: Any, Y: Any, labels: Any, known: Any, *, neighbours: int = 5) -> float:
    """Share of right labels of the k nearest neighbours in Y of the barycentric projections of P.

    Parameters
    ----------
    P
        (n, m).
    Y
        (m, d).
    labels, known
        Of the rows of P and of Y.
    neighbours
        k; among equally frequent labels the smallest one counts.

    Raises
    ------
    ShapeError
        If numbers do not fit.

    Examples
    --------
    >>> label_transfer([[0.5, 0.0], [0.0, 0.5]], [[0.0], [1.0]], [0, 1], [0, 1], neighbours=1)
    1.0
    """
    plan, points = real_array(P, "the plan P", ndim=2), real_array(Y, "Y", ndim=2)
    truth, told = np.asarray(labels), np.asarray(known)
    if plan.shape != (len(truth), len(points)) or len(told) != len(points):
        raise ShapeError(f"P has the shape {plan.shape}: give ({len(truth)}, {len(points)}) and a label for each point")
    k = whole(neighbours, "the number of neighbours", least=1, most=len(points))
    projected = (plan / plan.sum(axis=1, keepdims=True)) @ points
    near = np.argsort(_squares(projected, points), axis=1, kind="stable")[:, :k]
    classes = np.unique(told)
    votes = (told[near][:, :, None] == classes).sum(axis=1)
    return float((classes[votes.argmax(axis=1)] == truth).mean())


def foscttm(mapped: Any, partners: Any) -> float:
    """Mean share of points that are nearer than the true partner (FOSCTTM), over both sides; 0 is perfect.

    Parameters
    ----------
    mapped, partners
        (n, d) each; row i of one belongs to row i of the other.

    Examples
    --------
    >>> foscttm([[0.0], [1.0]], [[0.0], [1.0]])
    0.0
    """
    one, other = real_array(mapped, "mapped points", ndim=2), real_array(partners, "their partners", ndim=2)
    if one.shape != other.shape:
        raise ShapeError(f"points of shapes {one.shape} and {other.shape} came: give one partner for each")
    squares = _squares(one, other)
    true: Floats = np.diag(squares)
    shares = [(squares < true[:, None]).mean(axis=1), (squares < true).mean(axis=0)]
    return float(np.mean(shares))


def _squares(one: Floats, other: Floats) -> Floats:
    return np.asarray((one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) - 2 * one @ other.T)
