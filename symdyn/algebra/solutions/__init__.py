"""Polynomial systems with symbols: their solutions as formulas, case by case."""
