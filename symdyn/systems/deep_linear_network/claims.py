"""What is claimed about deep linear networks, each sentence with its measurement."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial

import numpy as np

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.system import Claim, Measurement
from symdyn.systems.deep_linear_network.classify import classify, kind_by_pivots
from symdyn.systems.deep_linear_network.critical import critical_values, minimal_value, subsets
from symdyn.systems.deep_linear_network.hessian import balanced_index, balanced_spectrum, hessian, representative
from symdyn.systems.deep_linear_network.learning import learn
from symdyn.systems.deep_linear_network.model import DeepLinearNetwork
from symdyn.systems.deep_linear_network.structure import balance_count, is_isospectral, is_nilpotent
from symdyn.systems.deep_linear_network.weights import as_floats

SOURCE = "J. Wendin and C. Altafini, arXiv 2511.10362"
_DERIVED = f"derived; subject of {SOURCE}"
MAX_WEIGHTS = 300
_MOST_POINTS = 64
_TOLERANCE = 1e-8  # relative; eigenvalues of a symmetric matrix are good to about 1e-15 of its norm


def claims_of(model: DeepLinearNetwork) -> tuple[Claim, ...]:
    """The claims that can be measured: those about critical points need rational singular values and a Hessian.

    They are left out above MAX_WEIGHTS weights.
    """
    found = [
        Claim(
            "nilpotent",
            f"A^{model.depth + 1} = 0 for all weights, and the spectrum of A stays zero along the flow",
            lambda: _truth(is_nilpotent(model) and is_isospectral(model), "decided on the blocks that may be non-zero"),
            True,
            f"abstract of {SOURCE}; argument derived",
        ),
        Claim(
            "balance laws",
            "the matrices W_k W_k^T - W_(k+1)^T W_(k+1) are conserved for all targets; how many independent laws they "
            "are, and how many there are near generic weights",
            lambda: _laws(model),
            "conserved",
            f"abstract of {SOURCE}; count derived through the law engine",
        ),
    ]
    if model.is_rational and model.dimension <= MAX_WEIGHTS:
        found += _claims_about_critical_points(model)
    return tuple(found)


def _claims_about_critical_points(model: DeepLinearNetwork) -> list[Claim]:
    def claim(name: str, statement: str, measure: Callable[[], Measurement], expected: object, source: str) -> Claim:
        return Claim(name, statement, measure, expected, source)

    return [
        claim(
            "critical points",
            "at rational weights for every subset of modes the gradient vanishes, the loss is half the sum of the "
            "squares of the other singular values, and the point is the global minimum or has a direction of descent",
            lambda: _critical(model),
            True,
            f"abstract of {SOURCE}; values derived",
        ),
        claim(
            "pivots",
            "at these weights the rule of tightened pivots agrees with the exact inertia of the Hessian",
            lambda: _pivots(model),
            True,
            "Achour, Malgouyres and Gerchinovitz, arXiv 2107.13289, for full rank and distinct singular values; "
            "elsewhere derived",
        ),
        claim(
            "index",
            "the index of the aligned balanced point of every subset is given by the formula",
            lambda: _index(model),
            True,
            _DERIVED,
        ),
        claim(
            "spectrum",
            "the Hessian at the aligned balanced point of every subset has the closed-form spectrum",
            lambda: _spectrum(model),
            "residual below 1e-8 of the norm",
            _DERIVED,
        ),
        claim(
            "convergence",
            "a trajectory from a random start reaches the minimal loss, and keeps the balance matrices",
            partial(_convergence, model),
            "observed",
            f"abstract of {SOURCE}; observed on one start",
        ),
    ]


def _truth(holds: bool, reason: str) -> Measurement:
    return Measurement(Verdict.PROVED if holds else Verdict.REFUTED, holds, reason)


def _laws(model: DeepLinearNetwork) -> Measurement:
    count = balance_count(model)
    extra = "all of them" if count.is_complete else "not all of them, or not proved to be all"
    return Measurement(
        count.laws.verdict,
        "conserved",
        f"{count.independent} independent laws among {count.listed} entries (rank at a random point); between "
        f"{count.laws.lower} and {count.laws.upper} laws in all: {extra}",
        count.laws.certificate,
    )


def _some_subsets(model: DeepLinearNetwork) -> tuple[tuple[int, ...], ...]:
    return subsets(model)[:_MOST_POINTS]


def _scope(model: DeepLinearNetwork) -> str:
    total, used = len(subsets(model)), len(_some_subsets(model))
    return f"exact at {used} of {total} subsets, {len(critical_values(model))} different values"


def _critical(model: DeepLinearNetwork) -> Measurement:
    lowest = minimal_value(model)
    known = [subset for same in critical_values(model).items() for subset in [(same[0], s) for s in same[1]]]
    for value, subset in known[:_MOST_POINTS]:
        point = classify(model, representative(model, subset))
        minimal = point.kind == "global minimum"
        if str(point.value) != str(value) or minimal != (value == lowest) or minimal == (point.escape is not None):
            return Measurement(Verdict.REFUTED, False, f"subset {subset} has loss {point.value}, {point.kind}")
    return _truth(True, _scope(model))


def _pivots(model: DeepLinearNetwork) -> Measurement:
    for subset in _some_subsets(model):
        weights = representative(model, subset)
        found, predicted = classify(model, weights).kind, kind_by_pivots(model, weights)
        if found != predicted:
            return Measurement(Verdict.REFUTED, False, f"subset {subset} is a {found}, not a {predicted}")
    return _truth(True, _scope(model))


def _index(model: DeepLinearNetwork) -> Measurement:
    for subset in _some_subsets(model):
        found = classify(model, representative(model, subset)).index
        if found != balanced_index(model, subset):
            return Measurement(Verdict.REFUTED, False, f"subset {subset} has index {found}")
    return _truth(True, _scope(model) + "; the inertia is that of the balanced point by Sylvester's law")


def _spectrum(model: DeepLinearNetwork) -> Measurement:
    worst = max(spectrum_residual(model, subset) for subset in _some_subsets(model))
    holds = worst < _TOLERANCE
    return Measurement(
        Verdict.OBSERVED,
        "residual below 1e-8 of the norm" if holds else f"residual {worst:.1e} of the norm",
        f"largest relative difference from numerical eigenvalues {worst:.1e}",
    )


def spectrum_residual(model: DeepLinearNetwork, subset: tuple[int, ...]) -> float:
    """Largest difference between the closed-form spectrum and numerical eigenvalues, relative to the norm; floats."""
    roots = np.array([float(model.sigma[mode - 1]) ** (1 / model.depth) for mode in subset])
    balanced = []
    for k, layer in enumerate(representative(model, subset)):
        pattern = (as_floats(layer) != 0).astype(float)
        if k == 0:
            pattern[: len(subset)] *= roots[:, None]
        else:
            pattern[:, : len(subset)] *= roots
        # floats are dyadic rationals: the exact Hessian at the rounded point, then eigenvalues in floats
        balanced.append([[Fraction(float(x)) for x in row] for row in pattern])
    rows = hessian(model, balanced)
    found = np.linalg.eigvalsh(as_floats(rows))
    predicted = np.sort([float(value) for value in balanced_spectrum(model, subset)])
    return float(np.abs(found - predicted).max() / max(1.0, np.abs(found).max()))


def _convergence(model: DeepLinearNetwork, seed: int = 0) -> Measurement:
    generator = np.random.default_rng(seed)
    weights = [generator.normal(size=shape) / np.sqrt(shape[1]) for shape in model.shapes]
    duration = _duration(model)
    run = learn(model, weights, duration, samples=20)
    gap = float(run.losses[-1]) - float(minimal_value(model))
    held = gap < 1e-6 and run.drift < 1e-8
    return Measurement(
        Verdict.OBSERVED,
        "observed" if held else "not observed by then",
        f"loss above the minimum by {gap:.1e} from seed {seed}, drift of the laws {run.drift:.1e}; {run.summary}",
    )


def _duration(model: DeepLinearNetwork) -> float:
    """Forty times of the slowest rate at the balanced minimum and of the escape of its smallest mode, capped.

    Modes without signal are unlearnt at an algebraic rate if the widths leave room for them: then the cap.
    """
    if model.signal_rank < model.bottleneck:
        return 4000.0
    minimum = tuple(range(1, min(model.bottleneck, model.signal_rank) + 1))
    rates = [float(value) for value in balanced_spectrum(model, minimum)]
    slowest = min([rate for rate in rates if rate > _TOLERANCE] + [float(model.sigma[s - 1]) for s in minimum] + [1.0])
    return min(40 / slowest, 4000.0)
