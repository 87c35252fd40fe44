"""When no outer loss can gain by another number of steps, which one does, and what else is said of the iteration."""

from __future__ import annotations

import json

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.verify import verify_data
from symdyn.errors import ModelError, ShapeError
from symdyn.systems import implicit_deep_learning as idl

R = sp.Rational
N = sp.Symbol("N", integer=True, positive=True)
PLANE = [[1, 0], [0, 2]]
STEP = R(1, 4)
EIGENVECTOR = idl.gradient_descent(PLANE, [[0], [1]], step=STEP)
MIXED = idl.gradient_descent(PLANE, [[1], [1]], [1, 0], step=STEP)
TASKS = idl.meta_learning([(1, 2), (2, 1)], step=STEP, proximal=1)


def random_losses(size, count, seed):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        K_out, w = rng.integers(-3, 4, size=(size, size)), rng.integers(-5, 6, size=size)
        yield idl.QuadraticLoss(K_out.tolist(), w.tolist())


@pytest.mark.parametrize("change", [-1, 1, 7, sp.oo])
@pytest.mark.parametrize("inner", [MIXED, TASKS], ids=["descent", "tasks"])
def test_the_loss_that_falls_falls_by_half_the_square_of_the_move(inner, change):
    found = idl.no_gain(inner, 1, change)
    assert found.verdict is sd.Verdict.REFUTED
    example = found.counterexample
    assert not any(idl.outer_gradient(inner, example.loss, example.theta, 1, kind="unrolled"))
    assert idl.performance_change(inner, example.loss, 1, change, theta=example.theta) == example.change < 0
    maps = [idl.iterate_map(inner, n) for n in (1, 1 + change)]
    v = (maps[1][0] - maps[0][0]) * example.theta + maps[1][1] - maps[0][1]
    assert example.change == -(v.T * v)[0] / 2
    assert verify_data(json.loads(found.certificate.to_json())).verdict == "proved"


@pytest.mark.parametrize("change", [-1, 1, 7, sp.oo])
def test_one_parameter_is_enough_where_it_pushes_along_an_eigenvector(change):
    found = idl.no_gain(EIGENVECTOR, 1, change)
    assert found.verdict is sd.Verdict.PROVED
    assert found.certificate.verify().verdict is sd.Verdict.PROVED
    assert not idl.reachability(EIGENVECTOR).is_overparametrized
    values = [idl.performance_change(EIGENVECTOR, loss, 1, change) for loss in random_losses(2, 20, 1)]
    assert min(values) >= 0


def test_more_tasks_than_shared_parameters_gain_and_one_task_does_not():
    one = idl.meta_learning([(1, 2)], step=STEP, proximal=1)
    assert idl.no_gain(one, 2, 3).holds
    assert not idl.no_gain(TASKS, 2, 3).holds
    assert idl.reachability(TASKS).needed == 2


@pytest.mark.parametrize(
    ("U", "rank", "enough"), [([[1], [1]], 1, False), ([[1, 2], [2, 4]], 1, False), ([[1, 0], [0, 1]], 2, True)]
)
def test_for_descent_the_rank_test_is_that_of_k_transposed_u(U, rank, enough):
    K = sp.Matrix([[1, 0, 1], [0, 2, 1]])
    inner = idl.gradient_descent(K, U, [1, 1], step=R(1, 10))
    found = idl.reachability(inner, 3)
    assert (found.rank, found.needed, found.is_overparametrized) == (rank, 2, enough)
    assert (K.T * sp.Matrix(U)).rank() == rank
    missed = found.directions_missed
    G = idl.iterate_map(inner, 3)[0]
    assert (G.T * missed).is_zero_matrix
    assert missed.shape == (3, 2 - rank)
    assert found.certificate.verify().verdict is sd.Verdict.PROVED
    floats = idl.reachability(inner.in_floats(), 3)
    assert (floats.rank, floats.needed, floats.verdict) == (rank, 2, sd.Verdict.OBSERVED)


def test_a_symbol_in_u_gives_the_generic_rank():
    u = sp.Symbol("u")
    inner = idl.gradient_descent(PLANE, [[1, 1], [1, u]], step=STEP)
    assert idl.reachability(inner).is_overparametrized


def test_floats_are_observed_with_their_residual():
    found = idl.no_gain(MIXED.in_floats(), 1, 1)
    exact = idl.no_gain(MIXED, 1, 1)
    assert found.verdict is sd.Verdict.OBSERVED
    assert not found.holds
    assert found.counterexample.change == pytest.approx(float(exact.counterexample.change))
    assert idl.no_gain(EIGENVECTOR.in_floats(), 1, sp.oo).residual < 1e-12


def test_the_rate_is_the_largest_eigenvalue_where_the_iterates_move():
    inner = idl.AffineInner(sp.diag(R(9, 10), R(1, 2)), [[0], [1]])
    assert idl.contraction_rate(inner).value == R(1, 2)
    found = idl.contraction_rate(idl.gradient_descent([[1, 1], [0, 1]], sp.eye(2), step=R(1, 4)))
    golden = 1 - (3 - sp.sqrt(5)) / 8
    assert sp.simplify(found.value - golden) == 0
    assert found.certificate.verify().verdict is sd.Verdict.PROVED
    turning = idl.AffineInner([[0, -R(1, 2)], [R(1, 2), 0]], [[1], [0]])
    assert idl.contraction_rate(turning, idl.QuadraticLoss([[1, 0]], [1])).value == R(1, 2)


def test_a_mode_that_the_outer_loss_does_not_see_is_said_not_to_be_seen():
    inner = idl.AffineInner(sp.diag(R(9, 10), R(1, 2)), sp.eye(2))
    assert idl.contraction_rate(inner, idl.QuadraticLoss([[0, 1]], [1])).is_seen is False
    assert idl.contraction_rate(inner, idl.QuadraticLoss([[1, 1]], [1])).is_seen is True
    floats = idl.contraction_rate(inner.in_floats(), idl.QuadraticLoss([[0.0, 1.0]], [1.0]))
    assert (float(floats), floats.is_seen) == (pytest.approx(0.9), False)


def test_the_smallest_number_of_steps_is_the_first_one_within_the_tolerance():
    inner, loss = idl.AffineInner([[R(1, 2)]], [[R(1, 2)]]), idl.QuadraticLoss([[1]], [1])
    # D(N, oo) = 1/(2 (2^N - 1)^2)
    found = idl.smallest_steps(inner, loss, R(1, 1000))
    assert (found.steps, found.change, found.before) == (5, R(1, 1922), R(1, 450))
    assert idl.smallest_steps(inner, loss, R(1, 1000), most=4).verdict is sd.Verdict.UNDECIDED


def test_regions_of_signs_are_those_of_the_values():
    inner = idl.gradient_descent([[1, 0, 0], [0, 2, 1]], [[1], [1]], [1, 0], step=R(1, 10))
    loss = idl.QuadraticLoss(sp.eye(3), [1, -1, 2])
    found = idl.sign_regions(inner, loss, 2, most=12)
    signs = {k: sign for first, last, sign in found.regions for k in range(first, last + 1)}
    assert signs == {k: sp.sign(idl.performance_change(inner, loss, 2, k)) for k in range(-2, 13)}
    assert found.gains
    assert found.limit == -1


def test_laws_are_the_components_in_the_kernel():
    K = sp.Matrix([[1, 0, 0], [0, 2, 1]])
    inner = idl.gradient_descent(K, [[1], [1]], step=R(1, 10), start=[3, 4, 5])
    names = sp.symbols("x y z")
    (law,) = idl.kernel_laws(inner, names)
    gradient = sp.Matrix([law.expression.diff(name) for name in names])
    assert (K * gradient).is_zero_matrix
    z = idl.iterates(inner, [7], 4)
    assert len({law(dict(zip(names, z[k, :], strict=True))) for k in range(5)}) == 1


def test_tables_hold_what_single_calls_give():
    loss, test = (idl.QuadraticLoss([[1, 2], [0, 1]], w) for w in ([1, 1], [0, 2]))
    found = idl.performance_table(MIXED, loss, [1, 2], [-1, 1, sp.oo], test_loss=test)
    for k, steps in enumerate((1, 2)):
        theta = idl.train(MIXED, loss, steps).theta
        for j, change in enumerate((-1, 1, sp.oo)):
            assert found.train[k][j] == idl.performance_change(MIXED, loss, steps, change)
            assert found.test[k][j] == idl.performance_change(MIXED, test, steps, change, theta=theta)
    assert len(found.table().rows) == 4
    assert idl.performance_table(MIXED.in_floats(), loss, range(1, 4), range(-3, 4)).figure().kind == "level map"


def test_limits_need_a_contraction_only_where_the_iterates_move():
    still = idl.AffineInner(sp.diag(R(1, 2), 5), [[1], [0]])
    assert idl.iterate_map(still, sp.oo)[0] == sp.Matrix([2, 0])
    with pytest.raises(ModelError, match="no limit: S has an eigenvalue of modulus 5"):
        idl.iterate_map(idl.AffineInner(sp.diag(R(1, 2), 5), [[1], [1]]), sp.oo)
    with pytest.raises(ModelError, match="no limit: S has an eigenvalue of modulus 5"):
        idl.iterate_map(idl.AffineInner([[0.5, 0], [0, 5]], [[1], [1]]), sp.oo)
    at_the_edge = idl.AffineInner([[0, -1], [1, 0]], [[1], [0]])
    with pytest.raises(ModelError, match="no limit"):
        idl.no_gain(at_the_edge, 1, sp.oo)


def test_a_matrix_without_real_eigenvectors_has_no_formula_and_a_jordan_block_neither():
    for S in ([[0, -R(1, 2)], [R(1, 2), 0]], [[R(1, 2), 1], [0, R(1, 2)]]):
        with pytest.raises(ModelError, match="real eigenvectors"):
            idl.iterate_map(idl.AffineInner(S, [[1], [1]]), N)


ANSWERS = {
    "training": lambda: idl.train(MIXED, idl.QuadraticLoss(sp.eye(2), [1, 2]), 2),
    "reachability": lambda: idl.reachability(MIXED),
    "no gain": lambda: idl.no_gain(MIXED, 1, 1),
    "gain": lambda: idl.no_gain(EIGENVECTOR, 1, sp.oo),
    "parts": lambda: idl.decomposition(MIXED, idl.QuadraticLoss(sp.eye(2), [1, 2]), 2, 1),
    "rate": lambda: idl.contraction_rate(MIXED),
    "table": lambda: idl.performance_table(MIXED, idl.QuadraticLoss(sp.eye(2), [1, 2]), [1], [1, sp.oo]),
    "budget": lambda: idl.smallest_steps(MIXED, idl.QuadraticLoss(sp.eye(2), [1, 2]), 5),
    "floats": lambda: idl.reachability(MIXED.in_floats()),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_has_a_verdict_and_shows_itself(name):
    answer = ANSWERS[name]()
    word = str(answer.verdict)
    for text in (answer.text(), answer.latex(), answer.markdown(), answer.html(), answer.json()):
        assert word in text
    assert json.loads(answer.json())["schema"].startswith("symdyn/")
    assert "\n" not in repr(answer)


LOSS = idl.QuadraticLoss([[1, 0]], [1])
BAD = [
    (lambda: idl.AffineInner([[1, 2]], [[1]]), ShapeError, "S has the shape .* give a square matrix"),
    (lambda: idl.AffineInner([[1]], [[1], [2]]), ShapeError, r"T has the shape \(2, 1\)"),
    (lambda: idl.AffineInner([[float("nan")]], [[1]]), ModelError, "S holds nan or infinity|no finite real"),
    (lambda: idl.AffineInner([[1j]], [[1]]), ModelError, "S holds what is no finite real number"),
    (lambda: idl.AffineInner([[sp.I]], [[1]]), ModelError, "S holds what is no finite real number"),
    (lambda: idl.AffineInner([["1"]], [[1]]), ModelError, "S holds what is no finite real number"),
    (lambda: idl.AffineInner([[sp.pi]], [[1]]).exact(), ModelError, "pi is no algebraic number"),
    (lambda: idl.AffineInner([[sp.Symbol("s"), 0.5], [0, 1]], [[1], [1]]), ModelError, "S holds"),
    (lambda: idl.QuadraticLoss([[1]], [1], scale=-1), ModelError, "the scale is -1"),
    (lambda: idl.QuadraticLoss([[1]], [1, 2]), ShapeError, "w has the shape"),
    (lambda: idl.gradient_descent([[2]], [[1]], step=R(1, 2)), ModelError, r"below 2/lambda_max = 1/2"),
    (lambda: idl.gradient_descent([[2]], [[1]], step=-1), ModelError, r"above 0 and below"),
    (lambda: idl.gradient_descent([[2.0]], [[1]], step=0.6), ModelError, r"below 2/lambda_max = 0.5"),
    (lambda: idl.gradient_descent([[1, 1], [0, 1]], [[1], [1]], step=1), ModelError, r"2/lambda_max = 3 - sqrt\(5\)"),
    (lambda: idl.meta_learning([], step=1, proximal=1), ModelError, "give pairs"),
    (lambda: idl.meta_learning([(1, 2)], step=1, proximal=1), ModelError, "task 1 needs one above 0 and below"),
    (lambda: idl.meta_learning([(1, 2)], step=STEP, proximal=-1), ModelError, "the proximal is -1"),
    (lambda: idl.performance_change(MIXED, LOSS, 2, -3), ModelError, "the change is -3: give one from -2"),
    (lambda: idl.performance_change(MIXED, LOSS, 2, 0.5), ModelError, "give a whole number, sp.oo"),
    (lambda: idl.performance_change(MIXED, LOSS, sp.Symbol("N"), 1), ModelError, "integer=True, positive=True"),
    (lambda: idl.performance_change(MIXED, idl.QuadraticLoss([[1]], [1]), 1, 1), ShapeError, "K_out has 1 columns"),
    (lambda: idl.performance_change(MIXED.in_floats(), LOSS, N, 1), ModelError, "the matrices are floats"),
    (lambda: idl.no_gain(MIXED, N, 1), ModelError, "a symbol is left in the number of steps"),
    (
        lambda: idl.no_gain(idl.AffineInner([[sp.Symbol("s")]], [[1]]), 1, 1),
        ModelError, "the symbol s is left in the iteration",
    ),
    (lambda: idl.outer_gradient(MIXED, LOSS, [1], 1, kind="unroled"), ModelError, "did you mean unrolled"),
    (lambda: idl.outer_gradient(MIXED, lambda z: z[0], [1], 1, kind="implicit"), ModelError, "without derivatives"),
    (lambda: idl.outer_gradient(MIXED, LOSS, [1, 2], 1, kind="implicit"), ShapeError, "theta has the shape"),
    (lambda: idl.outer_descent(MIXED, LOSS, 1, rate=100, iterations=3), ModelError, "descent on theta needs"),
    (lambda: idl.train(MIXED, sp.Symbol("y"), 1), ModelError, "name them z1, ..., z2"),
    (lambda: idl.train(MIXED, "loss", 1), ModelError, "give a QuadraticLoss, a formula"),
    (lambda: idl.smallest_steps(MIXED, LOSS, -1), ModelError, "the tolerance is -1"),
    (lambda: idl.kernel_laws(MIXED.in_floats()), ModelError, "a law is exact: give fractions"),
    (lambda: idl.sweep([0]), ModelError, "a width is 0"),
    (lambda: idl.iterates(MIXED, [1], -1), ModelError, "the number of steps is -1"),
    (
        lambda: idl.NonlinearInner([sp.Symbol("z") * sp.Symbol("x")], [sp.Symbol("z")], [sp.Symbol("a")], start=[0]),
        ModelError, "the symbol x, which has no value",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_misuse_is_one_sentence(call, error, message):
    with pytest.raises(error, match=message) as refused:
        call()
    assert "\n" not in str(refused.value)


def test_the_sign_of_the_limit_is_that_of_all_later_changes_where_that_is_said():
    inner = idl.gradient_descent([[1, 0, 0], [0, 2, 1]], [[1], [1]], [1, 0], step=R(1, 10))
    loss = idl.QuadraticLoss(sp.eye(3), [1, -1, 2])
    found = idl.sign_regions(inner, loss, 2, most=100)
    assert found.settled_from == found.regions[-1][0]
    assert found.limit == found.regions[-1][2] == -1
    later = idl.performance_table(inner, loss, [2], range(found.settled_from, 400, 37)).train[0]
    assert max(later) < 0
    # a slow mode: up to here nothing is known of what comes later
    assert idl.sign_regions(inner, loss, 2, most=3).settled_from is None
    assert idl.sign_regions(inner.in_floats(), loss.in_floats(), 2).settled_from is None


def test_a_sign_that_changes_late_is_not_settled_before():
    """Two modes, the slow one small: D falls at first, and rises in the end."""
    inner = idl.AffineInner(sp.diag(R(1, 2), R(99, 100)), [[1], [R(1, 100)]])
    loss = idl.QuadraticLoss([[1, 1], [0, 3]], [2, -1])
    values = idl.performance_table(inner, loss, [1], [*range(-1, 60), sp.oo]).train[0]
    for most in (5, 20, 58):
        found = idl.sign_regions(inner, loss, 1, most=most)
        if found.settled_from is not None:
            assert len({sp.sign(x) for x in values[found.settled_from + 1 :]}) == 1
