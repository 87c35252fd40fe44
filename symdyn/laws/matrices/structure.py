"""Laws of matrix programs by structure: matrices inserted beside the factors, or put in their place.

For a symmetric matrix S moving a block B to S B (or B S, or S) changes every term of phi by the same word with the
letter S inserted (or in the place of B). A combination of such moves that cancels in every word is an infinitesimal
symmetry for all S at once; since each move is the gradient of tr(S B B^T)/2 (or tr(S B^T B)/2, or tr(S B)), the
combination of Gram matrices is a matrix of laws. Moves B -> T with any matrix T are translations: where they cancel, a
combination of the blocks themselves is conserved. No shape enters but through the sizes that S and T may have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from symdyn.algebra.linear.exact import nullspace
from symdyn.algebra.linear.prime_field import Array, PrimeField
from symdyn.dynamics.answers.law import GramTerm, MatrixIdentity
from symdyn.networks.programs.program import MatrixProgram

Letters = tuple[tuple[int, bool], ...]
#: A word with one new letter: output, factors before it, whether it is transposed, factors after it.
Word = tuple[int, Letters, bool, Letters]
Move = tuple[int, str]

_ORDER = ("rows", "columns", "linear", "entries")


def matrix_laws(program: MatrixProgram) -> list[MatrixIdentity]:
    """All matrix identities among the blocks and their Gram matrices, for every S and T, by exact integer kernels."""
    used = {factor.block for output in program.sums for term in output for factor in term.factors}
    symmetric: dict[int, list[Move]] = defaultdict(list)
    translations: dict[tuple[int, int], list[Move]] = defaultdict(list)
    for number, block in enumerate(program.blocks):
        translations[block.rows, block.columns].append((number, "entries"))
        if number in used:  # a block in no term is conserved itself, so its Gram matrices say nothing new
            symmetric[block.rows].append((number, "rows"))
            symmetric[block.columns].append((number, "columns"))
            if block.rows == block.columns:
                symmetric[block.rows].append((number, "linear"))
    full = [law for shape in sorted(translations) for law in _kernel(program, translations[shape], "full")]
    known = {tuple(GramTerm(term.coefficient, term.block, "linear") for term in law.terms) for law in full}
    grams = [
        law
        for size in sorted(symmetric)
        for law in _kernel(program, sorted(symmetric[size], key=_place), "symmetric")
        if law.terms not in known  # B + B^T says nothing new where every entry of B is a law
    ]
    return sorted(grams + full, key=lambda law: [_place((term.block, term.side)) for term in law.terms])


def _place(move: Move) -> tuple[int, int]:
    return move[0], _ORDER.index(move[1])


def _kernel(program: MatrixProgram, moves: Sequence[Move], part: str) -> list[MatrixIdentity]:
    """Combinations of moves that cancel in every word."""
    effects = [_effect(program, block, side) for block, side in moves]
    words = sorted({word for effect in effects for word in effect})
    rows = np.zeros((len(words), len(moves)), dtype=object)
    place = {word: i for i, word in enumerate(words)}
    for j, effect in enumerate(effects):
        for word, value in effect.items():
            rows[place[word], j] = value
    return [
        MatrixIdentity(
            blocks=program.blocks,
            terms=tuple(GramTerm(c, block, side) for c, (block, side) in zip(vector, moves, strict=True) if c),
            part=part,
            coords=lambda: program.coords,
        )
        for vector in nullspace(rows, exact=True)
    ]


def _effect(program: MatrixProgram, block: int, side: str) -> dict[Word, int]:
    """The change of phi when the block B moves by S B (side "rows"), B S ("columns"), S ("linear"), T ("entries")."""
    effect: dict[Word, int] = defaultdict(int)
    for number, output in enumerate(program.sums):
        for term in output:
            letters = tuple((factor.block, factor.transposed) for factor in term.factors)
            for place, factor in enumerate(term.factors):
                if factor.block != block:
                    continue
                if side in ("linear", "entries"):
                    word = number, letters[:place], side == "entries" and factor.transposed, letters[place + 1 :]
                else:
                    # (S B)^T = B^T S: a transposed factor takes S on its other side
                    gap = place if (side == "rows") != factor.transposed else place + 1
                    word = number, letters[:gap], False, letters[gap:]
                effect[word] += term.coefficient
    return {word: value for word, value in effect.items() if value}


def law_gradients(law: MatrixIdentity, point: Array, dimension: int, first: int, last: int, field: PrimeField) -> Array:
    """Gradients of the entries number `first` to `last` - 1 at a point: shape (last - first, dimension).

    Entries (k, l) with k <= l are numbered row by row ("symmetric"), or k = l only ("diagonal"), or all ("full").
    """
    size = law.size
    if law.part == "full":
        return _block_gradients(law, dimension, first, last, field)
    if law.part == "diagonal":
        ks = ls = np.arange(first, last)
    else:
        upper = np.triu_indices(size)
        ks, ls = upper[0][first:last], upper[1][first:last]
    rows: Array = np.zeros((len(ks), dimension), dtype=field.dtype)
    every = np.arange(len(ks))[:, None]
    for term in law.terms:
        places = np.asarray(law.places(term.block))
        scale = field.array(term.coefficient)
        if term.side == "linear":
            rows[every[:, 0], places[ks, ls]] += scale
            rows[every[:, 0], places[ls, ks]] += scale
            continue
        if term.side == "columns":
            places = places.T
        rows[every, places[ks]] += field.multiply(scale, point[places[ls]])
        rows[every, places[ls]] += field.multiply(scale, point[places[ks]])
    return field.reduce(rows)


def _block_gradients(law: MatrixIdentity, dimension: int, first: int, last: int, field: PrimeField) -> Array:
    """Gradients of the entries of a sum of blocks, row by row."""
    rows: Array = np.zeros((last - first, dimension), dtype=field.dtype)
    for term in law.terms:
        places = np.asarray(law.places(term.block)).ravel()[first:last]
        rows[np.arange(last - first), places] += field.array(term.coefficient)
    return field.reduce(rows)


def is_matrix_law(program: MatrixProgram, law: MatrixIdentity) -> bool:
    """Whether a matrix identity is conserved, by the same rule of words; exact, and complete for generic sizes."""
    total: dict[Word, int] = defaultdict(int)
    for term in law.terms:
        for word, value in _effect(program, term.block, term.side).items():
            total[word] += term.coefficient * value
    return not any(total.values())
