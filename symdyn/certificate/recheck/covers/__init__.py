"""Re-check of interval covers by outward rounding, and of the identities that they rest on."""
