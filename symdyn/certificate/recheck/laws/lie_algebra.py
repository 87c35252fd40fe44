"""Re-check of Lie algebras: brackets are formed again, words are independent, and relations close them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import Any

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import Recheck, need
from symdyn.certificate.witness.laws.lie_algebra import Combination, LieAlgebraWitness

Vector = Mapping[Any, Fraction]


def check_lie_algebra(witness: LieAlgebraWitness, verdict: str) -> Recheck:
    """The words are independent; where they are said to be all, every bracket with a generator is the stored sum."""
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of identities")
    bracket = _BRACKETS[witness.of]
    generators = [{key: Fraction(p, q) for key, p, q in entries} for entries in witness.generators]
    basis: list[Vector] = []
    for word in witness.words:
        tick()
        basis.append(generators[word] if isinstance(word, int) else bracket(generators[word[0]], basis[word[1]]))
    _need_independence(basis)
    for number, entry in enumerate(witness.known):
        need(_sum(entry, basis) == _without_zeros(generators[number]), f"witness.known[{number}]", "is no relation")
    for g, row in enumerate(witness.brackets):
        for k, entry in enumerate(row):
            tick()
            found = bracket(generators[g], basis[k])
            need(_sum(entry, basis) == found, f"witness.brackets[{g}][{k}]", "is no relation")
    if witness.point is not None:
        need(_rank_at(witness, basis) == witness.rank, "witness.rank", "is another one at the point")
        if not witness.is_whole:
            need(witness.rank == witness.size, "witness.rank", "is not that of the space, and the words are not all")
    all_ = "is the dimension" if witness.is_whole else "is at most the dimension"
    return Recheck("proved", f"{len(basis)} independent words, which {all_}")


def _need_independence(basis: Sequence[Vector]) -> None:
    index: dict[Any, int] = {}
    for vector in basis:
        for key in vector:
            index.setdefault(key, len(index))
    rows = []
    for vector in basis:
        need(bool(vector), "witness.words", "has a word that is 0")
        scale = lcm(*(value.denominator for value in vector.values()))
        row = [0] * len(index)
        for key, value in vector.items():
            row[index[key]] = int(value * scale)
        rows.append(row)
    if rows:
        need(int(flint.fmpz_mat(rows).rank()) == len(rows), "witness.words", "are dependent")


def _sum(entries: Combination, basis: Sequence[Vector]) -> dict[Any, Fraction]:
    total: dict[Any, Fraction] = defaultdict(Fraction)
    for k, p, q in entries:
        for key, value in basis[k].items():
            total[key] += Fraction(p, q) * value
    return _without_zeros(total)


def _without_zeros(vector: Vector) -> dict[Any, Fraction]:
    return {key: value for key, value in vector.items() if value}


def _fields(v: Vector, w: Vector) -> dict[Any, Fraction]:
    """The a-th component of v times d/dx_a of w, minus the same the other way round."""
    total: dict[Any, Fraction] = defaultdict(Fraction)
    for (a, powers), x in v.items():
        for (b, monomial), y in w.items():
            raised = tuple(i + j for i, j in zip(powers, monomial, strict=True))
            if monomial[a] > 0:
                total[b, _lowered(raised, a)] += monomial[a] * x * y
            if powers[b] > 0:
                total[a, _lowered(raised, b)] -= powers[b] * x * y
    return _without_zeros(total)


def _lowered(powers: tuple[int, ...], place: int) -> tuple[int, ...]:
    return (*powers[:place], powers[place] - 1, *powers[place + 1 :])


def _matrices(v: Vector, w: Vector) -> dict[Any, Fraction]:
    """Entries of VW - WV; two imaginary parts make minus a real one."""
    total: dict[Any, Fraction] = defaultdict(Fraction)
    for (a, b, s), x in v.items():
        for (c, d, t), y in w.items():
            value = -x * y if s and t else x * y
            if b == c:
                total[a, d, (s + t) % 2] += value
            if d == a:
                total[c, b, (s + t) % 2] -= value
    return _without_zeros(total)


def _pauli(v: Vector, w: Vector) -> dict[Any, Fraction]:
    """[iV, iW] = -(VW - WV), letter by letter: XY = iZ, YZ = iX, ZX = iY."""
    total: dict[Any, Fraction] = defaultdict(Fraction)
    for (a, b), x in v.items():
        for (c, d), y in w.items():
            turns = 0
            left, right = _letters(a, b), _letters(c, d)
            for qubit in left.keys() & right.keys():
                if left[qubit] != right[qubit]:
                    turns += 1 if (right[qubit] - left[qubit]) % 3 == 1 else -1
            if turns % 2:
                # VW = i^turns R and WV = i^-turns R, so VW - WV = 2 i^turns R = +-2 i R
                total[a ^ c, b ^ d] += (-2 if turns % 4 == 1 else 2) * x * y
    return _without_zeros(total)


def _letters(x: int, z: int) -> dict[int, int]:
    """X, Y, Z as 0, 1, 2 by the number of their qubit."""
    found = {}
    for qubit in range(max(x.bit_length(), z.bit_length())):
        bits = x >> qubit & 1, z >> qubit & 1
        if bits != (0, 0):
            found[qubit] = {(1, 0): 0, (1, 1): 1, (0, 1): 2}[bits]
    return found


_BRACKETS: Mapping[str, Callable[[Vector, Vector], dict[Any, Fraction]]] = {
    "fields": _fields,
    "matrices": _matrices,
    "pauli words": _pauli,
}


def _rank_at(witness: LieAlgebraWitness, basis: Sequence[Vector]) -> int:
    assert witness.point is not None
    point = [Fraction(p, q) for p, q in witness.point]
    rows = []
    for vector in basis:
        row = [Fraction(0)] * witness.size
        for (component, powers), value in vector.items():
            for x, n in zip(point, powers, strict=True):
                value *= x**n
            row[component] += value
        scale = lcm(*(value.denominator for value in row))
        rows.append([int(value * scale) for value in row])
    return int(flint.fmpz_mat(rows).rank()) if rows else 0
