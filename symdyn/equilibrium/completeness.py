"""Are these all? An exact count that is met, a cover, or what is known instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.covers.cover import CoverWitness
from symdyn.certificate.witness.equilibria.solution_count import SolutionCountWitness
from symdyn.dynamics.answers.equilibrium import Equilibrium, Family
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iterate import Iterate, nouns_of
from symdyn.equilibrium.asked.domain import domain_of
from symdyn.equilibrium.asked.lowering import Model, Residual
from symdyn.equilibrium.cover.circles import cover, is_coverable
from symdyn.equilibrium.cover.inside import Inside, box_certificate, what_is_left
from symdyn.equilibrium.solve.cases import case_count_certificate
from symdyn.equilibrium.solve.parts import Parts
from symdyn.equilibrium.solve.system import RealCount

_MAX_CIRCLES = 3


@dataclass(frozen=True, kw_only=True)
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
    where
        The box that was searched, in words that follow a noun.
    unsolved
        Why the system was not solved by algebra; empty where it was, or where that was not tried.
    parts
        The parts of an infinite solution set, where it was split.
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
    where: str = ""
    unsolved: str = ""
    parts: Parts | None = None

    def expected(self, exact: RealCount | None) -> int | None:
        """How many there are exactly, where that is known of this list."""
        if exact is None or not exact.is_finite or exact.by or not self.is_plain:
            return None
        return exact.real


def completeness(
    found: Found,
    exact: RealCount | None,
    covered: bool | None,
    time_limit: float | None,
    area: Inside,
    unseen: str = "",
) -> Certificate:
    """The certificate of completeness: PROVED only where as many different zeros are certified as were counted.

    Parameters
    ----------
    found, exact
        The list, and the exact count of all real solutions.
    covered, time_limit
        Whether an interval cover of circles is tried, and for how long.
    area
        The box or the angles that were looked at, part by part.
    unseen
        What the starts say about others.
    """
    by_box = box_certificate(area)
    if by_box is not None:
        return by_box
    by_cover, note = _covered(found, covered, time_limit)
    if by_cover is not None:
        return by_cover
    note += what_is_left(area) + unseen
    if area.is_open and (exact is None or not exact.is_finite):
        return _left_open(found, f"{note}; {found.unsolved}" if found.unsolved else note)
    if exact is None:
        return _observed(found, f"{note}; {found.unsolved}" if found.unsolved else note)
    if exact.by:
        return _observed(found, f"{note}; {_listed(found, exact)}", False)
    if exact.is_finite and not found.is_plain:
        images = f"{note}; {_solutions(found, exact)}, images under symmetries included"
        return _observed(found, images, bool(found.starts))
    if not exact.is_finite:
        return _observed(found, f"{note}; the complex solution set has dimension {exact.dimension}{_split(found)}")
    inside = found.certified - found.outside
    if exact.real == inside == len(found.items) and found.is_decided and not found.families:
        return _proved(found, exact)
    missing, uncertified = exact.real - inside, len(found.items) - inside
    known = f"{_solutions(found, exact)}, {inside} of them certified"
    if missing <= 0:
        return _observed(found, f"{note}; {known}", False)
    if area.outside and missing <= len(area.outside):
        return _observed(found, f"{note}; {known}, and {len(area.outside)} outside the box", False)
    if len(found.items) == exact.real:
        return _observed(found, f"{note}; {known}, and all isolated by algebra", False)
    rest = f"{missing} {'is' if missing == 1 else 'are'} missing"
    if uncertified:
        rest += f", and {uncertified} of the list {'is' if uncertified == 1 else 'are'} not certified"
    return Certificate(
        claim=f"these are all {nouns_of(found.model)[1]}{found.where}",
        verdict=Verdict.UNDECIDED,
        method=f"{known}: {rest}; {_tried(found)}{note}",
        witness={"kind": "undecided"},
        provenance=provenance(),
    )


def _split(found: Found) -> str:
    """What the parts of an infinite solution set say."""
    if found.parts is None:
        return f"; {found.unsolved}" if found.unsolved else ""
    seen, unseen = len(found.parts.continua), found.parts.unseen
    said = f" and splits over the rational numbers: {seen} part{'s' if seen != 1 else ''} with a witness"
    if unseen:
        said += f", {unseen} on which no regular real point was met"
    return f"{said}, and all points beside them; a part may be several continua"


def _solutions(found: Found, exact: RealCount) -> str:
    """How many real solutions there are, in words."""
    domain = domain_of(found.system)
    which = "" if domain is None else f" with {domain.is_bounded_by}"
    return f"the system has exactly {exact.real} real solution{'s' if exact.real != 1 else ''}{which}"


def _listed(found: Found, exact: RealCount) -> str:
    """What a program says."""
    domain = domain_of(found.system)
    which = "" if domain is None else f" with {domain.is_bounded_by}"
    lists = f"{exact.by} lists {exact.real} real solution{'s' if exact.real != 1 else ''}{which}"
    return f"{lists}, certified here one by one; that there are no others rests on {exact.by}"


def _proved(found: Found, exact: RealCount) -> Certificate:
    if exact.cases:
        return case_count_certificate(exact.cases, _floats(found))
    witness = {
        "kind": SolutionCountWitness.kind,
        "names": list(exact.names) or [str(symbol) for symbol in found.system.coords],
        "equations": exact.equations,
        "real": exact.real,
        "complex": exact.complex,
        **({"denominators": exact.poles} if exact.poles else {}),
        **({"inequalities": exact.inequalities} if exact.inequalities else {}),
        **({"zeros": exact.points} if exact.points else {}),
        **({"angles": exact.angles} if exact.angles else {}),
        "dynamics": "flow" if isinstance(found.model, Flow) else "iteration",
        **({"order": found.model.order} if isinstance(found.model, Iterate) else {}),
    }
    how = "all solutions are rational functions of the roots of one polynomial, of which the real ones are isolated"
    if exact.points:
        how = (
            f"{exact.complex} regular complex solutions lie in balls that do not meet, and by Bezout's theorem there "
            f"are no others: {exact.real + exact.outside} of them are real"
        )
    return certified(
        SolutionCountWitness.read(witness),
        Verdict.PROVED,
        f"{how}{_left_out(exact)}; as many were certified: in balls that do not meet, or at exact points"
        f"{_floats(found)}",
        provenance=provenance(),
    )


def _floats(found: Found) -> str:
    parts = (*found.system.components, *found.system.equations)
    if not any(expression.has(sp.Float) for expression in parts):
        return ""
    return "; floating point numbers of the formulas are taken as the dyadic fractions that they are"


def _left_out(exact: RealCount) -> str:
    if not exact.outside:
        return ""
    return f", and {exact.outside} violate{'s' if exact.outside == 1 else ''} the conditions on states"


def _observed(found: Found, note: str, others: bool = True) -> Certificate:
    if not found.items and not found.families:
        note += seen_to_rotate(found.model)
    return Certificate(
        claim=f"these are all {nouns_of(found.model)[1]}{found.where}",
        verdict=Verdict.OBSERVED,
        method=f"{_tried(found)}{note}{'; others may exist' if others else ''}",
        witness={"kind": "undecided"},
        provenance=provenance(),
    )


def _left_open(found: Found, note: str) -> Certificate:
    """A cover that was tried, and in which parts are left, decides nothing."""
    return replace(_observed(found, note), verdict=Verdict.UNDECIDED)


def _tried(found: Found) -> str:
    if not found.starts:
        return "the equations were not searched at random" if found.unsolved.startswith("in a frame") else (
            "the equations were solved by algebra"
        )
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


def seen_to_rotate(model: Model) -> str:
    """What is seen to rotate where nothing rests."""
    from symdyn.equilibrium.asked.generators import generators_of
    from symdyn.equilibrium.rotating import rotating_states

    if not isinstance(model, Flow) or not generators_of(model):
        return ""
    speeds = [max(map(abs, state.speeds)) for state in rotating_states(model, starts=50, certified=False)]
    shown = ", ".join(f"{speed:.6g}" for speed in speeds)
    return f"; rotating states were found instead, with speed {shown}" if speeds else ""
