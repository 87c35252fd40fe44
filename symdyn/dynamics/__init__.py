"""Flows and iterations, and the nouns of the answers about them."""
