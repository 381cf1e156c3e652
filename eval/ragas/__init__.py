"""What RAGAS computes; the only package that imports it."""
