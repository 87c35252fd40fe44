"""Equilibria of polynomial and rational systems: all of them, by algebra."""
