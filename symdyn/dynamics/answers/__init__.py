"""Nouns of the answers: laws and their counts, equilibria, branches, cycles, formulas."""
