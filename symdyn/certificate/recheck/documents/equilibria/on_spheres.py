"""Families in a document beside a cover of states on spheres: so many orbits, each at rest, no two the same."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.covers.jets import run
from symdyn.certificate.recheck.covers.outward import Jet
from symdyn.certificate.recheck.documents.trees.formulas import UnreadableError
from symdyn.certificate.recheck.documents.trees.values import is_same
from symdyn.certificate.refutation import RefutedError, need
from symdyn.certificate.witness.covers.sphere_cover import SphereCoverWitness

# a written float differs from a zero by its rounding, relative to the slopes of the field
_VANISHES = 1e-11
_APART = 1e-7


def check_orbits_on_spheres(
    families: Sequence[Mapping[str, Any]], items: Sequence[Any], witness: SphereCoverWitness
) -> tuple[str, ...]:
    """Refute, or say what was not compared.

    As many as are counted, each at rest as far as floats tell and of its dimension, and products of tokens that tell
    any two apart: so each orbit is there.
    """
    need(not items, "equilibria", "hold an isolated one beside a proof that orbits are all")
    number, counted = len(families), witness.count
    need(number == counted, "families", f"are {number}, but the certificate counts {counted} orbits")
    lines: list[str] = []
    states: list[Any] = []
    for k, family in enumerate(families):
        place = f"families[{k}]"
        state = _state(family.get("witness"), witness, f"{place}.witness")
        need(_rests(witness, state), f"{place}.witness", "is not at rest on the spheres")
        vectors = state[np.asarray(witness.tokens)]
        products = vectors @ vectors.T
        for other, known in enumerate(states):
            need(not _agree(products, known), f"{place}.witness", f"is on the orbit of families[{other}]")
        states.append(products)
        if "dimension" in family:
            wanted = 2 if bool((np.abs(products) > 1 - _APART).all()) else 3
            need(is_same(family["dimension"], wanted), f"{place}.dimension", f"is not {wanted}, that of the orbit")
        lines += [f"{place}.{name}" for name in family if name not in ("witness", "dimension")]
    return tuple(lines)


def _state(written: Any, witness: SphereCoverWitness, place: str) -> Any:
    if not isinstance(written, Mapping):
        raise RefutedError(place, "is no mapping from coordinates to numbers")
    need(set(written) == set(witness.names), place, "is in other coordinates than the cover")
    return np.asarray([_number(written[name], place) for name in witness.names])


def _number(value: Any, place: str) -> float:
    """A float, or a text that is a fraction or a float."""
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise UnreadableError("is no number")
        number = float(Fraction(value)) if isinstance(value, str) else float(value)
    except (UnreadableError, ValueError, OverflowError, ZeroDivisionError):
        raise RefutedError(place, "holds something that is no number") from None
    need(math.isfinite(number), place, "is not finite")
    return number


def _rests(witness: SphereCoverWitness, state: Any) -> bool:
    """Whether the tokens are unit vectors, and the field is small beside its slopes."""
    tick()
    vectors = state[np.asarray(witness.tokens)]
    if float(np.abs((vectors**2).sum(axis=1) - 1).max()) > _VANISHES:
        return False
    rows = np.vstack([state, np.eye(len(state))]).T[:, :, None]
    jets = run(witness.program, [Jet(row, row) for row in rows], list(range(len(state))))
    ends = np.asarray([[np.abs(jet.low).max(axis=1), np.abs(jet.high).max(axis=1)] for jet in jets]).max(axis=1)
    return bool(np.isfinite(ends).all() and ends[:, 0].max() <= _VANISHES * max(1.0, float(ends[:, 1:].max())))


def _agree(one: Any, other: Any) -> bool:
    """Whether some order of the tokens makes the products of two states the same."""
    for order in itertools.permutations(range(len(one))):
        tick()
        places = np.asarray(order)
        if float(np.abs(one[np.ix_(places, places)] - other).max()) < _APART:
            return True
    return False
