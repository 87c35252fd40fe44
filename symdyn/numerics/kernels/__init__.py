"""Gram matrices of kernels, Kaczmarz' iteration by a triangular solve, and cyclic projections."""
