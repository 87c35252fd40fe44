"""Re-check of statements about probability measures with finitely many atoms."""
