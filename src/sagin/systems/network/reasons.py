"""Who breaks which constraint: users with their deadlines and routes, resources with their loads."""

from __future__ import annotations

import numpy as np

from sagin.core import records
from sagin.systems.network.layout import layout, text_of
from sagin.systems.network.model import Decision, Drops, Metrics

TOLERANCE = 1e-6


def culprits(drops: Drops, decision: Decision, metrics: Metrics, row: int) -> list[str]:
    """One phrase for each user or resource of a drop that breaks a constraint, the worst first within each kind."""
    scenario, tables = drops.scenario, layout(drops.scenario)
    names = list(scenario.users)
    found = []
    late = metrics.delay_s[row] / drops.deadline_s[row] - 1
    for i in _worst(np.where(np.isinf(drops.deadline_s[row]), -1.0, late)):
        last = int(np.argmax(metrics.route_delay_s[row, i]))
        paths = tables.paths[drops.group[i]]
        route = text_of(paths[last]) if last < len(paths) else f"route {last}"
        when = f"{metrics.delay_s[row, i]:.4g} s, deadline {drops.deadline_s[row, i]:.4g} s"
        found.append(f"user {i} ({names[drops.group[i]]}): {when}, last over {route}")
    for m in _worst(metrics.load[row] - 1):
        found.append(f"{drops.resource_name[m]}: load {metrics.load[row, m]:.6g}")
    wrong = np.where(drops.route_ok[row], 0.0, decision.split[row])
    for i, r in np.argwhere(wrong > TOLERANCE):
        found.append(f"user {i} ({names[drops.group[i]]}): {100 * wrong[i, r]:.3g} % on route {r}, which it cannot use")
    mixed = 1 - decision.split[row].max(axis=1)
    for i in _worst(mixed) if not drops.splitting else ():
        found.append(f"user {i} ({names[drops.group[i]]}): {100 * mixed[i]:.3g} % of a whole task on other routes")
    for i in _worst(np.abs(decision.split[row].sum(axis=1) - 1)):
        found.append(f"user {i} ({names[drops.group[i]]}): parts sum to {decision.split[row, i].sum():.6g}")
    return found


def _worst(excess: np.ndarray) -> list[int]:
    """Places above the tolerance, the largest first."""
    order = np.argsort(-excess, kind="stable")
    return [int(place) for place in order if excess[place] > TOLERANCE]


def reasons(drops: Drops, decision: Decision, metrics: Metrics) -> list[str]:
    """For each drop why it is infeasible, in one line; empty where it keeps every constraint."""
    feasible = records.feasible(metrics)
    return ["" if feasible[row] else "; ".join(culprits(drops, decision, metrics, row)) for row in range(len(feasible))]
