"""Re-check of equilibria in Arb balls, and of counts of real solutions."""
