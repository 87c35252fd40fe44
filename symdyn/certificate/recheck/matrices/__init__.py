"""Re-check of what is said of matrices with numbers."""
