"""Evaluation sets: cases with their gold, where it stands, and how sets are checked and grown."""
