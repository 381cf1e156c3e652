"""Answers: sentences weighed and chosen, or the reason why there is none."""
