"""Laws of matrix programs by structure: symmetric matrices inserted beside the factors.

For a symmetric matrix S moving a block B to S B (or B S) changes every term of phi by the same word with the letter S
inserted. A combination of such moves that cancels in every word is an infinitesimal symmetry for all S at once; since
each move is the gradient of tr(S B B^T)/2 (or tr(S B^T B)/2), the combination of Gram matrices is a matrix of laws.
No shape enters but through the sizes that S may have.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from symdyn.algebra.exact import nullspace
from symdyn.algebra.prime_field import Array, PrimeField
from symdyn.dynamics.law import GramTerm, MatrixIdentity
from symdyn.networks.program import MatrixProgram

#: A word of the free algebra: output, coefficient-free product of factors, and the place of the letter S.
Word = tuple[int, tuple[tuple[int, bool], ...], int]


def matrix_laws(program: MatrixProgram) -> list[MatrixIdentity]:
    """All matrix identities among Gram matrices of the blocks, for every S, by exact integer kernels."""
    moves: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for number, block in enumerate(program.blocks):
        moves[block.rows].append((number, "rows"))
        moves[block.columns].append((number, "columns"))
    laws = []
    for size in sorted(moves):
        sides = sorted(moves[size], key=lambda move: (move[0], move[1] == "columns"))
        effects = [_effect(program, block, side) for block, side in sides]
        words = sorted({word for effect in effects for word in effect})
        rows = np.zeros((len(words), len(sides)), dtype=np.int64)
        place = {word: i for i, word in enumerate(words)}
        for j, effect in enumerate(effects):
            for word, value in effect.items():
                rows[place[word], j] = value
        for vector in nullspace(rows):
            terms = tuple(
                GramTerm(coefficient, block, side)
                for coefficient, (block, side) in zip(vector, sides, strict=True)
                if coefficient
            )
            laws.append(MatrixIdentity(program.blocks, terms, "symmetric", lambda: program.coords))
    return sorted(laws, key=lambda law: [(term.block, term.side != "rows") for term in law.terms])


def _effect(program: MatrixProgram, block: int, side: str) -> dict[Word, int]:
    """The change of phi when the block moves by S B (side "rows") or B S (side "columns")."""
    effect: dict[Word, int] = defaultdict(int)
    for number, output in enumerate(program.sums):
        for term in output:
            letters = tuple((factor.block, factor.transposed) for factor in term.factors)
            for place, factor in enumerate(term.factors):
                if factor.block == block:
                    # (S B)^T = B^T S: a transposed factor takes S on its other side
                    before = (side == "rows") != factor.transposed
                    effect[number, letters, place if before else place + 1] += term.coefficient
    return {word: value for word, value in effect.items() if value}


def law_gradients(law: MatrixIdentity, point: Array, dimension: int, first: int, last: int, field: PrimeField) -> Array:
    """Gradients of the entries number `first` to `last` - 1 at a point: shape (last - first, dimension).

    Entries (k, l) with k <= l are numbered row by row ("symmetric"), or k = l only ("diagonal").
    """
    size = law.size
    if law.part == "diagonal":
        ks = ls = np.arange(first, last)
    else:
        upper = np.triu_indices(size)
        ks, ls = upper[0][first:last], upper[1][first:last]
    rows: Array = np.zeros((len(ks), dimension), dtype=field.dtype)
    every = np.arange(len(ks))[:, None]
    for term in law.terms:
        places = np.asarray(law.places(term.block))
        if term.side == "columns":
            places = places.T
        rows[every, places[ks]] += term.coefficient * point[places[ls]]
        rows[every, places[ls]] += term.coefficient * point[places[ks]]
    return field.reduce(rows)


def is_matrix_law(program: MatrixProgram, law: MatrixIdentity) -> bool:
    """Whether a matrix identity is conserved, by the same rule of words; exact, and complete for generic sizes."""
    total: dict[Word, int] = defaultdict(int)
    for term in law.terms:
        for word, value in _effect(program, term.block, term.side).items():
            total[word] += term.coefficient * value
    return not any(total.values())
