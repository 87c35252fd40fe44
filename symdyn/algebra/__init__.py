"""Exact arithmetic; reading and differentiating formulas."""
