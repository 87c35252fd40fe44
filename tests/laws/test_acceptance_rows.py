"""Acceptance rows of gradient flow: dimension, bracket levels, number of laws, polynomial laws.

Source: Marcotte, Gribonval and Peyre, arXiv 2307.00144, and counts derived from it in exact
arithmetic. A row states D coordinates, d generators (None where the source counts samples), the
ranks of the successive bracket levels, the number of laws, and how many independent polynomial
laws there are up to a degree.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import pytest
import sympy as sp

import symdyn as sd
from tests.laws import models

Model = sd.Parametrization | sd.Distribution

a, b, c, d, u, v = sp.symbols("a b c d u v")
W = sp.Matrix([[a, b], [c, d]])
SQUARE, CUBE, GATE = {2: 1}, {3: 1}, {1: 1, 2: 1, 3: 3}
LINE_SQUARE, LINE_CUBE = {1: 1, 2: 1}, {1: 1, 3: 1}


class Row(NamedTuple):
    case: str
    build: Callable[[], Model]
    dimension: int
    generators: int | None
    levels: tuple[int, ...]
    laws: int
    polynomial: tuple[int, int] | None  # degree up to which was searched, laws found there
    route: str = ""


def typed(coords: tuple[sp.Symbol, ...], *outputs: sp.Expr) -> Callable[[], Model]:
    return lambda: sd.Parametrization(coords, list(outputs))


def product(length: int) -> Callable[[], Model]:
    return lambda: models.monomial(sp.symbols(f"x1:{length + 1}"))


FORMULAS = [
    Row("LAW-001", typed((u, v), u * v), 2, 1, (1,), 1, (2, 1)),
    Row("LAW-002", typed((u, v), u**2 * v), 2, 1, (1,), 1, (2, 1)),
    Row("LAW-004", typed((u, v), u**2 + 2 * v**2), 2, 1, (1,), 1, (6, 0)),
    Row("LAW-005", typed((u, v), u**2 + v**2), 2, 1, (1,), 1, (6, 0)),
    Row("LAW-006", typed((u, v), u**2 / 2 + v), 2, 1, (1,), 1, (6, 0)),
    Row("LAW-011", product(3), 3, 1, (1,), 2, (2, 2)),
    Row("LAW-012", product(4), 4, 1, (1,), 3, (2, 3)),
    Row("LAW-014", product(6), 6, 1, (1,), 5, (2, 5)),
    Row("LAW-015", product(7), 7, 1, (1,), 6, (2, 6)),
    Row("LAW-016", product(8), 8, 1, (1,), 7, (2, 7)),
    Row("LAW-017", typed((a, b, c), a * b, b * c), 3, 2, (2,), 1, (2, 1)),
    Row("LAW-019", typed((a, b, c), a * b + c**2), 3, 1, (1,), 2, (2, 1)),
    Row("LAW-020", typed((a, b, c), a, b * c), 3, 2, (2,), 1, (2, 1)),
    # The source lists depths 1:2, 2:1 for LAW-045 and 1:2, 2:1, 3:1 for LAW-047, those of one
    # greedy basis; brackets of two generators already span 9 and 6 (checked with all of them).
    Row("LAW-045", lambda: models.linear_with_bias(2, 2, 2), 12, 6, (6, 9), 3, (2, 3)),
    Row("LAW-046", lambda: models.linear_with_bias(2, 1, 1), 6, 4, (4, 5), 1, (2, 1)),
    Row("LAW-047", lambda: models.linear_with_bias(1, 2, 3), 13, 3, (3, 6, 7), 6, (2, 6)),
    Row("LAW-054", lambda: models.tied(1, 2), 2, 1, (1,), 1, (3, 0)),
    Row("LAW-055", lambda: models.tied(1, 3), 3, 1, (1,), 2, (3, 0)),
    Row("LAW-056", lambda: models.tied(2, 1), 2, 3, (2,), 0, (3, 0)),
    Row("LAW-057", lambda: models.tied(2, 2), 4, 3, (3, 4), 0, (3, 0)),
    Row("LAW-059", lambda: models.tied(2, 4), 8, 3, (3, 4), 4, (3, 0)),
    Row("LAW-060", lambda: models.tied(3, 3), 9, 6, (6, 9), 0, (3, 0)),
    Row("LAW-061", lambda: models.tied(3, 4), 12, 6, (6, 9), 3, (2, 0)),
    Row("LAW-062", typed((a, b, c, d), *(W * W)), 4, 4, (4,), 0, (3, 0)),
    Row("LAW-064", typed((a, b, c, d), W.det()), 4, 1, (1,), 3, (2, 3)),
    Row("LAW-065", typed((a, b, c, d), (W * W).trace()), 4, 1, (1,), 3, (2, 3)),
    Row("LAW-079", lambda: models.convolution((2, 2)), 4, 3, (3,), 1, (3, 1)),
    Row("LAW-080", lambda: models.convolution((2, 3)), 5, 4, (4,), 1, (3, 1)),
    Row("LAW-081", lambda: models.convolution((3, 3)), 6, 5, (5,), 1, (3, 1)),
    Row("LAW-082", lambda: models.convolution((2, 4)), 6, 5, (5,), 1, (3, 1)),
    Row("LAW-084", lambda: models.circular_convolution(2), 4, 2, (2,), 2, (2, 2)),
    Row("LAW-085", lambda: models.circular_convolution(3), 6, 3, (3, 4), 2, (2, 2)),
    Row("LAW-086", lambda: models.circular_convolution(4), 8, 4, (4, 5), 3, (2, 3)),
    Row("LAW-087", lambda: models.circular_convolution(5), 10, 5, (5, 7), 3, (2, 3)),
    Row("LAW-089", lambda: models.relu_convolution(2, 2, 2, 2, 2), 16, 32, (14,), 2, (2, 2)),
    Row("LAW-090", lambda: models.convolution((2, 2, 2)), 6, 4, (4,), 2, (2, 2)),
    Row("LAW-091", lambda: models.convolution((2, 2, 3)), 7, 5, (5,), 2, (2, 2)),
    Row("LAW-092", lambda: models.residual_pair(1, 1), 4, 1, (1,), 3, (2, 2)),
    Row("LAW-094", lambda: models.residual_pair(2, 1), 8, 4, (4, 6), 2, (2, 2)),
    Row("LAW-095", lambda: models.residual_pair(2, 2), 16, 4, (4, 9, 10), 6, (2, 6)),
    Row("LAW-096", lambda: models.residual_pair(3, 1), 12, 9, (8, 10), 2, (2, 2)),
    Row("LAW-097", lambda: models.affine_pair(2), 8, 4, (4, 5), 3, (2, 3)),
    Row("LAW-111", lambda: models.recurrence(1, 1, 2, 4), 8, 4, (4, 5), 3, (2, 3)),
    Row("LAW-112", lambda: models.recurrence(2, 2, 2, 4), 12, 16, (8, 9), 3, (2, 3)),
    Row("LAW-114", lambda: models.activation(SQUARE, 1, 1), 2, None, (1,), 1, (2, 1)),
    Row("LAW-115", lambda: models.activation(SQUARE, 1, 2), 3, None, (2,), 1, (2, 1)),
    Row("LAW-116", lambda: models.activation(SQUARE, 2, 2), 6, None, (3, 4), 2, (2, 2)),
    Row("LAW-117", lambda: models.activation(SQUARE, 3, 1), 6, None, (1,), 5, (2, 3)),
    Row("LAW-119", lambda: models.activation(CUBE, 1, 2), 3, None, (2,), 1, (2, 1)),
    Row("LAW-120", lambda: models.activation(CUBE, 2, 2), 6, None, (4,), 2, (2, 2)),
    Row("LAW-121", lambda: models.activation(CUBE, 3, 1), 6, None, (1,), 5, (2, 3)),
    Row("LAW-122", lambda: models.activation(LINE_SQUARE, 1, 1), 2, None, (2,), 0, (2, 0)),
    Row("LAW-124", lambda: models.activation(LINE_SQUARE, 2, 2), 6, None, (5, 6), 0, (2, 0)),
    Row("LAW-125", lambda: models.activation(LINE_SQUARE, 3, 1), 6, None, (2, 3, 5, 6), 0, (2, 0)),
    Row("LAW-126", lambda: models.activation(LINE_CUBE, 1, 1), 2, None, (2,), 0, (2, 0)),
    Row("LAW-127", lambda: models.activation(LINE_CUBE, 1, 2), 3, None, (3,), 0, (2, 0)),
    Row("LAW-129", lambda: models.activation(LINE_CUBE, 3, 1), 6, None, (2, 3, 5, 6), 0, (2, 0)),
    Row("LAW-130", lambda: models.gated(GATE, 1, 2, 1), 5, None, (4,), 1, (2, 1)),
    Row("LAW-131", lambda: models.gated(GATE, 2, 2, 1), 10, None, (8,), 2, (2, 2)),
    Row("LAW-132", lambda: models.gated(GATE, 1, 2, 2), 6, None, (5,), 1, (2, 1)),
    # Fields drawn here: the answers are the generic ones.
    Row("LAW-134", lambda: models.random_fields(5, 2, 2, seed=134), 5, 2, (2, 3, 5), 0, (4, 0)),
    Row("LAW-135", lambda: models.random_fields(4, 2, 1, seed=135), 4, 2, (2, 3, 4), 0, (4, 0)),
    Row("LAW-136", lambda: models.random_fields(3, 1, 2, seed=136), 3, 1, (1,), 2, (4, 0)),
    Row("LAW-137", models.heisenberg, 3, 2, (2, 3), 0, (2, 0)),
    Row("LAW-139", models.lorenz, 3, 1, (1,), 2, (4, 0)),
    Row("LAW-140", models.euler_top, 3, 1, (1,), 2, (2, 2)),
]

# case, widths from output to input, D, d, levels, laws, quadratic laws (None: not stated)
LINEAR = [
    ("LAW-021", (1, 1, 1), 2, 1, (1,), 1, 1),
    ("LAW-022", (2, 1, 1), 3, 2, (2,), 1, 1),
    ("LAW-024", (1, 2, 1), 4, 1, (1,), 3, 3),
    ("LAW-025", (1, 3, 1), 6, 1, (1,), 5, 5),
    ("LAW-026", (1, 4, 1), 8, 1, (1,), 7, 7),
    ("LAW-027", (2, 2, 1), 6, 2, (2, 3), 3, 3),
    ("LAW-029", (2, 4, 1), 12, 2, (2, 3), 9, 9),
    ("LAW-030", (2, 2, 2), 8, 4, (4, 5), 3, 3),
    ("LAW-031", (2, 4, 2), 16, 4, (4, 6), 10, 10),
    ("LAW-032", (2, 5, 2), 20, 4, (4, 6), 14, 14),
    ("LAW-034", (3, 4, 2), 20, 6, (6, 10), 10, 10),
    ("LAW-035", (3, 6, 2), 30, 6, (6, 10), 20, None),
    ("LAW-036", (2, 2, 2, 2), 12, 4, (4, 6), 6, 6),
    ("LAW-037", (1, 2, 1, 2), 6, 2, (2,), 4, 4),
    ("LAW-039", (3, 1, 3), 6, 9, (5,), 1, 1),
    ("LAW-040", (1, 1, 1, 1), 3, 1, (1,), 2, 2),
    ("LAW-041", (2, 3, 4, 2), 26, 4, (4, 8, 10), 16, 16),
    ("LAW-042", (1, 2, 3, 1), 11, 1, (1,), 10, 9),
    ("LAW-044", (2, 2, 2, 2, 2), 16, 4, (4, 7), 9, 9),
]

# case, outputs, hidden neurons, inputs, bias, D, d, rank, laws
RELU = [
    ("LAW-049", (2, 2, 2), True, 10, 12, 8, 2),
    ("LAW-050", (1, 3, 1), False, 6, 3, 3, 3),
    ("LAW-051", (1, 3, 1), True, 9, 6, 6, 3),
    ("LAW-052", (3, 4, 2), True, 24, 36, 20, 4),
]


def network_rows() -> list[Row]:
    """Each network twice: as a program that is never expanded, and typed as formulas."""
    rows = []
    for case, widths, size, generators, levels, laws, quadratic in LINEAR:
        inward = widths[::-1]
        routes = {
            "network": lambda inward=inward: sd.networks.linear(*inward),
            "formulas": lambda inward=inward: models.linear_formulas(inward),
        }
        found = None if quadratic is None else (2, quadratic)
        rows += [Row(case, build, size, generators, levels, laws, found, route) for route, build in routes.items()]
    for case, widths, bias, size, generators, rank, laws in RELU:
        inward = widths[::-1]
        routes = {
            "network": lambda inward=inward, bias=bias: sd.networks.relu(*inward, bias=bias),
            "formulas": lambda inward=inward, bias=bias: models.relu_monomials(inward, bias),
        }
        rows += [Row(case, build, size, generators, (rank,), laws, (2, laws), route) for route, build in routes.items()]
    return rows


net = sd.networks
GATED = (1, 1, 3)

#: Architectures as programs, and once more typed as formulas where the source's lift is a matrix of products.
ARCHITECTURES = [
    Row("LAW-045", lambda: net.linear(2, 2, 2, bias=True), 12, 6, (6, 9), 3, (2, 3), "network"),
    Row("LAW-046", lambda: net.linear(1, 1, 2, bias=True), 6, 4, (4, 5), 1, (2, 1), "network"),
    Row("LAW-047", lambda: net.linear(2, 3, 1, bias=True), 13, 3, (3, 6, 7), 6, (2, 6), "network"),
    Row("LAW-054", lambda: net.tied(1, 2), 2, None, (1,), 1, (2, 0), "network"),
    Row("LAW-057", lambda: net.tied(2, 2), 4, None, (3, 4), 0, (2, 0), "network"),
    Row("LAW-060", lambda: net.autoencoder(3, 3, tied_weights=True), 9, None, (6, 9), 0, (2, 0), "autoencoder"),
    Row("LAW-061", lambda: net.tied(3, 4), 12, None, (6, 9), 3, (2, 0), "network"),
    Row("LAW-066", lambda: net.attention(2, 1), 8, 8, (6,), 2, (2, 2), "network"),
    Row("LAW-066", lambda: models.attention(1, 2), 8, 8, (6,), 2, (2, 2), "formulas"),
    Row("LAW-067", lambda: net.attention(2, 2), 16, 8, (8, 10), 6, (2, 6), "network"),
    Row("LAW-067", lambda: models.attention(2, 2), 16, 8, (8, 10), 6, (2, 6), "formulas"),
    Row("LAW-069", lambda: net.attention(2, 3), 24, 8, (8, 12), 12, (2, 12), "network"),
    Row("LAW-069", lambda: models.attention(3, 2), 24, 8, (8, 12), 12, (2, 12), "formulas"),
    Row("LAW-070", lambda: net.attention(2, 5), 40, 8, (8, 12), 28, None, "network"),
    Row("LAW-070", lambda: models.attention(5, 2), 40, 8, (8, 12), 28, None, "formulas"),
    Row("LAW-071", lambda: net.attention(2, 1, heads=2), 16, 16, (12,), 4, None, "network"),
    Row("LAW-071", lambda: models.heads(2, 1, 2), 16, 16, (12,), 4, None, "formulas"),
    Row("LAW-072", lambda: net.attention(2, 2, heads=2), 32, 16, (16, 20), 12, None, "network"),
    Row("LAW-072", lambda: models.heads(2, 2, 2), 32, 16, (16, 20), 12, None, "formulas"),
    Row("LAW-074", lambda: net.query_key(2, 2, bias=True), 12, 6, (6, 7), 5, (2, 5), "network"),
    Row("LAW-074", lambda: models.biased_logits(2, 2), 12, 6, (6, 7), 5, (2, 5), "formulas"),
    Row("LAW-075", lambda: net.query_key(2, 2, rotary=True), 8, 8, (6, 7), 1, (2, 1), "network"),
    Row("LAW-075", lambda: models.rotated_logits(1, 2), 8, 8, (6, 7), 1, (2, 1), "formulas"),
    Row("LAW-076", lambda: net.query_key(2, 4, rotary=True), 16, 16, (12, 14), 2, (2, 2), "network"),
    Row("LAW-076", lambda: models.rotated_logits(2, 2), 16, 16, (12, 14), 2, (2, 2), "formulas"),
    Row("LAW-077", lambda: net.query_key(3, 2, rotary=True), 12, 18, (10, 11), 1, (2, 1), "network"),
    Row("LAW-077", lambda: models.rotated_logits(1, 3), 12, 18, (10, 11), 1, (2, 1), "formulas"),
    Row("LAW-080", lambda: net.convolution(2, 3), 5, 4, (4,), 1, (3, 1), "network"),
    Row("LAW-091", lambda: net.convolution(2, 2, 3), 7, 5, (5,), 2, (2, 2), "network"),
    Row("LAW-086", lambda: net.circular_convolution(4), 8, 4, (4, 5), 3, (2, 3), "network"),
    Row("LAW-087", lambda: net.circular_convolution(5), 10, 5, (5, 7), 3, (2, 3), "network"),
    Row("LAW-089", lambda: net.relu_convolution(2, 2, 2, kernel=2), 16, 32, (14,), 2, (2, 2), "network"),
    Row("LAW-092", lambda: net.residual(1, 1), 4, 1, (1,), 3, (2, 2), "network"),
    Row("LAW-094", lambda: net.residual(2, 1), 8, 4, (4, 6), 2, (2, 2), "network"),
    Row("LAW-095", lambda: net.residual(2, 2), 16, 4, (4, 9, 10), 6, (2, 6), "network"),
    Row("LAW-096", lambda: net.residual(3, 1), 12, 9, (8, 10), 2, (2, 2), "network"),
    Row("LAW-097", lambda: net.residual(2), 8, 4, (4, 5), 3, (2, 3), "network"),
    Row("LAW-099", lambda: net.weight_normalisation(2), 2, 1, (1,), 1, (2, 1), "network"),
    Row("LAW-100", lambda: net.weight_normalisation(3), 3, 3, (2,), 1, (2, 1), "network"),
    Row("LAW-101", lambda: net.weight_normalisation(5), 5, 10, (4,), 1, (2, 1), "network"),
    Row("LAW-102", lambda: net.weight_normalisation(3, gain=True), 4, 3, (3,), 1, (2, 1), "network"),
    Row("LAW-104", lambda: net.layer_normalisation(2, 3), 10, 9, (8,), 2, (2, 2), "network"),
    Row("LAW-104", lambda: models.scaled_columns(3, 2), 10, 9, (8,), 2, (2, 2), "formulas"),
    Row("LAW-105", lambda: net.softmax_head(2, 3), 6, 4, (4,), 2, (1, 2), "network"),
    Row("LAW-105", lambda: models.logit_differences(3, 2), 6, 4, (4,), 2, (1, 2), "formulas"),
    Row("LAW-106", lambda: net.softmax_head(3, 2), 6, 3, (3,), 3, (1, 3), "network"),
    Row("LAW-106", lambda: models.logit_differences(2, 3), 6, 3, (3,), 3, (1, 3), "formulas"),
    Row("LAW-107", lambda: net.linear_softmax(2, 2, 3), 10, 4, (4, 5), 5, (2, 5), "network"),
    Row("LAW-107", lambda: models.logit_differences(3, 2, 2), 10, 4, (4, 5), 5, (2, 5), "formulas"),
    Row("LAW-109", lambda: net.linear_softmax(3, 3, 3), 18, 6, (6, 9), 9, (2, 9), "network"),
    Row("LAW-109", lambda: models.logit_differences(3, 3, 3), 18, 6, (6, 9), 9, (2, 9), "formulas"),
    Row("LAW-110", lambda: net.linear_softmax(2, 4, 2), 16, 2, (2, 3), 13, (2, 13), "network"),
    Row("LAW-110", lambda: models.logit_differences(2, 2, 4), 16, 2, (2, 3), 13, (2, 13), "formulas"),
    Row("LAW-111", lambda: net.linear_recurrence(1, 2, 1), 8, 4, (4, 5), 3, (2, 3), "network"),
    Row("LAW-112", lambda: net.linear_recurrence(2, 2, 2, steps=4), 12, 16, (8, 9), 3, (2, 3), "network"),
    Row("LAW-130", lambda: net.gated(2, 1, 1, gate=GATED), 5, None, (4,), 1, (2, 1), "network"),
    Row("LAW-131", lambda: net.gated(2, 2, 1, gate=GATED), 10, None, (8,), 2, (2, 2), "network"),
    Row("LAW-132", lambda: net.gated(2, 1, 2, gate=GATED), 6, None, (5,), 1, (2, 1), "network"),
]

ROWS = [*FORMULAS, *network_rows(), *ARCHITECTURES]


def params(rows: list[Row]) -> list[object]:
    """Parameters `case`, which marks the test, and `row`."""
    return [pytest.param(row.case, row, id=f"{row.case}-{row.route}".strip("-")) for row in rows]


@cache
def model_of(row: Row) -> Model:
    return row.build()


@cache
def answer_of(row: Row) -> sd.LawCount:
    return sd.conservation_laws(model_of(row))


def is_complete(row: Row) -> bool:
    """Whether all laws are polynomials of the degree stated."""
    return row.polynomial is None or row.polynomial[1] == row.laws


def coords_of(model: Model) -> tuple[sp.Symbol, ...]:
    return model.fields[0].coords if isinstance(model, sd.Distribution) else model.coords


def generators_at(model: Model, point: models.Point) -> sp.Matrix:
    """Values of the generators at `point`, one row each."""
    if isinstance(model, sd.Distribution):
        return sp.Matrix([list(field.components.xreplace(point)) for field in model.fields])
    return models.gradients_at(sp.flatten(model.outputs), point)


def entries(laws: tuple[sd.Law, ...]) -> list[sp.Expr]:
    """The laws as scalars: a matrix identity is one law for each entry."""
    return [entry for law in laws for entry in sp.flatten([law.expression])]


@pytest.mark.parametrize(("case", "row"), params([row for row in ROWS if row.generators is not None]))
def test_model_has_the_stated_number_of_generators(case: str, row: Row) -> None:
    model = model_of(row)
    given = model.fields if isinstance(model, sd.Distribution) else sp.flatten(model.outputs)
    assert len(given) == row.generators


@pytest.mark.parametrize(("case", "row"), params(ROWS))
def test_closure_grows_through_the_stated_levels(case: str, row: Row) -> None:
    closure = sd.involutive_closure(model_of(row))
    assert closure.levels == row.levels
    assert closure.rank == row.levels[-1] == row.dimension - row.laws


@pytest.mark.parametrize(("case", "row"), params(ROWS))
def test_number_of_laws_is_proved(case: str, row: Row) -> None:
    answer = answer_of(row)
    assert answer.dimension == row.dimension
    assert (answer.lower, answer.upper, answer.count) == (row.laws, row.laws, row.laws)
    assert answer.verdict is sd.Verdict.PROVED
    assert answer.certificate.verify().verdict is sd.Verdict.PROVED


@pytest.mark.parametrize(("case", "row"), params([row for row in ROWS if is_complete(row)]))
def test_all_laws_are_in_hand_where_they_are_polynomials(case: str, row: Row) -> None:
    assert answer_of(row).exhibited == row.laws


@pytest.mark.parametrize(("case", "row"), params(ROWS))
def test_every_law_in_hand_is_conserved(case: str, row: Row) -> None:
    model, laws = model_of(row), answer_of(row).laws
    verdicts = {sd.is_conserved(law.expression, model).verdict for law in laws}
    assert verdicts <= {sd.Verdict.PROVED}


@pytest.mark.parametrize(("case", "row"), params(ROWS))
def test_gradients_of_the_laws_are_independent_and_orthogonal_to_the_generators(case: str, row: Row) -> None:
    model, answer = model_of(row), answer_of(row)
    point = models.random_point(coords_of(model), seed=1)
    gradients = models.gradients_at(entries(answer.laws), point)
    assert models.rank(gradients) == answer.exhibited
    assert (gradients * generators_at(model, point).T).is_zero_matrix


@pytest.mark.parametrize(("case", "row"), params([row for row in ROWS if row.polynomial is not None]))
def test_polynomial_laws_up_to_the_stated_degree(case: str, row: Row) -> None:
    assert row.polynomial is not None
    degree, number = row.polynomial
    answer = sd.conservation_laws(model_of(row), degree=degree)
    coords = coords_of(model_of(row))
    found = [law for law in entries(answer.laws) if law.is_polynomial(*coords)]
    polynomial = [law for law in found if sp.Poly(law, *coords).total_degree() <= degree]
    point = models.random_point(coords, seed=2)
    assert models.rank(models.gradients_at(polynomial, point)) == number
    assert answer.exhibited == models.rank(models.gradients_at(entries(answer.laws), point))


@pytest.mark.case("LAW-019")
def test_second_law_of_a_saddle_with_one_more_square_is_cubic() -> None:
    model = sd.Parametrization((a, b, c), [a * b + c**2])
    answer = sd.conservation_laws(model, degree=4)
    assert (answer.count, answer.exhibited) == (2, 2)
    assert {sd.is_conserved(law.expression, model).verdict for law in answer.laws} == {sd.Verdict.PROVED}
