"""Formulas as numbered steps, as witnesses hold them, and their text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symdyn.certificate.refutation import integer, integers, need

#: Functions of one argument.
FUNCTIONS = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan", "erf", "abs", "sqrt")
Step = tuple[Any, ...]

_MOST_STEPS = 200_000
_LARGEST_POWER = 10_000
_LARGEST_ROOT = 1000
_MOST_DIGITS = 40_000
_TOO_LARGE = 10**_MOST_DIGITS
_LONGEST_NAME = 200
# how tightly an operation binds
_SUM, _PRODUCT, _POWER, _ATOM = range(4)


@dataclass(frozen=True)
class Program:
    """Steps that compute outputs from inputs.

    Parameters
    ----------
    inputs
        How many inputs there are.
    steps
        ("input", k), ("rational", p, q), ("pi",), ("add", ...), ("multiply", ...), ("divide", a, b), ("power", a, n),
        ("root", a, p, q) for a^(p/q), or a function and its argument; operands are numbers of earlier steps.
    outputs
        Numbers of the steps that are results.
    """

    inputs: int
    steps: tuple[Step, ...]
    outputs: tuple[int, ...]

    @classmethod
    def read(cls, data: Any, inputs: int, outputs: int, place: str) -> Program:
        """Stored steps in which every one uses earlier ones, or a refutation."""
        need(isinstance(data, Mapping) and set(data) == {"inputs", "steps", "outputs"}, place, "is no program")
        need(integer(data["inputs"], f"{place}.inputs") == inputs, f"{place}.inputs", f"are not {inputs}")
        stored = data["steps"]
        need(isinstance(stored, list | tuple) and len(stored) <= _MOST_STEPS, f"{place}.steps", "are no list of steps")
        steps = tuple(_step(step, number, inputs, f"{place}.steps[{number}]") for number, step in enumerate(stored))
        results = integers(data["outputs"], f"{place}.outputs", least=0, below=len(steps))
        need(len(results) == outputs, f"{place}.outputs", f"are {len(results)}, not {outputs}")
        return cls(inputs, steps, tuple(results))

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {"inputs": self.inputs, "steps": [list(step) for step in self.steps], "outputs": list(self.outputs)}

    def texts(self, names: Sequence[str], longest: int = 2000) -> list[str] | None:
        """The outputs as formulas in the names of the inputs; None where one is longer than may be."""
        found: list[tuple[str, int] | None] = []
        for step in self.steps:
            text = _written(step, found, names)
            found.append(text if text is not None and len(text[0]) <= longest else None)
        results = [found[k] for k in self.outputs]
        return None if any(text is None for text in results) else [text[0] for text in results if text is not None]


def _step(step: Any, number: int, inputs: int, place: str) -> Step:
    need(isinstance(step, list | tuple) and bool(step) and isinstance(step[0], str), place, "is no step")
    name, operands = step[0], integers(list(step[1:]), place)
    if name == "input":
        need(len(operands) == 1 and 0 <= operands[0] < inputs, place, "is no input")
    elif name == "rational":
        need(len(operands) == 2 and operands[1] > 0, place, "is no fraction")
        need(max(abs(x) for x in operands) < _TOO_LARGE, place, "is a number of too many digits")
    elif name == "pi":
        need(not operands, place, "has operands")
    elif name == "power":
        need(len(operands) == 2 and 2 <= operands[1] <= _LARGEST_POWER, place, "has no power from 2 to 10,000")
    elif name == "root":
        fits = len(operands) == 3 and 1 <= operands[1] <= _LARGEST_ROOT and 2 <= operands[2] <= _LARGEST_ROOT
        need(fits, place, "has no exponent that is a fraction of moderate numbers")
    elif name in ("add", "multiply"):
        need(len(operands) >= 1, place, "uses no step")
    else:
        need(name == "divide" or name in FUNCTIONS, place, f"has the unknown name {name[:40]!r}")
        need(len(operands) == 1 + (name == "divide"), place, "has another number of operands")
    if name not in ("input", "rational", "pi"):
        used = operands[:1] if name in ("power", "root") else operands
        need(all(0 <= k < number for k in used), place, "uses a later step")
    return (name, *operands)


def read_names(value: Any, place: str) -> tuple[str, ...]:
    """Different texts that are not empty and of moderate length, or a refutation."""
    need(isinstance(value, list | tuple), place, "is no list of names")
    need(all(isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME for name in value), place, "holds no name")
    need(len(set(value)) == len(value), place, "holds a name twice")
    return tuple(value)


def shown_name(name: str) -> str:
    """A name in a sentence; in quotes where it could be read as something else."""
    plain = all(letter.isalnum() or letter in "_\\{}^'" for letter in name)
    return name if plain else ascii(name)


def fraction_text(value: Fraction) -> str:
    """A fraction as p/q; long ones in short, as about their value."""
    text = str(value) if max(abs(value.numerator), value.denominator) < 10**40 else ""
    return text or f"about {decimal_text(value, 17)}"


def decimal_text(value: Fraction, digits: int) -> str:
    """A fraction to so many digits, as %g writes them."""
    try:
        number = float(value)
    except OverflowError:
        return f"{'-' if value < 0 else ''}10**{len(str(abs(value.numerator))) - len(str(value.denominator))}"
    return f"{number:.{digits}g}"


def _written(
    step: Step, found: Sequence[tuple[str, int] | None], names: Sequence[str]
) -> tuple[str, int] | None:
    """The text of a step, and how tightly it binds."""
    name, operands = step[0], step[1:]
    if name == "input":
        return shown_name(names[operands[0]]), _ATOM
    if name == "rational":
        value = Fraction(operands[0], operands[1])
        text = fraction_text(value)
        whole = value.denominator == 1
        return text, _ATOM if whole and value >= 0 else _SUM if value < 0 else _PRODUCT
    if name == "pi":
        return "pi", _ATOM
    parts = [found[k] for k in (operands[:1] if name in ("power", "root") else operands)]
    if any(part is None for part in parts):
        return None
    known = [part for part in parts if part is not None]
    if name == "add":
        ordered = sorted((part for part, _ in known), key=lambda part: (part[0] == "-", _is_number(part), part))
        text = ordered[0]
        for part in ordered[1:]:
            text += f" - {part[1:]}" if part.startswith("-") else f" + {part}"
        return text, _SUM
    if name == "multiply":
        return _product(known)
    if name == "divide":
        above = known[0][0] if _is_number(known[0][0]) else _bound(known[0], _PRODUCT)
        return f"{above}/{_bound(known[1], _POWER)}", _SUM if above.startswith("-") else _PRODUCT
    if name == "power":
        return f"{_bound(known[0], _ATOM)}**{operands[1]}", _POWER
    if name == "root":
        return f"{_bound(known[0], _ATOM)}**({operands[1]}/{operands[2]})", _POWER
    return f"{name}({known[0][0]})", _ATOM


def _product(parts: Sequence[tuple[str, int]]) -> tuple[str, int]:
    """Factors; a fraction p/q stands around them, -1 is a sign."""
    ordered = sorted(parts, key=lambda part: (not _is_number(part[0]), part[0]))
    rest = [_bound(part, _PRODUCT) for part in ordered[1:]]
    if not _is_number(ordered[0][0]) or not rest:
        text = "*".join([ordered[0][0] if not rest else _bound(ordered[0], _PRODUCT), *rest])
        return text, _SUM if text.startswith("-") else _PRODUCT
    above, _, below = ordered[0][0].partition("/")
    sign, above = ("-" if above[0] == "-" else ""), above.removeprefix("-")
    text = sign + "*".join(([above] if above != "1" else []) + rest) + (f"/{below}" if below else "")
    return text, _SUM if sign else _PRODUCT


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace("/", "", 1).isdecimal()


def _bound(part: tuple[str, int], least: int) -> str:
    return part[0] if part[1] >= least else f"({part[0]})"
