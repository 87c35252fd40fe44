"""Existence and uniqueness of an equilibrium in a ball, and certain signs of its spectrum.

Krawczyk's test on the square system [U^T F(x); h(x)] with U a fixed dyadic basis near the tangent space: no charts, no
multipliers. A zero of it is an equilibrium because F is tangent to h = 0 (checked symbolically) and U^T is injective on
the tangent space over the whole ball.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.ball_spectrum import certified_signs
from symdyn.algebra.spectrum import SignCounts
from symdyn.algebra.steps import StraightLine
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibria.lowering import Model, Residual, float_point, residual, tangent_basis
from symdyn.equilibria.tangency import is_tangent, keeps_spheres
from symdyn.errors import ModelError

_UNIQUENESS_RADII = (1e-2, 1e-3, 1e-4, 1e-6, 1e-9)
_WELL_CONDITIONED = 1e8


Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Enclosure:
    """A ball that holds exactly one equilibrium.

    Parameters
    ----------
    balls
        One ball for each coordinate, which holds the equilibrium.
    unique_radius
        No other equilibrium is nearer than this in the maximum norm (on the constraint).
    tangent_map
        The tangent Jacobian at the equilibrium, in balls, in the basis U.
    signs
        Counts of the real parts of its eigenvalues; None if a sign is uncertain.
    """

    balls: list[flint.arb]
    unique_radius: float
    tangent_map: flint.arb_mat
    signs: SignCounts | None


class NotCertifiedError(Exception):
    """Why the test failed; an answer, not misuse."""


def certify(model: Model, point: Any, *, bits: int = 256) -> Certificate:
    """Certify that near a point there is exactly one equilibrium, and count the signs of its spectrum.

    Parameters
    ----------
    model
        A Flow or an Iteration with numbers for all parameters.
    point
        Approximate or exact: a mapping from symbol to number, or numbers in order.
    bits
        Working precision of the balls.

    Returns
    -------
    Certificate
        PROVED with a ball of existence and uniqueness (and, in the witness, certain signs); UNDECIDED with the reason
        where the Jacobian is singular or too ill-conditioned: a degenerate equilibrium, a family, or no equilibrium.

    Raises
    ------
    ModelError
        If the point has wrong coordinates or is far from any equilibrium, or the field leaves its constraint.
    """
    system = residual(model)
    start = float_point(system.coords, point)
    size = float(np.abs(system.value(start)).max())
    if size > 1e-2 * max(1.0, float(np.abs(start).max())):
        raise ModelError(
            f"this point is no equilibrium, the residual there is {size:.3g}: search with equilibria(flow)"
        )
    if isinstance(model, Flow) and not is_tangent(model):
        raise ModelError("the field is not tangent to its constraint: project it, or give the constraint it keeps")
    claim = f"near {_shown(system.coords, start)} there is exactly one equilibrium"
    try:
        enclosure = enclose(system, start, bits=bits)
        if isinstance(model, Iteration) and model.constraint is not None:
            _check_iteration(system, model, start, enclosure)
    except NotCertifiedError as reason:
        return Certificate(
            claim=claim,
            verdict=Verdict.UNDECIDED,
            method=str(reason),
            witness={"kind": "undecided", "residual": size},
            provenance=provenance(),
        )
    return Certificate(
        claim=claim,
        verdict=Verdict.PROVED,
        method=f"Krawczyk's test in balls: existence and uniqueness within {enclosure.unique_radius:g}"
        + ("" if enclosure.signs is None else ", signs of the spectrum by Routh's scheme in balls"),
        witness=witness_of(system, start, enclosure, bits),
        assumptions=() if model.constraint is None else (f"on the constraint: {model.constraint.name}",),
        provenance=provenance(),
    )


def _check_iteration(system: Residual, model: Iteration, start: Floats, enclosure: Enclosure) -> None:
    """Show that a zero of U^T (update - x) on unit spheres is a fixed point.

    With y the next state the normal part of F = y - x is |F_i|^2 / 2 on each sphere, and U^T F = 0 bounds the tangent
    part by twice the normal one where U^T is within 1/2 of an isometry of the tangent space: so F vanishes or has norm
    at least 2/3.

    Raises
    ------
    NotCertifiedError
        If the map is not shown to keep spheres, or F is not small.
    """
    if not keeps_spheres(model):
        raise NotCertifiedError("the iteration was not shown to keep its constraint, so only the residual is known")
    n = len(start)
    basis = tangent_basis(np.asarray(system.jacobian(start))[n:])
    fixed = flint.arb_mat(basis.tolist())
    normal = flint.arb_mat(system.ball_jacobian(enclosure.balls).tolist()[n:])
    tangent = fixed - normal.transpose() * (normal * normal.transpose()).solve(normal * fixed)
    size = basis.shape[1]
    defect = fixed.transpose() * tangent - flint.arb_mat(
        size, size, [int(i == j) for i in range(size) for j in range(size)]
    )
    near = all(sum((abs(x) for x in row), flint.arb(0)) < 0.5 for row in defect.tolist())
    values = [row[0] for row in system.ball_value(enclosure.balls).tolist()[:n]]
    if not near or not sum((x * x for x in values), flint.arb(0)) < 0.25:
        raise NotCertifiedError("the next state is not shown to be near this one")


def enclose(system: Residual, start: np.ndarray[Any, np.dtype[np.float64]], *, bits: int = 256) -> Enclosure:
    """The enclosure of the equilibrium near a float point.

    Raises
    ------
    NotCertifiedError
        With the reason, if the test fails.
    """
    found = _enclosed(system, tuple(start.tolist()), bits)
    if isinstance(found, NotCertifiedError):
        raise found
    return found


@lru_cache(maxsize=16)
def _enclosed(system: Residual, point: tuple[float, ...], bits: int) -> Enclosure | NotCertifiedError:
    """The enclosure, or why there is none; kept, because stability and certificate of a point are asked in turn."""
    try:
        return _enclosure(system, np.asarray(point), bits)
    except NotCertifiedError as reason:
        return reason


def _enclosure(system: Residual, start: Floats, bits: int) -> Enclosure:
    n = len(start)
    with flint.ctx.workprec(bits):
        slope = np.asarray(system.jacobian(start))
        basis = tangent_basis(slope[n:])
        if basis.shape[1] == 0:
            raise NotCertifiedError("the constraint leaves no freedom: the state space is a set of points")
        transposed = flint.arb_mat(basis.T.tolist())
        begin = [flint.arb(float(x)) for x in start]
        inverse = _float_inverse(slope, basis)
        if inverse is None:
            inverse = _inverse(system, transposed, begin)
        center = _refined(system, transposed, begin, inverse, bits)
        radius, balls = _krawczyk(system, transposed, center, inverse, bits)
        jacobian = system.ball_jacobian(balls)
        tangent_map = tangent_map_in(jacobian, basis, n)
        unique = radius
        for wide in _UNIQUENESS_RADII:
            if wide <= radius:
                break
            if _contracts(system, transposed, center, wide, inverse) is not None:
                unique = wide
                break
        # for an iteration moduli count, not real parts
        signs = None if isinstance(system.model, Iteration) else certified_signs(tangent_map)
        return Enclosure(balls, unique, tangent_map, signs)


def _square(matrix: flint.arb_mat, transposed: flint.arb_mat, n: int) -> flint.arb_mat:
    """[U^T top; bottom] of a matrix with n rows for the field and the rest for the constraint."""
    rows = matrix.tolist()
    width = matrix.ncols()
    top = (transposed * flint.arb_mat(rows[:n])).tolist()
    return flint.arb_mat(n, width, [x for row in top + rows[n:] for x in row])


def _float_inverse(slope: Floats, basis: Floats) -> flint.arb_mat | None:
    """An approximate inverse in floats, which serves the test as well as a precise one; None if ill-conditioned."""
    n = len(basis)
    square = np.concatenate([basis.T @ slope[:n], slope[n:]])
    try:
        inverse = np.linalg.inv(square)
    except np.linalg.LinAlgError:
        return None
    condition = float(np.abs(inverse).max()) * float(np.abs(square).max())
    return flint.arb_mat(inverse.tolist()) if condition < _WELL_CONDITIONED else None


def _inverse(system: Residual, transposed: flint.arb_mat, center: list[flint.arb]) -> flint.arb_mat:
    n = len(center)
    try:
        return _square(system.ball_jacobian(center), transposed, n).mid().inv().mid()
    except ZeroDivisionError:
        raise NotCertifiedError(
            "the Jacobian is singular here: a degenerate equilibrium or one of a family, which this test cannot isolate"
        ) from None


def _refined(
    system: Residual, transposed: flint.arb_mat, center: list[flint.arb], inverse: flint.arb_mat, bits: int
) -> list[flint.arb]:
    """The chord method at the working precision, midpoints only: every step gains the digits of a float."""
    n = len(center)
    for _ in range(4 + bits // 20):
        step = inverse * _square(system.ball_value(center), transposed, n)
        moves = [row[0] for row in step.mid().tolist()]
        if not all(move.is_finite() for move in moves):
            raise NotCertifiedError("the field is not finite near this point")
        center = [(x - move).mid() for x, move in zip(center, moves, strict=True)]
        if all(abs(move) < flint.arb(2) ** (-3 * bits // 4) for move in moves):
            return center
    raise NotCertifiedError("Newton's method does not settle here: a degenerate equilibrium, or none")


def _krawczyk(
    system: Residual, transposed: flint.arb_mat, center: list[flint.arb], inverse: flint.arb_mat, bits: int
) -> tuple[float, list[flint.arb]]:
    for exponent in (bits // 2, bits // 3, bits // 5, 30, 20):
        balls = _contracts(system, transposed, center, 2.0**-exponent, inverse)
        if balls is not None:
            return 2.0**-exponent, balls
    raise NotCertifiedError(
        "Krawczyk's test fails: the equilibrium is degenerate, or too ill-conditioned at this precision"
    )


def _contracts(
    system: Residual, transposed: flint.arb_mat, center: list[flint.arb], radius: float, inverse: flint.arb_mat
) -> list[flint.arb] | None:
    """The image of the box of this radius under Krawczyk's operator if it lies inside the box, else None."""
    n = len(center)
    box = [flint.arb(x.mid(), radius) for x in center]
    try:
        slope = _square(system.ball_jacobian(box), transposed, n)
        value = _square(system.ball_value(center), transposed, n)
    except (ZeroDivisionError, ValueError):
        return None
    identity = flint.arb_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])
    spread = flint.arb_mat(n, 1, [flint.arb(0, radius)] * n)
    image = flint.arb_mat(n, 1, center) - inverse * value + (identity - inverse * slope) * spread
    balls = [row[0] for row in image.tolist()]
    if all(b.is_finite() and x.contains_interior(b) for x, b in zip(box, balls, strict=True)):
        return balls
    return None


def tangent_map_in(jacobian: flint.arb_mat, basis: np.ndarray[Any, np.dtype[np.float64]], n: int) -> flint.arb_mat:
    """A with J W = W A for the tangent space W at the equilibrium, in the basis that U^T reads off."""
    rows = jacobian.tolist()
    field = flint.arb_mat(rows[:n])
    fixed = flint.arb_mat(basis.tolist())
    if len(rows) == n:
        return fixed.transpose() * field * fixed
    normal = flint.arb_mat(rows[n:])
    try:
        tangent = fixed - normal.transpose() * (normal * normal.transpose()).solve(normal * fixed)
        return (fixed.transpose() * tangent).solve(fixed.transpose() * field * tangent)
    except ZeroDivisionError:
        raise NotCertifiedError("the gradients of the constraint are dependent here") from None


def witness_of(
    system: Residual, start: np.ndarray[Any, np.dtype[np.float64]], enclosure: Enclosure, bits: int
) -> dict[str, Any]:
    """What a re-checker needs: the formulas as steps, an exact center, radii and counts."""
    n = len(start)
    program = system.value_program
    signs = enclosure.signs
    return {
        "kind": "equilibrium",
        "names": [str(symbol) for symbol in system.coords],
        "program": program_data(program),
        "equations": len(program.outputs) - n,
        "start": [list(dyadic(x)) for x in start.tolist()],
        "radius": list(dyadic(enclosure.unique_radius)),
        "bits": bits,
        "signs": None if signs is None else [signs.positive, signs.zero, signs.negative],
        "enclosure": [ball.str(30) for ball in enclosure.balls],
    }


def program_data(program: StraightLine) -> dict[str, Any]:
    """A straight-line program as JSON data."""
    return {
        "inputs": program.inputs,
        "steps": [[operation, *operands] for operation, operands in program.steps],
        "outputs": list(program.outputs),
    }


def dyadic(value: float) -> tuple[int, int]:
    """A float as (mantissa, exponent)."""
    numerator, denominator = float(value).as_integer_ratio()
    return numerator, 1 - denominator.bit_length()


def _shown(coords: tuple[sp.Symbol, ...], point: np.ndarray[Any, np.dtype[np.float64]]) -> str:
    shown = [f"{symbol} = {value:.6g}" for symbol, value in zip(coords, point.tolist(), strict=True)]
    return ", ".join(shown if len(shown) <= 8 else [*shown[:8], "..."])
