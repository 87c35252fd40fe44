"""Matrix laws recognised among bare quadratic laws: the same forms, written as a person would write them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
import sympy as sp
from sympy.polys.matrices import DomainMatrix

import symdyn as sd
from symdyn.dynamics.answers.law import Law, MatrixIdentity, PolynomialForm, identity_text
from symdyn.laws.matrices.readable import MAX_LAWS, SignedIdentity, recognised
from symdyn.laws.sandwich.monomial import polynomial_form
from symdyn.laws.search.polynomial import polynomial_laws
from tests.laws import models

TABLE = Path(__file__).resolve().parents[1] / "data" / "linear_quadratic_laws.txt"
GRID = [
    tuple(int(width) for width in reversed(line.split()[1].split(",")))
    for line in TABLE.read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
WIDTHS = sorted({*GRID, (2, 2, 2), (5, 3, 2), (2, 4, 5, 2), (3, 3, 3, 3, 3), (2, 2, 2, 2, 2)})


def bare_laws(model: sd.Parametrization) -> tuple[Law, ...]:
    """All quadratic laws, as the search returns them."""
    found = polynomial_laws(model.polynomial_fields, 2, 2).laws.to_terms()
    form = polynomial_form(model.coords)
    return tuple(Law(form(tuple(terms.items())), source="search") for terms in found)


def renamed(model: sd.Parametrization, names: Sequence[str], seed: int | None = None) -> sd.Parametrization:
    """The model in other symbols; with a seed they are shuffled, and some change their sign."""
    draw = random.Random(seed)
    symbols = [sp.Symbol(name) for name in names]
    places = list(range(len(symbols)))
    if seed is not None:
        draw.shuffle(places)
    signs = [1 if seed is None else draw.choice((1, -1)) for _ in places]
    new = {old: signs[k] * symbols[places[k]] for k, old in enumerate(model.coords)}
    return sd.Parametrization(tuple(symbols), [sp.expand(output.xreplace(new)) for output in model.outputs])


def plain(model: sd.Parametrization) -> list[str]:
    """As many names without any matrix in them."""
    return [f"x{k}" for k in range(len(model.coords))]


def matrices(laws: Sequence[Law]) -> list[Law]:
    return [law for law in laws if isinstance(law.form, MatrixIdentity)]


def texts(laws: Sequence[Law]) -> list[str]:
    """The matrix identities, each in a line."""
    return [identity_text(law.form) for law in matrices(laws)]


def coefficient_rank(coords: Sequence[sp.Symbol], *families: Sequence[Law]) -> int:
    """Dimension of the span of the entries of all laws, as polynomials, by SymPy alone."""
    rows = [sp.Poly(entry, *coords).as_dict() for laws in families for law in laws for entry in law.entries()]
    monomials = sorted({monomial for row in rows for monomial in row})
    dense = [[row.get(monomial, sp.S.Zero) for monomial in monomials] for row in rows]
    return int(DomainMatrix.from_Matrix(sp.Matrix(dense)).to_field().rank())


def assert_same_laws(model: sd.Parametrization, bare: Sequence[Law], read: Sequence[Law]) -> None:
    """Both families span the same quadratic forms, without repetition, and every law read is conserved."""
    size = coefficient_rank(model.coords, bare)
    assert coefficient_rank(model.coords, read) == coefficient_rank(model.coords, bare, read) == size
    assert sum(law.count for law in read) == size
    assert {sd.is_conserved(law.expression, model).verdict for law in read} <= {sd.Verdict.PROVED}


def mixed(laws: Sequence[Law], seed: int) -> list[Law]:
    """The same laws in a random integer basis."""
    draw = random.Random(seed)
    rows = [dict(law.form.terms) for law in laws]
    for _ in range(3 * len(rows)):
        i, j = draw.sample(range(len(rows)), 2)
        factor = draw.choice((1, -1, 2))
        for monomial, value in rows[j].items():
            rows[i][monomial] = rows[i].get(monomial, 0) + factor * value
    variables = laws[0].form.variables
    return [
        Law(PolynomialForm(variables, tuple((monomial, x) for monomial, x in row.items() if x)), source="mixed")
        for row in rows
    ]


@pytest.mark.parametrize("widths", WIDTHS, ids=str)
def test_indexed_names_give_the_balance_of_each_hidden_layer(widths: tuple[int, ...]) -> None:
    model = models.linear_formulas(widths)
    bare = bare_laws(model)
    read = recognised(bare)
    expected = [f"U{k}^T U{k} - U{k + 1} U{k + 1}^T" for k in range(1, len(widths) - 1)]
    assert texts(read) == expected
    assert len(read) == len(expected)
    assert {law.source for law in read} == {"search"}
    assert_same_laws(model, bare, read)


@pytest.mark.parametrize("seed", [None, 0, 1])
@pytest.mark.parametrize("widths", WIDTHS, ids=str)
def test_names_without_indices_give_one_identity_for_each_hidden_layer(
    widths: tuple[int, ...], seed: int | None
) -> None:
    typed = models.linear_formulas(widths)
    model = renamed(typed, plain(typed), seed)
    bare = bare_laws(model)
    read = recognised(bare)
    assert len(read) == len(matrices(read)) == len(widths) - 2
    assert_same_laws(model, bare, read)


@pytest.mark.parametrize("widths", [(2, 3, 2), (3, 3, 3), (2, 3, 4, 2)], ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_laws_in_any_basis_are_recognised(widths: tuple[int, ...], seed: int) -> None:
    typed = models.linear_formulas(widths)
    model = renamed(typed, plain(typed), seed)
    bare = mixed(bare_laws(model), seed)
    read = recognised(bare)
    assert len(read) == len(matrices(read)) == len(widths) - 2
    assert_same_laws(model, bare, read)


def test_product_typed_with_numbered_symbols_reads_in_their_letters() -> None:
    u, v = sp.symbols("u0:4"), sp.symbols("v0:4")
    U, V = sp.Matrix(2, 2, u), sp.Matrix(2, 2, v)
    (law,) = recognised(bare_laws(sd.Parametrization((*u, *v), list(U * V.T))))
    assert repr(law) == "Law(U.T*U - V.T*V)"
    assert law.form.matrices == (((0, 1), (2, 3)), ((4, 5), (6, 7)))
    assert law.expression == U.T * U - V.T * V


@pytest.mark.parametrize(
    "names",
    [
        "u11 u12 u13 u21 u22 u23 v11 v12 v13 v21 v22 v23",
        "u_1_1 u_1_2 u_1_3 u_2_1 u_2_2 u_2_3 v_1_1 v_1_2 v_1_3 v_2_1 v_2_2 v_2_3",
        "u[0,0] u[0,1] u[0,2] u[1,0] u[1,1] u[1,2] v[0,0] v[0,1] v[0,2] v[1,0] v[1,1] v[1,2]",
        "u1_1 u1_2 u1_3 u2_1 u2_2 u2_3 v1_1 v1_2 v1_3 v2_1 v2_2 v2_3",
    ],
)
def test_every_usual_notation_of_indices_is_read(names: str) -> None:
    symbols = [sp.Symbol(name) for name in names.split()]
    U, V = sp.Matrix(2, 3, symbols[:6]), sp.Matrix(2, 3, symbols[6:])
    model = sd.Parametrization(tuple(symbols), list((U * V.T).expand()))
    assert texts(recognised(bare_laws(model))) == ["U^T U - V^T V"]


def test_names_that_are_taken_are_not_given_again() -> None:
    """U is a symbol, so the matrix of the u's keeps its letter; A1 is one too, so the next free one is taken."""
    typed = models.linear_formulas((2, 2, 2))
    named = renamed(typed, ["u11", "u12", "u21", "u22", "U", "A1", "x", "y"])
    (law,) = recognised(bare_laws(named))
    assert identity_text(law.form) == "u^T u - A2 A2^T"


def test_bias_joins_the_balance_of_its_layer() -> None:
    model = models.linear_with_bias(3, 2, 2)
    bare = bare_laws(model)
    read = recognised(bare)
    assert texts(read) == ["U^T U - V^T V - b b^T"]
    assert_same_laws(model, bare, read)
    nameless = renamed(model, plain(model), seed=4)
    read = recognised(bare_laws(nameless))
    assert [law.count for law in read] == [3]
    assert_same_laws(nameless, bare_laws(nameless), read)


@pytest.mark.parametrize("head", [2, 3])
def test_attention_has_one_identity_for_each_product(head: int) -> None:
    model = models.attention(head, 3)
    bare = bare_laws(model)
    assert texts(recognised(bare)) == ["Q Q^T - K K^T", "V V^T - O O^T"]
    nameless = renamed(model, plain(model), seed=5)
    read = recognised(bare_laws(nameless))
    assert [law.count for law in read] == [head * (head + 1) // 2] * 2
    assert_same_laws(nameless, bare_laws(nameless), read)


def test_state_space_model_has_its_transition_matrix_on_both_sides() -> None:
    model = models.recurrence(2, 2, 2, 4)
    bare = bare_laws(model)
    (law,) = recognised(bare)
    assert identity_text(law.form) == "A A^T - A^T A + B B^T - C^T C"
    assert_same_laws(model, bare, (law,))


def test_state_space_model_without_indices_stays_as_it_is() -> None:
    typed = models.recurrence(2, 2, 2, 4)
    bare = bare_laws(renamed(typed, plain(typed)))
    assert recognised(bare) == bare


def test_balances_of_relu_neurons_stay_polynomials() -> None:
    bare = bare_laws(models.relu_monomials((2, 3, 2), bias=True))
    assert recognised(bare) == bare


def test_a_network_of_scalars_stays_as_it_is() -> None:
    bare = bare_laws(models.linear_formulas((3, 1, 2)))
    assert recognised(bare) == bare


def test_what_is_no_matrix_remains_beside_the_identity() -> None:
    """phi = (U V^T, s t): one matrix law, and one polynomial."""
    u, v = sp.symbols("u0:4"), sp.symbols("v0:6")
    s, t = sp.symbols("s t")
    U, V = sp.Matrix(2, 2, u), sp.Matrix(3, 2, v)
    model = sd.Parametrization((s, *u, *v, t), [*(U * V.T), s * t])
    given = Law(s**2 - t**2)
    bare = (given, *mixed(bare_laws(model), seed=6))
    read = recognised(bare)
    assert texts(read) == ["U^T U - V^T V"]
    assert read[1] is given
    assert_same_laws(model, bare[1:], (read[0], *read[2:]))


def test_laws_beyond_the_entries_of_the_matrix_are_kept() -> None:
    """(1, 3, 1) is one field: besides U^T U - V^T V there are the u_i v_j - u_j v_i."""
    u, v = sp.symbols("u1:4"), sp.symbols("v1:4")
    model = sd.Parametrization((*u, *v), [sum(a * b for a, b in zip(u, v, strict=True))])
    bare = bare_laws(model)
    read = recognised(bare)
    assert [law.count for law in read] == [6, 1, 1, 1]
    assert_same_laws(model, bare, read)


@pytest.mark.parametrize("missing", range(3))
def test_two_of_the_three_entries_of_a_matrix_stay_as_they_are(missing: int) -> None:
    bare = bare_laws(models.linear_formulas((3, 2, 3)))
    rest = bare[:missing] + bare[missing + 1 :]
    assert recognised(rest) == rest


@pytest.mark.parametrize("missing", range(6))
def test_a_matrix_identity_with_a_gap_keeps_its_laws(missing: int) -> None:
    """What is left may hold a smaller matrix identity, and nothing else appears."""
    model = models.linear_formulas((3, 3, 3))
    bare = bare_laws(model)
    rest = bare[:missing] + bare[missing + 1 :]
    read = recognised(rest)
    assert all(law.count <= 3 for law in read)
    assert_same_laws(model, rest, read)


def test_signs_of_entries_are_shown_and_stored() -> None:
    a, b, c, d, x, y, z, w = symbols = sp.symbols("a b c d x y z w")
    U, V = sp.Matrix([[a, -b], [c, d]]), sp.Matrix([[x, y], [z, w]])
    (law,) = recognised(bare_laws(sd.Parametrization(symbols, list(U * V))))
    assert isinstance(law.form, SignedIdentity)
    assert law.form.to_data()["negative"] == list(law.form.negative)
    assert sd.is_conserved(law, sd.Parametrization(symbols, list(U * V))).verdict is sd.Verdict.PROVED
    wrong = law.form.to_data()["places"]
    unsigned = MatrixIdentity(
        blocks=law.form.blocks, terms=law.form.terms, part="symmetric", coords=lambda: symbols, matrices=wrong
    )
    assert sd.is_conserved(Law(unsigned), sd.Parametrization(symbols, list(U * V))).verdict is sd.Verdict.REFUTED


def test_other_laws_pass_through() -> None:
    u, v = sp.symbols("u v")
    laws = (Law(u**2 - v**2), Law(PolynomialForm((u, v), ((((0, 1),), 1),))), Law(sp.log(u)))
    assert recognised(laws) == laws
    assert recognised(()) == ()


def test_too_many_laws_are_returned_unchanged() -> None:
    bare = bare_laws(models.linear_formulas((2, 2, 2))) * (MAX_LAWS // 3 + 1)
    assert recognised(bare) == bare
