"""Re-check of a count of conservation laws: both inequalities, part by part."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdyn.certificate.recheck.laws.brackets import Model, check_brackets, stored_model
from symdyn.certificate.recheck.laws.elementary import ElementaryLaw, check_logarithms
from symdyn.certificate.recheck.laws.existence import check_existence
from symdyn.certificate.recheck.laws.local import check_local
from symdyn.certificate.recheck.laws.paths import graph_count, layered_count
from symdyn.certificate.recheck.laws.polynomial_model import PolynomialModel, law_terms, polynomial_gradient
from symdyn.certificate.recheck.laws.program_model import ProgramModel
from symdyn.certificate.refutation import RefutedError, integer, integers, need
from symdyn.certificate.recheck.laws.residues import Residues, check_prime, determinant


def check_law_count(witness: dict[str, Any], verdict: str, claim: str) -> str:
    """Refute, or return in one sentence what was found to hold."""
    model = witness.get("model")
    parts = witness.get("parts")
    need(isinstance(model, dict), "witness.model", "is missing")
    need(isinstance(parts, list) and bool(parts), "witness.parts", "are missing")
    assert isinstance(model, dict)
    assert isinstance(parts, list)
    dimension = integer(witness.get("dimension"), "witness.dimension", least=1)
    sums = {"lower": 0, "upper": 0, "exhibited": 0}
    _check_partition(model, parts, dimension)
    if model.get("kind") not in ("relu layers", "relu graph"):
        own = stored_model(model).dimension
        need(dimension == own, "witness.dimension", f"is {dimension}, but the model has {own} coordinates")
    for number, part in enumerate(parts):
        place = f"parts[{number}]"
        need(isinstance(part, dict), place, "is no record")
        for name in sums:
            sums[name] += integer(part.get(name), f"{place}.{name}")
        need(part["exhibited"] <= part["lower"] <= part["upper"], place, "has its bounds out of order")
        if part.get("by") == "paths":
            _check_paths(model, part, dimension, place)
        else:
            _check_part(_model(model, part), part, place)
    for name, total in sums.items():
        need(witness.get(name) == total, f"witness.{name}", f"is {witness.get(name)}, but the parts add up to {total}")
    lower, upper = sums["lower"], sums["upper"]
    need(claim == law_count_claim(lower, upper), "claim", f"does not say what is proved: {lower} <= laws <= {upper}")
    proved = lower == upper
    need(
        verdict in (("proved",) if proved else ("probable", "undecided")),
        "verdict",
        f"is {verdict}, but the bounds are {lower} and {upper}",
    )
    for number, part in enumerate(parts):
        if verdict == "probable" and part["lower"] < part["upper"]:
            bound = part.get("error bound")
            stated = isinstance(bound, float) and 0 <= bound <= 1
            need(stated, f"parts[{number}].error bound", "is missing, but the verdict is probable")
    at = check_local(witness["local"], model) if "local" in witness else ""
    return f"{sums['lower']} <= laws <= {sums['upper']} holds: ranks, identities and minors were computed again{at}"


def law_count_claim(lower: int, upper: int) -> str:
    """The one sentence that a count may claim."""
    laws = "conservation law" if upper == 1 else "conservation laws"
    if lower == upper:
        return f"near generic points there are exactly {upper} functionally independent {laws}"
    return f"near generic points there are between {lower} and {upper} functionally independent {laws}"


def _model(data: dict[str, Any], part: dict[str, Any]) -> Model:
    if data.get("kind") in ("outputs", "fields"):
        return PolynomialModel(data, part.get("coordinates"), part.get("outputs"))
    program = stored_model(_program_part(data, part["blocks"]) if "blocks" in part else data)
    if not isinstance(program, ProgramModel):
        raise RefutedError("model.kind", "is no matrix program")
    return program.expanded() if part.get("model") == "expanded" else program


def _check_partition(model: dict[str, Any], parts: list[Any], dimension: int) -> None:
    """The parts must cover all coordinates, and all outputs that use any, once."""
    need(all(isinstance(part, dict) for part in parts), "witness.parts", "are no records")
    if len(parts) == 1 and "coordinates" not in parts[0] and "outputs" not in parts[0]:
        return
    if model.get("kind") == "matrix program":
        _check_program_partition(model, parts)
        return
    coordinates: list[int] = []
    outputs: list[int] = []
    need(model.get("kind") == "outputs", "witness.parts", "only outputs and programs fall into parts")
    for number, part in enumerate(parts):
        coordinates += integers(part.get("coordinates"), f"parts[{number}].coordinates", least=0, below=dimension)
        outputs += integers(part.get("outputs"), f"parts[{number}].outputs", least=0)
    need(sorted(coordinates) == list(range(dimension)), "witness.parts", "do not partition the coordinates")
    need(len(set(outputs)) == len(outputs), "witness.parts", "share outputs")
    whole = PolynomialModel(model)
    used = {int(whole.row[t]) for t in range(len(whole.row)) if _uses(whole, t, dimension)}
    need(used <= set(outputs), "witness.parts", "leave out an output")


def _check_program_partition(model: dict[str, Any], parts: list[Any]) -> None:
    """The parts must hold every block once, and no output may be made of blocks of two parts."""
    start = ProgramModel(model).start
    count = len(start) - 1
    owner: dict[int, int] = {}
    for number, part in enumerate(parts):
        blocks = integers(part.get("blocks"), f"parts[{number}].blocks", least=0, below=count)
        need(blocks == sorted(set(blocks)), f"parts[{number}].blocks", "are not increasing")
        own = [k for block in blocks for k in range(start[block], start[block + 1])]
        need(part.get("coordinates") == own, f"parts[{number}].coordinates", "are not those of the blocks")
        need(not owner.keys() & set(blocks), f"parts[{number}].blocks", "belong to another part too")
        owner |= dict.fromkeys(blocks, number)
    need(len(owner) == count, "witness.parts", "leave out a block")
    for output in model["outputs"]:
        used = {owner[block] for _, factors in output for block, _ in factors}
        need(len(used) == 1, "witness.parts", "share an output")


def _program_part(data: dict[str, Any], blocks: list[int]) -> dict[str, Any]:
    """The program of some blocks, numbered anew, and of the outputs made of them."""
    local = {block: place for place, block in enumerate(blocks)}
    outputs = [
        [[c, [[local[block], turned] for block, turned in factors]] for c, factors in output]
        for output in data["outputs"]
        if all(block in local for _, factors in output for block, _ in factors)
    ]
    return {"kind": "matrix program", "blocks": [data["blocks"][block] for block in blocks], "outputs": outputs}


def _uses(model: PolynomialModel, term: int, dimension: int) -> bool:
    return bool((model.variable[model.start[term] : model.start[term + 1]] < dimension).any())


def _check_paths(model: dict[str, Any], part: dict[str, Any], dimension: int, place: str) -> None:
    counts = {"relu layers": layered_count, "relu graph": graph_count}
    need(model.get("kind") in counts, "model.kind", f"is {model.get('kind')!r}, but the proof is by paths")
    parameters, rank = counts[model["kind"]](model)
    need(parameters == dimension, "witness.dimension", f"is {dimension}, but the network has {parameters} parameters")
    for name in ("lower", "upper", "exhibited"):
        need(
            part[name] == parameters - rank,
            f"{place}.{name}",
            f"is not {parameters - rank}, the number of hidden neurons",
        )
    laws = [{"kind": "neurons", "count": parameters - rank}] if parameters > rank else []
    need(part.get("laws") == laws, f"{place}.laws", "are not one balance for each hidden neuron")


def _check_part(model: Model, part: dict[str, Any], place: str) -> None:
    p = check_prime(part.get("prime"), f"{place}.prime")
    variables = model.coordinates + model.constants
    if part.get("by") == "exponents":
        variables = model.coordinates
    point = integers(part.get("point"), f"{place}.point", least=0, below=p)
    need(len(point) == len(variables), f"{place}.point", f"has {len(point)} values, not {len(variables)}")
    value = dict(zip(variables, point, strict=True))
    upper = part.get("rank")
    need(isinstance(upper, dict), f"{place}.rank", "is missing")
    assert isinstance(upper, dict)
    if part.get("by") == "exponents":
        if not isinstance(model, PolynomialModel) or not model.is_gradient:
            raise RefutedError(f"{place}.by", "is exponents, but the model is not a map given by polynomials")
        rank = _check_exponents(model, upper, p, f"{place}.rank")
    else:
        need(part.get("by") == "brackets", f"{place}.by", f"is {part.get('by')!r}, which is not known")
        need(upper.get("prime") == p and upper.get("point") == point, f"{place}.rank", "has another prime or point")
        rank = check_brackets(model, upper, f"{place}.rank")
    need(part["upper"] == model.dimension - rank, f"{place}.upper", f"is not {model.dimension} - {rank}")
    exhibited = _check_laws(model, part, value, p, place)
    need(part["exhibited"] == exhibited, f"{place}.exhibited", f"is not {exhibited}, the rank of the gradients")
    if part["lower"] > exhibited:
        need(part["lower"] == part["upper"], f"{place}.lower", "has no argument")
        check_existence(part.get("existence") or {}, model, upper["words"], upper["columns"], f"{place}.existence")


def _check_exponents(model: PolynomialModel, data: dict[str, Any], p: int, place: str) -> int:
    """Rank shown by a minor of the exponent matrix mod p."""
    rows = integers(data.get("rows"), f"{place}.rows", least=0, below=model.number)
    columns = integers(data.get("columns"), f"{place}.columns", least=0, below=model.dimension)
    need(len(rows) == len(columns) == len(set(columns)), f"{place}.columns", "are not one for each row")
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
    need(
        minor == data.get("determinant"),
        f"{place}.determinant",
        f"is {data.get('determinant')}, but the minor is {minor}",
    )
    return len(rows)


def _check_laws(model: Model, part: dict[str, Any], value: dict[int, int], p: int, place: str) -> int:
    """Every law is conserved, and as many are independent as the minor says."""
    laws = part.get("laws")
    need(isinstance(laws, list), f"{place}.laws", "are missing")
    assert isinstance(laws, list)
    independence = part.get("independence")
    need(isinstance(independence, dict), f"{place}.independence", "is missing")
    assert isinstance(independence, dict)
    rows, columns = (
        independence.get("rows"),
        integers(independence.get("columns"), f"{place}.independence.columns", least=0, below=model.dimension),
    )
    need(
        isinstance(rows, list) and len(rows) == len(columns) == len(set(columns)),
        f"{place}.independence",
        "is no minor",
    )
    assert isinstance(rows, list)
    if isinstance(model, ProgramModel) and all(isinstance(law, dict) and law.get("kind") == "matrix" for law in laws):
        gradients = _matrix_gradients(model, laws, rows, value, p, place)
    else:
        gradients = _polynomial_gradients(model, laws, rows, part, value, p, place)
    minor = determinant(gradients[:, columns], p)
    need(minor != 0, f"{place}.independence", "the minor vanishes: the gradients are dependent on these columns")
    stored = independence.get("determinant")
    need(minor == stored, f"{place}.independence.determinant", f"is {stored}, but the minor is {minor}")
    return len(rows)


def _matrix_gradients(
    model: ProgramModel, laws: list[Any], rows: list[Any], value: dict[int, int], p: int, place: str
) -> Residues:
    for number, law in enumerate(laws):
        model.check_matrix_law(law, f"{place}.laws[{number}]")
    point = np.asarray([value[k] for k in model.coordinates], dtype=np.int64)
    by_law: dict[int, list[tuple[int, int]]] = {}
    for place_, row in enumerate(rows):
        pair = integers(row, f"{place}.independence.rows", least=0)
        need(len(pair) == 2 and pair[0] < len(laws), f"{place}.independence.rows", "name no law")
        entries_there = model.matrix_law_count(laws[pair[0]])
        need(pair[1] < entries_there, f"{place}.independence.rows", "name no entry")
        by_law.setdefault(pair[0], []).append((place_, pair[1]))
    out = np.zeros((len(rows), model.dimension), dtype=np.int64)
    for law_number, entries in by_law.items():
        spots = [spot for spot, _ in entries]
        out[spots] = model.matrix_law_gradients(laws[law_number], [entry for _, entry in entries], point, p)
    return out


def _polynomial_gradients(
    model: Model, laws: list[Any], rows: list[Any], part: dict[str, Any], value: dict[int, int], p: int, place: str
) -> Residues:
    chosen = integers(rows, f"{place}.independence.rows", least=0, below=max(1, len(laws)))
    need(not chosen or bool(laws), f"{place}.independence.rows", "name no law")
    if not isinstance(model, PolynomialModel):
        raise RefutedError(f"{place}.laws", "are polynomials, but the model is stored as a program")
    out = np.zeros((len(rows), model.dimension), dtype=np.int64)
    by_exponents = part.get("by") == "exponents"
    gradients = {}
    weighed: list[Any] = []
    for number, law in enumerate(laws):
        where = f"{place}.laws[{number}]"
        if isinstance(law, dict) and law.get("kind") == "elementary" and not by_exponents:
            elementary = ElementaryLaw(model, law, where)
            elementary.check()
            weighed += elementary.weighed()
            if number in set(chosen):
                gradients[number] = elementary.gradient(value, p)
            continue
        need(isinstance(law, dict) and law.get("kind") == "polynomial", where, "is no polynomial law")
        terms = law_terms(law, model.variables, where)
        if by_exponents:
            _check_diagonal(model, terms, where)
        else:
            failure = model.annihilates(terms)
            need(failure is None, where, f"is not conserved: {failure}")
        if number in set(chosen):
            gradients[number] = polynomial_gradient(terms, value, model.coordinates, p)
    check_logarithms(weighed, model, p, f"{place}.laws")
    for row, number in enumerate(chosen):
        out[row] = gradients[number]
    return out


def _check_diagonal(model: PolynomialModel, terms: list[tuple[int, tuple[int, ...]]], place: str) -> None:
    """sum_k v_k theta_k^2 is conserved if v is orthogonal to the exponents of every monomial."""
    weights = np.zeros(model.variables, dtype=object)
    for coefficient, monomial in terms:
        need(len(monomial) == 2 and monomial[0] == monomial[1], place, "is no sum of squares of coordinates")
        weights[monomial[0]] += coefficient
    if sum(abs(int(x)) for x in weights) * max(1, int(model.size.max(initial=0))) < 2**62:
        weights = weights.astype(np.int64)
    cumulative = np.concatenate([[0], np.cumsum(weights[model.variable])])
    flows = cumulative[model.start[1:]] - cumulative[model.start[:-1]]
    inside = np.isin(model.row, np.asarray(model.outputs))
    need(
        not np.asarray(flows[inside] != 0).any(),
        place,
        "is not conserved: a monomial's exponents are not orthogonal to it",
    )
