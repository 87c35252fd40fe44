"""Momentum in its phase space: counts, the laws as identities in time, and the closure of the unreduced fields.

Source: Marcotte, Gribonval and Peyre, arXiv 2405.12888, and counts derived from it in exact arithmetic. A row states
the dimension of the phase space, time included, and the number of laws.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import pytest
import sympy as sp

import symdyn as sd
from symdyn.errors import SymdynError
from tests.laws import models

t, tau = sd.time, sp.Symbol("tau", positive=True)


def linear(n: int, m: int, r: int) -> sd.Parametrization:
    return models.linear_formulas((m, r, n))


def relu(n: int, m: int, r: int) -> sd.Parametrization:
    return models.relu_monomials((m, r, n), bias=False)


def typed(coords: str, *outputs: str) -> sd.Parametrization:
    symbols = sp.symbols(coords)
    return sd.Parametrization(symbols, [sp.Mul(*(symbols[int(k)] for k in output)) for output in outputs])


def query_key(head: int, dimension: int) -> sd.Parametrization:
    q, k = models.symbol_matrix("Q", head, dimension), models.symbol_matrix("K", head, dimension)
    return models.parametrization((q, k), q.T * k)


def head(classes: int, inputs: int) -> sd.Parametrization:
    theta = models.symbol_matrix("W", classes, inputs)
    return sd.Parametrization(tuple(theta), theta.tolist())


def half_entropic(model: sd.Parametrization, first: int) -> list[sp.Expr]:
    return [symbol if place < first else sp.Integer(1) for place, symbol in enumerate(model.coords)]


class Row(NamedTuple):
    case: str
    model: Callable[[], sd.Parametrization]
    phase: int
    laws: int
    options: Mapping = MappingProxyType({})


NAIVE = {"metric": "entropic", "dynamics": "naive momentum"}
ROWS = [
    Row("MOM-01", lambda: linear(1, 1, 1), 5, 0),
    Row("MOM-02", lambda: linear(1, 1, 2), 9, 2),
    Row("MOM-04", lambda: linear(1, 1, 4), 17, 10),
    Row("MOM-05", lambda: linear(1, 1, 5), 21, 14),
    Row("MOM-06", lambda: linear(2, 1, 1), 7, 0),
    Row("MOM-07", lambda: linear(2, 1, 2), 13, 1),
    Row("MOM-09", lambda: linear(2, 2, 1), 9, 0),
    Row("MOM-10", lambda: linear(2, 2, 2), 17, 1),
    Row("MOM-11", lambda: linear(3, 2, 2), 21, 1),
    Row("MOM-12", lambda: linear(2, 2, 3), 25, 3),
    Row("MOM-14", lambda: linear(2, 1, 7), 43, 21),
    Row("MOM-15", lambda: linear(2, 1, 8), 49, 27),
    Row("MOM-16", lambda: linear(2, 1, 2), 12, 1, {"friction": 0}),
    Row("MOM-19", lambda: relu(1, 1, 1), 5, 0),
    Row("MOM-20", lambda: relu(1, 1, 2), 9, 0),
    Row("MOM-21", lambda: relu(2, 1, 1), 7, 0),
    Row("MOM-22", lambda: relu(2, 1, 2), 13, 0),
    Row("MOM-24", lambda: linear(1, 1, 1), 5, 2, NAIVE),
    Row("MOM-25", lambda: linear(2, 1, 1), 7, 2, NAIVE),
    Row("MOM-26", lambda: linear(2, 1, 2), 13, 4, NAIVE),
    Row("MOM-27", lambda: linear(2, 2, 2), 17, 4, NAIVE),
    Row("MOM-29", lambda: linear(2, 1, 1), 7, 0, {"metric": "half", "dynamics": "naive momentum"}),
    Row("MOM-30", lambda: models.tied(1, 1), 3, 0),
    Row("MOM-31", lambda: models.tied(1, 2), 5, 1),
    Row("MOM-32", lambda: models.tied(1, 3), 7, 3),
    Row("MOM-34", lambda: models.tied(2, 3), 13, 3),
    Row("MOM-35", lambda: models.tied(2, 4), 17, 6),
    Row("MOM-36", lambda: models.tied(2, 5), 21, 10),
    Row("MOM-37", lambda: head(2, 2), 9, 4, {"loss": "cross-entropy"}),
    Row("MOM-39", lambda: typed("u v", "001"), 5, 0),
    Row("MOM-40", lambda: models.attention(2, 1), 17, 4),
    Row("MOM-41", lambda: query_key(2, 2), 17, 1),
    Row("MOM-42", lambda: models.linear_formulas((2, 2, 2, 1)), 21, 2),
    Row("MOM-44", lambda: models.linear_formulas((2, 2, 2, 2)), 25, 2),
]
NMF = [(1, 1, 1), (2, 1, 1), (2, 2, 1), (2, 2, 2)]
FORMULATIONS = {
    "accelerated mirror": ("MOM-45", "MOM-46", "MOM-47", "MOM-49"),
    "geodesic momentum": ("MOM-50", "MOM-51", "MOM-52", "MOM-54"),
    "preconditioned momentum": ("MOM-55", "MOM-56", "MOM-57", "MOM-59"),
}


def options_of(row: Row, model: sd.Parametrization) -> dict:
    options = {"dynamics": "momentum", "friction": 3, **row.options}
    if options.get("metric") == "half":
        options["metric"] = half_entropic(model, 2)
    return options


@pytest.mark.parametrize("row", [pytest.param(row, id=row.case) for row in ROWS])
def test_count_in_the_phase_space(row):
    model = row.model()
    answer = sd.conservation_laws(model, **options_of(row, model))
    assert answer.model.phase_dimension == row.phase
    assert (answer.count, answer.verdict) == (row.laws, sd.Verdict.PROVED)
    assert answer.certificate.verify().verdict is sd.Verdict.PROVED


def unreduced(model: sd.Parametrization, options: dict) -> sd.Distribution:
    """Drift and forces on (theta, theta', t), typed from the definition, for a constant friction."""
    coords = model.coords
    velocity = sp.symbols(f"v1:{len(coords) + 1}")
    rate = options["friction"]
    metric = {None: [sp.Integer(1)] * len(coords), "entropic": coords}
    matrix = options.get("metric")
    diagonal = matrix if isinstance(matrix, list) else metric[matrix]
    outputs = list(model.outputs)
    if options.get("loss") == "cross-entropy":
        n, m = model.shape
        outputs = [model.outputs[i * m + j] - model.outputs[j] for i in range(1, n) for j in range(m)]
    still = [sp.Integer(0)] * len(coords)
    clock = ([sp.Integer(1)], [sp.Integer(0)]) if rate else ([], [])
    fields = [[*velocity, *(-rate * v for v in velocity), *clock[0]]]
    for output in outputs:
        fields.append([*still, *(a * sp.diff(output, x) for a, x in zip(diagonal, coords, strict=True)), *clock[1]])
    symbols = (*coords, *velocity, *([t] if rate else []))
    return sd.Distribution(tuple(sd.VectorField(symbols, field) for field in fields))


@pytest.mark.parametrize("row", [pytest.param(row, id=row.case) for row in ROWS if row.phase <= 17])
def test_closure_of_the_unreduced_fields_has_the_dimension_of_the_source(row):
    """The count is made on the constants of free motion; the phase space itself is the other route."""
    model = row.model()
    closure = sd.involutive_closure(unreduced(model, options_of(row, model)))
    assert closure.rank == row.phase - row.laws


@pytest.mark.parametrize("friction", [sp.Integer(0), sp.Integer(3), 3 / t, tau, 1 + 1 / t, sp.Rational(1, 2) / t])
@pytest.mark.parametrize("row", [pytest.param(row, id=row.case) for row in ROWS if row.case in ("MOM-02", "MOM-26")])
def test_laws_are_constant_along_drift_and_forces(row, friction):
    model = row.model()
    answer = sd.conservation_laws(model, **{**options_of(row, model), "friction": friction})
    assert answer.laws
    diagonal = model.coords if row.options else [1] * len(model.coords)
    velocity = answer.model.coords[len(model.coords) : 2 * len(model.coords)]
    for h in (entry for law in answer.laws for entry in law.entries()):
        drift = sp.diff(h, t) + sum(
            v * sp.diff(h, x) - friction * v * sp.diff(h, v) for x, v in zip(model.coords, velocity, strict=True)
        )
        place = answer.model.motion.position_factor
        if place is None:  # the function f of time is known by its equation alone
            f = sp.Function("f")(t)
            drift = drift.subs(sp.diff(f, t), friction * f - 1)
        assert sp.simplify(drift) == 0
        for output in model.outputs:
            push = sum(
                a * sp.diff(output, x) * sp.diff(h, v) for a, x, v in zip(diagonal, model.coords, velocity, strict=True)
            )
            assert sp.simplify(push) == 0


@pytest.mark.case("MOM-17")
def test_without_friction_the_law_is_the_angular_momentum():
    answer = sd.conservation_laws(linear(2, 1, 2), dynamics="momentum", friction=0)
    (law,) = answer.laws
    size = len(answer.model.base.coords)
    now, moving = answer.model.coords[:size], answer.model.coords[size:]
    u, v = sp.Matrix(2, 2, now[:4]), sp.Matrix(1, 2, now[4:])
    du, dv = sp.Matrix(2, 2, moving[:4]), sp.Matrix(1, 2, moving[4:])
    momentum = u.T * du - du.T * u + v.T * dv - dv.T * v
    (entry,) = law.entries()
    assert sp.simplify(entry / momentum[0, 1]) in (1, -1)


@pytest.mark.parametrize(
    ("case", "dynamics", "shape"),
    [
        pytest.param(case, dynamics, shape, id=case)
        for dynamics, cases in FORMULATIONS.items()
        for case, shape in zip(cases, NMF, strict=True)
    ],
)
def test_no_law_survives_the_formulations_of_momentum_in_the_entropic_metric(case, dynamics, shape):
    friction = 3 / t if dynamics == "accelerated mirror" else 3
    answer = sd.conservation_laws(linear(*shape), metric="entropic", dynamics=dynamics, friction=friction)
    n, m, r = shape
    assert answer.model.phase_dimension == 2 * (n + m) * r + 1
    assert (answer.count, answer.levels[-1]) == (0, 2 * (n + m) * r + 1)


@pytest.mark.case("LAW-307")
def test_the_formulation_decides():
    model = linear(2, 1, 2)
    naive = sd.conservation_laws(model, metric="entropic", dynamics="naive momentum", friction=3 / t)
    mirror = sd.conservation_laws(model, metric="entropic", dynamics="accelerated mirror", friction=3 / t)
    assert (naive.count, mirror.count) == (4, 0)


@pytest.mark.case("LAW-303")
def test_balances_of_neurons_do_not_survive_the_heavy_ball():
    """The difference of squares is a law of gradient flow; its derivative under momentum is no zero."""
    flow = sd.conservation_laws(relu(2, 1, 2))
    heavy = sd.conservation_laws(relu(2, 1, 2), dynamics="heavy ball", friction=tau)
    assert (flow.count, heavy.count, heavy.verdict) == (2, 0, sd.Verdict.PROVED)


@pytest.mark.parametrize(("r", "laws"), [(6, 15), (7, 21)])
def test_momentum_gains_laws_where_it_is_over_parameterised(r, laws):
    """Three outputs and inputs together: more laws than gradient flow from width 7."""
    momentum = sd.conservation_laws(linear(2, 1, r), dynamics="nesterov")
    flow = sd.conservation_laws(linear(2, 1, r))
    assert (momentum.count, flow.count) == (laws, 3 * r - 3)


def test_nesterov_is_friction_three_over_time_and_prints_its_factor():
    answer = sd.conservation_laws(linear(2, 1, 2), dynamics="nesterov")
    assert str(answer.laws[0]).startswith("Law(t**3*(")
    assert r"t^{3}" in answer.latex()
    assert any("tau = 3/t" in line for line in answer.certificate.assumptions)
    assert any("squared error" in line for line in answer.certificate.assumptions)
    assert any("re-check starts from the polynomial fields" in line for line in answer.certificate.assumptions)


MODEL = typed("u v", "01")
POINT = dict.fromkeys(MODEL.coords, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "entropic", "dynamics": "momentum", "friction": 1}, "geodesic momentum.*accelerated mirror"),
        ({"dynamics": "momentum"}, r"needs its friction: give friction=3/t"),
        ({"friction": 1}, "belongs to momentum"),
        ({"dynamics": "momentun", "friction": 1}, "did you mean 'momentum'"),
        ({"dynamics": ["momentum"]}, "are not known"),
        ({"dynamics": "momentum", "friction": sp.sin(t)}, "no rational function of time"),
        ({"dynamics": "momentum", "friction": 0.5}, "write 1/2"),
        ({"dynamics": "momentum", "friction": sp.symbols("u")}, "depends on the parameter `u`"),
        ({"dynamics": "weight decay"}, "needs its rate"),
        ({"decay": 1}, "write dynamics='weight decay'"),
        ({"metric": "entropic", "dynamics": "accelerated mirror", "friction": 1}, "is not of this form"),
        ({"metric": "entropic", "dynamics": "sign flow"}, "leave the metric out"),
        ({"dynamics": "momentum", "friction": 3 / t, "at": {**POINT, t: 0}}, "has a pole at t = 0"),
    ],
)
def test_wrong_dynamics_are_refused_in_one_sentence(options, message):
    with pytest.raises(SymdynError, match=message) as refusal:
        sd.conservation_laws(MODEL, **options)
    assert "\n" not in str(refusal.value)


def test_rank_at_a_point_of_the_phase_space():
    """Time is no coordinate of the fields on the constants of free motion, which start where e^T = 1."""
    point = dict(zip(sp.symbols("u v u_dot v_dot"), (2, 3, 5, 7), strict=True))
    answer = sd.conservation_laws(MODEL, dynamics="nesterov", at={**point, t: 1})
    assert (answer.at["rank"], answer.at["laws at most"]) == (4, 0)
