"""Numbers between two fractions, proved: integrals, roots of functions, roots of polynomials."""

from symdyn.numerics.enclosed_number import Enclosure
from symdyn.numerics.integrals import certified_integral
from symdyn.numerics.polynomial_roots import PolynomialRoots, polynomial_roots
from symdyn.numerics.scalar_roots import ScalarRoots, scalar_roots

__all__ = [
    "Enclosure",
    "PolynomialRoots",
    "ScalarRoots",
    "certified_integral",
    "polynomial_roots",
    "scalar_roots",
]
