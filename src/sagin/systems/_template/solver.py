"""The paper's algorithm, as an assembly that reads like its algorithm box."""

from __future__ import annotations

import numpy as np

from sagin.blocks.access.shannon import shannon_rate
from sagin.core import records, results
from sagin.systems._template.kernels import damped_shares
from sagin.systems._template.model import Decision, Drops
from sagin.systems._template.scenario import IterationOptions


def solve_damped(drops: Drops, options: IterationOptions) -> results.Solution:
    """Shares by damped fixed-point iteration, one drop after another."""
    upload_full_s = full_band_upload(drops)
    n, width = len(upload_full_s), options.max_iterations + 1
    share, trace = np.empty_like(upload_full_s), np.full((n, width), np.nan)
    steps = np.empty(n, dtype=np.int32)
    for row in range(n):
        steps[row] = damped_shares(upload_full_s[row], options.tolerance, share[row], trace[row])
    decision = records.build(Decision, share=share)
    return results.solution(decision, converged=steps < options.max_iterations, iterations=steps, trace=trace)


def full_band_upload(drops: Drops) -> np.ndarray:
    """(drop, user) [s] upload time on the whole band."""
    return drops.task_bits / shannon_rate(drops.bandwidth_hz, drops.snr)
