"""What an answer says of families and open covers, in every format, and what its records hold."""

import json
import re

import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.verify import verify_data

x, y = sp.symbols("x y")
U = sp.symbols("u1 u2 v1 v2")


def flow(*components):
    return sd.Flow(sd.VectorField((x, y)[: len(components)], components))


def test_what_is_printed_is_the_text():
    found = sd.equilibria(flow(x - x**3, -y), seed=0)
    assert str(found) == found.text()
    assert str(found[0]) == found[0].text()
    assert str(found[0].stability) == found[0].stability.text()


@pytest.mark.parametrize("form", ["text", "latex", "markdown", "html"])
def test_a_family_is_not_called_no_equilibrium(form):
    shown = getattr(sd.equilibria(flow(x**2 + y**2 - 2, 0 * y), seed=0), form)()
    said = ("a search found a family of equilibria of dimension one",)
    for words in said if form == "latex" else ("no isolated equilibrium", "1 family"):
        assert words in shown
    assert "no equilibrium" not in shown
    assert "tabular" not in shown


def test_the_witness_of_a_family_has_a_certificate_and_its_other_points_are_in_the_json():
    found = sd.equilibria(flow(x**2 + y**2 - 2, 0 * y), seed=0)
    (family,) = json.loads(found.json())["families"]
    assert verify_data(family["certificate"]).verdict == "proved"
    points = [family["witness"], *family["others"]]
    assert len(points) == 2
    assert [float(p["x"]) ** 2 + float(p["y"]) ** 2 for p in points] == pytest.approx([2, 2])


def test_families_of_a_gradient_flow_come_with_the_value_of_the_potential():
    """|u v^T - diag(2, 1)|^2 is 0 + 1 on the minima of rank one, and 4 on the saddles that fit the second value."""
    loss = (U[0] * U[2] - 2) ** 2 + (U[0] * U[3]) ** 2 + (U[1] * U[2]) ** 2 + (U[1] * U[3] - 1) ** 2
    found = sd.equilibria(sd.gradient_flow(loss, U), seed=0)
    levels = {family.potential: family.stability.conclusion for family in found.families}
    assert levels == {1: "stable modulo its family", 4: "unstable"}
    assert {family.certificate.verify().verdict for family in found.families} == {Verdict.PROVED}


@pytest.mark.parametrize("formula", [sp.exp(-x) * sp.sin(x), x * sp.exp(-x), x * sp.exp(-(x**2))])
def test_where_a_field_fades_below_all_floats_there_is_no_family(formula):
    found = sd.equilibria(flow(formula), seed=0)
    assert found.families == ()
    assert 0.0 in [item.point[x] for item in found]


@pytest.mark.parametrize(
    "formula", [(sp.exp(x) - 2) ** 2, sp.log(x), x * sp.log(x), 1 / x - sp.exp(x), sp.tan(x) - 1]
)
def test_a_cover_that_leaves_parts_open_is_undecided_and_names_them(formula):
    known = sd.equilibria(flow(formula), box=(-1, 2), seed=0).completeness
    assert known.verdict is Verdict.UNDECIDED
    assert re.search(r"[(]\d+ open: x in \[", known.method)


def test_an_equilibrium_at_the_edge_of_a_domain_is_an_exact_point():
    found = sd.equilibria(flow(sp.sqrt(x) - x), box=(0, 2), seed=0)
    assert [float(item.point[x]) for item in found] == [1.0, 0.0]
    assert {item.verdict for item in found} == {Verdict.PROVED}
    assert found.completeness.claim == "there are exactly 2 equilibria"
    assert found.completeness.verdict is Verdict.PROVED


@pytest.mark.parametrize(
    ("zeros", "shown"),
    [
        ((1, 1 + sp.Rational(5, 10**7)), {"1", "1.0000005"}),
        ((sp.Rational(1, 10**9), sp.Rational(2, 10**9)), {"1e-09", "2e-09"}),
        ((0, sp.Rational(1, 10**11), 1), {"0", "1e-11", "1"}),
        ((-sp.sqrt(2), sp.sqrt(2)), {"-1.41421", "1.41421"}),
    ],
)
def test_different_equilibria_are_not_shown_alike(zeros, shown):
    found = sd.equilibria(flow(sp.expand(sp.Mul(*(x - zero for zero in zeros)))), seed=0)
    lines = [line.split() for line in found.text().splitlines() if line.endswith(" PROVED")]
    assert {line[0] for line in lines if line[1].isdigit()} == shown


def test_at_a_singular_point_of_the_constraint_it_is_said_that_there_is_no_linear_test():
    """The cross x y = 0 has no tangent space at the origin, which is unstable along both lines."""
    x, y = sp.symbols("x y")
    cross = sd.Constraint((x, y), [x * y])
    (item,) = sd.equilibria(sd.Flow(sd.VectorField((x, y), [x, y]), constraint=cross), seed=0)
    assert item.stability.conclusion == "inconclusive"
    assert item.stability.verdict is sd.Verdict.OBSERVED
    assert "no linear test" in item.stability.reason
