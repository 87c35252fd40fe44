"""Polynomials, laws and numbers in words of one line, made from what a witness holds."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

from symdyn.certificate.statement.names import text_name
from symdyn.certificate.witness.laws.law import (
    DifferentialLaw,
    ElementaryLaw,
    Law,
    MatrixLaw,
    Monomial,
    NeuronLaws,
    PolynomialLaw,
    Terms,
)
from symdyn.certificate.witness.laws.lifted_model import LiftedFields, rational_text
from symdyn.certificate.witness.laws.models import Model
from symdyn.certificate.witness.laws.network_models import MatrixProgram, ReluGraph, ReluLayers

_LONGEST = 400


def variable_names(model: Model) -> Sequence[str]:
    """Names of the coordinates and constants that laws of a model are written in, as they stand in a line of text."""
    return tuple(map(text_name, model.coordinate_names)) if not isinstance(model, ReluLayers | ReluGraph) else ()


def law_text(law: Law, model: Model) -> str:
    """A law in one line: u^2 - v^2, W1 W1^T - W2^T W2."""
    names = variable_names(model)
    if isinstance(model, LiftedFields) and isinstance(law, PolynomialLaw):
        return rational_text(model, law.terms, names)
    if isinstance(law, PolynomialLaw):
        return polynomial_text(law.terms, names)
    if isinstance(law, ElementaryLaw):
        return _elementary_text(law, names)
    if isinstance(law, DifferentialLaw):
        return f"every function whose differential is a multiple of {_differential_text(law, names)}"
    if isinstance(law, NeuronLaws):
        many = f"the balance of each of {law.count} hidden neurons"
        return "the balance of the hidden neuron" if law.count == 1 else many
    blocks = [name for name, *_ in model.blocks] if isinstance(model, MatrixProgram) else []
    return matrix_text(law, blocks)


def laws_text(laws: Sequence[Law], model: Model) -> str:
    """Several laws, cut where there are very many; how many there are is said in any case."""
    shown: list[str] = []
    for law in laws:
        if sum(map(len, shown)) > _LONGEST:
            return f"{', '.join(shown)}, ... ({len(laws)} in all)"
        shown.append(law_text(law, model))
    return ", ".join(shown)


def polynomial_text(terms: Terms, names: Sequence[str]) -> str:
    """A polynomial, its terms in the order in which they are stored: 2 u v - w^2."""
    out = ""
    for value, monomial in terms:
        body = monomial_text(monomial, names)
        size = abs(value)
        piece = f"{size}" if not body else body if size == 1 else f"{size} {body}"
        sign = "-" if value < 0 else "+"
        out = f"{out} {sign} {piece}" if out else f"-{piece}" if value < 0 else piece
    return out or "0"


def monomial_text(monomial: Monomial, names: Sequence[str]) -> str:
    """A product of powers: u^2 v; empty for the monomial 1."""
    factors = []
    for k in sorted(set(monomial), key=lambda k: (names[k], k)):
        power = monomial.count(k)
        factors.append(names[k] if power == 1 else f"{names[k]}^{power}")
    return " ".join(factors)


def matrix_text(law: MatrixLaw, blocks: Sequence[str]) -> str:
    """A sum of matrices: W1 W1^T - W2^T W2."""
    return _signed(law, blocks, "^T", " ")


def matrix_latex(law: MatrixLaw, blocks: Sequence[str]) -> str:
    r"""A sum of matrices in LaTeX, for blocks with names in LaTeX: W_{1} W_{1}^\top."""
    return _signed(law, blocks, r"^\top", r"\, ")


def _signed(law: MatrixLaw, blocks: Sequence[str], turned: str, times: str) -> str:
    out = ""
    for value, block, side in law.terms:
        name = blocks[block] if block < len(blocks) else f"block {block}"
        product = {"rows": f"{name} {name}{turned}", "columns": f"{name}{turned} {name}", "entries": name}.get(side)
        for piece in [product] if product is not None else [name, f"{name}{turned}"]:
            body = piece if abs(value) == 1 else f"{abs(value)}{times}{piece}"
            out = f"{out} {'-' if value < 0 else '+'} {body}" if out else f"{'-' if value < 0 else ''}{body}"
    return out


#: A multiple of a product of two matrices, each by its name and whether it is transposed.
Product = tuple[int, tuple[str, bool], tuple[str, bool]]


def products_text(products: Sequence[Product]) -> str:
    """A sum of products of matrices: W1 W1_dot^T - W1_dot W1^T."""
    return _added(products, "^T", " ")


def products_latex(products: Sequence[Product]) -> str:
    r"""The same in LaTeX, for matrices with names in LaTeX: W_{1} \dot{W}_{1}^\top - \dot{W}_{1} W_{1}^\top."""
    return _added(products, r"^\top", r"\, ")


def _added(products: Sequence[Product], turned: str, times: str) -> str:
    out = ""
    for value, *factors in products:
        product = " ".join(f"{name}{turned if is_turned else ''}" for name, is_turned in factors)
        body = product if abs(value) == 1 else f"{abs(value)}{times}{product}"
        out = f"{out} {'-' if value < 0 else '+'} {body}" if out else f"{'-' if value < 0 else ''}{body}"
    return out


def times_factor(body: str, factor: str, opening: str = "(", closing: str = ")") -> str:
    """A matrix times a function of time: t^3 (...), and (...) exp(2 lambda t) with an exponential behind it."""
    if factor == "1":
        return body
    bracket = f"{opening}{body}{closing}"
    return f"{bracket} {factor}" if factor.startswith("e") else f"{factor} {bracket}"


#: A matrix of signed names: (name, is negative) row by row.
Entries = Sequence[Sequence[tuple[str, bool]]]


def definition_text(block: str, entries: Entries) -> str:
    """What a matrix is made of: with A1 = [u1 u2; v1 -v2]."""
    rows = "; ".join(" ".join(f"{'-' if minus else ''}{name}" for name, minus in row) for row in entries)
    return f"with {block} = [{rows}]"


def definition_latex(block: str, entries: Entries) -> str:
    """The same in LaTeX, for names in LaTeX."""
    rows = r"\\".join(" & ".join(f"{'- ' if minus else ''}{name}" for name, minus in row) for row in entries)
    return rf"\text{{with }} {block} = \left[\begin{{matrix}}{rows}\end{{matrix}}\right]"


def neuron_rows(model: ReluLayers | ReluGraph) -> list[tuple[str, str]]:
    """The balances of hidden neurons as text and LaTeX: a line for each layer, or one for a graph."""
    if isinstance(model, ReluGraph):
        text, latex = "|outgoing|^2 - |incoming|^2 - bias^2", r"|w_{\mathrm{out}}|^2 - |w_{\mathrm{in}}|^2 - b^2"
        return [(text, latex)] if model.hidden else []
    return [layer_balance(layer, model.bias) for layer in range(1, len(model.widths) - 1)]


def layer_balance(layer: int, bias: bool) -> tuple[str, str]:
    """The balance of neuron j of a hidden layer, as text and LaTeX."""
    text = f"|W{layer + 1}[:,j]|^2 - |W{layer}[j,:]|^2" + (f" - b{layer}[j]^2" if bias else "")
    latex = rf"\|W_{{{layer + 1}}} e_j\|^2 - \|e_j^\top W_{{{layer}}}\|^2"
    return text, latex + (rf" - (b_{{{layer}}})_j^2" if bias else "")


def _bracketed(terms: Terms, names: Sequence[str]) -> str:
    text = polynomial_text(terms, names)
    return text if len(terms) == 1 and terms[0][0] > 0 and " " not in text and "^" not in text else f"({text})"


def _elementary_text(law: ElementaryLaw, names: Sequence[str]) -> str:
    weights = [weight for weight, _ in law.logarithms]
    whole = all(len(weight) == 1 and not weight[0][1] for weight in weights)
    if weights and whole and not law.numerator:
        return _product_text(law, names)
    parts = [f"{_bracketed(weight, names)} log({polynomial_text(p, names)})" for weight, p in law.logarithms]
    if law.numerator:
        below = "" if law.denominator == ((1, ()),) else f"/{_bracketed(law.denominator, names)}"
        above = polynomial_text(law.numerator, names)
        parts.append(f"({above}){below}" if below and len(law.numerator) > 1 else f"{above}{below}")
    return " + ".join(parts)


def _product_text(law: ElementaryLaw, names: Sequence[str]) -> str:
    """The function whose logarithm sum_j w_j ln|P_j| is, to the smallest power: x z/(w y^2)."""
    weights = [weight[0][0] for weight, _ in law.logarithms]
    common = gcd(*weights) * (-1 if weights[0] < 0 else 1)
    sides: tuple[list[str], list[str]] = [], []
    for weight, (_, argument) in zip(weights, law.logarithms, strict=True):
        power = weight // common
        body = _bracketed(argument, names)
        sides[power < 0].append(body if abs(power) == 1 else f"{body}^{abs(power)}")
    above, below = " ".join(sides[0]), " ".join(sides[1])
    if not below:
        return above
    return f"{above}/{below}" if len(sides[1]) == 1 else f"{above}/({below})"


def _differential_text(law: DifferentialLaw, names: Sequence[str]) -> str:
    pairs = zip(law.numerators, names, strict=False)
    return " + ".join(f"({polynomial_text(terms, names)}) d{name}" for terms, name in pairs if terms)
