"""Runs: made, kept, compared and gated."""
