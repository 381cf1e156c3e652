"""What all loaders share: building a text, decoding, archives, metadata, parts."""
