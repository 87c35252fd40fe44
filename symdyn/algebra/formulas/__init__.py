"""Formulas as text and as symbols: reading them without executing them, and writing them in plain words."""
