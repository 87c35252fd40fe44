"""Certificates composed by hand to prove what is false, or to state what nobody checks: none may pass.

Each of them fits together, hash and minors included; what is wrong is the argument.
"""

import itertools

import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.linear.primes import prime
from symdyn.certificate.verify import verify_data
from symdyn.geometry.fields.bracket_span import explore
from tests.certificate.forging import assert_refuted, composed
from tests.certificate.witnesses import certificate, signed

u, v, w, x, y = sp.symbols("u v w x y")
P = prime(31)
NONE = {"rows": [], "columns": [], "determinant": 1}


def law_count(model, parts):
    """A count of laws whose bounds are the sums over the parts."""
    data = model.to_data()
    sums = {name: sum(part[name] for part in parts) for name in ("lower", "upper", "exhibited")}
    return composed({"kind": "law count", "model": data, "dimension": data["dimension"], **sums, "parts": parts})


def stored(*terms):
    """A polynomial law from (coefficient, [variable, power, ...])."""
    return {"kind": "polynomial", "terms": [list(term) for term in terms]}


def by_exponents(bounds, rank, laws=(), independence=NONE, *, point, **where):
    lower, upper = bounds
    part = {
        "lower": lower,
        "upper": upper,
        "exhibited": len(independence["rows"]),
        **where,
        "by": "exponents",
        "prime": P,
    }
    return {**part, "point": point, "rank": rank, "laws": list(laws), "independence": independence}


def by_brackets(bounds, rank, existence=None, laws=(), independence=NONE, **where):
    lower, upper = bounds
    part = {"lower": lower, "upper": upper, "exhibited": len(independence["rows"]), **where, "by": "brackets"}
    evidence = {"prime": P, "seed": 0, "point": rank["point"], "rank": rank, "laws": list(laws)}
    return {**part, **evidence, "independence": independence, "existence": existence}


def spanned(model, words, point):
    """Rank data of words of a model at a point: the first columns with a minor that is not zero, from SymPy."""

    def field(word):
        return sd.lie_bracket(field(word[0]), field(word[1])) if isinstance(word, list) else fields[word]

    fields = model.fields
    at = dict(zip(model.coords, point, strict=True))
    rows = sp.Matrix([list(field(word).components.subs(at)) for word in words]) if words else sp.zeros(0, len(point))
    for columns in itertools.combinations(range(len(point)), len(words)):
        minor = int(rows[:, columns].det()) if words else 1
        if minor % P:
            data = {"by": "brackets", "prime": P, "seed": 0, "point": point, "words": words}
            return {**data, "columns": list(columns), "determinant": minor % P}
    raise AssertionError("the words are dependent at the point")


def gradients(coords, *outputs):
    return sd.Distribution(tuple(sd.VectorField(coords, [sp.diff(o, s) for s in coords]) for o in outputs))


def test_a_composed_certificate_of_a_true_count_is_proved():
    """The composer itself is sound: one field, one law in hand, another by Frobenius."""
    model = gradients((u, v, w), u * v + w)
    laws, minor = [stored((1, [0, 2]), (-1, [1, 2]))], {"rows": [0], "columns": [0], "determinant": 4}
    part = by_brackets((2, 2), spanned(model, [0], [2, 3, 5]), {"by": "single field"}, laws, minor)
    assert verify_data(law_count(model, [part])).verdict == "proved"
    exponents = by_exponents((1, 1), {"rows": [0], "columns": [0], "determinant": 1}, laws, minor, point=[2, 3])
    assert verify_data(law_count(sd.Parametrization((u, v), [u * v]), [exponents])).verdict == "proved"


def test_a_composed_certificate_of_a_true_closure_is_proved():
    model = gradients((u, v, w), u * v + w)
    witness = {"kind": "closure", "dimension": 3, "rank": spanned(model, [0], [2, 3, 5]), "model": model.to_data()}
    assert verify_data(composed({**witness, "existence": {"by": "single field"}})).verdict == "proved"


def test_a_composed_certificate_of_two_true_parts_is_proved():
    """u v and x y: one law each."""
    minor, rank = {"rows": [0], "columns": [0], "determinant": 2}, {"rows": [0], "columns": [0], "determinant": 1}
    parts = [
        by_exponents(
            (1, 1),
            rank,
            [stored((1, [k, 2]), (-1, [k + 1, 2]))],
            minor,
            point=[1, 1],
            coordinates=[k, k + 1],
            outputs=[k // 2],
        )
        for k in (0, 2)
    ]
    assert verify_data(law_count(sd.Parametrization((u, v, x, y), [u * v, x * y]), parts)).verdict == "proved"


def test_a_part_may_not_leave_out_an_output():
    """u v and v w and u have no law in common; u v alone has two."""
    model = sd.Parametrization((u, v, w), [u * v + w**2, v * w, u])
    whole = sd.conservation_laws(model)
    alone = sd.conservation_laws(sd.Parametrization((u, v, w), [u * v + w**2])).certificate.to_data()["witness"][
        "parts"
    ][0]
    assert whole.count == 0 < alone["upper"]
    assert_refuted(law_count(model, [{**alone, "outputs": [0]}]))


def test_a_part_may_not_leave_out_a_field():
    model = gradients((u, v), u * v, u)
    rank = spanned(model, [0], [2, 3])
    laws, minor = [stored((1, [0, 2]), (-1, [1, 2]))], {"rows": [0], "columns": [0], "determinant": 4}
    assert_refuted(law_count(model, [by_brackets((1, 1), rank, None, laws, minor, outputs=[0])]))


def test_a_single_field_that_moves_has_rank_one():
    """Without its one word the rank is 0, and three laws would exist where there are two."""
    model = gradients((u, v, w), u * v + w)
    assert_refuted(law_count(model, [by_brackets((3, 3), spanned(model, [], [2, 3, 5]), {"by": "single field"})]))


def test_a_closure_of_a_single_field_that_moves_has_rank_one():
    model = gradients((u, v, w), u * v + w)
    witness = {"kind": "closure", "dimension": 3, "rank": spanned(model, [], [2, 3, 5]), "model": model.to_data()}
    assert_refuted(composed({**witness, "existence": {"by": "single field"}}))


@pytest.mark.parametrize("kind", ["closed algebra", "relations"])
def test_brackets_with_fields_that_are_no_words_must_be_reached_too(kind):
    """sl(2) acting on 2 x 2 matrices, and d_t: e = [e, [f, e]] / 2 and f are spanned, h = [e, f] is left out.

    The words span d_t, e and f, and brackets with d_t, the only field among them, vanish: that closes nothing.
    The one law is the determinant.
    """
    coords = sp.symbols("t p q r s")
    p, q, r, s = coords[1:]
    fields = ([1, 0, 0, 0, 0], [0, r, s, 0, 0], [0, 0, 0, p, q])
    model = sd.Distribution(tuple(sd.VectorField(coords, field) for field in fields))
    assert sd.conservation_laws(model).count == 1
    rank = spanned(model, [0, [1, [2, 1]], [2, [1, 2]]], [2, 3, 5, 7, 11])
    assert_refuted(law_count(model, [by_brackets((2, 2), rank, {"by": kind})]))


def test_monomials_of_one_part_may_not_use_coordinates_of_another():
    """u v listed twice: either copy alone would fix one coordinate, together they leave u^2 - v^2."""
    model = sd.Parametrization((u, v), [u * v, u * v])
    assert sd.conservation_laws(model).count == 1
    rank = {"rows": [0], "columns": [0], "determinant": 1}
    parts = [by_exponents((0, 0), rank, point=[1], coordinates=[k], outputs=[k]) for k in (0, 1)]
    assert_refuted(law_count(model, parts))


def test_a_coordinate_that_monomials_of_another_part_use_is_no_law():
    """u v and u v^2 have no law; u^2 is one of the part without outputs."""
    model = sd.Parametrization((u, v), [u * v, u * v**2])
    assert sd.conservation_laws(model).count == 0
    minor = {"rows": [0], "columns": [0], "determinant": 2}
    idle = by_exponents((1, 1), NONE, [stored((1, [0, 2]))], minor, point=[1], coordinates=[0], outputs=[])
    rest = by_exponents(
        (0, 0), {"rows": [0], "columns": [0], "determinant": 1}, point=[1], coordinates=[1], outputs=[0, 1]
    )
    assert_refuted(law_count(model, [idle, rest]))


def test_components_of_fields_are_no_monomials_of_a_map():
    """x y d_x + d_y: x^2 - y^2 belongs to the gradient of x y, and is not conserved here."""
    model = sd.Distribution((sd.VectorField((x, y), [x * y, 1]),))
    law = x**2 - y**2
    assert sd.is_conserved(law, model).verdict is sd.Verdict.REFUTED
    laws, minor = [stored((1, [0, 2]), (-1, [1, 2]))], {"rows": [0], "columns": [0], "determinant": 2}
    part = by_exponents((1, 1), {"rows": [0], "columns": [0], "determinant": 1}, laws, minor, point=[1, 1])
    assert_refuted(law_count(model, [part]))


def test_a_monomial_with_coefficient_zero_has_no_exponents():
    """0 u v leaves both coordinates where they are: two laws, not one."""
    data = certificate("monomials by exponents")
    data["witness"]["model"]["coefficient"][0] = 0
    assert_refuted(signed(data))


def test_numerators_of_no_differential_are_no_law():
    """dz - y dx vanishes on d_w, but is not proportional to any dh: a contact form."""
    coords = sp.symbols("x y z w")
    model = sd.Distribution((sd.VectorField(coords, [0, 0, 0, 1]),))
    law = {"kind": "differential", "function": "h", "numerators": [[[-1, [1, 1]]], [], [[1, []]], []]}
    assert_refuted(composed({"kind": "conserved", "model": model.to_data(), "laws": [law]}))


@pytest.mark.parametrize("numerators", [[[], [], []], [[[1, []]], []], [[[1, []]], [], [], []], None, []])
def test_numerators_stand_one_for_each_coordinate_and_are_not_all_zero(numerators):
    law = {"kind": "differential", "function": "h", "numerators": numerators}
    model = sd.Distribution((sd.VectorField((u, v, w), [0, 0, 1]),))
    assert_refuted(composed({"kind": "conserved", "model": model.to_data(), "laws": [law]}))


@pytest.mark.parametrize("verdict", ["undecided", "probable"])
def test_a_closure_that_is_not_proved_says_no_more_than_at_least(verdict):
    model = sd.Distribution((sd.VectorField((u, v), [1, 0]), sd.VectorField((u, v), [0, u])))
    witness = {"kind": "closure", "dimension": 2, "rank": spanned(model, [0], [2, 3]), "existence": None}
    bound = 0.5 if verdict == "probable" else None
    result = verify_data(composed({**witness, "error bound": bound, "model": model.to_data()}, verdict))
    assert result.verdict == verdict
    assert "at least 1" in result.reason


def test_a_closure_that_stagnated_is_not_proved_without_argument():
    model = sd.Distribution((sd.VectorField((u, v), [1, 0]), sd.VectorField((u, v), [0, u])))
    witness = {"kind": "closure", "dimension": 2, "rank": spanned(model, [0], [2, 3]), "model": model.to_data()}
    assert_refuted(composed({**witness, "existence": None}))
    assert_refuted(composed({**witness, "existence": {"by": "closed algebra"}}))


@pytest.mark.parametrize("kind", ["closed algebra", "relations"])
def test_a_span_that_is_cut_off_is_not_involutive(kind):
    """The Heisenberg fields without their bracket."""
    coords = sp.symbols("x y z")
    model = sd.Distribution((sd.VectorField(coords, [1, 0, 0]), sd.VectorField(coords, [0, 1, coords[0]])))
    rank = spanned(model, [0, 1], [2, 3, 5])
    assert_refuted(law_count(model, [by_brackets((1, 1), rank, {"by": kind})]))


@pytest.mark.parametrize("kind", ["closed algebra", "relations"])
def test_a_field_outside_the_words_is_seen(kind):
    coords = sp.symbols("x y z")
    model = sd.Distribution((sd.VectorField(coords, [1, 0, 0]), sd.VectorField(coords, [0, 1, 0])))
    assert_refuted(law_count(model, [by_brackets((2, 2), spanned(model, [0], [2, 3, 5]), {"by": kind})]))


def test_two_laws_with_dependent_gradients_count_once():
    """h and h^2."""
    model = gradients((u, v, w), u * v, w)
    h, square = stored((1, [0, 2]), (-1, [1, 2])), stored((1, [0, 4]), (-2, [0, 2, 1, 2]), (1, [1, 4]))
    rank = spanned(model, [0, 1], [2, 3, 5])
    minor = {"rows": [0, 1], "columns": [0, 1], "determinant": 1}
    assert_refuted(law_count(model, [by_brackets((1, 1), rank, None, [h, square], {**minor, "determinant": 0})]))
    assert_refuted(law_count(model, [by_brackets((1, 1), rank, None, [h, square], minor)]))


@pytest.mark.parametrize("columns", [[0, 0], [0, 1, 2], [-1, 0], [0, 9]])
def test_columns_of_a_minor_are_different_and_in_range(columns):
    model = gradients((u, v, w), u * v, w)
    rank = {**spanned(model, [0, 1], [2, 3, 5]), "columns": columns}
    assert_refuted(law_count(model, [by_brackets((1, 1), rank)]))


def test_parts_of_fields_do_not_add_up():
    """[d_u, u d_v] is outside the sum: fields fall into no parts."""
    model = sd.Distribution((sd.VectorField((u, v), [1, 0]), sd.VectorField((u, v), [0, u])))
    span = explore(model.polynomial_fields, P)
    assert span.rank == 2
    parts = [{"coordinates": [k], "outputs": [k], "lower": 0, "upper": 0, "exhibited": 0} for k in (0, 1)]
    assert_refuted(law_count(model, parts))


@pytest.mark.parametrize("widths", [[2, 3, 2], [3, 2], [2, 2, 2, 2]])
@pytest.mark.parametrize("wrong", [-1, 1])
def test_a_relu_network_has_as_many_laws_as_hidden_neurons(widths, wrong):
    data = sd.conservation_laws(sd.networks.relu(*widths)).certificate.to_data()
    witness, number = data["witness"], sum(widths[1:-1]) + wrong
    part = {**witness["parts"][0], "lower": number, "upper": number, "exhibited": number}
    part["laws"] = [{"kind": "neurons", "count": number}] if number > 0 else []
    bounds = {"lower": number, "upper": number, "exhibited": number}
    assert_refuted(composed({**witness, **bounds, "parts": [part]}))


@pytest.mark.parametrize(
    "change",
    [
        {"tails": [0, 1, 1], "heads": [1, 2, 2]},  # an edge twice
        {"tails": [1, 1], "heads": [0, 2]},  # against the order of the nodes
        {"nodes": 4},  # a hidden node without edges
        {"inputs": []},  # a path that begins nowhere
        {"outputs": []},  # a path that ends nowhere
        {"biased": [1, 1]},
        {"biased": [0]},
    ],
    ids=str,
)
def test_a_graph_whose_laws_are_not_its_hidden_nodes_is_refuted(change):
    """x -> h -> y, changed so that the count of hidden nodes no longer counts laws; D is adapted."""
    model = {
        "kind": "relu graph",
        "nodes": 3,
        "tails": [0, 1],
        "heads": [1, 2],
        "inputs": [0],
        "outputs": [2],
        "biased": [],
    }
    model = {**model, **change}
    hidden = model["nodes"] - len(model["inputs"]) - len(model["outputs"])
    bounds = {"lower": hidden, "upper": hidden, "exhibited": hidden}
    part = {**bounds, "by": "paths", "laws": [{"kind": "neurons", "count": hidden}]}
    dimension = len(model["tails"]) + len(model["biased"])
    witness = {"kind": "law count", "model": model, "dimension": dimension, **bounds, "parts": [part]}
    assert_refuted(composed(witness))


PROGRAM = "program of several parts"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda parts: parts[0]["blocks"].pop(), "parts[0].coordinates"),
        (lambda parts: parts.pop(), "witness.parts"),
        (lambda parts: parts[1].update(parts[0]), "parts[1].blocks"),
        (lambda parts: parts[0]["blocks"].reverse(), "parts[0].blocks"),
        (lambda parts: parts[0]["coordinates"].reverse(), "parts[0].coordinates"),
        (lambda parts: parts[0].pop("blocks"), "parts[0].blocks"),
    ],
)
def test_parts_of_a_program_hold_each_block_once(change, place):
    data = certificate(PROGRAM)
    change(data["witness"]["parts"])
    result = verify_data(signed(data))
    assert (result.verdict, result.place) == ("refuted", place)


def test_parts_of_a_program_may_not_share_an_output():
    """(I + A2)(I + A1): neither block has a law of its own, both together have three."""
    data = certificate("program with affine laws")
    whole = data["witness"]["parts"][0]
    data["witness"]["parts"] = [
        {**whole, "blocks": [0], "coordinates": [0, 1, 2, 3]},
        {**whole, "blocks": [1], "coordinates": [4, 5, 6, 7]},
    ]
    result = verify_data(signed(data))
    assert (result.verdict, result.reason) == ("refuted", "witness.parts: share an output")
