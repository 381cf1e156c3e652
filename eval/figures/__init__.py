"""The figures: one question scored, and many questions summed up with intervals."""
