"""Equilibria in a document: points, stability and their number, compared with the records."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from symdyn.certificate.recheck.documents.equilibria.counted import need_counted
from symdyn.certificate.recheck.documents.equilibria.in_box import check_listed_in_box
from symdyn.certificate.recheck.documents.equilibria.orbits import orbit_of
from symdyn.certificate.recheck.documents.equilibria.points import CertifiedPoint, certified_point, compared_point
from symdyn.certificate.recheck.documents.trees.values import is_same
from symdyn.certificate.refutation import RefutedError, need
from symdyn.certificate.witness.covers.box_cover import BoxCoverWitness
from symdyn.certificate.witness.covers.cover import CoverWitness
from symdyn.certificate.witness.covers.orbit_cover import OrbitCoverWitness
from symdyn.certificate.witness.covers.sphere_cover import SphereCoverWitness
from symdyn.certificate.witness.equilibria.algebraic_point import AlgebraicPointWitness
from symdyn.certificate.witness.equilibria.case_count import CaseCountWitness
from symdyn.certificate.witness.equilibria.equilibrium import EquilibriumWitness, exact
from symdyn.certificate.witness.equilibria.orbit_count import OrbitCountWitness
from symdyn.certificate.witness.equilibria.residual import ResidualWitness, exact_point
from symdyn.certificate.witness.equilibria.solution_count import SolutionCountWitness

_COMPARED = ("schema", "point", "kind", "stability", "multiplicity", "verdict", "certificate")
#: What an equilibrium is called where the system has no words of its own for it.
_KINDS = {"flow": "equilibrium", "iteration": "fixed point"}
_PERIODIC = "point of least period "
_COUNTS = ("unstable", "neutral", "stable")


def check_equilibrium_document(data: Mapping[str, Any], place: str = "") -> tuple[str, ...]:
    """Refute, or say what of the record of one equilibrium was not compared with its certificate.

    A stability with a certificate of its own is compared with that.
    """
    said = data.get("stability")
    if isinstance(said, Mapping) and isinstance(said.get("certificate"), Mapping):
        return _beside_stability({name: value for name, value in data.items() if name != "stability"}, place)
    return _beside_stability(data, place)


def _beside_stability(data: Mapping[str, Any], place: str) -> tuple[str, ...]:
    certificate = data["certificate"]
    said = certificate["verdict"]
    need(data.get("verdict", said) == said, f"{place}verdict", f"is {data.get('verdict')}, not {said}")
    unchecked = [f"{place}{name}" for name in data if name not in _COMPARED]
    witness = certificate["witness"]
    unchecked += _check_multiplicity(data, place)
    if witness.get("kind") == ResidualWitness.kind and said == "proved":
        of_formula = ResidualWitness.read(witness)
        unchecked += _check_kind(data, of_formula.dynamics, place, 0 if of_formula.order > 1 else 1)
        return (*unchecked, *_check_exact(data, of_formula, place))
    if witness.get("kind") == AlgebraicPointWitness.kind and said == "proved":
        in_field = AlgebraicPointWitness.read(witness)
        unchecked += _check_kind(data, in_field.dynamics, place, 0 if in_field.order > 1 else 1)
        return (*unchecked, *_check_algebraic(data, in_field, place))
    if witness.get("kind") != EquilibriumWitness.kind:
        shown = [f"{place}{name}" for name in ("point", "kind", "stability") if name in data]
        return (*unchecked, *(f"{name}: the certificate proves nothing of it" for name in shown))
    record = EquilibriumWitness.read(witness)
    unchecked += _check_kind(data, record.dynamics, place, record.least)
    if "point" in data:
        unchecked += _check_point(data["point"], record, f"{place}point")
    if "stability" in data:
        unchecked += _check_stability(data["stability"], record, f"{place}stability")
    return tuple(unchecked)


def _check_multiplicity(data: Mapping[str, Any], place: str) -> list[str]:
    """In a ball in which Krawczyk's test finds one zero it is simple; of other points a certificate does not say."""
    if "multiplicity" not in data:
        return []
    if data["certificate"]["witness"].get("kind") != EquilibriumWitness.kind:
        return [f"{place}multiplicity: the certificate says nothing of it"]
    need(is_same(data["multiplicity"], 1), f"{place}multiplicity", f"is {data['multiplicity']!r}, not 1")
    return []


def _check_kind(data: Mapping[str, Any], dynamics: str | None, place: str, least: int) -> list[str]:
    """A plain kind is that of the dynamics, with the least period (0 where it is not known); the words of a system are
    not compared.
    """
    if "kind" not in data:
        return []
    kind = data["kind"]
    need(isinstance(kind, str), f"{place}kind", "is no text")
    if dynamics == "iteration" and (least != 1 or kind.startswith(_PERIODIC)):
        if not least:
            return [f"{place}kind: the certificate says nothing of the least period"]
        wanted = _KINDS[dynamics] if least == 1 else f"{_PERIODIC}{least}"
        need(kind == wanted, f"{place}kind", f"is {kind[:40]}, but the certificate is of a {wanted}")
        return []
    if kind not in _KINDS.values() or dynamics is None:
        return [f"{place}kind: {str(kind)[:40]!r} is in the words of the system"]
    need(kind == _KINDS[dynamics], f"{place}kind", f"is {kind}, but the certificate is of {_KINDS[dynamics]}s")
    return []


def _check_exact(data: Mapping[str, Any], record: ResidualWitness, place: str) -> list[str]:
    """The point is the one at which all formulas vanish; of the directions there the certificate says nothing."""
    unchecked = [f"{place}stability: the certificate says nothing of directions"] if "stability" in data else []
    exact_values = exact_point(record)
    if "point" not in data:
        return unchecked
    if exact_values is None:
        return [f"{place}point: it is no point of fractions", *unchecked]
    found = compared_point(data["point"], list(record.names), exact_values, f"{place}point", is_exact=True)
    return [*found, *unchecked]


def _check_algebraic(data: Mapping[str, Any], record: AlgebraicPointWitness, place: str) -> list[str]:
    """The point is that of the number field; of the directions there the certificate says nothing."""
    unchecked = [f"{place}stability: the certificate says nothing of directions"] if "stability" in data else []
    if "point" not in data:
        return unchecked
    return compared_point(data["point"], list(record.names), record.middle, f"{place}point", is_exact=False) + unchecked


def _check_point(point: Any, record: EquilibriumWitness, place: str) -> list[str]:
    """Every coordinate of the point that is named is that of the certified one."""
    names = list(record.names)[: len(record.names) - record.speeds]
    values = record.point or tuple(exact(x) for x in record.start)
    return compared_point(point, names, values, place, is_exact=record.point is not None)


def _check_stability(stability: Any, record: EquilibriumWitness, place: str) -> list[str]:
    if not isinstance(stability, Mapping):
        raise RefutedError(place, "is no record")
    if record.signs is None:
        return [f"{place}: the certificate says nothing of directions"]
    for name, count in zip(_COUNTS, record.signs, strict=True):
        said = stability.get(name)
        need(is_same(said, count), f"{place}.{name}", f"is {said}, but the certificate counts {count}")
    wanted = {"verdict": "proved", "explained": [], "conclusion": "unstable" if record.signs[0] else "stable"}
    for name, value in wanted.items():
        if name in stability:
            need(is_same(stability[name], value), f"{place}.{name}", f"is {stability[name]!r}, not {value!r}")
    return [f"{place}.{name}" for name in stability if name not in (*_COUNTS, *wanted)]


def check_list(items: Sequence[Mapping[str, Any]], completeness: Mapping[str, Any]) -> tuple[str, ...]:
    """Equilibria that are listed are different, of one flow, and as many as the certificate of completeness counts."""
    records: list[tuple[int, CertifiedPoint]] = []
    for number, item in enumerate(items):
        found = certified_point(item["certificate"])
        if found is not None:
            records.append((number, found))
    for number, record in records[1:]:
        same = record.program == records[0][1].program and record.names == records[0][1].names
        need(same, f"equilibria[{number}]", "is that of another flow than the first")
    for (one, first), (other, second) in itertools.combinations(records, 2):
        apart = any(not x.overlaps(y) for x, y in zip(first.balls, second.balls, strict=True))
        need(apart, f"equilibria[{other}]", f"is not shown to be another equilibrium than number {one}")
    if completeness.get("verdict") != "proved":
        return ()
    need(len(records) == len(items), "equilibria", "hold one that is not certified, beside a proof that these are all")
    witness = completeness["witness"]
    if witness.get("kind") == SolutionCountWitness.kind:
        count = SolutionCountWitness.read(witness)
        need(len(items) == count.real, "equilibria", f"are {len(items)}, but the certificate counts {count.real}")
        need_counted(records, count)
        return _same_names(records, count.coordinates)
    if witness.get("kind") == CaseCountWitness.kind:
        cases = CaseCountWitness.read(witness)
        need(len(items) == cases.real, "equilibria", f"are {len(items)}, but the certificate counts {cases.real}")
        for number, record in records:
            same = bool(cases.strict) or record.program == cases.program
            need(same, f"equilibria[{number}]", "is that of other formulas than the proof that these are all")
        need_counted(records, cases)
        return _same_names(records, cases.names)
    if witness.get("kind") == CoverWitness.kind:
        cover = CoverWitness.read(witness)
        need(len(items) == cover.count, "equilibria", f"are {len(items)}, but the cover counts {cover.count}")
        orbits = [orbit_of(cover, list(record.start)) for _, record in records]
        need(None not in orbits, "equilibria", "hold one that is no image of a zero of the cover")
        need(len(set(orbits)) == len(orbits), "equilibria", "hold two that are images of each other")
        return _same_names(records, cover.names)
    if witness.get("kind") in (OrbitCountWitness.kind, OrbitCoverWitness.kind, SphereCoverWitness.kind):
        return ()  # the families are the orbits
    if witness.get("kind") == BoxCoverWitness.kind:
        inside = BoxCoverWitness.read(witness)
        check_listed_in_box(inside, [(record.program, record.start) for _, record in records])
        return _same_names(records, inside.names)
    return ("completeness: of a kind that is not compared with the list",)


def _same_names(records: Sequence[tuple[int, CertifiedPoint]], names: tuple[str, ...]) -> tuple[str, ...]:
    for number, record in records:
        same = set(record.names) <= set(names)
        need(same, f"equilibria[{number}]", "has other coordinates than the proof that these are all")
    return ()
