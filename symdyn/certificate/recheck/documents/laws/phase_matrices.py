"""Matrix laws of a phase space in documents: t^3 (W1 W1_dot^T - W1_dot W1^T), and Gram matrices under decay.

A product of two matrices is read entry by entry. Where the stored laws are functions of the constants q and p of motion
without forces, the same products of q and p are what is checked: they are the matrix that is written, times a function
of time, where each product has one velocity and the products of two velocities cancel (q = W + f W', p = E W').
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from symdyn.certificate.recheck.documents.laws.matrices import Matrix
from symdyn.certificate.recheck.documents.laws.motion import FreeMotion
from symdyn.certificate.recheck.documents.trees.formulas import Tree, UnreadableError, read_latex, read_text
from symdyn.certificate.refutation import RefutedError, UndecidedError, need
from symdyn.certificate.statement.names import latex_name
from symdyn.certificate.statement.notation import Product, products_latex, products_text, times_factor
from symdyn.certificate.witness.laws.law import Terms
from symdyn.certificate.witness.laws.setting import Motion

_TERM = re.compile(r"(?P<sign>- |\+ |-)?(?:(?P<value>\d+) )?(?P<a>[^ ()]+) (?P<b>[^ ()+-][^ ()]*)(?: |\Z)")
_INDEXED = re.compile(r"(?P<stem>.+?)_(?P<row>\d+)_(?P<column>\d+)\Z")
_SUFFIXES = ("dot", "momentum", "mirror")
_MOST_PRODUCTS = 200_000
_ONE = Fraction(1)


def is_in_matrices(text: str) -> bool:
    """Whether a line is written with transposed matrices."""
    return "^T" in text


def entries_in_matrices(
    row: Mapping[str, Any],
    place: str,
    names: Sequence[str],
    motion: Motion,
    free: FreeMotion | None,
    defined: Mapping[str, Matrix],
) -> list[Terms] | None:
    """The entries of a matrix of laws as polynomials in the coordinates of the fields; None for another line.

    Parameters
    ----------
    names
        Of the coordinates of the fields.
    motion, free
        The dynamics; what reads functions of time where the laws have such a factor.
    defined
        Matrices that the lines after it define; else those whose entries bear their name.

    Raises
    ------
    RefutedError
        If LaTeX and text differ, or the factor is not that of the products.
    """
    parts = _parts(row["text"])
    products = None if parts is None else _products(parts[1])
    if parts is None or products is None:
        return None
    matrices = _matrices(names, defined)
    if any(name not in matrices for _, *factors in products for name, _ in factors):
        return None
    need(parts[1] == products_text(products), f"{place}.text", "is not written as a sum of products of matrices")
    factor = _check_latex(row, parts, products, free, place)
    entries = _entries(products, matrices, place)
    if free is None:
        need(factor is None, f"{place}.text", "has a factor, which the laws of these dynamics do not have")
        return entries
    _check_factor(entries, factor, len(names), motion, free, place)
    return entries


def _parts(text: str) -> tuple[str, str, str] | None:
    """What stands before the bracket with the matrices, in it, and after it; no bracket without a factor."""
    if "(" not in text:
        return "", text, ""
    found = re.fullmatch(r"(?P<before>.*?)\((?P<body>[^()]*\^T[^()]*)\)(?P<after>.*)", text, re.DOTALL)
    if found is None:
        return None
    before, body, after = found["before"].removesuffix(" "), found["body"], found["after"].removeprefix(" ")
    # the factor stands on one side, with one space between
    return (before, body, after) if text in (f"{before} ({body})", f"({body}) {after}") else None


def _products(body: str) -> list[Product] | None:
    found: list[Product] = []
    rest = body
    while rest:
        term = _TERM.match(rest)
        if term is None:
            return None
        value = int(term["value"] or 1) * (-1 if (term["sign"] or "").startswith("-") else 1)
        first, second = ((word.removesuffix("^T"), word.endswith("^T")) for word in (term["a"], term["b"]))
        if first[1] == second[1]:
            return None
        found.append((value, first, second))
        rest = rest[term.end() :]
    return found


def _matrices(names: Sequence[str], defined: Mapping[str, Matrix]) -> dict[str, list[list[int]]]:
    """Matrices of coordinates by name, with those of their velocities."""
    number = {name: k for k, name in enumerate(names)}
    found: dict[str, list[list[int]]] = {}
    if defined:
        for name, matrix in defined.items():
            if any(minus for row in matrix for _, minus in row):
                continue
            found[name] = [[k for k, _ in row] for row in matrix]
            for suffix in _SUFFIXES:
                moving = [[number.get(f"{names[k]}_{suffix}", -1) for k in row] for row in found[name]]
                if all(k >= 0 for row in moving for k in row):
                    found[f"{name}_{suffix}"] = moving
        return found
    places: dict[str, dict[tuple[int, int], int]] = {}
    for name, k in number.items():
        suffix = next((f"_{one}" for one in _SUFFIXES if name.endswith(f"_{one}")), "")
        indexed = _INDEXED.match(name.removesuffix(suffix))
        if indexed is not None:
            entries = places.setdefault(indexed["stem"] + suffix, {})
            entries[int(indexed["row"]), int(indexed["column"])] = k
    for stem, entries in places.items():
        rows, columns = (max(index[axis] for index in entries) for axis in (0, 1))
        if set(entries) == {(i, j) for i in range(1, rows + 1) for j in range(1, columns + 1)}:
            found[stem] = [[entries[i, j] for j in range(1, columns + 1)] for i in range(1, rows + 1)]
    return found


def _check_latex(
    row: Mapping[str, Any],
    parts: tuple[str, str, str],
    products: Sequence[Product],
    free: FreeMotion | None,
    place: str,
) -> Tree | None:
    """The factor of time, the same in text and LaTeX, around the same sum of products; None if there is none."""
    body = products_latex([(x, (latex_name(a), s), (latex_name(b), t)) for x, (a, s), (b, t) in products])
    before, found, after = row["latex"].partition(body)
    need(bool(found), f"{place}.latex", "is not what the text says")
    in_text = f"{parts[0]} {parts[2]}".strip()
    if not in_text:
        need(not before.strip() and not after.strip(), f"{place}.latex", "is not what the text says")
        return None
    in_latex = before.removesuffix(r" \bigl( ") if parts[0] else after.removeprefix(r" \bigr) ")
    written = times_factor(body, in_latex, r"\bigl( ", r" \bigr)")
    need(row["latex"] == written, f"{place}.latex", "is not what the text says")
    if free is None:
        raise RefutedError(f"{place}.text", "has a factor, which the laws of these dynamics do not have")
    plain, latex = _constants(free)
    try:
        factor, other = free.read(in_text, plain, read_text), free.read(in_latex, latex, read_latex)
    except UnreadableError as reason:
        raise RefutedError(f"{place}.text", f"is not read: its factor {reason}") from None
    need(not _is_idle(factor), f"{place}.text", "is not written as a function of time times matrices")
    need(not _is_idle(other), f"{place}.latex", "is not written as a function of time times matrices")
    same = free.is_equal(factor, other)
    need(same is not False, f"{place}.latex", "has another factor than the text")
    if same is None:
        raise UndecidedError(f"{place}: text and LaTeX are not seen to say the same")
    return factor


def _is_idle(tree: Tree) -> bool:
    """Whether a product in it has a factor 1, which nobody writes."""
    parts = [part for part in tree[1:] if isinstance(part, tuple)]
    idle = tree[0] == "product" and ("number", _ONE) in parts
    return idle or any(map(_is_idle, parts))


def _constants(free: FreeMotion) -> tuple[dict[str, str], dict[str, str]]:
    """Names that may stand in the factor, as text and as LaTeX."""
    return {name: name for name in free.names}, {latex_name(name): name for name in free.names}


def _entries(products: Sequence[Product], matrices: Mapping[str, list[list[int]]], place: str) -> list[Terms]:
    """All entries of the sum that are not identically zero; the lower triangle repeats the upper one."""
    tables: dict[tuple[int, int], Counter[tuple[int, ...]]] = {}
    sizes, total = set(), 0
    for value, (a, is_left), (b, is_right) in products:
        left = [list(x) for x in zip(*matrices[a], strict=True)] if is_left else matrices[a]
        right = matrices[b] if is_right else [list(x) for x in zip(*matrices[b], strict=True)]
        need(len(left[0]) == len(right[0]), place, "multiplies matrices that do not fit")
        sizes.add((len(left), len(right)))
        total += len(left) * len(right) * len(left[0])
        need(total <= _MOST_PRODUCTS, place, "is too large to be written out")
        for i, row in enumerate(left):
            for j, column in enumerate(right):
                table = tables.setdefault((i, j), Counter())
                for k, m in zip(row, column, strict=True):
                    table[tuple(sorted((k, m)))] += value
    need(len(sizes) == 1 and len(next(iter(sizes))) == 2, place, "adds matrices of different sizes")
    found = []
    for (i, j), table in sorted(tables.items()):
        mirror = tables.get((j, i), Counter())
        repeats = any(all(table[m] == sign * mirror[m] for m in table.keys() | mirror.keys()) for sign in (1, -1))
        terms = tuple((value, monomial) for monomial, value in table.items() if value)
        if terms and not (i > j and repeats):
            found.append(terms)
    return found


def _check_factor(
    entries: Sequence[Terms], factor: Tree | None, size: int, motion: Motion, free: FreeMotion, place: str
) -> None:
    """The factor is that by which products of W and W' differ from those of the constants of free motion."""
    growth = free.growth
    half = size // 2
    if motion.has_momentum:
        for terms in entries:
            twice: Counter[tuple[int, ...]] = Counter()
            for value, (k, m) in terms:
                need(k < half <= m, place, "has a product that is not one of a parameter and a velocity")
                twice[tuple(sorted((k + half, m)))] += value
            need(not any(twice.values()), place, "is no function of the constants of motion without forces")
        wanted = growth
    else:
        wanted = ("product", growth, growth)
    same = free.is_equal(("number", _ONE) if factor is None else factor, wanted)
    need(same is not False, f"{place}.text", "has another factor of time than these laws")
    if same is None:
        raise UndecidedError(f"{place}: the factor of time is not seen to be that of these laws")
