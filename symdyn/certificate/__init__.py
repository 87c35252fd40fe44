"""How an answer is known: verdicts, certificates and their re-checker (plain data, no SymPy)."""
