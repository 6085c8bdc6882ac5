"""Distances, orbits, flights and visibility."""
