"""The certificate of a stability, which stands inside of a record of an equilibrium or of a candidate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flint

from symdyn.certificate.recheck.documents.equilibria.points import CertifiedPoint, certified_point
from symdyn.certificate.recheck.documents.trees.values import is_same
from symdyn.certificate.recheck.stability.second_order import second_order
from symdyn.certificate.refutation import need
from symdyn.certificate.witness.program import Program
from symdyn.certificate.witness.stability.definite_law import DefiniteLawWitness
from symdyn.certificate.witness.stability.lyapunov import LyapunovWitness

_BITS = 256
_NEUTRAL = "stable, not asymptotically"


def check_stability(said: Mapping[str, Any], around: Mapping[str, Any], place: str) -> tuple[str, ...]:
    """Refute, or say what of a stability was not compared with its certificate.

    Parameters
    ----------
    said
        The record of the stability.
    around
        The record of the equilibrium, with its own certificate.
    place
        Where the stability stands.
    """
    certificate = said["certificate"]
    wanted = stated_by(certificate)
    if not wanted:
        return (f"{place}: its certificate proves no stability",)
    for name, value in wanted.items():
        if name in said:
            need(is_same(said[name], value), f"{place}.{name}", f"is {said[name]!r}, not {value!r}")
    unchecked = [f"{place}.{name}" for name in said if name not in (*wanted, "certificate")]
    own = around.get("certificate")
    known = certified_point(own) if isinstance(own, Mapping) else None
    if known is None:
        return (*unchecked, f"{place}: that it is that of this equilibrium")
    _check_point(certificate["witness"], known, place)
    return tuple(unchecked)


def stated_by(certificate: Mapping[str, Any]) -> dict[str, Any]:
    """What a certificate of stability says, field by field; empty for other certificates."""
    witness = certificate["witness"]
    if certificate["verdict"] != "proved":
        return {}
    if witness.get("kind") == DefiniteLawWitness.kind:
        law = DefiniteLawWitness.read(witness)
        reason = str(certificate["claim"]).partition(": ")[2]
        return _at_axis(len(law.names) - law.equations) | {"reason": reason}
    if witness.get("kind") != LyapunovWitness.kind:
        return {}
    record = LyapunovWitness.read(witness)
    if record.falling.by == "zero":
        return _at_axis(len(record.setting.names)) | {"reason": certificate["claim"]}
    return {"conclusion": "stable", "reason": certificate["claim"]} if record.strict else {}


def _at_axis(dimension: int) -> dict[str, Any]:
    """A conserved function with a strict minimum leaves no eigenvalue beside the axis."""
    return {"verdict": "proved", "unstable": 0, "neutral": dimension, "stable": 0, "conclusion": _NEUTRAL}


def _check_point(witness: Mapping[str, Any], known: CertifiedPoint, place: str) -> None:
    """The equilibrium of the certificate is the certified one, and its field the same formulas."""
    with flint.ctx.workprec(_BITS):
        if witness["kind"] == DefiniteLawWitness.kind:
            law = DefiniteLawWitness.read(witness)
            names, program, radius = law.names, law.program, law.radius
            point = [one.value for one in second_order(law.point, ())]
            if radius is not None:
                wide = flint.arb(0, flint.arb(flint.fmpq(radius.numerator, radius.denominator)))
                point = [x + wide for x in point]
        else:
            function = LyapunovWitness.read(witness)
            names, program = function.setting.names, function.program
            point = [flint.arb(flint.fmpq(x.numerator, x.denominator)) for x in function.setting.point]
        need(names == known.names, f"{place}.certificate", "is of other coordinates")
        near = all(x.overlaps(y) for x, y in zip(point, known.balls, strict=True))
        need(near, f"{place}.certificate", "is of another point")
    speeds = [_formulas(one, len(names)) for one in (program, known.program)]
    dynamics = witness["setting"]["dynamics"] if "setting" in witness else witness["dynamics"]
    if dynamics == "flow":
        need(speeds[0] == speeds[1], f"{place}.certificate", "is of another flow")


def _formulas(program: Program, size: int) -> list[str] | None:
    outputs = program.outputs[:size]
    return Program(program.inputs, program.steps, outputs).texts([f"x{k}" for k in range(program.inputs)], 10_000)
