"""Witnesses about probability measures with finitely many atoms."""
