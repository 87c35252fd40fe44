"""What is claimed about deep linear networks, each sentence with its measurement."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.claims import Undecided, exact, for_all
from symdyn.dynamics.outcome import Outcome, holds_by
from symdyn.dynamics.system import Claim
from symdyn.systems.deep_linear_network.classify import kind_by_pivots
from symdyn.systems.deep_linear_network.critical import (
    critical_values,
    is_critical,
    learnt,
    minimal_value,
    subsets,
)
from symdyn.systems.deep_linear_network.escape import escape
from symdyn.systems.deep_linear_network.hessian import (
    balanced_index,
    balanced_spectrum,
    hessian,
    inertia,
    representative,
)
from symdyn.systems.deep_linear_network.learning import learn
from symdyn.systems.deep_linear_network.model import DeepLinearNetwork
from symdyn.systems.deep_linear_network.structure import balance_count, is_isospectral
from symdyn.systems.deep_linear_network.weights import Layers, as_floats

SOURCE = "J. Wendin and C. Altafini, arXiv 2511.10362"
_DERIVED = f"derived; subject of {SOURCE}"
MAX_WEIGHTS = 300
_MOST_POINTS = 64
_TOLERANCE = 1e-8  # relative; eigenvalues of a symmetric matrix are good to about 1e-15 of its norm

Subset = tuple[int, ...]


def claims_of(model: DeepLinearNetwork) -> tuple[Claim, ...]:
    """The claims that can be measured: those about critical points need rational singular values and a Hessian.

    They are left out above MAX_WEIGHTS weights.
    """
    identity = tuple(map(tuple, sp.eye(model.depth + 1).tolist()))
    found = [
        exact(
            "nilpotent",
            f"A^{model.depth + 1} = 0 for all weights, as (I - A)(I + A + ... + A^{model.depth}) = I shows on its "
            "blocks, and the spectrum of A stays zero along the flow, which moves no block that is zero",
            lambda: (_telescope(model.depth), is_isospectral(model)),
            (identity, True),
            source=f"abstract of {SOURCE}; argument derived",
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
    every: Callable[[], Any] = partial(subsets, model)
    return [
        for_all(
            "critical points",
            "at rational weights for every subset of modes the gradient vanishes, the loss is half the sum of the "
            "squares of the other singular values, and the point is the global minimum or has a direction of descent",
            partial(_by_value, model),
            partial(_not_critical, model),
            source=f"abstract of {SOURCE}; values derived",
            most=_most(model),
        ),
        for_all(
            "pivots",
            "at these weights the rule of tightened pivots agrees with the exact inertia of the Hessian",
            every,
            partial(_other_kind, model),
            source="Achour, Malgouyres and Gerchinovitz, arXiv 2107.13289, for full rank and distinct singular values; "
            "elsewhere derived",
            most=_most(model),
        ),
        for_all(
            "index",
            "the index of the aligned balanced point of every subset is given by the formula; by Sylvester's law it is "
            "that of rational weights which a hidden change of basis takes there",
            every,
            partial(_other_index, model),
            source=_DERIVED,
            most=_most(model),
        ),
        for_all(
            "spectrum",
            "the Hessian at the aligned balanced point of every subset has the closed-form spectrum, within 1e-8 of "
            "its norm",
            every,
            partial(_other_spectrum, model),
            source=_DERIVED,
            most=_most(model),
            in_floats=True,
        ),
        Claim(
            "convergence",
            "a trajectory from a random start reaches the minimal loss within 1e-6, and keeps the balance matrices "
            "within 1e-8",
            partial(_convergence, model),
            True,
            f"abstract of {SOURCE}; observed on one start",
        ),
    ]


def _most(model: DeepLinearNetwork) -> int:
    """Subsets that are looked at: elimination in a Hessian takes time as the third power of its size."""
    return max(_MOST_POINTS, min(4096, 500_000_000 // model.dimension**3))


def _telescope(depth: int) -> list[list[sp.Expr]]:
    """(I - A)(I + A + ... + A^h), not multiplied out, A with the blocks W_1, ..., W_h below its diagonal.

    In every entry the blocks come in one order, that of their path, so symbols that commute stand for them.
    """
    size = depth + 1
    blocks = sp.symbols(f"W1:{size}", seq=True)
    A = sp.Matrix(size, size, lambda i, j: blocks[int(j)] if i == j + 1 else 0)
    powers = list(itertools.accumulate([sp.eye(size), *[A] * depth], lambda one, other: one * other))
    total = sum(powers[1:], powers[0])
    left = sp.eye(size) - A
    return [[_sum_of(left[i, k] * total[k, j] for k in range(size)) for j in range(size)] for i in range(size)]


def _sum_of(terms: Iterable[sp.Expr]) -> sp.Expr:
    return sp.Add(*(term for term in terms if term != 0), evaluate=False)


def _laws(model: DeepLinearNetwork) -> Outcome:
    count = balance_count(model)
    laws = count.laws
    extra = "all of them" if count.is_complete else "not all of them, or not proved to be all"
    reason = (
        f"{count.independent} independent laws among {count.listed} entries (rank at a random point); between "
        f"{laws.lower} and {laws.upper} laws in all: {extra}"
    )
    if laws.lower < count.independent:
        return Outcome(None, Verdict.UNDECIDED, "not proved", reason, laws.certificate)
    return Outcome(holds_by(laws.verdict), laws.verdict, "conserved", reason, laws.certificate)


def _by_value(model: DeepLinearNetwork) -> list[Subset]:
    return [subset for same in critical_values(model).values() for subset in same]


def _not_critical(model: DeepLinearNetwork, subset: Subset) -> str | None:
    value = sp.Add(*(s**2 for i, s in enumerate(model.sigma, start=1) if i not in subset)) / 2
    weights = representative(model, subset)
    if not is_critical(model, weights):
        return "the gradient does not vanish there"
    found, kind = learnt(model, weights).value, kind_of(model, weights)
    if str(found) != str(value):
        return f"it has loss {found}, not {value}"
    # a negative direction of the Hessian is one of descent; elsewhere one has to be found
    if kind == "non-strict saddle" and escape(model, weights) is None:
        return Undecided("no direction of descent was found, though the loss is above the minimum")
    return None


def _other_kind(model: DeepLinearNetwork, subset: Subset) -> str | None:
    weights = representative(model, subset)
    found, predicted = kind_of(model, weights), kind_by_pivots(model, weights)
    return None if found == predicted else f"it is a {found}, not a {predicted}"


def kind_of(model: DeepLinearNetwork, weights: Layers) -> str:
    """The class by the loss and the exact inertia, without the search for a direction that `classify` makes."""
    if str(learnt(model, weights).value) == str(minimal_value(model)):
        return "global minimum"
    return "strict saddle" if inertia(model, weights)[1] else "non-strict saddle"


def _other_index(model: DeepLinearNetwork, subset: Subset) -> str | None:
    _, found, _ = inertia(model, representative(model, subset))
    predicted = balanced_index(model, subset)
    return None if found == predicted else f"it has index {found}, not {predicted}"


def _other_spectrum(model: DeepLinearNetwork, subset: Subset) -> str | None:
    residual = spectrum_residual(model, subset)
    return None if residual < _TOLERANCE else f"the spectra differ by {residual:.1e} of the norm"


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


def _convergence(model: DeepLinearNetwork, seed: int = 0) -> Outcome:
    generator = np.random.default_rng(seed)
    weights = [generator.normal(size=shape) / np.sqrt(shape[1]) for shape in model.shapes]
    run = learn(model, weights, _duration(model), samples=20)
    gap = float(run.losses[-1]) - float(minimal_value(model))
    held = gap < 1e-6 and run.drift < 1e-8
    reason = f"loss above the minimum by {gap:.1e} from seed {seed}, drift of the laws {run.drift:.1e}; {run.summary}"
    return Outcome(held, Verdict.OBSERVED, held, reason)


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
