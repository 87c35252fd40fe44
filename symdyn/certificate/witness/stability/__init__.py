"""Records of signs, definite laws and Lyapunov functions."""
