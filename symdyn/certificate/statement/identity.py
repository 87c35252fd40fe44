"""The sentence of an identity: the formulas as its witness holds them, the longest ones cut."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from symdyn.certificate.witness.identity import IdentityWitness

_MOST_SHOWN = 160
_MOST_PAIRS_SHOWN = 4


def identity_claim(witness: IdentityWitness) -> str:
    """The one sentence that may be claimed."""
    shown = list(_texts(witness))
    more = len(witness.pairs) - len(shown)
    rest = f"; and {more} more" if more > 0 else ""
    return "; ".join(shown) + f"{rest}, identically"


def identity_hypotheses(witness: IdentityWitness) -> tuple[str, ...]:
    """What the sentence rests on: what names stand for, and that no denominator vanishes."""
    told = [f"{name} stands for {text}" for name, text in witness.stands]
    divides = any(kind == "power" and int(number) < 0 for kind, number, _ in witness.steps)
    return (*told, *(("no denominator vanishes",) if divides else ()))


def _texts(witness: IdentityWitness) -> Iterator[str]:
    shown = _Printer(witness)
    for left, right in witness.pairs[:_MOST_PAIRS_SHOWN]:
        yield f"{shown.cut(left)} = {shown.cut(right)}"


class _Printer:
    """Formulas as text, the longest ones cut: their length is found first, since shared steps may make it huge."""

    def __init__(self, record: IdentityWitness) -> None:
        self.record = record
        self.seen: dict[int, str] = {}

    def cut(self, number: int) -> str:
        text = self.text(number)
        return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."

    def text(self, number: int) -> str:
        """The beginning of the text of a step; no text is made longer than what may be shown, but for one letter."""
        pending = [number]
        while pending:
            place = pending[-1]
            missing = [part for part in self.record.steps[place][2] if part not in self.seen]
            if place in self.seen or not missing:
                pending.pop()
                self.seen.setdefault(place, self._made(place)[: _MOST_SHOWN + 1])
            else:
                pending += missing
        return self.seen[number]

    def _made(self, number: int) -> str:
        kind, value, parts = self.record.steps[number]
        texts = [self.seen[part] for part in parts]
        if kind == "number":
            return str(value)
        if kind == "name":
            return self.record.names[int(value)]
        if kind == "sum":
            return " + ".join(texts).replace(" + -", " - ")
        if kind == "product":
            return self._product(parts)
        if kind == "power":
            base = self._within(parts[0], {"sum", "product", "power"})
            return f"{base}**{value}" if int(value) >= 0 else f"{base}**({value})"
        size = int(value)
        rows = [f"[{', '.join(texts[i * size : (i + 1) * size])}]" for i in range(size)]
        return f"det([{', '.join(rows)}])"

    def _product(self, parts: tuple[int, ...]) -> str:
        """Factors, a sign before them, and what has a negative exponent below a bar."""
        steps = self.record.steps
        sign = "-" if len(parts) > 1 and steps[parts[0]][:2] == ("number", Fraction(-1)) else ""
        above, below = [], []
        for part in parts[len(sign) :]:
            kind, value, bases = steps[part]
            if kind == "power" and int(value) < 0:
                base = self._within(bases[0], {"sum", "product", "power"})
                below.append(base if value == -1 else f"{base}**{-int(value)}")
            else:
                above.append(self._within(part, {"sum"}))
        return sign + "/".join(["*".join(above) or "1", *below])

    def _within(self, number: int, brackets: set[str]) -> str:
        kind, value, _ = self.record.steps[number]
        compound = kind in brackets or (kind == "number" and (value < 0 or Fraction(value).denominator != 1))
        return f"({self.seen[number]})" if compound else self.seen[number]
