"""Foundations that know no radio and no paper."""
