"""Claims about self-attention with the weights at hand, each measured by a second route."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.system import Claim, Measurement
from symdyn.numerics.integrate import integrate
from symdyn.systems.multistable_self_attention.cone import Cone, cone, largest_tangent
from symdyn.systems.multistable_self_attention.eigen import real_eigenvalues
from symdyn.systems.multistable_self_attention.energy import is_gradient_identity, orientation
from symdyn.systems.multistable_self_attention.exact_spectrum import is_proved
from symdyn.systems.multistable_self_attention.jacobian import closed_form_jacobian
from symdyn.systems.multistable_self_attention.model import outputs
from symdyn.systems.multistable_self_attention.parameters import Attention
from symdyn.systems.multistable_self_attention.spectra import numbers
from symdyn.systems.multistable_self_attention.table import Collinear, collinear_equilibria

PAPER = "C. Altafini, Multistability of Self-Attention Dynamics in Transformers, arXiv 2511.11553"
DERIVED = "derived here for the model of arXiv 2511.11553"
_AGREE = 1e-7
_MOST_COORDINATES = 12


def claims(model: Attention, flow: Flow) -> tuple[Claim, ...]:
    """The claims that apply; those about numbers need numbers for all parameters."""
    found = [
        Claim(
            "unit-norms",
            "The flow keeps every token on its unit sphere.",
            lambda: _norms(model, flow),
            True,
            "derived: x_i . dx_i/dt = (x_i . y_i)(1 - |x_i|^2)",
        )
    ]
    if orientation(model) != 0:
        sign = "" if orientation(model) == 1 else "-"
        found.append(
            Claim(
                "energy",
                f"V is symmetric and B = {sign}V, so dE/dt = {sign}sum_i Z_i |dx_i/dt|^2 for the interaction energy E."
                if model.beta != 0
                else "V is symmetric and beta = 0, so dE/dt = sum_i Z_i |dx_i/dt|^2 for the interaction energy E.",
                lambda seed=0: _energy(model, seed),
                True,
                DERIVED,
            )
        )
    if not model.is_numeric:
        return tuple(found)
    for row in collinear_equilibria(model):
        found.append(_spectrum_claim(model, flow, row))
    for value in real_eigenvalues(model.V):
        theorem = cone(model, value)
        if theorem.holds:
            found.append(_cone_claim(model, flow, theorem))
    return tuple(found)


def _norms(model: Attention, flow: Flow) -> Measurement:
    d = model.dimension
    opaque = {f: sp.Dummy(f"e{k}") for k, f in enumerate(sorted(_exponentials(flow), key=sp.default_sort_key))}
    Y = outputs(model)
    for i in range(model.tokens):
        x = model.state[i, :]
        rate = sp.Add(*(x[a] * flow.field.components[i * d + a] for a in range(d)))
        along = sp.Add(*(x[a] * Y[i, a] for a in range(d)))
        defect = (rate - along * (1 - sp.Add(*(e**2 for e in x)))).xreplace(opaque)
        if sp.expand(sp.numer(sp.together(defect))) != 0:
            return Measurement(Verdict.UNDECIDED, False, f"the identity was not recognised for token {i + 1}")
    return Measurement(_known(model), True, "an identity of rational functions in the tokens and the exponentials")


def _exponentials(flow: Flow) -> set[sp.Expr]:
    return set(flow.field.components.atoms(sp.exp))


def _energy(model: Attention, seed: int) -> Measurement:
    if len(model.coords) > _MOST_COORDINATES:
        return _energy_in_floats(model, seed)
    if is_gradient_identity(model, outputs(model)):
        return Measurement(_known(model), True, "Z_i y_i is the gradient of the energy in x_i, identically")
    return Measurement(Verdict.UNDECIDED, False, "the identity was not recognised")


def _energy_in_floats(model: Attention, seed: int) -> Measurement:
    from symdyn.systems.multistable_self_attention.energy import energy_rates

    if not model.is_numeric:
        return Measurement(Verdict.UNDECIDED, False, "too many coordinates for an identity, and symbols have no values")
    tokens = np.random.default_rng(seed).normal(size=(model.tokens, model.dimension))
    tokens /= np.linalg.norm(tokens, axis=1, keepdims=True)
    slope, dissipation = energy_rates(model, tokens)
    gap = abs(slope - dissipation) / max(1e-300, abs(dissipation))
    return Measurement(Verdict.OBSERVED, gap < 1e-9, f"relative residual {gap:.1e} at one random state, seed {seed}")


def _known(model: Attention) -> Verdict:
    return Verdict.PROVED if model.is_exact else Verdict.OBSERVED


def _spectrum_claim(model: Attention, flow: Flow, row: Collinear) -> Claim:
    expected = tuple(complex(round(v.real, 8), round(v.imag, 8)) for v in numbers(row.spectrum))
    shown = tuple(v.real if v.imag == 0 else v for v in expected)
    vector = ", ".join(str(e) if not e.has(sp.Float) else format(float(e), ".6g") for e in row.eigenvector)
    return Claim(
        f"spectrum-{row.plus}-{row.minus}-at-{_shown(row.eigenvalue)}",
        f"The {row.kind}, v = ({vector}), is at rest, and its tangent eigenvalues are those of the closed form.",
        _measured(model, flow, row),
        shown,
        DERIVED,
    )


def _measured(model: Attention, flow: Flow, row: Collinear) -> Callable[[], Measurement]:
    def measure() -> Measurement:
        point = np.array([float(value) for value in row.point(model).values()])
        residual = float(np.abs(np.asarray(flow.kernel(point[:, None]))).max()) if flow.kernel else float("nan")
        other = np.linalg.eigvals(closed_form_jacobian(model, point)).astype(complex)
        gap = spectral_gap(numbers(row.spectrum), other)
        shown = tuple(sorted((round(v.real, 8) if abs(v.imag) < 1e-9 else v for v in other.tolist()), key=_order))
        if residual > 1e-10 or gap > _AGREE * 10:
            return Measurement(Verdict.UNDECIDED, shown, f"residual {residual:.1e}, eigenvalues differ by {gap:.1e}")
        if is_proved(model, flow, row):
            reason = "the characteristic polynomial of the differentiated field equals that of the closed form, exactly"
            return Measurement(Verdict.PROVED, shown, reason)
        return Measurement(
            Verdict.OBSERVED, shown, f"residual {residual:.1e}; eigenvalues of the Jacobian differ by {gap:.1e}"
        )

    return measure


def spectral_gap(first: np.ndarray, second: np.ndarray) -> float:
    """Largest distance of matched eigenvalues, for the matching with the least total distance."""
    from scipy.optimize import linear_sum_assignment

    distance = np.abs(np.asarray(first)[:, None] - np.asarray(second)[None])
    rows, columns = linear_sum_assignment(distance)
    return float(distance[rows, columns].max(initial=0.0))


def _order(value: complex) -> tuple[float, float]:
    return complex(value).real, complex(value).imag


def _cone_claim(model: Attention, flow: Flow, theorem: Cone) -> Claim:
    value, rate = _shown(theorem.eigenvalue), _shown(sp.S.Zero + theorem.rate)
    return Claim(
        f"cone-at-{value}",
        f"From any open half-space around v with V v = {value} v the tokens reach the consensus at v, and the largest "
        f"tangent of an angle to v falls at least like exp(-{rate} t); V leaves the complement of v invariant and has "
        f"norm {_shown(theorem.norm)} there.",
        lambda seed=0: _cone_measured(model, flow, theorem, seed),
        True,
        DERIVED,
    )


def _cone_measured(model: Attention, flow: Flow, theorem: Cone, seed: int) -> Measurement:
    """64 random starts in the half-space; the bound is checked at four times."""
    assert flow.kernel is not None
    assert theorem.rate is not None
    rng = np.random.default_rng(seed)
    tokens = rng.normal(size=(model.tokens, model.dimension, 64))
    tokens /= np.linalg.norm(tokens, axis=1, keepdims=True)
    v = np.array(theorem.eigenvector.tolist(), dtype=float).ravel()
    tokens *= np.where(np.einsum("a,iab->ib", v, tokens) >= 0, 1.0, -1.0)[:, None]
    starts = tokens.reshape(-1, 64)
    rate = float(theorem.rate)
    times = np.array([0.5, 1.0, 2.0, 4.0]) / rate
    with np.errstate(divide="ignore"):  # a step of length zero to a sample time has no error at all
        run = integrate(flow.kernel, starts, times[-1], rtol=1e-9, atol=1e-12, sample_times=times[:-1])
    states = [*run.samples, run.final]
    bound = largest_tangent(theorem, starts)
    excess = max(
        float((largest_tangent(theorem, x) / (bound * np.exp(-rate * t)) - 1).max())
        for x, t in zip(states, times, strict=True)
    )
    reason = f"64 random starts, seed {seed}: the tangent exceeds its bound by at most a factor 1 {excess:+.1e}"
    # 1e-6: the error of the integrator at relative tolerance 1e-9, amplified by dividing by exp(-4)
    return Measurement(Verdict.OBSERVED, excess < 1e-6, reason)


def _shown(value: sp.Expr) -> str:
    return str(value) if not value.has(sp.Float) else format(float(value), ".6g")
