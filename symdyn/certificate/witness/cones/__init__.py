"""Records of polyhedral cones: regions of ReLU networks, least squares and separation on them, linear programs."""
