"""Exact linear algebra: ranks and kernels over Q and modulo primes, and the signs of a spectrum."""
