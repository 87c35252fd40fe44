"""Are these all? An exact count that is met, a cover, or what is known instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.cover import CoverWitness
from symdyn.certificate.witness.solution_count import SolutionCountWitness
from symdyn.dynamics.equilibrium import Equilibrium, Family
from symdyn.dynamics.flow import Flow
from symdyn.equilibria.count import RealCount
from symdyn.equilibria.cover import cover, is_coverable
from symdyn.equilibria.domain import domain_of
from symdyn.equilibria.lowering import Model, Residual

_MAX_CIRCLES = 3
_ALL = "these are all equilibria"


@dataclass(frozen=True)
class Found:
    """What a search found.

    Parameters
    ----------
    model, system
        What was searched.
    items, families
        The list.
    starts
        Where the starts ended.
    certified
        How many different zeros were certified, in balls or as exact points, those that violate a condition on states
        included.
    outside
        How many of these violate one.
    is_decided
        Whether all that are listed certainly fulfil the conditions.
    is_plain
        Whether no equilibria were merged by symmetries.
    """

    model: Model
    system: Residual
    items: tuple[Equilibrium, ...]
    families: tuple[Family, ...]
    starts: Mapping[str, int]
    certified: int
    outside: int
    is_decided: bool
    is_plain: bool

    def expected(self, exact: RealCount | None) -> int | None:
        """How many there are exactly, where that is known of this list."""
        if exact is None or not exact.is_finite or not self.is_plain or domain_of(self.system) is not None:
            return None
        return exact.real


def completeness(found: Found, exact: RealCount | None, covered: bool | None, time_limit: float | None) -> Certificate:
    """The certificate of completeness: PROVED only where as many different zeros are certified as were counted."""
    by_cover, note = _covered(found, covered, time_limit)
    if by_cover is not None:
        return by_cover
    if exact is None or not found.is_plain:
        return _observed(found, note)
    if not exact.is_finite:
        return _observed(found, f"{note}; the solution set has positive dimension")
    if exact.real == found.certified == len(found.items) and found.is_decided and not found.families:
        return _proved(found, exact)
    solutions = f"the system has exactly {exact.real} real solution{'s' if exact.real != 1 else ''}"
    if exact.real == found.certified and found.outside:
        domain = domain_of(found.system)
        conditions = domain.is_bounded_by if domain is not None else ""
        return _observed(
            found, f"{note}; {solutions}, all of them certified, and {found.outside} violate {conditions}", False
        )
    missing = exact.real - found.certified
    uncertified = len(found.items) - (found.certified - found.outside)
    known = f"{solutions}, {found.certified} of them certified"
    if missing <= 0:
        return _observed(found, f"{note}; {known}", False)
    rest = f"{missing} {'is' if missing == 1 else 'are'} missing"
    if uncertified:
        rest += f", and {uncertified} of the list {'is' if uncertified == 1 else 'are'} not certified"
    return Certificate(
        claim=_ALL,
        verdict=Verdict.UNDECIDED,
        method=f"{known}: {rest}; {_tried(found)}{note}",
        witness={"kind": "undecided"},
        provenance=provenance(),
    )


def _proved(found: Found, exact: RealCount) -> Certificate:
    witness = {
        "kind": SolutionCountWitness.kind,
        "names": [str(symbol) for symbol in found.system.coords],
        "equations": exact.equations,
        "real": exact.real,
        "complex": exact.complex,
    }
    return certified(
        SolutionCountWitness.read(witness),
        Verdict.PROVED,
        "the signature of the trace form of the polynomial system counts the real solutions (Hermite), "
        "and as many were certified: in balls that do not meet, or at exact points",
        provenance=provenance(),
    )


def _observed(found: Found, note: str, others: bool = True) -> Certificate:
    if not found.items and not found.families:
        note += _rotating(found.model)
    return Certificate(
        claim=_ALL,
        verdict=Verdict.OBSERVED,
        method=f"{_tried(found)}{note}{'; others may exist' if others else ''}",
        witness={"kind": "undecided"},
        provenance=provenance(),
    )


def _tried(found: Found) -> str:
    return "random starts ended so: " + ", ".join(f"{number} {name}" for name, number in found.starts.items() if number)


def _covered(found: Found, covered: bool | None, time_limit: float | None) -> tuple[Certificate | None, str]:
    """A certificate of completeness by an interval cover, or why there is none."""
    model, items = found.model, found.items
    if found.families or not items or not is_coverable(model):
        return None, ""
    circles = len(model.constraint.factors) if model.constraint is not None else 0
    proved = all(item.verdict is Verdict.PROVED for item in items)
    if covered is False or (covered is None and circles > _MAX_CIRCLES) or not proved:
        return None, ""
    points = np.asarray([list(item.point.values()) for item in items], dtype=float).T
    answer = cover(model, points, time_limit=time_limit)  # type: ignore[arg-type]
    if not answer.is_complete:
        return None, f"; an interval cover did not succeed: {answer.reason}"
    certificate = certified(
        CoverWitness.read(answer.witness),
        Verdict.PROVED,
        f"interval cover of {answer.boxes:,} boxes: each is excluded, or lies in one of {answer.zeros} boxes "
        "that hold exactly one zero, an image of a listed equilibrium",
        provenance=provenance(),
    )
    return certificate, ""


def _rotating(model: Model) -> str:
    """What is seen to rotate where nothing rests."""
    from symdyn.equilibria.generators import generators_of
    from symdyn.equilibria.rotating import rotating_states

    if not isinstance(model, Flow) or not generators_of(model):
        return ""
    speeds = [max(map(abs, state.speeds)) for state in rotating_states(model, starts=50, certified=False)]
    shown = ", ".join(f"{speed:.6g}" for speed in speeds)
    return f"; rotating states were found instead, with speed {shown}" if speeds else ""
