"""How many orbits of states on spheres consist of equilibria: an interval cover of a slice of the state space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from symdyn.certificate.refutation import integer, integers, listed, names, need, record
from symdyn.certificate.witness.covers.cover import Dyadic
from symdyn.certificate.witness.program import Program

MOST_TOKENS = 6
LETTERS = "ocuvdp"


@dataclass(frozen=True)
class ChartBox:
    """A box with at most one zero.

    Parameters
    ----------
    charts
        For each token from the third on 1 for the chart around (0, 0, 1), -1 for that around (0, 0, -1).
    center, radius
        Of the angle of the second token and the places of the further ones in their charts.
    of
        The number of the orbit.
    """

    charts: tuple[int, ...]
    center: tuple[Dyadic, ...]
    radius: Dyadic
    of: int

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "charts": list(self.charts),
            "center": [list(x) for x in self.center],
            "radius": list(self.radius),
            "of": self.of,
        }


@dataclass(frozen=True, kw_only=True)
class SphereCoverWitness:
    """A flow of tokens on unit spheres of space, and the halving of the box of all unknowns in a slice of its states.

    In the slice the first token is at (0, 0, 1) and the second at (sin a, 0, cos a). Coordinate 0 is a, the others are
    the places (u, v) of the further tokens in stereographic charts (2 u, 2 v, 1 - u^2 - v^2) / (1 + u^2 + v^2): u from
    -1 to 1 above, from 1 to 3 the place u - 2 in the chart below, whose third coordinate has the other sign.

    Parameters
    ----------
    names
        Names of the coordinates.
    program
        The flow.
    tokens
        The three coordinates of each sphere.
    torques
        A program of three N for each token, then as many D: N = (x x f) D.
    balance
        A program of E_1 to E_n with sum_k E_k (x_k x f_k) = 0 everywhere.
    radius
        How far around each state on a line, in charts, there is no other zero.
    zeros
        Boxes around the other ones.
    levels
        For each part of each level a letter that says why it is closed, or the number of the coordinate along which it
        is halved.
    """

    names: tuple[str, ...]
    program: Program
    tokens: tuple[tuple[int, int, int], ...]
    torques: Program
    balance: Program
    radius: Dyadic
    zeros: tuple[ChartBox, ...]
    levels: tuple[str, ...]
    kind: ClassVar[str] = "sphere cover"

    @property
    def unknowns(self) -> int:
        """How many the slice has."""
        return 2 * len(self.tokens) - 3

    @property
    def on_a_line(self) -> int:
        """Orbits of states on a line: as many as numbers of tokens that may be opposite to at least as many others."""
        return len(self.tokens) // 2 + 1

    @property
    def count(self) -> int:
        """How many orbits there are said to be."""
        return self.on_a_line + len({zero.of for zero in self.zeros})

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> SphereCoverWitness:
        """The record of JSON data, or a refutation."""
        fields = ("kind", "names", "program", "tokens", "torques", "balance", "radius", "zeros", "levels")
        data = record(value, place, fields)
        need(data["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        rows = [tuple(integers(row, f"{place}.tokens")) for row in listed(data["tokens"], f"{place}.tokens")]
        size, width = len(rows), 3 * len(rows)
        need(1 < size <= MOST_TOKENS, f"{place}.tokens", f"are not 2 to {MOST_TOKENS}")
        need(all(len(row) == 3 for row in rows), f"{place}.tokens", "have one that is not of three coordinates")
        together = sorted(k for row in rows for k in row)
        need(together == list(range(width)), f"{place}.tokens", "do not hold every coordinate once")
        known = names(data["names"], f"{place}.names")
        need(len(known) == width, f"{place}.names", f"are not {width} different texts")
        letters = set(LETTERS) | {str(k) for k in range(2 * size - 3)}
        levels = tuple(listed(data["levels"], f"{place}.levels"))
        for number, level in enumerate(levels):
            need(isinstance(level, str) and set(level) <= letters, f"{place}.levels[{number}]", "has an unknown letter")
        zeros = enumerate(listed(data["zeros"], f"{place}.zeros"))
        return cls(
            names=known,
            program=Program.read(data["program"], width, width, f"{place}.program"),
            tokens=tuple((i, j, k) for i, j, k in rows),
            torques=Program.read(data["torques"], width, 2 * width, f"{place}.torques"),
            balance=Program.read(data["balance"], width, size, f"{place}.balance"),
            radius=_dyadic(data["radius"], f"{place}.radius"),
            zeros=tuple(_zero(zero, size, f"{place}.zeros[{number}]") for number, zero in zeros),
            levels=levels,
        )

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "names": list(self.names),
            "program": self.program.to_data(),
            "tokens": [list(token) for token in self.tokens],
            "torques": self.torques.to_data(),
            "balance": self.balance.to_data(),
            "radius": list(self.radius),
            "zeros": [zero.to_data() for zero in self.zeros],
            "levels": list(self.levels),
        }


def claim_of(witness: SphereCoverWitness, verdict: str) -> str:
    """How many orbits there are."""
    return (
        f"these are all equilibria: there are exactly {witness.count} orbits of rotations and reflections of all "
        "tokens together, and exchanges of tokens, that consist of equilibria"
    )


def hypotheses_of(witness: SphereCoverWitness) -> tuple[str, ...]:
    """What a re-check takes as stated."""
    return (
        "the program is that of the flow, on unit spheres",
        f"the tokens are {'; '.join(', '.join(witness.names[k] for k in token) for token in witness.tokens)}",
    )


def _zero(value: Any, tokens: int, place: str) -> ChartBox:
    data = record(value, place, ("charts", "center", "radius", "of"))
    charts = tuple(integers(data["charts"], f"{place}.charts"))
    need(len(charts) == tokens - 2 and set(charts) <= {1, -1}, f"{place}.charts", f"are not {tokens - 2} of 1 and -1")
    center = tuple(_dyadic(x, f"{place}.center") for x in listed(data["center"], f"{place}.center"))
    need(len(center) == 2 * tokens - 3, f"{place}.center", f"are not {2 * tokens - 3} numbers")
    return ChartBox(charts, center, _dyadic(data["radius"], f"{place}.radius"), integer(data["of"], f"{place}.of"))


def _dyadic(value: Any, place: str) -> Dyadic:
    numbers = integers(value, place)
    fits = len(numbers) == 2 and abs(numbers[0]) <= 2**53 and abs(numbers[1]) < 200
    need(fits, place, "is no float as mantissa and exponent")
    return numbers[0], numbers[1]
