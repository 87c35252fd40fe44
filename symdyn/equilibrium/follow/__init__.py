"""Branches in a parameter, and what happens on them."""
