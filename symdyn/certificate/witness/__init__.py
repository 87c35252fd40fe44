"""Witness records: one frozen record for each kind of certificate, read strictly from plain data."""
