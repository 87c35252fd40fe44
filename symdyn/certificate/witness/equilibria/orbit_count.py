"""How many orbits of rotations consist of equilibria: a count of solutions for each slice of the state space."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, ClassVar

from symdyn.certificate.refutation import integers, listed, names, need, record
from symdyn.certificate.witness.equilibria.solution_count import Polynomial, SolutionCountWitness

_MOST_TOKENS = 12


@dataclass(frozen=True)
class CountedSlice:
    """The equilibria in one slice.

    Parameters
    ----------
    pivots
        The tokens that fix its position.
    solutions
        The count; its equations and inequalities hold those of the slice.
    """

    pivots: tuple[int, ...]
    solutions: SolutionCountWitness


@dataclass(frozen=True)
class OrbitCountWitness:
    """States on spheres, rotations, and the equilibria in slices that every orbit meets once.

    Parameters
    ----------
    names
        Of the coordinates.
    tokens
        The coordinates of each sphere.
    weights
        On circles, for each generator the speed of each circle; empty where all rotations of a larger sphere act on all
        tokens alike.
    slices
        One on circles; on larger spheres one for each choice of tokens that fix directions.
    """

    names: tuple[str, ...]
    tokens: tuple[tuple[int, ...], ...]
    weights: tuple[tuple[int, ...], ...]
    slices: tuple[CountedSlice, ...]
    kind: ClassVar[str] = "orbit count"

    @property
    def count(self) -> int:
        """The number of orbits."""
        return sum(one.solutions.real for one in self.slices)

    @property
    def width(self) -> int:
        """The dimension of the space around each sphere."""
        return len(self.tokens[0])

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> OrbitCountWitness:
        """The record of JSON data, or a refutation."""
        data = record(value, place, ("kind", "names", "tokens", "weights", "slices"))
        need(data["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        known = names(data["names"], f"{place}.names", least=2)
        tokens = _rows(data["tokens"], f"{place}.tokens", least=0)
        together = sorted(k for token in tokens for k in token)
        need(together == list(range(len(known))), f"{place}.tokens", "do not hold every coordinate once")
        need(0 < len(tokens) <= _MOST_TOKENS, f"{place}.tokens", f"are not 1 to {_MOST_TOKENS}")
        width = len(tokens[0])
        need(width > 1 and all(len(t) == width for t in tokens), f"{place}.tokens", "are not of one dimension")
        weights = _rows(data["weights"], f"{place}.weights")
        good = bool(weights) == (width == 2) and all(len(row) == len(tokens) for row in weights)
        need(good, f"{place}.weights", "are not one speed for each circle")
        slices = tuple(
            _slice(entry, known, f"{place}.slices[{number}]")
            for number, entry in enumerate(listed(data["slices"], f"{place}.slices"))
        )
        return cls(known, tokens, weights, slices)

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "names": list(self.names),
            "tokens": [list(token) for token in self.tokens],
            "weights": [list(row) for row in self.weights],
            "slices": [{"pivots": list(s.pivots), "solutions": s.solutions.to_data()} for s in self.slices],
        }

    def every_choice(self) -> set[tuple[int, ...]]:
        """On larger spheres, the choices of tokens that fix directions."""
        later = range(1, len(self.tokens))
        return {(0, *more) for size in range(self.width - 1) for more in itertools.combinations(later, size)}

    def position(self, pivots: tuple[int, ...]) -> tuple[list[Polynomial], list[Polynomial]]:
        """What vanishes in a slice, and what is positive."""
        if self.weights:
            ones, zeros = ([self.tokens[k][place] for k in pivots] for place in (0, 1))
            return [*(self._less_one(k) for k in ones), *map(self._unknown, zeros)], []
        vanish, positive = [self._less_one(self.tokens[0][0])], []
        known = 0
        for number, token in enumerate(self.tokens):
            if known == self.width - 1:
                break
            if number in pivots:
                if number:
                    positive.append(self._unknown(token[known]))
                known += 1
            vanish += map(self._unknown, token[known:])
        return vanish, positive

    def spheres(self) -> list[Polynomial]:
        """The equations of the spheres."""
        size = len(self.names)
        return [
            (*((1, tuple(2 * (k == one) for k in range(size))) for one in token), (-1, (0,) * size))
            for token in self.tokens
        ]

    def _unknown(self, place: int) -> Polynomial:
        return ((1, tuple(int(k == place) for k in range(len(self.names)))),)

    def _less_one(self, place: int) -> Polynomial:
        return (*self._unknown(place), (-1, (0,) * len(self.names)))


def _rows(value: Any, place: str, least: int | None = None) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(integers(row, place, least=least, below=1000)) for row in listed(value, place))


def _slice(value: Any, known: tuple[str, ...], place: str) -> CountedSlice:
    data = record(value, place, ("pivots", "solutions"))
    solutions = SolutionCountWitness.read(data["solutions"], f"{place}.solutions")
    need(solutions.names == known, f"{place}.solutions.names", "are not those of the coordinates")
    need(not solutions.angles, f"{place}.solutions.angles", "are given beside circles")
    return CountedSlice(tuple(integers(data["pivots"], f"{place}.pivots", least=0)), solutions)


def claim_of(witness: OrbitCountWitness, verdict: str) -> str:
    """How many orbits there are."""
    if not witness.count:
        return "there is no equilibrium"
    number = "is exactly 1 orbit" if witness.count == 1 else f"are exactly {witness.count} orbits"
    return f"these are all equilibria: there {number} of rotations that consist of equilibria"


def hypotheses_of(witness: OrbitCountWitness) -> tuple[str, ...]:
    """What a re-check takes as stated."""
    turns = (
        f"the rotations that turn the circles at the speeds {', '.join(str(list(row)) for row in witness.weights)}"
        if witness.weights
        else "the rotations of all tokens alike"
    )
    return (
        f"{turns} commute with the flow",
        "the equations are those of the equilibria, which a re-check does not derive from the model again",
    )
