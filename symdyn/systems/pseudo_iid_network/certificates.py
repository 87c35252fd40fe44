"""Certificates of closed forms, of points of the edge of chaos, and of phases."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import sympy as sp

from symdyn.algebra.programs.steps import StraightLine
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.algebra.programs.switches import without_switches
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.gaussian_layer import EdgeValue, GaussianLayerWitness, MeanValue, PhaseValue
from symdyn.certificate.witness.program import Program
from symdyn.errors import ModelError
from symdyn.numerics.enclosed_number import Enclosure, from_ball
from symdyn.numerics.gaussian.balls import ball_mean
from symdyn.numerics.integrals import ball
from symdyn.systems.pseudo_iid_network.activation import Activation, Q, X, read_activation
from symdyn.systems.pseudo_iid_network.edge import edge_of_chaos
from symdyn.systems.pseudo_iid_network.fixed_points import VarianceFixedPoint, fixed_points
from symdyn.systems.pseudo_iid_network.mean_balls import mean_ball
from symdyn.systems.pseudo_iid_network.numbers import arb

_DIGITS = 12
_METHOD = "integrals in complex balls, interval Newton"


def closed_form_certificate(phi: Any, places: Sequence[Any]) -> Certificate:
    """V and D at these variances between decimals of 12 digits, and so their closed forms.

    Raises
    ------
    ModelError
        If no closed form is known, or it does not agree.
    """
    activation = read_activation(phi)
    values = []
    for order in (0, 1):
        formula = activation.closed(order)
        if formula is None:
            raise ModelError(f"no closed form is known for the activation {activation.formula}")
        program = _stored(straight_line([formula], (Q,)))
        for place in places:
            at = sp.Rational(place)
            found = from_ball(ball_mean(activation.squares(order), X, ball(at), digits=_DIGITS + 4))
            between = _decimals(found)
            value = formula.subs(Q, at)
            if not (sp.Rational(between[0]) <= value) or not (value <= sp.Rational(between[1])):
                raise ModelError(f"the closed form is {sp.N(value, 15)} at q = {at}, and the integral {found}")
            values.append(MeanValue(order, Fraction(int(at.p), int(at.q)), between, program))
    return _certified(activation, values=tuple(values))


def edge_certificate(phi: Any, bias_variance: Fraction) -> Certificate:
    """All points of the edge of chaos at a bias variance, each alone in its interval of q."""
    activation = read_activation(phi)
    found = edge_of_chaos(activation, bias_variance=sp.Rational(bias_variance))
    edges = []
    for point in found:
        q = _widened(point.q)
        inside = arb(q[0]).union(arb(q[1]))
        weight = from_ball(1 / mean_ball(activation, inside, 1))
        edges.append(EdgeValue(bias_variance, q, _decimals(weight)))
    if not edges:
        raise ModelError(f"there is no isolated point of the edge of chaos at the bias variance {bias_variance}")
    return _certified(activation, edges=tuple(edges))


def phase_certificate(phi: Any, weight_variance: Fraction, bias_variance: Fraction) -> Certificate:
    """The phase at the attracting variance.

    Raises
    ------
    ModelError
        If there is none, or its phase is not decided.
    """
    activation = read_activation(phi)
    point = phase_point(activation, weight_variance, bias_variance)
    if point is None or point.phase not in ("ordered", "chaotic"):
        said = "there is no attracting variance" if point is None else f"the phase is {point.phase}"
        raise ModelError(f"{said} at the weight variance {weight_variance} and bias variance {bias_variance}")
    value = PhaseValue(weight_variance, bias_variance, _widened(point.q), point.phase)
    return _certified(activation, phases=(value,))


def phase_point(phi: Activation, weight_variance: Fraction, bias_variance: Fraction) -> VarianceFixedPoint | None:
    """The largest attracting fixed point of the variance; None where there is none above 0."""
    found = fixed_points(phi, sp.Rational(weight_variance), sp.Rational(bias_variance), scales=False)
    return next((point for point in reversed(found) if point.stability == "attracting"), None)


def _certified(
    phi: Activation,
    *,
    values: tuple[MeanValue, ...] = (),
    edges: tuple[EdgeValue, ...] = (),
    phases: tuple[PhaseValue, ...] = (),
) -> Certificate:
    formula = phi.pieces[0][2] if phi.pieces is not None and len(phi.pieces) == 1 else without_switches(phi.formula)
    program = _stored(straight_line([formula], (X,)))
    return certified(GaussianLayerWitness(program, values, edges, phases), Verdict.PROVED, _METHOD)


def _stored(program: StraightLine) -> Program:
    return Program(program.inputs, tuple((name, *operands) for name, operands in program.steps), program.outputs)


def _decimals(value: Enclosure) -> tuple[Fraction, Fraction]:
    """Decimals below and above, a unit of the twelfth digit away at least."""
    unit = 10**_DIGITS
    return Fraction(value.low * unit // 1 - 1, unit), Fraction(-(-value.high * unit // 1) + 1, unit)


def _widened(value: Enclosure) -> tuple[Fraction, Fraction]:
    low, high = _decimals(value)
    return max(low, value.low / 2), high
