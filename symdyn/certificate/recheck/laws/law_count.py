"""Re-check of a count of conservation laws: both inequalities, part by part."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdyn.certificate.recheck.laws.brackets import Model, check_brackets, largest_rank
from symdyn.certificate.recheck.laws.elementary import Elementary, check_logarithms
from symdyn.certificate.recheck.laws.existence import check_existence
from symdyn.certificate.recheck.laws.formula_model import FormulaModel
from symdyn.certificate.recheck.laws.lifted_model import LiftedModel
from symdyn.certificate.recheck.laws.local import check_local
from symdyn.certificate.recheck.laws.paths import count_of_paths
from symdyn.certificate.recheck.laws.polynomial_model import PolynomialModel, polynomial_gradient
from symdyn.certificate.recheck.laws.program_model import ProgramModel
from symdyn.certificate.recheck.laws.residues import Residues, check_prime, determinant
from symdyn.certificate.refutation import Recheck, RefutedError, need
from symdyn.certificate.witness.brackets import Brackets, Minor
from symdyn.certificate.witness.laws.law import ElementaryLaw, MatrixLaw, NeuronLaws, PolynomialLaw, Terms, variables_in
from symdyn.certificate.witness.laws.law_count import LawCountWitness, Part
from symdyn.certificate.witness.laws.lifted_model import LiftedFields
from symdyn.certificate.witness.laws.models import FormulaSteps, PolynomialTerms
from symdyn.certificate.witness.laws.models import Model as StoredModel
from symdyn.certificate.witness.laws.network_models import MatrixProgram, ReluGraph, ReluLayers


def check_law_count(witness: LawCountWitness, verdict: str) -> Recheck:
    """Refute, or say in one sentence what was found to hold."""
    parts = witness.parts
    _check_partition(witness.model, parts)
    for name in ("lower", "upper", "exhibited"):
        said, total = getattr(witness, name), sum(getattr(part, name) for part in parts)
        need(said == total, f"witness.{name}", f"is {said}, but the parts add up to {total}")
    lower, upper = witness.lower, witness.upper
    for number, part in enumerate(parts):
        place = f"parts[{number}]"
        if part.by == "paths":
            _check_paths(witness.model, part, place)
        else:
            _check_part(_model(witness.model, part), part, place)
    wanted = ("proved",) if lower == upper else ("probable", "undecided")
    need(verdict in wanted, "verdict", f"is {verdict}, but the bounds are {lower} and {upper}")
    for number, part in enumerate(parts):
        if verdict == "probable" and part.lower < part.upper:
            stated = part.error_bound is not None
            need(stated, f"parts[{number}].error bound", "is missing, but the verdict is probable")
    at, unchecked = ("", ()) if witness.local is None else check_local(witness.local, witness.model)
    found = f"{lower} <= laws <= {upper} holds: ranks, identities and minors were computed again{at}"
    return Recheck("proved", found, unchecked=unchecked)


def _model(model: StoredModel, part: Part) -> Model:
    if isinstance(model, LiftedFields):
        need(not part.is_expanded, "parts.model", "is the word expanded, but the model is no program")
        return LiftedModel(model)
    if isinstance(model, PolynomialTerms):
        need(not part.is_expanded, "parts.model", "is the word expanded, but the model is no program")
        return PolynomialModel(model, part.coordinates, part.outputs)
    if isinstance(model, FormulaSteps):
        need(not part.is_expanded, "parts.model", "is the word expanded, but the model is no program")
        return FormulaModel(model)
    assert isinstance(model, MatrixProgram)
    program = ProgramModel(model if part.blocks is None else _program_part(model, part.blocks))
    return program.expanded() if part.is_expanded else program


def _check_partition(model: StoredModel, parts: tuple[Part, ...]) -> None:
    """The parts must cover all coordinates, and all outputs that use any, once."""
    if len(parts) == 1 and parts[0].coordinates is None and parts[0].outputs is None and parts[0].blocks is None:
        return
    if isinstance(model, MatrixProgram):
        _check_program_partition(model, parts)
        return
    if not isinstance(model, PolynomialTerms) or model.kind != "outputs":
        raise RefutedError("witness.parts", "only outputs and programs fall into parts")
    coordinates: list[int] = []
    outputs: list[int] = []
    for number, part in enumerate(parts):
        need(part.blocks is None, f"parts[{number}].blocks", "belong to a program")
        for name, found, size in (("coordinates", coordinates, model.dimension), ("outputs", outputs, model.number)):
            own = getattr(part, name)
            need(own is not None and all(k < size for k in own), f"parts[{number}].{name}", "are missing or too large")
            found += own
    need(sorted(coordinates) == list(range(model.dimension)), "witness.parts", "do not partition the coordinates")
    need(len(set(outputs)) == len(outputs), "witness.parts", "share outputs")
    owner = {k: number for number, part in enumerate(parts) for k in part.coordinates or ()}
    home = {k: number for number, part in enumerate(parts) for k in part.outputs or ()}
    whole = PolynomialModel(model)
    flat, start = whole.variable.tolist(), whole.start.tolist()
    for term, output in enumerate(whole.row.tolist()):
        used = {owner[k] for k in flat[start[term] : start[term + 1]] if k < model.dimension}
        need(not used or output in home, "witness.parts", "leave out an output")
        need(used <= {home.get(output)}, "parts", f"share a coordinate: output {output} uses one of another part")


def _check_program_partition(model: MatrixProgram, parts: tuple[Part, ...]) -> None:
    """The parts must hold every block once, and no output may be made of blocks of two parts."""
    start = ProgramModel(model).start
    count = len(start) - 1
    owner: dict[int, int] = {}
    for number, part in enumerate(parts):
        place = f"parts[{number}].blocks"
        if part.blocks is None:
            raise RefutedError(place, "are missing")
        need(all(block < count for block in part.blocks), place, "name no block")
        need(list(part.blocks) == sorted(set(part.blocks)), place, "are not increasing")
        own = tuple(k for block in part.blocks for k in range(start[block], start[block + 1]))
        need(part.coordinates == own, f"parts[{number}].coordinates", "are not those of the blocks")
        need(part.outputs is None, f"parts[{number}].outputs", "belong to polynomials")
        need(not owner.keys() & set(part.blocks), place, "belong to another part too")
        owner |= dict.fromkeys(part.blocks, number)
    need(len(owner) == count, "witness.parts", "leave out a block")
    for output in model.outputs:
        used = {owner[block] for _, word in output for block, _ in word}
        need(len(used) == 1, "witness.parts", "share an output")


def _program_part(model: MatrixProgram, blocks: tuple[int, ...]) -> MatrixProgram:
    """The program of some blocks, numbered anew, and of the outputs made of them."""
    local = {block: place for place, block in enumerate(blocks)}
    outputs = tuple(
        tuple((c, tuple((local[block], turned) for block, turned in word)) for c, word in output)
        for output in model.outputs
        if all(block in local for _, word in output for block, _ in word)
    )
    return MatrixProgram(tuple(model.blocks[block] for block in blocks), outputs)


def _check_paths(model: StoredModel, part: Part, place: str) -> None:
    assert isinstance(model, ReluLayers | ReluGraph)
    parameters, rank = count_of_paths(model)
    hidden = parameters - rank
    for name in ("lower", "upper", "exhibited"):
        need(getattr(part, name) == hidden, f"{place}.{name}", f"is not {hidden}, the number of hidden neurons")
    laws = (NeuronLaws(hidden),) if hidden else ()
    need(part.laws == laws, f"{place}.laws", "are not one balance for each hidden neuron")


def _check_part(model: Model, part: Part, place: str) -> None:
    p = check_prime(part.prime, f"{place}.prime")
    variables = model.coordinates + model.constants
    if part.by == "exponents":
        variables = model.coordinates
    need(len(part.point) == len(variables), f"{place}.point", f"has {len(part.point)} values, not {len(variables)}")
    value = dict(zip(variables, part.point, strict=True))
    if isinstance(part.rank, Minor):
        if not isinstance(model, PolynomialModel) or not model.is_gradient:
            raise RefutedError(f"{place}.by", "is exponents, but the model is not a map given by polynomials")
        rank, words, columns = _check_exponents(model, part.rank, p, f"{place}.rank"), (), []
    else:
        assert isinstance(part.rank, Brackets)
        same = part.rank.prime == p and part.rank.point == part.point
        need(same, f"{place}.rank", "has another prime or point")
        rank = check_brackets(model, part.rank, f"{place}.rank")
        words, columns = part.rank.words, list(part.rank.columns)
    largest = largest_rank(model)
    need(part.upper == largest - rank, f"{place}.upper", f"is not {largest} - {rank}")
    exhibited = _check_laws(model, part, value, p, place)
    need(part.exhibited == exhibited, f"{place}.exhibited", f"is not {exhibited}, the rank of the gradients")
    if part.lower > exhibited:
        need(part.lower == part.upper and part.by == "brackets", f"{place}.lower", "has no argument")
        check_existence(part.existence, model, words, columns, f"{place}.existence")
    else:
        need(part.existence is None, f"{place}.existence", "is not needed where as many laws are in hand")


def _check_exponents(model: PolynomialModel, data: Minor, p: int, place: str) -> int:
    """Rank shown by a minor of the exponent matrix mod p."""
    rows, columns = list(data.rows), list(data.columns)
    named = all(isinstance(row, int) and row < model.number for row in rows)
    need(named, f"{place}.rows", "name no output")
    need(all(c < model.dimension for c in columns), f"{place}.columns", "name no coordinate")
    term_of = np.full(int(model.row.max(initial=-1)) + 1, -1, dtype=np.int64)
    term_of[model.row] = np.arange(len(model.row))
    counts = np.bincount(model.row, minlength=len(term_of))
    local = np.full(model.variables, -1, dtype=np.int64)
    local[[model.coordinates[c] for c in columns]] = np.arange(len(columns))
    wanted = np.asarray([model.outputs[r] for r in rows], dtype=np.int64)
    need(bool((wanted < len(term_of)).all()) and bool((counts[wanted] == 1).all()), f"{place}.rows", "name no monomial")
    mine = np.isin(model.row, np.asarray(model.outputs, dtype=np.int64))
    need(bool((counts[model.row[mine]] == 1).all()), f"{place}", "has an output that is no monomial")
    need(all(model.coefficient[t] for t in np.flatnonzero(mine)), "model.coefficient", "is zero")
    inside = np.zeros(model.variables, dtype=bool)
    inside[model.coordinates + model.constants] = True
    used = np.repeat(mine, model.size)
    need(bool(inside[model.variable[used]].all()), "parts", "share a coordinate: a monomial uses one of another part")
    dense = np.zeros((len(rows), len(columns) + 1), dtype=np.int64)
    for row, term in enumerate(term_of[wanted].tolist()):
        np.add.at(dense[row], local[model.variable[model.start[term] : model.start[term + 1]]], 1)
    minor = determinant(dense[:, :-1] % p, p)
    need(minor != 0, f"{place}.rows", "the minor vanishes")
    need(minor == data.determinant, f"{place}.determinant", f"is {data.determinant}, but the minor is {minor}")
    return len(rows)


def _check_laws(model: Model, part: Part, value: dict[int, int], p: int, place: str) -> int:
    """Every law is conserved, and as many are independent as the minor says."""
    minor_of = part.independence
    assert minor_of is not None
    columns = list(minor_of.columns)
    need(all(c < largest_rank(model) for c in columns), f"{place}.independence.columns", "name no coordinate")
    if isinstance(model, ProgramModel):
        gradients = _matrix_gradients(model, part, value, p, place)
    elif isinstance(model, FormulaModel):
        need(not part.laws and not minor_of.rows, f"{place}.laws", "are not repeated on formulas that stay steps")
        gradients = np.zeros((0, model.dimension), dtype=np.int64)
    else:
        gradients = _polynomial_gradients(model, part, value, p, place)
    minor = determinant(gradients[:, columns], p)
    need(minor != 0, f"{place}.independence", "the minor vanishes: the gradients are dependent on these columns")
    stored = minor_of.determinant
    need(minor == stored, f"{place}.independence.determinant", f"is {stored}, but the minor is {minor}")
    return len(minor_of.rows)


def _matrix_gradients(model: ProgramModel, part: Part, value: dict[int, int], p: int, place: str) -> Residues:
    laws = _local_laws(model, part, place)
    for number, law in enumerate(laws):
        model.check_matrix_law(law, f"{place}.laws[{number}]")
    point = np.asarray([value[k] for k in model.coordinates], dtype=np.int64)
    assert part.independence is not None
    rows = part.independence.rows
    by_law: dict[int, list[tuple[int, int]]] = {}
    for spot, row in enumerate(rows):
        pair = row if isinstance(row, tuple) and len(row) == 2 else (len(laws), 0)
        need(pair[0] < len(laws), f"{place}.independence.rows", "name no law")
        need(pair[1] < model.matrix_law_count(laws[pair[0]]), f"{place}.independence.rows", "name no entry")
        by_law.setdefault(pair[0], []).append((spot, pair[1]))
    out = np.zeros((len(rows), model.dimension), dtype=np.int64)
    for law_number, entries in by_law.items():
        spots = [spot for spot, _ in entries]
        out[spots] = model.matrix_law_gradients(laws[law_number], [entry for _, entry in entries], point, p)
    return out


def _local_laws(model: ProgramModel, part: Part, place: str) -> list[MatrixLaw]:
    """The laws of a part of a program; blocks are numbered within the part."""
    for number, law in enumerate(part.laws):
        need(isinstance(law, MatrixLaw), f"{place}.laws[{number}]", "is no matrix, but the model is a program")
    return [law for law in part.laws if isinstance(law, MatrixLaw)]


def _polynomial_gradients(model: PolynomialModel, part: Part, value: dict[int, int], p: int, place: str) -> Residues:
    assert part.independence is not None
    chosen = [row if isinstance(row, int) else len(part.laws) for row in part.independence.rows]
    need(all(row < len(part.laws) for row in chosen), f"{place}.independence.rows", "name no law")
    out = np.zeros((len(chosen), largest_rank(model)), dtype=np.int64)
    gradients: dict[int, list[int]] = {}
    weighed: list[Any] = []
    known = set(model.coordinates + model.constants)
    for number, law in enumerate(part.laws):
        where = f"{place}.laws[{number}]"
        need(variables_in(law) <= known, where, "uses a variable that does not belong to this part")
        if isinstance(law, ElementaryLaw) and part.by != "exponents" and not isinstance(model, LiftedModel):
            elementary = Elementary(model, law, where)
            elementary.check()
            weighed += elementary.weighed()
            if number in set(chosen):
                gradients[number] = elementary.gradient(value, p)
            continue
        if not isinstance(law, PolynomialLaw):
            raise RefutedError(where, "is no polynomial law")
        if part.by == "exponents":
            _check_diagonal(model, law.terms, where)
        else:
            failure = model.annihilates(law.terms)
            need(failure is None, where, f"is not conserved: {failure}")
        if number in set(chosen):
            gradients[number] = (
                model.leaf_gradient(law.terms, value, p)
                if isinstance(model, LiftedModel)
                else polynomial_gradient(law.terms, value, model.coordinates, p)
            )
    check_logarithms(weighed, model, p, f"{place}.laws")
    for row, number in enumerate(chosen):
        out[row] = gradients[number]
    return out


def _check_diagonal(model: PolynomialModel, terms: Terms, place: str) -> None:
    """sum_k v_k theta_k^2 is conserved if v is orthogonal to the exponents of every monomial.

    Symbolic constants are no coordinates: they have no weight, and a law that uses one is none of this form.
    """
    weights = np.zeros(model.variables, dtype=object)
    inside = set(model.coordinates)
    for coefficient, monomial in terms:
        squares = len(monomial) == 2 and monomial[0] == monomial[1] and monomial[0] in inside
        need(squares, place, "is no sum of squares of coordinates")
        weights[monomial[0]] += coefficient
    if sum(abs(int(x)) for x in weights) * max(1, int(model.size.max(initial=0))) < 2**62:
        weights = weights.astype(np.int64)
    cumulative = np.concatenate([[0], np.cumsum(weights[model.variable])])
    flows = cumulative[model.start[1:]] - cumulative[model.start[:-1]]
    mine = np.isin(model.row, np.asarray(model.outputs))
    orthogonal = not np.asarray(flows[mine] != 0).any()
    need(orthogonal, place, "is not conserved: a monomial's exponents are not orthogonal to it")
