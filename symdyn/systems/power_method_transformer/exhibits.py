"""What a study shows of a layer of numbers: matrices and rates by variant, consensus, alignment by layer, steering."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.spectra import steering
from symdyn.algebra.spectra.dominance import Dominance, in_words
from symdyn.algebra.spectra.eigenvalues import eigenvalues, eigenvectors, other_eigenvalues
from symdyn.dynamics.answers.multipliers import stability_by_multipliers
from symdyn.dynamics.exhibit import Exhibit, Table
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures import curves
from symdyn.dynamics.tokens.attention_input import mask_rows
from symdyn.dynamics.tokens.cone import cone_radius, states_in_cone
from symdyn.dynamics.tokens.power_iteration import Rate, predicted_rate
from symdyn.dynamics.tokens.token_norms import token_norm
from symdyn.numerics.alignment import alignment, largest_tangent, random_alignment
from symdyn.numerics.convergence import geometric_rate, power_exponent, steps_needed, turn_per_step
from symdyn.systems.power_method_transformer import consensus, powering
from symdyn.systems.power_method_transformer.claims import DERIVED, winning_cone
from symdyn.systems.power_method_transformer.layer import FORMS, Layer, single

Make = Callable[[Layer, sp.ImmutableMatrix, int, bool], Table | Figure]
_ONE_DEGREE, _MOST_ROWS = sp.pi / 180, 12


def exhibits_of(layer: Layer, target: sp.ImmutableMatrix) -> tuple[Exhibit, ...]:
    """The tables and figures of a layer of numbers, the longer ones up to d = 12; none if it takes every token to 0."""
    if not layer.is_numeric or layer.dimension < 2 or powering.powered_matrix(layer).is_zero_matrix:
        return ()
    return tuple(
        Exhibit(name, caption, DERIVED, partial(_made, make, layer, target), full_seconds=seconds)
        for name, make, seconds, caption in _EXHIBITS
        if layer.dimension <= _MOST_ROWS or make in (variants, tangent_figure, alignment_figure)
    )


def _made(make: Make, layer: Layer, target: sp.ImmutableMatrix, seed: int, full: bool) -> Table | Figure:
    with np.errstate(all="ignore"):  # what is not finite becomes a gap
        return make(layer, target, seed, full)


def variants(layer: Layer, _target: Any, seed: int, full: bool) -> Table:
    """Matrix, winner and rate of every form, with and without centring."""
    start, gain, rows = np.random.default_rng(seed).normal(size=(1, layer.dimension)), list(layer.norm.gain), []
    for form in FORMS:
        for name in ("L2" if layer.norm.name == "LayerNorm" else layer.norm.name, "LayerNorm"):
            one = single(replace(layer, form=form, norm=token_norm(name, layer.dimension, gain)))
            found = powering.layer_dominance(one)
            scale = ("" if set(gain) == {1} else r"\Gamma ") + (r"\Pi " if name == "LayerNorm" else "")
            powered = ("(I + F)" if scale else "I + F") if one.residual else "F"
            matrix, rate = f"{powered} {scale}" if form == "pre-LN" else scale + powered, predicted_rate(found)
            depth = (20_000 if full else 2_000) if rate.kind in ("power of t", "1/t") else 100
            measured = _measured(rate, one.trajectory(start, depth), powering.winning_span(one))
            rows.append((f"{form}, {name}", f"${matrix}$", _winners(found), found.kind, _in_words(rate), measured))
    return Table(("layer", "powers", "winner", "type", "predicted", "measured"), tuple(rows))


def _winners(found: Dominance) -> str:
    return in_words(tuple(value + found.shift for value in found.leading))


def _in_words(rate: Rate) -> str:
    words = {"geometric": "factor ${}$", "power of t": "$t^{{{}}}$", "1/t": "$t^{{{}}}$", "rotation": "turn by ${}$"}
    return words.get(rate.kind, "no rate").format(rate.latex)


def _measured(rate: Rate, path: Any, span: Any) -> float | None:
    if rate.kind == "rotation":
        return turn_per_step(path[:, 0] @ span)
    tangents = largest_tangent(path, span)
    return None if rate.kind == "none" else (geometric_rate if rate.kind == "geometric" else power_exponent)(tangents)


def consensus_table(layer: Layer, _target: Any, _seed: int, _full: bool) -> Table:
    """Multipliers at consensus on each eigenvector, for full and causal attention, with and without residual."""
    n, rows = max(4, layer.tokens), list[tuple[Any, ...]]()
    for form in ("post-LN", "no residual"):
        for value in dict.fromkeys(v for v in eigenvalues(layer.F) if v.is_real and v + int(form == "post-LN") != 0):
            for mask in (None, "causal"):
                attention = replace(layer.attention, tokens=n, allowed=mask_rows(mask, n))
                spectrum = consensus.attention_spectrum(replace(layer, attention=attention))
                found = consensus.consensus_multipliers(value, other_eigenvalues(layer.F, value), spectrum, form)
                shown = ", ".join(f"${_number(m)}$" + (f" ({count} times)" if count > 1 else "") for m, count in found)
                said = stability_by_multipliers(found).conclusion
                rows.append((form, mask or "full", f"${_number(value)}$", shown, said))
    rows = rows or [("all", "all", "none is real", None, None)]
    return Table(("layer", "mask", r"$\lambda$", "multipliers", "consensus"), tuple(rows))


def _number(value: sp.Expr) -> str:
    return sp.latex(sp.N(value, 5) if value.has(sp.Float) else value)


def tangent_figure(layer: Layer, _target: Any, seed: int, full: bool) -> Figure:
    """Tangents by layer on a logarithmic axis; the proved bound where the cone theorem applies."""
    n, depth, series = max(layer.tokens, 128 if full else 8), 24 if full else 12, {}
    span, rate = powering.winning_span(layer), predicted_rate(powering.layer_dominance(layer))
    start = states_in_cone(np.random.default_rng(seed), n, span[:, 0], 1)[:, :, 0]
    for name, mask in (("full attention", None), ("causal attention", "causal")):
        one = replace(layer, attention=replace(layer.attention, tokens=n, allowed=mask_rows(mask, n)))
        path = one.trajectory(start, depth)
        series[name] = largest_tangent(path, span)
    data = winning_cone(layer) if layer.norm.is_plain and layer.form != "pre-LN" else None
    if data is not None and data.holds:
        radii, least = zip(*(cone_radius(state, data.direction) for state in path))
        factors = np.broadcast_to(data.factor(np.array(least[:-1]), residual=bool(layer.residual)), depth)
        series["proved bound, causal"] = radii[0] * np.cumprod([1, *factors])
    if rate.kind == "geometric" and rate.value is not None:
        series["rate of one token"] = series["causal attention"][0] * float(rate.value) ** np.arange(depth + 1)
    return curves(range(depth + 1), series, labels={"x": "layer", "y": r"\tan \angle(x, v)"})


def alignment_figure(layer: Layer, _target: Any, seed: int, full: bool) -> Figure:
    """Alignment with the winning direction of each form, by layer."""
    n, depth, series, size = max(layer.tokens, 128 if full else 16), 24 if full else 12, {}, 1
    start = np.random.default_rng(seed).normal(size=(n, layer.dimension))
    for form in FORMS:
        one = replace(layer, form=form, attention=replace(layer.attention, tokens=n, allowed=None))
        span = powering.winning_span(one)
        series[form], size = alignment(one.trajectory(start, depth), span), span.shape[1]
    chance = float(random_alignment(layer.dimension, size))
    return curves(range(depth + 1), series, levels={"random": chance}, labels={"x": "layer", "y": "alignment"})


def designs(F: sp.ImmutableMatrix, target: sp.ImmutableMatrix) -> dict[str, sp.ImmutableMatrix]:
    """F and what steers it to the target: rank one, transport, and additive below and above the threshold."""
    kappa = sp.Integer(math.floor(steering.needed_strength(F, target)) + 1)
    found = {"unsteered": F, rf"\mathrm{{rank\ one}},\ \kappa = {kappa}": steering.rank_one(F, target, kappa)}
    first = powering.dominance(F).modes[0]
    if first.exact is None or first.multiplicity > 1:
        return found
    v = eigenvectors(F, first.exact)[0]
    if v + target / target.norm() != sp.zeros(*v.shape):
        found["transport"] = steering.transport(F, v, target)[0]
    threshold = steering.additive_threshold(F, target, first.exact, v) if F == F.T else sp.S.Zero
    for tau in (threshold * sp.Rational(3, 4), threshold * sp.Rational(15, 8)) if threshold != 0 else ():
        found[rf"\mathrm{{additive}},\ \tau = {sp.latex(tau)}"] = steering.additive(F, target, tau)
    return found


def _steered(layer: Layer, target: sp.ImmutableMatrix, seed: int, depth: int) -> dict[str, tuple[Layer, Any]]:
    """One token under each design: the layer, and the cosines of its angles to the target."""
    start, found = np.random.default_rng(seed).normal(size=(1, layer.dimension)), {}
    plain = replace(layer, form="post-LN", norm=token_norm("L2", layer.dimension))
    for name, F in designs(layer.F, target).items():
        one = single(replace(plain, attention=replace(layer.attention, values=(F,))))
        found[name] = one, alignment(one.trajectory(start, depth), [float(entry) for entry in target])
    return found


def steering_table(layer: Layer, target: sp.ImmutableMatrix, seed: int, _full: bool) -> Table:
    """Winner, limit, rate and needed layers of each design."""
    rows = []
    for name, (one, cosines) in _steered(layer, target, seed, 400).items():
        found = powering.layer_dominance(one)
        rate, near = predicted_rate(found), np.flatnonzero(cosines >= np.cos(float(_ONE_DEGREE)))
        reached = int(near[0]) if len(near) else None
        ratio = rate.value if reached is not None and rate.kind == "geometric" else None
        needed = steps_needed(sp.Float(float(np.arccos(cosines[0]))), _ONE_DEGREE, ratio) if ratio else None
        shown = f"${name}$" if "\\" in name else name
        rows.append((shown, _winners(found), _in_words(rate), f"{cosines[-1]:.5f}", needed, reached))
    limit = r"$|\cos \angle(x, w)|$ at the end"
    return Table(("design", "winner", "predicted", limit, "layers predicted", "measured"), tuple(rows))


def steering_figure(layer: Layer, target: sp.ImmutableMatrix, seed: int, full: bool) -> Figure:
    """Cosine of the angle to the target by layer, for each design."""
    depth, labels = 48 if full else 24, {"x": "layer", "y": r"|\cos \angle(x, w)|"}
    series = {name: cosines for name, (_, cosines) in _steered(layer, target, seed, depth).items()}
    return curves(range(depth + 1), series, levels={"random": float(random_alignment(layer.dimension))}, labels=labels)


_EXHIBITS: tuple[tuple[str, Make, float, str], ...] = (
    ("variants", variants, 5, r"The matrix that each variant powers, its winning eigenvalue (the largest modulus; in "
     r"pre-LN the largest real part), and the rate at which the tangent of the angle to the winning direction falls, "
     r"predicted and measured on one random token. RMSNorm has the rows of L2."),
    ("consensus", consensus_table, 0, r"Multipliers at consensus on the eigenvector of $F$ at $\lambda$, for four "
     r"tokens or more and $N$ of length one: all moduli below 1 make it stable."),
    ("tangent", tangent_figure, 1, r"Largest tangent of an angle between a token and the winning direction $v$, layer "
     r"by layer, with what the cone theorem proves of the causal run, and with the rate of one token."),
    ("alignment", alignment_figure, 1, r"Alignment $|v^\top x|/|x|$ with the winning direction $v$, mean over random "
     r"tokens with full attention, by layer and form, beside that of random directions."),
    ("steering designs", steering_table, 0, r"Three ways to turn the tokens of post-LN layers to a direction $w$, and "
     r"the layers that bring a random token within one degree of it; the winner is that of $I + F'$."),
    ("steering", steering_figure, 0, r"The same token under each design, by layer."),
)  # fmt: skip
