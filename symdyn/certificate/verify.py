"""Re-check of stored certificates with plain integers: no SymPy, no code of the engines."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from symdyn.certificate.canonical import digest
from symdyn.certificate.recheck.covers.cover import check_cover
from symdyn.certificate.recheck.equilibria.equilibrium import check_equilibrium
from symdyn.certificate.recheck.equilibria.solution_count import check_solution_count
from symdyn.certificate.recheck.identities.residual import check_residual
from symdyn.certificate.recheck.laws.conservation import check_closure, check_conserved, check_not_conserved
from symdyn.certificate.recheck.laws.count_formula import check_count_formula
from symdyn.certificate.recheck.laws.law_count import check_law_count
from symdyn.certificate.recheck.laws.symmetries import check_symmetries
from symdyn.certificate.refutation import Recheck, RefutedError, need
from symdyn.certificate.witness import equilibrium, residual

_SCHEMA = "symdyn/certificate/1"
_SIGNED = ("schema", "claim", "verdict", "method", "witness", "assumptions")
_CHECKS: dict[str, Callable[[dict[str, Any], str, str], str]] = {
    "law count": check_law_count,
    "closure": check_closure,
    "conserved": check_conserved,
    "not conserved": check_not_conserved,
    "equilibrium": check_equilibrium,
    "interval cover": check_cover,
    "linear symmetries": check_symmetries,
}


def verify_data(data: Any) -> Recheck:
    """Re-check one certificate, given as JSON data.

    Returns
    -------
    Recheck
        "proved" with what was found, "refuted" with the place, or the weaker verdict ("probable", "undecided") that
        the certificate itself claims beyond what was proved again.
    """
    try:
        need(isinstance(data, dict) and data.get("schema") == _SCHEMA, "schema", f"is not {_SCHEMA}")
        need(all(name in data for name in _SIGNED), "certificate", "lacks a field")
        signed = {name: data[name] for name in _SIGNED}
        need(data.get("sha256") == digest(signed), "sha256", "does not fit the content: something was changed")
        witness = data["witness"]
        need(isinstance(witness, dict), "witness", "is no record")
        kind = witness.get("kind")
        if kind == "count of real solutions":
            return check_solution_count(witness, data["verdict"], data["claim"])
        if kind == "symbolic residual":
            found = check_residual(witness, data["verdict"], data["claim"])
            _compare_hypotheses(witness, data["assumptions"])
            return found
        if kind == "undecided" and data["verdict"] in ("undecided", "observed"):
            return Recheck(data["verdict"], "the certificate itself does not claim a proof")
        if kind == "count formula":  # a fit is no proof, and its counts are not proved again here
            return Recheck("observed", check_count_formula(witness, data["verdict"]))
        need(kind in _CHECKS, "witness.kind", f"is {kind!r}, which this version cannot check")
        reason = _CHECKS[kind](witness, data["verdict"], data["claim"])
        if kind == "equilibrium" and "dynamics" in witness:
            _compare_hypotheses(witness, data["assumptions"])
        if kind == "closure" and data["verdict"] != "proved":
            return Recheck(data["verdict"], reason)
        return Recheck("proved", reason)
    except ZeroDivisionError:
        return Recheck("refuted", "witness: a division by zero cannot be excluded", "witness")
    except RefutedError as failure:
        return Recheck("refuted", str(failure), failure.place)
    except MemoryError:
        return Recheck("refuted", "witness: needs more memory than there is", "witness")
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError, RecursionError) as failure:
        return Recheck("refuted", f"witness: is malformed ({type(failure).__name__})", "witness")


def _compare_hypotheses(witness: dict[str, Any], stated: Any) -> None:
    """What the witness does not show must be stated, and nothing else."""
    if witness["kind"] == "equilibrium":
        expected = equilibrium.hypotheses_of(equilibrium.EquilibriumWitness.read(witness, "witness"))
    elif "field" in witness:
        expected = residual.hypotheses_of(residual.ResidualWitness.read(witness, "witness"))
    else:
        return
    need(list(expected) == list(stated), "assumptions", "are not those that the witness leaves open")


def verify_text(text: str) -> list[tuple[str, Recheck]]:
    """Re-check every certificate in a JSON document: a certificate, or a record that holds one (an answer).

    Returns
    -------
    list of (id, Recheck)
        The id is the beginning of the stored SHA-256.

    Raises
    ------
    ValueError
        If the text is no JSON or holds no certificate.
    """
    try:
        data = json.loads(text)
        found = list(_answers(data))
    except RecursionError:
        raise ValueError("is nested too deeply to be a certificate") from None
    if not found:
        raise ValueError("holds no certificate: a certificate has the field schema and a witness")
    return [(str(certificate.get("sha256"))[:12], _checked(certificate, outer)) for certificate, outer in found]


def _answers(data: Any) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Certificates in a document, each with the answer around it."""
    if isinstance(data, list):
        return [pair for entry in data for pair in _answers(entry)]
    if not isinstance(data, dict):
        return []
    if data.get("schema") == _SCHEMA:
        return [(data, None)]
    inner = data.get("certificate")
    if isinstance(inner, dict):
        return [(inner, data)]
    return [pair for value in data.values() for pair in _answers(value)]


def _checked(certificate: dict[str, Any], outer: dict[str, Any] | None) -> Recheck:
    """Re-check, and compare what the answer around the certificate says with its witness."""
    result = verify_data(certificate)
    if outer is None or result.verdict == "refuted":
        return result
    witness = certificate["witness"]
    for name in ("lower", "upper", "exhibited"):
        if name in outer and name in witness and outer[name] != witness[name]:
            return Recheck("refuted", f"{name}: is {outer[name]}, but the certificate proves {witness[name]}", name)
    if outer.get("at") is not None and outer["at"] != witness.get("local", {}).get("claims"):
        return Recheck("refuted", "at: is not what the certificate says of the point", "at")
    if "hypotheses" in outer and outer["hypotheses"] != certificate["assumptions"]:
        return Recheck("refuted", "hypotheses: differ from the assumptions of the certificate", "hypotheses")
    if "verdict" in outer and outer["verdict"] != certificate["verdict"]:
        return Recheck(
            "refuted", f"verdict: is {outer['verdict']}, but the certificate says {certificate['verdict']}", "verdict"
        )
    if "count" in outer and outer["count"] != (
        witness["lower"] if witness.get("lower") == witness.get("upper") else None
    ):
        return Recheck("refuted", f"count: is {outer['count']}, which the certificate does not prove", "count")
    return result
