"""The exact optimum of the paper's problem.

Why it is better than the paper's algorithm: for a fixed ratio the problem is jointly convex in bits and pilot duration
and solved exactly (one price for the bits, a slope's sign for the duration), so only the ratio, one number, has to be
searched. Nothing is approximated, and the pilot duration is not tied to a grid.
"""

from __future__ import annotations

import numpy as np

from sagin.core import results
from sagin.core.contracts import NoOptions
from sagin.methods.bracketed_root import SIZE
from sagin.systems.isac_sagin import kernels
from sagin.systems.isac_sagin.model import Drops
from sagin.systems.isac_sagin.solver import Answers

SCANNED_RATIOS = 33


def solve_improved(drops: Drops, options: NoOptions) -> results.Solution:
    """Ratio by scan and bracketed slope, pilot duration and bits exactly."""
    answers = Answers(drops)
    state = np.empty((2, SIZE))
    for i, problem in enumerate(kernels.problems(drops)):
        bits = np.empty(problem.snr.size)
        least = float(problem.least.max())
        if least >= problem.frame:
            continue
        ratio, pilot = kernels.best_ratio(problem, least, SCANNED_RATIOS, bits, state)
        if not np.isnan(ratio):
            answers.put(i, pilot, ratio, bits)
    return results.solution(answers.decision())
