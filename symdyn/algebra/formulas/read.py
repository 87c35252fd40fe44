"""Formulas as text: reading them safely into SymPy expressions, and how large they are when expanded.

The grammar is Python's for numbers, names, ``+ - * / **``, calls of a fixed table of functions, tuples and
lists. Text is data: it is cut into tokens, put in order and built from SymPy's Add, Mul and Pow, and is
never handed to anything that evaluates text. `pi` is the number, every other name is a symbol of the user.
"""

import math
from collections.abc import Mapping

import sympy as sp

from symdyn.algebra.formulas.build import FormulaArray, build
from symdyn.algebra.formulas.depth import check_depth
from symdyn.algebra.formulas.functions import FUNCTIONS
from symdyn.algebra.formulas.grammar import Action, Step, postfix
from symdyn.algebra.formulas.guard import Kind, Source, tokens
from symdyn.errors import FormulaError

#: `expansion_size` counts no further.
SATURATION = 10**12


def parse_formula(
    text: str, names: Mapping[str, sp.Symbol] | None = None, *, exact: bool = True, where: str = ""
) -> sp.Expr:
    """The expression that a text denotes, over the real numbers.

    Parameters
    ----------
    text
        One formula. Newlines are spaces.
    names
        Symbol of each name that may occur. Without it every name is allowed and becomes a symbol without
        assumptions.
    exact
        Refuse decimals. Otherwise a decimal is the rational number that its digits denote: 0.1 is 1/10.
    where
        What the user calls the place of the text, such as "output 2"; it begins every message.

    Returns
    -------
    sp.Expr
        Finite, with rational numbers and no floats.

    Raises
    ------
    FormulaError
        If the text is not such a formula, or is too large to be handled safely.

    Examples
    --------
    >>> parse_formula("u*v - (u + 1)**2/2")
    u*v - (u + 1)**2/2
    >>> parse_formula("0.1*S", exact=False)
    S/10
    """
    formula = parse_array(text, names, exact=exact, where=where)
    if isinstance(formula, tuple):
        raise Source(text, where).error(
            f"a list of {len(formula)} came where one formula is needed: write one expression such as u*v.", 0
        )
    return formula


def parse_array(
    text: str, names: Mapping[str, sp.Symbol] | None = None, *, exact: bool = True, where: str = ""
) -> FormulaArray:
    """The expression, or the nested tuple of expressions, that a text denotes.

    Tuples and lists both become tuples; brackets around the whole may be left out. Parameters and errors
    are those of `parse_formula`.

    Examples
    --------
    >>> parse_array("[[2, 0], [0, u/3]]")
    ((2, 0), (0, u/3))
    >>> parse_array("u*v, v*w")
    (u*v, v*w)
    """
    source = _source(text, where)
    steps = postfix(source)
    symbols = _symbols(steps, source, names)
    check_depth(steps, source)
    return build(steps, source, symbols, exact)


def parse_name(text: str, *, where: str = "") -> sp.Symbol:
    """The symbol, without assumptions, that a name denotes.

    Raises
    ------
    FormulaError
        If the text is not one name, or is the name of a function or a number.
    """
    source = _source(text, where)
    first, *rest = tokens(source)
    if first.kind is not Kind.NAME or len(rest) > 1:
        came = f"`{source.span(0, len(text))}`"
        raise source.refusal(came, first.start, "is no name: write one such as u or u_1")
    if first.text in FUNCTIONS or first.text == "pi":
        kind = "the number" if first.text == "pi" else "a function"
        raise source.refusal(f"`{first.text}`", first.start, f"is {kind}: choose another name")
    return sp.Symbol(first.text)


def free_names(text: str, *, where: str = "") -> tuple[str, ...]:
    """The names of a formula or array of formulas, in order of appearance; functions and `pi` are none.

    Raises
    ------
    FormulaError
        If the text is not a formula. Numbers are not looked at.

    Examples
    --------
    >>> free_names("v*sin(u) + pi*v")
    ('v', 'u')
    """
    return tuple(_name_steps(postfix(_source(text, where))))


def expansion_size(expression: sp.Expr) -> int:
    """An upper bound for the number of monomials after full expansion, computed without expanding.

    What an expansion leaves whole counts with the monomials inside it: a function with those of its
    arguments, a negative power with those of its denominator. Counts above 10**12 are given as 10**12.

    Examples
    --------
    >>> a, b, c = sp.symbols("a b c")
    >>> expansion_size((a + b + c)**10)
    66
    >>> expansion_size((a + b + c)**10 * (a - 1)**1000)
    66066
    """
    sizes: dict[sp.Basic, int] = {}
    pending: list[sp.Basic] = [expression]
    while pending:
        node = pending[-1]
        missing = [argument for argument in node.args if argument not in sizes]
        if missing:
            pending.extend(missing)
        else:
            sizes[pending.pop()] = min(SATURATION, _size(node, sizes))
    return sizes[expression]


def _size(node: sp.Basic, sizes: Mapping[sp.Basic, int]) -> int:
    """Monomials of a node whose arguments are counted."""
    counts = [sizes[argument] for argument in node.args]
    if node.is_Mul:
        total = 1
        for count in counts:
            total = min(SATURATION, total * count)
        return total
    if node.is_Pow and node.exp.is_Number:
        # (a + b)**(5/2) expands to (a + b)**2 * sqrt(a + b)
        return _multisets(counts[0], math.floor(abs(node.exp)))
    if node.is_Pow:
        # (a + b)**(c + 2) expands to (a + b)**c * (a + b)**2
        whole = math.floor(abs(node.exp.as_coeff_Add()[0]))
        return _multisets(counts[0], whole) * counts[0] * counts[1]
    return max(1, sum(counts))


def _multisets(terms: int, degree: int) -> int:
    """Monomials of degree `degree` in `terms` terms: binomial(degree + terms - 1, degree)."""
    smaller = min(degree, terms - 1)
    if smaller > 25 and degree + terms > 50:  # binomial(50, 25) is above the saturation
        return SATURATION
    return min(SATURATION, math.comb(degree + terms - 1, smaller))


def _source(text: str, where: str) -> Source:
    if not isinstance(text, str):
        raise FormulaError(f"a formula is text, and this is {type(text).__name__}: write it in quotes.")
    return Source(text, where)


def _name_steps(steps: list[Step]) -> dict[str, Step]:
    """The first step of each name."""
    found: dict[str, Step] = {}
    for step in steps:
        if step.action is Action.NAME and step.word != "pi":
            found.setdefault(step.word, step)
    return found


def _symbols(steps: list[Step], source: Source, names: Mapping[str, sp.Symbol] | None) -> dict[str, sp.Symbol]:
    """The symbol of each name in the steps."""
    found = _name_steps(steps)
    if names is None:
        return {name: sp.Symbol(name) for name in found}
    for name, step in found.items():
        if name not in names:
            known = ", ".join(list(names)[:20]) + ("..." if len(names) > 20 else "")
            here = f"the names here are {known}" if names else "no names are known here, so write a number"
            raise source.error(f"`{name}` in {source.around(step.start)} is an unknown name: {here}.", step.start)
    return {name: names[name] for name in found}
