"""The rank of loss gradients at a point, exact reasons where it falls short, and the certificate of either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.linear.echelon import Echelon
from symdyn.algebra.linear.prime_field import Array, PrimeField
from symdyn.algebra.polynomials.sparse import SparsePolynomials
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.laws.closure import GradientRankWitness, UnseenFormsWitness
from symdyn.dynamics.answers.elementary_form import flat
from symdyn.errors import ModelError
from symdyn.geometry.fields.bracket_span import explore
from symdyn.geometry.fields.draws import chance_of_loss, drawn_point, fitting_primes
from symdyn.geometry.fields.polynomial_fields import PolynomialFields
from symdyn.laws.losses.spans import LossSpans
from symdyn.laws.losses.unseen_forms import unseen_forms

#: So many primes and points are tried while the rank falls short of what is known.
_DRAWS = 4


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Ranks at a point, and what is known exactly.

    Parameters
    ----------
    rank, needed, verdict
        As in `Richness`.
    missing
        Numbers of generators of phi that complete the span.
    unseen, forms
        Linear forms that vanish on every loss gradient, as expressions and as polynomials; None where they are not all
        that is missing.
    kept, pivots, point, prime
        Independent fields, their pivot coordinates, residues of all variables modulo the prime.
    chance
        Bound of the chance that the gradients of phi have a larger generic rank than `needed`.
    """

    rank: int
    needed: int
    verdict: Verdict
    missing: tuple[int, ...]
    unseen: tuple[sp.Expr, ...]
    forms: SparsePolynomials | None
    kept: tuple[int, ...]
    pivots: tuple[int, ...]
    point: tuple[int, ...]
    prime: int
    chance: float = 1.0


def measured(spans: LossSpans, seed: int) -> Measured:
    """Ranks at a point mod p, and exact reasons where the span falls short.

    A prime or a point may take rank from either span: others are tried until the rank is one that is known not to be
    exceeded, and the best is kept.

    Raises
    ------
    ModelError
        If a loss gradient leaves the span of the gradients of phi.
    """
    forms = unseen_forms(spans)
    best: _AtPoint | None = None
    chance = 1.0
    for attempt, p in zip(range(_DRAWS), fitting_primes(spans.losses, 31, seed), strict=False):
        found = _at_point(spans, p, seed + attempt)
        if best is None or (found.needed, found.rank) > (best.needed, best.rank):
            best, chance = found, 1.0
        if attempt and found.needed == best.needed and spans.phi is not None:  # the first prime is not drawn
            chance *= chance_of_loss(spans.phi, p, 0)
        is_whole = best.needed == len(spans.names)
        if (spans.phi is None or is_whole) and best.rank + (0 if forms is None else forms.number) == best.needed:
            break
    assert best is not None
    if best.leaves:
        raise ModelError(
            "the model is no function of phi: at a random point a loss gradient leaves the span of the gradients "
            "of phi; give a phi through which all parameters enter"
        )
    if best.rank == best.needed:
        exact = spans.phi is None or best.needed == len(spans.names)
        return best.measured(Verdict.PROVED if exact else Verdict.PROBABLE, chance)
    # the gradients of the forms are independent where those of phi are
    if forms is None or not (spans.phi is None or is_whole) or forms.number + best.rank < best.needed:
        return best.measured(Verdict.OBSERVED)
    return replace(best.measured(Verdict.PROVED), unseen=forms.expressions, forms=forms.polynomials)


@dataclass(frozen=True, kw_only=True)
class _AtPoint:
    """Ranks at one point mod one prime; `leaves` where a loss gradient is outside the span of phi there."""

    prime: int
    rank: int
    needed: int
    missing: tuple[int, ...]
    kept: tuple[int, ...]
    pivots: tuple[int, ...]
    point: tuple[int, ...]
    leaves: bool

    def measured(self, verdict: Verdict, chance: float = 1.0) -> Measured:
        missing = () if self.rank == self.needed else self.missing
        return Measured(
            rank=self.rank,
            needed=self.needed,
            verdict=verdict,
            missing=missing,
            unseen=(),
            forms=None,
            kept=self.kept,
            pivots=self.pivots,
            point=self.point,
            prime=self.prime,
            chance=chance,
        )


def _at_point(spans: LossSpans, p: int, seed: int) -> _AtPoint:
    field, losses = PrimeField(p), spans.losses
    point = np.asarray(drawn_point(losses, p, seed))
    echelon = Echelon[int](field, losses.dimension)
    _fed(echelon, losses, point, list(range(losses.number)))
    rank, kept, pivots = echelon.rank, tuple(echelon.kept), tuple(echelon.pivots)
    needed, leaves = spans.needed, False
    if spans.phi is not None:
        own = Echelon[int](field, losses.dimension)
        _fed(own, spans.phi, point[: losses.dimension], list(range(spans.phi.number)))
        _fed(echelon, spans.phi, point[: losses.dimension], list(range(spans.phi.number)))
        needed, leaves = own.rank, echelon.rank > own.rank
    elif spans.names:
        unit: Array = np.eye(losses.dimension, dtype=field.dtype)
        echelon.add(unit, list(range(losses.dimension)))
    assert needed is not None
    missing = tuple(echelon.kept[rank:])
    return _AtPoint(
        prime=p,
        rank=rank,
        needed=needed,
        missing=missing,
        kept=kept,
        pivots=pivots,
        point=tuple(point.tolist()),
        leaves=leaves,
    )


def _fed(echelon: Echelon[int], fields: PolynomialFields, point: Any, names: Sequence[int]) -> None:
    """Add the values of all fields at the point."""
    field = echelon.prime_field
    for start in range(0, fields.number, 256):
        stop = min(fields.number, start + 256)
        unit: Array = np.zeros((stop - start, fields.number), dtype=field.dtype)
        unit[np.arange(stop - start), np.arange(start, stop)] = 1
        (rows,) = fields.combine(unit, (field.array(point),), field)
        if rows is not None:
            echelon.add(rows, list(names[start:stop]))


def certificate(spans: LossSpans, found: Measured, seed: int, seconds: float) -> Certificate:
    """A rank as that of fields on the pivot coordinates; a span that falls short by the forms that vanish on it."""
    origin = provenance(seed=seed, seconds=round(seconds, 4))
    p = found.prime
    if found.rank == found.needed:
        fields, point = _on_pivots(spans.losses, found)
        span = explore(fields, p, seed=seed, point=point, max_level=0)
        proved = found.verdict is Verdict.PROVED
        data = {
            "kind": "rank of gradients",
            "model": _data(fields),
            "rank": span.to_data(),
            "needed": found.needed,
            "all": proved,
            "error bound": None if proved else found.chance,
            "loss": spans.loss,
            "data": spans.data,
            "where": spans.where,
        }
        reason = (
            f"{found.rank} loss gradients, as fields on {found.rank} of the coordinates, are independent at one "
            f"point (mod {p})" + ("" if proved else ", where the gradients of phi have this rank as well")
        )
        return certified(GradientRankWitness.read(data), found.verdict, reason, provenance=origin)
    short = f"span {found.rank} of {found.needed} generators"
    if found.forms is None:
        return Certificate(
            claim=f"the loss gradients {short} at a point",
            verdict=Verdict.OBSERVED,
            method=f"their rank at one point (mod {p}), which is a lower bound of the generic one",
            witness={"kind": "undecided", "rank": found.rank, "needed": found.needed, "prime": p},
            assumptions=(spans.loss, spans.data, spans.where),
            provenance=origin,
        )
    witness = {
        "kind": "unseen forms",
        "model": _data(spans.losses),
        "forms": [flat(tuple(entry.items())) for entry in found.forms.to_terms()],
        "needed": found.needed,
        "loss": spans.loss,
        "data": spans.data,
        "where": spans.where,
    }
    reason = "each form vanishes on every loss gradient, as a polynomial identity"
    return certified(UnseenFormsWitness.read(witness), Verdict.PROVED, reason, provenance=origin)


def _on_pivots(fields: PolynomialFields, found: Measured) -> tuple[PolynomialFields, list[int]]:
    """The independent fields on the pivot coordinates; the other coordinates become symbolic constants."""
    own = sorted(found.pivots)
    order = [*own, *(k for k in range(fields.variables) if k not in set(own))]
    place = np.empty(fields.variables + 1, dtype=np.int64)
    place[[*order, fields.variables]] = np.arange(fields.variables + 1)
    chosen = fields.components.select([i * fields.dimension + a for i in sorted(found.kept) for a in own])
    moved = np.sort(place[chosen.factors], axis=1)
    components = SparsePolynomials(fields.variables, chosen.number, chosen.row, chosen.coefficient, moved)
    return PolynomialFields(len(own), len(found.kept), components), [found.point[k] for k in order]


def _data(fields: PolynomialFields) -> dict[str, Any]:
    return {
        "kind": "fields",
        "names": [f"x{k + 1}" for k in range(fields.variables)],
        "dimension": fields.dimension,
        "number": fields.number,
        **fields.components.to_data(),
    }
