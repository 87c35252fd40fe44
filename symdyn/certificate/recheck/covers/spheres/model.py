"""The identities behind a cover of a slice of states on spheres: tangency, symmetries, torques and their balance.

Rotations about two axes make all of them. One by an angle, with its cosine and sine as the point of a circle, has
a matrix of polynomials, and "the field at the turned state is the turned field" is an identity of formal fractions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symdyn.certificate.recheck.covers.formal import Algebra, Formal, evaluated
from symdyn.certificate.recheck.covers.model import check_image, check_total
from symdyn.certificate.refutation import need
from symdyn.certificate.witness.covers.sphere_cover import SphereCoverWitness
from symdyn.certificate.witness.program import Program

_FLOW = "witness.program"


def check_identities(witness: SphereCoverWitness) -> None:
    """Prove what is said of the flow.

    Raises
    ------
    RefutedError
        If the field is not tangent, does not commute with rotations and reflections of space and exchanges of tokens,
        the functions N are not its torques up to factors, or torques are not balanced.
    """
    tokens, width = witness.tokens, 3 * len(witness.tokens)
    algebra = Algebra((*tokens, (width, width + 1)))
    state = [algebra.coordinate(k) for k in range(width)]
    flow, divisors = evaluated(algebra, witness.program, state)
    for number, token in enumerate(tokens):
        outwards = _sum(algebra, [algebra.multiply(state[k], flow[k]) for k in token])
        need(not outwards.above, _FLOW, f"the field is not tangent to sphere {number}")
    cosine, sine = algebra.coordinate(width), algebra.coordinate(width + 1)
    for axes in ((0, 1), (1, 2)):
        image, turned = (_turned(algebra, tokens, axes, cosine, sine, parts) for parts in (state, flow))
        check_image(algebra, witness.program, image, turned, divisors, f"{_FLOW}: the rotation of axes {axes}")
    image, turned = (_reflected(tokens, parts) for parts in (state, flow))
    check_image(algebra, witness.program, image, turned, divisors, f"{_FLOW}: the reflection of axis 2")
    for one, other in zip(tokens, tokens[1:], strict=False):
        image, turned = (_exchanged(one, other, parts) for parts in (state, flow))
        check_image(algebra, witness.program, image, turned, divisors, f"{_FLOW}: the exchange of {one} and {other}")
    torques = [part for token in tokens for part in _torque(algebra, token, state, flow)]
    _check_torques(algebra, torques, divisors, witness.torques)
    _check_balance(algebra, torques, witness.balance, state)


def _sum(algebra: Algebra, parts: Sequence[Formal]) -> Formal:
    total = Formal({})
    for part in parts:
        total = algebra.add(total, part)
    return total


def _negative(x: Formal) -> Formal:
    return Formal({monomial: -value for monomial, value in x.above.items()}, x.below)


def _turned(
    algebra: Algebra,
    tokens: Sequence[Sequence[int]],
    axes: tuple[int, int],
    cosine: Formal,
    sine: Formal,
    parts: list[Formal],
) -> list[Formal]:
    """Vectors of all tokens turned in the plane of two axes."""
    turned = list(parts)
    for token in tokens:
        i, j = (token[axis] for axis in axes)
        turned[i] = algebra.add(algebra.multiply(cosine, parts[i]), _negative(algebra.multiply(sine, parts[j])))
        turned[j] = algebra.add(algebra.multiply(sine, parts[i]), algebra.multiply(cosine, parts[j]))
    return turned


def _reflected(tokens: Sequence[Sequence[int]], parts: list[Formal]) -> list[Formal]:
    second = {token[1] for token in tokens}
    return [_negative(part) if k in second else part for k, part in enumerate(parts)]


def _exchanged(one: Sequence[int], other: Sequence[int], parts: list[Formal]) -> list[Formal]:
    exchanged = list(parts)
    for i, j in zip(one, other, strict=True):
        exchanged[i], exchanged[j] = parts[j], parts[i]
    return exchanged


def _torque(algebra: Algebra, token: Sequence[int], state: list[Formal], flow: list[Formal]) -> list[Formal]:
    """x x f."""
    found = []
    for axis in range(3):
        i, j = token[(axis + 1) % 3], token[(axis + 2) % 3]
        backwards = _negative(algebra.multiply(state[j], flow[i]))
        found.append(algebra.add(algebra.multiply(state[i], flow[j]), backwards))
    return found


def _check_torques(algebra: Algebra, torques: list[Formal], divisors: set[Any], program: Program) -> None:
    """N is the torque times a factor D that has a value wherever the field has one."""
    known = len(algebra.names)
    outputs, _ = evaluated(algebra, program, [algebra.coordinate(k) for k in range(len(torques))])
    check_total(algebra, known, "witness.torques")
    for number, torque in enumerate(torques):
        numerator, factor = outputs[number], outputs[len(torques) + number]
        same = algebra.are_equal(numerator, algebra.multiply(torque, factor))
        need(same, f"witness.torques.outputs[{number}]", "is not the torque times its factor")
        total = all(algebra.is_total(k, known) for monomial in factor.above for k, _ in monomial)
        place = f"witness.torques.outputs[{len(torques) + number}]"
        need(total and all(divisor in divisors for divisor, _ in factor.below), place, "is not defined everywhere")


def _check_balance(algebra: Algebra, torques: list[Formal], program: Program, state: list[Formal]) -> None:
    known = len(algebra.names)
    factors, _ = evaluated(algebra, program, state)
    check_total(algebra, known, "witness.balance")
    for axis in range(3):
        parts = [algebra.cleared(factor, torques[3 * k + axis]) for k, factor in enumerate(factors)]
        need(not _sum(algebra, parts).above, "witness.balance", "is no sum of torques that vanishes everywhere")
