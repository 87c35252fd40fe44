"""Conditions of stability hold where the candidate has a real value and is in its domain, and nowhere else."""

import pytest
import sympy as sp

import symdyn as sd

a, b, r, w, x, y = sp.symbols("a b r w x y")
p, q = sp.symbols("p q", positive=True)
R = sp.Rational


def line(rate):
    return sd.Flow(sd.VectorField((x,), [rate]))


def holds(conditions, values):
    return all(bool(one.subs(values)) for one in conditions)


@pytest.mark.parametrize(
    ("model", "state", "known"),
    [
        (line(a * r - a * x**2), sp.sqrt(r), (r > 0) & (a > 0)),
        (line(a * (sp.exp(x) - r)), sp.log(r), (r > 0) & (a < 0)),
        (line(a * (sp.exp(2 * x) - r**2)), sp.log(r), (r > 0) & (a < 0)),
        (line(a * (sp.sin(x) - r)), sp.asin(r), (r > -1) & (r < 1) & (a < 0)),
        (line(r - x**3), r ** R(1, 3), r > 0),  # the principal root: real where r is not negative
        (line(a * sp.sqrt(r) * x), sp.S.Zero, (r > 0) & (a < 0)),
        (sd.Iteration((x,), [x - w * (x**2 - r) / (2 * x)]), sp.sqrt(r), (r > 0) & (w > 0) & (w < 2)),
        (line(r * x + x**3 - x**5), sp.sqrt((1 + sp.sqrt(1 + 4 * r)) / 2), r > -R(1, 4)),
    ],
)
def test_conditions_are_false_where_the_state_is_not_real(model, state, known):
    found = sd.verify_equilibrium(model, {x: state})
    assert found.verdict is sd.Verdict.PROVED
    for r_ in (-3, R(-1, 8), R(1, 5), R(2, 3), 2):
        for a_, w_ in ((-2, R(1, 2)), (R(3, 2), 3)):
            values = {r: r_, a: a_, w: w_}
            assert holds(found.conditions, values) is bool(known.subs(values)), values


def test_the_sides_of_a_subcritical_pitchfork_are_unstable_where_they_are_real():
    found = sd.verify_equilibrium(line(-r * x + x**3), {x: sp.sqrt(r)})
    assert found.conditions == (sp.false,)
    assert found.conclusion == "unstable where r > 0: the eigenvalue 2 r is positive"


def test_the_edge_of_a_root_that_stands_in_the_field_belongs_to_what_is_stable():
    """x' = sqrt(r) - x is stable at r = 0 too: its eigenvalue is -1."""
    found = sd.verify_equilibrium(line(sp.sqrt(r) - x), {x: sp.sqrt(r)})
    assert found.conditions == (r >= 0,)


def test_a_domain_that_the_state_leaves_is_a_condition():
    domain = sd.Constraint((x,), (), inequalities=[x, 1 - x])
    found = sd.verify_equilibrium(sd.Flow(sd.VectorField((x,), [a - x]), constraint=domain), {x: a})
    assert set(found.conditions) == {a >= 0, a <= 1}
    assert found.conclusion == "linearly stable where the conditions hold"
    assert set(found.thresholds[a]) == {0, 1}


def test_a_condition_that_a_square_excludes_is_left_out():
    """A bead on a hoop that turns: it leaves the bottom where w^2 > 1, which says that w is not zero."""
    hoop = sd.Flow(sd.VectorField((x, y), [y, -p * y + sp.sin(x) * (w**2 * sp.cos(x) - 1)]))
    assert sd.verify_equilibrium(hoop, {x: sp.acos(1 / w**2), y: 0}).conditions == (w**2 > 1,)


def test_a_logarithm_is_compared_with_one_by_its_argument():
    """Nicholson and Bailey's hosts and parasitoids: R log R < R - 1 holds for no R above 1."""
    hosts = sd.Iteration((x, y), [r * x * sp.exp(-p * y), q * x * (1 - sp.exp(-p * y))])
    found = sd.verify_equilibrium(hosts, {x: r * sp.log(r) / (p * q * (r - 1)), y: sp.log(r) / p})
    assert set(found.conditions) == {r > 1, r * sp.log(r) < r - 1}
