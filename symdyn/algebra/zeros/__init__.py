"""Polynomial systems with numbers: Groebner bases, and their real and complex zeros, certified."""
