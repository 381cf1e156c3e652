"""How a set grows: drafts that a person accepts, and the data sets of others."""
