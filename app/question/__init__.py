"""Questions: what was asked, resolved against the conversation and taken apart."""
