"""Polynomials and their quotients as sparse exact data; what else is made polynomial."""
