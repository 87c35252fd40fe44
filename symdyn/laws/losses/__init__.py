"""What the losses of a model move along, and what that spans."""
