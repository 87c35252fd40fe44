"""The option --continue: branches over an interval of one parameter, with what was followed where they are stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from symdyn.errors import FormulaError, ModelError

_EXAMPLE = "--continue beta=0.1..1"


@dataclass(frozen=True)
class Followed:
    """What --continue and --from ask for.

    Parameters
    ----------
    name
        Of the parameter.
    ends
        Of its interval, rational numbers exact.
    start
        Coordinates with their values as text; None without --from.
    at
        The parameter at the start.
    """

    name: str
    ends: tuple[Any, Any]
    start: str | None
    at: Any


def followed_of(text: str, start: str | None) -> Followed:
    """Read NAME=LOW..HIGH, and the parameter's value out of the start.

    Raises
    ------
    ModelError
        If it names no parameter or no interval.
    """
    name, equals, ends = (piece.strip() for piece in text.partition("="))
    pieces = ends.split("..")
    if not (name and equals) or len(pieces) != 2:
        raise ModelError(f"--continue {text} names no interval: write for example {_EXAMPLE}")
    low, high = (_number(piece, f"--continue {text}", f"both ends, as in {_EXAMPLE} or a=1/2..2") for piece in pieces)
    given = [] if start is None else [piece.partition("=") for piece in start.split(",")]
    values = [value for key, _, value in given if key.strip() == name]
    if len(values) > 1:
        raise ModelError(f"--from came with two values of {name}: keep one")
    at = _number(values[0], "--from", f"a number, as in {name}=1/2") if values else None
    rest = ",".join(key + equals + value for key, equals, value in given if key.strip() != name)
    if start is not None and not rest:
        raise ModelError(f"--from {start} gives no coordinate a value: write an equilibrium, as in x=1,y=0")
    return Followed(name, (low, high), rest or None, at)


def run(
    asked: Followed, model: Any, point: Callable[[str], Any], options: dict[str, Any], show: Callable[[Any], None]
) -> int:
    """Follow, and show what was followed; the exit status."""
    from symdyn.equilibrium.continuation import continuation

    start = None if asked.start is None else point(asked.start)
    try:
        found = continuation(model, asked.name, asked.ends, start=start, at=asked.at, interrupted=show, **options)
    except KeyboardInterrupt:
        return 130
    show(found)
    return 0


def _number(text: str, where: str, needed: str) -> Any:
    """A rational number as it is written, or the float of a formula such as sqrt(2)."""
    import sympy as sp

    from symdyn.algebra.formulas.read import parse_formula

    try:
        number = parse_formula(text.strip(), {}, exact=False, where=where)
        return number if isinstance(number, sp.Rational) else float(number)
    except (FormulaError, TypeError, ValueError, OverflowError):
        raise ModelError(f"{text.strip()!r} in {where} is no number: write {needed}") from None
