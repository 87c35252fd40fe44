"""The one line by which a noun is seen in a prompt, a debugger or a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

#: Letters of a line, values of a point, and parts of a formula that are written out.
_MOST_LETTERS = 160
_MOST_VALUES = 6
_MOST_PARTS = 100


class Brief:
    """A noun whose repr is its name and what it says, in a line."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # `dataclass` writes all fields into the repr of a class that does not have one of its own
        if "__repr__" not in cls.__dict__:
            cls.__repr__ = cls.__repr__  # type: ignore[method-assign]

    def _in_short(self) -> str:
        """What it says, in a few words."""
        return ""

    def __repr__(self) -> str:
        words = one_line(self._in_short())
        return f"<{type(self).__name__}{f': {words}' if words else ''}>"


def one_line(text: str, most: int = _MOST_LETTERS) -> str:
    """The text without breaks, its end cut off where it is too long."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 4]} ..."


def counted(number: int, what: str, plural: str = "") -> str:
    """A number of things: 1 law, 2 laws.

    Examples
    --------
    >>> counted(1, "law"), counted(2, "equilibrium", "equilibria")
    ('1 law', '2 equilibria')
    """
    return f"{number:,} {what if number == 1 else plural or f'{what}s'}"


def values_of(point: Mapping[Any, Any] | Iterable[tuple[Any, Any]], sign: str = " = ") -> str:
    """Names and their values: x = 1, y = 0.5.

    Examples
    --------
    >>> values_of({"x": 1, "y": 0.8660254037844386})
    'x = 1, y = 0.866025'
    """
    pairs = list(point.items() if isinstance(point, Mapping) else point)
    shown = [f"{name}{sign}{_value(value)}" for name, value in pairs[:_MOST_VALUES]]
    return ", ".join([*shown, *(["..."] if len(pairs) > _MOST_VALUES else [])])


def _value(value: Any) -> str:
    if isinstance(value, float) or type(value).__name__ == "Float":
        return f"{float(value):.6g}"
    return one_line(str(value), 60) if _is_small(value) else "..."


def _is_small(value: Any) -> bool:
    """Whether a formula has so few parts that printing it costs nothing."""
    waiting, seen = [value], 0
    while waiting and seen <= _MOST_PARTS:
        waiting += getattr(waiting.pop(), "args", ())
        seen += 1
    return seen <= _MOST_PARTS
