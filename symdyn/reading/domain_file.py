"""Where the state of a flow file lives: equations, spheres, simplices, and inequalities that bound a domain."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import sympy as sp

from symdyn.errors import ModelError
from symdyn.geometry.constraint import Constraint, product_of_spheres, simplex

KEYS = ("constraint", "spheres", "simplex", "domain")
Read = Callable[[Any, str], list[sp.Expr]]
_SIGNS = re.compile(r"(<=|>=|==|!=|<|>|=)")
_EXAMPLE = 'domain = ["x >= 0", "x + y <= 1"]'


def constraint_of(data: dict[str, Any], coords: tuple[sp.Symbol, ...], read: Read) -> Constraint | None:
    """The constraint that the keys of a file make together; None where there are none.

    Parameters
    ----------
    data
        Of the file: `constraint`, formulas that vanish; `spheres`, lists of coordinates of unit length; `simplex`,
        names of probabilities, or lists of them; `domain`, inequalities as text.
    coords
        The coordinates, in order.
    read
        Reads formulas of the file.

    Raises
    ------
    ModelError
        If a key is written otherwise, or two of the first three come together.
    """
    given = [key for key in KEYS[:3] if key in data]
    if len(given) > 1:
        raise ModelError(f"{given[1]} came together with {given[0]}: keep one")
    found = _MAKERS[given[0]](data[given[0]], coords, read) if given else None
    if "domain" not in data:
        return found
    inequalities = _inequalities(data["domain"], coords, read)
    if found is None:
        return Constraint(coords, (), inequalities, name="domain")
    return replace(found, inequalities=(*found.inequalities, *inequalities))


def _equations(entries: Any, coords: tuple[sp.Symbol, ...], read: Read) -> Constraint:
    for text in entries if isinstance(entries, list) else [entries]:
        if isinstance(text, str) and _SIGNS.search(text):
            advice = f"write inequalities as {_EXAMPLE}" if re.search("[<>]", text) else f"write {_left(text)}"
            raise ModelError(f"{text!r} in constraint has two sides, and what vanishes there has one: {advice}")
    return Constraint(coords, tuple(read(entries, "constraint")))


def _left(text: str) -> str:
    """An equation with all on one side."""
    left, _, right = _SIGNS.split(text, maxsplit=1)
    return f'"{left.strip()} - ({right.strip()})"'


def _spheres(rows: Any, coords: tuple[sp.Symbol, ...], _: Read) -> Constraint:
    found = product_of_spheres(_groups(rows, coords, "spheres"))
    if found.coords != coords:
        raise ModelError("spheres do not list all coordinates in order: write one list for each sphere, in order")
    return found


def _simplices(rows: Any, coords: tuple[sp.Symbol, ...], _: Read) -> Constraint:
    """Groups of probabilities; coordinates of none are free."""
    plain = isinstance(rows, list) and bool(rows) and all(isinstance(name, str) for name in rows)
    groups = _groups([rows] if plain else rows, coords, "simplex")
    listed = [symbol for group in groups for symbol in group]
    if len(set(listed)) < len(listed):
        raise ModelError("simplex names a coordinate twice: write each once")
    if len(groups) == 1 and tuple(groups[0]) == coords:
        return simplex(coords)
    equations = tuple(sp.Add(*group) - 1 for group in groups)
    name = f"product of {len(groups)} simplices" if len(groups) > 1 else f"simplex of {len(listed)} probabilities"
    return Constraint(coords, equations, tuple(listed), name=name)


_MAKERS: dict[str, Callable[[Any, tuple[sp.Symbol, ...], Read], Constraint]] = {
    "constraint": _equations,
    "spheres": _spheres,
    "simplex": _simplices,
}


def _groups(rows: Any, coords: tuple[sp.Symbol, ...], key: str) -> list[list[sp.Symbol]]:
    names = {symbol.name: symbol for symbol in coords}
    if not isinstance(rows, list) or not rows or not all(isinstance(row, list) and row for row in rows):
        example = f'{key} = ["x", "y", "z"]' if key == "simplex" else f'{key} = [["x", "y"]]'
        raise ModelError(f"{key} is {rows!r}: write names of coordinates, as in {example}")
    for row in rows:
        missing = [name for name in row if not isinstance(name, str) or name not in names]
        if missing:
            raise ModelError(f"{missing[0]!r} in {key} is no coordinate: write names of coordinates")
    return [[names[name] for name in row] for row in rows]


def _inequalities(entries: Any, coords: tuple[sp.Symbol, ...], read: Read) -> tuple[sp.Expr, ...]:
    """What is not negative in the domain."""
    texts: Sequence[Any] = entries if isinstance(entries, list) else [entries]
    if not texts:
        raise ModelError(f"domain is empty: write inequalities, as in {_EXAMPLE}, or leave it out")
    found = [one for text in texts for one in _of_text(text, read)]
    for one in found:
        if not one.free_symbols & set(coords):
            raise ModelError(f"{one} >= 0 in domain has no coordinate: write inequalities as {_EXAMPLE}")
    return tuple(found)


def _of_text(text: Any, read: Read) -> list[sp.Expr]:
    """One inequality, or a chain such as 0 <= x <= 1."""
    if not isinstance(text, str):
        raise ModelError(f"{text!r} in domain is no text: write an inequality in quotes, as in {_EXAMPLE}")
    first, *rest = _SIGNS.split(text)
    signs, sides = rest[::2], [first, *rest[1::2]]
    if not signs:
        raise ModelError(f'{text!r} in domain is no inequality: write two sides, as in "{text.strip() or "x"} >= 0"')
    wrong = [sign for sign in signs if sign not in ("<=", ">=")]
    if wrong:
        closed = text.replace(wrong[0], f"{wrong[0]}=") if wrong[0] in "<>" else ""
        advice = f'domains are closed, so write "{closed}"' if closed else "write <= or >=, and equations as constraint"
        raise ModelError(f"{text!r} in domain has the sign {wrong[0]}: {advice}")
    values = read(sides, "domain")
    pairs = zip(values, signs, values[1:], strict=False)
    return [left - right if sign == ">=" else right - left for left, sign, right in pairs]
