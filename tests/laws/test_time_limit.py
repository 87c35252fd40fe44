"""A limit of time leaves bounds that are true; bounds told on the way are true too.

What is compared is never how long anything takes, only whether the exact number lies between the bounds.
"""

import itertools

import pytest
import sympy as sp

import symdyn as sd
from symdyn.errors import ModelError
from tests.geometry.random_fields import random_field
from tests.laws import models

PROVED = sd.Verdict.PROVED
x = sp.symbols("x:5")
LIMITS = [1e-12, 1e-4, 1e-3, 3e-3, 1e-2, 60.0]
limits = pytest.mark.parametrize("limit", LIMITS)


def linear_count(widths):
    """Number of laws of a linear network, derived from arXiv 2307.00144 and checked there on 688 width tuples.

    The balances of neighbouring layers, and in chains from a layer of width 1 to another all but one dimension.
    """

    def balances(chain):
        inner = zip(chain[1:-1], chain, chain[2:], strict=False)
        return sum(k * (2 * r + 1 - k) // 2 for r, before, after in inner for k in [min(r, before + after)])

    total = balances(widths)
    ones = [place for place, width in enumerate(widths) if width == 1]
    for a, b in itertools.pairwise(ones):
        chain = widths[a : b + 1]
        if b - a >= 3:
            total += sum(p * q for p, q in itertools.pairwise(chain)) - 1 - balances(chain)
    return total


WIDTHS = [
    (3, 2),
    (2, 2, 2),
    (3, 4, 2),
    (5, 3, 2),
    (2, 3, 4, 2),
    (1, 2, 2, 1),
    (2, 2, 5, 4, 2),
    (8, 8, 8),
    (1, 3, 1),
    (6, 7, 6, 5),
]
LINEAR = {f"linear {widths}": (sd.networks.linear(*widths), linear_count(widths)) for widths in WIDTHS}
RELU = {
    f"relu {widths}": (sd.networks.relu(*widths, bias=True), sum(widths[1:-1])) for widths in [(3, 2), (2, 3, 4, 2)]
}
TYPED = {
    **{f"typed {widths}": (models.linear_formulas(widths), linear_count(widths)) for widths in WIDTHS[1:6]},
    "typed relu": (models.relu_monomials((2, 4, 3), bias=True), 4),
    # blocks that share no parameter: the counts of a product, of a tied product and of an idle parameter
    "blocks": (sd.Parametrization(x, [x[0] * x[1], x[2] ** 2 + 2 * x[3] ** 2]), 3),
    "tied": (models.tied(2, 4), 4),
    "attention": (models.attention(head=2, dimension=3), 6),
    "one field": (sd.Distribution((random_field(x, 5),)), 4),
    "heisenberg": (models.heisenberg(), 0),
}
MODELS = {**LINEAR, **RELU, **TYPED}
every_model = pytest.mark.parametrize(("model", "number"), MODELS.values(), ids=MODELS)


@every_model
def test_without_a_limit_the_number_is_proved(model, number):
    answer = sd.conservation_laws(model)
    assert (answer.lower, answer.upper, answer.verdict) == (number, number, PROVED)


@every_model
@limits
def test_bounds_within_a_limit_contain_the_number(model, number, limit):
    answer = sd.conservation_laws(model, time_limit=limit)
    assert 0 <= answer.exhibited <= answer.lower <= number <= answer.upper <= answer.dimension
    assert (answer.verdict is PROVED) == (answer.lower == answer.upper)
    assert answer.count == (number if answer.verdict is PROVED else None)


@every_model
@limits
def test_laws_within_a_limit_are_laws(model, number, limit):
    laws = sd.conservation_laws(model, time_limit=limit).laws
    assert {sd.is_conserved(law, model).verdict for law in laws} <= {PROVED}


@every_model
@limits
def test_certificates_within_a_limit_are_re_checked(model, number, limit):
    certificate = sd.conservation_laws(model, time_limit=limit).certificate
    assert certificate.verify().verdict is PROVED


@every_model
@pytest.mark.parametrize("limit", [None, 1e-12, 3e-3])
@pytest.mark.parametrize("seed", range(2))
def test_bounds_told_on_the_way_contain_the_number(model, number, limit, seed):
    told = []
    answer = sd.conservation_laws(
        model, time_limit=limit, seed=seed, progress=lambda stage, lower, upper: told.append((stage, lower, upper))
    )
    assert all(
        isinstance(stage, str) and 0 <= lower <= number <= upper <= answer.dimension for stage, lower, upper in told
    )
    assert answer.lower <= number <= answer.upper


@pytest.mark.parametrize("name", ["linear (2, 2, 2)", "typed (2, 2, 2)", "blocks", "heisenberg"])
def test_progress_is_told_at_all(name):
    told = []
    sd.conservation_laws(MODELS[name][0], progress=lambda *what: told.append(what))
    assert told


@pytest.mark.parametrize("degree", [1, 2, 3, 6])
@pytest.mark.parametrize("name", ["blocks", "tied", "one field", "typed (2, 2, 2)"])
def test_bounds_contain_the_number_whatever_degree_is_searched(name, degree):
    model, number = MODELS[name]
    answer = sd.conservation_laws(model, degree=degree)
    assert answer.exhibited <= answer.lower <= number <= answer.upper


def test_an_open_interval_is_no_count():
    answer = sd.conservation_laws(sd.networks.linear(8, 8, 8), time_limit=1e-12)
    assert answer.lower < answer.upper
    assert answer.count is None
    assert answer.verdict in {sd.Verdict.UNDECIDED, sd.Verdict.PROBABLE}


@pytest.mark.parametrize("limit", [0, -1, "1", float("nan"), True, [1]], ids=repr)
def test_limits_that_are_no_time_are_refused(limit):
    with pytest.raises(ModelError, match="time_limit is .*: give a number of seconds above 0"):
        sd.conservation_laws(MODELS["blocks"][0], time_limit=limit)


@pytest.mark.parametrize("seed", [-1, 0.5, True, "0", None], ids=repr)
def test_seeds_that_are_none_are_refused(seed):
    with pytest.raises(ModelError, match="seed is .*: give a whole number from 0"):
        sd.conservation_laws(MODELS["blocks"][0], seed=seed)


MANY = sp.symbols("x:14")
SUM = sum(MANY)
#: Gradients of 130,000 terms in all.
DENSE = sd.Parametrization(MANY, [SUM**6 + sp.Mul(*MANY[:4]), sum(y**5 for y in MANY) * SUM**2, SUM**4 * MANY[7]])


@pytest.mark.parametrize("limit", [1e-3, 2.0, None])
def test_functions_with_a_rational_differential_are_decided_on_large_models_too(limit):
    moves = sd.is_conserved((MANY[0] + MANY[1]) ** 9 / (MANY[2] - MANY[3]) ** 7, DENSE, time_limit=limit)
    assert moves.verdict in ((sd.Verdict.REFUTED,) if limit is None else (sd.Verdict.REFUTED, sd.Verdict.UNDECIDED))
