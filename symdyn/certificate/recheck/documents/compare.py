"""Documents around certificates: what each says is compared with the records, or listed as not checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from symdyn.certificate.recheck.certificates import recheck_certificate
from symdyn.certificate.recheck.clock import limited
from symdyn.certificate.recheck.documents.answers import check_answer_document
from symdyn.certificate.recheck.documents.equilibria.cycles import check_cycles
from symdyn.certificate.recheck.documents.equilibria.families import check_families, check_family_document
from symdyn.certificate.recheck.documents.equilibria.listed import check_equilibrium_document, check_list
from symdyn.certificate.recheck.documents.equilibria.stability import check_stability
from symdyn.certificate.recheck.documents.laws.count import check_law_document
from symdyn.certificate.recheck.documents.studies import check_claims
from symdyn.certificate.recheck.documents.trees.values import is_same
from symdyn.certificate.refutation import Recheck, RefutedError, UndecidedError, need
from symdyn.certificate.schema import SCHEMA
from symdyn.certificate.statement.domain import domain_in
from symdyn.certificate.witness.equilibria.case_count import CaseCountWitness
from symdyn.certificate.witness.equilibria.solution_count import SolutionCountWitness
from symdyn.certificate.witness.laws.law_count import LawCountWitness

Pair = tuple[str, Recheck]
#: Records that count the equilibria of a list.
_COUNTS: Mapping[Any, Any] = {record.kind: record for record in (SolutionCountWitness, CaseCountWitness)}
_EQUILIBRIA = ("schema", "equilibria", "completeness", "families")


def compared(data: Mapping[str, Any], time_limit: float) -> list[Pair]:
    """The certificates of a record, re-checked, with what the record says beside them; empty if it holds none."""
    if isinstance(data.get("equilibria"), list) and isinstance(data.get("completeness"), Mapping):
        return _equilibria(data, time_limit)
    if isinstance(data.get("claims"), list) and isinstance(data.get("certificates"), list):
        return _study(data, time_limit)
    certificate = data.get("certificate")
    if not isinstance(certificate, Mapping):
        return []
    return [*_of_stability(data, time_limit), _one(data, certificate, time_limit)]


def _of_stability(data: Mapping[str, Any], time_limit: float, place: str = "") -> list[Pair]:
    """The certificate of a stability inside of a record, with what is said beside it."""
    said = data.get("stability")
    certificate = said.get("certificate") if isinstance(said, Mapping) else None
    if not isinstance(said, Mapping) or not isinstance(certificate, Mapping):
        return []
    result = recheck_certificate(certificate, time_limit=time_limit)
    return [(_name(certificate), _with(result, lambda: check_stability(said, data, f"{place}stability"), time_limit))]


def _one(data: Mapping[str, Any], certificate: Mapping[str, Any], time_limit: float, place: str = "") -> Pair:
    result = recheck_certificate(certificate, time_limit=time_limit)
    return _name(certificate), _with(result, lambda: _beside(data, certificate, place), time_limit)


def _with(result: Recheck, compare: Callable[[], tuple[str, ...]], time_limit: float) -> Recheck:
    """A re-check, refuted where the document around it says something else."""
    if result.verdict == "refuted":
        return result
    try:
        with limited(time_limit):
            unchecked = compare()
    except RefutedError as failure:
        return Recheck("refuted", str(failure), failure.place)
    except UndecidedError as reason:
        return Recheck("undecided", str(reason))
    return replace(result, unchecked=(*result.unchecked, *unchecked))


def _beside(data: Mapping[str, Any], certificate: Mapping[str, Any], place: str) -> tuple[str, ...]:
    """Compare what every record says beside its certificate, and what its kind says."""
    said = certificate["verdict"]
    if "verdict" in data:
        need(data["verdict"] == said, f"{place}verdict", f"is {data['verdict']}, but the certificate says {said}")
    if "hypotheses" in data:
        same = data["hypotheses"] == certificate["assumptions"]
        need(same, f"{place}hypotheses", "differ from the assumptions of the certificate")
    kind = certificate["witness"].get("kind")
    if kind == LawCountWitness.kind and certificate["verdict"] != "refuted":
        older = certificate["schema"] != SCHEMA
        return check_law_document(data, LawCountWitness.read(certificate["witness"]), older)
    if "point" in data and "stability" in data:
        return check_equilibrium_document(data, place)
    return check_answer_document(data, place)


def _equilibria(data: Mapping[str, Any], time_limit: float) -> list[Pair]:
    """Every equilibrium and family, and then the statement that these are all, with the list as a whole."""
    pairs = []
    items = data["equilibria"]
    good = all(isinstance(item, Mapping) and isinstance(item.get("certificate"), Mapping) for item in items)
    if not good:
        return [("-", Recheck("refuted", "equilibria: one of them has no certificate", "equilibria"))]
    for number, item in enumerate(items):
        pairs += _of_stability(item, time_limit, f"equilibria[{number}].")
        pairs.append(_one(item, item["certificate"], time_limit, f"equilibria[{number}]."))
    families = data.get("families", [])
    if not isinstance(families, list) or not all(isinstance(family, Mapping) for family in families):
        return [*pairs, ("-", Recheck("refuted", "families: are no list of records", "families"))]
    for number, family in enumerate(families):
        certificate = family.get("certificate")
        if isinstance(certificate, Mapping):
            pairs.append(_family(family, certificate, time_limit, f"families[{number}]."))
        elif certificate is not None:
            pairs.append(("-", Recheck("refuted", f"families[{number}].certificate: is no record", "families")))
    completeness = data["completeness"]
    result = recheck_certificate(completeness, time_limit=time_limit)
    whole = all(found.verdict != "refuted" for _, found in pairs)

    def compare() -> tuple[str, ...]:
        known = (*_EQUILIBRIA, *(("expected",) if _is_expected(data, completeness) else ()))
        known += ("domain",) if _is_domain(data, completeness) else ()
        known += ("period", "cycles") if "cycles" in data else ()
        rest = tuple(name for name in data if name not in known)
        if not whole:
            return rest
        listed = (*check_list(items, completeness), *check_families(families, items, completeness, data.get("modulo")))
        cycles = check_cycles(data["cycles"], data.get("period"), items) if "cycles" in data else ()
        return (*listed, *cycles, *rest)

    return [*pairs, (_name(completeness), _with(result, compare, time_limit))]


def _family(family: Mapping[str, Any], certificate: Mapping[str, Any], time_limit: float, place: str) -> Pair:
    """The certificate of the witness of a family, which says nothing of the others of its points."""
    result = recheck_certificate(certificate, time_limit=time_limit)
    return _name(certificate), _with(result, lambda: check_family_document(family, place), time_limit)


def _is_expected(data: Mapping[str, Any], completeness: Mapping[str, Any]) -> bool:
    """Whether the number of equilibria that is expected was compared with a count that is proved."""
    witness = completeness.get("witness")
    record = _COUNTS.get(witness.get("kind")) if isinstance(witness, Mapping) else None
    if "expected" not in data or record is None or completeness.get("verdict") != "proved":
        return False
    real = record.read(witness).real
    need(is_same(data["expected"], real), "expected", f"is {data['expected']}, but the certificate counts {real}")
    return True


def _is_domain(data: Mapping[str, Any], completeness: Mapping[str, Any]) -> bool:
    """Whether the domain was compared with the inequalities of a count that is proved."""
    witness = completeness.get("witness")
    counted = domain_in(witness) if isinstance(witness, Mapping) and completeness.get("verdict") == "proved" else None
    if "domain" not in data or counted is None:
        return False
    need(data["domain"] == list(counted), "domain", "is not that in which the certificate counts")
    return True


def _study(data: Mapping[str, Any], time_limit: float) -> list[Pair]:
    """Every certificate, and then the claims that name them."""
    if not all(isinstance(one, Mapping) for one in data["certificates"]):
        return [("-", Recheck("refuted", "certificates: one of them is no record", "certificates"))]
    stored = data["certificates"]
    pairs = [(_name(one), recheck_certificate(one, time_limit=time_limit)) for one in stored]
    if not stored and not data["claims"]:
        return []
    if any(found.verdict == "refuted" for _, found in pairs):
        return pairs
    found = {str(one.get("sha256")): (one, result) for one, (_, result) in zip(stored, pairs, strict=True)}
    rest = tuple(name for name in data if name not in ("schema", "claims", "certificates"))
    whole = Recheck("proved", "every claim goes with the certificate that it names")
    return [*pairs, ("claims", _with(whole, lambda: (*check_claims(data["claims"], found), *rest), time_limit))]


def _name(certificate: Mapping[str, Any]) -> str:
    return str(certificate.get("sha256"))[:12]
