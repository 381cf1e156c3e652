"""Sweeps: the same questions under every combination of some settings."""
