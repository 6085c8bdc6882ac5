"""One folder per published system, found by scanning."""
