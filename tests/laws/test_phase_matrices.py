"""Laws of momentum and weight decay as matrices: conserved along the motion, the same in documents, named once."""

from __future__ import annotations

import json

import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.verify import verify_text
from symdyn.dynamics.answers.phase_identity import PhaseIdentity

t = sd.time
tau, lam = sp.symbols("tau lambda")
LEFT, RIGHT = sp.symbols("u1_1 u1_2 u2_1 u2_2"), sp.symbols("v1_1 v1_2 v2_1 v2_2")
PRODUCT = sd.Parametrization((*LEFT, *RIGHT), list(sp.Matrix(2, 2, LEFT) * sp.Matrix(2, 2, RIGHT).T))
CASES = {
    "Nesterov": (sd.networks.linear(2, 3, 2), {"dynamics": "momentum", "friction": 3 / t}, 3),
    "heavy ball": (sd.networks.linear(3, 2, 2), {"dynamics": "momentum", "friction": tau}, 1),
    "no friction": (sd.networks.linear(2, 3, 2), {"dynamics": "momentum", "friction": 0}, 3),
    "a shifted pole": (sd.networks.linear(2, 2, 2), {"dynamics": "momentum", "friction": 1 / (1 + t)}, 1),
    "three layers": (sd.networks.linear(3, 3, 2, 2), {"dynamics": "momentum", "friction": 3 / t}, 4),
    "decay": (sd.networks.linear(2, 3, 2), {"dynamics": "weight decay", "decay": lam}, 6),
    "fading decay": (sd.networks.linear(2, 2, 2), {"dynamics": "weight decay", "decay": 1 / t}, 3),
    "formulas": (PRODUCT, {"dynamics": "momentum", "friction": 3 / t}, 1),
    "formulas with decay": (PRODUCT, {"dynamics": "weight decay", "decay": lam}, 3),
}


@pytest.fixture(scope="module")
def answer():
    made = {}

    def find(name):
        if name not in made:
            model, options, _ = CASES[name]
            made[name] = sd.conservation_laws(model, **options)
        return made[name]

    return find


def outputs_of(model):
    """phi in coordinates: the product of the layers, or the formulas."""
    if isinstance(model, sd.Parametrization):
        return list(model.outputs)
    coords, start, product = list(model.coords), 0, None
    for block in model.blocks:
        matrix = sp.Matrix(block.rows, block.columns, coords[start : start + block.size])
        product, start = matrix if product is None else matrix * product, start + block.size
    return list(product)


def rate_of_change(law, model, options):
    """The total derivative of a law for the loss sum_i k_i phi_i of symbols k, whose gradient has any direction."""
    coords = list(model.coords)
    outputs = outputs_of(model)
    weights = sp.symbols(f"k1:{len(outputs) + 1}")
    loss = sum(k * output for k, output in zip(weights, outputs, strict=True))
    forces = [-sp.diff(loss, q) for q in coords]
    if options["dynamics"] == "momentum":
        speeds = [sp.Symbol(f"{q.name}_dot") for q in coords]
        change = sum(sp.diff(law, q) * s for q, s in zip(coords, speeds, strict=True))
        change += sum(sp.diff(law, s) * (f - options["friction"] * s) for s, f in zip(speeds, forces, strict=True))
    else:
        change = sum(sp.diff(law, q) * (f - options["decay"] * q) for q, f in zip(coords, forces, strict=True))
    return sp.simplify(sp.expand(change + sp.diff(law, t)))


@pytest.mark.parametrize("name", CASES)
def test_the_laws_are_matrices_and_all_in_hand(answer, name):
    found = answer(name)
    assert found.count == found.exhibited == CASES[name][2]
    assert all(isinstance(law.form, PhaseIdentity) for law in found.laws)


@pytest.mark.parametrize("name", CASES)
def test_every_entry_is_conserved_along_the_motion(answer, name):
    model, options, _ = CASES[name]
    for law in answer(name).laws:
        assert [rate_of_change(entry, model, options) for entry in law.entries()[:3]] == [0] * len(law.entries()[:3])


@pytest.mark.parametrize("name", CASES)
def test_the_document_is_proved_again_without_the_engine(answer, name):
    ((_, result),) = verify_text(answer(name).json())
    assert result.verdict == "proved"


def test_dots_are_dots():
    (law,) = sd.conservation_laws(sd.networks.linear(2, 3, 2), dynamics="momentum", friction=3 / t).laws
    written = sd.Law(law.form).latex()
    assert r"t^{3} \bigl( W_{1} \dot{W}_{1}^\top - \dot{W}_{1} W_{1}^\top" in written
    assert r"\mathrm{dot}" not in written


def test_a_law_of_formulas_has_dots_on_its_letters():
    u, v = sp.symbols("u v")
    found = sd.conservation_laws(sd.Parametrization((u, v), [u**2 + v**2]), dynamics="momentum", friction=3 / t)
    assert r"u \dot{v} - \dot{u} v" in found.latex()
    ((_, result),) = verify_text(found.json())
    assert result.verdict == "proved"


def test_a_document_with_dots_as_indices_is_read_as_before():
    u, v = sp.symbols("u v")
    found = sd.conservation_laws(sd.Parametrization((u, v), [u**2 + v**2]), dynamics="momentum", friction=3 / t)
    data = json.loads(found.json())
    for name in "uv":
        data["laws"][0]["latex"] = data["laws"][0]["latex"].replace(rf"\dot{{{name}}}", rf"{name}_{{\mathrm{{dot}}}}")
    assert "mathrm" in data["laws"][0]["latex"]
    ((_, result),) = verify_text(json.dumps(data))
    assert result.verdict == "proved"


def test_matrices_of_formulas_are_written_out_once(answer):
    lines = [row["text"] for row in json.loads(answer("formulas").json())["laws"]]
    assert lines == [
        "t^3 (U^T U_dot - U_dot^T U + V^T V_dot - V_dot^T V)",
        "with U = [u1_1 u1_2; u2_1 u2_2]",
        "with V = [v1_1 v1_2; v2_1 v2_2]",
    ]


CHANGES = {
    "another power of time": ("Nesterov", [("t^3", "t^2")], [("t^{3}", "t^{2}")]),
    "no factor": ("no friction", [("W1 W1_dot^T", "2 W1 W1_dot^T")], [(r"W_{1} \dot", r"2\, W_{1} \dot")]),
    "a wrong sign": (
        "Nesterov",
        [("+ W2^T W2_dot - W2_dot^T", "- W2^T W2_dot + W2_dot^T")],
        [(r"+ W_{2}^\top \dot{W}_{2} - \dot{W}_{2}^\top", r"- W_{2}^\top \dot{W}_{2} + \dot{W}_{2}^\top")],
    ),
    "symmetric instead": ("Nesterov", [("W1_dot^T - W1_dot", "W1_dot^T + W1_dot")],
                          [(r"\dot{W}_{1}^\top - \dot{W}", r"\dot{W}_{1}^\top + \dot{W}")]),
    "half of the exponent": ("decay", [("exp(2 lambda t)", "exp(lambda t)")], [(r"e^{2 \lambda t}", r"e^{\lambda t}")]),
    "text alone": ("decay", [("W1 W1^T - W2^T W2", "W1 W1^T + W2^T W2")], []),
    "LaTeX alone": ("Nesterov", [], [(r"\dot{W}_{1} W", r"W_{1} W")]),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_matrix_is_refuted(answer, change):
    name, in_text, in_latex = CHANGES[change]
    data = json.loads(answer(name).json())
    for key, pairs in (("text", in_text), ("latex", in_latex)):
        for old, new in pairs:
            assert old in data["laws"][0][key]
            data["laws"][0][key] = data["laws"][0][key].replace(old, new)
    ((_, result),) = verify_text(json.dumps(data))
    assert result.verdict == "refuted"
    assert "laws[0]" in result.reason


def test_entries_of_a_defined_matrix_are_those_of_the_law(answer):
    data = json.loads(answer("formulas").json())
    row = data["laws"][1]
    row["text"] = row["text"].replace("u1_2; u2_1", "u2_1; u1_2")
    row["latex"] = row["latex"].replace(r"u_{1,2}\\u_{2,1}", r"u_{2,1}\\u_{1,2}")
    ((_, result),) = verify_text(json.dumps(data))
    assert result.verdict == "refuted"
