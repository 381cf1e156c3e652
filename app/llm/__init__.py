"""Answers by an LLM behind any OpenAI-compatible endpoint; each sentence is still verified."""
