"""The ground floor: from documents to the library."""
