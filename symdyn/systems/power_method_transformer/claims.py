"""Claims: what is said about a layer, measured on the layer that was built."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.polynomials.identity import identity_certificate
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.agreement import within
from symdyn.dynamics.claims import bounded, close, exact
from symdyn.dynamics.outcome import Outcome
from symdyn.dynamics.system import Claim
from symdyn.systems.power_method_transformer import cone as cones
from symdyn.systems.power_method_transformer import consensus, ordering, steering
from symdyn.systems.power_method_transformer.matrices import as_array
from symdyn.systems.power_method_transformer.model import Layer, layer

DERIVED = "derived; it concerns the layers of C. Li, C. Altafini, arXiv 2605.25619"
_RANDOM_LAYERS = 100
_ROUNDING = 1e-10
_MOST_SYMBOLIC = 6
_MOST_TOKEN_SYMBOLS = 60


def claims_of(one: Layer) -> tuple[Claim, ...]:
    """The claims that apply to a layer; those that need numbers are left out where there are symbols."""
    found: list[Claim] = []
    if one.dimension <= _MOST_SYMBOLIC and not one.F.is_zero_matrix:
        found += [_uniform_claim(one), _steering_claim(one)]
    if one.F.free_symbols or one.beta.free_symbols or any(g.free_symbols for g in one.gain):
        return tuple(found)
    found.append(_ordering_claim(one))
    annihilates = one.form != "pre-LN" and ordering.powered_matrix(one).is_zero_matrix
    if one.plain and not annihilates and not any(score.free_symbols for score in one.scores):
        found.append(
            close(
                "heads at consensus",
                "At equal tokens x the heads together put out exactly F x, F their sum, whatever Q, K and mask: the "
                "largest relative deviation at a random token.",
                partial(_deviation, one),
                0,
                within=_ROUNDING,
                source=DERIVED,
            )
        )
        found += _consensus_claim(one) + _cone_claim(one)
    return tuple(found)


def _identity(name: str, statement: str, defects: Callable[[], list[sp.Expr]], number: int, has_floats: bool) -> Claim:
    """Formulas that vanish identically; floats are taken as the rational numbers that they are, and give OBSERVED."""
    claim = exact(name, statement, lambda: [_rational(d) for d in defects()], (0,) * number, source=DERIVED)
    return dataclasses.replace(claim, measure=partial(_observed, claim)) if has_floats else claim


def _observed(claim: Claim, reason: str = "in floats, taken as rational numbers") -> Outcome:
    found = claim.measured()
    if found.verdict not in (Verdict.PROVED, Verdict.REFUTED):
        return found
    return dataclasses.replace(
        found, verdict=Verdict.OBSERVED, certificate=None, reason=f"{found.reason}; {reason}"
    )


def _rational(value: Any) -> Any:
    return value.xreplace({number: sp.Rational(number) for number in value.atoms(sp.Float)})


def _uniform_claim(one: Layer) -> Claim:
    """The identity for the tokens that there are, and at least two; for fewer of them, seen only, if they are many."""
    wanted = max(2, one.tokens)
    tokens = min(wanted, max(2, _MOST_TOKEN_SYMBOLS // one.dimension))
    claim = _identity(
        "uniform attention",
        f"Without residual, with full uniform attention (beta = 0) and F m != 0 for the mean token m, all of the "
        f"{wanted} tokens are F m, normalised, after one layer.",
        lambda: _uniform_defects(one, tokens),
        tokens * one.dimension,
        one.F.has(sp.Float),
    )
    if tokens == wanted:
        return claim
    reason = f"for {tokens} tokens of symbols; {wanted} were not looked at"
    return dataclasses.replace(claim, measure=partial(_observed, claim, reason))


def _uniform_defects(one: Layer, tokens: int) -> list[sp.Expr]:
    """What the tokens become before they are normalised, minus F m, not multiplied out."""
    d, axes = one.dimension, range(one.dimension)
    states = sp.ImmutableMatrix(tokens, d, lambda i, a: sp.Dummy(f"x{i + 1}_{a + 1}", real=True))
    weights = layer(one.F, tokens, 0, form="no residual").attention(states, 0)
    F = _rational(one.F)
    mean = [_product(sp.Rational(1, tokens), _sum(states.col(b))) for b in axes]
    target = [_sum(_product(F[a, b], mean[b]) for b in axes if F[a, b] != 0) for a in axes]
    every = range(tokens)
    values = [[_sum(_product(F[a, b], states[j, b]) for b in axes if F[a, b] != 0) for a in axes] for j in every]
    return [
        _sum([*(_product(weights[i, j], values[j][a]) for j in every), _product(sp.S.NegativeOne, target[a])])
        for i in every
        for a in axes
    ]


def _sum(terms: Iterable[sp.Expr]) -> sp.Expr:
    """Not simplified, so that the certificate shows what is added."""
    return sp.Add(*terms, evaluate=False)


def _product(one: sp.Expr, other: sp.Expr) -> sp.Expr:
    return sp.Mul(one, other, evaluate=False)


def _steering_claim(one: Layer) -> Claim:
    return _identity(
        "steering",
        "F' = F + (kappa w - F w) w^T has F' w = kappa w, and its other eigenvalues are those of F compressed to the "
        "complement of w (here w is the last axis and kappa a symbol).",
        lambda: _steering_defects(one),
        one.dimension + 1,
        one.F.has(sp.Float),
    )


def _steering_defects(one: Layer) -> list[sp.Expr]:
    """F' w - kappa w, and det(t - F') - (t - kappa) det(t - compressed F)."""
    d = one.dimension
    target = [0] * (d - 1) + [1]
    kappa, t, w = sp.Dummy("kappa"), sp.Dummy("t"), sp.Matrix(target)
    F = _rational(one.F)
    steered = steering.rank_one(F, target, kappa)
    rest = _characteristic(steering.compressed(F, target), t) if d > 1 else sp.S.One
    return [*(steered * w - kappa * w), _characteristic(steered, t) - (t - kappa) * rest]


def _characteristic(matrix: sp.MatrixBase, t: sp.Symbol) -> sp.Expr:
    """det(t - M), not evaluated."""
    return sp.Determinant(sp.ImmutableMatrix(t * sp.eye(matrix.rows) - matrix))


def _ordering_claim(one: Layer) -> Claim:
    winners = {rule: ordering.dominance(one.F, rule) for rule in ordering.RULES}
    warning = ordering.disagreement(one.F, one.form)
    picks = "; ".join(f"by {rule} {ordering.listed(found.leading)}" for rule, found in winners.items())
    block = max(mode.largest_block for found in winners.values() for mode in found.modes)
    return Claim(
        "ordering",
        f"Of the eigenvalues of F these win: {picks}; the three rules {'disagree' if warning else 'agree'}. (Measured: "
        "by how much numerical eigenvalues say otherwise, relative to the largest.)",
        partial(_ordering, one, winners),
        0,
        DERIVED,
        # an eigenvalue with a Jordan block of size k is good to the k-th root of the rounding error
        within(100 * float(np.finfo(float).eps) ** (1 / block)),
    )


def _ordering(one: Layer, winners: dict[str, ordering.Dominance]) -> Outcome:
    """The exact winners against NumPy's eigenvalues: none of the others has a larger key."""
    values = np.linalg.eigvals(as_array(one.F))
    deficit = 0.0
    for rule, found in winners.items():
        keys = values.real if rule == "Re lambda" else np.abs(values + (rule == "|1+lambda|"))
        chosen = [keys[int(np.argmin(np.abs(values - value)))] for value in found.leading]
        deficit = max(deficit, float(keys.max() - min(chosen)) / max(1.0, float(np.abs(values).max())))
    verdict = winners[ordering.RULES[0]].verdict
    exactly = "exactly" if verdict is Verdict.PROVED else "in floats, equal within a relative 1e-9"
    kind = ordering.layer_dominance(one).kind
    reason = f"leading eigenvalue of the kind {kind}; compared {exactly}"
    return Outcome(True, verdict, deficit, reason, _spectrum_certificate(one.F) if verdict is Verdict.PROVED else None)


def _spectrum_certificate(F: sp.ImmutableMatrix) -> Certificate | None:
    """det(t - F) as a product, where all eigenvalues are rational; their comparison is then one of numbers."""
    t = sp.Dummy("t")
    roots = sp.roots(F.charpoly(t).as_expr(t), t, filter="Q")
    if sum(roots.values()) != F.rows:
        return None
    product = sp.Mul(*((t - value) ** count for value, count in sorted(roots.items(), reverse=True)))
    return identity_certificate([(_characteristic(F, t), product)])


def _deviation(one: Layer, seed: int) -> float:
    """Largest difference from N(F x), relative to it, at a random token."""
    x = np.random.default_rng(seed).normal(size=one.dimension)
    seen = one.step(np.tile(x, (one.tokens, 1)))
    if one.form == "pre-LN":
        scale = np.sqrt(one.dimension) if one.norm == "RMSNorm" else 1.0
        expected = x + as_array(one.F) @ x * scale / np.linalg.norm(x)
    else:
        expected = as_array(one.F) @ x + (x if one.form == "post-LN" else 0)
        expected = expected / np.linalg.norm(expected) * (np.sqrt(one.dimension) if one.norm == "RMSNorm" else 1.0)
    return float(np.abs(seen - expected).max() / max(1.0, float(np.abs(expected).max())))


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
    has_floats = one.beta.has(sp.Float) or any(score.has(sp.Float) for score in one.scores)
    return [_identity("consensus multipliers", statement, lambda: [_consensus_defect(one, axis)], 1, has_floats)]


def _consensus_defect(one: Layer, axis: int) -> sp.Expr:
    """det(t - D), D the differentiated layer on the tangent space, minus the product over the closed multipliers."""
    n, d = one.tokens, one.dimension
    scores = tuple(_rational(score) for score in one.scores)
    formulas = dataclasses.replace(one, beta=_rational(one.beta), scores=scores).iteration()
    assert formulas is not None  # at most 12 coordinates, and the layer annihilates nothing
    states = sp.ImmutableMatrix(n, d, lambda i, a: int(a == axis))
    value = one.F[axis, axis]
    others = consensus.other_eigenvalues(one.F, value)
    closed = consensus.consensus_multipliers(value, others, consensus.attention_spectrum(one), one.form)
    t = sp.Dummy("t")
    # the basis across v does not turn with the sign of v, the projective map does
    sign = -1 if consensus.sign_alternates(value, one.form) else 1
    derivative = sign * consensus.tangent_derivative(formulas, states)
    return _characteristic(derivative, t) - sp.Mul(*((t - multiplier) ** count for multiplier, count in closed))


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
    return [bounded("cone", statement, partial(_radius_over_bound, one, data), source=DERIVED)]


def _radius_over_bound(one: Layer, data: cones.Cone, seed: int) -> np.ndarray:
    """Radius after one layer over its bound, at random states in the cone."""
    random = np.random.default_rng(seed)
    states = random.normal(size=(one.tokens, one.dimension, _RANDOM_LAYERS))
    along = np.einsum("iab,a->ib", states, data.direction)
    states = states + np.einsum("ib,a->iab", np.abs(along) - along, data.direction)
    states = states / np.linalg.norm(states, axis=1, keepdims=True)
    after, _ = cones.cone_radius(one.step(states), data.direction)
    return np.asarray(after / cones.cone_bound(data, states))
