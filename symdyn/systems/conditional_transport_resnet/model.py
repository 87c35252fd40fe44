"""The model of a study: a feature, sizes, data, and its training, done once."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.formulas.read import free_names
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, generator
from symdyn.systems.conditional_transport_resnet.layers import Weights, checked_samples
from symdyn.systems.conditional_transport_resnet.residual import Residual, residual, single_hidden_layer
from symdyn.systems.conditional_transport_resnet.training import Training, train

HIDDEN = "single hidden layer"
_IRIS_SAMPLES = 20
_NEURON = 0.5


@dataclass(frozen=True, eq=False, kw_only=True)
class TransportResnet:
    """L layers of `width` neurons of a feature, data (N, d) twice, the duration of training, the seed of weights."""

    residual: Residual
    L: int
    width: int
    inputs: Floats
    targets: Floats
    duration: float
    seed: int

    def weights(self, seed: int | None = None, *, L: int | None = None, width: int | None = None) -> Weights:
        """Normal weights; the u of hidden layers, or all parameters of formulas, with deviation 1/2."""
        rng = generator(self.seed if seed is None else seed)
        feature = self.residual
        scale = np.full(feature.q, _NEURON)
        if feature.activation is not None:
            scale[feature.d :] = 1.0
        shape = (width or self.width, feature.q)
        return tuple(rng.normal(size=shape) * scale for _ in range(L or self.L))

    def training(self, samples: int = 41) -> Training:
        """From the weights of the model."""
        return _trained(self, samples)


@lru_cache(maxsize=16)
def _trained(model: TransportResnet, samples: int) -> Training:
    return train(
        model.residual, model.weights(), model.inputs, model.targets, duration=model.duration, samples=samples
    )


def feature_of(psi: Any, activation: Any, d: int) -> Residual:
    """The feature of a study: the words "single hidden layer", or formulas in x (x1, ..., xd) and other names.

    Raises
    ------
    ModelError, ShapeError
        If there are not d formulas, or none has a parameter.
    """
    if psi == HIDDEN:
        return single_hidden_layer(d, activation)
    if isinstance(psi, Residual):
        return psi
    if isinstance(psi, str) and not any(sign in psi for sign in "+-*/()^"):
        near = f"write {HIDDEN}, or formulas such as u*v*x"
        raise ModelError(f"psi is {came(psi)}: {near}")
    texts = [psi] if isinstance(psi, str) else list(psi)
    if len(texts) != d:
        raise ShapeError(f"psi has {len(texts)} formulas for d = {d}: give one for each coordinate of the state")
    states = ["x"] if d == 1 else [f"x{k}" for k in range(1, d + 1)]
    names = dict.fromkeys(name for text in texts for name in _names(text))
    parameters = [name for name in names if name not in states]
    if not parameters:
        raise ModelError("psi has no parameter: write formulas in w and x, as u*v*x")
    return residual(texts, [sp.Symbol(name) for name in parameters], [sp.Symbol(name) for name in states])


def _names(text: Any) -> Sequence[str]:
    if isinstance(text, str):
        return free_names(text, where="psi")
    return sorted(map(str, getattr(text, "free_symbols", ())))


def data_of(data: Any, d: int, seed: int) -> tuple[Floats, Floats]:
    """Inputs and targets of a study: "random", "iris", or a pair of arrays.

    Raises
    ------
    ModelError, ShapeError
        If the data are none of these, or of another dimension.
    """
    if isinstance(data, str):
        if data == "random":
            return _random(d, seed)
        if data == "iris":
            if d != 4:
                raise ShapeError(f"d is {d} and iris has 4 features: give d = 4")
            return iris()
        raise ModelError(f"the data are {came(data)}: write random or iris, or give a pair of arrays")
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise ModelError(f"the data are {came(data)}: give a pair of arrays, inputs and targets of shape (N, d)")
    feature = single_hidden_layer(d)
    x = checked_samples(feature, data[0], "the array of inputs")
    return x, checked_samples(feature, data[1], "the array of targets", len(x))


def _random(d: int, seed: int) -> tuple[Floats, Floats]:
    """d + 1 inputs apart from each other, and targets near them."""
    rng = np.random.default_rng([seed, 1])
    corners = np.eye(d + 1)[:, :d] - np.eye(d + 1)[:, :d].mean(axis=0) if d != 2 else _triangle(rng)
    x = corners + 0.2 * rng.normal(size=(d + 1, d))
    return x, x + 0.2 * rng.normal(size=x.shape)


def _triangle(rng: np.random.Generator) -> Floats:
    angles = 2 * np.pi * (np.arange(3) + rng.uniform()) / 3
    return np.column_stack([np.cos(angles), np.sin(angles)])


def iris(samples: int = _IRIS_SAMPLES) -> tuple[Floats, Floats]:
    """Standardised features of flowers of each species in turn, and the mean of their species as targets, (N, 4).

    Raises
    ------
    ModelError
        If scikit-learn is missing.
    """
    try:
        load_iris = importlib.import_module("sklearn.datasets").load_iris
    except ImportError:
        raise ModelError("the data iris come with scikit-learn: pip install scikit-learn, or give arrays") from None
    found = load_iris()
    features, species = np.asarray(found.data, float), np.asarray(found.target)
    standard = (features - features.mean(axis=0)) / features.std(axis=0)
    means = np.stack([standard[species == k].mean(axis=0) for k in range(3)])
    order = np.arange(len(standard)).reshape(3, -1).T.ravel()[:samples]
    return standard[order], means[species[order]]
