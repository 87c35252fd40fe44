"""Claims about self-attention with the weights at hand, each measured by a second route."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.agreement import Agreement, as_numbers
from symdyn.dynamics.claims import bounded, close, exact
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.outcome import Outcome
from symdyn.dynamics.system import Claim
from symdyn.numerics.integrate import integrate
from symdyn.systems.multistable_self_attention.cone import Cone, cone, largest_tangent
from symdyn.systems.multistable_self_attention.eigen import real_eigenvalues
from symdyn.systems.multistable_self_attention.energy import energy_rates, gradient_defects, orientation
from symdyn.systems.multistable_self_attention.exact_spectrum import spectrum_certificate
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
        _identity(
            model,
            "unit-norms",
            "The flow keeps every token on its unit sphere.",
            lambda: _norm_defects(model, flow),
            model.tokens,
            "derived: x_i . dx_i/dt = (x_i . y_i)(1 - |x_i|^2)",
        )
    ]
    if orientation(model) != 0:
        sign = "" if orientation(model) == 1 else "-"
        statement = (
            f"V is symmetric and B = {sign}V, so dE/dt = {sign}sum_i Z_i |dx_i/dt|^2 for the interaction energy E."
            if model.beta != 0
            else "V is symmetric and beta = 0, so dE/dt = sum_i Z_i |dx_i/dt|^2 for the interaction energy E."
        )
        found.append(_energy_claim(model, statement))
    if not model.is_numeric:
        return tuple(found)
    for row in collinear_equilibria(model):
        found.append(_spectrum_claim(model, flow, row))
    for value in real_eigenvalues(model.V):
        theorem = cone(model, value)
        if theorem.holds:
            found.append(_cone_claim(model, flow, theorem))
    return tuple(found)


def _identity(
    model: Attention, name: str, statement: str, defects: Callable[[], list[sp.Expr]], number: int, source: str
) -> Claim:
    """Formulas that vanish identically; for weights in floats they do so at the rational numbers that these are."""
    claim = exact(name, statement, lambda: [_rational(d) for d in defects()], (0,) * number, source=source)
    return claim if model.is_exact else dataclasses.replace(claim, measure=partial(_observed, claim))


def _observed(claim: Claim) -> Outcome:
    found = claim.measured()
    if found.verdict not in (Verdict.PROVED, Verdict.REFUTED):
        return found
    return dataclasses.replace(found, verdict=Verdict.OBSERVED, certificate=None)


def _rational(expression: sp.Expr) -> sp.Expr:
    return expression.xreplace({value: sp.Rational(value) for value in expression.atoms(sp.Float)})


def _norm_defects(model: Attention, flow: Flow) -> list[sp.Expr]:
    """x_i . dx_i/dt - (x_i . y_i)(1 - |x_i|^2) for every token, not multiplied out."""
    d, Y, X = model.dimension, outputs(model), model.state
    defects = []
    for i in range(model.tokens):
        rate = sp.Add(*(X[i, a] * flow.field.components[i * d + a] for a in range(d)))
        along = sp.Add(*(X[i, a] * Y[i, a] for a in range(d)))
        defects.append(rate - along * (1 - sp.Add(*(X[i, a] ** 2 for a in range(d)))))
    return defects


def _energy_claim(model: Attention, statement: str) -> Claim:
    size = len(model.coords)
    if size <= _MOST_COORDINATES:
        statement += " It follows from grad_i E = +-Z_i y_i, which holds identically."
        return _identity(
            model, "energy", statement, lambda: list(gradient_defects(model, outputs(model))), size, DERIVED
        )
    if not model.is_numeric:
        reason = "too many coordinates for an identity, and symbols have no values"
        open_ = Outcome(None, Verdict.UNDECIDED, "not measured", reason)
        return Claim("energy", statement, lambda: open_, 1, DERIVED)
    return close("energy", statement, partial(_energy_ratio, model), 1, within=1e-9, source=DERIVED)


def _energy_ratio(model: Attention, seed: int) -> float:
    """The slope of the energy over what dissipates, at a random state."""
    tokens = np.random.default_rng(seed).normal(size=(model.tokens, model.dimension))
    tokens /= np.linalg.norm(tokens, axis=1, keepdims=True)
    slope, dissipation = energy_rates(model, tokens)
    return float(np.divide(slope, dissipation))


def _spectrum_claim(model: Attention, flow: Flow, row: Collinear) -> Claim:
    expected = tuple(complex(round(v.real, 8), round(v.imag, 8)) for v in numbers(row.spectrum))
    shown = tuple(v.real if v.imag == 0 else v for v in expected)
    vector = ", ".join(str(e) if not e.has(sp.Float) else format(float(e), ".6g") for e in row.eigenvector)
    return Claim(
        f"spectrum-{row.plus}-{row.minus}-at-{_shown(row.eigenvalue)}",
        f"The {row.kind}, v = ({vector}), is at rest, and its tangent eigenvalues are those of the closed form.",
        partial(_spectrum, model, flow, row),
        shown,
        DERIVED,
        _same_spectrum,
    )


def _spectrum(model: Attention, flow: Flow, row: Collinear) -> Outcome:
    """Numerical eigenvalues of the Jacobian at the state, and a certificate where the closed form is exact."""
    point = np.array([float(value) for value in row.point(model).values()])
    residual = float(np.abs(np.asarray(flow.kernel(point[:, None]))).max()) if flow.kernel else float("nan")
    other = np.linalg.eigvals(closed_form_jacobian(model, point)).astype(complex)
    shown = tuple(sorted((round(v.real, 8) if abs(v.imag) < 1e-9 else v for v in other.tolist()), key=_order))
    if not residual <= 1e-10:
        return Outcome(False, Verdict.OBSERVED, shown, f"the state is not at rest: residual {residual:.1e}")
    certificate = spectrum_certificate(model, flow, row)
    if certificate is not None:
        reason = "the characteristic polynomial of the differentiated field equals that of the closed form, exactly"
        return Outcome(True, Verdict.PROVED, shown, reason, certificate)
    return Outcome(True, Verdict.OBSERVED, shown, f"residual {residual:.1e} at the state")


def _same_spectrum(measured: Any, expected: Any) -> Agreement:
    """Eigenvalues agree in the best matching, within what was rounded away."""
    first, second = as_numbers(measured), as_numbers(expected)
    if first.shape != second.shape:
        return Agreement(False, f"{first.size} eigenvalues, {second.size} are expected")
    gap = spectral_gap(first, second) if first.size else 0.0
    return Agreement(bool(gap <= _AGREE * 10), f"eigenvalues in floats differ by {gap:.1e}")


def spectral_gap(first: np.ndarray, second: np.ndarray) -> float:
    """Largest distance of eigenvalues in the matching with the least total distance; inf if one is not finite."""
    from scipy.optimize import linear_sum_assignment

    distance = np.abs(np.asarray(first)[:, None] - np.asarray(second)[None])
    if not np.isfinite(distance).all():
        return float("inf")
    rows, columns = linear_sum_assignment(distance)
    return float(distance[rows, columns].max(initial=0.0))


def _order(value: complex) -> tuple[float, float]:
    return complex(value).real, complex(value).imag


def _cone_claim(model: Attention, flow: Flow, theorem: Cone) -> Claim:
    value, rate = _shown(theorem.eigenvalue), _shown(sp.S.Zero + theorem.rate)
    return bounded(
        f"cone-at-{value}",
        f"From any open half-space around v with V v = {value} v the tokens reach the consensus at v, and the largest "
        f"tangent of an angle to v falls at least like exp(-{rate} t); V leaves the complement of v invariant and has "
        f"norm {_shown(theorem.norm)} there.",
        partial(_tangents_over_bound, model, flow, theorem),
        source=DERIVED,
        # the error of the integrator at relative tolerance 1e-9, amplified by dividing by exp(-4)
        slack=1e-6,
    )


def _tangents_over_bound(model: Attention, flow: Flow, theorem: Cone, seed: int) -> np.ndarray:
    """The largest tangent over its bound at four times from 64 random starts in the half-space, shape (4, 64)."""
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
    ratios = [largest_tangent(theorem, x) / (bound * np.exp(-rate * t)) for x, t in zip(states, times, strict=True)]
    return np.array(ratios)


def _shown(value: sp.Expr) -> str:
    return str(value) if not value.has(sp.Float) else format(float(value), ".6g")
