"""Counts of real solutions are counted again from the equations, and other counts are refused."""

from __future__ import annotations

import copy
import json

import flint
import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.recheck.equilibria import trace_form
from symdyn.certificate.refutation import UndecidedError
from symdyn.certificate.schema import SCHEMA
from symdyn.certificate.statement import hypotheses_of
from symdyn.certificate.statement.sentences import solution_count_claim
from symdyn.certificate.verify import verify_data
from symdyn.certificate.witness.equilibria.solution_count import SolutionCountWitness
from symdyn.equilibrium.asked.lowering import residual
from symdyn.equilibrium.solve.system import solved
from tests.certificate.witnesses import signed

x, y, z = sp.symbols("x y z")


def certificate(names, equations, real, every):
    """A certificate of counts, composed by hand."""
    terms = [[[int(c), list(powers)] for powers, c in sp.Poly(e, *names).terms()] for e in equations]
    witness = {"kind": "count of real solutions", "names": [str(s) for s in names], "equations": terms}
    return signed(
        {
            "schema": SCHEMA,
            "claim": solution_count_claim(real),
            "verdict": "proved",
            "method": "by hand",
            "assumptions": list(hypotheses_of(SolutionCountWitness(names=("x",), equations=(), real=0, complex=0))),
            "witness": {**witness, "real": real, "complex": every},
        }
    )


KNOWN = [
    ((x, y), [x**2 - 2, y**2 + 1], 0, 4),
    ((x, y), [x**3 - x, y**2 - x], 3, 5),
    ((x, y), [(x - 1) ** 2, y], 1, 1),
    ((x, y), [x**2 + y**2 - 4, x * y - 1], 4, 4),
    ((x, y), [x**2 * y - 1, x * y**2 - 1, x - y], 1, 3),
    ((x, y), [x * y - 1, x], 0, 0),
    ((x, y, z), [x**2 + y**2 + z**2 - 1, x * y, z * (x - y)], 6, 6),
    ((x,), [sp.expand(sp.prod(x - k for k in range(7)) * (x**2 + x + 1))], 7, 9),
]


@pytest.mark.parametrize(("names", "equations", "real", "every"), KNOWN)
def test_known_counts_are_found_again_and_others_refused(names, equations, real, every):
    found = verify_data(certificate(names, equations, real, every))
    assert found.verdict == "proved", found.reason
    for other in [(real + 1, every), (real, every + 1), (max(real - 1, 0), every + 2)]:
        found = verify_data(certificate(names, equations, *other))
        assert (found.verdict, found.place) == ("refuted", "witness.real")


@pytest.mark.parametrize("seed", range(6))
def test_counts_of_random_systems_agree_with_those_of_the_engine(seed):
    """Two routes: SymPy's basis and exact signs there, FLINT's basis and Descartes' rule here."""
    rng = np.random.default_rng(seed)
    monomials = [x**2, x * y, y**2, x, y, sp.Integer(1)]
    equations = [sp.Add(*(int(c) * m for c, m in zip(rng.integers(-4, 5, 6), monomials))) for _ in range(2)]
    count = solved(residual(sd.Flow(sd.VectorField((x, y), equations))))
    assert count.is_finite
    assert verify_data(certificate((x, y), equations, count.real, count.complex)).verdict == "proved"


def test_infinitely_many_solutions_are_refused():
    found = verify_data(certificate((x, y), [x * y], 0, 0))
    assert (found.verdict, found.place) == ("refuted", "witness.equations")


@pytest.mark.parametrize("change", ["equation", "coefficient", "claim", "power"])
def test_a_changed_answer_is_refused(change):
    flow = sd.Flow(sd.VectorField((x, y), [x - x**3 / 2, -y]))
    data = json.loads(sd.equilibria(flow).completeness.to_json())
    assert verify_data(data).verdict == "proved"
    data = copy.deepcopy(data)
    equations = data["witness"]["equations"]
    if change == "equation":
        equations.pop(0)
    elif change == "coefficient":
        equations[0][0][0] *= -1
    elif change == "claim":
        data["claim"] = solution_count_claim(2)
    else:
        equations[0][0][1] = [5, 0, 0]
    assert verify_data(signed(data)).verdict == "refuted"


def test_a_basis_that_grows_too_large_is_undecided():
    names = sp.symbols("a:6")
    equations = [sp.expand(s**5 - sp.Add(*(k * t for k, t in enumerate(names))) - 1) for s in names]
    assert verify_data(certificate(names, equations, 0, 0)).verdict == "undecided"


@pytest.mark.parametrize("seed", range(5))
def test_the_signature_in_balls_is_that_of_the_diagonal_form_that_was_moved(seed):
    """Sylvester: P D P^T has the signs of D for every invertible P."""
    rng = np.random.default_rng(seed)
    size = 12
    diagonal = [int(v) for v in rng.choice([-5, -1, 2, 7], size)]
    lower = np.tril(rng.integers(-3, 4, (size, size)), -1).astype(object) + np.eye(size, dtype=int).astype(object)
    form = lower @ np.diag(np.asarray(diagonal, dtype=object)) @ lower.T
    signature = sum(1 if v > 0 else -1 for v in diagonal)
    assert trace_form._signature(flint.fmpq_mat([[int(v) for v in row] for row in form])) == signature


def test_no_signature_is_claimed_of_a_singular_form_or_of_one_with_a_singular_leading_block():
    for rows in ([[1, 1], [1, 1]], [[0, 1], [1, 0]], [[0]]):
        assert trace_form._signature(flint.fmpq_mat(rows)) is None


@pytest.mark.parametrize(("names", "equations", "real", "every"), KNOWN)
def test_counts_of_larger_forms_are_those_of_the_characteristic_polynomial(names, equations, real, every, monkeypatch):
    """As if every form were too large for its characteristic polynomial; where solutions repeat it is undecided."""
    monkeypatch.setattr(trace_form, "_LARGEST_FORM", 0)
    monkeypatch.setattr(trace_form.TraceForm, "_simple_counts", _refused)
    found = verify_data(certificate(names, equations, real, every))
    assert found.verdict in ("proved", "undecided"), found.reason
    assert verify_data(certificate(names, equations, real + 1, every)).verdict in ("refuted", "undecided")


def _refused(form):
    raise UndecidedError("the signature was not found in balls")
