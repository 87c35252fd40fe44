"""What architectures are made of: sums of matrix products, formulas, and products written as words."""
