"""Certificates of equilibria and of formulas with a field changed and signed anew: what still passes is true.

Claim and hypotheses are made again from the changed record, as a forger would, so that only the mathematics is left to
refuse it. What passes is judged by another route: floats on the changed formulas, and for one unknown SymPy's count of
real roots.
"""

from __future__ import annotations

import json
import math
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.refutation import RefutedError
from symdyn.certificate.verify import verify_data
from symdyn.certificate.witness.equilibria import equilibrium, residual
from symdyn.equilibrium.rotating import rotating_states
from tests.certificate.witnesses import at, changes, places, replaced, signed

x, y, a, b = sp.symbols("x y a b")
R = sp.Rational
NAMES = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sqrt", "erf", "asin", "acos", "atan")
FUNCTIONS = {**{name: getattr(math, name) for name in NAMES}, "abs": abs}


def flow(*components, constraint=None):
    return sd.Flow(sd.VectorField((x, y)[: len(components)], list(components)), constraint)


def circle():
    return sd.Constraint((x, y), [x**2 + y**2 - 1], factors=((0, 1),))


EQUILIBRIA = {
    "cubic": lambda: sd.certify(flow(x - x**3 / 4), {x: 2}),
    "fraction": lambda: sd.certify(flow((3 * x - 1) * (x + 2)), {x: R(1, 3)}),
    "functions": lambda: sd.certify(flow(sp.exp(-x) - x / 2 + sp.sin(y), y * (2 + x)), {x: 0.85, y: 0}),
    "saddle": lambda: sd.certify(flow(x - x**3, y * (x + 2)), {x: -1, y: 0}),
    "circle": lambda: sd.certify(flow(-y * (y - x), x * (y - x), constraint=circle()), {x: 0.7071, y: 0.7071}),
    "map": lambda: sd.certify(sd.Iteration((x,), [R(5, 2) * x * (1 - x)]), {x: R(3, 5)}),
    "rotating": lambda: rotating_states(
        flow(x - 2 * y - x * (x**2 + y**2), 2 * x + y - y * (x**2 + y**2)), starts=20
    )[0].certificate,
}


def formula(model, *values):
    return sd.verify_equilibrium(model, list(values)).certificate


FORMULAS = {
    "pitchfork": lambda: formula(flow(a * x - x**3), sp.sqrt(a)),
    "numbers": lambda: formula(flow(x - sp.sqrt(3) / 2, y - x**2), sp.sqrt(3) / 2, R(3, 4)),
    "logistic": lambda: formula(sd.Iteration((x,), [a * x * (1 - x)]), 1 - 1 / a),
    "logarithm": lambda: formula(flow(sp.exp(2 * x) - a**2 * b, y), sp.log(a) + sp.log(b) / 2, 0),
    "angles": lambda: formula(flow(sp.sin(x) - R(1, 2), sp.cos(y)), sp.pi / 6, sp.pi / 2),
    "circle": lambda: formula(
        flow(-y * (y - x), x * (y - x), constraint=circle()), 1 / sp.sqrt(2), 1 / sp.sqrt(2)
    ),
    "none": lambda: formula(flow(a * x - 1, y), 0, 0),
}
EVERY = {**{f"equilibrium: {k}": v for k, v in EQUILIBRIA.items()}, **{f"formula: {k}": v for k, v in FORMULAS.items()}}
every_certificate = pytest.mark.parametrize("name", EVERY)


@cache
def _text(name):
    return json.dumps(EVERY[name]().to_data())


def certificate(name):
    return json.loads(_text(name))


def others(value):
    """Other values to put in the place of one."""
    if value is None:
        return [0, 1, [], [0], [[1, 1]]]
    if isinstance(value, str):
        names = ["add", "multiply", "divide", "power", "sqrt", "exp", "sin", "flow", "iteration", "z", "a", "x", ""]
        return [new for new in names if new != value]
    if type(value) is int:
        return [*changes(value), None, value + 7, 3 - value]
    return [*changes(value), *([value * 2, value[::-1]] if isinstance(value, list) and value else []), None]


def resealed(data):
    """With the claim and the hypotheses that the changed record makes; as it is where it makes none."""
    module = equilibrium if data["witness"].get("kind") == "equilibrium" else residual
    record = equilibrium.EquilibriumWitness if module is equilibrium else residual.ResidualWitness
    try:
        found = record.read(data["witness"], "witness")
        claim, lines = module.claim_of(found, data["verdict"]), list(module.hypotheses_of(found))
    except (RefutedError, TypeError, KeyError, ValueError, IndexError, AttributeError, OverflowError):
        return signed(data)
    return signed({**data, "claim": claim, "assumptions": lines})


def evaluated(program, inputs):
    """Outputs of stored steps in floats; None where one has no real value."""
    values = []
    for name, *operands in program["steps"]:
        try:
            values.append(_step(name, operands, values, inputs))
        except (ValueError, ZeroDivisionError, OverflowError):
            return None
        if isinstance(values[-1], complex):
            return None
    return [values[k] for k in program["outputs"]]


def _step(name, operands, values, inputs):
    if name == "input":
        return inputs[operands[0]]
    if name == "rational":
        return operands[0] / operands[1]
    if name == "pi":
        return math.pi
    if name == "add":
        return sum(values[k] for k in operands)
    if name == "multiply":
        return math.prod(values[k] for k in operands)
    if name == "divide":
        return values[operands[0]] / values[operands[1]]
    if name == "power":
        return values[operands[0]] ** operands[1]
    if name == "root":
        return values[operands[0]] ** (operands[1] / operands[2])
    return FUNCTIONS[name](values[operands[0]])


def polynomial(program):
    """The one output as a SymPy polynomial in one unknown; None if it is none."""
    t = sp.Symbol("t")
    values = []
    for name, *operands in program["steps"]:
        if name == "input":
            values.append(t)
        elif name == "rational":
            values.append(R(*operands))
        elif name in ("add", "multiply"):
            values.append((sp.Add if name == "add" else sp.Mul)(*(values[k] for k in operands)))
        elif name == "power":
            values.append(values[operands[0]] ** operands[1])
        elif name == "divide" and values[operands[1]].is_number:
            values.append(values[operands[0]] / values[operands[1]])
        else:
            return None
    return sp.Poly(values[program["outputs"][0]], t)


def is_true_equilibrium(data):
    """Zero residual at the start, the right signs, and for one unknown exactly one root within the radius."""
    witness = data["witness"]
    start = [float(m * Fraction(2) ** e) for m, e in witness["start"]]
    radius = witness["radius"][0] * Fraction(2) ** witness["radius"][1]
    n, m = len(start), witness["equations"]
    values = evaluated(witness["program"], start)
    step = 1e-6
    moves = [(step * np.eye(n)[k], -step * np.eye(n)[k]) for k in range(n)]
    sides = [[evaluated(witness["program"], list(np.add(start, move))) for move in pair] for pair in moves]
    slope = np.asarray([(np.asarray(up) - np.asarray(down)) / (2 * step) for up, down in sides]).T
    # the start lies within the radius of the zero, and the residual there is at most that of so far a step
    if max(map(abs, values)) > 2 * float(radius) * (1 + np.abs(slope).sum(axis=1).max()) + 1e-6:
        return False
    if witness["signs"] is not None and not _has_signs(slope, n, m, witness["signs"]):
        return False
    if n > 1 or m:
        return True
    poly = polynomial(witness["program"])
    if poly is None:
        return True
    center = R(witness["start"][0][0]) * sp.Integer(2) ** witness["start"][0][1]
    wide = R(radius.numerator, radius.denominator)
    roots = [root for root in sp.Poly(poly).real_roots(multiple=False) if abs(root[0].evalf(30) - center) <= wide]
    return len(roots) == 1


def _has_signs(slope, n, m, signs):
    basis = np.linalg.svd(slope[n:])[2][m:].T if m else np.eye(n)
    real = np.linalg.eigvals(basis.T @ slope[:n] @ basis).real
    return [int((real > 1e-9).sum()), 0, int((real < -1e-9).sum())] == list(signs)


def is_true_formula(data):
    """The field at the candidate is zero at random parameters, or not zero at the stored ones."""
    witness = data["witness"]
    size = len(witness["parameters"])
    rng = np.random.default_rng(0)
    seen = 0
    for k in range(60):
        stored = [p / q for p, q in witness["at"]] if k == 0 else list(rng.uniform(-3, 5, size))
        point = evaluated(witness["candidate"], stored)
        values = None if point is None else evaluated(witness["field"], [*point, *stored])
        if values is None:
            continue
        seen += 1
        zero = max(map(abs, values)) < 1e-6 * (1 + max(map(abs, [*point, *stored])) ** 4)
        if data["verdict"] == "refuted":
            return not zero
        if not zero:
            return False
    return seen > 0


def is_true(data):
    return (is_true_equilibrium if data["witness"]["kind"] == "equilibrium" else is_true_formula)(data)


@every_certificate
def test_the_original_passes_and_is_true(name):
    data = certificate(name)
    assert verify_data(data).verdict == "proved"
    assert is_true(data)
    assert resealed(data)["sha256"] == data["sha256"]


@every_certificate
def test_another_sentence_is_refuted(name):
    """The witness as it is, beside a claim or hypotheses that it does not make."""
    data = certificate(name)
    claims = [
        "there is no equilibrium at all",
        "there are exactly 17 equilibria",
        data["claim"].replace("1", "7"),
        data["claim"] + " and it is stable",
        data["claim"].partition(",")[0],
        "",
    ]
    for claim in claims:
        if claim != data["claim"]:
            assert verify_data(signed({**data, "claim": claim})).verdict == "refuted"
    for lines in ([], ["for every field"], [*data["assumptions"], "another"], data["assumptions"][1:]):
        if lines != data["assumptions"]:
            assert verify_data(signed({**data, "assumptions": lines})).verdict == "refuted"


def every_change(data):
    """Verdict and witness with one value replaced, evenly thinned to some 200 changes."""
    found = [(("verdict",), new) for new in ("proved", "refuted", "undecided", "observed") if new != data["verdict"]]
    for path, value in places(data["witness"], ("witness",)):
        found += [(path, new) for new in others(value)]
    return found[:: max(1, len(found) // 200)]


@every_certificate
@pytest.mark.parametrize("again", [False, True], ids=["claim kept", "claim made again"])
def test_every_field_changed_in_turn_proves_nothing_false(name, again):
    data = certificate(name)
    tried = every_change(data)
    for path, new in tried:
        changed = replaced(data, path, new)
        changed = resealed(changed) if again else signed(changed)
        if verify_data(changed).verdict == "proved":
            assert is_true(changed), f"{'.'.join(map(str, path))}: {at(data, path)} -> {new}"
    assert len(tried) >= 170


@every_certificate
def test_a_field_left_out_is_refuted(name):
    data = certificate(name)
    for key in data["witness"]:
        if key in ("dynamics", "point", "frame") and data["witness"]["kind"] == "equilibrium":
            continue  # documents of the first format leave them out, and say less
        rest = {name: value for name, value in data["witness"].items() if name != key}
        assert verify_data(signed({**data, "witness": rest})).verdict in ("refuted", "undecided")


@every_certificate
def test_two_fields_changed_at_once_prove_nothing_false(name):
    data = certificate(name)
    spots = [path for path, _ in places(data["witness"], ("witness",)) if len(path) > 1]
    rng = np.random.default_rng(7)
    for _ in range(60):
        changed = data
        for k in rng.choice(len(spots), 2, replace=False):
            path = spots[k]
            try:
                options = others(at(changed, path))
            except (KeyError, IndexError, TypeError):
                continue
            changed = replaced(changed, path, options[rng.integers(len(options))])
        changed = resealed(changed)
        if verify_data(changed).verdict == "proved":
            assert is_true(changed)


# --- composed by hand
def forged(name, **fields):
    data = certificate(name)
    data["witness"].update(fields)
    return verify_data(resealed(data))


def test_a_field_without_a_zero_on_the_constraint_has_no_equilibrium():
    """(2, x y - 1) on the circle: the tangent part vanishes somewhere, the field nowhere."""
    steps = certificate("equilibrium: circle")["witness"]["program"]
    data = certificate("equilibrium: circle")
    from symdyn.algebra.programs.straight_line import straight_line
    from symdyn.equilibrium.certify import program_data

    other = program_data(straight_line([y - x + 3 * x, y - x + 3 * y, x**2 + y**2 - 1], (x, y)))
    assert other != steps
    data["witness"].update(program=other, signs=None)
    result = verify_data(resealed(data))
    assert result.verdict == "refuted"
    assert "has no zero at the equilibrium" in result.reason


def test_a_polynomial_field_that_is_not_tangent_is_refused():
    """At (1, 0) the field (y, y) vanishes, and leaves the circle beside it."""
    from symdyn.algebra.programs.straight_line import straight_line
    from symdyn.equilibrium.certify import program_data

    data = certificate("equilibrium: circle")
    program = program_data(straight_line([y, y + x * y, x**2 + y**2 - 1], (x, y)))
    balls = ["[1 +/- 1e-9]", "[0 +/- 1e-9]"]
    data["witness"].update(program=program, signs=None, start=[[1, 0], [0, 0]], enclosure=balls)
    result = verify_data(resealed(data))
    assert (result.verdict, result.place) == ("refuted", "witness.program")
    assert "not tangent" in result.reason


@pytest.mark.parametrize(
    ("name", "fields", "place"),
    [
        ("equilibrium: cubic", {"start": [[5, 0]]}, "witness.start"),
        ("equilibrium: cubic", {"radius": [3, 0]}, "witness.radius"),
        ("equilibrium: cubic", {"radius": [0, 0]}, "witness.radius"),
        ("equilibrium: cubic", {"signs": [1, 0, 0]}, "witness.signs"),
        ("equilibrium: cubic", {"signs": [0, 1, 0]}, "witness.signs"),
        ("equilibrium: cubic", {"names": ["x", "x"]}, "witness.names"),
        ("equilibrium: cubic", {"names": []}, "witness.names"),
        ("equilibrium: cubic", {"enclosure": ["[3 +/- 0.1]"]}, "witness.enclosure[0]"),
        ("equilibrium: cubic", {"enclosure": ["nan"]}, "witness.enclosure"),
        ("equilibrium: cubic", {"enclosure": [""]}, "witness.enclosure"),
        ("equilibrium: cubic", {"enclosure": ["[+/- inf]"]}, "witness.enclosure"),
        ("equilibrium: cubic", {"point": [[5, 2]]}, "witness.point"),
        ("equilibrium: cubic", {"point": [[2, 0]]}, "witness.point"),
        ("equilibrium: cubic", {"bits": 10**9}, "witness.bits"),
        ("equilibrium: map", {"signs": [1, 0, 0]}, "witness.signs"),
        ("equilibrium: cubic", {"equations": 1}, "witness.equations"),
        ("equilibrium: cubic", {"more": 1}, "witness.more"),
        ("formula: pitchfork", {"at": [[-2, 1]]}, "witness.at"),
        ("formula: pitchfork", {"at": None}, "witness.at"),
        ("formula: pitchfork", {"component": 0}, "witness.component"),
        ("formula: none", {"component": 1}, "witness.component"),
        ("formula: none", {"component": None}, "witness.component"),
        ("formula: pitchfork", {"parameters": ["x"]}, "witness.parameters"),
    ],
)
def test_a_change_is_refuted_at_its_place(name, fields, place):
    result = forged(name, **fields)
    assert result.verdict == "refuted"
    assert result.place in (place, "claim")


def test_an_old_formula_without_its_steps_is_undecided():
    data = certificate("formula: pitchfork")
    data["witness"] = {"kind": "symbolic residual", "residual": ["0"]}
    assert verify_data(signed({**data, "assumptions": []})).verdict in ("undecided", "refuted")


def test_an_equilibrium_of_the_first_format_is_read():
    data = certificate("equilibrium: cubic")
    for key in ("dynamics", "point", "frame"):
        data["witness"].pop(key, None)
    data["claim"] = "near x = 2 there is exactly one equilibrium"
    assert verify_data(signed({**data, "assumptions": []})).verdict == "proved"
    assert verify_data(signed({**data, "claim": data["claim"].replace("2", "3")})).verdict == "refuted"
