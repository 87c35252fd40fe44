"""Polynomial models as the re-checker reads them: outputs of a parametrization, or components of fields."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.laws.residues import Dual, Residues, dual_product, times
from symdyn.certificate.refutation import UndecidedError, need
from symdyn.certificate.witness.laws.law import Monomial, Terms
from symdyn.certificate.witness.laws.models import PolynomialTerms

_MOST_CELLS = 400_000_000


class PolynomialModel:
    """Generators with polynomial components, restricted to some outputs and coordinates.

    Parameters
    ----------
    model
        The stored model, of kind "outputs" or "fields".
    coordinates, outputs
        Which coordinates and outputs (or fields) to keep; all by default.
    """

    def __init__(
        self,
        model: PolynomialTerms,
        coordinates: Sequence[int] | None = None,
        outputs: Sequence[int] | None = None,
    ) -> None:
        self.is_gradient = model.kind == "outputs"
        full = model.dimension
        self.variables = len(model.names)
        self.constants = list(range(full, self.variables))
        self.coordinates = list(range(full)) if coordinates is None else list(coordinates)
        self.outputs = list(range(model.number)) if outputs is None else list(outputs)
        self.dimension, self.number = len(self.coordinates), len(self.outputs)
        self.row = np.asarray(model.row, dtype=np.int64)
        self.size = np.asarray(model.size, dtype=np.int64)
        self.variable = np.asarray(model.variable, dtype=np.int64)
        self.coefficient = model.coefficient
        self.start = np.concatenate([[0], np.cumsum(self.size)])
        self._full = full
        self._components: list[tuple[int, int, int, Monomial]] | None = None

    @property
    def components(self) -> list[tuple[int, int, int, Monomial]]:
        """Terms of all components: (generator, coordinate, coefficient, monomial), in local numbers of generators."""
        if self._components is None:
            place = {number: local for local, number in enumerate(self.outputs)}
            inside = set(self.coordinates)
            found = []
            flat = self.variable.tolist()
            for t, (row, value) in enumerate(zip(self.row.tolist(), self.coefficient, strict=True)):
                monomial = tuple(flat[self.start[t] : self.start[t + 1]])
                if not self.is_gradient:
                    generator, coordinate = divmod(row, self._full)
                    if generator in place:
                        found.append((place[generator], coordinate, value, monomial))
                    continue
                if row not in place:
                    continue
                for k in sorted(set(monomial)):
                    if k < self._full:
                        need(k in inside, "parts", f"output {row} uses coordinate {k}, which is in another part")
                        spot = monomial.index(k)
                        rest = monomial[:spot] + monomial[spot + 1 :]
                        found.append((place[row], k, value * monomial.count(k), rest))
            self._components = found
        return self._components

    def combine(self, coefficients: Residues, point: Dual, p: int) -> Dual:
        """Combinations (B, number) of the generators at a point (B, variables): shape (B, dimension)."""
        local = {k: i for i, k in enumerate(self.coordinates)}
        place = {k: i for i, k in enumerate(self.coordinates + self.constants)}
        width = max((len(monomial) for *_, monomial in self.components), default=0)
        one = len(place)
        if len(self.components) * (width + len(coefficients) * len(point)) > _MOST_CELLS:
            raise UndecidedError("the fields have too many terms of too high a degree for this re-checker")
        factors = np.full((len(self.components), width), one, dtype=np.int64)
        for t, (*_, monomial) in enumerate(self.components):
            factors[t, : len(monomial)] = [place[k] for k in monomial]
        padded = [
            np.concatenate([part, np.full((len(part), 1), int(s == 0), dtype=np.int64)], axis=1)
            for s, part in enumerate(point)
        ]
        batch = len(coefficients)
        value = [np.full((batch, len(factors)), int(s == 0), dtype=np.int64) for s in range(len(point))]
        for slot in range(width):
            tick()
            value = dual_product(value, [part[:, factors[:, slot]] for part in padded], times(p), p)
        generator = np.asarray([g for g, *_ in self.components], dtype=np.int64)
        scale = np.asarray([c % p for _, _, c, _ in self.components], dtype=np.int64)
        weight = coefficients[:, generator] * scale % p
        target = np.asarray([local[k] for _, k, *_ in self.components], dtype=np.int64)
        out = []
        for part in value:
            result = np.zeros((self.dimension, batch), dtype=np.int64)
            np.add.at(result, target, (part * weight % p).T)
            out.append(result.T % p)
        return out

    def annihilates(self, terms: Terms) -> str | None:
        """None if every generator annihilates the polynomial, identically; else where it does not."""
        by_coordinate: dict[int, list[tuple[int, int, Monomial]]] = defaultdict(list)
        for generator, k, value, monomial in self.components:
            by_coordinate[k].append((generator, value, monomial))
        total: dict[tuple[int, Monomial], int] = defaultdict(int)
        for value, monomial in terms:
            tick()
            for k in set(monomial):
                if k in by_coordinate:
                    spot = monomial.index(k)
                    rest = monomial[:spot] + monomial[spot + 1 :]
                    scale = value * monomial.count(k)
                    for generator, other, factor in by_coordinate[k]:
                        total[generator, tuple(sorted(rest + factor))] += scale * other
        for (generator, _), value in total.items():
            if value:
                return f"generator {self.outputs[generator]} does not annihilate it"
        return None


def polynomial_gradient(
    terms: Terms, value: dict[int, int], coordinates: list[int], p: int
) -> list[int]:
    """Gradient of a polynomial at a point mod p."""
    local = {k: i for i, k in enumerate(coordinates)}
    out = [0] * len(coordinates)
    for coefficient, monomial in terms:
        for k in set(monomial):
            if k in local:
                spot = monomial.index(k)
                product = coefficient * monomial.count(k)
                for other in monomial[:spot] + monomial[spot + 1 :]:
                    product = product * value[other] % p
                out[local[k]] = (out[local[k]] + product) % p
    return out
