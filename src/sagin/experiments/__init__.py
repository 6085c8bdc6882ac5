"""What is computed: runs, sweeps, series, comparisons, gaps, claims, readings, episodes, proofs."""
