"""The identities behind a cover of a slice: rotations that commute with a flow on circles, and sums that vanish.

A rotation by t turns circle k by w_k t. With c = cos t and s = sin t as the point of one more circle its matrix holds
polynomials in c and s, and "the field at the turned state is the turned field" is an identity of formal fractions.
"""

from __future__ import annotations

from typing import Any

import flint

from symdyn.certificate.recheck.covers.formal import ONE, Algebra, Formal, evaluated
from symdyn.certificate.recheck.covers.model import CoverModel, check_image, check_speeds
from symdyn.certificate.refutation import need
from symdyn.certificate.witness.covers.orbit_cover import OrbitCoverWitness

_PLANE = "witness.program"


def checked_slice(witness: OrbitCoverWitness) -> CoverModel:
    """Prove what is said of the flow, and give its angular speeds in the slice, which every orbit meets once.

    Raises
    ------
    RefutedError
        If the field is not tangent, a rotation does not commute with it or keeps the slice, the functions N are not the
        angular speeds up to factors, or a sum of speeds does not vanish.
    """
    _check_pivots(witness.weights, witness.pivots, "witness.weights")
    _check_flow(witness)
    size = len(witness.others)
    circles = tuple((2 * k, 2 * k + 1) for k in range(size))
    field = witness.in_slice(witness.program)
    algebra = Algebra(circles)
    flow, divisors = evaluated(algebra, field, [algebra.coordinate(k) for k in range(2 * size)])
    beside = [flow[place] for k in witness.others for place in witness.circles[k]]
    check_speeds(algebra, beside, divisors, witness.speeds)
    return CoverModel(
        circles=circles,
        field=field,
        speeds=witness.speeds,
        group=[_identity(2 * size)],
        is_exchangeable=witness.exchangeable,
        is_turning=witness.exchangeable,
    )


def _check_pivots(rows: tuple[tuple[int, ...], ...], pivots: tuple[int, ...], place: str) -> None:
    """One rotation, and not more, turns all pivots to their places: a lattice index of one."""
    square: Any = flint.fmpz_mat([[row[k] for k in pivots] for row in rows])
    need(abs(int(square.det())) == 1, place, "leave rotations that keep the slice")


def _check_flow(witness: OrbitCoverWitness) -> None:
    """Tangency, rotations and sums of speeds, on all circles and that of the rotation."""
    circles, width = witness.circles, 2 * len(witness.circles)
    algebra = Algebra((*circles, (width, width + 1)))
    state = [algebra.coordinate(k) for k in range(width)]
    flow, divisors = evaluated(algebra, witness.program, state)
    for number, (i, j) in enumerate(circles):
        outwards = algebra.add(algebra.multiply(state[i], flow[i]), algebra.multiply(state[j], flow[j]))
        need(not outwards.above, _PLANE, f"the field is not tangent to circle {number}")
    for number, row in enumerate(witness.weights):
        place = f"witness.weights[{number}]"
        image, turned = (_turned(algebra, witness, row, vectors) for vectors in (state, flow))
        check_image(algebra, witness.program, image, turned, divisors, place)
    if witness.balance is not None:
        _check_balance(algebra, witness, state, flow)
    if witness.exchangeable:
        _check_exchanges(algebra, witness, state, flow, divisors)


def _turned(algebra: Algebra, witness: OrbitCoverWitness, row: tuple[int, ...], vectors: list[Formal]) -> list[Formal]:
    """Vectors in the planes of all circles, that of circle k turned by row_k t."""
    width = len(vectors)
    turned = list(vectors)
    for speed, (i, j) in zip(row, witness.circles, strict=True):
        across, up = _multiple(algebra, abs(speed), algebra.coordinate(width), algebra.coordinate(width + 1))
        up = up if speed > 0 else _negative(up)
        turned[i] = algebra.add(algebra.multiply(across, vectors[i]), _negative(algebra.multiply(up, vectors[j])))
        turned[j] = algebra.add(algebra.multiply(up, vectors[i]), algebra.multiply(across, vectors[j]))
    return turned


def _multiple(algebra: Algebra, times: int, cosine: Formal, sine: Formal) -> tuple[Formal, Formal]:
    """Cosine and sine of a multiple of an angle."""
    across, up = Formal({(): ONE}), Formal({})
    for _ in range(times):
        across, up = (
            algebra.add(algebra.multiply(across, cosine), _negative(algebra.multiply(up, sine))),
            algebra.add(algebra.multiply(up, cosine), algebra.multiply(across, sine)),
        )
    return across, up


def _negative(x: Formal) -> Formal:
    return Formal({monomial: -value for monomial, value in x.above.items()}, x.below)


def _check_balance(algebra: Algebra, witness: OrbitCoverWitness, state: list[Formal], flow: list[Formal]) -> None:
    """In each row the sum of row_k E_k (x g - y f) is zero, and at the pivots the rows are independent."""
    assert witness.balance is not None
    rows, place = witness.balance.rows, "witness.balance.rows"
    square: Any = flint.fmpz_mat([[row[k] for k in witness.pivots] for row in rows])
    need(int(square.det()) != 0, place, "leave speeds of the pivots open")
    factors, _ = evaluated(algebra, witness.balance.factors, state)
    parts = []
    for factor, (i, j) in zip(factors, witness.circles, strict=True):
        speed = algebra.add(algebra.multiply(state[i], flow[j]), _negative(algebra.multiply(state[j], flow[i])))
        parts.append(algebra.cleared(factor, speed))
    for number, row in enumerate(rows):
        total = Formal({})
        for weight, part in zip(row, parts, strict=True):
            if weight:
                scaled = Formal({monomial: weight * value for monomial, value in part.above.items()}, part.below)
                total = algebra.add(total, scaled)
        need(not total.above, f"{place}[{number}]", "is no sum of speeds that vanishes everywhere")


def _check_exchanges(
    algebra: Algebra, witness: OrbitCoverWitness, state: list[Formal], flow: list[Formal], divisors: set[Any]
) -> None:
    """All circles turn alike, rest where those beside the pivot do, and may be exchanged."""
    place = "witness.exchangeable"
    need(witness.weights == ((1,) * len(witness.circles),), place, "is said of circles that do not turn alike")
    need(witness.balance is not None, place, "is said where sums of speeds do not vanish")
    for one, other in zip(witness.circles, witness.circles[1:], strict=False):
        image, exchanged = list(state), list(flow)
        for i, j in zip(one, other, strict=True):
            image[i], image[j], exchanged[i], exchanged[j] = state[j], state[i], flow[j], flow[i]
        check_image(algebra, witness.program, image, exchanged, divisors, place)


def _identity(size: int) -> Any:
    return tuple(tuple(ONE if i == j else ONE - ONE for j in range(size)) for i in range(size))
