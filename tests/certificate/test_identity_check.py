"""Identities are multiplied out again from their own steps, and nothing else may be claimed beside them."""

from __future__ import annotations

import copy
import json

import pytest
import sympy as sp

from symdyn.algebra.polynomials.identity import identity_certificate
from symdyn.certificate.recheck.identities.identity import check_identity
from symdyn.certificate.refutation import RefutedError, UndecidedError, need
from symdyn.certificate.witness.identity import IdentityWitness, claim_of, hypotheses_of

a, b, t = sp.symbols("a b t")
x = sp.Symbol("x")
MATRIX = sp.Matrix([[t - a, -b, 0], [-b, t - a, -b], [0, -b, t - a]])
TRUE = {
    "polynomials": [((a + b) ** 3, sp.expand((a + b) ** 3))],
    "fractions": [(1 / a + 1 / b, (a + b) / (a * b)), ((a**2 - b**2) / (a - b), a + b)],
    "numbers": [(sp.Integer(6), sp.Mul(sp.Integer(2), sp.Integer(3), evaluate=False))],
    "exponentials": [(sp.exp(x) * (1 + x) - sp.exp(x), x * sp.exp(x)), (sp.sqrt(a) * b, b * sp.sqrt(a) + 0 * x)],
    "determinant": [(sp.Determinant(MATRIX), (t - a) ** 3 - 2 * b**2 * (t - a))],
    "fractions in a determinant": [(sp.Determinant(sp.Matrix([[1 / a, b], [1, a]])), 1 - b)],
    "a determinant that vanishes": [(sp.Determinant(sp.Matrix([[a, b], [a, b]])), sp.S.Zero)],
}


def stored(name):
    """As it comes back from a file."""
    return json.loads(identity_certificate(TRUE[name]).to_json())


def checked(data):
    record = IdentityWitness.read(data["witness"], "witness")
    need(data["claim"] == claim_of(record, data["verdict"]), "claim", "is not what the witness says")
    need(tuple(data["assumptions"]) == hypotheses_of(record), "assumptions", "are not what the witness rests on")
    return check_identity(record, data["verdict"]).reason


@pytest.mark.parametrize("name", TRUE)
def test_a_true_identity_is_proved_again_and_prints_what_it_says(name):
    data = stored(name)
    assert "multiplied out again and hold" in checked(data)
    record = IdentityWitness.read(data["witness"], "witness")
    assert record.to_data() == data["witness"]
    assert data["claim"] == claim_of(record, "proved")
    assert tuple(data["assumptions"]) == hypotheses_of(record)


@pytest.mark.parametrize(
    "pair",
    [
        (a + b, a - b),
        ((a + b) ** 2, a**2 + b**2),
        (1 / a, 1 / b),
        (sp.Determinant(MATRIX), (t - a) ** 3),
        (sp.exp(x), 1 + x),
        (sp.S.One, sp.S.Zero),
        (1 / (a - a * sp.Rational(1) + 0 * b + b - b + sp.S.One), sp.Integer(2)),
    ],
)
def test_what_is_no_identity_gets_no_certificate(pair):
    assert identity_certificate([pair]) is None


@pytest.mark.parametrize(
    "value", [1.5, sp.Float(1), a + 0.5, "a", True, sp.oo, sp.nan, sp.Symbol("A", commutative=False)]
)
def test_what_is_not_exact_gets_no_certificate(value):
    assert identity_certificate([(value, value)]) is None


def test_names_are_told_apart_and_what_they_stand_for_is_said():
    """Two symbols with one printed name, and one named like the name of an exponential."""
    one, other = sp.Symbol("x", real=True), sp.Symbol("x", positive=True)
    certificate = identity_certificate([((one + other) * sp.exp(one), one * sp.exp(one) + other * sp.exp(one))])
    names = certificate.witness["names"]
    assert len(set(names)) == len(names) == 3
    assert any("stands for exp(x)" in line for line in certificate.assumptions)
    assert any("stands for the symbol x" in line for line in certificate.assumptions)
    assert identity_certificate([(one, other)]) is None
    e1 = sp.Symbol("e1")
    assert identity_certificate([(e1, sp.exp(x))]) is None


def test_a_denominator_is_a_hypothesis():
    assert identity_certificate([(a / a**2 * b, b / a)]).assumptions == ("no denominator vanishes",)
    assert identity_certificate([(a * (b + 1), a * b + a)]).assumptions == ()


def places(value, path=()):
    """Every number, text and list in nested data."""
    yield path, value
    for key, entry in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(entry, (*path, key))


def others(value):
    """Plausible values instead of one."""
    if isinstance(value, bool) or value is None:
        return []
    if isinstance(value, int):
        return [value + 1, value - 1, -value, 0, 10**30, float(value), str(value), None]
    if isinstance(value, str):
        return [value + "1", "0", "1", "2/3", "-1", "", "name", "sum", "product", "power", "determinant", None, 1]
    if isinstance(value, list):
        return [value[:-1], value[1:], value[::-1], [*value, *value[-1:]], [], None, "ab"]
    return [{}, None, []]


def changed(data, path, value):
    spoilt = copy.deepcopy(data)
    target = spoilt
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return spoilt


@pytest.mark.parametrize("name", TRUE)
def test_no_change_of_a_witness_proves_what_is_false(name):
    """Each part of the witness is changed in turn; what still passes must be true by SymPy, and say so in its claim."""
    data = stored(name)
    tried = passed = 0
    for path, value in places(data["witness"]):
        for other in others(value) if path else []:
            tried += 1
            spoilt = changed(data, ("witness", *path), other)
            if spoilt == data:
                continue
            try:
                record = IdentityWitness.read(spoilt["witness"], "witness")
            except RefutedError:
                continue
            spoilt["claim"] = claim_of(record, "proved")
            spoilt["assumptions"] = list(hypotheses_of(record))
            try:
                checked(spoilt)
            except (RefutedError, UndecidedError):
                continue
            passed += 1
            assert is_true(record), (path, other, spoilt["claim"])
    assert tried > 100
    assert passed < tried


def is_true(record):
    """The independent route: the steps in SymPy."""
    names = [sp.Dummy(name) for name in record.names]
    values = []
    for kind, number, parts in record.steps:
        given = [values[part] for part in parts]
        if kind == "number":
            values.append(sp.Rational(number.numerator, number.denominator))
        elif kind == "name":
            values.append(names[number])
        elif kind == "sum":
            values.append(sp.Add(*given))
        elif kind == "product":
            values.append(sp.Mul(*given))
        elif kind == "power":
            values.append(given[0] ** number)
        else:
            values.append(sp.Matrix(number, number, given).det(method="berkowitz"))
    return all(sp.cancel(values[left] - values[right]) == 0 for left, right in record.pairs)


@pytest.mark.parametrize(
    ("spoil", "place"),
    [
        (lambda d: d.update(claim="a + b = 7, identically"), "claim"),
        (lambda d: d.update(verdict="refuted"), "verdict"),
        (lambda d: d.update(assumptions=["a > 0"]), "assumptions"),
        (lambda d: d["witness"].update(more=1), "witness"),
        (lambda d: d["witness"].pop("stands"), "witness"),
        (lambda d: d["witness"].update(kind="equality"), "witness.kind"),
        (lambda d: d["witness"].update(names=["a", "a"]), "witness.names"),
        (lambda d: d["witness"].update(names=["a b", "b"]), "witness.names"),
        (lambda d: d["witness"].update(stands=[["c", "exp(a)"]]), "witness.stands[0]"),
        (lambda d: d["witness"].update(pairs=[]), "witness.pairs"),
        (lambda d: d["witness"].update(pairs=[[0, 99]]), "witness.pairs[0]"),
        (lambda d: d["witness"]["steps"].append(["number", "0.5"]), "witness.steps"),
        (lambda d: d["witness"]["steps"].append(["sum", 99]), "witness.steps"),
        (lambda d: d["witness"]["steps"].append(["root", 0]), "witness.steps"),
        (lambda d: d["witness"]["steps"].append(["power", 0, 10**9]), "witness.steps"),
        (lambda d: d["witness"]["steps"].append(["determinant", 2, 0, 0, 0]), "witness.steps"),
    ],
)
def test_a_witness_that_is_not_as_it_must_be_is_refused_with_its_place(spoil, place):
    data = stored("polynomials")
    spoil(data)
    with pytest.raises(RefutedError) as refused:
        checked(data)
    assert refused.value.place.startswith(place)


def test_a_division_by_zero_is_refused():
    data = stored("polynomials")
    steps = data["witness"]["steps"]
    steps += [["number", "0"], ["power", len(steps), -1]]
    with pytest.raises(RefutedError, match="divides by zero"):
        check_identity(IdentityWitness.read(data["witness"]), "proved")


@pytest.mark.parametrize(
    "grow",
    [
        lambda last: [["sum", 0, 1], ["power", last + 1, 5000], ["power", last + 2, 5000]],
        lambda last: [["product", last + k, last + k] for k in range(60)],
        lambda last: [["number", "9" * 1000], *(["product", last + 1 + k, last + 1 + k] for k in range(60))],
    ],
)
def test_a_witness_that_would_fill_the_memory_is_left_undecided(grow):
    """Powers of a sum, and squares of squares: of a name, and of a number."""
    data = stored("polynomials")
    steps = data["witness"]["steps"]
    steps += grow(len(steps) - 1)
    with pytest.raises(UndecidedError, match="too large to be multiplied out here"):
        checked(data)
