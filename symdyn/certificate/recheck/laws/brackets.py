"""Re-check of a rank: nested brackets evaluated at one point mod p, and the minor that they form."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdyn.certificate.recheck.laws.polynomial_model import PolynomialModel
from symdyn.certificate.recheck.laws.program_model import ProgramModel
from symdyn.certificate.refutation import integer, integers, need
from symdyn.certificate.recheck.laws.residues import Residues, check_prime, determinant, mix

Model = PolynomialModel | ProgramModel


def stored_model(data: Any) -> Model:
    """A polynomial model or a matrix program."""
    need(isinstance(data, dict), "witness.model", "is missing")
    if data.get("kind") in ("outputs", "fields"):
        return PolynomialModel(data)
    need(data.get("kind") == "matrix program", "model.kind", f"is {data.get('kind')!r}, which is not known")
    return ProgramModel(data)


def check_brackets(model: Model, data: dict[str, Any], place: str) -> int:
    """Rank shown by a minor of bracket values at a point mod p."""
    p = check_prime(data.get("prime"), f"{place}.prime")
    seed = integer(data.get("seed"), f"{place}.seed")
    words = data.get("words")
    need(isinstance(words, list), f"{place}.words", "are missing")
    assert isinstance(words, list)
    columns = integers(data.get("columns"), f"{place}.columns", least=0)
    local = {k: i for i, k in enumerate(model.coordinates)}
    need(
        len(columns) == len(set(columns)) == len(words) and all(0 <= c < model.dimension for c in columns),
        f"{place}.columns",
        "are not one different column for each word",
    )
    point = integers(data.get("point"), f"{place}.point", least=0, below=p)
    variables = model.dimension + len(model.constants)
    need(len(point) == variables, f"{place}.point", f"has {len(point)} values, not {variables}")
    rows = np.zeros((len(words), len(local)), dtype=np.int64)
    by_depth: dict[int, list[int]] = {}
    for number, word in enumerate(words):
        by_depth.setdefault(_depth(word, model, f"{place}.words[{number}]"), []).append(number)
    for numbers in by_depth.values():
        step = max(1, min(512, 10**7 // max(1, model.number)))
        for first in range(0, len(numbers), step):
            chunk = numbers[first : first + step]
            rows[chunk] = _values([words[n] for n in chunk], model, point, seed, p)
    minor = determinant(rows[:, columns], p)
    need(minor != 0, f"{place}.words", "the minor vanishes: the words are dependent on these columns")
    need(
        minor == data.get("determinant"),
        f"{place}.determinant",
        f"is {data.get('determinant')}, but the minor is {minor}",
    )
    return len(words)


def _depth(word: Any, model: Model, place: str) -> int:
    depth = 0
    while isinstance(word, list):
        need(len(word) == 2 and not isinstance(word[0], list), place, "is no right-nested bracket")
        _check_generator(word[0], model, place)
        word, depth = word[1], depth + 1
        need(depth <= 8, place, "is nested too deeply")
    _check_generator(word, model, place)
    return depth


def _check_generator(name: Any, model: Model, place: str) -> None:
    if type(name) is int:
        need(0 <= name < model.number, place, f"names field {name} of {model.number}")
    else:
        need(isinstance(name, str) and name[:1] == "m" and name[1:].isdecimal() and len(name) < 20, place, "is no word")


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
    while isinstance(words[0], list):
        slots.append(_coefficients([word[0] for word in words], model, seed, p))
        words = [word[1] for word in words]
    slots.append(_coefficients(words, model, seed, p))
    start = np.tile(np.asarray(point, dtype=np.int64), (len(words), 1))
    extra = len(point) - model.dimension

    def along(direction: list[Residues]) -> list[Residues]:
        return [np.pad(part, ((0, 0), (0, extra))) for part in direction]

    def nested(depth: int, where: list[Residues]) -> list[Residues]:
        outer = model.combine(slots[depth], where, p)
        if depth == len(slots) - 1:
            return outer
        half = len(where)
        inner = nested(depth + 1, where + along(outer))
        turned = model.combine(slots[depth], where + along(inner[:half]), p)
        return [(x - y) % p for x, y in zip(inner[half:], turned[half:], strict=True)]

    return nested(0, [start])[0]
