"""Questions proposed from a document's own sentences, lists and tables, without a model."""
