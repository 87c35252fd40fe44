"""Inequalities in symbols: their signs, what follows from what, and how a person writes them."""
