"""Multipliers of fixed points against the unit circle: counted in balls, exactly, and checked again."""

import flint
import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.linear.ball_spectrum import certified_moduli, moduli_beside
from symdyn.certificate.recheck.identities.kept import keeps_constraint as keeps_again
from symdyn.certificate.verify import verify_data
from symdyn.equilibrium.asked.lowering import residual, stored_program
from symdyn.equilibrium.asked.tangency import keeps_constraint
from symdyn.geometry.constraint import product_of_spheres, simplex, sphere, stiefel
from tests.certificate.changing import sentences
from tests.certificate.witnesses import signed

x, y, z = sp.symbols("x y z")
P = sp.symbols("p1:4")
R = sp.Rational
GAME = sp.Matrix([[1, 3, R(1, 2)], [R(1, 2), 1, 3], [3, R(1, 2), 1]])
PAYOFF = GAME * sp.Matrix(P)
MEAN = (sp.Matrix(P).T * PAYOFF)[0]
LENGTH = sp.sqrt(4 * x**2 + y**2)


def on(constraint, *update):
    return sd.Iteration(constraint.coords, list(update), constraint)


def shares(*weights):
    return on(simplex(P), *(weight / sp.Add(*weights) for weight in weights))


KEPT = {
    "power steps": on(sphere((x, y)), 2 * x / LENGTH, y / LENGTH),
    "power steps on a constraint of formulas": on(
        sd.Constraint((x, y), (x**2 + y**2 - 1,)), 2 * x / LENGTH, y / LENGTH
    ),
    "power steps on an ellipse": on(
        sd.Constraint((x, y), (x**2 + 4 * y**2 - 1,)), *(v / sp.sqrt(9 * x**2 + 4 * y**2) for v in (3 * x, y))
    ),
    "discrete replicator": on(simplex(P), *(p * f / MEAN for p, f in zip(P, PAYOFF, strict=True))),
    "multiplicative weights": shares(*(p * sp.exp(f) for p, f in zip(P, PAYOFF, strict=True))),
    "softmax": shares(*(sp.exp(2 * p) for p in P)),
    "a doubly stochastic matrix": on(
        simplex(P), (P[0] + P[1]) / 2, (P[1] + P[2]) / 2, (P[2] + P[0]) / 2
    ),
    "a rotation of angle": on(sphere((x, y)), x**2 - y**2, 2 * x * y),
    "orthogonal matrices squared": on(
        stiefel(sp.Matrix(2, 2, sp.symbols("m1:5"))), *(sp.Matrix(2, 2, sp.symbols("m1:5")) ** 2)
    ),
}
LEFT = {
    "a step that leaves the circle": on(sphere((x, y)), 2 * x, y),
    "a sum that grows": on(simplex(P), *(2 * p for p in P)),
    "the wrong norm": on(sphere((x, y)), 2 * x / (2 * x + y), y / (2 * x + y)),
}


@pytest.mark.parametrize("model", KEPT.values(), ids=KEPT)
def test_maps_are_shown_to_keep_their_constraint(model):
    assert keeps_constraint(model)


@pytest.mark.parametrize("model", LEFT.values(), ids=LEFT)
def test_maps_that_leave_their_constraint_are_not(model):
    assert not keeps_constraint(model)


@pytest.mark.parametrize("name", KEPT)
def test_fixed_points_on_a_kept_constraint_are_proved_with_their_stability(name):
    found = sd.equilibria(KEPT[name], seed=0)
    assert len(found) > 0
    for item in found:
        assert (item.verdict, item.stability.verdict) == (sd.Verdict.PROVED, sd.Verdict.PROVED)
        again = verify_data(item.certificate.to_data())
        assert again.verdict == "proved"
        assert "that the constraint is kept was shown again" in again.reason


@pytest.mark.parametrize("model", LEFT.values(), ids=LEFT)
def test_the_re_checker_does_not_show_that_a_map_keeps_what_it_leaves(model):
    program = stored_program(residual(model).value_program)
    assert not keeps_again(program, len(model.constraint.equations), is_next=False)


def test_power_steps_are_stable_at_the_leading_axis_alone():
    """The multiplier at an axis is the ratio of the other eigenvalue to its own."""
    for item in sd.equilibria(KEPT["power steps on a constraint of formulas"], seed=0):
        leading = abs(item.point[x]) > 0.5
        assert item.stability.conclusion == ("stable" if leading else "unstable")
        assert abs(item.stability.eigenvalues[0]) == pytest.approx(1 / 2 if leading else 2)


@pytest.mark.parametrize("norm", ["LayerNorm", "RMSNorm"])
def test_layers_with_a_norm_are_certified(norm):
    """The multipliers are ratios of eigenvalues of I + F on the image of the norm."""
    model = sd.system("power_method_transformer", F=[[2, 0, 0], [0, 1, 0], [0, 0, 3]], norm=norm).iteration
    found = sd.equilibria(model, seed=0)
    assert len(found) > 0
    assert {(item.verdict, item.stability.verdict) for item in found} == {(sd.Verdict.PROVED, sd.Verdict.PROVED)}
    assert [item.stability.conclusion for item in found].count("stable") == 1


@pytest.mark.parametrize("seed", range(6))
def test_moduli_in_balls_are_those_of_floats(seed):
    matrix = np.random.default_rng(seed).uniform(-1.2, 1.2, (5, 5))
    size = np.abs(np.linalg.eigvals(matrix))
    found = certified_moduli(flint.arb_mat(matrix.tolist()))
    assert (found.positive, found.zero, found.negative) == ((size > 1).sum(), 0, (size < 1).sum())


@pytest.mark.parametrize("angle", [R(1, 3), R(1, 7)])
def test_multipliers_on_the_circle_are_not_counted_in_balls(angle):
    cosine, sine = (flint.arb(float(f(sp.pi * angle))) for f in (sp.cos, sp.sin))
    off = flint.arb(0, 1e-15)
    assert certified_moduli(flint.arb_mat([[cosine + off, sine], [-sine, cosine + off]])) is None


@pytest.mark.parametrize(("ones", "minus"), [(0, 1), (1, 0), (1, 1), (2, 1)])
def test_known_multipliers_one_and_minus_one_are_divided_out(ones, minus):
    """In a basis that mixes them with a pair of modulus 5/4 and a half."""
    size = ones + minus + 3
    diagonal = sp.diag(*[1] * ones, *[-1] * minus, sp.Matrix([[R(3, 4), -1], [1, R(3, 4)]]), R(1, 2))
    basis = sp.Matrix(size, size, lambda i, j: R((3 * i + 5 * j * j) % 7, 3) + 4 * (i == j))
    exact = basis * diagonal * basis.inv()
    balls = flint.arb_mat(size, size, [flint.arb(flint.fmpq(int(v.p), int(v.q))) for v in exact])
    found = moduli_beside(balls, ones, minus)
    assert (found.positive, found.zero, found.negative) == (2, ones + minus, 1)


def test_an_irrational_flip_is_neutral_exactly():
    """At 1 + sqrt 6 the cycle of period two has the multiplier 4 + 2 k - k^2 = -1."""
    rate = 1 + sp.sqrt(6)
    model = sd.Iteration((x,), [x + sp.sqrt(2) * sp.sin(x) * (-sp.sqrt(2))])
    assert sd.classify(model, {x: 0}).neutral == 1
    found = sd.classify(sd.Iteration((x,), [rate * x * (1 - x)]), {x: 1 - 1 / rate})
    assert (found.verdict, found.unstable) == (sd.Verdict.PROVED, 1)


def test_the_certificate_of_a_fixed_point_counts_its_directions():
    model = sd.Iteration((x, y), [1 - R(7, 5) * x**2 + y, R(3, 10) * x])
    certificate = sd.certify(model, {x: 0.631, y: 0.189})
    assert "with 1 unstable and 1 stable directions" in certificate.claim
    assert certificate.witness["signs"] == [1, 0, 1]
    assert certificate.verify().verdict is sd.Verdict.PROVED


@pytest.mark.parametrize("signs", [[2, 0, 0], [0, 0, 2]])
def test_other_counts_are_refuted(signs):
    model = sd.Iteration((x, y), [1 - R(7, 5) * x**2 + y, R(3, 10) * x])
    data = sd.certify(model, {x: 0.631, y: 0.189}).to_data()
    data["witness"]["signs"] = signs
    data |= sentences(data["witness"], "proved")
    assert verify_data(signed(data)).verdict == "refuted"


def test_certificates_of_fixed_points_without_counts_are_still_read():
    data = sd.certify(sd.Iteration((x,), [sp.cos(x)]), {x: 0.739}).to_data()
    data["witness"]["signs"] = None
    data |= sentences(data["witness"], "proved")
    assert "directions" not in data["claim"]
    assert verify_data(signed(data)).verdict == "proved"


def test_counts_that_do_not_say_of_what_are_still_read():
    data = sd.equilibria(sd.Iteration((x,), [x**2 - 1])).completeness.to_data()
    assert data["claim"] == "there are exactly 2 fixed points"
    del data["witness"]["dynamics"]
    data |= sentences(data["witness"], "proved")
    assert data["claim"] == "there are exactly 2 equilibria"
    assert verify_data(signed(data)).verdict == "proved"


def test_fixed_points_are_called_so():
    found = sd.equilibria(sd.Iteration((x,), [x**2 - 1]))
    assert "2 fixed points found" in found.text()
    for text in (found.text(), found.latex(), found[0].latex(), found.completeness.claim):
        assert "equilibri" not in text


def test_two_spheres_are_kept_by_steps_that_mix_them():
    coords = sp.symbols("a1:3 b1:3")
    first, second = coords[:2], coords[2:]
    pairs = list(zip(first, second, strict=True))
    moved = [p + q / 2 for p, q in pairs], [q + p / 2 for p, q in pairs]
    update = [entry / sp.sqrt(sum(v**2 for v in rows)) for rows in moved for entry in rows]
    model = sd.Iteration(coords, update, product_of_spheres([first, second]))
    assert keeps_constraint(model)


@pytest.mark.parametrize(
    ("update", "box", "point"),
    [
        (x * sp.exp(2 * (1 - x)), (sp.Rational(1, 10), 3), 1),  # Ricker's map at its first period doubling
        (x - 2 * sp.sin(x), (-1, 1), 0),
        (-sp.tanh(x), (-1, 1), 0),
    ],
)
def test_a_multiplier_minus_one_of_a_transcendental_map_is_decided_by_the_second_iterate(update, box, point):
    """All have a negative Schwarzian derivative, so that the neutral fixed point attracts (Singer)."""
    model = sd.Iteration((x,), [update])
    (found,) = [one for one in sd.equilibria(model, box=box) if abs(one.point[x] - point) < 1e-9]
    assert (found.stability.conclusion, found.stability.neutral) == ("stable", 1)
    assert found.stability.verdict is sd.Verdict.PROVED
    assert sd.classify(model, {x: float(point)}).conclusion == "stable"
