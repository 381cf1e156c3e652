"""The second floor: how good the answers are."""
