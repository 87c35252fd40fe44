"""Claims: what is said about a layer, measured on the layer that was built."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.linear.float_matrix import as_array, as_rational
from symdyn.algebra.spectra import steering
from symdyn.algebra.spectra.dominance import Dominance, characteristic, eigenvalue_certificate, in_words
from symdyn.algebra.spectra.eigenvalues import eigenvectors, other_eigenvalues
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.agreement import within
from symdyn.dynamics.answers.multipliers import derivative_across
from symdyn.dynamics.claims import bounded, close, exact, slope
from symdyn.dynamics.outcome import Outcome
from symdyn.dynamics.system import Claim
from symdyn.dynamics.tokens.cone import Cone, cone, cone_radius, states_in_cone
from symdyn.dynamics.tokens.power_iteration import predicted_rate
from symdyn.numerics.alignment import largest_tangent
from symdyn.systems.power_method_transformer import consensus, powering
from symdyn.systems.power_method_transformer.layer import Layer, single, uniform

DERIVED = "derived; it concerns the layers of C. Li, C. Altafini, arXiv 2605.25619"
_STATES, _LENGTHS = 100, (1000, 2000, 4000)
_MOST_SYMBOLIC, _MOST_TOKEN_SYMBOLS = 6, 60


def claims_of(layer: Layer) -> tuple[Claim, ...]:
    """The claims that apply to a layer; those that need numbers are left out where there are symbols."""
    found: list[Claim] = []
    if layer.dimension <= _MOST_SYMBOLIC and not layer.F.is_zero_matrix:
        found = [_uniform(layer), _rank_one(layer)] + ([_transport(layer)] if layer.dimension > 1 else [])
    if not layer.is_numeric:
        return tuple(found)
    found.append(_ordering(layer))
    if layer.form != "pre-LN" and powering.powered_matrix(layer).is_zero_matrix:
        return tuple(found)
    return (*found, _heads(layer), *_multipliers(layer), *_cone(layer), *_rate(layer))


def winning_cone(layer: Layer) -> Cone | None:
    """The cone of the eigenvector at the largest real part; None where that is no simple real eigenvalue."""
    first, *others = powering.dominance(layer.F, "Re lambda").modes
    if first.multiplicity > 1 or first.value.imag or any(mode.rank == 0 for mode in others):
        return None
    value = sp.Float(first.value.real) if first.exact is None else first.exact
    return cone(layer.F, eigenvectors(layer.F, value)[0])


def _symbols(names: str, layer: Layer) -> tuple[sp.Symbol, ...]:
    """Symbols of these names, other ones where a matrix of the layer has such a symbol."""
    taken = {symbol.name for symbol in layer.F.free_symbols}
    return tuple((sp.Dummy if name in taken else sp.Symbol)(name, real=True) for name in names.split())


def _in_floats(*given: Any) -> str:
    return "floats taken as the rational numbers that they are" if any(part.has(sp.Float) for part in given) else ""


def _uniform(layer: Layer) -> Claim:
    """For the tokens that there are, and at least two; for fewer of them, seen only, if they are many."""
    d, wanted = layer.dimension, max(2, layer.tokens)
    tokens = min(wanted, max(2, _MOST_TOKEN_SYMBOLS // d))
    names = " ".join(f"x_{i + 1}_{a + 1}" for i in range(tokens) for a in range(d))
    states, rational = sp.ImmutableMatrix(tokens, d, _symbols(names, layer)), layer.rational()
    statement = (
        rf"Without residual, with full uniform attention ($\beta = 0$) and $F m \neq 0$ for the mean token $m$, all of "
        rf"the {wanted} tokens are $N(F m)$ after one layer."
    )
    seen = "" if tokens == wanted else f"for {tokens} tokens of symbols; {wanted} were not looked at"
    mean = sp.ones(1, tokens) * states / tokens
    return exact(
        "uniform attention", statement, lambda: list(uniform(rational, tokens).attention.outputs(states)),
        list(mean * rational.F.T) * tokens, source=DERIVED, unproved=seen or _in_floats(layer.F),
    )  # fmt: skip


def _rank_one(layer: Layer) -> Claim:
    d, F, (kappa, t) = layer.dimension, as_rational(layer.F), _symbols("kappa t", layer)
    w = sp.Matrix([0] * (d - 1) + [1])
    rest = steering.compressed(F, w).charpoly(t).as_expr(t).factor() if d > 1 else sp.S.One
    steered = steering.rank_one(F, w, kappa)
    statement = (
        r"$F' = F + (\kappa w - F w) w^\top$ has $F' w = \kappa w$, and its other eigenvalues are those of $F$ "
        r"compressed to the complement of $w$ (here the last axis, $\kappa$ a symbol)."
    )
    return exact(
        "steering", statement, lambda: (*(steered * w), characteristic(steered, t)), (*(kappa * w), (t - kappa) * rest),
        source=DERIVED, unproved=_in_floats(layer.F),
    )  # fmt: skip


def _transport(layer: Layer) -> Claim:
    d, F, (t,) = layer.dimension, as_rational(layer.F), _symbols("t", layer)
    v, w = sp.Matrix([1] + [0] * (d - 1)), sp.Matrix([sp.Rational(3, 5), *[0] * (d - 2), sp.Rational(4, 5)])
    moved, turn = steering.transport(F, v, w)
    statement = (
        r"The rotation $R$ with $R v = w$ in the plane of $v$ and $w$ gives $R F R^\top$ the spectrum of $F$ (here "
        r"$v = e_1$ and $w = \frac{3}{5} e_1 + \frac{4}{5} e_d$)."
    )
    expected = (*sp.eye(d), *w, F.charpoly(t).as_expr(t).factor())
    return exact(
        "transport", statement, lambda: (*(turn * turn.T), *(turn * v), characteristic(moved, t)), expected,
        source=DERIVED, unproved=_in_floats(layer.F),
    )  # fmt: skip


def _ordering(layer: Layer) -> Claim:
    winners = {rule: powering.dominance(layer.F, rule) for rule in powering.RULES}
    agree = "disagree" if powering.disagreement(layer.F, layer.form) else "agree"
    picks = "; ".join(f"by ${powering.RULES[rule]}$ {in_words(one.leading)}" for rule, one in winners.items())
    block = max(mode.largest_block for found in winners.values() for mode in found.modes)
    statement = (
        rf"Of the eigenvalues $\lambda$ of $F$ these win: {picks}; the three rules {agree}. (Measured: by how much "
        "numerical eigenvalues say otherwise, relative to the largest.)"
    )
    # an eigenvalue with a Jordan block of size k is good to the k-th root of the rounding error
    rounding = within(100 * float(np.finfo(float).eps) ** (1 / block))
    return Claim("ordering", statement, partial(_ordered, layer, winners), 0, DERIVED, agrees=rounding)


def _ordered(layer: Layer, winners: dict[str, Dominance]) -> Outcome:
    """The exact winners against NumPy's eigenvalues: none of the others has a larger key."""
    deficit = max(found.deficit(as_array(layer.F)) for found in winners.values())
    decided = all(found.verdict is Verdict.PROVED for found in winners.values())
    certificate = eigenvalue_certificate(layer.F) if decided else None
    how = "compared exactly" if decided else "compared in floats, equal within a relative 1e-9"
    how += "; no certificate holds eigenvalues of degree 3 or more" if decided and certificate is None else ""
    reason = f"leading eigenvalue of the kind {powering.layer_dominance(layer).kind}; {how}"
    return Outcome(True, Verdict.PROVED if certificate else Verdict.OBSERVED, deficit, reason, certificate=certificate)


def _heads(layer: Layer) -> Claim:
    def deviation(seed: int) -> float:
        x = np.random.default_rng(seed).normal(size=(1, layer.dimension))
        expected, found = single(layer).step(x), layer.step(np.tile(x, (layer.tokens, 1)))
        return float(np.abs(found - expected).max() / max(1.0, np.abs(expected).max()))

    statement = (
        r"At equal tokens $x$ the heads together act like the one matrix $F = \sum_h F_h$ on a single token, whatever "
        r"$Q$, $K$ and the mask: the largest difference, relative to the next token, at a random $x$."
    )
    return close("heads at consensus", statement, deviation, 0, within=1e-10, source=DERIVED)


def _multipliers(layer: Layer) -> list[Claim]:
    """On an axis that is an eigenvector: closed multipliers against the differentiated formulas."""
    d, n, F, kept = layer.dimension, layer.tokens, layer.F, layer.residual
    small = d > 1 and n * d <= 12 and all(entry.is_Rational for entry in F)
    axes = [a for a in range(d) if F[:, a] == F[a, a] * sp.eye(d)[:, a] and F[a, a] + kept != 0]
    if not (small and axes) or layer.form == "pre-LN" or layer.norm.name != "L2" or not layer.norm.is_plain:
        return []
    axis = max(axes, key=lambda a: abs(F[a, a] + kept))
    formula = r"\frac{1 + \nu s}{1 + \lambda}" if kept else r"\frac{\nu s}{\lambda}"
    statement = (
        rf"At consensus on axis {axis + 1} the multipliers of the projective map are ${formula}$, $\lambda$ the "
        r"eigenvalue of the axis, $\nu$ the other eigenvalues of $F$ and $s$ those of the attention."
    )
    (t,), value = _symbols("t", layer), F[axis, axis]
    others = other_eigenvalues(F, value, radicals=True)
    closed = consensus.consensus_multipliers(value, others, consensus.attention_spectrum(layer), layer.form)

    def differentiated() -> sp.Expr:
        formulas = layer.rational().iteration()
        assert formulas is not None  # at most 12 coordinates, and the layer annihilates nothing
        derivative = derivative_across(formulas, sp.ImmutableMatrix(n, d, lambda i, a: int(a == axis)))
        # the basis across v does not turn with the sign of v, the projective map does
        return characteristic((-1 if consensus.sign_alternates(value, layer.form) else 1) * derivative, t)

    product = sp.Mul(*((t - multiplier) ** count for multiplier, count in closed))
    floats = _in_floats(layer.attention.beta, *layer.attention.scores)
    return [exact("consensus multipliers", statement, differentiated, product, source=DERIVED, unproved=floats)]


def _cone(layer: Layer) -> list[Claim]:
    data = winning_cone(layer) if layer.form != "pre-LN" and layer.norm.is_plain and layer.dimension > 1 else None
    if data is None or not data.holds:
        return []
    bound = r"r \frac{1 + \nu a}{1 + \lambda a}" if layer.residual else r"r \frac{\nu}{\lambda}"
    statement = (
        r"For tokens with $v^\top x_i > 0$, the largest tangent $r = \max_i \tan \angle(x_i, v)$ goes in one layer to "
        rf"at most ${bound}$, where $a = \min_i v^\top x_i / |x_i|$."
    )
    shown = [one if one.is_Rational and len(str(one)) < 12 else sp.N(one, 6) for one in (data.eigenvalue, data.norm)]
    hypothesis = (
        rf"$F v = \lambda v$ with $\lambda = {sp.latex(shown[0])}$; $F$ keeps $v^\perp$ and has norm "
        rf"$\nu = {sp.latex(shown[1])} < \lambda$ there."
    )

    def ratio(seed: int) -> Any:
        states = states_in_cone(np.random.default_rng(seed), layer.tokens, data.direction, _STATES)
        radius, least = cone_radius(states, data.direction)
        after, _ = cone_radius(layer.step(states), data.direction)
        return after / (radius * data.factor(least, residual=bool(layer.residual)))

    return [replace(bounded("cone", statement, ratio, source=DERIVED), hypotheses=(hypothesis,))]


def _rate(layer: Layer) -> list[Claim]:
    """For symmetric F, whose eigenvectors are orthogonal."""
    rate = predicted_rate(powering.layer_dominance(layer))
    applies = layer.F == layer.F.T and layer.norm.is_plain and rate.kind in ("geometric", "power of t")
    if not applies or not rate.value:
        return []
    span, one, value = powering.winning_span(layer), single(layer), float(rate.value)
    tangent = r"The tangent of the angle of a token to the winning direction, of one token or at consensus,"
    if rate.kind == "geometric":

        def ratio(seed: int) -> Any:
            x = np.random.default_rng(seed).normal(size=(1, layer.dimension, _STATES))
            before, after = (largest_tangent(np.moveaxis(state, 2, 0), span) for state in (x, one.step(x)))
            return after / (value * before)

        falls = f"{tangent} is multiplied by at most ${rate.latex}$ in a layer."
        return [bounded("rate", falls, ratio, source=DERIVED)]

    def reached(_: np.random.Generator, layers: int) -> float:
        start = np.linalg.eigh(as_array(layer.F))[1].sum(axis=1)[None]  # no eigenvector is missing in it
        return float(largest_tangent(one.trajectory(start, layers)[-1], span))

    falls = f"{tangent} falls like $t^{{{rate.latex}}}$ over $t$ layers."
    return [slope("rate", falls, _LENGTHS, reached, value, within=0.1, source=DERIVED)]
