"""A count of laws in a document: bounds, laws as text and LaTeX, ladder, all compared with the record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import flint

from symdyn.certificate.recheck.documents.laws.functions import WrittenFunctions, is_of_notion
from symdyn.certificate.recheck.documents.laws.matrices import (
    Matrix,
    check_latex,
    entries_of,
    is_definition,
    read_definition,
    read_identity,
)
from symdyn.certificate.recheck.documents.laws.motion import FreeMotion
from symdyn.certificate.recheck.documents.laws.phase_matrices import entries_in_matrices, is_in_matrices
from symdyn.certificate.recheck.documents.trees.formulas import (
    TooLargeError,
    UnreadableError,
    calls,
    read_latex,
    read_text,
)
from symdyn.certificate.recheck.documents.trees.functions import Functions
from symdyn.certificate.recheck.documents.trees.values import is_same
from symdyn.certificate.recheck.laws.conservation import check_law
from symdyn.certificate.recheck.laws.elementary import Elementary
from symdyn.certificate.recheck.laws.polynomial_model import PolynomialModel, polynomial_gradient
from symdyn.certificate.recheck.laws.residues import mix
from symdyn.certificate.refutation import RefutedError, UndecidedError, integer, listed, need, one_of, record
from symdyn.certificate.statement.names import latex_name, latex_names, text_name, undotted_latex_name
from symdyn.certificate.statement.notation import neuron_rows
from symdyn.certificate.witness.laws.law import ElementaryLaw, Law, MatrixLaw, NeuronLaws, PolynomialLaw
from symdyn.certificate.witness.laws.law_count import LawCountWitness, Part
from symdyn.certificate.witness.laws.lifted_model import LiftedFields
from symdyn.certificate.witness.laws.models import PolynomialTerms
from symdyn.certificate.witness.laws.network_models import MatrixProgram, ReluGraph, ReluLayers

_NOTIONS = ("local analytic", "elementary", "rational", "polynomial")
_PRIME = 2**31 - 1
_NOT_READ = "is not read"
_COMPARED = ("schema", "lower", "upper", "count", "exhibited", "verdict", "laws", "dimension", "at", "ladder",
             "hypotheses", "certificate")  # fmt: skip


def check_law_document(data: Mapping[str, Any], witness: LawCountWitness, older: bool = False) -> tuple[str, ...]:
    """Refute, or say what of the document was not compared.

    Laws of an `older` schema may have been set in other ways, and without their integrating factor: what is not read,
    or differs in LaTeX alone, is undecided there.
    """
    for name in ("lower", "upper", "exhibited", "dimension"):
        if name in data:
            own = getattr(witness, name)
            need(is_same(data[name], own), name, f"is {data[name]}, but the certificate proves {own}")
    if "count" in data:
        count = witness.lower if witness.lower == witness.upper else None
        need(is_same(data["count"], count), "count", f"is {data['count']}, which the certificate does not prove")
    at = None if witness.local is None else witness.local.claims
    need(is_same(data.get("at"), at), "at", "is not what the certificate says of the point")
    unchecked = [name for name in data if name not in _COMPARED]
    if "ladder" in data:
        unchecked += _check_ladder(data["ladder"], witness)
    if "laws" in data:
        try:
            unchecked += _Laws(data["laws"], witness).check()
        except RefutedError as failure:
            if older and (failure.place.endswith(".latex") or _NOT_READ in str(failure)):
                raise UndecidedError(f"{failure}, as laws of the first schema are written") from None
            raise
    return tuple(unchecked)


def _check_ladder(rungs: Any, witness: LawCountWitness) -> list[str]:
    """The bounds of each notion of law; counts in hand come from the kinds of the laws that are stored."""
    need(len(listed(rungs, "ladder")) == len(_NOTIONS), "ladder", f"has {len(rungs)} rungs, not {len(_NOTIONS)}")
    unchecked = []
    in_hand = {notion: _in_hand(witness, notion) for notion in _NOTIONS}
    highest = witness.lower
    for number, (rung, notion) in enumerate(zip(rungs, _NOTIONS, strict=True)):
        place = f"ladder[{number}]"
        record(rung, place, ("notion", "lower", "upper", "bounds"))
        one_of(rung.get("notion"), f"{place}.notion", (notion,))
        lower = integer(rung.get("lower"), f"{place}.lower")
        need(in_hand[notion] <= lower <= highest, f"{place}.lower", f"is {lower}, which the laws in hand do not show")
        need(number > 1 or lower == in_hand[notion], f"{place}.lower", f"is {lower}, not {in_hand[notion]}")
        if lower > in_hand[notion]:
            unchecked.append(f"{place}.lower: {lower} laws of this notion, of which {in_hand[notion]} are stored")
        highest = lower
        upper = rung.get("upper")
        need(is_same(upper, witness.upper), f"{place}.upper", f"is {upper}, but the certificate proves {witness.upper}")
        said, complete = rung.get("bounds"), lower == witness.upper
        need(isinstance(said, str), f"{place}.bounds", "is no text")
        need(said != "complete" or complete, f"{place}.bounds", "says complete, which the certificate does not show")
        if said not in ("complete", "two-sided bound"):
            unchecked.append(f"{place}.bounds: what was searched")
    return unchecked


def _in_hand(witness: LawCountWitness, notion: str) -> int:
    """How many independent laws of a notion are stored."""
    if notion == "local analytic":
        return witness.lower
    total = 0
    for part in witness.parts:
        if part.independence is None:
            total += part.exhibited
            continue
        for row in part.independence.rows:
            law = part.laws[row[0] if isinstance(row, tuple) else row]
            if isinstance(witness.model, LiftedFields):
                total += isinstance(law, PolynomialLaw) and is_of_notion(law, witness.model, notion)
            else:
                total += notion == "elementary" or _is(law, notion)
    return total


def _is(law: Law, notion: str) -> bool:
    """Whether a law is rational, or a polynomial."""
    if not isinstance(law, ElementaryLaw):
        return True
    if not law.logarithms:
        return notion == "rational" or law.denominator == ((1, ()),)
    weights = [weight for weight, _ in law.logarithms]
    rational = not law.numerator and all(not monomial for weight in weights for _, monomial in weight)
    return rational and (notion == "rational" or len({weight[0][0] > 0 for weight in weights}) == 1)


class _Laws:
    """The laws that a document lists, and those that its certificate holds."""

    def __init__(self, rows: Any, witness: LawCountWitness) -> None:
        self.rows: list[Mapping[str, Any]] = []
        for number, row in enumerate(listed(rows, "laws")):
            both = isinstance(row, Mapping) and isinstance(row.get("text"), str) and isinstance(row.get("latex"), str)
            need(both, f"laws[{number}]", "has no text or no LaTeX")
            self.rows.append(row)
        self.witness, self.model = witness, witness.model
        self.names = () if isinstance(witness.model, ReluLayers | ReluGraph) else witness.model.coordinate_names

    def check(self) -> list[str]:
        """Refute, or say what was not compared."""
        note = ["notes and sources of laws"] if any("note" in row or "source" in row for row in self.rows) else []
        known = ("text", "latex", "note", "source")
        note += [f"laws[{k}].{name}" for k, row in enumerate(self.rows) for name in row if name not in known]
        if isinstance(self.model, ReluLayers | ReluGraph):
            self._check_neurons(self.model)
            return note
        stored = list(_stored_laws(self.witness))
        if not self.rows:
            need(not self.witness.exhibited, "laws", f"are none, but {self.witness.exhibited} are in hand")
            return note
        if len(stored) == len(self.rows) and all(map(self._is_stored, stored, self.rows, range(len(stored)))):
            return note
        return note + self._one_by_one(stored)

    def _check_neurons(self, model: ReluLayers | ReluGraph) -> None:
        wanted = neuron_rows(model)
        found = [(row["text"], row["latex"]) for row in self.rows]
        need(found == wanted, "laws", "are not the balances of the hidden neurons")

    def _is_stored(self, law: Law, row: Mapping[str, Any], number: int) -> bool:
        """Whether a line is just this law of the certificate, by structure."""
        if not isinstance(law, MatrixLaw) or not isinstance(self.model, MatrixProgram):
            return False
        blocks = [name for name, *_ in self.model.blocks]
        if read_identity(row["text"], blocks) != law:
            return False
        check_latex(law, blocks, row, f"laws[{number}]")
        return True

    def _one_by_one(self, stored: list[Law]) -> list[str]:
        """Scalar laws are found among those of the certificate; identities between matrices are laws entry by entry."""
        names = self.names
        scalars: list[int] = []
        entries: list[PolynomialLaw] = []
        unchecked: list[str] = []
        shown: set[tuple[PolynomialLaw, ...]] = set()
        number = 0
        while number < len(self.rows):
            place, last = f"laws[{number}]", number + 1
            while last < len(self.rows) and is_definition(self.rows[last]["text"]):
                last += 1
            identity = self._identity(number, last, names)
            if identity is not None:
                said = tuple(identity)
                need(said not in shown, place, "is listed twice")
                shown.add(said)
                entries += identity
            else:
                need(last == number + 1, place, "is followed by matrices that it does not name")
                try:
                    scalars.append(self._found(self.rows[number], stored, names, place))
                except TooLargeError as reason:
                    raise UndecidedError(f"{place} is not compared: it {reason}") from None
                except UnreadableError as reason:
                    raise RefutedError(place, f"{_NOT_READ}: it {reason}") from None
            number = last
        self._check_number(stored, scalars, entries)
        return unchecked

    def _identity(self, number: int, last: int, names: Sequence[str]) -> list[PolynomialLaw] | None:
        """The entries of the identity on a line, each checked to be a law; None if it is a scalar."""
        place = f"laws[{number}]"
        matrices: dict[str, Matrix] = {}
        in_phase = self._phase_identity(number, last, names)
        if in_phase is not None:
            return in_phase
        if last > number + 1:
            numbers, shown = {text_name(name): k for k, name in enumerate(names)}, self._latex()
            for k in range(number + 1, last):
                name, matrix = read_definition(self.rows[k], numbers, shown, f"laws[{k}]")
                need(name not in matrices, f"laws[{k}]", f"defines {name[:40]} again")
                matrices[name] = matrix
        elif isinstance(self.model, MatrixProgram):
            matrices = _blocks_of(self.model)
        if not matrices:
            return None
        law = read_identity(self.rows[number]["text"], list(matrices))
        if law is None:
            need(last == number + 1, place, "is followed by matrices that it does not name")
            return None
        check_latex(law, list(matrices), self.rows[number], place)
        found = [PolynomialLaw(terms) for terms in entries_of(law, list(matrices.values()), place) if terms]
        for one in found:
            check_law(self.model, one, place)
        return found

    def _phase_identity(self, number: int, last: int, names: Sequence[str]) -> list[PolynomialLaw] | None:
        """The entries of a matrix of laws of a phase space, each checked to be a law; None of other lines."""
        setting, place = self.witness.setting, f"laws[{number}]"
        motion = None if setting is None else setting.motion
        if motion is None or not is_in_matrices(self.rows[number]["text"]):
            return None
        defined: dict[str, Matrix] = {}
        numbers, shown = {text_name(name): k for k, name in enumerate(names)}, self._latex()
        for k in range(number + 1, last):
            name, matrix = read_definition(self.rows[k], numbers, shown, f"laws[{k}]")
            need(name not in defined, f"laws[{k}]", f"defines {name[:40]} again")
            defined[name] = matrix
        coords = names[: self.witness.dimension]
        entries = entries_in_matrices(self.rows[number], place, coords, motion, self._free_motion, defined)
        if entries is None:
            return None
        found = [PolynomialLaw(terms) for terms in entries]
        for one in found:
            check_law(self.model, one, place)
        return found

    def _found(self, row: Mapping[str, Any], stored: list[Law], names: Sequence[str], place: str) -> int:
        """The number of the stored law that a line states; text and LaTeX must state the same."""
        plain = {text_name(name): name for name in names}
        latex = {undotted_latex_name(name): name for name in names if name.endswith("_dot")}
        latex |= {shown: name for name, shown in self._latex().items()}
        written = self._written_functions or self._free_motion
        if written is not None:
            return _found_in_time(written, row, stored, (plain, latex), place)
        text, set_ = read_text(row["text"], plain), read_latex(row["latex"], latex)
        functions = Functions(names, calls(text) + calls(set_) + 1 + sum(map(_symbols, stored)))
        value = functions.value(text)
        need(functions.are_equal(value, functions.value(set_)), f"{place}.latex", "is not what the text says")
        for number, law in enumerate(stored):
            if isinstance(law, PolynomialLaw | ElementaryLaw) and functions.are_equal(value, functions.law(law)):
                return number
        raise RefutedError(f"{place}.text", "is none of the laws of the certificate")

    def _latex(self) -> dict[str, str]:
        """How each name is set; those of networks are made by rule, and never alike."""
        if isinstance(self.model, MatrixProgram):
            return {name: latex_name(name) for name in self.names}
        return latex_names(self.names)

    @cached_property
    def _written_functions(self) -> WrittenFunctions | None:
        return WrittenFunctions(self.model) if isinstance(self.model, LiftedFields) else None

    @cached_property
    def _free_motion(self) -> FreeMotion | None:
        """The dynamics whose laws are functions of time, on the constants of motion without forces."""
        setting = self.witness.setting
        motion = None if setting is None else setting.motion
        if motion is None or not motion.is_reduced:
            return None
        return FreeMotion(motion, self.names, self.witness.dimension)

    def _check_number(self, stored: list[Law], scalars: list[int], entries: list[PolynomialLaw]) -> None:
        """As many independent laws are listed as are said to be in hand."""
        exhibited = self.witness.exhibited
        need(len(set(scalars)) == len(scalars), "laws", "list one law twice")
        if set(range(len(stored))) == set(scalars):
            return
        need(len(scalars) + len(entries) >= exhibited, "laws", f"are fewer than the {exhibited} in hand")
        laws = [*(stored[k] for k in scalars), *entries]
        rank = _rank(self.model, laws)
        need(rank >= exhibited, "laws", f"have {rank} independent gradients, and {exhibited} are said to be in hand")


def _found_in_time(
    motion: FreeMotion | WrittenFunctions,
    row: Mapping[str, Any],
    stored: list[Law],
    names: tuple[Mapping[str, str], Mapping[str, str]],
    place: str,
) -> int:
    """The number of the stored law that a line states as a function of time, or with functions."""
    text, latex = motion.read(row["text"], names[0], read_text), motion.read(row["latex"], names[1], read_latex)
    same = motion.is_equal(text, latex)
    need(same is not False, f"{place}.latex", "is not what the text says")
    if same is None:
        raise UndecidedError(f"{place}: text and LaTeX are not seen to say the same")
    is_open = False
    for number, law in enumerate(stored):
        if isinstance(law, PolynomialLaw | ElementaryLaw):
            equal = motion.is_equal(text, motion.law(law))
            if equal:
                return number
            is_open |= equal is None
    if is_open:
        raise UndecidedError(f"{place}.text is not seen to be one of the laws of the certificate")
    raise RefutedError(f"{place}.text", "is none of the laws of the certificate")


def _symbols(law: Law) -> int:
    return 4 * len(law.logarithms) if isinstance(law, ElementaryLaw) else 0


def _blocks_of(model: MatrixProgram) -> dict[str, Matrix]:
    found, start = {}, 0
    for name, rows, columns in model.blocks:
        places = [[(start + i * columns + j, False) for j in range(columns)] for i in range(rows)]
        found[name] = places
        start += rows * columns
    return found


def _stored_laws(witness: LawCountWitness) -> Iterator[Law]:
    """The laws of the certificate in numbers of the whole model."""
    for part in witness.parts:
        for law in part.laws:
            yield _in_whole(law, part) if isinstance(witness.model, MatrixProgram) else law


def _in_whole(law: Law, part: Part) -> Law:
    """A law of a part of a program; blocks and coordinates are numbered within the part."""
    if isinstance(law, MatrixLaw) and part.blocks is not None:
        return MatrixLaw(law.part, tuple((value, part.blocks[block], side) for value, block, side in law.terms))
    if isinstance(law, PolynomialLaw) and part.coordinates is not None:
        own = part.coordinates
        return PolynomialLaw(tuple((value, tuple(sorted(own[k] for k in m))) for value, m in law.terms))
    return law


def _rank(model: PolynomialTerms | MatrixProgram | Any, laws: Sequence[Law]) -> int:
    """Rank of the gradients of laws at a point mod p: no more than their generic rank."""
    names = model.coordinate_names
    values = mix(11, 0, len(names), _PRIME)
    value = {k: int(x) for k, x in enumerate(values)}
    coordinates = list(range(model.dimension))
    rows = []
    for law in laws:
        if isinstance(law, PolynomialLaw):
            rows.append(polynomial_gradient(law.terms, value, coordinates, _PRIME))
        elif isinstance(law, ElementaryLaw) and isinstance(model, PolynomialTerms):
            rows.append(Elementary(PolynomialModel(model), law, "laws").gradient(value, _PRIME))
        elif not isinstance(law, NeuronLaws | MatrixLaw):
            raise RefutedError("laws", "are of a kind whose gradients are not taken")
    if not rows:
        return 0
    return int(flint.nmod_mat(len(rows), model.dimension, [x for row in rows for x in row], _PRIME).rank())
