"""Fields with functions as witnesses hold them: polynomials in coordinates and in values of named functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from symdyn.certificate.refutation import integer, integers, listed, names, need, one_of, record

#: A polynomial: rational coefficients, none zero, with monomials (variable numbers with repetition, increasing).
RationalTerms = tuple[tuple[Fraction, tuple[int, ...]], ...]
#: Functions, and what a value of each names beside its argument.
FUNCTIONS = {
    "exp": (),
    "log": ("partner",),
    "sin": ("partner",),
    "cos": ("partner",),
    "tanh": (),
    "root": ("index",),
    "power": ("exponent", "partner"),
}
_MOST_VALUES = 200
_MOST_FIELDS = 1000
_LARGEST_INDEX = 60
_LARGEST_POWER = 60


@dataclass(frozen=True, kw_only=True)
class StoredValue:
    """A variable that stands for a function of the variables before it.

    Parameters
    ----------
    function
        exp, log, sin, cos, tanh, root (the argument to the power -1/index) or power (to the power `exponent`).
    argument
        A polynomial in coordinates, constants and earlier values.
    index
        Of a root.
    exponent
        Of a power, a polynomial in the constants.
    partner
        For log and power the number of a root of the same argument, for sin that of cos, which follows it, for cos
        that of sin; else -1.
    """

    function: str
    argument: RationalTerms
    index: int = 1
    exponent: RationalTerms = ()
    partner: int = -1

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        data: dict[str, Any] = {"function": self.function, "argument": _flat(self.argument)}
        for name in FUNCTIONS[self.function]:
            data[name] = _flat(self.exponent) if name == "exponent" else getattr(self, name)
        return data


@dataclass(frozen=True, kw_only=True)
class LiftedFields:
    """Components on the coordinates of fields with functions.

    Parameters
    ----------
    names
        Names of the coordinates, of the values, then of the symbolic constants; all different.
    dimension, number
        Number of coordinates, and of fields.
    values
        The values.
    row
        For each term `dimension` times its field plus the component.
    coefficient, size, variable
        Its coefficient, its degree, and numbers of its variables, one after the other.
    """

    names: tuple[str, ...]
    dimension: int
    number: int
    values: tuple[StoredValue, ...]
    row: tuple[int, ...]
    coefficient: tuple[int, ...]
    size: tuple[int, ...]
    variable: tuple[int, ...]
    kind: ClassVar[str] = "lifted fields"

    @property
    def constants(self) -> tuple[str, ...]:
        """Names of the symbolic constants."""
        return self.names[self.dimension + len(self.values) :]

    @property
    def coordinate_names(self) -> tuple[str, ...]:
        """Names of all variables: coordinates, values, constants."""
        return self.names

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "names": list(self.names),
            "dimension": self.dimension,
            "number": self.number,
            "values": [value.to_data() for value in self.values],
            **{name: list(getattr(self, name)) for name in ("row", "coefficient", "size", "variable")},
        }


def read_lifted_fields(value: Any, place: str) -> LiftedFields:
    """Stored fields with functions, or a refutation."""
    fields = ("kind", "names", "dimension", "number", "values", "row", "coefficient", "size", "variable")
    data = record(value, place, fields)
    dimension = integer(data["dimension"], f"{place}.dimension", least=1)
    number = integer(data["number"], f"{place}.number", least=1)
    need(number <= _MOST_FIELDS and dimension <= _MOST_FIELDS, place, f"has over {_MOST_FIELDS} fields or coordinates")
    stored = listed(data["values"], f"{place}.values")
    need(0 < len(stored) <= _MOST_VALUES, f"{place}.values", f"are {len(stored)}, not 1 to {_MOST_VALUES}")
    known = names(data["names"], f"{place}.names", least=dimension + len(stored))
    rows = integers(data["row"], f"{place}.row", least=0)
    sizes = integers(data["size"], f"{place}.size", least=0)
    variables = integers(data["variable"], f"{place}.variable", least=0, below=len(known))
    coefficients = integers(data["coefficient"], f"{place}.coefficient")
    need(len(rows) == len(sizes) == len(coefficients), place, "lists of terms have different lengths")
    need(sum(sizes) == len(variables), f"{place}.variable", "are not as many as the sizes say")
    need(not rows or max(rows) < number * dimension, f"{place}.row", "names a component that there is not")
    read = tuple(
        _value(one, k, dimension, len(stored), len(known), f"{place}.values[{k}]") for k, one in enumerate(stored)
    )
    return LiftedFields(
        names=known,
        dimension=dimension,
        number=number,
        values=read,
        row=tuple(rows),
        coefficient=tuple(coefficients),
        size=tuple(sizes),
        variable=tuple(variables),
    )


def _value(value: Any, number: int, dimension: int, values: int, variables: int, place: str) -> StoredValue:
    function = one_of(
        value.get("function") if isinstance(value, dict) else None, f"{place}.function", tuple(FUNCTIONS)
    )
    own = FUNCTIONS[function]
    data = record(value, place, ("function", "argument", *own))
    constants = set(range(dimension + values, variables))
    argument = _terms(data["argument"], set(range(dimension + number)) | constants, f"{place}.argument")
    need(bool(argument), f"{place}.argument", "is zero")
    index = integer(data["index"], f"{place}.index", least=1) if "index" in own else 1
    need(index <= _LARGEST_INDEX, f"{place}.index", "is too large")
    partner = integer(data["partner"], f"{place}.partner", least=0) if "partner" in own else -1
    fits = {"sin": partner == number + 1, "cos": partner == number - 1}.get(function, partner < number)
    need(fits and partner < values, f"{place}.partner", f"is {partner}, which does not go with it")
    return StoredValue(
        function=function,
        argument=argument,
        index=index,
        exponent=_terms(data["exponent"], constants, f"{place}.exponent") if "exponent" in own else (),
        partner=partner,
    )


def _terms(value: Any, known: set[int], place: str) -> RationalTerms:
    """Lists [numerator, denominator, [variable, exponent, ...]], no monomial twice."""
    terms = []
    for term in listed(value, place):
        good = isinstance(term, list | tuple) and len(term) == 3
        need(good, place, "has a bad term")
        above, below = integer(term[0], place, least=-(2**400)), integer(term[1], place, least=1)
        need(above != 0, place, "has a term that is zero")
        powers = integers(term[2], place, least=0)
        need(len(powers) % 2 == 0, place, "has a bad monomial")
        monomial: list[int] = []
        for k, power in zip(powers[::2], powers[1::2], strict=True):
            need(k in known and 0 < power <= _LARGEST_POWER, place, "has a variable that does not come before it")
            monomial += [k] * power
        terms.append((Fraction(above, below), tuple(sorted(monomial))))
    need(len({monomial for _, monomial in terms}) == len(terms), place, "has a monomial twice")
    return tuple(terms)


def _flat(terms: RationalTerms) -> list[Any]:
    return [
        [value.numerator, value.denominator, [x for k in sorted(set(m)) for x in (k, m.count(k))]]
        for value, m in terms
    ]


# --- in words ---


def factor_text(model: LiftedFields, place: int, power: int, shown: Sequence[str]) -> str:
    """A power of a variable: q^2, exp(q1 - q2), (x^2 + y^2)^(-3/2); `shown` are the names of the symbols."""
    number = place - model.dimension
    if not 0 <= number < len(model.values):
        return shown[place] if power == 1 else f"{shown[place]}^{power}"
    value = model.values[number]
    argument = rational_text(model, value.argument, shown)
    if value.function in ("root", "power"):
        plain = argument.isidentifier()
        base = argument if plain else f"({argument})"
        if value.function == "root":
            return f"{base}^({Fraction(-power, value.index)})"
        exponent = rational_text(model, tuple((power * c, m) for c, m in value.exponent), shown)
        return f"{base}^({exponent})"
    text = f"{value.function}({argument})"
    return text if power == 1 else f"{text}^{power}"


def rational_text(model: LiftedFields, terms: Sequence[tuple[Any, tuple[int, ...]]], shown: Sequence[str]) -> str:
    """A polynomial with its functions written out: 1/2 p^2 - cos(q)."""
    out = ""
    for value, monomial in terms:
        body = " ".join(factor_text(model, k, monomial.count(k), shown) for k in sorted(set(monomial)))
        size = abs(value)
        piece = f"{size}" if not body else body if size == 1 else f"{size} {body}"
        sign = "-" if value < 0 else "+"
        out = f"{out} {sign} {piece}" if out else f"-{piece}" if value < 0 else piece
    return out or "0"


def _is_never_zero(model: LiftedFields, argument: RationalTerms) -> bool:
    """Whether an argument is one exponential or power."""
    variables = [k - model.dimension for _, monomial in argument for k in monomial]
    if len(argument) != 1 or not all(0 <= k < len(model.values) for k in variables):
        return False
    return all(model.values[k].function in ("exp", "power") for k in variables)


def domain_lines(model: LiftedFields, shown: Sequence[str]) -> tuple[str, ...]:
    """Where the functions are defined and analytic, and what they are."""
    positive: dict[str, None] = {}
    nonzero: dict[str, None] = {}
    for value in model.values:
        text = rational_text(model, value.argument, shown)
        if value.function in ("log", "power") or (value.function == "root" and value.index > 1):
            positive[text] = None
        elif value.function == "root" and not _is_never_zero(model, value.argument):
            nonzero[text] = None
    lines = []
    for texts, what in ((list(positive), "positive"), ([t for t in nonzero if t not in positive], "not 0")):
        if texts:
            lines.append(f"{', '.join(texts)} {'is' if len(texts) == 1 else 'are'} {what}")
    return tuple(lines)
