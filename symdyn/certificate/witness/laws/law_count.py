"""A count of conservation laws: the model, its parts with both bounds of each, and what is said of one point."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from symdyn.certificate.refutation import integer, integers, listed, need, one_of, probability, record
from symdyn.certificate.witness.brackets import (
    Brackets,
    Minor,
    existence_data,
    read_brackets,
    read_existence,
    read_minor,
    read_prime,
)
from symdyn.certificate.witness.laws.law import Law, read_laws
from symdyn.certificate.witness.laws.lifted_model import LiftedFields
from symdyn.certificate.witness.laws.models import Model, read_model, variables_of
from symdyn.certificate.witness.laws.network_models import ReluGraph, ReluLayers
from symdyn.certificate.witness.laws.setting import Setting, read_setting

_BOUNDS = ("lower", "upper", "exhibited")
_WHERE = ("coordinates", "outputs", "blocks")
_LOCAL_CLAIMS = ("rank", "laws at most", "closure", "independent laws")


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some coordinates that share no output with the others, and both bounds for them.

    Parameters
    ----------
    lower, upper, exhibited
        Proved bounds, and how many independent laws are in `laws`.
    by
        How: "paths" of ReLU networks, "exponents" of monomials, "brackets" at a point.
    laws
        The laws in hand, in numbers of the whole model (of the part, for programs).
    prime, point
        Where gradients are compared; a point of residues.
    rank
        The minor of the upper bound: of exponents, or of brackets.
    independence
        The minor of the gradients of the laws.
    existence
        The argument where the lower bound is more than the laws in hand.
    error_bound
        Probability that the upper bound is not attained, where only stagnation speaks for it.
    coordinates, outputs, blocks
        Where the part stands in the whole, if there are several.
    is_expanded
        Whether a program is looked at as polynomials.
    seed
        Of the point.
    """

    lower: int
    upper: int
    exhibited: int
    by: str
    laws: tuple[Law, ...] = ()
    prime: int | None = None
    point: tuple[int, ...] = ()
    rank: Minor | Brackets | None = None
    independence: Minor | None = None
    existence: str | None = None
    error_bound: float | None = None
    coordinates: tuple[int, ...] | None = None
    outputs: tuple[int, ...] | None = None
    blocks: tuple[int, ...] | None = None
    is_expanded: bool = False
    seed: int | None = None

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        data: dict[str, Any] = {name: getattr(self, name) for name in _BOUNDS}
        data |= {name: list(where) for name in _WHERE if (where := getattr(self, name)) is not None}
        data["by"] = self.by
        if self.by != "paths":
            data |= {"prime": self.prime, "point": list(self.point)}
            data |= {} if self.seed is None else {"seed": self.seed}
            data["rank"] = None if self.rank is None else self.rank.to_data()
        data["laws"] = [law.to_data() for law in self.laws]
        if self.independence is not None:
            data["independence"] = self.independence.to_data()
        if self.by == "brackets":
            data["existence"] = existence_data(self.existence)
        data |= {} if self.error_bound is None else {"error bound": self.error_bound}
        return data | ({"model": "expanded"} if self.is_expanded else {})


@dataclass(frozen=True)
class LocalStatement:
    """What is said of one point of the user's.

    Parameters
    ----------
    rank, laws_at_most
        Rank of the fields and brackets there, shown by `brackets` (a lower bound of the closure's dimension), and the
        number of coordinates minus it.
    closure, independent_laws
        For linear fields: the exact dimension of the closure there, and how many quadratic laws have independent
        gradients.
    point
        Fractions, of the coordinates and then of the constants.
    brackets
        The minor, at the residues of the point.
    """

    rank: int
    laws_at_most: int
    point: tuple[Fraction, ...]
    brackets: Brackets
    closure: int | None = None
    independent_laws: int | None = None

    @property
    def claims(self) -> dict[str, int]:
        """The numbers by their names."""
        found = {"rank": self.rank, "laws at most": self.laws_at_most}
        found |= {} if self.closure is None else {"closure": self.closure}
        return found | ({} if self.independent_laws is None else {"independent laws": self.independent_laws})

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        pairs = [[value.numerator, value.denominator] for value in self.point]
        return {"claims": self.claims, "point": pairs, "brackets": self.brackets.to_data()}


@dataclass(frozen=True, kw_only=True)
class LawCountWitness:
    """Both bounds for the number of functionally independent laws of a model, part by part.

    Parameters
    ----------
    model
        The model, or the fields that the count is about.
    dimension
        Number of its coordinates.
    lower, upper, exhibited
        Sums over the parts.
    parts
        The parts.
    setting
        What the laws are laws of; None in certificates of the first schema.
    local
        What is said of one point.
    """

    model: Model
    dimension: int
    lower: int
    upper: int
    exhibited: int
    parts: tuple[Part, ...]
    setting: Setting | None = None
    local: LocalStatement | None = None
    kind: ClassVar[str] = "law count"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> LawCountWitness:
        """The record of JSON data, or a refutation."""
        fields = ("kind", "model", "dimension", *_BOUNDS, "parts")
        data = record(value, place, fields, ("local", "setting"))
        model = read_model(data["model"], f"{place}.model")
        dimension = integer(data["dimension"], f"{place}.dimension", least=1)
        own = model.dimension
        need(dimension == own, f"{place}.dimension", f"is {dimension}, but the model has {own} coordinates")
        need(bool(listed(data["parts"], f"{place}.parts")), f"{place}.parts", "are missing")
        parts = tuple(_part(part, model, f"parts[{number}]") for number, part in enumerate(data["parts"]))
        lower, upper, exhibited = (integer(data[name], f"{place}.{name}") for name in _BOUNDS)
        setting = read_setting(data["setting"], model, f"{place}.setting") if "setting" in data else None
        plain = not isinstance(model, LiftedFields)
        need("local" not in data or plain, "local", "is not known of fields with functions")
        local = _local(data["local"], model, "local") if "local" in data else None
        return cls(
            model=model,
            dimension=dimension,
            lower=lower,
            upper=upper,
            exhibited=exhibited,
            parts=parts,
            setting=setting,
            local=local,
        )

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        data: dict[str, Any] = {"kind": self.kind, "model": self.model.to_data(), "dimension": self.dimension}
        data |= {name: getattr(self, name) for name in _BOUNDS}
        data["parts"] = [part.to_data() for part in self.parts]
        data |= {} if self.setting is None else {"setting": self.setting.to_data()}
        return data | ({} if self.local is None else {"local": self.local.to_data()})


def _part(value: Any, model: Model, place: str) -> Part:
    optional = (*_WHERE, "prime", "point", "seed", "rank", "independence", "existence", "error bound", "model")
    data = record(value, place, (*_BOUNDS, "by", "laws"), optional)
    lower, upper, exhibited = (integer(data[name], f"{place}.{name}") for name in _BOUNDS)
    need(exhibited <= lower <= upper, place, "has its bounds out of order")
    by = one_of(data["by"], f"{place}.by", ("paths", "exponents", "brackets"))
    coordinates, outputs, blocks = (
        tuple(integers(data[name], f"{place}.{name}", least=0)) if name in data else None for name in _WHERE
    )
    variables = variables_of(model)
    laws = read_laws(data["laws"], variables, f"{place}.laws")
    if by == "paths":
        need(isinstance(model, ReluLayers | ReluGraph), "model.kind", f"is {model.kind!r}, but the proof is by paths")
        whole = coordinates is None and outputs is None and blocks is None
        need(whole, place, "is a part, but a ReLU network has none")
        return Part(lower=lower, upper=upper, exhibited=exhibited, by=by, laws=laws)
    fits = not isinstance(model, ReluLayers | ReluGraph)
    need(fits, f"{place}.by", f"is {by!r}, which a ReLU network does not have")
    for name in ("prime", "point", "rank", "independence"):
        need(name in data, f"{place}.{name}", "is missing")
    p = read_prime(data["prime"], f"{place}.prime")
    read_rank = read_minor if by == "exponents" else read_brackets
    need(data.get("model", "expanded") == "expanded", f"{place}.model", "is not the word expanded")
    return Part(
        lower=lower,
        upper=upper,
        exhibited=exhibited,
        by=by,
        laws=laws,
        prime=p,
        point=tuple(integers(data["point"], f"{place}.point", least=0, below=p)),
        rank=read_rank(data["rank"], f"{place}.rank"),
        independence=read_minor(data["independence"], f"{place}.independence"),
        existence=read_existence(data.get("existence"), f"{place}.existence"),
        error_bound=probability(data["error bound"], f"{place}.error bound") if "error bound" in data else None,
        coordinates=coordinates,
        outputs=outputs,
        blocks=blocks,
        is_expanded="model" in data,
        seed=integer(data["seed"], f"{place}.seed") if "seed" in data else None,
    )


def _local(value: Any, model: Model, place: str) -> LocalStatement:
    data = record(value, place, ("claims", "point", "brackets"))
    claims = record(data["claims"], f"{place}.claims", _LOCAL_CLAIMS[:2], _LOCAL_CLAIMS[2:])
    numbers = {name: integer(claims[name], f"{place}.{name}") for name in claims}
    need("closure" in numbers or "independent laws" not in numbers, f"{place}.independent laws", "go with a closure")
    size = model.dimension + len(model.constants)
    pairs = listed(data["point"], f"{place}.point")
    need(len(pairs) == size, f"{place}.point", f"has {len(pairs)} values, not {size}")
    point = []
    for number, pair in enumerate(pairs):
        where = f"{place}.point[{number}]"
        need(len(integers(pair, where)) == 2 and pair[1] > 0, where, "is no fraction with a positive denominator")
        point.append(Fraction(pair[0], pair[1]))
    brackets = read_brackets(data["brackets"], f"{place}.brackets")
    exact = numbers.get("closure"), numbers.get("independent laws")
    return LocalStatement(numbers["rank"], numbers["laws at most"], tuple(point), brackets, *exact)
