"""A claim as a claims file gives it, and what reading and measuring it give."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.read import free_names, parse_array, parse_formula
from symdyn.certificate.statement.names import escaped
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.outcome import Outcome
from symdyn.errors import ModelError, SymdynError

#: What a claim may ask for at least; nothing weaker lets a statement pass.
ACCEPTABLE = ("proved", "probable", "observed")


def judged(holds: bool | None, verdict: Verdict, reason: str, values: Mapping[str, str] | None = None) -> Outcome:
    """The outcome of a claim of a paper: what is measured are texts of LaTeX that the paper may quote.

    "" is the claim's own value, other names stand behind its id and a dot.
    """
    return Outcome(holds=holds, verdict=verdict, measured=dict(values or {}), reason=reason)


def quoted(found: Outcome) -> Outcome:
    """An outcome as a paper quotes it, with what was measured as the claim's own value; its reason is never empty."""
    text = " ".join(str(found.measured).split())
    return dataclasses.replace(found, measured={"": escaped(text[:200])}, reason=found.reason or text[:80])


@dataclass(frozen=True)
class Stated:
    """A claim that was read without fault: the sentence that it makes, and how to measure it.

    `accepted` is the weakest verdict that lets it pass unless the claim says otherwise.
    """

    says: str
    measure: Callable[[], Outcome]
    accepted: str = "proved"


@dataclass(frozen=True, kw_only=True)
class PaperClaim:
    """An entry of a claims file.

    Parameters
    ----------
    id
        By which the paper cites it.
    kind
        What sort of statement it is; chooses the function that reads it.
    fields
        What the entry says, by name.
    file
        Where it stands, as the user knows the file.
    line
        Line of the entry, counted from 1.
    lines
        Lines of its fields.
    """

    id: str
    kind: str
    fields: Mapping[str, Any]
    file: str
    line: int
    lines: Mapping[str, int] = field(default_factory=dict)

    def refused(self, reason: str, key: str = "") -> ModelError:
        """The refusal of the entry, or of one of its fields, with file and line."""
        return ModelError(f"{self.file}, line {self.lines.get(key, self.line)}: {reason}")

    def text(self, key: str, default: str = "") -> str:
        """A field that is a text; a whole number is taken as the text of its digits."""
        value = self.fields.get(key, default)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            raise self.refused(f"{key} is {_cut(value)}: write a text in quotes", key)
        return value

    def whole(self, key: str) -> int:
        """A field that is a whole number from 0."""
        value = self.fields[key]
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self.refused(f"{key} is {_cut(value)}: write a whole number from 0, as in {key} = 6", key)
        return value

    def flag(self, key: str, default: bool) -> bool:
        """A field that is true or false."""
        value = self.fields.get(key, default)
        if not isinstance(value, bool):
            raise self.refused(f"{key} is {_cut(value)}: write true or false", key)
        return value

    def names(self, key: str) -> list[str]:
        """A field that is a list of texts."""
        value = self.fields.get(key, [])
        if isinstance(value, str):
            return [value]
        if not isinstance(value, list | tuple) or not all(isinstance(entry, str) for entry in value):
            raise self.refused(f'{key} is {_cut(value)}: write a list of texts, as in {key} = ["a", "b"]', key)
        return list(value)

    def table(self, key: str) -> dict[str, Any]:
        """A field that is a table."""
        value = self.fields.get(key, {})
        if not isinstance(value, Mapping):
            raise self.refused(f"{key} is {_cut(value)}: write a table, as in {key} = {{ a = 1 }}", key)
        return {str(name): entry for name, entry in value.items()}

    def expression(self, value: Any, key: str, names: Mapping[str, sp.Symbol] | None = None) -> sp.Expr:
        """A formula: text, a number, or (from a Python module) an expression; decimals are exact."""
        if isinstance(value, sp.Expr):
            return value
        if isinstance(value, bool) or not isinstance(value, str | int | float | Fraction):
            raise self.refused(f'{key} is {_cut(value)}: write a formula in quotes, as in "u*v"', key)
        try:
            if names is None:
                names = self.symbols(*free_names(str(value)))
            return parse_formula(str(value), names, exact=False, where=key)
        except SymdynError as refusal:
            raise self.refused(str(refusal).rstrip("."), key) from None

    def settled(self, expression: sp.Expr) -> sp.Expr:
        """A formula with the values of the field `set` for its symbols, as the model has them."""
        table = self.table("set")
        named = [symbol for symbol in expression.free_symbols if symbol.name in table]
        return expression.xreplace({symbol: self.expression(table[symbol.name], "set", {}) for symbol in named})

    def symbols(self, *names: str) -> dict[str, sp.Symbol]:
        """Real symbols; those in the field `positive` are positive."""
        positive = set(self.names("positive"))
        return {
            name: sp.Symbol(name, positive=True) if name in positive else sp.Symbol(name, real=True) for name in names
        }

    def interval(self, value: Any, key: str) -> tuple[Fraction, Fraction]:
        """Two rational ends, the lower first."""
        ends = [self.expression(entry, key, {}) for entry in value] if isinstance(value, list | tuple) else []
        if len(ends) != 2 or not all(end.is_Rational for end in ends) or not ends[0] < ends[1]:
            raise self.refused(f"{key} needs two rational ends for each name, the lower first, as in x = [0, 1]", key)
        return Fraction(int(ends[0].p), int(ends[0].q)), Fraction(int(ends[1].p), int(ends[1].q))

    def formulas(self, key: str) -> list[sp.Expr]:
        """A list of formulas; a text may hold several between commas."""
        value = self.fields.get(key, [])
        entries = list(value) if isinstance(value, list | tuple) else [value]
        return [found for entry in entries for found in self._listed(entry, key)]

    def _listed(self, entry: Any, key: str) -> list[sp.Expr]:
        if not isinstance(entry, str):
            return [self.expression(entry, key)]
        try:
            read = parse_array(entry, self.symbols(*free_names(entry)), exact=False, where=key)
        except SymdynError as refusal:
            raise self.refused(str(refusal).rstrip("."), key) from None
        flat = read if isinstance(read, tuple) else (read,)
        if any(isinstance(part, tuple) for part in flat):
            raise self.refused(f"{key} nests lists: write one list of formulas", key)
        return list(flat)

    def matrix(self, value: Any, key: str, names: Mapping[str, sp.Symbol] | None = None) -> sp.ImmutableMatrix:
        """A matrix: rows of formulas, or a text such as "[[a, 1], [0, 2]]"."""
        if isinstance(value, sp.MatrixBase):
            return sp.ImmutableMatrix(value)
        try:
            if isinstance(value, str):
                value = parse_array(
                    value, self.symbols(*free_names(value)) if names is None else names, exact=False, where=key
                )
        except SymdynError as refusal:
            raise self.refused(str(refusal).rstrip("."), key) from None
        if not isinstance(value, list | tuple) or not value or not all(isinstance(row, list | tuple) for row in value):
            raise self.refused(f'{key} is no matrix: write rows, as in "[[a, 1], [0, 2]]"', key)
        rows = [[self.expression(entry, key, names) for entry in row] for row in value]
        if len({len(row) for row in rows}) != 1 or not rows[0]:
            raise self.refused(f"{key} has rows of {sorted({len(row) for row in rows})} entries: make them equal", key)
        return sp.ImmutableMatrix(rows)


@dataclass(frozen=True, kw_only=True)
class Readers:
    """What higher rooms know, passed in by the command line.

    Parameters
    ----------
    model
        Data of a model file to the model and its options.
    flow
        Data of a flow file and texts of parameters to a flow or iteration.
    preset
        A text such as linear:5,3,2 to a network.
    system
        Name and parameters to a system of the catalog.
    parameters
        Texts of parameters to their values.
    toml
        Path of a TOML file to its data.
    """

    model: Callable[[dict[str, Any]], tuple[Any, Mapping[str, Any]]]
    flow: Callable[[dict[str, Any], Mapping[str, str]], Any]
    preset: Callable[[str], Any]
    system: Callable[..., Any]
    parameters: Callable[[dict[str, str]], dict[str, Any]]
    toml: Callable[[Path], dict[str, Any]]


@dataclass(kw_only=True)
class Tools:
    """What the kinds need beside the claim itself.

    Parameters
    ----------
    readers
        From higher rooms.
    folder
        Of the claims file; files that a claim names lie in it or below.
    models
        Models of the claims file by name.
    seed
        Of random points.
    deadline
        On the monotonic clock; None for no limit.
    """

    readers: Readers
    folder: Path
    models: Mapping[str, Any]
    seed: int = 0
    deadline: float | None = None

    def remaining(self) -> float | None:
        """Seconds until the deadline, a little more than none."""
        return None if self.deadline is None else max(0.01, self.deadline - time.monotonic())

    def file(self, claim: PaperClaim, name: str, key: str) -> Path:
        """A file beside the claims file or below.

        Raises
        ------
        ModelError
            If it lies elsewhere or does not exist.
        """
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise claim.refused(f"{name} leaves the folder of the claims file: put the file there or below", key)
        if not path.is_file():
            raise claim.refused(f"there is no file {name} beside the claims file", key)
        return path


def _cut(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
