"""Arrival processes of tasks and the sizes of what arrives."""
