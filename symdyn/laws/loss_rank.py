"""The rank of loss gradients at a point, exact reasons where it falls short, and the certificate of either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.echelon import Echelon
from symdyn.algebra.polynomials import SparsePolynomials, to_expression
from symdyn.algebra.prime_field import Array, PrimeField
from symdyn.algebra.primes import prime
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.closure import GradientRankWitness, UnseenFormsWitness
from symdyn.dynamics.elementary_form import flat
from symdyn.errors import ModelError
from symdyn.geometry.bracket_span import explore
from symdyn.geometry.polynomial_fields import PolynomialFields
from symdyn.laws.loss_spans import LossSpans
from symdyn.laws.search import polynomial_laws


@dataclass(frozen=True)
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
    kept, pivots, point
        Independent fields, their pivot coordinates, residues of all variables.
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


def measured(spans: LossSpans, seed: int) -> Measured:
    """Ranks at a point mod p, and exact reasons where the span falls short."""
    field = PrimeField(prime(31))
    losses = spans.losses
    rng = np.random.default_rng([seed, field.p])
    point = rng.integers(1, field.p, size=losses.variables)
    echelon = Echelon(field, losses.dimension)
    _fed(echelon, losses, point, list(range(losses.number)))
    rank, kept, pivots = echelon.rank, tuple(map(int, map(str, echelon.kept))), tuple(echelon.pivots)
    needed = spans.needed
    missing: tuple[int, ...] = ()
    if spans.phi is not None:
        own = Echelon(field, losses.dimension)
        _fed(own, spans.phi, point[: losses.dimension], list(range(spans.phi.number)))
        _fed(echelon, spans.phi, point[: losses.dimension], list(range(spans.phi.number)))
        needed, missing = own.rank, tuple(int(str(k)) for k in echelon.kept[rank:])
        if echelon.rank > needed:
            raise ModelError(
                "the model is no function of phi: at a random point a loss gradient leaves the span of the gradients "
                "of phi; give a phi through which all parameters enter"
            )
    elif spans.names:
        unit: Array = np.eye(losses.dimension, dtype=field.dtype)
        echelon.add(unit, list(range(losses.dimension)))
        missing = tuple(int(str(k)) for k in echelon.kept[rank:])
    assert needed is not None
    if rank == needed:
        exact = spans.phi is None or needed == len(spans.names)
        verdict = Verdict.PROVED if exact else Verdict.PROBABLE
        return Measured(rank, needed, verdict, (), (), None, kept, pivots, tuple(point.tolist()))
    forms = None
    if spans.phi is None and spans.names and losses.variables == losses.dimension:
        found = polynomial_laws(losses, 1, 1).laws
        forms = found if found.number + rank == needed else None
    symbols = sp.symbols(spans.names) if spans.names else ()
    unseen = () if forms is None else tuple(to_expression(terms, symbols) for terms in forms.to_terms())
    verdict = Verdict.OBSERVED if forms is None else Verdict.PROVED
    return Measured(rank, needed, verdict, missing, unseen, forms, kept, pivots, tuple(point.tolist()))


def _fed(echelon: Echelon, fields: PolynomialFields, point: Any, names: Sequence[int]) -> None:
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
    p = prime(31)
    if found.rank == found.needed:
        fields, point = _on_pivots(spans.losses, found)
        span = explore(fields, p, seed=seed, point=point, max_level=0)
        proved = found.verdict is Verdict.PROVED
        bound = min(1.0, (found.rank + 1) * (max(fields.degree, _degree(spans.phi)) + 1) / p)
        data = {
            "kind": "rank of gradients",
            "model": _data(fields),
            "rank": span.to_data(),
            "needed": found.needed,
            "all": proved,
            "error bound": None if proved else bound,
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


def _degree(fields: PolynomialFields | None) -> int:
    return 0 if fields is None else fields.degree


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
