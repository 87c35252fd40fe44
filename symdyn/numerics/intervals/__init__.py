"""Interval arithmetic, and signs of formulas on boxes and regions."""
