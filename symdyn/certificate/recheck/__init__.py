"""The re-checker: every kind of certificate decided again, by code that shares nothing with the engines."""
