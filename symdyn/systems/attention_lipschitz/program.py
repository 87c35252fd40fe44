"""The Jacobian at rational tokens as a program of fractions and exponentials, for balls; nothing is expanded."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp

from symdyn.algebra.programs.steps import Steps, StraightLine
from symdyn.systems.attention_lipschitz.given import Input

Rows = list[list[Fraction]]


def jacobian_line(given: Input) -> StraightLine | None:
    """D^(1/2) J D^(-1/2), or J without weights, as a program without inputs; None where a number is not rational."""
    matrices = [given.tokens, *given.heads.scores, *given.heads.values, sp.Matrix(given.weights or ())]
    if not all(entry.is_Rational for matrix in matrices for entry in matrix):
        return None
    steps, n, d, out = Steps([]), given.number, given.heads.dimension, given.heads.outputs
    X = _fractions(given.tokens)
    weights = None if given.weights is None else [Fraction(int(w.p), int(w.q)) for w in given.weights]
    terms: list[list[list[int]]] = [[[] for _ in range(n * d)] for _ in range(n * out)]
    for score, value in zip(given.heads.scores, given.heads.values, strict=True):
        A, V = _fractions(score), _fractions(value)
        queries = [_times(A, x) for x in X]
        images = [_times(V, x) for x in X]
        keys = [_times(_transposed(A), x) for x in X]
        for i in range(n):
            seen = [j for j in range(n) if given.mask is None or given.mask[i, j]]
            shares = _shares(steps, {j: _dot(queries[i], X[j]) for j in seen}, weights)
            for a in range(out):
                products = [steps.product([shares[j], steps.rational(images[j][a])]) for j in seen]
                negative = steps.product([steps.rational(-1), steps.emit("add", *products)])
                moved = {j: steps.emit("add", steps.rational(images[j][a]), negative) for j in seen}
                for b in range(d):
                    row = terms[i * out + a]
                    for j in seen:
                        slope = steps.product([moved[j], steps.rational(queries[i][b])])
                        whole = steps.emit("add", steps.rational(V[a][b]), slope)
                        row[j * d + b].append(steps.product([shares[j], whole]))
                        own = steps.product([shares[j], moved[j], steps.rational(keys[j][b])])
                        row[i * d + b].append(own)
    outputs = []
    for r, row in enumerate(terms):
        for c, parts in enumerate(row):
            entry = steps.emit("add", *parts) if parts else steps.rational(0)
            if weights is not None and weights[r // out] != weights[c // d]:
                entry = steps.product([entry, steps.emit("sqrt", steps.rational(weights[r // out] / weights[c // d]))])
            outputs.append(entry)
    return StraightLine(0, tuple(steps.steps), tuple(outputs), (n * out, n * d))


def _shares(steps: Steps, scores: dict[int, Fraction], weights: list[Fraction] | None) -> dict[int, int]:
    """Steps of the weights of one row; scores less the largest one."""
    if len(scores) == 1:
        return {j: steps.rational(1) for j in scores}
    top = max(scores.values())
    parts = {}
    for j, score in scores.items():
        grown = steps.emit("exp", steps.rational(score - top))
        parts[j] = grown if weights is None else steps.product([steps.rational(weights[j]), grown])
    total = steps.emit("add", *parts.values())
    return {j: steps.emit("divide", part, total) for j, part in parts.items()}


def _fractions(matrix: Any) -> Rows:
    return [[Fraction(int(entry.p), int(entry.q)) for entry in row] for row in matrix.tolist()]


def _transposed(rows: Rows) -> Rows:
    return [list(column) for column in zip(*rows, strict=True)]


def _times(rows: Rows, vector: list[Fraction]) -> list[Fraction]:
    return [_dot(row, vector) for row in rows]


def _dot(one: list[Fraction], other: list[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(one, other, strict=True)), Fraction(0))
