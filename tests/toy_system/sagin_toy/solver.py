"""Schemes, bounds and an exact reference."""

import time
from typing import Any

import numpy as np

from sagin.core import random, records, results
from sagin.core.contracts import Exact
from sagin.core.errors import InputError
from sagin_toy import model


def best_shares(drops: Any) -> tuple[np.ndarray, np.ndarray]:
    """(drop, user) shares proportional to the root of the work, and matched steering."""
    norm = np.linalg.norm(drops.channel, axis=2, keepdims=True)
    root = np.sqrt(drops.weight * drops.task_bits / norm[:, :, 0] ** 2)
    return root / root.sum(axis=1, keepdims=True), drops.channel / norm


def decide(drops: Any, share: np.ndarray) -> Any:
    admitted = np.ones(share.shape, dtype=bool)
    return records.build(model.Decision, share=share, steering=best_shares(drops)[1], admitted=admitted)


def solve_iterate(drops: Any, options: Any) -> results.Solution:
    best = best_shares(drops)[0]
    share = np.full(best.shape, 1 / best.shape[1])
    trace = []
    for _ in range(options.rounds + 1):
        decision = decide(drops, share)
        trace.append(model.evaluate(drops, decision).objective)
        last, share = share, share + options.step * (best - share)
    return results.solution(decide(drops, last), iterations=options.rounds, trace=np.array(trace).T)


def solve_equal(drops: Any, options: Any) -> results.Solution:
    users = drops.task_bits.shape[1]
    return results.solution(decide(drops, np.full(drops.task_bits.shape, 1 / users)))


def solve_slow(drops: Any, options: Any) -> results.Solution:
    share = np.empty(drops.task_bits.shape)
    for row, seed in enumerate(drops.seeds):
        time.sleep(options.pause_s)
        draws = random.scheme_stream(options.algorithm_seed, int(seed), "slow").uniform(0.1, 1, share.shape[1])
        share[row] = draws / draws.sum()
    return results.solution(decide(drops, share), converged=False)


def solve_closed(drops: Any, options: Any) -> results.Solution:
    return results.solution(decide(drops, best_shares(drops)[0]))


def solve_boosted(drops: Any, options: Any) -> results.Solution:
    share, steering = best_shares(drops)
    return results.solution(records.build(model.BoostedDecision, share=1.5 * share, steering=steering))


def bound(drops: Any) -> np.ndarray:
    return 0.99 * solve_objective(drops)


def solve_objective(drops: Any) -> np.ndarray:
    return model.evaluate(drops, decide(drops, best_shares(drops)[0])).objective


def exact(drops: Any) -> Exact:
    if drops.task_bits.shape[1] > 4:
        raise InputError("n_users", drops.task_bits.shape[1], "<= 4", "the exact reference is for small networks")
    objective = solve_objective(drops)
    return Exact(objective, 0.999 * objective, decide(drops, best_shares(drops)[0]))
