"""Formulas lowered into the arithmetic of arrays, balls and Taylor series."""
