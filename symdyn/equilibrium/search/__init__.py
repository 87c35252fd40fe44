"""Equilibria met from many starts, merged and completed."""
