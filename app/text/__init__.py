"""Words and languages, as every other package reads them."""
