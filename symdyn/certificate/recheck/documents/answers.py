"""Other answers in documents: closures, count formulas, symmetries, richness, candidates, and their records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from symdyn.certificate.recheck.documents.equilibria.stability import stated_by
from symdyn.certificate.recheck.documents.trees.values import is_same
from symdyn.certificate.refutation import listed, need
from symdyn.certificate.witness.equilibria.residual import ResidualWitness
from symdyn.certificate.witness.laws.closure import ClosureWitness, GradientRankWitness, UnseenFormsWitness
from symdyn.certificate.witness.laws.count_formula import CountFormulaWitness
from symdyn.certificate.witness.laws.symmetries import Entries, SymmetriesWitness
from symdyn.certificate.witness.stability.definite_law import DefiniteLawWitness
from symdyn.certificate.witness.stability.lyapunov import LyapunovWitness

_COMPARED = ("schema", "verdict", "hypotheses", "certificate")


def check_answer_document(data: Mapping[str, Any], place: str = "") -> tuple[str, ...]:
    """Refute, or say what of the record of an answer was not compared with its certificate."""
    witness = data["certificate"]["witness"]
    known: tuple[str, ...] = ()
    if isinstance(witness, Mapping) and witness.get("kind") in _KINDS:
        record, check = _KINDS[witness["kind"]]
        known = check(data, record.read(witness), place)
    return tuple(f"{place}{name}" for name in data if name not in (*_COMPARED, *known))


def _same(data: Mapping[str, Any], place: str, wanted: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields of a document that must be just these values, where they are there."""
    for name, value in wanted.items():
        if name in data:
            reason = f"is {str(data[name])[:60]}, which the certificate does not say"
            need(is_same(data[name], value), f"{place}{name}", reason)
    return tuple(wanted)


def _closure(data: Mapping[str, Any], record: ClosureWitness, place: str) -> tuple[str, ...]:
    return _same(data, place, {"rank": record.rank.rank})


def _formula(data: Mapping[str, Any], record: CountFormulaWitness, place: str) -> tuple[str, ...]:
    stored = record.to_data()
    names = {"family": "family", "variables": "variables", "pieces": "pieces", "fitted": "fitted"}
    names |= {"held_out": "held out", "untested": "untested"}
    return _same(data, place, {name: stored[own] for name, own in names.items()})


def _symmetries(data: Mapping[str, Any], record: SymmetriesWitness, place: str) -> tuple[str, ...]:
    size = record.model.dimension
    wanted = {
        "dimension": len(record.symmetric) + len(record.antisymmetric),
        "symmetric": [_dense(entries, size) for entries in record.symmetric],
        "antisymmetric": [_dense(entries, size) for entries in record.antisymmetric],
    }
    return _same(data, place, wanted)


def _dense(entries: Entries, size: int) -> list[list[int]]:
    rows = [[0] * size for _ in range(size)]
    for a, b, value in entries:
        rows[a][b] = value
    return rows


def _rich(data: Mapping[str, Any], record: GradientRankWitness, place: str) -> tuple[str, ...]:
    same: dict[str, Any] = {"rich": True, "rank": record.needed, "needed": record.needed, "missing": [], "unseen": []}
    return _same(data, place, same | {"loss": record.loss, "data": record.data})


def _poor(data: Mapping[str, Any], record: UnseenFormsWitness, place: str) -> tuple[str, ...]:
    number = len(record.forms)
    for name in ("missing", "unseen"):
        if name in data:
            found: Sequence[Any] = listed(data[name], f"{place}{name}")
            need(len(found) in (0, number), f"{place}{name}", f"are {len(found)}, but {number} directions are not seen")
    same: dict[str, Any] = {"rich": False, "rank": record.needed - number, "needed": record.needed}
    return _same(data, place, same | {"loss": record.loss, "data": record.data})


def _candidate(data: Mapping[str, Any], record: ResidualWitness, place: str) -> tuple[str, ...]:
    known = _same(data, place, {"kind": "multiplier" if record.dynamics == "iteration" else "eigenvalue"})
    said = data.get("stability")
    if isinstance(said, Mapping) and isinstance(said.get("certificate"), Mapping):
        stated = stated_by(said["certificate"])
        known = (*known, "stability")
        if stated:
            known = (*known, *_same(data, place, {"conclusion": f"{stated['conclusion']}: {stated['reason']}"}))
    if data["certificate"]["verdict"] != "proved" or "residual" not in data:
        return known
    return (*known, *_same(data, place, {"residual": ["0"] * len(record.names)}))


def _stability(data: Mapping[str, Any], record: Any, place: str) -> tuple[str, ...]:
    """A stability as a document of its own."""
    return _same(data, place, stated_by(data["certificate"]))


_KINDS: Mapping[str, tuple[Any, Callable[[Mapping[str, Any], Any, str], tuple[str, ...]]]] = {
    record.kind: (record, check)
    for record, check in (
        (ClosureWitness, _closure),
        (CountFormulaWitness, _formula),
        (SymmetriesWitness, _symmetries),
        (GradientRankWitness, _rich),
        (UnseenFormsWitness, _poor),
        (ResidualWitness, _candidate),
        (DefiniteLawWitness, _stability),
        (LyapunovWitness, _stability),
    )
}
