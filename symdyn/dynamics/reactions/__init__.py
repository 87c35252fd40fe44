"""Reaction networks: species, reactions with their rates, and what follows from the stoichiometry alone."""
