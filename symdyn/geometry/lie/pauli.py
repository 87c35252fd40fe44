"""Sums of Pauli words: X0 X1 + 2 Z2 as bits, and the bracket of i times them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import flint

from symdyn.errors import ModelError

_LETTER = re.compile(r"([IXYZ])\s*(\d+)")
_TERM = re.compile(
    r"\s*([+-])?\s*(?:(\d+(?:/\d+)?)\s*\*?\s*)?((?:[IXYZ]\s*\d+\s*[*@]?\s*)+|[IXYZ]+(?![\w]))\s*"
)
_MOST_QUBITS = 60
#: Words as bits (x, z): X is (1, 0), Z is (0, 1), Y is (1, 1).
Word = tuple[int, int]


def pauli_elements(texts: Sequence[str]) -> tuple[int, tuple[dict[Any, flint.fmpq], ...]]:
    """The number of qubits, and i times each sum.

    Words are letters with the number of their qubit, `X0 Z2`, or one letter for each qubit, `XIZ`.

    Raises
    ------
    ModelError
        If a text is no such sum.

    Examples
    --------
    >>> pauli_elements(["X0 Y1 - 1/2 Z0"])
    (2, ({(3, 2): 1, (0, 1): -1/2},))
    """
    found, qubits = [], 0
    for text in texts:
        element: dict[Any, flint.fmpq] = defaultdict(flint.fmpq)
        place = 0
        while place < len(text):
            match = _TERM.match(text, place)
            if match is None or (place > 0 and match[1] is None) or match.end() == place:
                raise ModelError(f'"{text[:40]}", column {place + 1}, is no sum of Pauli words: write X0 X1 + 2 Z2')
            word, size = _word(match[3], text)
            qubits = max(qubits, size)
            value = Fraction(match[2] or "1") * (-1 if match[1] == "-" else 1)
            element[word] += flint.fmpq(value.numerator, value.denominator)
            place = match.end()
        kept = {word: value for word, value in element.items() if value != 0}
        if not text.strip():
            raise ModelError("a text of Pauli words is empty: write X0 X1 + 2 Z2")
        found.append(kept)
    return qubits, tuple(found)


def _word(text: str, whole: str) -> tuple[Word, int]:
    pairs = [(letter, int(number)) for letter, number in _LETTER.findall(text)]
    if not pairs:
        pairs = [(letter, number) for number, letter in enumerate(text.strip())]
    numbers = [number for _, number in pairs]
    if len(set(numbers)) < len(numbers) or max(numbers) >= _MOST_QUBITS:
        raise ModelError(f'"{whole[:40]}" has a qubit twice in a word, or one from {_MOST_QUBITS}: write each once')
    x = sum(1 << number for letter, number in pairs if letter in "XY")
    z = sum(1 << number for letter, number in pairs if letter in "ZY")
    return (x, z), max(numbers) + 1


def pauli_bracket(v: dict[Any, flint.fmpq], w: dict[Any, flint.fmpq]) -> dict[Any, flint.fmpq]:
    """[iV, iW] = i (i (VW - WV)): words that anticommute give plus or minus twice their product."""
    total: dict[Any, flint.fmpq] = defaultdict(flint.fmpq)
    for (a, b), x in v.items():
        for (c, d), y in w.items():
            if ((a & d).bit_count() + (b & c).bit_count()) % 2:
                # i^|x & z| X^x Z^z is the word; Z^b X^c = (-1)^(b.c) X^c Z^b
                turns = (a & b).bit_count() + (c & d).bit_count() - ((a ^ c) & (b ^ d)).bit_count()
                turns += 2 * (b & c).bit_count()
                # VW = i^turns R with odd turns, and [iV, iW] = -2 VW = (-2 i^(turns - 1)) i R
                sign = -2 if turns % 4 == 1 else 2
                total[a ^ c, b ^ d] += sign * x * y
    return {word: value for word, value in total.items() if value != 0}
