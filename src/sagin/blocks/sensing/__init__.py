"""Radar and detection."""
