"""Points in a document: the coordinates that are written, and the point that a certificate proves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from symdyn.certificate.recheck.documents.trees.formulas import UnreadableError
from symdyn.certificate.recheck.documents.trees.values import is_close
from symdyn.certificate.recheck.equilibria.algebraic_point import balls_of
from symdyn.certificate.recheck.identities.residual import point_of
from symdyn.certificate.refutation import RefutedError, need
from symdyn.certificate.witness.equilibria.algebraic_point import AlgebraicPointWitness
from symdyn.certificate.witness.equilibria.equilibrium import EquilibriumWitness, exact
from symdyn.certificate.witness.equilibria.residual import ResidualWitness, exact_point
from symdyn.certificate.witness.program import Program

_BITS = 256


@dataclass(frozen=True, kw_only=True)
class CertifiedPoint:
    """What tells a certified equilibrium from others: its formulas, a point near it, and balls that hold it."""

    names: tuple[str, ...]
    program: Program
    start: tuple[Fraction, ...]
    balls: tuple[Any, ...]
    is_exact: bool = False


def certified_point(certificate: Mapping[str, Any]) -> CertifiedPoint | None:
    """The equilibrium that a certificate proves; None for other certificates."""
    witness = certificate["witness"]
    if certificate["verdict"] != "proved":
        return None
    if witness.get("kind") == EquilibriumWitness.kind:
        record = EquilibriumWitness.read(witness)
        with flint.ctx.workprec(record.bits):
            balls = tuple(flint.arb(text) for text in record.enclosure)
        return CertifiedPoint(
            names=record.names,
            program=record.program,
            start=tuple(exact(x) for x in record.start),
            balls=balls,
        )
    if witness.get("kind") == AlgebraicPointWitness.kind:
        number = AlgebraicPointWitness.read(witness)
        return CertifiedPoint(
            names=number.names,
            program=number.program,
            start=number.middle,
            balls=tuple(balls_of(number)),
        )
    if witness.get("kind") != ResidualWitness.kind:
        return None
    formula = ResidualWitness.read(witness)
    point = exact_point(formula)
    if formula.component is not None:
        return None
    if point is None:
        near = point_of(formula)
        if near is None:
            return None
        middle = tuple(_middle(ball) for ball in near)
        return CertifiedPoint(names=formula.names, program=formula.field, start=middle, balls=tuple(near))
    with flint.ctx.workprec(_BITS):
        balls = tuple(flint.arb(flint.fmpq(x.numerator, x.denominator)) for x in point)
    return CertifiedPoint(names=formula.names, program=formula.field, start=point, balls=balls, is_exact=True)


def _middle(ball: Any) -> Fraction:
    mantissa, exponent = ball.mid().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def compared_point(
    point: Any, names: list[str], values: Sequence[Fraction], place: str, *, is_exact: bool
) -> list[str]:
    """Refute unless the coordinates that a document writes are these; what is a formula that is not read."""
    if not isinstance(point, Mapping):
        raise RefutedError(place, "is no mapping from coordinates to numbers")
    need(list(point) == names, place, "has other coordinates than the certificate")
    unread = []
    for number, (name, value) in enumerate(point.items()):
        try:
            same = is_close(value, values[number], is_exact=is_exact)
            need(same, f"{place}.{name}", f"is {str(value)[:40]}, which is not the certified point")
        except UnreadableError as reason:
            unread.append(f"{place}.{name}: it {reason}")
    return unread
