"""Physics: pure functions, one file per published model, no optimisation."""
