"""Laws found: polynomial, rational, logarithmic."""
