"""The range of a ReLU network without bias: its cones, least squares over it, and what a matrix tells apart on it.

The network is G(z) = relu(W_d ... relu(W_1 z)), without the last relu where that is said. A record says one of

* cones: these are all cones with interior on which G is linear with one pattern of active units (`cones`);
* least squares: no z has a smaller |M G(z) - y|^2 than the one of the record (`measurement`, `data`, one point);
* separation: M G(z) = M G(z') only where G(z) = G(z') (`measurement`), or two z at which that fails (two points).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from fractions import Fraction
from math import gcd
from typing import Any, ClassVar

from symdyn.certificate.refutation import flag, integers, listed, need, record
from symdyn.certificate.witness.cones.matrices import ScaledMatrix
from symdyn.certificate.witness.program import fraction_text

MOST_LAYERS = 20
MOST_CONES = 100_000
MOST_RAYS = 1_000
_SHOWN = 4

#: A whole vector that is not zero; what counts is its direction.
Ray = tuple[int, ...]


@dataclass(frozen=True)
class ReluRangeWitness:
    """A network and what is said of its range.

    Parameters
    ----------
    weights
        W_1 (n_1, k) ... W_d (n_d, n_{d-1}).
    linear_last
        Whether the last layer has no relu.
    cones
        Of each cone the rays that generate it, in whole numbers.
    measurement
        M (m, n_d).
    data
        y as a matrix (m, 1).
    points
        Latent vectors as matrices (k, 1).
    """

    weights: tuple[ScaledMatrix, ...]
    linear_last: bool = False
    cones: tuple[tuple[Ray, ...], ...] = ()
    _: KW_ONLY
    measurement: ScaledMatrix | None = None
    data: ScaledMatrix | None = None
    points: tuple[ScaledMatrix, ...] = ()
    kind: ClassVar[str] = "relu range"

    @property
    def asks(self) -> str:
        """What is said: "cones", "least squares", "separation" or "collision"."""
        if self.cones:
            return "cones"
        if self.data is not None:
            return "least squares"
        return "collision" if self.points else "separation"

    @property
    def latent(self) -> int:
        """k."""
        return self.weights[0].shape[1]

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> ReluRangeWitness:
        """The stored record, or a refutation with the place."""
        names = ("kind", "weights", "linear_last", "cones", "measurement", "data", "points")
        given = record(value, place, names)
        need(given["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        layers = listed(given["weights"], f"{place}.weights")
        need(0 < len(layers) <= MOST_LAYERS, f"{place}.weights", f"are not 1 to {MOST_LAYERS} matrices")
        weights = tuple(ScaledMatrix.read(one, f"{place}.weights[{k}]") for k, one in enumerate(layers))
        for k, (one, other) in enumerate(zip(weights, weights[1:], strict=False)):
            need(one.shape[0] == other.shape[1], f"{place}.weights[{k + 1}]", "does not fit the layer before it")
        found = cls(
            weights,
            flag(given["linear_last"], f"{place}.linear_last"),
            _cones(given["cones"], weights[0].shape[1], f"{place}.cones"),
            measurement=_perhaps(given["measurement"], f"{place}.measurement"),
            data=_perhaps(given["data"], f"{place}.data"),
            points=tuple(
                ScaledMatrix.read(one, f"{place}.points[{k}]")
                for k, one in enumerate(listed(given["points"], f"{place}.points"))
            ),
        )
        found._fits(place)
        return found

    def _fits(self, place: str) -> None:
        """That parts go together and shapes fit."""
        measured, outputs = self.measurement, self.weights[-1].shape[0]
        if self.cones:
            alone = measured is None and self.data is None and not self.points
            need(alone, f"{place}.cones", "stand beside something else")
            return
        need(measured is not None, f"{place}.measurement", "is missing: nothing would be said")
        if measured is not None:
            need(measured.shape[1] == outputs, f"{place}.measurement", f"has not {outputs} columns")
            if self.data is not None:
                need(self.data.shape == (measured.shape[0], 1), f"{place}.data", f"are not {measured.shape[0]} numbers")
        number = (1,) if self.data is not None else (0, 2)
        need(len(self.points) in number, f"{place}.points", f"are not {' or '.join(map(str, number))}")
        for k, point in enumerate(self.points):
            need(point.shape == (self.latent, 1), f"{place}.points[{k}]", f"are not {self.latent} numbers")

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "weights": [one.to_data() for one in self.weights],
            "linear_last": self.linear_last,
            "cones": [[list(ray) for ray in cone] for cone in self.cones],
            "measurement": None if self.measurement is None else self.measurement.to_data(),
            "data": None if self.data is None else self.data.to_data(),
            "points": [one.to_data() for one in self.points],
        }


def claim_of(record: ReluRangeWitness, verdict: str) -> str:
    """The one sentence that may be claimed."""
    network = _network(record)
    if record.asks == "cones":
        number = "1 cone" if len(record.cones) == 1 else f"{len(record.cones)} cones"
        return (
            f"{network} has exactly {number} with interior on which it is linear with one pattern of active units, "
            "those of the witness, and they cover the latent space"
        )
    told = [_vector_text(one.column()) for one in record.points]
    if record.asks == "least squares":
        return f"for M and y of the witness no latent vector of {network} has a smaller |M G(z) - y|^2 than {told[0]}"
    if record.asks == "collision" and verdict == "proved":
        return f"M of the witness measures the same at {told[0]} and {told[1]}, where {network} has different outputs"
    return f"M of the witness, with {_rows(record)}, tells all different outputs of {network} apart"


def hypotheses_of(record: ReluRangeWitness) -> tuple[str, ...]:
    """None: weights and data are those of the witness, and all vectors are looked at."""
    return ()


def _network(record: ReluRangeWitness) -> str:
    widths = (record.latent, *(one.shape[0] for one in record.weights))
    last = ", the last layer linear" if record.linear_last else ""
    return f"the ReLU network of the witness with widths {', '.join(map(str, widths))}{last}"


def _rows(record: ReluRangeWitness) -> str:
    number = record.measurement.shape[0] if record.measurement is not None else 0
    return "1 row" if number == 1 else f"{number} rows"


def _vector_text(values: Sequence[Fraction]) -> str:
    shown = ", ".join(map(fraction_text, values[:_SHOWN]))
    return f"({shown}{', ...' if len(values) > _SHOWN else ''})"


def _perhaps(value: Any, place: str) -> ScaledMatrix | None:
    return None if value is None else ScaledMatrix.read(value, place)


def _cones(value: Any, latent: int, place: str) -> tuple[tuple[Ray, ...], ...]:
    cones = listed(value, place)
    need(len(cones) <= MOST_CONES, place, f"are more than {MOST_CONES}")
    found = []
    for number, one in enumerate(cones):
        where = f"{place}[{number}]"
        rays = tuple(tuple(integers(ray, where)) for ray in listed(one, where))
        need(0 < len(rays) <= MOST_RAYS, where, f"has not 1 to {MOST_RAYS} rays")
        need(all(len(ray) == latent and any(ray) for ray in rays), where, f"holds what is no direction in R^{latent}")
        found.append(rays)
    return tuple(found)


def primitive(vector: Sequence[int]) -> Ray:
    """The shortest whole vector of a direction."""
    divisor = gcd(*vector) or 1
    return tuple(x // divisor for x in vector)
