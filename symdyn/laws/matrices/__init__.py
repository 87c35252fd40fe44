"""Laws as matrices: found by the structure of a program, or recognised among quadratic forms."""
