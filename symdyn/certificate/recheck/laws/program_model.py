"""Matrix programs as the re-checker reads them: sums of products of blocks and transposes."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.laws.polynomial_model import PolynomialModel
from symdyn.certificate.recheck.laws.residues import Dual, Residues, dual_product, matrix_times
from symdyn.certificate.refutation import UndecidedError, need
from symdyn.certificate.witness.laws.law import MatrixLaw
from symdyn.certificate.witness.laws.models import PolynomialTerms
from symdyn.certificate.witness.laws.network_models import Letter, MatrixProgram

#: Factors in all terms of a program that is multiplied out.
_MOST_EXPANDED = 4_000_000


class ProgramModel:
    """A stored matrix program."""

    is_gradient = True

    def __init__(self, model: MatrixProgram) -> None:
        self.model = model
        self.blocks = [(rows, columns) for _, rows, columns in model.blocks]
        self.terms = model.outputs
        sizes = [rows * columns for rows, columns in self.blocks]
        self.start = [0, *itertools.accumulate(sizes)]
        self.dimension = self.variables = int(self.start[-1])
        self.coordinates = list(range(self.dimension))
        self.constants: list[int] = []
        self.shapes = [self._output_shape(output) for output in self.terms]
        self.number = sum(rows * columns for rows, columns in self.shapes)
        need(self.number <= 10**7, "model", "has more than 10^7 outputs")
        self.outputs = list(range(self.number))

    def _output_shape(self, output: Sequence[tuple[int, tuple[Letter, ...]]]) -> tuple[int, int]:
        shapes = set()
        for _, word in output:
            sizes = [self._shape(letter) for letter in word]
            need(all(x[1] == y[0] for x, y in zip(sizes, sizes[1:], strict=False)), "model.outputs", "shapes differ")
            shapes.add((sizes[0][0], sizes[-1][1]))
        need(len(shapes) == 1, "model.outputs", "adds different shapes")
        return shapes.pop()

    def _shape(self, letter: Letter) -> tuple[int, int]:
        rows, columns = self.blocks[letter[0]]
        return (columns, rows) if letter[1] else (rows, columns)

    def _walks(self, word: tuple[Letter, ...]) -> int:
        """How many terms the entries of a product have together, weighed by its length."""
        return len(word) * math.prod([self._shape(word[0])[0], *(self._shape(letter)[1] for letter in word)])

    def combine(self, coefficients: Residues, point: Dual, p: int) -> Dual:
        """Gradients of <C, phi> at a point (B, D)."""
        product = matrix_times(p)
        batch = len(coefficients)
        matrices = [
            [part[:, s : s + r * c].reshape(batch, r, c) for part in point]
            for s, (r, c) in zip(self.start, self.blocks, strict=False)
        ]
        gradients = [[np.zeros_like(part) for part in matrix] for matrix in matrices]
        begin = 0
        for output, (rows, columns) in zip(self.terms, self.shapes, strict=True):
            weight = coefficients[:, begin : begin + rows * columns].reshape(batch, rows, columns)
            begin += rows * columns
            tick()
            for value, word in output:
                letters = [_turned(matrices[b]) if t else matrices[b] for b, t in word]
                for place, (block, transposed) in enumerate(word):
                    # d<C, A X B> = <A^T C B^T, dX>
                    part: Dual = [weight * (value % p) % p] + [np.zeros_like(weight)] * (len(point) - 1)
                    for letter in letters[:place]:
                        part = dual_product(_turned(letter), part, product, p)
                    for letter in reversed(letters[place + 1 :]):
                        part = dual_product(part, _turned(letter), product, p)
                    part = _turned(part) if transposed else part
                    gradients[block] = [(x + y) % p for x, y in zip(gradients[block], part, strict=True)]
        return [
            np.concatenate([gradient[s].reshape(batch, -1) for gradient in gradients], axis=1)
            for s in range(len(point))
        ]

    def expanded(self) -> PolynomialModel:
        """The same outputs as polynomials, entry by entry; for small programs.

        Raises
        ------
        UndecidedError
            If they have too many terms.
        """
        size = sum(self._walks(word) for output in self.terms for _, word in output)
        if size > _MOST_EXPANDED:
            raise UndecidedError(f"the program has {size:,} factors, more than this re-checker multiplies out")
        rows: list[int] = []
        values: list[int] = []
        sizes: list[int] = []
        variables: list[int] = []
        begin = 0
        for output, (height, width) in zip(self.terms, self.shapes, strict=True):
            for value, word in output:
                tick()
                walks: list[tuple[int, int, tuple[int, ...]]] = [(i, i, ()) for i in range(height)]
                for block, transposed in word:
                    r, c = self.blocks[block]
                    start = self.start[block]
                    walks = [
                        (i, k, (*path, start + (k * c + j if transposed else j * c + k)))
                        for i, j, path in walks
                        for k in range(r if transposed else c)
                    ]
                for i, j, path in walks:
                    rows.append(begin + i * width + j)
                    values.append(value)
                    sizes.append(len(path))
                    variables += sorted(path)
            begin += height * width
        names = tuple(f"theta{k}" for k in range(self.dimension))
        terms = tuple(rows), tuple(values), tuple(sizes), tuple(variables)
        return PolynomialModel(PolynomialTerms("outputs", names, self.dimension, self.number, *terms))

    def check_matrix_law(self, law: MatrixLaw, place: str) -> None:
        """Refute unless the combination of matrices is conserved by the rule of words.

        Moving block B by S B, B S or S puts a symmetric letter S beside every occurrence of B, or in its place; moving
        it by T puts any matrix T in its place. The moves of the law, with their coefficients, must cancel word by word.
        """
        total: Counter[Any] = Counter()
        sizes = set()
        for coefficient, block, side in law.terms:
            need(block < len(self.blocks), place, f"names block {block} of {len(self.blocks)}")
            rows, columns = self.blocks[block]
            need(side != "linear" or rows == columns, place, "adds a block that is not square to its transpose")
            sizes.add({"rows": (rows, rows), "columns": (columns, columns)}.get(side, (rows, columns)))
            for number, output in enumerate(self.terms):
                for value, word in output:
                    for spot, (other, transposed) in enumerate(word):
                        if other == block:
                            key = _word_with_letter(word, spot, side, transposed)
                            total[(number, *key)] += coefficient * value
        need(len(sizes) == 1, place, "adds matrices of different sizes")
        need(not any(total.values()), place, "is not conserved: words with S inserted do not cancel")

    def matrix_law_count(self, law: MatrixLaw) -> int:
        """Number of entries of a law that may be named."""
        _, block, side = law.terms[0]
        rows, columns = self.blocks[block]
        if law.part == "full":
            return rows * columns
        size = rows if side == "rows" else columns
        return size * (size + 1) // 2

    def matrix_law_gradients(self, law: MatrixLaw, entries: list[int], point: Residues, p: int) -> Residues:
        """Gradients of entries of the matrix at a point mod p.

        Entries are numbered row by row, along the upper triangle where the matrix is symmetric.
        """
        rows = np.zeros((len(entries), self.dimension), dtype=np.int64)
        for coefficient, block, side in law.terms:
            factor = coefficient % p  # below 2^31, as are the residues: no product leaves 64 bits
            height, width = self.blocks[block]
            places = np.arange(self.start[block], self.start[block + 1]).reshape(height, width)
            places = places.T if side == "columns" else places
            pairs = [(k, m) for k in range(len(places)) for m in range(k, len(places))]
            for row, entry in enumerate(entries):
                if side == "entries":
                    rows[row, self.start[block] + entry] += factor
                    continue
                k, m = pairs[entry]
                if side == "linear":
                    rows[row, places[k, m]] += factor
                    rows[row, places[m, k]] += factor
                else:
                    rows[row, places[k]] += factor * point[places[m]] % p
                    rows[row, places[m]] += factor * point[places[k]] % p
        return rows % p


def _word_with_letter(word: tuple[Letter, ...], spot: int, side: str, transposed: bool) -> tuple[Any, ...]:
    """Factors before the new letter, whether it is transposed, factors after it."""
    if side in ("linear", "entries"):
        return word[:spot], side == "entries" and transposed, word[spot + 1 :]
    gap = spot if (side == "rows") is not transposed else spot + 1
    return word[:gap], False, word[gap:]


def _turned(matrix: Dual) -> Dual:
    return [np.swapaxes(part, -1, -2) for part in matrix]
