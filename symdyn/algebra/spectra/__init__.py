"""Eigenvalues of exact matrices, in order of real part or modulus, and certificates of them."""
