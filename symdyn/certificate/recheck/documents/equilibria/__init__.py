"""Equilibria in documents, compared with the records."""
