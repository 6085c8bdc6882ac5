"""Drawings of one drop under the improved scheme: the loaded network, hops of every part, who computes where."""

from __future__ import annotations

from typing import Any

import numpy as np

from sagin.core.discovery import system as find_system
from sagin.core.figures import Picture
from sagin.systems.network import drawing, model
from sagin.systems.network.layout import LOCAL, layout
from sagin.systems.network.scenario import Scenario

MOST = 40  # rows of the breakdown, columns of `where`: what one page can hold


def network_map(scenario: Scenario, seeds: np.ndarray) -> Picture:
    """Users, nodes and links of the first drop from above; a satellite stands beside the field. Lines: used links."""
    drops, decision, metrics = _solved(scenario, seeds)
    tables = layout(scenario)
    nodes, users = _on_paper(scenario, drops)
    points: list[tuple[str, Any, Any]] = [
        (f"{name} ({int(np.sum(drops.group == g))})", *users[drops.group == g].T)
        for g, name in enumerate(scenario.users)
        if (drops.group == g).any()
    ]
    points += [(_title(scenario, name), nodes[j, :1], nodes[j, 1:]) for j, name in enumerate(scenario.nodes)]
    lines = []
    for k, (name, link) in enumerate(scenario.links.items()):
        hops = (tables.hop_link == k) & (decision.split[0] > 0)[..., None]
        senders = np.flatnonzero(hops.any(axis=(1, 2)))
        if not senders.size:
            continue
        end = nodes[list(scenario.nodes).index(link.to)]
        if link.sources[0] in scenario.nodes:
            starts = nodes[[list(scenario.nodes).index(link.sources[0])]]
        else:
            starts = users[senders]
        load = metrics.load[0, drops.resource[hops][0]]
        bits = float((decision.split[0][..., None] * drops.work[0])[hops].sum())
        pairs = np.stack([starts, np.broadcast_to(end, starts.shape)], axis=1)  # (line, end, axis)
        lines.append((f"{name}: {bits / 1e6:.3g} Mbit, load {load:.2f}", pairs[..., 0], pairs[..., 1]))
    return Picture("x (m)", "y (m)", points=tuple(points), lines=tuple(lines))


def breakdown(scenario: Scenario, seeds: np.ndarray) -> Picture:
    """One row for each part of a task of the first drop, 40 at most: its latency, then hop after hop."""
    drops, decision, metrics = _solved(scenario, seeds)
    bars: list[tuple[str, int, float, float]] = []
    rows: list[str] = []
    for i, r in np.argwhere(decision.split[0] > 0)[:MOST]:
        at = float(drops.latency_s[0, i, r])
        if at > 0:
            bars.append(("latency", len(rows), 0.0, at))
        for h in np.flatnonzero(drops.resource[i, r] >= 0):
            width = float(metrics.hop_delay_s[0, i, r, h])
            bars.append((str(drops.resource_name[drops.resource[i, r, h]]), len(rows), at, width))
            at += width
        rows.append(f"user {i}: {100 * decision.split[0, i, r]:.0f} %")
    return Picture("time (s)", "", bars=tuple(bars), rows=tuple(rows))


def where(scenario: Scenario, seeds: np.ndarray) -> Picture:
    """Share of each task of the first drop, 40 at most, that each processor computes."""
    drops, decision, _ = _solved(scenario, seeds)
    paths = layout(scenario).paths
    shares: dict[str, np.ndarray] = {}
    n = min(MOST, drops.task_bits.shape[1])
    for i in range(n):
        for r, path in enumerate(paths[drops.group[i]]):
            end = scenario.links[path[-1]].to if path else LOCAL
            shares.setdefault(end, np.zeros(n))[i] += decision.split[0, i, r]
    columns = tuple(str(i) for i in range(n))
    return Picture(
        "user", "share of the task", stacks=tuple(shares.items()), columns=columns, stack_label="share of the task"
    )


def _solved(scenario: Scenario, seeds: np.ndarray) -> tuple[model.Drops, model.Decision, model.Metrics]:
    drops = drawing.draw(scenario, seeds[:1])
    decision = find_system("network").solve(drops, "improved", threads=1).decision
    return drops, decision, model.evaluate(drops, decision)


def _title(scenario: Scenario, name: str) -> str:
    node = scenario.nodes[name]
    return name if node.altitude_m is None else f"{name} (satellite, {node.altitude_m / 1e3:.0f} km up)"


def _on_paper(scenario: Scenario, drops: model.Drops) -> tuple[np.ndarray, np.ndarray]:
    """(node, 2), (user, 2) places to draw: satellites above the field, side by side."""
    users, nodes = drops.position_m[0, :, :2], drops.node_position_m[0, :, :2].copy()
    sky = np.array([node.altitude_m is not None for node in scenario.nodes.values()], dtype=bool)
    ground = np.concatenate([users, nodes[~sky]])
    low, high = ground.min(axis=0), ground.max(axis=0)
    size = max(float((high - low).max()), 1.0)
    nodes[sky, 0] = np.linspace(low[0], high[0], int(sky.sum()) + 2)[1:-1]
    nodes[sky, 1] = high[1] + 0.35 * size
    return nodes, users
