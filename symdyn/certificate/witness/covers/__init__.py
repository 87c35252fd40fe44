"""Records of interval covers."""
