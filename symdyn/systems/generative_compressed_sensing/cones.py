"""The cones on which a generator is linear, exact, and what a measurement tells apart on its range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations_with_replacement
from math import prod
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.cones.nearest import collision
from symdyn.algebra.cones.relu_regions import Ray, Region, relu_regions, simplicial
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.cones.matrices import ScaledMatrix
from symdyn.certificate.witness.cones.relu_range import ReluRangeWitness
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import Floats
from symdyn.systems.generative_compressed_sensing.generator import Generator, generator_of, scaled
from symdyn.systems.generative_compressed_sensing.widths import cover_count

MOST_LATENT = 3
_MOST_PAIRS = 100_000


@dataclass(frozen=True)
class Cones:
    """All cones with interior on which a generator is linear with one pattern of active units.

    Parameters
    ----------
    generator
        The generator.
    regions
        The cones in whole numbers; in the plane by their angle.
    bound
        The product of the counts of Cover over the layers: never fewer than there are cones.
    """

    generator: Generator = field(repr=False)
    regions: tuple[Region, ...] = field(repr=False)
    bound: int

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.regions)

    def __len__(self) -> int:
        return len(self.regions)

    @cached_property
    def rays(self) -> tuple[Any, ...]:
        """Of each cone the extreme rays as rows (r, k): whole numbers for exact weights, else unit vectors."""
        if self.generator.exact is not None:
            return tuple(sp.ImmutableMatrix([list(ray) for ray in one.rays]) for one in self.regions)
        return tuple(np.array([unit(ray) for ray in one.rays]) for one in self.regions)

    @cached_property
    def maps(self) -> Any:
        """The matrix (n, k) of G on each cone: SymPy where the weights are exact, else an array (count, n, k)."""
        if self.generator.exact is not None:
            return tuple(_exact_map(self.generator, one) for one in self.regions)
        # by the exact patterns: in a thin cone floats see others
        network, found = self.generator, np.tile(np.eye(self.generator.latent), (len(self), 1, 1))
        for number, matrix in enumerate(network.floats):
            found = matrix @ found
            if number < network.bent:
                found = found * np.array([one.pattern[number] for one in self.regions])[..., None]
        return found

    @cached_property
    def active(self) -> tuple[int, ...]:
        """How many units are active in each cone."""
        return tuple(sum(sum(layer) for layer in one.pattern) for one in self.regions)

    @cached_property
    def dead(self) -> tuple[int, ...]:
        """Places of the cones that are mapped to 0."""
        shown = (any(any(self.generator.output(ray)) for ray in one.rays) for one in self.regions)
        return tuple(k for k, is_seen in enumerate(shown) if not is_seen)

    @cached_property
    def simplices(self) -> tuple[tuple[int, tuple[Ray, ...]], ...]:
        """The cones as cones of k independent rays, each with the place of the cone that it is a part of."""
        latent = self.generator.latent
        return tuple((k, part) for k, one in enumerate(self.regions) for part in simplicial(one.rays, latent))

    @cached_property
    def corners(self) -> Floats:
        """Unit vectors along the rays of the simplices, (s, k, k)."""
        return np.array([[unit(ray) for ray in part] for _, part in self.simplices])

    @cached_property
    def complete(self) -> Certificate:
        """That these are all of them: a re-check makes them again from the weights."""
        network = self.generator
        record = ReluRangeWitness(network.whole, network.linear_last, tuple(one.rays for one in self.regions))
        method = "the cones were cut by one unit after another, in whole numbers"
        return certified(record, Verdict.PROVED, method, provenance=provenance())


def relu_cones(weights: Any, *, linear_last: bool = False) -> Cones:
    """The cones of a generator with up to three latent dimensions, with their rays and linear maps, exact.

    Parameters
    ----------
    weights
        W_1 (n_1, k) .. W_d (n_d, n_{d-1}): arrays, whose floats are the fractions that they are, or exact matrices.
    linear_last
        Whether the last layer has no relu.

    Raises
    ------
    ModelError
        If there are more latent dimensions.

    Examples
    --------
    >>> cones = relu_cones([sp.Matrix([[1, 0], [0, 1], [1, 1]])])
    >>> cones.count, cones.bound, cones.complete.verify().verdict
    (6, 6, Verdict.PROVED)
    """
    network = generator_of(weights, linear_last)
    k = network.latent
    bound = prod(cover_count(n, k) for n in network.widths[: network.bent])
    if k > MOST_LATENT:
        raise ModelError(
            f"the latent dimension is {k} and there may be {bound:,} cones: they are listed up to dimension "
            f'{MOST_LATENT}; recover(..., method="gradient") takes any'
        )
    regions = relu_regions([one.rows for one in network.whole], network.bent)
    return Cones(network, _in_order(regions) if k == 2 else regions, bound)


def _in_order(regions: tuple[Region, ...]) -> tuple[Region, ...]:
    """Counterclockwise, each cone with its clockwise ray first."""
    turned = []
    for one in regions:
        rays = one.rays
        if len(rays) == 2 and rays[0][0] * rays[1][1] < rays[0][1] * rays[1][0]:
            rays = (rays[1], rays[0])
        turned.append(Region(rays, one.pattern))
    first = [unit(one.rays[0]) for one in turned]
    order = sorted(range(len(turned)), key=lambda k: float(np.arctan2(first[k][1], first[k][0])) % (2 * np.pi))
    return tuple(turned[k] for k in order)


def unit(ray: Sequence[int]) -> list[float]:
    """A direction as floats of length one."""
    largest = max(map(abs, ray)) or 1
    short = np.array([x / largest for x in ray])
    length = float(np.sqrt((short**2).sum())) or 1.0
    return [float(x) for x in short / length]


def _exact_map(network: Generator, region: Region) -> sp.ImmutableMatrix:
    found = sp.eye(network.latent)
    for number, layer in enumerate(network.whole):
        found = sp.Matrix(layer.rows) / layer.scale * found
        if number < network.bent:
            found = sp.diag(*map(int, region.pattern[number])) * found
    return sp.ImmutableMatrix(found)


def measured(measurement: ScaledMatrix, output: Sequence[int]) -> tuple[int, ...]:
    """M times an output, up to the scales."""
    return tuple(sum(a * b for a, b in zip(row, output, strict=True) if b) for row in measurement.rows)


def checked_measurement(M: Any, network: Generator) -> ScaledMatrix:
    """M in whole numbers, with as many columns as there are outputs."""
    found = scaled(M, "the measurement matrix")
    if found.shape[1] != network.widths[-1]:
        raise ShapeError(f"M has the shape {found.shape}: give (l, {network.widths[-1]}), a column for each output")
    return found


def injective_on_range(M: Any, weights: Any, *, linear_last: bool = False) -> Certificate:
    """Whether M tells all different outputs of a generator apart, decided exactly for small ones (derived).

    For every pair of cones the pairs of vectors with equal measurements form a cone; M tells apart if its extreme rays
    have equal outputs.

    Parameters
    ----------
    M
        (l, n).
    weights, linear_last
        The generator, up to three latent dimensions.

    Returns
    -------
    Certificate
        PROVED, or REFUTED with two latent vectors that have one measurement and different outputs.

    Raises
    ------
    ModelError
        If there are too many pairs of cones.

    Examples
    --------
    >>> eye = sp.Matrix([[1, 0], [0, 1], [1, -1]])
    >>> injective_on_range(sp.eye(3), [eye]).verdict, injective_on_range(sp.Matrix([[1, 1, 0]]), [eye]).verdict
    (Verdict.PROVED, Verdict.REFUTED)
    """
    network = generator_of(weights, linear_last)
    measurement = checked_measurement(M, network)
    found = two_alike(measurement, relu_cones(network))
    if found is None:
        record = ReluRangeWitness(network.whole, network.linear_last, measurement=measurement)
        method = "extreme pairs of vectors with equal measurements, for every pair of cones, in whole numbers"
        return certified(record, Verdict.PROVED, method, provenance=provenance())
    return _collided(network, measurement, found, Verdict.REFUTED)


def colliding(M: Any, weights: Any, *, linear_last: bool = False) -> Certificate | None:
    """Two latent vectors with the same measurement and different outputs, as a proof of that; None if there are none.

    Parameters
    ----------
    M, weights, linear_last
        As of `injective_on_range`.
    """
    network = generator_of(weights, linear_last)
    measurement = checked_measurement(M, network)
    found = two_alike(measurement, relu_cones(network))
    return None if found is None else _collided(network, measurement, found, Verdict.PROVED)


def _collided(
    network: Generator, measurement: ScaledMatrix, pair: tuple[Ray, Ray], verdict: Verdict
) -> Certificate:
    # a common positive factor changes nothing: the largest coordinate is 1
    scale = max(abs(x) for z in pair for x in z)
    points = tuple(ScaledMatrix(tuple((x,) for x in z), scale) for z in pair)
    record = ReluRangeWitness(network.whole, network.linear_last, measurement=measurement, points=points)
    return certified(record, verdict, "two latent vectors, in whole numbers", provenance=provenance())


def two_alike(measurement: ScaledMatrix, cones: Cones) -> tuple[Ray, Ray] | None:
    """Two latent vectors of whole numbers that have one measurement and different outputs; None if there are none."""
    network = cones.generator
    listed = [part for _, part in cones.simplices]
    number = len(listed) * (len(listed) + 1) // 2
    if number > _MOST_PAIRS:
        raise ModelError(f"there are {number:,} pairs of cones, and at most {_MOST_PAIRS:,} can be: take fewer units")
    outputs = {ray: tuple(network.output(ray)) for part in listed for ray in part}
    seen = {ray: measured(measurement, output) for ray, output in outputs.items()}
    for i, j in _suspects(listed, seen):
        one, other = listed[i], listed[j]
        columns = [*(seen[ray] for ray in one), *(tuple(-x for x in seen[ray]) for ray in other)]
        shown = [*(outputs[ray] for ray in one), *(tuple(-x for x in outputs[ray]) for ray in other)]
        weights = collision(columns, shown)
        if weights is not None:
            size = len(one)
            return _combined(one, weights[:size]), _combined(other, weights[size:])
    return None


def _suspects(listed: Sequence[tuple[Ray, ...]], seen: dict[Ray, tuple[int, ...]]) -> list[tuple[int, int]]:
    """Pairs of cones, those first whose measurements look dependent in floats; all of them are decided exactly."""
    pairs = list(combinations_with_replacement(range(len(listed)), 2))
    floats = {ray: unit(value) for ray, value in seen.items()}
    columns = np.array([[floats[ray] for ray in part] for part in listed])
    number, k, _ = columns.shape
    flat = columns.reshape(number * k, -1)
    gram = (flat @ flat.T).reshape(number, k, number, k)
    i, j = np.array(pairs).T
    one, other, mixed = gram[i, :, i, :], gram[j, :, j, :], gram[i, :, j, :]
    both = np.concatenate(
        [np.concatenate([one, mixed], axis=2), np.concatenate([mixed.swapaxes(1, 2), other], axis=2)], axis=1
    )
    least = np.linalg.eigvalsh(both)[:, 0]
    return [pairs[place] for place in np.argsort(least, kind="stable")]


def _combined(rays: Sequence[Ray], weights: Sequence[int]) -> Ray:
    return tuple(sum(w * ray[k] for w, ray in zip(weights, rays, strict=True)) for k in range(len(rays[0])))
