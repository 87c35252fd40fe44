"""Functions as variables with rules of derivation, and with the relations between them."""
