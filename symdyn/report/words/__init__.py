"""What statements say: models, equilibria, hypotheses and proofs in words and formulas."""
