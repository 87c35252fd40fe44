"""Words in letters that need not commute, with relations: normal forms, identities, and identities for every n.

Letters are SymPy symbols with `commutative=False`, coefficients are integers. Relations are completed by their
overlaps as far as a budget goes; what is shown is shown by multiples of the relations that were given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symdyn.algebra.rewriting import Rewriting, Sum, difference
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.noncommutative import Multiple, NoncommutativeWitness, Recurrence, Words
from symdyn.errors import ModelError, came

_METHOD = "left minus right is a combination of multiples of the relations"

Relations = Iterable[Any]


def letters(names: str) -> tuple[sp.Symbol, ...]:
    """Symbols that need not commute, by their names.

    Examples
    --------
    >>> A, B = letters("A B")
    >>> A * B == B * A
    False
    """
    return tuple(sp.Symbol(name, commutative=False) for name in names.replace(",", " ").split())


def normal_form(expression: Any, relations: Relations = ()) -> sp.Expr:
    """What is left of a sum of words when every relation is used from its longest word to the others.

    Where the completion by overlaps ends, as for commutators, equal elements have one normal form; else it may differ.

    Parameters
    ----------
    expression
        Sums and products of letters with whole coefficients.
    relations
        Pairs (left, right) or equations.

    Raises
    ------
    ModelError
        If something is no sum of words.

    Examples
    --------
    >>> A, J = letters("A J")
    >>> normal_form((A - J) * (A - J) * J, [(A * J, J), (J * J, J)])
    0
    >>> normal_form(A * A * J + J * A, [(A * J, J)])
    J + J*A
    """
    given = _pairs(relations)
    alphabet = _Alphabet([expression, *_sides(given)])
    rest, _ = Rewriting(alphabet.differences(given)).reduced(alphabet.words(expression))
    return alphabet.expression(rest)


def identity(left: Any, right: Any, relations: Relations = ()) -> Certificate:
    """Whether two sums of words are equal in every ring where the relations hold.

    Parameters
    ----------
    left, right
        Sums and products of letters with whole coefficients.
    relations
        Pairs (left, right) or equations that are assumed.

    Returns
    -------
    Certificate
        PROVED with the multiples of the relations that add up to left - right; UNDECIDED if none were found.

    Raises
    ------
    ModelError
        If something is no sum of words.

    Examples
    --------
    >>> A, B, C = letters("A B C")
    >>> identity(A, C, [(A * B, 1), (B * C, 1)]).verdict  # a left and a right inverse of B are one
    Verdict.PROVED
    >>> identity(A * B, B * A).verdict
    Verdict.UNDECIDED
    """
    given = _pairs(relations)
    alphabet = _Alphabet([left, right, *_sides(given)])
    (asked,) = alphabet.differences([(left, right)])
    rest, multiples = Rewriting(alphabet.differences(given)).reduced(asked)
    if rest:
        return _undecided(f"{left} = {right}", f"the difference was only brought to {alphabet.expression(rest)}")
    record = NoncommutativeWitness(
        alphabet.constants, (), (), alphabet.stored(given), 0, (), alphabet.stored([(left, right)]), (multiples,), ()
    )
    return certified(record, Verdict.PROVED, _METHOD, provenance=provenance())


@dataclass(frozen=True)
class Statement:
    """What is said at every n, and the sequences that it speaks of.

    Parameters
    ----------
    equal
        Pairs (left, right) or equations, in letters that stand for one element and in the sequences at n.
    sequences
        Letter to its first value and to the next one, which speaks of sequences at n and of other letters at n + 1.
    indexed
        Letters that stand for another element at each place; every relation holds at every place.
    """

    equal: Iterable[Any]
    sequences: Mapping[sp.Symbol, tuple[Any, Any]]
    indexed: Sequence[sp.Symbol] = ()


def by_induction(statement: Statement, relations: Relations = (), base: int = 1) -> Certificate:
    """Whether pairs of sums of words are equal at every n from a first one, in every ring where the relations hold.

    The pairs are shown at the first place, and at n + 1 from all of them at n.

    Parameters
    ----------
    statement
        The pairs and the sequences.
    relations
        Pairs (left, right) or equations that are assumed, without sequences.
    base
        The first n, where the first values stand.

    Returns
    -------
    Certificate
        PROVED with the multiples of the relations in both steps; UNDECIDED if none were found.

    Raises
    ------
    ModelError
        If something is no sum of words, there is no sequence, or a letter stands where it may not.

    Examples
    --------
    >>> A, J, P, R, S = letters("A J P R S")
    >>> product = {P: (A, A * P), R: (A - J, (A - J) * R), S: (1, S + R)}
    >>> by_induction(Statement([(P, J * S + R)], product, indexed=(A,)), [(A * J, J)]).assumptions
    ('A_n*J = J for every n',)
    """
    if type(base) is not int or not 0 <= base < 1000:
        raise ModelError(f"the base is {came(base)}: give a whole number from 0 to 999")
    given, pairs, running = _pairs(relations), _pairs(statement.equal), tuple(statement.sequences)
    if not running or not pairs:
        raise ModelError("the statement has no sequence or no pair: use identity for what holds at one place")
    firsts, following = zip(*statement.sequences.values(), strict=True)
    alphabet = _Alphabet([*_sides(given), *_sides(pairs), *firsts, *following], statement.indexed, running)
    alphabet.forbid(_sides(given), running, "a relation speaks of the sequence")
    alphabet.forbid(firsts, running, "a first value speaks of the sequence")
    alphabet.forbid(_sides(pairs), statement.indexed, "the statement at n speaks of the letter at one place")
    known, wanted = alphabet.differences(given), alphabet.differences(pairs)
    found: list[tuple[tuple[Multiple, ...], ...]] = []
    for where, values, assumed in ((f"n = {base}", firsts, known), ("n + 1", following, [*known, *wanted])):
        rewriting, images = Rewriting(assumed), alphabet.images(values)
        rests, multiples = zip(*(rewriting.reduced(_substituted(one, images)) for one in wanted), strict=True)
        left = next((rest for rest in rests if rest), None)
        if left is not None:
            return _undecided("the statement at every n", f"at {where} there is left {alphabet.expression(left)}")
        found.append(multiples)
    record = NoncommutativeWitness(
        alphabet.constants, alphabet.indexed, alphabet.running, alphabet.stored(given), base,
        tuple(map(Recurrence, alphabet.each_stored(firsts), alphabet.each_stored(following))),
        alphabet.stored(pairs), *found,
    )  # fmt: skip
    return certified(record, Verdict.PROVED, f"{_METHOD}, at the first place and the next", provenance=provenance())


class _Alphabet:
    """Letters by number: those of one element, of one at each place, and sequences."""

    def __init__(
        self, expressions: Iterable[Any], indexed: Sequence[sp.Symbol] = (), running: Sequence[sp.Symbol] = ()
    ) -> None:
        parsed = [_checked(one) for one in expressions]
        found = {s for one in (*parsed, *map(_checked, (*indexed, *running))) for s in one.free_symbols}
        constants = sorted(found - {*indexed, *running}, key=str)
        self.symbols = (*constants, *indexed, *running)
        names = tuple(s.name for s in self.symbols)
        if len(set(names)) < len(names):
            raise ModelError(f"the letters are {', '.join(names)}: give each another name, and to one group only")
        self.numbers = {symbol: k for k, symbol in enumerate(self.symbols)}
        self.constants, rest = names[: len(constants)], names[len(constants) :]
        self.indexed, self.running = rest[: len(indexed)], rest[len(indexed) :]

    def forbid(self, expressions: Iterable[Any], symbols: Iterable[sp.Symbol], what: str) -> None:
        """Refuse letters where they have no meaning."""
        for one in expressions:
            for symbol in symbols:
                if _checked(one).has(symbol):
                    raise ModelError(f"{what} {symbol}: write it without")

    def words(self, expression: Any) -> Sum:
        found: Sum = {}
        for term in sp.Add.make_args(sp.expand(_checked(expression))):
            commuting, factors = term.args_cnc()
            coefficient = sp.Mul(*commuting)
            if not coefficient.is_Integer:
                raise ModelError(f"the coefficient {coefficient} is no whole number: multiply the equation, or name it")
            word: list[int] = []
            for factor in factors:
                base, exponent = factor.as_base_exp()
                if base not in self.numbers or not (exponent.is_Integer and exponent > 0):
                    raise ModelError(f"{factor} is no product of letters: name an inverse B, with B*A = 1 and A*B = 1")
                word += [self.numbers[base]] * int(exponent)
            found[tuple(word)] = found.get(tuple(word), 0) + int(coefficient)
        return {word: value for word, value in found.items() if value}

    def differences(self, pairs: Iterable[tuple[Any, Any]]) -> list[Sum]:
        """Left minus right."""
        return [difference(self.words(left), self.words(right)) for left, right in pairs]

    def images(self, values: Sequence[Any]) -> dict[int, Sum]:
        """What stands for the sequences, by their numbers."""
        return dict(enumerate(map(self.words, values), start=len(self.symbols) - len(values)))

    def expression(self, words: Sum) -> sp.Expr:
        terms = (value * sp.Mul(*(self.symbols[k] for k in word)) for word, value in words.items())
        return sp.Add(*terms)

    def each_stored(self, expressions: Iterable[Any]) -> list[Words]:
        return [tuple((value, word) for word, value in self.words(one).items()) for one in expressions]

    def stored(self, pairs: Iterable[tuple[Any, Any]]) -> tuple[tuple[Words, Words], ...]:
        sides = ([*self.each_stored(pair)] for pair in pairs)
        return tuple((left, right) for left, right in sides)


def _substituted(given: Sum, images: Mapping[int, Sum]) -> Sum:
    """With sums in the place of letters."""
    found: Sum = {}
    for word, value in given.items():
        terms: Sum = {(): value}
        for letter in word:
            image = images.get(letter, {(letter,): 1})
            terms = _product(terms, image)
        for key, one in terms.items():
            found[key] = found.get(key, 0) + one
    return {word: value for word, value in found.items() if value}


def _product(one: Sum, other: Sum) -> Sum:
    found: Sum = {}
    for before, c in one.items():
        for after, d in other.items():
            found[before + after] = found.get(before + after, 0) + c * d
    return found


def _pairs(given: Iterable[Any]) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    for one in given:
        sides = one.args if isinstance(one, sp.Eq) else one
        if not isinstance(sides, tuple | list | sp.Tuple) or len(sides) != 2:
            raise ModelError(f"{came(one)} is no equation: give a pair (left, right)")
        found.append((sides[0], sides[1]))
    return found


def _sides(pairs: Iterable[tuple[Any, Any]]) -> list[Any]:
    return [side for pair in pairs for side in pair]


def _checked(expression: Any) -> sp.Expr:
    """A sum of products of letters, or a whole number."""
    if isinstance(expression, int) and not isinstance(expression, bool):
        return sp.Integer(expression)
    if not isinstance(expression, sp.Expr):
        raise ModelError(f"{came(expression)} is no sum of words: write letters with commutative=False")
    plain = sorted((s for s in expression.free_symbols if s.is_commutative), key=str)
    if plain:
        raise ModelError(f"the letter {plain[0]} commutes: write sympy.Symbol('{plain[0]}', commutative=False)")
    return expression


def _undecided(claim: str, reason: str) -> Certificate:
    return Certificate(
        claim=claim, verdict=Verdict.UNDECIDED, method=reason, witness={"kind": "undecided"}, provenance=provenance()
    )
