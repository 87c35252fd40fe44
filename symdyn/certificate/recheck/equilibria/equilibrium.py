"""Re-check of an equilibrium in Arb balls, from the steps of its formulas alone.

Derivatives are taken here by forward differentiation along the steps, not from anybody's formulas; then Krawczyk's test
is repeated, zero must lie in the image of every component of the field, and the signs of the spectrum are counted
again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.equilibria.spectrum import spectrum_signs
from symdyn.certificate.recheck.equilibria.tangency import is_tangent
from symdyn.certificate.recheck.identities.kept import keeps_constraint
from symdyn.certificate.refutation import Recheck, RefutedError, UndecidedError, need
from symdyn.certificate.witness.equilibria.equilibrium import EquilibriumWitness, exact
from symdyn.certificate.witness.program import Program, decimal_text

_UNARY = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan", "erf", "sqrt")
Dual = tuple[flint.arb, dict[int, flint.arb]]  # a value and its partial derivatives that are not identically 0

# size of matrices, as n^3 times bits, that takes some ten seconds
_LARGEST_INVERSE = 30_000_000_000


def check_equilibrium(record: EquilibriumWitness, verdict: str) -> Recheck:
    """One equilibrium within the stored radius of the stored start, with the stored signs."""
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of an equilibrium that is certified")
    _need_moderate_size(len(record.names), record.bits)
    system = _Program(record.system, len(record.names), record.equations)
    with flint.ctx.workprec(record.bits):
        radius = _dyadic(record.radius)
        found = _recheck(system, [_dyadic(x) for x in record.start], radius)
        _check_enclosure(record, found.balls)
        if record.point is not None:
            near = all(
                abs(flint.arb(flint.fmpq(x.numerator, x.denominator)) - ball) <= radius
                for x, ball in zip(record.point, found.balls, strict=True)
            )
            need(near, "witness.point", "is too far from the zero")
        if record.dynamics == "iteration" and record.equations:
            _check_image(system, found)
        if record.order > 1:
            _check_least_period(record, found.balls, radius)
        signs = [] if record.signs is None else spectrum_signs(_in_half_plane(found.tangent_map, record.dynamics))
    same = record.signs is None or list(record.signs) == signs
    need(same, "witness.signs", f"are not those of the re-check, {signs}")
    counted = "" if record.signs is None else f", {signs[0]} unstable and {signs[2]} stable directions"
    ending = ""
    if record.equations and record.dynamics == "flow" and not record.speeds:
        again = is_tangent(record.program, record.equations)
        need(again is not False, "witness.program", "is a field that is not tangent to its constraint")
        ending = "; tangency of the field was shown again" if again else "; tangency of the field is taken as stated"
    elif record.equations:
        kept = keeps_constraint(record.program, record.equations, is_next=record.order > 1)
        ending = "; that the constraint is kept " + ("was shown again" if kept else "is taken as stated")
    within = decimal_text(exact(record.radius), 3)
    return Recheck("proved", f"Krawczyk's test holds again within {within}{counted}{ending}")


def simple_zero(field: Program, center: list[flint.arb], radius: flint.arb) -> list[flint.arb]:
    """Balls that hold the only zero of a field within a radius of a center, at which its derivative is regular.

    Raises
    ------
    RefutedError
        If Krawczyk's test does not find one.
    """
    return _recheck(_Program(field, field.inputs, 0), center, radius).balls


def values_in_balls(program: Program) -> list[flint.arb]:
    """The outputs of steps without inputs, at the working precision."""
    return [row[0] for row in _Program(program, 0, 0).run([])[0].tolist()]


def _need_moderate_size(size: int, bits: int) -> None:
    """Give up on matrices that FLINT, which no clock interrupts, inverts for minutes."""
    if size**3 * bits > _LARGEST_INVERSE:
        raise UndecidedError(f"{size} coordinates at {bits} bits are more than this re-checker computes with")


def _dyadic(pair: tuple[int, int]) -> flint.arb:
    return flint.arb(pair[0]) * flint.arb(2) ** pair[1]


@dataclass(frozen=True)
class _Found:
    """Balls that hold the equilibrium, the basis as it enters, derivatives and values there, and the tangent map."""

    balls: list[flint.arb]
    basis: flint.arb_mat
    values: list[flint.arb]
    tangent_map: flint.arb_mat


def _check_enclosure(record: EquilibriumWitness, balls: list[flint.arb]) -> None:
    """The stored balls hold those that were found here; of documents that leave out the dynamics they meet them."""
    for number, (text, ball) in enumerate(zip(record.enclosure, balls, strict=True)):
        place = f"witness.enclosure[{number}]"
        need(all(letter in "0123456789eE.+-/[] " for letter in text), place, "is no ball")
        stored = _ball(text, place)
        holds = stored.contains(ball) if record.dynamics else stored.overlaps(ball)
        need(stored.is_finite() and holds, place, "does not hold the equilibrium")


def _ball(text: str, place: str) -> flint.arb:
    try:
        return flint.arb(text)
    except (ValueError, ZeroDivisionError):
        raise RefutedError(place, "is no ball") from None


def _check_image(system: _Program, found: _Found) -> None:
    """Where a map keeps h = 0, the zero of U^T (update - x) is a fixed point.

    Both x and its image y solve h = 0 and have equal U^T; (U^T, h) is injective on a box around both, since its
    derivative there is regular. So y = x.
    """
    n = system.inputs
    box = [x.union(x + v) for x, v in zip(found.balls, found.values, strict=True)]
    rows = found.basis.transpose().tolist() + system.run(box)[1].tolist()[n:]
    try:
        inverse = flint.arb_mat(rows).inv()
    except ZeroDivisionError:
        raise RefutedError("witness.program", "the next state is not shown to be this one") from None
    finite = all(x.is_finite() for x in inverse.entries())
    need(finite, "witness.program", "the next state is not shown to be this one")


def _check_least_period(record: EquilibriumWitness, balls: list[flint.arb], radius: flint.arb) -> None:
    """After `least` steps the point is back in the ball of uniqueness, and after no divisor of these near itself."""
    start, x = [_dyadic(pair) for pair in record.start], balls
    for turn in range(1, record.least + 1):
        x = next_state(record, x)
        if turn == record.least:
            back = all(abs(a - b) <= radius for a, b in zip(x, start, strict=True))
            need(back, "witness.least", f"is {record.least}, but the point is not back after so many steps")
        elif record.least % turn == 0:
            apart = any(not a.overlaps(b) for a, b in zip(x, balls, strict=True))
            need(apart, "witness.least", f"is {record.least}, but the point may be back after {turn}")


def next_state(record: EquilibriumWitness, balls: list[flint.arb]) -> list[flint.arb]:
    """F of balls, for the record of a point of an iterate of F."""
    size = len(record.names)
    return [row[0] for row in _Program(record.program, size, record.equations).run(balls)[0].tolist()[:size]]


def _in_half_plane(tangent_map: flint.arb_mat, dynamics: str | None) -> flint.arb_mat:
    """For an iteration, with M the derivative of the map: (M + 1)^-1 (M - 1), which carries the disc to Re < 0."""
    if dynamics != "iteration":
        return tangent_map
    size = tangent_map.nrows()
    two = flint.arb_mat(size, size, [2 * int(i == j) for i in range(size) for j in range(size)])
    try:
        return (tangent_map + two).solve(tangent_map)
    except ZeroDivisionError:
        raise UndecidedError("a multiplier may be -1 in these balls") from None


class _Program:
    """Steps with forward differentiation."""

    def __init__(self, program: Program, inputs: int, equations: int) -> None:
        self.inputs, self.equations = inputs, equations
        self.steps, self.outputs = program.steps, program.outputs

    def run(self, x: list[flint.arb]) -> tuple[flint.arb_mat, flint.arb_mat]:
        """Values (n + m, 1) and derivatives (n + m, n)."""
        values: list[Dual] = []
        for step in self.steps:
            tick()
            values.append(self._step(step[0], list(step[1:]), values, x))
        rows = [values[k] for k in self.outputs]
        zero = flint.arb(0)
        return (
            flint.arb_mat(len(rows), 1, [value for value, _ in rows]),
            flint.arb_mat(len(rows), self.inputs, [d.get(k, zero) for _, d in rows for k in range(self.inputs)]),
        )

    def _step(self, name: str, operands: list[int], values: list[Dual], x: list[flint.arb]) -> Dual:
        if name == "input":
            return x[operands[0]], {operands[0]: flint.arb(1)}
        if name == "rational":
            return flint.arb(flint.fmpq(operands[0], operands[1])), {}
        if name == "pi":
            return flint.arb.pi(), {}
        parts = [values[k] for k in (operands[:1] if name in ("power", "root") else operands)]
        if name == "add":
            return sum((v for v, _ in parts[1:]), parts[0][0]), _summed(*((flint.arb(1), d) for _, d in parts))
        if name == "multiply":
            total = parts[0]
            for factor in parts[1:]:
                total = _times(total, factor)
            return total
        if name == "power":
            total = parts[0]
            need(2 <= operands[1] <= 10_000, "witness.program", "has a power out of range")
            for bit in bin(operands[1])[3:]:
                total = _times(total, total)
                total = _times(total, parts[0]) if bit == "1" else total
            return total
        if name == "divide":
            (a, da), (b, db) = parts
            quotient = a / b
            return quotient, {k: d / b for k, d in _summed((flint.arb(1), da), (-quotient, db)).items()}
        value, slope = _function(name, parts[0][0], operands)
        return value, {k: slope * d for k, d in parts[0][1].items()}


def _times(x: Dual, y: Dual) -> Dual:
    return x[0] * y[0], _summed((y[0], x[1]), (x[0], y[1]))


def _summed(*terms: tuple[flint.arb, dict[int, flint.arb]]) -> dict[int, flint.arb]:
    """The sum of multiples of derivatives."""
    total: dict[int, flint.arb] = {}
    for factor, slope in terms:
        for k, d in slope.items():
            total[k] = total[k] + factor * d if k in total else factor * d
    return total


def _function(name: str, x: flint.arb, operands: list[int]) -> tuple[flint.arb, flint.arb]:
    """Value and derivative of a function of one variable."""
    if name == "root":
        exponent = flint.fmpq(operands[1], operands[2])
        value = x ** flint.arb(exponent)
        return value, flint.arb(exponent) * value / x
    if name == "abs":
        need(bool(x > 0) or bool(x < 0), "witness.program", "takes the absolute value at zero")
        return abs(x), flint.arb(1 if x > 0 else -1)
    if name not in _UNARY:
        raise RefutedError("witness.program", f"has the unknown step {name}")
    value = getattr(x, name)()
    one = flint.arb(1)
    slopes: dict[str, Callable[[], flint.arb]] = {
        "exp": lambda: value,
        "log": lambda: one / x,
        "sin": x.cos,
        "cos": lambda: -x.sin(),
        "tan": lambda: one + value * value,
        "sinh": x.cosh,
        "cosh": x.sinh,
        "tanh": lambda: one - value * value,
        "asin": lambda: one / (one - x * x).sqrt(),
        "acos": lambda: -one / (one - x * x).sqrt(),
        "atan": lambda: one / (one + x * x),
        "erf": lambda: 2 * (-x * x).exp() / flint.arb.pi().sqrt(),
        "sqrt": lambda: one / (2 * value),
    }
    return value, slopes[name]()


def _recheck(system: _Program, start: list[flint.arb], radius: flint.arb) -> _Found:
    """The equilibrium in balls, and the tangent map there."""
    n, m = system.inputs, system.equations
    basis = _tangent_basis(system, start)
    turned = flint.arb_mat(basis.T.tolist())
    center = [x.mid() for x in start]
    try:
        for _ in range(12):
            value, slope = system.run(center)
            move = _square(slope, turned, n).mid().inv().mid() * _square(value, turned, n).mid()
            moves = [row[0].mid() for row in move.tolist()]
            center = [(x - step).mid() for x, step in zip(center, moves, strict=True)]
            least = flint.arb(2) ** (-3 * flint.ctx.prec // 4)
            if all(abs(step) < least * (1 + abs(x)) for x, step in zip(center, moves, strict=True)):
                break
    except ZeroDivisionError:
        raise RefutedError("witness.start", "has a singular Jacobian") from None
    balls = _smallest(system, turned, center)
    # a little wider, so that what is near the equilibrium, not only near this center, is in the box
    wider = radius * (1 + flint.arb(2) ** -20)
    for ball, middle in zip(balls, center, strict=True):
        need(abs(ball - middle) <= wider - radius, "witness.radius", "is as small as the balls of the equilibrium")
    unique = _contraction(system, turned, center, wider) is not None
    need(unique, "witness.radius", "Krawczyk's test fails at this radius")
    near = all(abs(a - b) <= radius for a, b in zip(balls, start, strict=True))
    need(near, "witness.start", "is too far from the zero")
    value, slope = system.run(balls)
    rows = slope.tolist()
    values = [row[0] for row in value.tolist()[:n]]
    for number, component in enumerate(values):
        vanishes = component.is_finite() and component.contains(0)
        need(vanishes, "witness.program", f"component {number + 1} of the field has no zero at the equilibrium")
    fixed = flint.arb_mat(basis.tolist())
    if m:
        normal = flint.arb_mat(rows[n:])
        fixed -= normal.transpose() * (normal * normal.transpose()).solve(normal * fixed)
    # that this can be solved shows U^T to be injective on the tangent space, where F is
    tangent_map = (turned * fixed).solve(turned * flint.arb_mat(rows[:n]) * fixed)
    return _Found(balls, flint.arb_mat(basis.tolist()), values, tangent_map)


def _smallest(system: _Program, turned: flint.arb_mat, center: list[flint.arb]) -> list[flint.arb]:
    """Balls around the center that hold the zero, made smaller by Krawczyk's operator as long as that helps."""
    balls = None
    for share in (3, 2):
        balls = _contraction(system, turned, center, flint.arb(2) ** (-flint.ctx.prec // share))
        if balls is not None:
            break
    if balls is None:
        raise RefutedError("witness.start", "Krawczyk's test fails near it")
    for _ in range(4):
        size = max((abs(x - c).abs_upper() for x, c in zip(balls, center, strict=True)), key=float)
        if size < flint.arb(2) ** (-flint.ctx.prec // 2):
            break
        smaller = _contraction(system, turned, center, 2 * size)
        if smaller is None:
            break
        balls = smaller
    return balls


def _tangent_basis(system: _Program, start: list[flint.arb]) -> Any:
    """A float basis of the kernel of the constraint's derivative; any near it will do."""
    n = system.inputs
    slope = np.asarray([[float(x.mid()) for x in row] for row in system.run(start)[1].tolist()][n:])
    if not len(slope):
        return np.eye(n)
    need(bool(np.isfinite(slope).all()), "witness.start", "the constraint has no derivative there")
    _, _, right = np.linalg.svd(slope)
    return right[len(slope) :].T


def _square(matrix: flint.arb_mat, turned: flint.arb_mat, n: int) -> flint.arb_mat:
    rows = matrix.tolist()
    top = (turned * flint.arb_mat(rows[:n])).tolist()
    return flint.arb_mat(top + rows[n:])


def _contraction(
    system: _Program, turned: flint.arb_mat, center: list[flint.arb], radius: flint.arb
) -> list[flint.arb] | None:
    n = system.inputs
    box = [flint.arb(x.mid(), radius) for x in center]
    inverse = _square(system.run(center)[1], turned, n).mid().inv().mid()
    value = _square(system.run(center)[0], turned, n)
    slope = _square(system.run(box)[1], turned, n)
    identity = flint.arb_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])
    spread = flint.arb_mat(n, 1, [flint.arb(0, radius)] * n)
    image = flint.arb_mat(n, 1, center) - inverse * value + (identity - inverse * slope) * spread
    balls = [row[0] for row in image.tolist()]
    inside = all(b.is_finite() and x.contains_interior(b) for x, b in zip(box, balls, strict=True))
    return balls if inside else None
