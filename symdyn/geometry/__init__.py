"""Vector fields, brackets and the distributions that they span."""
