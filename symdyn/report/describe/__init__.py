"""Nouns as blocks, a module for each kind of noun."""
