"""Cycles in a document: certified points, each the next state of the one before, and none is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import flint

from symdyn.certificate.recheck.documents.trees.values import is_same
from symdyn.certificate.recheck.equilibria.equilibrium import next_state
from symdyn.certificate.refutation import RefutedError, listed, need
from symdyn.certificate.witness.equilibria.equilibrium import EquilibriumWitness, exact

_COMPARED = ("period", "points", "members", "stability")


def check_cycles(
    cycles: Any, period: Any, items: Sequence[Mapping[str, Any]]
) -> tuple[str, ...]:
    """Refute, or say what of the cycles was not compared with the certificates of their points.

    Parameters
    ----------
    cycles, period
        What the document says: the cycles, and the order of the iterate.
    items
        The records of the points.
    """
    records = [_record(item) for item in items]
    known = [record for record in records if record is not None]
    if len(known) < len(records):
        return ("cycles: a point of them is not certified in a ball",)
    for number, record in enumerate(known):
        need(is_same(period, record.order), "period", f"is {period!r}, but equilibria[{number}] is of {record.order}")
    seen: list[int] = []
    unchecked: list[str] = []
    for number, one in enumerate(listed(cycles, "cycles")):
        place = f"cycles[{number}]"
        if not isinstance(one, Mapping):
            raise RefutedError(place, "is no record")
        seen += _check_cycle(one, known, items, place)
        unchecked += [f"{place}.{name}" for name in one if name not in _COMPARED]
    need(sorted(seen) == list(range(len(items))), "cycles", "do not hold every point once")
    return tuple(unchecked)


def _record(item: Mapping[str, Any]) -> EquilibriumWitness | None:
    certificate = item["certificate"]
    proved = certificate["verdict"] == "proved" and certificate["witness"].get("kind") == EquilibriumWitness.kind
    return EquilibriumWitness.read(certificate["witness"]) if proved else None


def _check_cycle(
    one: Mapping[str, Any], records: Sequence[EquilibriumWitness], items: Sequence[Mapping[str, Any]], place: str
) -> list[int]:
    """The members of a cycle that are in the list."""
    members = listed(one.get("members"), f"{place}.members")
    points = listed(one.get("points"), f"{place}.points")
    fits = all(k is None or (type(k) is int and 0 <= k < len(records)) for k in members) and len(points) == len(members)
    need(fits and any(k is not None for k in members), f"{place}.members", "are no places in the list, one for a point")
    size = len(members)
    need(is_same(one.get("period"), size), f"{place}.period", f"is not the number of its points, {size}")
    first = next(k for k in members if k is not None)
    same = is_same(one.get("stability"), items[first].get("stability"))
    need(same, f"{place}.stability", f"is not that of equilibria[{first}]")
    for turn, k in enumerate(members):
        if k is None:
            continue
        least = records[k].least
        need(least == size, f"{place}.period", f"is {size}, but equilibria[{k}] has least period {least}")
        need(is_same(points[turn], items[k].get("point")), f"{place}.points[{turn}]", f"is not that of equilibria[{k}]")
        after = members[(turn + 1) % size]
        if after is not None and size > 1:
            is_next = _leads_to(records[k], records[after])
            need(is_next, f"{place}.members", f"have {after} after {k}, which is not next")
    return [k for k in members if k is not None]


def _leads_to(record: EquilibriumWitness, after: EquilibriumWitness) -> bool:
    """Whether the next state lies in the ball of uniqueness of the other point, so that it is this point."""
    with flint.ctx.workprec(record.bits):
        state = next_state(record, [flint.arb(text) for text in record.enclosure])
        radius = exact(after.radius)
        gap = flint.arb(flint.fmpq(radius.numerator, radius.denominator))
        start = [flint.arb(mantissa) * flint.arb(2) ** exponent for mantissa, exponent in after.start]
        return all(bool(abs(a - b) <= gap) for a, b in zip(state, start, strict=True))
