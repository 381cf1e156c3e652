"""The first floor: from a question to a verified answer, and the faces on top of it."""
