"""Retrieval measured on sets in the form of BEIR."""
