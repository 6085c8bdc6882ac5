"""Runs and their files, sweeps, figures, ledgers of claims, certified gaps."""
