"""The commands of `footnote eval`, by what they are about."""
