"""Re-check of counts of laws, of closures and of single laws, by integers mod p and FLINT polynomials."""
