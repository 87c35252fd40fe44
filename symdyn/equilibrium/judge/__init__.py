"""What an equilibrium is: enclosures, linear test, degenerate and special cases."""
