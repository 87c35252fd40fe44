"""Re-check of a rank: nested brackets evaluated at one point mod p, and the minor that they form."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.laws.formula_model import FormulaModel
from symdyn.certificate.recheck.laws.lifted_model import LiftedModel
from symdyn.certificate.recheck.laws.polynomial_model import PolynomialModel
from symdyn.certificate.recheck.laws.program_model import ProgramModel
from symdyn.certificate.recheck.laws.residues import Residues, check_prime, determinant, mix
from symdyn.certificate.refutation import RefutedError, need
from symdyn.certificate.witness.brackets import Brackets, Word, depth
from symdyn.certificate.witness.laws.lifted_model import LiftedFields
from symdyn.certificate.witness.laws.models import FormulaSteps, PolynomialTerms
from symdyn.certificate.witness.laws.models import Model as StoredModel
from symdyn.certificate.witness.laws.network_models import MatrixProgram

Model = PolynomialModel | ProgramModel | FormulaModel


def model_of(model: StoredModel) -> Model:
    """A polynomial model or a matrix program, ready for arithmetic."""
    if isinstance(model, PolynomialTerms):
        return PolynomialModel(model)
    if isinstance(model, LiftedFields):
        return LiftedModel(model)
    if isinstance(model, FormulaSteps):
        return FormulaModel(model)
    if not isinstance(model, MatrixProgram):
        raise RefutedError("model.kind", f"is {model.kind!r}, which has no fields that are repeated")
    return ProgramModel(model)


def largest_rank(model: Model) -> int:
    """The number of coordinates, without values of functions."""
    return model.leaf_dimension if isinstance(model, LiftedModel) else model.dimension


def check_brackets(model: Model, stored: Brackets, place: str) -> int:
    """Rank shown by a minor of bracket values at a point mod p."""
    p = check_prime(stored.prime, f"{place}.prime")
    local = {k: i for i, k in enumerate(model.coordinates)}
    need(all(c < model.dimension for c in stored.columns), f"{place}.columns", "name no coordinate")
    variables = model.dimension + len(model.constants)
    need(len(stored.point) == variables, f"{place}.point", f"has {len(stored.point)} values, not {variables}")
    if isinstance(model, LiftedModel):
        model.check_point(stored.point, p, f"{place}.point")
    rows = np.zeros((stored.rank, len(local)), dtype=np.int64)
    by_depth: dict[int, list[int]] = {}
    for number, word in enumerate(stored.words):
        _check_word(word, model, f"{place}.words[{number}]")
        by_depth.setdefault(depth(word), []).append(number)
    for numbers in by_depth.values():
        step = max(1, min(512, 10**7 // max(1, model.number)))
        for first in range(0, len(numbers), step):
            chunk = numbers[first : first + step]
            rows[chunk] = _values([stored.words[n] for n in chunk], model, list(stored.point), stored.seed, p)
    minor = determinant(rows[:, list(stored.columns)], p)
    need(minor != 0, f"{place}.words", "the minor vanishes: the words are dependent on these columns")
    said = stored.determinant
    need(minor == said, f"{place}.determinant", f"is {said}, but the minor is {minor}")
    return stored.rank


def _check_word(word: Word, model: Model, place: str) -> None:
    while isinstance(word, tuple):
        _check_word(word[0], model, place)
        word = word[1]
    if isinstance(word, int):
        need(word < model.number, place, f"names field {word} of {model.number}")


def _coefficients(names: list[Any], model: Model, seed: int, p: int) -> Residues:
    rows = np.zeros((len(names), model.number), dtype=np.int64)
    for row, name in enumerate(names):
        if isinstance(name, str):
            rows[row] = mix(seed, int(name[1:]), model.number, p)
        else:
            rows[row, name] = 1
    return rows


def _values(words: list[Any], model: Model, point: list[int], seed: int, p: int) -> Residues:
    """Values of right-nested brackets of one depth."""
    slots = []
    while isinstance(words[0], tuple):
        slots.append(_coefficients([word[0] for word in words], model, seed, p))
        words = [word[1] for word in words]
    slots.append(_coefficients(words, model, seed, p))
    start = np.tile(np.asarray(point, dtype=np.int64), (len(words), 1))
    extra = len(point) - model.dimension

    def along(direction: list[Residues]) -> list[Residues]:
        return [np.pad(part, ((0, 0), (0, extra))) for part in direction]

    def nested(depth: int, where: list[Residues]) -> list[Residues]:
        tick()
        outer = model.combine(slots[depth], where, p)
        if depth == len(slots) - 1:
            return outer
        half = len(where)
        inner = nested(depth + 1, where + along(outer))
        turned = model.combine(slots[depth], where + along(inner[:half]), p)
        return [(x - y) % p for x, y in zip(inner[half:], turned[half:], strict=True)]

    return nested(0, [start])[0]
