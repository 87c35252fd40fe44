"""Monomial parametrizations: the count is that of the exponents' kernel, whatever their size."""

import itertools
import random

import flint
import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.linear.exact import nullspace
from symdyn.laws.sandwich import monomial

PROVED = sd.Verdict.PROVED


def exponents(phi):
    """Exponents of the coordinates, one row for each output."""
    rows = [sp.Poly(output, *phi.coords).monoms()[0] for output in phi.outputs]
    return flint.fmpz_mat(len(rows), len(phi.coords), [int(e) for row in rows for e in row])


def random_monomials(seed, *, constants=()):
    """Up to 40 monomials in up to 12 coordinates, each coordinate in one of them."""
    draw = random.Random(seed)
    coords = sp.symbols(f"x1:{draw.randint(2, 12) + 1}")
    outputs = [sp.Mul(*(x ** draw.choice([0, 0, 1, 2, 5]) for x in coords)) for _ in range(draw.randint(1, 40))]
    outputs = [
        draw.choice([-2, 1, 7]) * output * draw.choice([*constants, 1]) for output in [*outputs, sp.Mul(*coords)]
    ]
    return sd.Parametrization(coords, outputs, constants)


@pytest.mark.parametrize("seed", range(12))
def test_count_is_the_dimension_less_the_rank_of_the_exponents(seed):
    phi = random_monomials(seed)
    answer = sd.conservation_laws(phi)
    assert answer.lower == answer.upper == answer.exhibited == len(phi.coords) - exponents(phi).rank()
    assert answer.certificate.verify().verdict is PROVED


@pytest.mark.parametrize("seed", range(4))
def test_symbolic_constants_change_no_count(seed):
    plain, generic = random_monomials(seed), random_monomials(seed, constants=sp.symbols("a b"))
    assert exponents(plain).rank() == exponents(generic).rank()
    assert sd.conservation_laws(plain).count == sd.conservation_laws(generic).count
    assert sd.conservation_laws(generic).certificate.verify().verdict is PROVED


@pytest.mark.parametrize("seed", range(6))
def test_laws_are_sums_of_squares_weighted_by_the_kernel(seed):
    phi = random_monomials(seed)
    matrix = exponents(phi)
    for law in sd.conservation_laws(phi).laws:
        weights = [int(law.expression.coeff(x, 2)) for x in phi.coords]
        assert sp.expand(law.expression - sum(c * x**2 for c, x in zip(weights, phi.coords, strict=True))) == 0
        assert not any(
            (matrix * flint.fmpz_mat(len(weights), 1, weights)).tolist()[k][0] for k in range(matrix.nrows())
        )


@pytest.mark.parametrize("exponent", [2, 300, 999])
@pytest.mark.parametrize("idle", [0, 45])
def test_kernels_with_large_entries_are_found(monkeypatch, exponent, idle):
    """x_0 x_1^e, x_1 x_2^e, ...: the weights are powers of e, too large to be reconstructed modulo one prime.

    Beside them a product of other coordinates, so many that the kernel is computed modulo a prime.
    """
    calls = itertools.count(1)

    def counted(rows, **options):
        if next(calls) > 10:
            raise AssertionError("the kernel is computed over and over again")
        return nullspace(rows, **options)

    monkeypatch.setattr(monomial, "nullspace", counted)
    chain, others = sp.symbols("x:6"), sp.symbols(f"y:{idle + 1}")
    outputs = [a * b**exponent for a, b in itertools.pairwise(chain)]
    answer = sd.conservation_laws(sd.Parametrization((*chain, *others), [*outputs, sp.Mul(*others)]))
    assert (answer.count, answer.exhibited) == (1 + idle, 1 + idle)
    assert answer.certificate.verify().verdict is PROVED


def test_an_output_that_is_zero_moves_nothing():
    u, v = sp.symbols("u v")
    answer = sd.conservation_laws(sd.Parametrization((u, v), [sp.Add(u * v, -u * v, evaluate=False)]))
    assert (answer.count, answer.exhibited) == (2, 2)
    assert answer.certificate.verify().verdict is PROVED
