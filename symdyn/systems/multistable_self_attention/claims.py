"""Claims about self-attention with the weights at hand, each measured by a second route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.spectra.characteristic import spectrum_certificate
from symdyn.algebra.spectra.eigenvalues import eigenvectors, numbers, real_eigenvalues
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.agreement import same_spectrum
from symdyn.dynamics.attention import Attention, tangent_jacobian, velocity_on_spheres
from symdyn.dynamics.claims import bounded, close, exact
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.outcome import Outcome
from symdyn.dynamics.system import Claim
from symdyn.dynamics.tokens.attention_flow import energy_rates, gradient_defects, norm_defects, orientation
from symdyn.dynamics.tokens.cone import Cone, cone
from symdyn.dynamics.tokens.cone_along_flow import tangents_over_bound
from symdyn.systems.multistable_self_attention.collinear import (
    Collinear,
    bipartite_weights,
    collinear_equilibria,
    reduced_matrix,
    shown,
)

PAPER = "C. Altafini, Multistability of Self-Attention Dynamics in Transformers, arXiv 2511.11553"
DERIVED = "derived here for the model of arXiv 2511.11553"
_AGREE = 1e-6  # of eigenvalues in floats: those of a defective matrix move like a root of the rounding
_MOST_FOR_IDENTITIES, _MOST_FOR_SPECTRA = 12, 9  # coordinates
_REDUCED = r"$\begin{pmatrix} \nu p - \lambda(2p-1) & \nu(1-p) \\ \nu(1-q) & \nu q - \lambda(2q-1) \end{pmatrix}$"


def claims_of(model: Attention, flow: Flow) -> tuple[Claim, ...]:
    """The claims that apply; those about numbers need numbers for all parameters."""
    statement = r"The flow keeps every token on its unit sphere: $x_i^\top \dot x_i = x_i^\top y_i (1 - |x_i|^2)$."
    found = [_identity(model, "unit-norms", statement, lambda: norm_defects(model, flow), model.tokens)]
    if orientation(model) != 0:
        found.append(_energy_claim(model))
    if model.is_numeric:
        found += [_spectrum_claim(model, flow, row) for row in collinear_equilibria(model)]
        cones = [cone(model.V, eigenvectors(model.V, value)[0]) for value in real_eigenvalues(model.V)]
        found += [_cone_claim(model, one) for one in cones if one.holds]
    return tuple(found)


def tex(value: Any) -> str:
    """A number, formula or set in LaTeX; floats with six digits."""
    return str(sp.latex(value.xreplace({one: sp.Float(one, 6) for one in value.atoms(sp.Float)})))


def _identity(model: Attention, name: str, statement: str, defects: Callable[[], list[sp.Expr]], count: int) -> Claim:
    """Formulas that vanish identically; for weights in floats they do so at the rational numbers that these are."""

    def rational() -> list[sp.Expr]:
        return [d.xreplace({one: sp.Rational(one) for one in d.atoms(sp.Float)}) for d in defects()]

    claim = exact(name, statement, rational, (0,) * count, source=DERIVED)
    return claim if model.is_exact else replace(claim, measure=partial(_observed, claim))


def _observed(claim: Claim) -> Outcome:
    found = claim.measured()
    decided = found.verdict in (Verdict.PROVED, Verdict.REFUTED)
    return replace(found, verdict=Verdict.OBSERVED, certificate=None) if decided else found


def _energy_claim(model: Attention) -> Claim:
    sign, size = "" if orientation(model) == 1 else "-", len(model.coords)
    form, assumed = r"\frac{1}{2\beta} \sum_{i,j} \exp(\beta x_i^\top B x_j)", f"$V = V^\\top$ and $B = {sign}V$"
    if model.beta == 0:
        form, assumed = r"\frac12 \sum_{i,j} x_i^\top V x_j", r"$V = V^\top$ and $\beta = 0$"
    statement = rf"The energy $E = {form}$ has $\dot E = {sign}\sum_i Z_i |\dot x_i|^2$, with $Z_i$ the denominator of "
    statement += r"$\alpha_{ij}$"
    if size <= _MOST_FOR_IDENTITIES:
        statement += rf", because $\partial E / \partial x_i = {sign}Z_i y_i$ identically."
        claim = _identity(model, "energy", statement, lambda: gradient_defects(model), size)
    elif model.is_numeric:
        ratio = partial(_energy_ratio, model)
        claim = close("energy", f"{statement}: their ratio is 1.", ratio, 1, within=1e-9, source=DERIVED)
    else:
        open_ = Outcome.unmeasured("too many coordinates for an identity, and symbols have no values")
        claim = Claim("energy", f"{statement}.", lambda: open_, 1, DERIVED)
    return replace(claim, hypotheses=(assumed,))


def _energy_ratio(model: Attention, seed: int) -> float:
    """The slope of the energy over what dissipates, at a random state."""
    tokens = np.random.default_rng(seed).normal(size=(model.tokens, model.dimension))
    slope, dissipation = energy_rates(model, tokens / np.linalg.norm(tokens, axis=1, keepdims=True))
    return float(np.divide(slope, dissipation))


def _spectrum_claim(model: Attention, flow: Flow, row: Collinear) -> Claim:
    plus, minus, v = row.plus, row.minus, ", ".join(map(tex, row.eigenvector))
    place = f"{plus} tokens at $v$ and {minus} at $-v$" if minus else "all tokens at $v$"
    statement = rf"The {row.kind}, {place} with $V v = \lambda v$, $\lambda = {tex(row.eigenvalue)}$, $v = ({v})$, is "
    statement += r"at rest. Its tangent eigenvalues are, for each of the other eigenvalues $\nu$ of $V$, "
    if minus:
        p, q = bipartite_weights(sp.Symbol("g"), plus, minus)
        within = [f"{k - 1} times $-\\lambda(2{w}-1)$" for k, w in ((plus, "p"), (minus, "q")) if k > 1]
        statement += f"{', '.join([*within, 'those of'])} {_REDUCED}, where $g = \\beta v^\\top B v = {tex(row.g)}$, "
        statement += f"$p = {tex(p)}$ and $q = {tex(q)}$."
    else:
        statement += r"$a \nu - \lambda$ for all eigenvalues $a$ of uniform attention."
    expected = [complex(round(value.real, 8), round(value.imag, 8)) for value in numbers(row.spectrum)]
    return Claim(
        id=f"spectrum-{plus}-{minus}-at-{shown(row.eigenvalue)}",
        statement=statement,
        measure=partial(_spectrum, model, flow, row),
        expected=tuple(value.real if value.imag == 0 else value for value in expected),
        source=DERIVED,
        agrees=same_spectrum(_AGREE),
    )


def _spectrum(model: Attention, flow: Flow, row: Collinear) -> Outcome:
    """Numerical eigenvalues of the Jacobian at the state, and a certificate where the closed form is exact."""
    point = np.array([float(value) for value in row.point(model).values()])
    residual = float(np.abs(velocity_on_spheres(model)(point[:, None])).max())
    values = [complex(np.round(v, 8)) for v in np.linalg.eigvals(tangent_jacobian(model, point))]
    told = tuple(v.real + 0.0 if v.imag == 0 else v for v in sorted(values, key=lambda v: (v.real, v.imag)))
    if not residual <= 1e-10:
        return Outcome(False, Verdict.OBSERVED, told, f"the state is not at rest: residual {residual:.1e}")
    certificate = row_certificate(model, flow, row)
    if certificate is None:
        return Outcome(True, Verdict.OBSERVED, told, f"residual {residual:.1e} at the state")
    reason = "the characteristic polynomial of the differentiated field equals that of the closed form, exactly"
    return Outcome(True, Verdict.PROVED, told, reason, certificate=certificate)


def row_certificate(model: Attention, flow: Flow, row: Collinear) -> Certificate | None:
    """The certificate of the closed form, as identities over Q(t); None for floats, irrational v, many coordinates."""
    rational = all(e.is_Rational for e in (model.beta, row.eigenvalue, *row.eigenvector, *model.V, *model.B))
    if not rational or len(model.coords) > _MOST_FOR_SPECTRA:
        return None

    def closed(z: sp.Symbol, exp: Callable[[Any], sp.Expr]) -> sp.Expr:
        if row.minus == 0:
            product = sp.Mul(*((z - value) ** count for value, count in row.spectrum))
        else:
            p, q = bipartite_weights(row.g, row.plus, row.minus, exp)
            groups = ((p, row.plus), (q, row.minus))
            product = sp.Mul(*((z + row.eigenvalue * (2 * w - 1)) ** ((k - 1) * len(row.others)) for w, k in groups))
            for T in (reduced_matrix(row.eigenvalue, nu, p, q) for nu in row.others):
                product *= z**2 - T.trace() * z + T[0, 0] * T[1, 1] - T[0, 1] * T[1, 0]
        # roots and imaginary units cancel between conjugate eigenvalues
        return product if all(value.is_Rational for value in row.others) else sp.expand(product)

    across = sp.Matrix.hstack(*sp.Matrix(row.eigenvector.T).nullspace())
    frame = sp.kronecker_product(sp.eye(model.tokens), across)
    return spectrum_certificate(flow.field.components, row.point(model), frame, closed, exponents=[2 * row.g])


def _cone_claim(model: Attention, theorem: Cone) -> Claim:
    value, norm = tex(theorem.eigenvalue), tex(theorem.norm)
    decay = tex(-(theorem.rate or sp.S.Zero) * sp.Symbol("t"))
    claim = bounded(
        f"cone-at-{shown(theorem.eigenvalue)}",
        rf"From any open half-space around $v$ with $V v = {value} v$ the tokens reach the consensus at $v$: the "
        rf"largest tangent $r$ of an angle to $v$ has $r(t) \le r(0) \exp({decay})$, for any $B$, $\beta$ and mask.",
        lambda seed: tangents_over_bound(velocity_on_spheres(model), theorem, model.tokens, seed=seed),
        source=DERIVED,
        # the error of the integrator at relative tolerance 1e-9, amplified by dividing by exp(-4)
        slack=1e-6,
    )
    assumed = rf"the complement of $v$ is invariant under $V$, and $V$ has the norm ${norm}$ there, below ${value}$"
    return replace(claim, hypotheses=(assumed, r"$v^\top x_i(0) > 0$ for all tokens"))
