"""Reaction networks as people write them: A + B -> C, k1; C -> A + B, k2."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.guard import Source
from symdyn.algebra.formulas.read import free_names, parse_formula, parse_name
from symdyn.certificate.brief import counted
from symdyn.dynamics.reactions.network import Complex, Reaction, ReactionNetwork
from symdyn.errors import FormulaError, ModelError

#: Both ways first: `<-->` is one arrow.
_ARROW = re.compile(r"<-+>|<=+>|⇌|↔|-+>|=+>|→")
_BOTH_WAYS = ("<", "⇌", "↔")
_SEPARATOR = re.compile(r"[;\n]")
_MEMBER = re.compile(r"\s*(?:(\d+)\s*\*?\s*)?([^\W\d]\w*)\s*$")
_NOTHING = ("0", "∅", "")
_MOST_CHARACTERS = 1_000_000
_MOST_COEFFICIENT = 100
EXAMPLE = '"A + B -> C, k1; C -> A + B, k2"'


@dataclass(frozen=True)
class _Written:
    """One arrow as it stands in the text, its rates not read yet."""

    consumed: tuple[tuple[str, int], ...]
    produced: tuple[tuple[str, int], ...]
    rates: tuple[str, ...]
    both_ways: bool
    where: str


def reactions(text: Any, *, values: Mapping[str, Any] | None = None) -> ReactionNetwork:
    """The reaction network that a text denotes.

    Parameters
    ----------
    text
        Reactions separated by semicolons or lines, or a list of such texts. Each is `A + 2 B -> C, rate`; `0` is the
        outside, as in `0 -> A, v`. An arrow both ways takes two rates, `A + B <-> C, k1, k2`. A rate that has no
        species in it is the rate constant of mass action; one that has, as `Vmax*S/(Km + S)`, is the whole rate. Where
        none is written the constants are k1, k2, ... by the number of the reaction. Species come in the order of their
        first appearance; all other names are positive constants. What follows a # in a line is a remark.
    values
        Numbers for constants, by name.

    Returns
    -------
    ReactionNetwork
        `distribution` (laws for all rate constants), `flow` (for the rates given), `moieties`, `on_leaf()`.

    Raises
    ------
    FormulaError, ModelError
        With the reaction, the place in it, and what to write.

    Examples
    --------
    >>> network = reactions("E + S <-> C, k1, k2; C -> E + P, k3")
    >>> network.moieties
    (C + E, C + P + S)
    >>> network.flow.field.components[0]
    C*k2 + C*k3 - E*S*k1
    """
    written = [arrow for number, one in enumerate(_statements(text), start=1) for arrow in _read(one, number)]
    if not written:
        raise ModelError(f"there is no reaction: write at least one, as in {EXAMPLE}")
    names = dict.fromkeys(name for one in written for side in (one.consumed, one.produced) for name, _ in side)
    species = {name: _symbol(name, positive=False) for name in names}
    found: list[Reaction] = []
    for one in written:
        wanted = 2 if one.both_ways else 1
        rates = one.rates or tuple(f"k{len(found) + k + 1}" for k in range(wanted))
        if not one.rates and any(rate in species for rate in rates):
            raise ModelError(f"{one.where} has no rate, and {rates[0]} is a species: write the rate after a comma")
        if len(rates) != wanted:
            raise ModelError(
                f"{one.where} has {counted(len(rates), 'rate')}: write "
                + ("two, forth and back, as in A <-> B, k1, k2" if one.both_ways else "one, as in A -> B, k1")
            )
        sides = _complex(one.consumed, species), _complex(one.produced, species)
        found.append(_reaction(*sides, rates[0], species, values or {}, one.where))
        if one.both_ways:
            found.append(_reaction(sides[1], sides[0], rates[1], species, values or {}, one.where))
    network = ReactionNetwork(tuple(species.values()), tuple(found))
    _check_values(network, values or {}, written)
    return network


def _statements(text: Any) -> list[str]:
    texts = [text] if isinstance(text, str) else text
    if not isinstance(texts, Sequence) or isinstance(texts, bytes) or not all(isinstance(one, str) for one in texts):
        raise ModelError(f"{str(text)[:60]!r} is no text of reactions: write them as in {EXAMPLE}")
    if sum(map(len, texts)) > _MOST_CHARACTERS:
        raise ModelError(f"the reactions have more than {_MOST_CHARACTERS:,} characters: give fewer")
    lines = [re.sub(r"#.*", "", line) for one in texts for line in one.split("\n")]
    return [part.strip() for line in lines for part in _SEPARATOR.split(line) if part.strip()]


def _read(text: str, number: int) -> list[_Written]:
    where = f"reaction {number}"
    source = Source(text, where)
    arrows = list(_ARROW.finditer(text))
    if len(arrows) != 1:
        place = arrows[1].start() if arrows else len(text)
        what = f"{len(arrows)} arrows" if arrows else "no arrow"
        raise source.error(f'"{text[:60]}" has {what}: write one reaction, as in A + B -> C, k1.', place)
    left, rest = text[: arrows[0].start()], text[arrows[0].end() :]
    right, *rates = _at_commas(rest)
    consumed, produced = _side(left, 0, source), _side(right, arrows[0].end(), source)
    if not consumed and not produced:
        raise source.error(f'"{text[:60]}" has no species: write one on a side at least, as in 0 -> A, k1.', 0)
    return [
        _Written(
            consumed,
            produced,
            tuple(rate.strip() for rate in rates),
            arrows[0].group()[0] in _BOTH_WAYS,
            where,
        )
    ]


def _at_commas(text: str) -> list[str]:
    """Parts between commas that stand in no brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _side(text: str, start: int, source: Source) -> tuple[tuple[str, int], ...]:
    """The members of one side; `start` is its column in the text."""
    if text.strip() in _NOTHING:
        return ()
    found: dict[str, int] = {}
    for member in re.finditer(r"[^+]+|(?<=\+)$|^(?=\+)", text):
        match = _MEMBER.match(member.group())
        if match is None:
            column = start + member.start() + len(member.group()) - len(member.group().lstrip())
            what = f'"{member.group().strip()[:40]}"' if member.group().strip() else "an empty place beside +"
            raise source.error(
                f"{what}, column {column + 1}, is no species: write a name with a whole number before it, as in 2 A.",
                column,
            )
        count = int(match[1] or 1) if len(match[1] or "1") < 6 else _MOST_COEFFICIENT + 1
        if not 0 < count <= _MOST_COEFFICIENT:
            raise source.error(
                f"{match[1][:20]} {match[2][:40]} takes part: write a whole number from 1 to {_MOST_COEFFICIENT}.",
                start + member.start(),
            )
        name = parse_name(match[2], where=source.where).name
        found[name] = found.get(name, 0) + count
    return tuple(found.items())


def _symbol(name: str, *, positive: bool) -> sp.Symbol:
    return sp.Symbol(name, positive=True) if positive else sp.Symbol(name, real=True)


def _complex(side: tuple[tuple[str, int], ...], species: Mapping[str, sp.Symbol]) -> Complex:
    return tuple((species[name], count) for name, count in side)


def _reaction(
    consumed: Complex,
    produced: Complex,
    rate: str,
    species: Mapping[str, sp.Symbol],
    values: Mapping[str, Any],
    where: str,
) -> Reaction:
    place = f"the rate of {where}"
    if not rate:
        raise FormulaError(f"{place} is empty: write a constant after the comma, or no comma.", rate, 0)
    names = free_names(rate, where=place)
    symbols = {name: species.get(name) or _symbol(name, positive=True) for name in names}
    formula = parse_formula(rate, symbols, exact=False, where=place)
    known = {symbols[name]: _number(values[name], name) for name in names if name in values and name not in species}
    whole = any(name in species for name in names)
    if not whole and formula.is_negative:
        raise ModelError(f"{place} is {formula}: a rate constant is a number from 0; a law names species")
    return Reaction(consumed, produced, formula.subs(known), whole)


def _number(value: Any, name: str) -> sp.Expr:
    """A number from 0, exact."""
    found = parse_formula(str(value), {}, exact=False, where=f"the value of {name}") if _is_number(value) else None
    if found is None or not found.is_nonnegative:
        raise ModelError(f"the constant {name} is {str(value)[:40]!r}: give a number from 0")
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, str | int | float | sp.Expr) and not isinstance(value, bool)


def _check_values(network: ReactionNetwork, values: Mapping[str, Any], written: Sequence[_Written]) -> None:
    used = {name for one in written for rate in one.rates for name in free_names(rate)}
    used |= {f"k{k}" for k in range(1, len(network.reactions) + 1)}
    for name in values:
        if name not in used or name in {str(s) for s in network.species}:
            raise ModelError(f"{str(name)[:40]!r} has a value and is no constant of the reactions: check its name")
