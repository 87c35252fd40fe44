"""What is claimed about deep linear networks; every sentence is measured by the functions of this room."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache, partial

import numpy as np
import sympy as sp

from symdyn.algebra.linear.exact_matrix import fraction
from symdyn.algebra.spectra.inertia_certificate import CriticalPoint, critical_point_certificate
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.claims import Undecided, exact, for_all
from symdyn.dynamics.outcome import Outcome, holds_by
from symdyn.dynamics.system import Claim
from symdyn.networks.matrix_product import telescope
from symdyn.networks.product_escape import Escape
from symdyn.systems.deep_linear_network.classify import (
    balanced_index,
    balanced_spectrum,
    escape,
    has_hessian,
    hessian,
    inertia_at,
    kind_at,
    kind_by_pivots,
    representative,
    spectrum_residual,
)
from symdyn.systems.deep_linear_network.critical import critical_value, is_critical, learnt, minimal_value, subsets
from symdyn.systems.deep_linear_network.learning import learn
from symdyn.systems.deep_linear_network.model import DeepLinearNetwork
from symdyn.systems.deep_linear_network.structure import balance_count, is_isospectral

PAPER = "J. Wendin and C. Altafini, arXiv 2511.10362"
_DERIVED = f"derived; subject of {PAPER}"
_MOST_POINTS = 64
_GAP, _LONGEST = 1e-6, 4000.0  # loss above the minimum, and time
_TOLERANCE = 1e-8  # relative; eigenvalues of a symmetric matrix are good to about 1e-15 of its norm

Subset = tuple[int, ...]


def claims_of(model: DeepLinearNetwork) -> tuple[Claim, ...]:
    """The claims that can be measured: those about critical points need rational singular values and a Hessian.

    They are left out above MAX_WEIGHTS weights.
    """
    h = model.depth
    structure = (
        exact(
            "nilpotent",
            rf"$A^{{{h + 1}}} = 0$ for all weights, since $(I - A)(I + A + \dots + A^{{{h}}}) = I$ block by block; and "
            "the spectrum of $A$ stays zero along the flow, which moves no block that is zero.",
            lambda: (telescope(h), is_isospectral(model)),
            (tuple(map(tuple, sp.eye(h + 1).tolist())), True),
            source=f"abstract of {PAPER}; argument derived",
        ),
        Claim(
            "balance laws",
            r"The matrices $W_k W_k^\top - W_{k+1}^\top W_{k+1}$ are conserved for all targets $\Sigma$. How many "
            "independent laws they are, and how many there are near generic weights, is counted.",
            lambda: _laws(model),
            "conserved",
            f"abstract of {PAPER}; count derived through the law engine",
        ),
    )
    return structure + (_about_critical_points(model) if has_hessian(model) else ())


def _about_critical_points(model: DeepLinearNetwork) -> tuple[Claim, ...]:
    # elimination in a Hessian takes time as the third power of its size
    most = max(_MOST_POINTS, min(4096, 500_000_000 // model.dimension**3))
    every = partial(for_all, cases=partial(subsets, model), most=most)
    certify = partial(certificate_at, model)
    return (
        every(
            "critical points",
            r"For every subset $S$ of modes there are rational weights with $W_h \cdots W_1 = \Sigma_S$ at which the "
            r"gradient vanishes and $L = \frac{1}{2} \sum_{i \notin S} \sigma_i^2$; they are a global minimum, or the "
            "loss falls along a line or curve from there.",
            failure=partial(_not_critical, model),
            source=f"abstract of {PAPER}; values derived",
            certify=certify,
        ),
        every(
            "pivots",
            "At these weights the rule of tightened pivots agrees with the exact inertia of the Hessian.",
            failure=partial(_other_kind, model),
            source="Achour, Malgouyres and Gerchinovitz, arXiv 2107.13289, for full rank and distinct singular values; "
            "elsewhere derived",
            certify=certify,
        ),
        every(
            "index",
            r"The Hessian at the aligned balanced point of every subset $S$ has $\#\{(s, i) : s \in S,\ i \notin S,\ "
            r"\sigma_i > \sigma_s\}$ negative eigenvalues, and for $h = 2$ as many as $d_1 - |S|$ more for each "
            r"$\sigma_i > 0$ with $i \notin S$. By Sylvester's law they are those at rational weights which a hidden "
            "change of basis takes there.",
            failure=partial(_other_index, model),
            source=_DERIVED,
            certify=certify,
        ),
        every(
            "spectrum",
            r"The Hessian at the aligned balanced point of every subset has the closed-form spectrum, within "
            r"$10^{-8}$ of its norm.",
            failure=partial(_other_spectrum, model),
            source=_DERIVED,
            in_floats=True,
        ),
        Claim(
            "convergence",
            r"A trajectory from a random start reaches the minimal loss within $10^{-6}$, and keeps the balance "
            r"matrices within $10^{-8}$.",
            partial(_convergence, model),
            True,
            f"abstract of {PAPER}; observed on one start",
        ),
    )


def _laws(model: DeepLinearNetwork) -> Outcome:
    count = balance_count(model)
    laws, extra = count.laws, "all of them" if count.is_complete else "not all of them, or not proved to be all"
    reason = (
        f"{count.independent} independent laws among {count.listed} entries (rank at a random point); between "
        f"{laws.lower} and {laws.upper} laws in all: {extra}"
    )
    if laws.lower < count.independent:
        return Outcome(None, Verdict.UNDECIDED, "not proved", reason, certificate=laws.certificate)
    return Outcome(holds_by(laws.verdict), laws.verdict, "conserved", reason, certificate=laws.certificate)


def _not_critical(model: DeepLinearNetwork, subset: Subset) -> str | None:
    weights = representative(model, subset)
    if not is_critical(model, weights):
        return "the gradient does not vanish there"
    found, value = learnt(model, weights).value, critical_value(model, subset)
    if str(found) != str(value):
        return f"it has loss {found}, not {value}"
    if kind_at(model, subset) == "non-strict saddle" and _way_down(model, subset) is None:
        return Undecided("no way down was found, though the loss is above the minimum")
    return None


def _other_kind(model: DeepLinearNetwork, subset: Subset) -> str | None:
    found, predicted = kind_at(model, subset), kind_by_pivots(model, representative(model, subset))
    return None if found == predicted else f"it is a {found}, not a {predicted}"


def _other_index(model: DeepLinearNetwork, subset: Subset) -> str | None:
    found, predicted = inertia_at(model, subset)[1], balanced_index(model, subset)
    return None if found == predicted else f"it has index {found}, not {predicted}"


def _other_spectrum(model: DeepLinearNetwork, subset: Subset) -> str | None:
    residual = spectrum_residual(model, subset)
    return None if residual < _TOLERANCE else f"the spectra differ by {residual:.1e} of the norm"


@lru_cache(maxsize=4096)
def _way_down(model: DeepLinearNetwork, subset: Subset) -> Escape | None:
    return escape(model, representative(model, subset))


@lru_cache(maxsize=8)
def certificate_at(model: DeepLinearNetwork, cases: tuple[Subset, ...]) -> Certificate | None:
    """One certificate of the representatives of subsets: values, no slope, inertia, and curves where no sign shows one.

    It starts from the loss as a formula in all weights; three claims rest on it.
    """
    return critical_point_certificate(model.loss, model.coords, [_point(model, subset) for subset in cases])


def _point(model: DeepLinearNetwork, subset: Subset) -> CriticalPoint:
    weights = representative(model, subset)
    way = _way_down(model, subset) if kind_at(model, subset) == "non-strict saddle" else None
    moved = () if way is None else zip(way.exponents, way.direction, strict=True)
    return CriticalPoint(
        name="S = {" + ", ".join(map(str, subset)) + "}",
        point=[fraction(x) for layer in weights for x in layer.entries()],
        value=Fraction(str(critical_value(model, subset))),
        hessian=hessian(model, weights),
        curve=[(exponent, fraction(x)) for exponent, layer in moved for x in layer.entries()],
    )


def _convergence(model: DeepLinearNetwork, seed: int = 0) -> Outcome:
    generator = np.random.default_rng(seed)
    weights = [generator.normal(size=shape) / np.sqrt(shape[1]) for shape in model.shapes]
    duration = _duration(model)
    for longer in (1, 10):  # deep networks leave saddles slowly
        run = learn(model, weights, min(longer * duration, _LONGEST), samples=20)
        gap = float(run.losses[-1]) - float(minimal_value(model))
        if gap < _GAP:
            break
    reason = f"loss above the minimum by {gap:.1e} from seed {seed}, drift of the laws {run.drift:.1e}; {run.summary}"
    if gap >= _GAP and run.drift < _TOLERANCE and run.speed > 0:
        return Outcome(None, Verdict.UNDECIDED, f"not within time {run.times[-1]:g}", f"it still moves: {reason}")
    held = gap < _GAP and run.drift < _TOLERANCE
    return Outcome(held, Verdict.OBSERVED, held, reason)


def _duration(model: DeepLinearNetwork) -> float:
    """Forty times of the slowest rate at the balanced minimum and of the escape of its smallest mode, capped.

    Modes without signal are unlearnt at an algebraic rate if the widths leave room for them: then the cap.
    """
    if model.signal_rank < model.bottleneck:
        return _LONGEST
    minimum = tuple(range(1, model.bottleneck + 1))
    rates = [float(value) for value in balanced_spectrum(model, minimum)]
    slowest = min([rate for rate in rates if rate > _TOLERANCE] + [float(model.sigma[s - 1]) for s in minimum] + [1.0])
    return min(40 / slowest, _LONGEST)
