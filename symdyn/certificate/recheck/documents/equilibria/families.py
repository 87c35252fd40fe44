"""Families in a document: the point of each is the certified one, and all orbits that are counted are listed."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.documents.equilibria.on_spheres import check_orbits_on_spheres
from symdyn.certificate.recheck.documents.equilibria.orbits import is_in_slice
from symdyn.certificate.recheck.documents.equilibria.points import CertifiedPoint, certified_point, compared_point
from symdyn.certificate.recheck.documents.trees.formulas import UnreadableError, read_text
from symdyn.certificate.recheck.documents.trees.values import ball, is_same
from symdyn.certificate.refutation import RefutedError, need
from symdyn.certificate.witness.covers.orbit_cover import OrbitCoverWitness
from symdyn.certificate.witness.covers.sphere_cover import SphereCoverWitness
from symdyn.certificate.witness.equilibria.orbit_count import CountedSlice, OrbitCountWitness
from symdyn.certificate.witness.equilibria.solution_count import Polynomial

_COMPARED = ("witness", "certificate")
_BITS = 256
# a written float differs from a solution by its rounding, relative to the terms of each equation
_VANISHES = Fraction(1, 10**12)
_APART = Fraction(1, 10**7)


def check_family_document(data: Mapping[str, Any], place: str = "") -> tuple[str, ...]:
    """Refute, or say what of the record of one family was not compared with the certificate of its witness."""
    unchecked = [f"{place}{name}" for name in data if name not in _COMPARED]
    proved = certified_point(data["certificate"])
    if proved is None:
        return (*unchecked, f"{place}witness: the certificate proves nothing of it")
    names, written = list(proved.names), data.get("witness")
    unread = compared_point(written, names, proved.start, f"{place}witness", is_exact=proved.is_exact)
    return (*unchecked, *unread)


def check_families(
    families: Sequence[Mapping[str, Any]],
    items: Sequence[Mapping[str, Any]],
    completeness: Mapping[str, Any],
    modulo: Any,
) -> tuple[str, ...]:
    """Refute, or say what was not compared of families as a list.

    Certified points are of one flow and different, those of families and isolated ones alike; beside a proved number of
    orbits the families are so many, each with a point at which the equations of a slice vanish as far as floats tell,
    and no two with the same.

    Parameters
    ----------
    families, items
        Records of families and of isolated equilibria.
    completeness
        The certificate that these are all.
    modulo
        The finite symmetries by which the document says that orbits were merged; None where it says nothing of them.
    """
    every = [(f"equilibria[{k}]", certified_point(item["certificate"])) for k, item in enumerate(items)]
    every += [(f"families[{k}]", _certified(family)) for k, family in enumerate(families)]
    proved = [(place, point) for place, point in every if point is not None]
    _check_different(proved)
    if completeness.get("verdict") == "proved":
        witness = completeness["witness"]
        if witness.get("kind") == OrbitCountWitness.kind:
            return _check_orbits(families, items, OrbitCountWitness.read(witness), modulo)
        if witness.get("kind") == OrbitCoverWitness.kind:
            return _check_orbits(families, items, OrbitCoverWitness.read(witness), modulo)
        if witness.get("kind") == SphereCoverWitness.kind:
            return check_orbits_on_spheres(families, items, SphereCoverWitness.read(witness))
    return tuple(line for k, family in enumerate(families) for line in _uncertified(family, f"families[{k}]"))


def _certified(family: Mapping[str, Any]) -> CertifiedPoint | None:
    return certified_point(family["certificate"]) if isinstance(family.get("certificate"), Mapping) else None


def _uncertified(family: Mapping[str, Any], place: str) -> list[str]:
    """All of a family without a certificate."""
    if isinstance(family.get("certificate"), Mapping):
        return []
    return [f"{place}: there is no certificate of it"]


def _check_different(proved: Sequence[tuple[str, CertifiedPoint]]) -> None:
    for place, record in proved[1:]:
        first = proved[0][1]
        same = record.program == first.program and record.names == first.names
        need(same, place, f"is that of another flow than {proved[0][0]}")
    for (one, first), (other, second) in itertools.combinations(proved, 2):
        if other.startswith("families"):
            apart = any(not x.overlaps(y) for x, y in zip(first.balls, second.balls, strict=True))
            need(apart, other, f"is not shown to hold another equilibrium than {one}")


def _check_orbits(
    families: Sequence[Mapping[str, Any]],
    items: Sequence[Any],
    witness: OrbitCountWitness | OrbitCoverWitness,
    modulo: Any,
) -> tuple[str, ...]:
    need(not items, "equilibria", "hold an isolated one beside a proof that orbits are all")
    number, counted = len(families), witness.count
    need(number <= counted, "families", f"are {number}, but the certificate counts {counted} orbits")
    need((number > 0) == (counted > 0), "families", f"are {number}, but the certificate counts {counted} orbits")
    lines = []
    if number < counted:
        need(modulo != [], "families", f"are {number}, but the certificate counts {counted} orbits")
        lines.append(f"families: that finite symmetries carry {number} orbits to all {counted} is not computed again")
    points: list[tuple[int, list[Any]]] = []
    for k, family in enumerate(families):
        place = f"families[{k}]"
        compared = {"witness"}
        if isinstance(witness, OrbitCoverWitness) and "dimension" in family:
            wanted = len(witness.weights)
            need(is_same(family["dimension"], wanted), f"{place}.dimension", f"is not {wanted}, that of the rotations")
            compared.add("dimension")
        lines += [f"{place}.{name}" for name in family if name not in compared]
        written = family.get("witness")
        if not isinstance(written, Mapping):
            raise RefutedError(f"{place}.witness", "is no mapping from coordinates to numbers")
        if set(written) != set(witness.names):
            lines.append(f"{place}.witness: it is in other coordinates than the count")
            continue
        try:
            state = [_number(written[name]) for name in witness.names]
        except UnreadableError as reason:
            lines.append(f"{place}.witness: it {reason}")
            continue
        if isinstance(witness, OrbitCountWitness):
            solves = any(_solves(one, state) for one in witness.slices)
        else:
            solves = is_in_slice(witness, [float(x.mid()) for x in state])
        need(solves, f"{place}.witness", "is no solution of the equations that are counted")
        for other, known in points:
            apart = any(abs(x - y) > _arb(_APART) for x, y in zip(state, known, strict=True))
            need(apart, f"{place}.witness", f"is on the orbit of families[{other}]")
        points.append((k, state))
    return tuple(lines)


def _solves(one: CountedSlice, state: Sequence[Any]) -> bool:
    """Whether the equations of a slice vanish as far as floats tell, and what is positive there is positive."""
    tick()
    solutions = one.solutions
    with flint.ctx.workprec(_BITS):
        for terms in solutions.equations:
            value, size = _value(terms, state)
            if not abs(value) <= _arb(_VANISHES) * size:
                return False
        return all(_value(item.polynomial, state)[0] > 0 for item in solutions.inequalities if item.strict)


def _value(terms: Polynomial, state: Sequence[Any]) -> tuple[Any, Any]:
    """A polynomial, and the sum of the sizes of its terms, at least 1."""
    value, size = flint.arb(0), flint.arb(1)
    for factor, powers in terms:
        term = flint.arb(factor)
        for x, power in zip(state, powers, strict=False):
            term *= x**power
        value += term
        size += abs(term)
    return value, size


def _number(value: Any) -> Any:
    with flint.ctx.workprec(_BITS):
        if type(value) in (int, float):
            if value != value or abs(value) == float("inf"):
                raise UnreadableError("is no finite number")
            return _arb(Fraction(value))
        if not isinstance(value, str):
            raise UnreadableError("is no number")
        return ball(read_text(value.replace("**", "^").replace("*", " "), {"pi": "pi"}), {})


def _arb(value: Fraction) -> Any:
    return flint.arb(flint.fmpq(value.numerator, value.denominator))
