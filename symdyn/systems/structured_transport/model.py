"""The data and settings of the system."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import Floats, one_of, real_array, whole
from symdyn.systems.structured_transport.points import both
from symdyn.systems.structured_transport.problem import Problem, problem_of
from symdyn.systems.structured_transport.regularizers import REGULARIZERS, checked

DATA = ("planted", "two points", "digits")
#: Thresholds of the table, as shares of the largest entry, column norm or singular value that the data reach.
_SHARES = {"l1": 0.08, "l12": 0.15, "nuclear": 0.15}


@dataclass(frozen=True, kw_only=True)
class Spaces:
    """Points in two spaces, and how they are matched."""

    X: Floats = field(repr=False)
    Y: Floats = field(repr=False)
    labels: Any = field(default=None, repr=False)
    data: str
    regularizer: str
    weight: Any
    epsilon: float
    step: Any
    starts: int

    @cached_property
    def problem(self) -> Problem:
        """The problem of the regularizer that was asked for."""
        return problem_of(self.X, self.Y, epsilon=self.epsilon, regularizer=self.regularizer, weight=self.weight)

    def weight_of(self, regularizer: str) -> Any:
        """The weight that was given, else one in proportion to what C reaches for the planted coupling."""
        if regularizer == self.regularizer and self.weight is not None:
            return self.weight
        if regularizer in ("quadratic", "orthogonal"):
            return None
        if regularizer == "rank":
            return max(1, min(self.X.shape[1], self.Y.shape[1]) // 2)
        n = min(len(self.X), len(self.Y))
        C = self.Y[:n].T @ self.X[:n] / n
        size = {"l1": np.abs(C).max(), "l12": np.linalg.norm(C, axis=0).max(), "nuclear": np.linalg.norm(C, 2)}
        return float(f"{_SHARES[regularizer] * float(size[regularizer]):.3g}")

    def small(self) -> tuple[list[list[int]], list[list[int]]]:
        """The first points in two dimensions of each side, in whole numbers."""
        sides = []
        for points in (self.X, self.Y):
            part = points[:10, np.argsort(-points.var(axis=0), kind="stable")[:2]]
            scale = 100 / max(float(np.abs(part).max()), 1e-300)
            sides.append([[round(float(v) * scale) for v in row] for row in part])
        return sides[0], sides[1]


def planted() -> tuple[Floats, Floats]:
    """30 points in 4 and in 3 dimensions: Y is a sparse map of X with noise; hundredths, centred to the last digit."""
    rng = np.random.default_rng(20)
    X = rng.normal(size=(30, 4)) * [1.2, 1.0, 0.8, 0.6]
    M = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
    Y = X @ M.T + 0.15 * rng.normal(size=(30, 3))
    X, Y = (np.round(100 * one) for one in (X, Y))
    return (X - X.mean(axis=0)) / 100, (Y - Y.mean(axis=0)) / 100


def digits(count: int = 150) -> tuple[Floats, Floats, Any]:
    """Images of scikit-learn's digits in two feature spaces, centred, with their labels.

    X are the 64 pixels; Y are sums of rows, sums of columns and means of 2 x 2 blocks, turned by a rotation.

    Raises
    ------
    ModelError
        If scikit-learn is missing.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ModelError("the digits come with scikit-learn: pip install scikit-learn") from None
    pixels, labels = load_digits(return_X_y=True)
    X = pixels[:count] / 16
    images = X.reshape(-1, 8, 8)
    blocks = images.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)).reshape(len(X), -1)
    features = np.concatenate([images.sum(axis=1) / 4, images.sum(axis=2) / 4, blocks], axis=1)
    rotation, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(features.shape[1],) * 2))
    Y = features @ rotation
    return X - X.mean(axis=0), Y - Y.mean(axis=0), labels[:count]


def made(X: Any, Y: Any, regularizer: Any, weight: Any, epsilon: Any, step: Any, starts: Any) -> Spaces:
    """The model of the parameters of `build`, checked."""
    labels, name = None, "given"
    if isinstance(X, str):
        name = one_of(X, "X", DATA)
        if Y is not None:
            raise ModelError(f"X is {name!r}, which brings both sides, and Y is {came(Y)}: leave Y out, or give both")
        if name == "digits":
            first, second, labels = digits()
        elif name == "two points":
            first, second = np.array([[-1.0], [1.0]]), np.array([[-2.0], [2.0]])
        else:
            first, second = planted()
    elif Y is None:
        raise ModelError("Y is missing: give both sides, (n, d_x) and (m, d_y)")
    else:
        first, second = both(X, Y)
    kind = one_of(regularizer, "the regularizer", REGULARIZERS)
    if weight is not None:
        checked(kind, weight)
    if isinstance(epsilon, bool) or not float(real_array(epsilon, "epsilon", ndim=0)) > 0:
        raise ModelError(f"epsilon is {came(epsilon)}: give a number above 0")
    if step is not None and (isinstance(step, bool) or not float(real_array(step, "the step", ndim=0)) > 0):
        raise ModelError(f"the step is {came(step)}: give a number above 0, or none for exact steps")
    found = Spaces(
        X=first, Y=second, labels=labels, data=name, regularizer=kind, weight=weight, epsilon=float(epsilon),
        step=None if step is None else float(step), starts=whole(starts, "the number of starts", least=2),
    )  # fmt: skip
    return replace(found, weight=found.weight_of(kind))
