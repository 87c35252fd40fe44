"""Signs of eigenvalues are counted again from matrices and functions as they are stored."""

import json
from fractions import Fraction

import pytest
import sympy as sp

from symdyn.algebra.linear.spectrum import rational_matrix
from symdyn.algebra.spectra.inertia_certificate import (
    CriticalPoint,
    critical_point_certificate,
    inertia_certificate,
    matrix_signs,
)
from symdyn.certificate.recheck.equilibria.inertia import second_order, signs_of
from symdyn.certificate.verify import verify_data
from symdyn.certificate.witness.stability.inertia import InertiaWitness
from symdyn.errors import ShapeError

x, y, z = sp.symbols("x y z")


def stored(certificate):
    return json.loads(certificate.to_json())


def checkerboard(size, seed):
    """Symmetric, singular for odd sizes, with a zero diagonal: pivots have to be made."""
    return [[((i + j) % 2) * (1 + (i * j + seed) % 3) for j in range(size)] for i in range(size)]


@pytest.mark.parametrize("size", [1, 2, 5, 8, 13])
@pytest.mark.parametrize("seed", range(3))
def test_congruence_and_characteristic_polynomial_count_the_same_signs(size, seed):
    rows = checkerboard(size, seed)
    exact = rational_matrix(rows)
    upper = {(i, j): exact[i, j] for i in range(size) for j in range(i, size) if rows[i][j]}
    found = signs_of(size, upper)
    assert found == matrix_signs(exact)
    assert found[0] == found[2]  # a bipartite graph: eigenvalues come in pairs of opposite signs


def test_a_family_of_matrices_is_proved_again_and_reads_as_it_was_written():
    certificate = inertia_certificate({f"path {n}": [[int(abs(i - j) == 1) for j in range(n)] for i in range(n)]
                                       for n in range(1, 8)})  # fmt: skip
    data = stored(certificate)
    assert verify_data(data).verdict == "proved"
    assert InertiaWitness.read(data["witness"]).to_data() == data["witness"]
    assert data["claim"].endswith("; and so on for 3 more symmetric matrices of the witness")


def test_derivatives_of_the_recheck_are_those_of_the_formula():
    function = (x * y - 2 * z) ** 3 / 3 + x * (y + z) ** 2 - z
    at = {x: sp.Rational(1, 2), y: -3, z: sp.Integer(2)}
    certificate = critical_point_certificate(
        function, (x, y, z), [CriticalPoint("p", (0, 0, 0), 0, rational_matrix([[0] * 3] * 3))]
    )
    record = InertiaWitness.read(stored(certificate)["witness"])
    found = second_order(record.function, {k: rational_matrix([[v]])[0, 0] for k, v in enumerate(at.values())})
    plain = lambda value: sp.Rational(int(value.p), int(value.q))  # noqa: E731
    assert plain(found.value) == function.subs(at)
    assert [plain(found.slope.get(k, rational_matrix([[0]])[0, 0])) for k in range(3)] == [
        function.diff(s).subs(at) for s in (x, y, z)
    ]
    hessian = sp.hessian(function, (x, y, z)).subs(at)
    assert {spot: plain(v) for spot, v in found.bend.items()} == {
        (i, j): hessian[i, j] for i in range(3) for j in range(i, 3) if hessian[i, j] != 0
    }


def test_a_point_with_a_slope_is_refuted():
    certificate = critical_point_certificate(
        x**2 + y, (x, y), [CriticalPoint("origin", (0, 0), 0, rational_matrix([[2, 0], [0, 0]]))]
    )
    result = verify_data(stored(certificate))
    assert (result.verdict, result.place) == ("refuted", "witness.points[0].point")


@pytest.mark.parametrize(
    ("curve", "verdict"), [(((1, 1), (1, 1)), "refuted"), (((2, 1), (1, 1)), "proved"), (((1, 0), (2, 1)), "proved")]
)
def test_a_curve_leads_down_or_is_refuted(curve, verdict):
    """Along (e, e) the first term of x^2 - y^3 is e^2; along (e^2, e) and (0, e^2) it is -e^3 and -e^6."""
    point = CriticalPoint("cusp", (0, 0), Fraction(0), rational_matrix([[2, 0], [0, 0]]), curve)
    assert verify_data(stored(critical_point_certificate(x**2 - y**3, (x, y), [point]))).verdict == verdict


def test_a_function_that_is_no_polynomial_is_undecided():
    point = CriticalPoint("top", (0,), 1, rational_matrix([[-1]]))
    assert verify_data(stored(critical_point_certificate(sp.cos(x), (x,), [point]))).verdict == "undecided"


def test_powers_that_are_too_long_are_undecided_in_time():
    tall = critical_point_certificate(
        (5 + x**2) ** 9000, (x,), [CriticalPoint("origin", (0,), 1, rational_matrix([[1]]))]
    )
    assert verify_data(stored(tall)).verdict == "undecided"


def test_a_matrix_that_is_not_symmetric_is_refused():
    with pytest.raises(ShapeError, match="A is not symmetric"):
        inertia_certificate({"A": [[1, 2], [3, 4]]})
    with pytest.raises(ShapeError, match="there is no matrix"):
        inertia_certificate({})
