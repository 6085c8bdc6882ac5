"""Better than `alternate`: what the bound's mixture suggests, and its refinement by descent, pruning and moves."""

from __future__ import annotations

import numpy as np

from sagin.core import results
from sagin.core.contracts import NoOptions
from sagin.systems.network.kernels_improve import improve_batch, recover_batch
from sagin.systems.network.kernels_split import alternate_batch
from sagin.systems.network.model import Drops
from sagin.systems.network.options import AlternateOptions, ImproveOptions
from sagin.systems.network.solver import check_usable, new_outcome, pair_resources, prepare, starts, to_decision


def solve_recover(drops: Drops, options: NoOptions) -> results.Solution:
    """The split of the mixture that matches the bound's prices, with the best rates."""
    problem = prepare(drops)
    check_usable(problem)
    outcome = new_outcome(problem, 1)
    recover_batch(problem, pair_resources(problem), outcome)
    return results.solution(to_decision(drops, outcome), trace=outcome.trace)


def solve_improved(drops: Drops, options: ImproveOptions) -> results.Solution:
    """The best of `recover`, `alternate` and three more starts, refined; the trace: alternate, best start, result."""
    problem = prepare(drops)
    check_usable(problem)
    rounds = AlternateOptions().rounds
    paper, outcome = new_outcome(problem, rounds + 1), new_outcome(problem, 3)
    alternate_batch(problem, starts(problem, drops.beta), rounds, paper)
    outcome.split[:], outcome.share[:] = paper.split, paper.share
    outcome.trace[:, 0] = np.nanmin(paper.trace, axis=1)
    improve_batch(problem, pair_resources(problem), options.rounds, options.moves, outcome)
    return results.solution(to_decision(drops, outcome), iterations=2, trace=outcome.trace)
