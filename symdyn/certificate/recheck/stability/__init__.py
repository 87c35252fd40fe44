"""Re-checks of stability by conserved functions and by Lyapunov functions."""
