"""Verification: whether what a sentence says stands in the passages that it cites."""
