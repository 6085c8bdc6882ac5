"""Sweeps, stored results, statistics and figures over any system."""
