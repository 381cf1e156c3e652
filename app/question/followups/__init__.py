"""Follow-ups by rules: what a question leaves out, found in the turns before it."""
