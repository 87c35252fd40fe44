"""Formulas as straight-line programs: steps, their derivatives, series and fractions."""
