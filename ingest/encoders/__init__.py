"""Ways to run an embedding model: the reference, and a faster one for the models it knows."""
