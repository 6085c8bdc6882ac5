"""The population search beside general libraries: time and distance from the certified bound, on the same drops.

    .venv/bin/python benchmarks/population_search.py [--drops N]

Each library gets the same model, population and number of generations; it minimises one drop at a time, its whole
population in one call of `evaluate`. Ratios are of times in this run.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.optimize

from sagin.core import records
from sagin.methods.population_search import SearchOptions, search
from sagin.systems._template import SYSTEM

SPACE = SYSTEM.spaces[0]
OPTIONS = SearchOptions()


def shares_of(points: np.ndarray) -> Any:
    """Decisions of points (n, user)."""
    return SPACE.decision(share=points / points.sum(axis=1, keepdims=True))


def objective_of(drops: Any, row: int) -> Callable[[np.ndarray], np.ndarray]:
    """The objective of one drop at points (n, user)."""

    def objective(points: np.ndarray) -> np.ndarray:
        copies = records.take(drops, np.full(len(points), row))
        return SPACE.evaluate(copies, shares_of(points)).objective

    return objective


def scipy_best(objective: Callable[[np.ndarray], np.ndarray], n: int) -> float:
    """By `scipy.optimize.differential_evolution`."""
    found = scipy.optimize.differential_evolution(
        lambda points: objective(points.T),
        [(1e-9, 1.0)] * n,
        popsize=max(1, OPTIONS.population // n),
        maxiter=OPTIONS.generations,
        vectorized=True,
        updating="deferred",
        polish=False,
        tol=1e-6,  # its default stops at a gap of a percent
        rng=0,
    )
    return float(found.fun)


def pymoo_best(objective: Callable[[np.ndarray], np.ndarray], n: int) -> float:
    """By pymoo's differential evolution."""
    from pymoo.algorithms.soo.nonconvex.de import DE
    from pymoo.core.problem import Problem
    from pymoo.optimize import minimize

    class Shares(Problem):
        def __init__(self) -> None:
            super().__init__(n_var=n, n_obj=1, xl=1e-9, xu=1.0)

        def _evaluate(self, points: np.ndarray, out: dict[str, Any], *_: Any, **__: Any) -> None:
            out["F"] = objective(points)

    found = minimize(Shares(), DE(pop_size=OPTIONS.population), ("n_gen", OPTIONS.generations), seed=1, verbose=False)
    return float(found.F[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--drops", type=int, default=20)
    n_drops = parser.parse_args().drops
    for n_users in (4, 12):
        drops = SYSTEM.sample(SYSTEM.scenario(n_users=n_users), range(n_drops))
        bound = SYSTEM.bound(drops)
        begin = time.perf_counter()
        found = SYSTEM.evaluate(drops, search(drops, SPACE, "min", OPTIONS).decision).objective
        ours = time.perf_counter() - begin
        print(f"{n_users} users, {n_drops} drops")
        print(f"  {'ours':6}{1000 * ours / n_drops:9.1f} ms a drop, largest gap {SYSTEM.gap(found, bound).max():.1e}")
        for name, best in (("scipy", scipy_best), ("pymoo", pymoo_best)):
            begin = time.perf_counter()
            try:
                values = np.array([best(objective_of(drops, row), n_users) for row in range(n_drops)])
            except ImportError:
                print(f"  {name:6}  is not installed: no comparison")
                continue
            took = time.perf_counter() - begin
            gap = SYSTEM.gap(values, bound).max()
            print(f"  {name:6}{1000 * took / n_drops:9.1f} ms a drop, largest gap {gap:.1e}: {took / ours:.0f} x ours")


if __name__ == "__main__":
    main()
