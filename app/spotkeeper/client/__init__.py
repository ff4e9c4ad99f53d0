"""A client of a station's API, for terminals and pipes."""
