"""One module for each system: `rows(full)` gives lines (what, seconds, rival, seconds of the rival)."""
