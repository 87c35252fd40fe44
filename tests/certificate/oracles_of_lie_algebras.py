"""Whether what a witness says of a Lie algebra is true: SymPy's matrices, derivatives and ranks."""

import itertools
from functools import reduce

import sympy as sp


def _pauli(x, z, qubits):
    letters = {(0, 0): sp.eye(2), (1, 0): sp.Matrix([[0, 1], [1, 0]]), (0, 1): sp.diag(1, -1),
               (1, 1): sp.Matrix([[0, -sp.I], [sp.I, 0]])}  # fmt: skip
    return reduce(sp.kronecker_product, [letters[x >> k & 1, z >> k & 1] for k in range(qubits)])


def _element(witness, entries, coords):
    size = witness["size"]
    if witness["of"] == "fields":
        found = sp.zeros(size, 1)
        for (a, powers), p, q in entries:
            found[a] += sp.Rational(p, q) * sp.prod([s**n for s, n in zip(coords, powers, strict=True)])
        return found
    if witness["of"] == "matrices":
        found = sp.zeros(size)
        for (a, b, part), p, q in entries:
            found[a, b] += sp.Rational(p, q) * (sp.I if part else 1)
        return found
    found = sp.zeros(2**size)
    for (x, z), p, q in entries:
        found += sp.I * sp.Rational(p, q) * _pauli(x, z, size)
    return found


def _bracket(witness, v, w, coords):
    if witness["of"] == "fields":
        return (w.jacobian(coords) * v - v.jacobian(coords) * w).applyfunc(sp.expand)
    return (v * w - w * v).applyfunc(sp.expand)


def _vector(element, coords):
    """Real coordinates by their keys."""
    found = {}
    for place, entry in enumerate(element):
        entry = sp.expand(entry)
        if coords:
            found |= {(place, powers): c for powers, c in sp.Poly(entry, *coords).terms() if c}
        else:
            real, imaginary = entry.as_real_imag()
            found |= {(place, part): c for part, c in ((0, real), (1, imaginary)) if c}
    return found


def _rank(elements, coords):
    vectors = [_vector(element, coords) for element in elements]
    keys = sorted({key for vector in vectors for key in vector})
    return sp.Matrix(len(vectors), len(keys), lambda i, j: vectors[i].get(keys[j], 0)).rank() if keys and vectors else 0


def generated(witness, verdict):
    """Whether the dimension is that of all brackets, or at most it, and the rank at the point that of the fields."""
    if witness["size"] > (6 if witness["of"] == "pauli words" else 12):
        return False
    coords = sp.symbols(f"c:{witness['size']}") if witness["of"] == "fields" else ()
    generators = [_element(witness, entries, coords) for entries in witness["generators"]]
    number = len(witness["words"])
    basis = []
    for element in generators:
        if _rank([*basis, element], coords) > len(basis):
            basis.append(element)
    layer = list(basis)
    while layer and len(basis) <= number + 1:
        fresh = []
        for generator, element in itertools.product(generators, layer):
            found = _bracket(witness, generator, element, coords)
            if len(basis) <= number + 1 and _rank([*basis, found], coords) > len(basis):
                basis.append(found)
                fresh.append(found)
        layer = fresh
    if (len(basis) != number) if witness["known"] else (len(basis) < number):
        return False
    if witness["point"] is None:
        return True
    values = dict(zip(coords, (sp.Rational(p, q) for p, q in witness["point"]), strict=True))
    rank = sp.Matrix([list(element.subs(values)) for element in basis]).rank() if basis else 0
    return rank == witness["rank"] if witness["known"] else rank == witness["rank"] == witness["size"]
