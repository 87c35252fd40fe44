"""Formulas in documents as trees: read, differentiated, compared."""
