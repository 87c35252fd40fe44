"""What once passed, or might have: parts that leave out an output, settings of another model, sizes, names, forms."""

import json
import random

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.linear.primes import prime
from symdyn.certificate.recheck.laws.residues import matrix_times
from symdyn.certificate.verify import verify_data, verify_text
from tests.certificate.forging import assert_refuted, composed
from tests.certificate.test_forgeries import by_brackets, law_count, spanned, stored
from tests.certificate.witnesses import certificate, count

u, v, w, x, y, z = sp.symbols("u v w x y z")
P = prime(31)


def empty(point=()):
    """Rank data without words."""
    point = list(point)
    return {"by": "brackets", "prime": P, "seed": 0, "point": point, "words": [], "columns": [], "determinant": 1}


@pytest.mark.parametrize("idle", [[], [2]], ids=["of no coordinates", "of a coordinate that is not used"])
def test_an_output_may_not_be_put_away_in_a_part_without_its_coordinates(idle):
    """u v and u keep nothing of u and v; u v alone keeps u^2 - v^2. A part without words never looks at its outputs."""
    coords = (u, v, w) if idle else (u, v)
    model = sd.Parametrization(coords, [u * v, u])
    assert sd.conservation_laws(model).count == len(idle)
    point = [2, 3, 5][: len(idle)]
    hidden = by_brackets((0, len(idle)), empty(point), coordinates=idle, outputs=[1])
    laws, minor = [stored((1, [0, 2]), (-1, [1, 2]))], {"rows": [0], "columns": [0], "determinant": 4}
    rank = {**empty([2, 3]), "words": [0], "columns": [0], "determinant": 3}
    seen = by_brackets((1, 1), rank, None, laws, minor, coordinates=[0, 1], outputs=[0])
    assert_refuted(law_count(model, [hidden, seen]), "parts")


@pytest.mark.parametrize("p", [prime(31), 8388593])
def test_products_of_long_matrices_mod_p_do_not_leave_64_bits(p):
    """100,000 products of numbers near p, against Python's integers."""
    size = 100_000
    left = np.full((1, 1, size), p - 1, dtype=np.int64)
    right = np.full((1, size, 1), p - 2, dtype=np.int64)
    assert int(matrix_times(p)(left, right).item()) == size * (p - 1) * (p - 2) % p


# What the laws are laws of.

ROTATION = sd.Distribution((sd.VectorField((x, y), [-y, x]),))
PLAIN = sd.Parametrization((u, v), [u * v])
MOMENTUM = {"formulation": "momentum", "rate": "3", "pole": "", "reduced": False, "growth": "1", "position": "0"}
LOSS = {"name": "squared-error", "rows": 1, "outputs": "rows of phi", "directions": None, "inputs": 1}


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (ROTATION, {"base": "map"}),
        (ROTATION, {"base": "relu paths"}),
        (PLAIN, {"base": "fields"}),
        (PLAIN, {"base": "gradient span"}),
        (PLAIN, {"base": "predictor"}),
        (PLAIN, {"motion": MOMENTUM}),
        (PLAIN, {"loss": LOSS}),
        (PLAIN, {"metric": {"name": "entropic", "diagonal": []}}),
        (ROTATION, {"metric": {"name": "entropic", "diagonal": []}}),
        (sd.networks.relu(2, 2, 1), {"base": "map"}),
        (sd.networks.linear(2, 2, 1), {"base": "fields"}),
    ],
    ids=str,
)
def test_the_setting_of_another_model_is_refuted(model, change):
    """Fields are no map, outputs have no momentum, and what holds for rich data is not said of one input."""
    witness = json.loads(count(model).to_json())["witness"]
    assert verify_data(composed(witness)).verdict == "proved"
    witness["setting"] |= change
    assert_refuted(composed(witness), "witness.setting")


def test_the_gradients_span_all_components_of_their_fields_or_not_all():
    """One of two dependent fields in the plane spans one direction, which is not all."""
    fields = sd.Distribution((sd.VectorField((x, y), [x, y]), sd.VectorField((x, y), [2 * x, 2 * y])))
    witness = {"kind": "rank of gradients", "model": fields.to_data(), "rank": spanned(fields, [0], [2, 3])}
    said = {"needed": 1, "all": True, "error bound": None, "loss": "a loss", "data": "data", "where": "anywhere"}
    assert_refuted(composed({**witness, **said}), "witness.needed")


# Functions by their differentials, names, symmetries by name.


@pytest.mark.parametrize(
    ("numerators", "verdict"),
    [
        ([[[-1, [1, 1]]], [], [[1, []]]], "refuted"),  # dz - y dx is a multiple of no differential
        ([[], [], [[1, []]]], "proved"),
        ([[[1, [2, 1]]], [], [[1, [0, 1]]]], "proved"),  # d(x z)
        ([[[1, [2, 1]]], [], [[-1, [0, 1]]]], "proved"),  # z^2 d(x / z)
    ],
)
def test_forms_that_belong_to_no_function_refute_nothing(numerators, verdict):
    model = sd.Distribution((sd.VectorField((x, y, z), [0, 0, 1]),))
    law = {"kind": "differential", "function": "h", "numerators": numerators}
    rate = {"[[[-1, [1, 1]]], [], [[1, []]]]": 1, "[[], [], [[1, []]]]": 1}.get(str(numerators))
    rate = rate or (1 if numerators[2][0][0] > 0 else P - 1)
    at = {"point": [1, 1, 1], "generator": 0, "prime": P, "rate": rate}
    data = composed({"kind": "not conserved", "model": model.to_data(), "law": law, **at}, "refuted")
    assert verify_data(data).verdict == verdict


@pytest.mark.parametrize(
    ("blocks", "verdict"),
    [
        ([["A", 1, 2], ["A_1_1", 1, 1]], "refuted"),
        ([["A", 1, 2], ["A_2_1", 1, 1]], "proved"),
        ([["A", 1, 1], ["A_1_1", 1, 2]], "proved"),
    ],
)
def test_a_block_is_not_called_as_an_entry_of_another(blocks, verdict):
    """The function A_1_1 would be an entry of A, which moves, or a block that no output holds."""
    idle = sum(rows * columns for _, rows, columns in blocks[:1])
    model = {"kind": "matrix program", "blocks": blocks, "outputs": [[[1, [[0, 0], [0, 1]]]]]}
    law = {"kind": "polynomial", "terms": [[1, [idle, 1]]]}
    assert verify_data(composed({"kind": "conserved", "model": model, "laws": [law]})).verdict == verdict


# Sizes: what takes too long is undecided, and nothing fills the memory.


def test_a_program_whose_expansion_has_a_million_terms_is_not_multiplied_out():
    word = [[0, 0]] * 20
    model = {"kind": "matrix program", "blocks": [["A", 300, 300]], "outputs": [[[1, word]]]}
    law = {"kind": "polynomial", "terms": [[1, [0, 1]]]}
    result = verify_data(composed({"kind": "conserved", "model": model, "laws": [law]}))
    assert (result.verdict, "multiplies out" in result.reason) == ("undecided", True)


@pytest.mark.parametrize("number", [8, 12])
def test_linear_fields_that_are_not_involutive_are_seen_at_one_point(number):
    """Minors of 12 linear fields have more terms than any time allows."""
    coords = sp.symbols(f"x:{number + 1}")
    rng = random.Random(number)
    fields = [
        sd.VectorField(coords, [sum(rng.randint(-3, 3) * s for s in coords) for _ in coords]) for _ in range(number)
    ]
    model = sd.Distribution(tuple(fields))
    point = list(range(2, number + 3))
    rank = spanned(model, list(range(number)), point)
    witness = {"kind": "closure", "dimension": number + 1, "rank": rank, "model": model.to_data(), "error bound": None}
    for argument in ("relations", "closed algebra"):
        assert_refuted(composed({**witness, "existence": {"by": argument}}), "witness.existence")


@pytest.mark.parametrize("widths", [[5000, 5000, 2], [10**6, 10**6, 10**6], [2**31, 2**31, 2**31, 2**31]])
def test_wide_networks_are_counted_in_pieces_or_not_at_all(widths):
    hidden, parameters = sum(widths[1:-1]), sum(a * b for a, b in zip(widths, widths[1:], strict=False))
    bounds = {"lower": hidden, "upper": hidden, "exhibited": hidden}
    part = {**bounds, "by": "paths", "laws": [{"kind": "neurons", "count": hidden}]}
    model = {"kind": "relu layers", "widths": widths, "bias": False}
    data = composed({"kind": "law count", "model": model, "dimension": parameters, **bounds, "parts": [part]})
    assert verify_data(data).verdict == ("proved" if parameters < 10**9 else "undecided")


def test_a_document_has_one_time_for_all_its_certificates():
    data = certificate("polynomials by brackets")
    verdicts = [found.verdict for _, found in verify_text(json.dumps([data] * 3), time_limit=0.0)]
    assert verdicts == ["undecided"] * 3


@pytest.mark.parametrize("ball", ["", " ", "[]", "/", "1/0", "[1 +/- ]", "e", "1e5e5"])
def test_a_ball_that_is_none_is_refuted(ball):
    flow = sd.Flow(sd.VectorField((x,), [x - x**3]))
    data = json.loads(sd.certify(flow, {x: 1}).to_json())
    data["witness"]["enclosure"] = [ball]
    assert_refuted(composed(data["witness"]), "witness.enclosure")


def test_a_law_of_another_kind_of_model_is_answered():
    """A network of ReLU layers has no names to write a polynomial in."""
    witness = certificate("neuron laws")["witness"]
    witness["laws"] = [{"kind": "polynomial", "terms": [[1, [0, 2]]]}]
    assert_refuted(composed(witness), "witness.laws[0]")
    witness = certificate("law")["witness"]
    witness["laws"] = [{"kind": "neurons", "count": 1}]
    assert_refuted(composed(witness), "witness.laws[0]")


@pytest.mark.parametrize("needed", [4, 5])
def test_gradients_do_not_span_more_directions_than_are_left(needed):
    """They span two of six, and four forms vanish on them: of four there would be none left, of five one."""
    witness = json.loads(sd.richness(sd.networks.linear(3, 2, 2), data=[[1, 2, 3], [2, 4, 6]]).certificate.to_json())
    assert witness["witness"]["needed"] == 6
    assert_refuted(composed({**witness["witness"], "needed": needed}), "witness.needed")


def test_what_is_said_of_the_method_is_listed_as_not_checked():
    """A sentence for the reader: no witness holds it."""
    for name in ("polynomials by brackets", "law", "closure"):
        assert any(line.startswith("method") for line in verify_data(certificate(name)).unchecked)
