"""Claims: what is said about a layer, measured on the layer that was built."""

from __future__ import annotations

from functools import partial

import numpy as np
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.system import Claim, Measurement
from symdyn.systems.power_method_transformer import cone as cones
from symdyn.systems.power_method_transformer import consensus, ordering, steering
from symdyn.systems.power_method_transformer.matrices import as_array
from symdyn.systems.power_method_transformer.model import Layer, layer

DERIVED = "derived; it concerns the layers of C. Li, C. Altafini, arXiv 2605.25619"
_RANDOM_LAYERS = 100
_ROUNDING = 1e-10
_MOST_SYMBOLIC = 6


def claims_of(one: Layer) -> tuple[Claim, ...]:
    """The claims that apply to a layer; those that need numbers are left out where there are symbols."""
    found: list[Claim] = []
    if one.dimension <= _MOST_SYMBOLIC and not one.F.is_zero_matrix:
        found += _structural(one)
    if one.F.free_symbols or one.beta.free_symbols or any(g.free_symbols for g in one.gain):
        return tuple(found)
    found.append(
        Claim(
            "ordering",
            "Whether the eigenvalues that win by |lambda|, by |1+lambda| and by Re lambda are the same is decided.",
            partial(_ordering, one),
            "agreement, or a warning that names what each rule selects",
            DERIVED,
        )
    )
    annihilates = one.form != "pre-LN" and ordering.powered_matrix(one).is_zero_matrix
    if one.plain and not annihilates and not any(score.free_symbols for score in one.scores):
        found.append(
            Claim(
                "heads at consensus",
                "At equal tokens x the heads together put out exactly F x, F their sum, whatever Q, K and mask.",
                partial(_heads, one),
                "residual at the level of rounding",
                DERIVED,
            )
        )
        found += _consensus_claim(one) + _cone_claim(one)
    return tuple(found)


def _structural(one: Layer) -> list[Claim]:
    """Claims that hold for symbols too."""
    return [
        Claim(
            "uniform attention",
            "Without residual, with full uniform attention (beta = 0) and F m != 0 for the mean token m, all tokens "
            "are equal after one layer.",
            partial(_uniform_attention, one),
            True,
            DERIVED,
        ),
        Claim(
            "steering",
            "F' = F + (kappa w - F w) w^T has F' w = kappa w, and its other eigenvalues are those of F compressed to "
            "the complement of w (here w is the last axis and kappa a symbol).",
            partial(_steering, one),
            True,
            DERIVED,
        ),
    ]


def _uniform_attention(one: Layer) -> Measurement:
    n, d = max(2, min(one.tokens, 4)), one.dimension
    states = sp.ImmutableMatrix(n, d, lambda i, a: sp.Symbol(f"x{i + 1}_{a + 1}", real=True))
    after = layer(one.F, n, 0, form="no residual").exact_step(states)
    equal = all(after[i, a] == after[0, a] for i in range(n) for a in range(d))
    exact = Verdict.OBSERVED if one.F.has(sp.Float) else Verdict.PROVED
    return Measurement(exact if equal else Verdict.REFUTED, equal, f"identity in {n} tokens of symbols")


def _steering(one: Layer) -> Measurement:
    d = one.dimension
    target = [0] * (d - 1) + [1]
    kappa, t = sp.Dummy("kappa"), sp.Dummy("t")
    steered = steering.rank_one(one.F, target, kappa)
    w = sp.Matrix(target)
    rest = steering.compressed(one.F, target)
    expected = (t - kappa) * (rest.charpoly().as_expr(t) if d > 1 else 1)
    gap = [*(steered * w - kappa * w), sp.expand(steered.charpoly().as_expr(t) - expected)]
    if one.F.has(sp.Float):
        values = [abs(complex(c)) for entry in gap for c in sp.Poly(entry, kappa, t).coeffs()]
        size = max(1.0, float(np.abs(as_array(one.F)).max())) ** d if not one.F.free_symbols else 1.0
        holds = max(values) < _ROUNDING * size
        return Measurement(Verdict.OBSERVED, holds, f"largest coefficient of the residual {max(values):.1e}")
    holds = all(sp.simplify(entry) == 0 for entry in gap)
    return Measurement(Verdict.PROVED if holds else Verdict.REFUTED, holds, "identity of characteristic polynomials")


def _ordering(one: Layer) -> Measurement:
    warning = ordering.disagreement(one.F, one.form)
    verdict = ordering.dominance(one.F).verdict
    kind = ordering.layer_dominance(one).kind
    return Measurement(verdict, warning or "agreement", f"leading eigenvalue of the kind {kind}; compared " + (
        "exactly" if verdict is not Verdict.OBSERVED else "in floats, equal within a relative 1e-9"
    ))  # fmt: skip


def _heads(one: Layer, seed: int = 0) -> Measurement:
    x = np.random.default_rng(seed).normal(size=one.dimension)
    states = np.tile(x, (one.tokens, 1))
    seen = one.step(states)
    scale = 1.0
    if one.form == "pre-LN":
        scale = np.sqrt(one.dimension) if one.norm == "RMSNorm" else 1.0
        expected = x + as_array(one.F) @ x * scale / np.linalg.norm(x)
    else:
        expected = as_array(one.F) @ x + (x if one.form == "post-LN" else 0)
        expected = expected / np.linalg.norm(expected) * (np.sqrt(one.dimension) if one.norm == "RMSNorm" else 1.0)
    residual = float(np.abs(seen - expected).max())
    return Measurement(Verdict.OBSERVED, residual, f"largest deviation at a random token, seed {seed}")


def _consensus_claim(one: Layer) -> list[Claim]:
    """On an axis that is an eigenvector: closed multipliers against the differentiated formulas."""
    d, n = one.dimension, one.tokens
    if one.form == "pre-LN" or one.norm != "L2" or n * d > 12 or d < 2 or not all(f.is_Rational for f in one.F):
        return []
    kept = int(one.form == "post-LN")
    axes = [a for a in range(d) if all(one.F[b, a] == 0 for b in range(d) if b != a) and one.F[a, a] + kept != 0]
    if not axes:
        return []
    axis = max(axes, key=lambda a: abs(one.F[a, a] + kept))
    statement = (
        f"At consensus on axis {axis + 1} the multipliers of the projective map are (1 + nu s)/(1 + lambda) (without "
        "residual nu s/lambda), nu the other eigenvalues of F and s those of the attention."
    )
    return [Claim("consensus multipliers", statement, partial(_consensus, one, axis), True, DERIVED)]


def _consensus(one: Layer, axis: int) -> Measurement:
    n, d = one.tokens, one.dimension
    states = sp.ImmutableMatrix(n, d, lambda i, a: int(a == axis))
    formulas = one.iteration()
    if formulas is None:
        return Measurement(Verdict.UNDECIDED, "no formulas", "the layer has too many coordinates for formulas")
    value = one.F[axis, axis]
    others = consensus.other_eigenvalues(one.F, value)
    closed = consensus.consensus_multipliers(value, others, consensus.attention_spectrum(one), one.form)
    t = sp.Dummy("t")
    # the basis across v does not turn with the sign of v, the projective map does
    sign = -1 if consensus.sign_alternates(value, one.form) else 1
    derivative = sign * consensus.tangent_derivative(formulas, states)
    product = sp.Mul(*((t - multiplier) ** count for multiplier, count in closed))
    holds = sp.simplify(sp.expand(derivative.charpoly().as_expr(t) - product)) == 0
    reason = "characteristic polynomial of the differentiated layer against the closed form"
    return Measurement(Verdict.PROVED if holds else Verdict.REFUTED, holds, reason)


def _cone_claim(one: Layer) -> list[Claim]:
    if one.form != "post-LN" or one.norm != "L2" or one.dimension < 2:
        return []
    values, vectors = np.linalg.eig(as_array(one.F))
    k = int(np.argmax(values.real))
    if values[k].imag != 0:
        return []
    try:
        data = cones.cone(one.F, vectors[:, k].real)
    except ValueError:
        return []
    statement = (
        "For tokens with positive component on v, r = max tan angle(x_i, v) goes in one layer to at most "
        "r (1 + nu* a)/(1 + lambda a), a = min v^T x_i."
    )
    return [Claim("cone", statement, partial(_cone, one, data), "at most 1", DERIVED)]


def _cone(one: Layer, data: cones.Cone, seed: int = 0) -> Measurement:
    random = np.random.default_rng(seed)
    states = random.normal(size=(one.tokens, one.dimension, _RANDOM_LAYERS))
    along = np.einsum("iab,a->ib", states, data.direction)
    states = states + np.einsum("ib,a->iab", np.abs(along) - along, data.direction)
    states = states / np.linalg.norm(states, axis=1, keepdims=True)
    after, _ = cones.cone_radius(one.step(states), data.direction)
    ratio = float(np.max(after / cones.cone_bound(data, states)))
    return Measurement(Verdict.OBSERVED, ratio, f"largest r+ / bound over {_RANDOM_LAYERS} random states, seed {seed}")
