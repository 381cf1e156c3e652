"""Search: from a question to the chunks of the library that may answer it."""
