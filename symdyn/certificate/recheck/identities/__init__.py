"""Re-check of identities between formulas."""
