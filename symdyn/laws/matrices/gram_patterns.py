"""Gram matrices found in a space of quadratic laws, without any look at names.

If the entries of sum_m s_m r_m r_m^T are laws, with rows r_m of coordinates and signs s_m, then entry (k, l) pairs
the coordinates in place k with those in place l, and entries (k, l), (k, j) share exactly the coordinates in place
k. So places are found as intersections of pairings, and a matrix as places that are paired consistently.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from symdyn.laws.matrices.quadratic_forms import Form, QuadraticSpace

Place = frozenset[int]


@dataclass(frozen=True)
class Pattern:
    """Laws sum_m signs[m] records[m][k] records[m][l] for all k <= l.

    Parameters
    ----------
    records
        Coordinate numbers, one tuple for each m, all of one length.
    signs
        1 or -1 for each record.
    """

    records: tuple[tuple[int, ...], ...]
    signs: tuple[int, ...]


@dataclass(frozen=True)
class _Pairing:
    """A law that pairs the coordinates of two places: partner of each, and the coefficient of the product."""

    partner: dict[int, int]
    coefficient: dict[int, int]


def gram_patterns(space: QuadraticSpace) -> tuple[list[Pattern], set[int]]:
    """Patterns that use no place twice, and the coordinates that enter them with a minus sign.

    The patterns are candidates: that their diagonal entries are laws is for the caller to check.
    """
    graph = _pairings(space)
    parity = _Parity()
    found, used = [], set[Place]()
    for first in sorted(graph, key=sorted):
        if first in used:
            continue
        places, pairings = _clique(graph, first, used)
        if len(places) < 2:
            continue
        base = sorted(first)
        records = tuple(tuple(pairings[0, k].partner[a] if k else a for k in range(len(places))) for a in base)
        signs = _record_signs(space, records, pairings)
        if signs is not None and parity.add(_sign_equations(records, signs, pairings)):
            found.append(Pattern(records, signs))
            used.update(places)
    return found, parity.solution()


def _pairings(space: QuadraticSpace) -> dict[Place, dict[Place, list[_Pairing]]]:
    """Places, and the laws that pair each two of them."""
    forms = [form for form in space.signed_products() if len({a for pair in form for a in pair}) == 2 * len(form)]
    supports = [frozenset(a for pair in form for a in pair) for form in forms]
    users: dict[int, list[int]] = defaultdict(list)
    for number, support in enumerate(supports):
        for a in support:
            users[a].append(number)
    graph: dict[Place, dict[Place, list[_Pairing]]] = defaultdict(lambda: defaultdict(list))
    for number, form in enumerate(forms):
        near = {other for a in supports[number] for other in users[a]} - {number}
        shared = {supports[number] & supports[other] for other in near if len(forms[other]) == len(form)}
        halves = {half for half in shared if _halves(form, half)} or set(_halves_by_squares(space, form))
        for half in {min(half, supports[number] - half, key=sorted) for half in halves}:
            partner = {x: y for a, b in form for x, y in ((a, b), (b, a))}
            coefficient = {x: value for pair, value in form.items() for x in pair}
            pairing = _Pairing(partner, coefficient)
            graph[half][supports[number] - half].append(pairing)
            graph[supports[number] - half][half].append(pairing)
    return graph


def _halves(form: Form, half: Place) -> bool:
    """Whether every product has one factor in the place and one outside."""
    return len(half) == len(form) and all((a in half) != (b in half) for a, b in form)


def _halves_by_squares(space: QuadraticSpace, form: Form) -> Iterator[Place]:
    """The two places of a law that no other law shares, told apart by the diagonal laws on its coordinates."""
    squares = space.squares_on(a for pair in form for a in pair)
    if len(squares) != 2:
        return
    first = min(a for pair in form for a in pair)
    reference = [row.get(first, 0) for row in squares]
    half = frozenset(
        a for pair in form for a in pair if [row.get(a, 0) for row in squares] in (reference, [-x for x in reference])
    )
    if _halves(form, half):
        yield half


def _clique(
    graph: dict[Place, dict[Place, list[_Pairing]]], first: Place, used: set[Place]
) -> tuple[list[Place], dict[tuple[int, int], _Pairing]]:
    """Places that are paired with the first one and, consistently, with each other; pairings by (k, l), k < l."""
    places = [first]
    pairings: dict[tuple[int, int], _Pairing] = {}
    for other in sorted(graph[first], key=sorted):
        if other in used:
            continue
        for candidate in graph[first][other]:
            chosen = [candidate]
            for k, place in enumerate(places[1:], start=1):
                chosen += [
                    pairing
                    for pairing in graph[place].get(other, ())
                    if all(pairing.partner[pairings[0, k].partner[a]] == candidate.partner[a] for a in first)
                ][:1]
            if len(chosen) == len(places):
                pairings.update({(k, len(places)): pairing for k, pairing in enumerate(chosen)})
                places.append(other)
                break
    return places, pairings


def _record_signs(
    space: QuadraticSpace, records: tuple[tuple[int, ...], ...], pairings: dict[tuple[int, int], _Pairing]
) -> tuple[int, ...] | None:
    """Sign of each record, the first one positive: by triangles of entries, or by a diagonal law if there is none."""
    if len(records[0]) > 2:
        triangle = ((0, 1), (0, 2), (1, 2))
        products = [1] * len(records)
        for k, m in triangle:
            products = [x * pairings[k, m].coefficient[record[k]] for x, record in zip(products, records, strict=True)]
    else:
        squares = space.squares_on(record[0] for record in records)
        if len(squares) != 1 or any(abs(squares[0].get(record[0], 0)) != 1 for record in records):
            return None
        products = [int(squares[0][record[0]]) for record in records]
    return tuple(x * products[0] for x in products)


def _sign_equations(
    records: tuple[tuple[int, ...], ...], signs: tuple[int, ...], pairings: dict[tuple[int, int], _Pairing]
) -> list[tuple[int, bool]]:
    """Which products of signs of coordinates must be negative: (bits of the coordinates, whether it is)."""
    equations = []
    for (k, m), pairing in pairings.items():
        values = [sign * pairing.coefficient[record[k]] for record, sign in zip(records, signs, strict=True)]
        for record, value in zip(records[1:], values[1:], strict=True):
            bits = 1 << record[k] ^ 1 << record[m] ^ 1 << records[0][k] ^ 1 << records[0][m]
            equations.append((bits, value != values[0]))
    return equations


class _Parity:
    """Linear equations over GF(2) in the signs of the coordinates; pivots are the highest coordinates."""

    def __init__(self) -> None:
        self._rows: dict[int, tuple[int, bool]] = {}

    def add(self, equations: list[tuple[int, bool]]) -> bool:
        """Add all equations if they agree with those before; else none."""
        rows = dict(self._rows)
        for bits, odd in equations:
            while bits and (pivot := bits.bit_length()) in rows:
                bits, odd = bits ^ rows[pivot][0], odd != rows[pivot][1]
            if bits:
                rows[bits.bit_length()] = bits, odd
            elif odd:
                return False
        self._rows = rows
        return True

    def solution(self) -> set[int]:
        """The coordinates with a minus sign where all free ones are positive."""
        negative = 0
        for pivot, (bits, odd) in sorted(self._rows.items()):
            if odd != bool((bits & negative).bit_count() % 2):
                negative |= 1 << pivot - 1
        return {k for k in range(negative.bit_length()) if negative >> k & 1}
