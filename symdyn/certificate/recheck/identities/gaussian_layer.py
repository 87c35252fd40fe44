"""Re-check of Gaussian means: integrals in complex balls, with f' by the rules of differentiation on the steps of f.

The derivative by q is that of the density: d/dq E f(X) = E f(X) (X^2/q - 1)/(2 q) for X of variance q, so that kinks
of f do no harm. What lies beyond a radius is bounded by |f(x)| <= S (1 + |x|)^k e^(r |x|), which is found step by step.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import Recheck, UndecidedError, need
from symdyn.certificate.witness.gaussian_layer import EdgeValue, GaussianLayerWitness, MeanValue, PhaseValue
from symdyn.certificate.witness.program import Program

_PRECISIONS = (64, 128)
_EVALUATIONS = 20_000
_LONGEST_RADIUS = 2000.0
_LARGEST_DEGREE = 40
_LARGEST = Fraction(10**6)
_SMALLEST = Fraction(1, 10**6)


class Dual(NamedTuple):
    """A value and the derivative by x."""

    value: flint.acb
    slope: flint.acb


class Bound(NamedTuple):
    """|value| <= size (1 + |x|)^power e^(rate |x|) on the real line, and value >= least where that is known."""

    size: flint.arb
    power: int
    rate: flint.arb
    least: flint.arb | None = None


def check_gaussian_layer(witness: GaussianLayerWitness, verdict: str) -> Recheck:
    """Every value is integrated again, every sign at ends of intervals and on them is found again."""
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of enclosures")
    for k, value in enumerate(witness.values):
        _check_value(witness.activation, value, f"witness.values[{k}]")
    for k, edge in enumerate(witness.edges):
        _check_edge(witness.activation, edge, f"witness.edges[{k}]")
    for k, phase in enumerate(witness.phases):
        _check_phase(witness.activation, phase, f"witness.phases[{k}]")
    number = len(witness.values) + len(witness.edges) + len(witness.phases)
    what = "statement" if number == 1 else "statements"
    return Recheck("proved", f"{number} {what} found again by integrals in balls")


def _check_value(f: Program, one: MeanValue, place: str) -> None:
    low, high = (_ball(end) for end in one.between)
    tolerance = max(1e-40, float(one.between[1] - one.between[0]) / 64)
    found = mean(f, _ball(_moderate(one.q, place)), one.order, False, tolerance)
    _lies(found, low, high, f"{place}.between")
    if one.formula is not None:
        value = _evaluated(one.formula, one.q)
        _lies(value, low, high, f"{place}.formula")


def _lies(value: flint.arb, low: flint.arb, high: flint.arb, place: str) -> None:
    need(not (value < low or value > high), place, f"does not hold the value, {value.str(10)}")
    if not (value >= low and value <= high):
        raise UndecidedError(f"{place}: whether {value.str(10)} lies in it is not decided, the ends are too close")


def _check_edge(f: Program, one: EdgeValue, place: str) -> None:
    ends = [_ball(_moderate(end, place)) for end in one.q]
    tolerance = max(1e-30, float(one.q[1] - one.q[0]) / 1000)

    def gap(q: flint.arb) -> flint.arb:
        return q - mean(f, q, 0, False, tolerance) / mean(f, q, 1, False, tolerance) - _ball(one.bias)

    _one_zero(gap(ends[0]), gap(ends[1]), place)
    whole = ends[0].union(ends[1])
    v, d = (mean(f, whole, order, False, 1e-12) for order in (0, 1))
    v_slope, d_slope = (mean(f, whole, order, True, 1e-12) for order in (0, 1))
    _monotone(1 - v_slope / d + v * d_slope / (d * d), place)
    _lies(1 / d, _ball(one.weight[0]), _ball(one.weight[1]), f"{place}.weight")


def _check_phase(f: Program, one: PhaseValue, place: str) -> None:
    ends = [_ball(_moderate(end, place)) for end in one.q]
    tolerance = max(1e-30, float(one.q[1] - one.q[0]) / 1000)
    w, b = _ball(one.weight), _ball(one.bias)
    need(one.weight >= 0 and one.bias >= 0, place, "has a negative variance")
    left, right = (b + w * mean(f, q, 0, False, tolerance) - q for q in ends)
    _one_zero(left, right, place)
    whole = ends[0].union(ends[1])
    _monotone(w * mean(f, whole, 0, True, 1e-12) - 1, place)
    chi = w * mean(f, whole, 1, False, 1e-12)
    below, above = bool(chi < 1), bool(chi > 1)
    if not below and not above:
        raise UndecidedError(f"{place}: whether {chi.str(10)} is below 1 is not decided")
    need(below == (one.phase == "ordered"), f"{place}.phase", f"is not that of {chi.str(10)}")


def _one_zero(left: flint.arb, right: flint.arb, place: str) -> None:
    if left.contains(0) or right.contains(0) or not (left.is_finite() and right.is_finite()):
        raise UndecidedError(f"{place}: a sign at an end is not decided, the ends are too close to the zero")
    need(bool(left > 0) != bool(right > 0), f"{place}.q", "has no change of sign between its ends")


def _monotone(slope: flint.arb, place: str) -> None:
    if not slope.is_finite() or slope.contains(0):
        raise UndecidedError(f"{place}: the sign of the slope on the interval is not decided, it may be too wide")


def _moderate(q: Fraction, place: str) -> Fraction:
    if not _SMALLEST <= q <= _LARGEST:
        raise UndecidedError(f"{place}: the variance is out of the range of this re-checker")
    return q


def mean(f: Program, q: flint.arb, order: int, slope: bool, tolerance: float) -> flint.arb:
    """E f(X)^2 or E f'(X)^2 for X of variance q, or the derivative by q."""
    size, derivative = bounds(f)
    bound = derivative if order else size
    precision = _PRECISIONS[0] if tolerance > 1e-16 else _PRECISIONS[1] if tolerance > 1e-34 else 192
    with flint.ctx.workprec(precision + 32):
        radius, beyond = _cut(bound, q, slope, tolerance / 8)
        exponent, unit = -1 / (2 * q), 1 / (2 * flint.arb.pi() * q).sqrt()

        def weighted(x: flint.acb, analytic: bool) -> flint.acb:
            tick()
            found = duals(f, x, analytic)
            value = found.slope if order else found.value
            square = x * x
            total = value * value * (square * exponent).exp()
            return total * ((square / q - 1) / (2 * q)) if slope else total

        total = flint.arb(0)
        for low, high in ((-radius, 0.0), (0.0, radius)):
            part = flint.acb.integral(
                weighted, flint.acb(low), flint.acb(high), abs_tol=flint.arb(tolerance / 8), eval_limit=_EVALUATIONS
            )
            total += flint.arb(part.real) * unit
        return total + flint.arb(0, float(beyond) * 1.0000001)


def _cut(bound: Bound, q: flint.arb, slope: bool, tolerance: float) -> tuple[float, flint.arb]:
    """A radius, and a bound of both sides beyond it: (1 + x)^2k <= (2 x)^2k, e^(2 r x) <= e^(x^2/(4 q)) there."""
    widest, least = q.upper(), q.lower()
    grows = bool(bound.rate > 0)
    radius = max(1.0, math.sqrt(float(widest)) * 8.0, 8.001 * float(bound.rate.upper()) * float(widest))
    power = 2 * bound.power
    while radius < _LONGEST_RADIUS * max(1.0, math.sqrt(float(widest))):
        half = 1 / ((4 if grows else 2) * widest)
        beyond = flint.arb(0)
        for extra, factor in ((0, 1 / (2 * least)), (2, 1 / (2 * least**2))) if slope else ((0, flint.arb(1)),):
            shape = flint.arb(flint.fmpq(power + extra + 1, 2))
            beyond += factor * (half * flint.arb(radius) ** 2).gamma_upper(shape) / half**shape
        beyond *= bound.size**2 * flint.arb(2) ** power / (2 * flint.arb.pi() * least).sqrt()
        if beyond.is_finite() and float(beyond.upper()) <= tolerance:
            return radius, beyond.upper()
        radius *= 1.25
    raise UndecidedError("the activation grows too fast for this re-checker")


def duals(f: Program, x: flint.acb, analytic: bool) -> Dual:
    """f and f' at a complex ball; not finite where f is to be analytic and is not."""
    found: list[Dual] = []
    for name, *operands in f.steps:
        found.append(_dual(name, operands, found, x, analytic))
    return found[f.outputs[0]]


def _dual(name: str, operands: list[int], found: list[Dual], x: flint.acb, analytic: bool) -> Dual:
    if name == "input":
        return Dual(x, flint.acb(1))
    if name in ("rational", "pi"):
        value = flint.arb.pi() if name == "pi" else flint.arb(flint.fmpq(operands[0], operands[1]))
        return Dual(flint.acb(value), flint.acb(0))
    u = found[operands[0]]
    if name in ("add", "multiply"):
        for v in (found[k] for k in operands[1:]):
            if name == "add":
                u = Dual(u.value + v.value, u.slope + v.slope)
            else:
                u = Dual(u.value * v.value, u.slope * v.value + u.value * v.slope)
        return u
    if name == "divide":
        v = found[operands[1]]
        return Dual(u.value / v.value, (u.slope - u.value / v.value * v.slope) / v.value)
    if name == "power":
        lower = _whole_power(u.value, operands[1] - 1)
        return Dual(lower * u.value, operands[1] * lower * u.slope)
    return _of_function(name, u, analytic)


def _of_function(name: str, u: Dual, analytic: bool) -> Dual:
    x, s = u
    if name == "exp":
        value = x.exp()
        return Dual(value, value * s)
    if name == "tanh":
        value = x.tanh()
        return Dual(value, (1 - value * value) * s)
    if name in ("sin", "cos"):
        sine, cosine = x.sin_cos()
        return Dual(sine, cosine * s) if name == "sin" else Dual(cosine, -sine * s)
    if name == "erf":
        return Dual(x.erf(), 2 / flint.arb.pi().sqrt() * (-x * x).exp() * s)
    if name == "abs":
        return Dual(x.real_abs(analytic=analytic), x.real_sgn(analytic=analytic) * s)
    if name == "log":
        return Dual(x.log(analytic=analytic), s / x)
    if name == "sqrt":
        value = x.sqrt(analytic=analytic)
        return Dual(value, s / (2 * value))
    raise UndecidedError(f"the activation has the step {name}, which this re-checker does not bound")


def _whole_power(base: flint.acb, exponent: int) -> flint.acb:
    if exponent > _LARGEST_DEGREE:
        raise UndecidedError("the activation has too high a power for this re-checker")
    total = flint.acb(1)
    for _ in range(exponent):
        total = total * base
    return total


def bounds(f: Program) -> tuple[Bound, Bound]:
    """Bounds of f and of f' on the real line."""
    found: list[tuple[Bound, Bound]] = []
    for name, *operands in f.steps:
        found.append(_bounded(name, operands, found))
        if found[-1][0].power > _LARGEST_DEGREE or found[-1][1].power > _LARGEST_DEGREE:
            raise UndecidedError("the activation has too high a power for this re-checker")
    return found[f.outputs[0]]


def _constant(size: flint.arb, least: flint.arb | None = None) -> Bound:
    return Bound(size, 0, flint.arb(0), least)


_NOTHING = _constant(flint.arb(0))


def _bounded(name: str, operands: list[int], found: list[tuple[Bound, Bound]]) -> tuple[Bound, Bound]:
    if name == "input":
        return Bound(flint.arb(1), 1, flint.arb(0)), _constant(flint.arb(1))
    if name in ("rational", "pi"):
        value = flint.arb.pi() if name == "pi" else flint.arb(flint.fmpq(operands[0], operands[1]))
        return _constant(abs(value), value), _NOTHING
    u, s = found[operands[0]]
    if name in ("add", "multiply"):
        for v, t in (found[k] for k in operands[1:]):
            if name == "add":
                u, s = _sum(u, v), _sum(s, t)
            else:
                u, s = _product(u, v), _sum(_product(s, v), _product(u, t))
        return u, s
    if name == "power":
        power, derivative = u, s
        for _ in range(min(operands[1], _LARGEST_DEGREE + 1) - 1):
            derivative = _sum(_product(derivative, u), _product(power, s))
            power = _product(power, u)
        return (power._replace(least=flint.arb(0)) if operands[1] % 2 == 0 else power), derivative
    if name == "divide":
        v, t = found[operands[1]]
        if v.least is None or not v.least > 0:
            raise UndecidedError("a denominator of the activation is not seen to be positive")
        below = _constant(1 / v.least)
        quotient = _product(u, below)
        return quotient, _product(_sum(s, _product(quotient, t)), below)
    return _bound_of_function(name, u, s)


def _bound_of_function(name: str, u: Bound, s: Bound) -> tuple[Bound, Bound]:
    one = _constant(flint.arb(1), flint.arb(-1))
    if name in ("tanh", "sin", "cos"):
        return one, s
    if name == "erf":
        return one, _product(s, _constant(2 / flint.arb.pi().sqrt()))
    if name == "abs":
        return u._replace(least=flint.arb(0)), s
    if name == "exp":
        if u.power > 1 or not u.rate == 0:
            raise UndecidedError("an exponential of the activation is of no linear form")
        value = Bound(u.size.exp(), 0, u.size if u.power else flint.arb(0), flint.arb(0))
        return value, _product(value, s)
    if name == "log":
        if u.least is None or not u.least > 0:
            raise UndecidedError("a logarithm of the activation is not seen to be of a positive number")
        size = abs(u.least.log()) + abs((1 + u.size).log()) + u.power + u.rate  # log(1 + |x|) <= |x|
        return Bound(size, 1, flint.arb(0)), _product(s, _constant(1 / u.least))
    if name == "sqrt" and u.least is not None and u.least > 0:
        return Bound((1 + u.size), u.power, u.rate, u.least.sqrt()), _product(s, _constant(1 / (2 * u.least.sqrt())))
    raise UndecidedError(f"the activation has the step {name}, which this re-checker does not bound")


def _sum(u: Bound, v: Bound) -> Bound:
    least = None if u.least is None or v.least is None else u.least + v.least
    if u.size == 0 or v.size == 0:
        kept = v if u.size == 0 else u
        return kept._replace(least=least)
    return Bound(u.size + v.size, max(u.power, v.power), u.rate.max(v.rate), least)


def _product(u: Bound, v: Bound) -> Bound:
    if u.size == 0 or v.size == 0:
        return _NOTHING
    least = None if u.least is None or v.least is None or not (u.least >= 0 and v.least >= 0) else u.least * v.least
    return Bound(u.size * v.size, u.power + v.power, u.rate + v.rate, least)


def _evaluated(formula: Program, q: Fraction) -> flint.arb:
    """A formula at a fraction, in a ball."""
    with flint.ctx.workprec(256):
        found: list[flint.arb] = []
        for name, *operands in formula.steps:
            found.append(_number(name, operands, found, q))
        return found[formula.outputs[0]]


def _number(name: str, operands: list[int], found: list[flint.arb], q: Fraction) -> flint.arb:
    if name == "input":
        return _ball(q)
    if name == "rational":
        return flint.arb(flint.fmpq(operands[0], operands[1]))
    if name == "pi":
        return flint.arb.pi()
    if name == "add":
        return sum((found[k] for k in operands), flint.arb(0))
    if name == "multiply":
        total = flint.arb(1)
        for k in operands:
            total = total * found[k]
        return total
    x = found[operands[0]]
    if name == "divide":
        return x / found[operands[1]]
    if name == "power":
        if operands[1] > 1000:
            raise UndecidedError("the formula has too high a power for this re-checker")
        total = flint.arb(1)
        for _ in range(operands[1]):
            total = total * x
        return total
    if name == "root":
        need(bool(x > 0), "witness.values", "take a root of what is not positive")
        return flint.arb(x.root(operands[2])) ** operands[1]
    if name in ("exp", "log", "sin", "cos", "tanh", "asin", "acos", "atan", "erf", "sqrt"):
        return flint.arb(getattr(x, name)())
    raise UndecidedError(f"the formula has the step {name}, which this re-checker does not evaluate")


def _ball(value: Fraction) -> flint.arb:
    return flint.arb(flint.fmpq(value.numerator, value.denominator))
