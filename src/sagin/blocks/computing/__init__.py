"""Processors and queues: time and energy of computation."""
