"""Fields that are evaluated modulo primes, and the span of their brackets."""
