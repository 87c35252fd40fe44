"""Whether training from given weights provably takes the risk to zero.

A Polyak-Lojasiewicz constant at one network proves nothing; what is needed is one on a whole ball of radius R around it
with sqrt(2 f/kappa(R)) < R. Candidates for R are found in floats, and the winner is decided in balls (derived; the
bounds stand in `symdyn.certificate.recheck.stability.convergent_training`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.recheck.stability.convergent_training import check_convergent_training
from symdyn.certificate.refutation import RefutedError, UndecidedError
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.stability.convergent_training import BOUNDED, ConvergentTrainingWitness
from symdyn.dynamics.exhibit import Table
from symdyn.dynamics.presented import Presentation, Presented
from symdyn.numerics.arrays import Floats, whole
from symdyn.systems.conditional_transport_resnet.layers import (
    Weights,
    checked_samples,
    checked_states,
    checked_weights,
    kernel_of,
    run_forward,
)
from symdyn.systems.conditional_transport_resnet.residual import Residual, activation_name, activation_pair

_METHOD = "bounds of the network on a ball around its weights, in Arb; an inequality of Polyak and Lojasiewicz there"
_RADII = (*np.geomspace(1.0, 1e4, 81), *np.geomspace(0.7, 1e-8, 81))
_LEAST = 1e-3  # of the radius, so that rounding of outputs does not matter where the risk is zero in floats
_ERF = 2 / np.sqrt(np.pi)
SUPREMA = {
    "tanh": (1.0, 1.0, 4 / (3 * np.sqrt(3))),
    "sin": (1.0, 1.0, 1.0),
    "atan": (np.pi / 2, 1.0, 3 * np.sqrt(3) / 8),
    "sigmoid": (1.0, 0.25, 1 / (6 * np.sqrt(3))),
    "erf": (1.0, _ERF, _ERF * np.sqrt(2 / np.e)),
}


@dataclass(frozen=True, kw_only=True)
class LocalConvergence(Presented):
    """What is known of the convergence of training from given weights.

    Parameters
    ----------
    kappa_here
        The constant of |slope|^2 >= 2 kappa f at these weights, in floats: (1/N) mean_r lambda_min(K_r)
        prod_{k>r} (1 - m_k/L)^2, K_r the Gram matrix of the features (of the u-part for hidden layers).
    kappa
        A constant on the whole ball; 0 where there is none.
    radius
        R of the ball: the one that is certified, or the best one.
    radius_needed
        sqrt(2 f/kappa), infinite where kappa is 0.
    rate
        2 kappa: the risk falls at least like exp(-rate t), if it is certified.
    risk
        f.
    profile
        (L, 2): the least eigenvalue of K_r, and m_r = max_i |D_xF_r(x_i)|.
    reason
        Why it is certified or not.
    certificate
        PROVED, or None.
    """

    kappa_here: float
    kappa: float
    radius: float
    radius_needed: float
    rate: float
    risk: float
    profile: Floats = field(repr=False)
    reason: str
    certificate: Certificate | None

    @property
    def verdict(self) -> Verdict:  # type: ignore[override]
        """PROVED or UNDECIDED."""
        return Verdict.UNDECIDED if self.certificate is None else self.certificate.verdict

    @property
    def gap(self) -> float:
        """sqrt(2 f/kappa)/R: below 1 it is certified."""
        return self.radius_needed / self.radius if 0 < self.radius < np.inf else np.inf


    def presented(self) -> Presentation:
        """The verdict, and the profile over depth."""
        rows = tuple((r, float(low), float(m)) for r, (low, m) in enumerate(self.profile, start=1))
        if self.certificate is not None:
            said = (
                rf"Training from these weights takes the risk from ${_tex(self.risk)}$ to zero, at least as fast as "
                rf"$e^{{-2 \kappa t}}$ with $\kappa = {_tex(self.kappa)}$ on the ball of radius ${_tex(self.radius)}$, "
                rf"and moves the weights by at most ${_tex(self.radius_needed)}$."
            )
        else:
            said = f"Whether training from these weights takes the risk to zero is not decided: {self.reason}."
        return Presentation(
            title="convergence of training",
            sentence=said,
            equations=(rf"$\kappa = {_tex(self.kappa_here)}$ at these weights, in floats.",),
            tables=(Table(("layer", r"$\lambda_{\min}(K_r)$", "$m_r$"), rows),),
        )


def _tex(value: float) -> str:
    """A number in LaTeX, to four digits."""
    if not np.isfinite(value):
        return r"\infty"
    mantissa, _, exponent = f"{value:.4g}".partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa


@dataclass(frozen=True, kw_only=True)
class _Profile:
    """Bounds of each layer at the weights, (L,), in floats."""

    lowest: Floats
    m: Floats
    nu: Floats
    nv: Floats
    Q: Floats
    T: Floats
    norms: Floats  # squares (L, N)


def local_convergence(
    residual: Residual, weights: Any, inputs: Any, targets: Any, *, bits: int = 64
) -> LocalConvergence:
    """Whether the gradient flow from these weights provably takes the risk |x - y|^2/2 to zero.

    Parameters
    ----------
    residual
        A certificate is for hidden layers with tanh, sin, atan, sigmoid or erf.
    weights
        L arrays (n_r, q); floats are the fractions that they are.
    inputs, targets
        (N, d).
    bits
        Working precision of the proof.

    Raises
    ------
    ModelError, ShapeError
        As `forward`.
    """
    layers = checked_weights(residual, weights)
    x = checked_samples(residual, inputs, "the array of inputs")
    y = checked_samples(residual, targets, "the array of targets", len(x))
    precision = whole(bits, "the number of bits", least=32, most=2000)
    with np.errstate(all="ignore"):
        states = checked_states(run_forward(kernel_of(residual), layers, x)[0])
    f = float(((states[-1] - y) ** 2).sum() / (2 * len(x)))
    lowest, m = _spectra(residual, layers, states)
    here = _constant_here(lowest, m, len(x))
    name = activation_name(residual.activation)
    if name not in BOUNDED:
        why = "psi is no hidden layer with tanh, sin, atan, sigmoid or erf: kappa is known at these weights only"
        return _answer(here, 0.0, np.inf, np.inf, f, lowest, m, why, None)
    profile = _profile(residual, layers, states, lowest, m)
    if here <= 0:
        steep = int(np.argmax(m))
        why = degenerate(residual, x)
        if m[steep] >= len(m):
            why = f"|D_xF| is {m[steep]:.3g} in layer {steep + 1}, not below the number of layers: costates may vanish"
        return _answer(here, 0.0, np.inf, np.inf, f, lowest, m, why, None)
    R, e, kappa = _best_radius(profile, SUPREMA[name], len(x), f, here)
    needed = np.sqrt(2 * f / kappa) if kappa > 0 else np.inf
    certificate, why = None, f"sqrt(2 f/kappa(R))/R is {needed / R:.3g} at the best R, and has to be below 1"
    if needed < R:
        certificate, why = _proved(residual, name, layers, x, y, profile, (R, e, kappa, needed), precision)
    return _answer(here, kappa, R, needed, f, lowest, m, why, certificate)


def _answer(
    here: float, kappa: float, R: float, needed: float, f: float, lowest: Floats, m: Floats, why: str, proof: Any
) -> LocalConvergence:
    return LocalConvergence(
        kappa_here=here,
        kappa=kappa,
        radius=float(R),
        radius_needed=float(needed),
        rate=2 * kappa,
        risk=f,
        profile=np.column_stack([lowest, m]),
        reason=why,
        certificate=proof,
    )


def degenerate(residual: Residual, inputs: Floats) -> str:
    """Why the Gram matrices are singular, where that is seen from activation and data."""
    sigma = residual.activation
    if sigma is not None and not residual.bias:
        s = next(iter(sigma.free_symbols))
        odd = sp.simplify(sigma.subs(s, -s) + sigma) == 0
        norms = np.linalg.norm(inputs, axis=1)
        if (norms == 0).any() and sigma.subs(s, 0) == 0:
            place = int(np.argmin(norms)) + 1
            return f"sample {place} is 0 and sigma(0) = 0 without bias: lambda_min(K_s) = 0 at s = 0"
        units = inputs / np.where(norms > 0, norms, 1)[:, None]
        cosines = units @ units.T - 2 * np.eye(len(units))
        if odd and len(inputs) > 1:
            for i, j in np.argwhere(np.triu((np.abs(inputs[:, None] + inputs) < 1e-14).all(axis=2), 1)):
                return f"sigma is odd without bias and samples {i + 1} and {j + 1} are opposite: lambda_min(K_s) = 0"
        if activation_name(sigma) == "relu" and cosines.max() > 1 - 1e-14:
            i, j = np.unravel_index(int(np.argmax(cosines)), cosines.shape)
            return f"relu has no bias and samples {i + 1} and {j + 1} are on one ray: lambda_min(K_s) = 0 at s = 0"
    return "the Gram matrices of the features are singular: give more neurons than samples, and different samples"


def _spectra(residual: Residual, layers: Weights, states: Any) -> tuple[Floats, Floats]:
    """The least eigenvalue of the Gram matrix of each layer, and the largest norm of D_xF at a sample."""
    kernel, d = kernel_of(residual), residual.d
    lowest, m = [], []
    for w, x in zip(layers, states[:-1], strict=True):
        with np.errstate(all="ignore"):
            kept = kernel.forward(w, x)[1]
            rows = [kernel.backward(w, x, kept, np.broadcast_to(one, x.shape))[0] for one in np.eye(d)]
        slopes = np.stack(rows, axis=1)
        m.append(float(np.linalg.norm(slopes, 2, axis=(1, 2)).max()) if np.isfinite(slopes).all() else np.inf)
        gram = _gram(residual, w, x)
        scale = float(np.trace(gram)) * 1e-15
        least = float(np.linalg.eigvalsh(gram)[0])
        lowest.append(least if least > scale else 0.0)
    return np.array(lowest), np.array(m)


def _gram(residual: Residual, w: Floats, x: Floats) -> Floats:
    """K(x_i, x_j): of sigma(v.x) for hidden layers, else of all parameters, (N d, N d)."""
    if residual.activation is not None:
        h = activation_pair(residual.activation)[0](_inner(residual, w, x))
        return np.asarray(h @ h.T / len(w))
    kernel = kernel_of(residual)
    features = []
    for i in range(len(x)):
        one = x[i : i + 1]
        kept = kernel.forward(w, one)[1]
        features += [kernel.backward(w, one, kept, row[None])[1].ravel() for row in np.eye(residual.d)]
    found = np.array(features)
    return np.asarray(found @ found.T / len(w))


def _inner(residual: Residual, w: Floats, x: Floats) -> Floats:
    d = residual.d
    z = x @ w[:, d : 2 * d].T
    return z + w[:, -1] if residual.bias else z


def _constant_here(lowest: Floats, m: Floats, samples: int) -> float:
    shares = 1 - m / len(m)
    if not (shares > 0).all():
        return 0.0
    after = np.concatenate([np.cumprod(shares[::-1])[::-1][1:], [1.0]])
    return float((lowest * after**2).mean() / samples)


def _profile(residual: Residual, layers: Weights, states: Any, lowest: Floats, m: Floats) -> _Profile:
    d = residual.d
    u = [(w[:, :d] ** 2).sum(axis=1) for w in layers]
    v = [(w[:, d : 2 * d] ** 2).sum(axis=1) for w in layers]
    return _Profile(
        lowest=lowest,
        m=m,
        nu=np.array([a.mean() for a in u]),
        nv=np.array([b.mean() for b in v]),
        Q=np.array([(a * b).mean() for a, b in zip(u, v)]),
        T=np.array([(np.sqrt(a) * b).mean() for a, b in zip(u, v)]),
        norms=np.array([(x**2).sum(axis=1) + float(residual.bias) for x in states[:-1]]),
    )


def _best_radius(
    profile: _Profile, suprema: tuple[float, float, float], samples: int, f: float, here: float
) -> tuple[float, float, float]:
    """The first R that does, else the one that lacks least, which may be below sqrt(2 f/kappa); with e and kappa."""
    start = np.sqrt(2 * f / here) if f > 0 else 1e-9
    best = (np.inf, float(start), 0.0, 0.0)
    for R in start * np.array(_RADII):
        e, kappa = _constant_on(profile, suprema, samples, float(R))
        needed = np.sqrt(2 * f / kappa) if kappa > 0 else np.inf
        if needed < 0.999 * R:
            return float(R), e, kappa
        if needed / R < best[0]:
            best = (needed / R, float(R), e, kappa)
    return best[1:]


def _constant_on(
    profile: _Profile, suprema: tuple[float, float, float], samples: int, R: float
) -> tuple[float, float]:
    """e and kappa(R); 0 where nothing is left."""
    s0, s1, s2 = suprema
    L, widest = len(profile.m), profile.norms.max(axis=1)
    spread = R * np.sqrt(s0**2 + s1**2 * (profile.nu[:, None] * profile.norms).mean(axis=0).max())
    Q, T = np.sqrt(profile.Q.mean()), profile.T.mean()
    fixed = s1 * (R * np.sqrt((profile.nu + profile.nv).mean()) + R**2 / 2)
    fixed += s2 * R * np.sqrt((profile.Q * widest).mean())
    e = spread
    for _ in range(200):
        c = fixed + s2 * e * (T + Q * R)
        following = float(np.exp(min(profile.m.mean() + c, 300.0)) * min(spread, 1e100))
        if not following < 1e6 or following <= e * (1 + 1e-12):
            break
        e = following
    if not following <= e * (1 + 1e-9):
        return float(e), 0.0
    e *= 1 + 1e-6
    c = fixed + s2 * e * (T + Q * R)
    far = np.sqrt(L) * R
    first = s1 * (far * np.sqrt(profile.nu + profile.nv) + far**2 / 2)
    second = s2 * (np.sqrt(profile.Q * widest) * far + e * (profile.T + np.sqrt(profile.Q) * far))
    tau = float(((profile.m + first + second) / L).max())
    if tau >= 1:
        return float(e), 0.0
    after = np.concatenate([np.cumprod((1 - profile.m / L)[::-1])[::-1][1:], [1.0]]) * np.exp(-c / (1 - tau))
    farthest = np.sqrt(profile.norms.sum(axis=1).max())
    lost = s1 * ((farthest + np.sqrt(samples) * e) * R + np.sqrt(samples * profile.nv.mean()) * e)
    left = np.sqrt((after**2 * profile.lowest).mean()) - lost
    return float(e), float(max(left, 0.0) ** 2 / samples)


def _proved(
    residual: Residual, name: str, layers: Weights, x: Floats, y: Floats, profile: _Profile, found: Any, bits: int
) -> tuple[Certificate | None, str]:
    """The certificate, if balls of this precision show what floats promise."""
    R, e, kappa, needed = found
    record = ConvergentTrainingWitness(
        activation=name,
        bias=residual.bias,
        layers=tuple(map(_rows, layers)),
        inputs=_rows(x),
        targets=_rows(y),
        radius=_short(R, 1),
        states=_short(e * (1 + 1e-4), 1),
        eigenvalues=tuple(_short(value * (1 - 1e-6) - 1e-13, -1) for value in profile.lowest),
        constant=_short(kappa * (1 - 1e-3), -1),
        reach=_short(max(needed * (1 + 6e-4), _LEAST * R), 1),
        bits=bits,
    )
    try:
        check_convergent_training(record, Verdict.PROVED.value)
    except (RefutedError, UndecidedError) as failure:
        return None, f"floats find it, and balls of {bits} bits do not show it: {failure}"
    why = f"sqrt(2 f/kappa(R)) is {needed:.3g} and R is {R:.3g}"
    return certified(record, Verdict.PROVED, _METHOD, provenance=provenance()), why


def _rows(array: Floats) -> tuple[tuple[Fraction, ...], ...]:
    return tuple(tuple(map(Fraction, row)) for row in array.tolist())


def _short(value: float, direction: int) -> Fraction:
    """A decimal of five digits, rounded up or down; never below 0."""
    if value <= 0:
        return Fraction(0)
    exponent = 4 - int(np.floor(np.log10(value)))
    scaled = Fraction(value) * Fraction(10) ** exponent
    whole_part = scaled.numerator // scaled.denominator
    return Fraction(whole_part + (1 if direction > 0 and whole_part != scaled else 0)) / Fraction(10) ** exponent
