"""What an interval cover speaks of, read from its witness, with the exact identities that it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.covers.formal import ONE, Algebra, Formal, evaluated
from symdyn.certificate.refutation import need
from symdyn.certificate.witness.covers.cover import CoverWitness, Matrix
from symdyn.certificate.witness.program import Program

_LARGEST_GROUP = 512


@dataclass(frozen=True, kw_only=True)
class CoverModel:
    """A flow on circles, functions of its angles that vanish where it rests, and symmetries of it.

    Parameters
    ----------
    circles
        Pairs of coordinates.
    field
        The program of the flow, 2 n outputs.
    speeds
        A program of 2 n outputs: N_1 to N_n, then D_1 to D_n, with N = (x g - y f) D for each circle.
    group
        All products of the stored maps, the identity first.
    is_exchangeable
        Whether circles may be permuted.
    is_turning
        Whether there is one more circle, at angle 0, which may be permuted with these, while all turn alike.
    """

    circles: tuple[tuple[int, int], ...]
    field: Program
    speeds: Program
    group: list[Matrix]
    is_exchangeable: bool
    is_turning: bool = False

    @property
    def size(self) -> int:
        """Number of circles."""
        return len(self.circles)


def checked_model(witness: CoverWitness) -> CoverModel:
    """Prove, as identities on the circles, what is said of it.

    Raises
    ------
    RefutedError
        If the field is not tangent to the circles, the functions N are not its angular speeds up to factors, or a
        symmetry is none.
    """
    circles, width = witness.circles, 2 * len(witness.circles)
    exchanges = []
    if witness.is_exchangeable:
        exchanges = [_exchange(width, a, b) for a, b in zip(circles, circles[1:], strict=False)]
    algebra = Algebra(circles)
    state = [algebra.coordinate(k) for k in range(width)]
    flow, divisors = evaluated(algebra, witness.program, state)
    check_speeds(algebra, flow, divisors, witness.speeds)
    for place, matrix in [(f"witness.maps[{k}]", matrix) for k, matrix in enumerate(witness.maps)] + [
        ("witness.exchangeable", matrix) for matrix in exchanges
    ]:
        _check_symmetry(algebra, witness.program, (flow, divisors), matrix, place)
    return CoverModel(
        circles=circles,
        field=witness.program,
        speeds=witness.speeds,
        group=group_of(witness),
        is_exchangeable=witness.is_exchangeable,
    )


def check_speeds(algebra: Algebra, flow: list[Formal], divisors: set[Any], speeds: Program) -> None:
    """The field is tangent, and N = (x g - y f) D with a factor D that has a value wherever the field has one."""
    known = len(algebra.names)
    outputs, _ = evaluated(algebra, speeds, [algebra.coordinate(k) for k in range(len(flow))])
    check_total(algebra, known, "witness.speeds")
    size = len(algebra.circles)
    for number, (i, j) in enumerate(algebra.circles):
        x, y = algebra.coordinate(i), algebra.coordinate(j)
        outwards = algebra.add(algebra.multiply(x, flow[i]), algebra.multiply(y, flow[j]))
        need(not outwards.above, "witness.program", f"the field is not tangent to circle {number}")
        turned = Formal({monomial: -value for monomial, value in y.above.items()})
        speed = algebra.add(algebra.multiply(x, flow[j]), algebra.multiply(turned, flow[i]))
        numerator, factor = outputs[number], outputs[size + number]
        need(
            algebra.are_equal(numerator, algebra.multiply(speed, factor)),
            f"witness.speeds.outputs[{number}]",
            "is not the angular speed times its factor",
        )
        total = all(algebra.is_total(k, known) for monomial in factor.above for k, _ in monomial)
        place = f"witness.speeds.outputs[{size + number}]"
        need(total and all(divisor in divisors for divisor, _ in factor.below), place, "is not defined everywhere")


def check_total(algebra: Algebra, known: int, place: str) -> None:
    """A program has a value wherever what was evaluated before has one, also in steps that cancel.

    sqrt(u)^2 - u is formally 0, and intervals enclose it where there is no root as well, by something else.
    """
    total = all(algebra.is_total(k, known) for k in range(known, len(algebra.names)))
    need(total, place, "have steps that are not defined everywhere")


def check_image(
    algebra: Algebra, field: Program, image: list[Formal], turned: list[Formal], divisors: set[Any], place: str
) -> None:
    """The field at the image of a state is the image of the field, and has a value wherever that has one.

    Parameters
    ----------
    algebra
        In which the field was evaluated before.
    field, image
        What is evaluated, and where.
    turned
        What it has to be.
    divisors
        By which the field divides at the state.
    place
        Of the symmetry in the witness.
    """
    known = len(algebra.names)
    moved, below = evaluated(algebra, field, image)
    same = all(algebra.are_equal(there, here) for there, here in zip(moved, turned, strict=True))
    need(same, place, "is no symmetry of the flow")
    total = all(algebra.is_total(k, known) for k in range(known, len(algebra.names)))
    need(total and below <= divisors, place, "may carry states to others at which the field has no value")


def _check_symmetry(
    algebra: Algebra, field: Program, known: tuple[list[Formal], set[Any]], matrix: Matrix, place: str
) -> None:
    """The map is orthogonal, takes circles to circles, and the field at the image is the image of the field."""
    size = len(matrix)
    for a in range(size):
        for b in range(size):
            dot = sum((x * y for x, y in zip(matrix[a], matrix[b], strict=True)), Fraction(0))
            need(dot == int(a == b), place, "is not orthogonal")
    image = [_combined(algebra, row, [algebra.coordinate(k) for k in range(size)]) for row in matrix]
    for i, j in algebra.circles:
        length = algebra.add(algebra.multiply(image[i], image[i]), algebra.multiply(image[j], image[j]))
        need(algebra.are_equal(length, Formal({(): ONE})), place, "does not take circles to circles")
    flow, divisors = known
    turned = [_combined(algebra, row, flow) for row in matrix]
    check_image(algebra, field, image, turned, divisors, place)


def _combined(algebra: Algebra, row: tuple[Fraction, ...], parts: list[Formal]) -> Formal:
    total = Formal({})
    for weight, part in zip(row, parts, strict=True):
        if weight:
            total = algebra.add(total, Formal({m: weight * value for m, value in part.above.items()}, part.below))
    return total


def _exchange(size: int, first: Sequence[int], second: Sequence[int]) -> Matrix:
    order = list(range(size))
    for a, b in zip(first, second, strict=True):
        order[a], order[b] = b, a
    return tuple(tuple(Fraction(int(order[i] == j)) for j in range(size)) for i in range(size))


def group_of(witness: CoverWitness) -> list[Matrix]:
    """All products of the stored maps, the identity first."""
    maps, size = witness.maps, 2 * len(witness.circles)
    found = [tuple(tuple(Fraction(int(i == j)) for j in range(size)) for i in range(size))]
    known = set(found)
    for element in found:
        for matrix in maps:
            tick()
            image = tuple(
                tuple(
                    sum((x * element[k][j] for k, x in enumerate(row) if x and element[k][j]), Fraction(0))
                    for j in range(size)
                )
                for row in matrix
            )
            if image not in known:
                known.add(image)
                found.append(image)
        need(len(found) <= _LARGEST_GROUP, "witness.maps", f"have more than {_LARGEST_GROUP} products")
    return found
