"""Covers of slices of states on spheres, checked again."""
