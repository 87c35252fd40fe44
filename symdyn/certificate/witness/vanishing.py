"""Formulas that vanish wherever equations hold: cofactors of the equations, or a zero at which one does not vanish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from symdyn.certificate.refutation import integer, integers, need
from symdyn.certificate.witness.program import Program, decimal_text, fraction_text, read_names, shown_name
from symdyn.certificate.witness.system import pairs_of, read_fractions

_FIELDS = {"kind", "names", "sizes", "program", "exponents", "cofactors", "at", "center", "radius", "component"}
_MOST = 200
_MOST_BITS = 10_000
_LARGEST_EXPONENT = 5000
_LONGEST = 1500


@dataclass(frozen=True, kw_only=True)
class VanishingWitness:
    """What a re-checker needs.

    Parameters
    ----------
    names
        Of the symbols.
    sizes
        How many outputs of the program are formulas, equations, formulas that are not zero, formulas that are positive.
    program
        These outputs, in this order, from the symbols.
    exponents
        For each formula the exponents of what is not zero and of what is positive; empty where it does not vanish.
    cofactors
        For each formula, a cofactor of each equation: formula times powers = sum of cofactors times equations.
    at
        Values of the symbols after the first ones, of which there are as many as equations; None where all vanish.
    center, radius
        A box in which the equations have one zero in the first symbols, as (mantissa, exponent of two).
    component
        Which formula is not zero there.
    """

    names: tuple[str, ...]
    sizes: tuple[int, int, int, int]
    program: Program
    exponents: tuple[tuple[int, ...], ...] = ()
    cofactors: Program | None = None
    at: tuple[Fraction, ...] | None = None
    center: tuple[tuple[int, int], ...] = ()
    radius: tuple[int, int] = (1, 0)
    component: int | None = None
    kind: ClassVar[str] = "vanishing"

    @classmethod
    def read(cls, data: Mapping[str, Any], place: str = "witness") -> VanishingWitness:
        """The stored record, or a refutation with the place."""
        need(set(data) == _FIELDS, place, f"has not the fields {', '.join(sorted(_FIELDS))}")
        need(data["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        names = read_names(data["names"], f"{place}.names")
        sizes = tuple(integers(data["sizes"], f"{place}.sizes", least=0, below=_MOST))
        need(len(sizes) == 4 and sizes[0] > 0, f"{place}.sizes", "are not four numbers, the first positive")
        formulas, equations, others = sizes[0], sizes[1], sizes[2] + sizes[3]
        rows = data["exponents"]
        need(isinstance(rows, list | tuple), f"{place}.exponents", "are no list")
        exponents = tuple(
            tuple(integers(row, f"{place}.exponents[{k}]", least=0, below=_MOST)) for k, row in enumerate(rows)
        )
        proved = data["cofactors"] is not None
        need(len(exponents) == formulas * proved, f"{place}.exponents", "are not one list for each formula")
        need(all(len(row) == others for row in exponents), f"{place}.exponents", f"are not {others} for each formula")
        at: tuple[Fraction, ...] | None = None
        center: tuple[tuple[int, int], ...] = ()
        radius, component = (1, 0), None
        if not proved:
            need(len(names) >= equations, f"{place}.names", "are fewer than the equations")
            at = read_fractions(data["at"], f"{place}.at", most=len(names), bits=_MOST_BITS)
            need(len(at) == len(names) - equations, f"{place}.at", "has not one value for each other symbol")
            need(isinstance(data["center"], list | tuple), f"{place}.center", "is no list")
            center = tuple(_dyadic(x, f"{place}.center[{k}]") for k, x in enumerate(data["center"]))
            need(len(center) == equations, f"{place}.center", f"has not {equations} values")
            radius = _dyadic(data["radius"], f"{place}.radius")
            need(radius[0] > 0, f"{place}.radius", "is not positive")
            component = integer(data["component"], f"{place}.component")
            need(component < formulas, f"{place}.component", f"is not below {formulas}")
        else:
            empty = data["at"] is None and not data["center"] and data["component"] is None
            need(empty and data["radius"] in ([1, 0], (1, 0)), f"{place}.at", "goes with no cofactors")
        return cls(
            names=names,
            sizes=(sizes[0], sizes[1], sizes[2], sizes[3]),
            program=Program.read(data["program"], len(names), sum(sizes), f"{place}.program"),
            exponents=exponents,
            cofactors=Program.read(data["cofactors"], len(names), formulas * equations, f"{place}.cofactors")
            if proved
            else None,
            at=at,
            center=center,
            radius=radius,
            component=component,
        )

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "names": list(self.names),
            "sizes": list(self.sizes),
            "program": self.program.to_data(),
            "exponents": [list(row) for row in self.exponents],
            "cofactors": None if self.cofactors is None else self.cofactors.to_data(),
            "at": None if self.at is None else pairs_of(self.at),
            "center": [list(x) for x in self.center],
            "radius": list(self.radius),
            "component": self.component,
        }


def claim_of(record: VanishingWitness, verdict: str) -> str:
    """The sentence that is proved or refuted."""
    formulas, equations, nonzero, _ = record.sizes
    texts = record.program.texts(record.names, _LONGEST)
    if texts is None or sum(map(len, texts)) > _LONGEST:
        return f"the {formulas} formulas of the witness vanish wherever its {equations} equations and conditions hold"
    ends = [0, formulas, formulas + equations, formulas + equations + nonzero, len(texts)]
    what, where, other, above = (texts[a:b] for a, b in zip(ends, ends[1:]))
    conditions = [*(f"{t} = 0" for t in where), *(f"{t} != 0" for t in other), *(f"{t} > 0" for t in above)]
    said = " and ".join(f"{t} = 0" for t in what)
    return f"{said} wherever {', '.join(conditions)}" if conditions else f"{said} everywhere"


def hypotheses_of(record: VanishingWitness) -> tuple[str, ...]:
    """For which values the sentence is meant, and where it fails."""
    shown = ", ".join(map(shown_name, record.names))
    lines = [f"for all real values of {shown} at which the formulas have values"] if record.names else []
    if record.at is not None:
        values = [Fraction(m) * Fraction(2) ** e for m, e in record.center]
        texts = [*(decimal_text(v, 6) for v in values), *map(fraction_text, record.at)]
        pairs = zip(record.names, texts, strict=True)
        lines.append(f"it fails at the zero with {', '.join(f'{shown_name(n)} = {v}' for n, v in pairs)}")
    return tuple(lines)


def _dyadic(pair: Any, place: str) -> tuple[int, int]:
    found: Sequence[int] = integers(pair, place)
    need(len(found) == 2 and abs(found[1]) <= _LARGEST_EXPONENT, place, "is no mantissa and moderate exponent")
    need(abs(found[0]).bit_length() <= _MOST_BITS, place, "has too many digits")
    return found[0], found[1]
