"""What is asked of a model: its formulas lowered, its domain, points, options, symmetries that a user gave."""
