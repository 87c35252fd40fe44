"""Flows with angles as flows on circles: cosine and sine as two unknowns, so that algebra solves what is rational."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import flint
import sympy as sp

from symdyn.algebra.programs.fractions_of_polynomials import ring
from symdyn.algebra.zeros.ball_zero import BallZero
from symdyn.algebra.zeros.real_zeros import RealZero
from symdyn.dynamics.flow import Flow
from symdyn.equilibrium.asked.lowering import Model, residual
from symdyn.equilibrium.search.gathering import Candidate
from symdyn.equilibrium.solve.points import candidate_at
from symdyn.equilibrium.solve.system import RealCount
from symdyn.geometry.constraint import Constraint
from symdyn.geometry.vector_field import VectorField

_BITS = 256
_NEAR = 1e-6


@dataclass(frozen=True)
class OnCircles:
    """A flow whose angles are points of circles.

    Parameters
    ----------
    flow
        In cosines and sines, and the coordinates that are no angles.
    places
        For each coordinate of the flow with angles the places of its cosine and sine, or its own place alone.
    """

    flow: Flow
    places: tuple[tuple[int, ...], ...]

    def balls(self, zero: RealZero | BallZero) -> list[flint.arb]:
        """The point of a solution, with angles from 0 to 2 pi."""
        values = zero.balls(_BITS)
        return [values[place[0]] if len(place) == 1 else _angle(*(values[k] for k in place)) for place in self.places]

    def turns(self, model: Flow) -> tuple[sp.ImmutableMatrix, ...]:
        """Generators of the shifts of all angles that leave the argument of every sine, cosine and tangent as it is."""
        waves = set().union(*(c.atoms(sp.sin, sp.cos, sp.tan) for c in model.field.components))
        turning = [k for k, place in enumerate(self.places) if len(place) == 2]
        arguments = [w.args[0] for w in waves if w.free_symbols & set(model.angles)]
        rates = sp.Matrix([[sp.diff(a, model.coords[k]) for k in turning] for a in arguments])
        if not arguments or not all(rate.is_Rational for rate in rates):
            return ()
        found = []
        for shift in rates.nullspace():
            matrix = sp.zeros(len(self.flow.coords))
            for speed, k in zip(shift, turning, strict=True):
                x, y = self.places[k]
                matrix[y, x], matrix[x, y] = speed, -speed
            found.append(sp.ImmutableMatrix(matrix))
        return tuple(found)

    def angles_at(self, point: Sequence[float]) -> list[float]:
        """The coordinates of a state in cosines and sines that is given in floats."""
        pairs = [[point[k] for k in place] for place in self.places]
        return [pair[0] if len(pair) == 1 else math.atan2(pair[1], pair[0]) % (2 * math.pi) for pair in pairs]

    def values(self, zero: RealZero) -> list[float]:
        """The same in floats."""
        return [float(ball.mid()) for ball in self.balls(zero)]

    def counted(self, model: Model, exact: RealCount) -> RealCount:
        """The count, with the angles that it speaks of."""
        turning = [(s.name, *p) for s, p in zip(model.coords, self.places, strict=True) if len(p) == 2]
        return replace(exact, names=tuple(s.name for s in self.flow.coords), angles=tuple(turning))

    def candidates(self, model: Model, zeros: Sequence[RealZero | BallZero]) -> list[Candidate]:
        """One candidate for each solution, in angles."""
        found = []
        for zero in zeros:
            one = candidate_at(residual(model), self.balls(zero), None, zero.multiplicity)
            found.append(replace(one, formula=self.exact(zero)) if zero.multiplicity > 1 else one)
        return found

    def exact(self, zero: RealZero | BallZero) -> tuple[sp.Expr, ...] | None:
        """The point where its angles are simple parts of a turn, and its other coordinates fractions."""
        found: list[sp.Expr] = []
        for place in self.places:
            if len(place) == 1 and zero.exact is not None:
                value = zero.exact[place[0]]
                found.append(sp.Rational(value.numerator, value.denominator))
                continue
            angle = _part_of_turn(zero, *place) if len(place) == 2 else None
            if angle is None:
                return None
            found.append(angle)
        return tuple(found)


@lru_cache(maxsize=64)
def on_circles(model: Model) -> OnCircles | None:
    """The flow with its angles as points of circles; None where it has none, or they do not enter by sines and cosines.

    Examples
    --------
    >>> t = sp.Symbol("t")
    >>> on_circles(Flow(VectorField((t,), [sp.sin(2*t)]), angles=(t,))).flow.constraint.equations
    (cos_t**2 + sin_t**2 - 1,)
    """
    angles = getattr(model, "angles", ())
    if not angles or not isinstance(model, Flow) or model.parameters:
        return None
    taken = {symbol.name for symbol in model.coords}
    coords: list[sp.Symbol] = []
    places: list[tuple[int, ...]] = []
    circles: list[tuple[sp.Symbol, sp.Symbol]] = []
    by_trigonometry: dict[sp.Expr, sp.Expr] = {}
    for symbol in model.coords:
        if symbol not in angles:
            places.append((len(coords),))
            coords.append(symbol)
            continue
        cosine, sine = (_fresh(f"{name}_{symbol.name}", taken) for name in ("cos", "sin"))
        by_trigonometry |= {sp.cos(symbol): cosine, sp.sin(symbol): sine}
        places.append((len(coords), len(coords) + 1))
        coords += [cosine, sine]
        circles.append((cosine, sine))
    speeds = [_written(component, by_trigonometry) for component in model.field.components]
    if any(speed.free_symbols & set(angles) for speed in speeds):
        return None
    field = []
    for speed, place in zip(speeds, places, strict=True):
        field += [speed] if len(place) == 1 else [-coords[place[1]] * speed, coords[place[0]] * speed]
    constraint = Constraint(tuple(coords), tuple(c**2 + s**2 - 1 for c, s in circles))
    return OnCircles(Flow(VectorField(tuple(coords), field), constraint), tuple(places))


def _written(speed: sp.Expr, by_trigonometry: dict[sp.Expr, sp.Expr]) -> sp.Expr:
    plain = (sp.S.Zero + speed).replace(
        lambda e: isinstance(e, sp.sin | sp.cos | sp.tan), lambda e: sp.expand_trig(e.func(sp.expand(e.args[0])))
    )
    plain = plain.replace(sp.tan, lambda argument: sp.sin(argument) / sp.cos(argument))
    return plain.xreplace(by_trigonometry)


def _fresh(name: str, taken: set[str]) -> sp.Symbol:
    while name in taken:
        name += "_"
    taken.add(name)
    return sp.Symbol(name, real=True)


def _part_of_turn(zero: RealZero | BallZero, cosine: int, sine: int) -> sp.Expr | None:
    """An angle that is a multiple of pi/6 or pi/4, by the exact value of its cosine or sine."""
    values = zero.balls(_BITS)
    twelfths = 12 * float(_angle(values[cosine], values[sine])) / math.pi
    number = round(twelfths)
    gens = ring(len(values)).gens()
    c, s = gens[cosine], gens[sine]
    rules = {0: s, 6: c, 3: 2 * c**2 - 1, 9: 2 * c**2 - 1, 2: 4 * c**2 - 3, 10: 4 * c**2 - 3, 4: 4 * c**2 - 1}
    rules[8] = rules[4]
    rule = rules.get(number % 12)
    if rule is None or abs(twelfths - number) > _NEAR or zero.sign(rule) != 0:
        return None
    return sp.pi * sp.Rational(number, 12)


def _angle(cosine: flint.arb, sine: flint.arb) -> flint.arb:
    """The angle from 0 to 2 pi of a point of the unit circle; sines that are 0 are exactly 0."""
    with flint.ctx.workprec(_BITS):
        if sine == 0:
            return flint.arb(0) if cosine > 0 else flint.arb.pi()
        angle = flint.arb.atan2(sine, cosine)
        return angle if sine > 0 else angle + 2 * flint.arb.pi()
