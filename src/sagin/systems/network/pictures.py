"""Drawings of one drop: the loaded network, hops of every part, delays and energies, who computes where."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from sagin.core.discovery import system as find_system
from sagin.core.figures import Picture
from sagin.core.pictures import amount, between, even, sky, stacked, told
from sagin.core.units import from_deg, to_db
from sagin.systems.network import drawing, model
from sagin.systems.network.layout import LOCAL, Layout, layout
from sagin.systems.network.scenario import Scenario

MOST = 40  # rows of the breakdown, columns of `where`: what one page can hold


def painted(name: str) -> Callable[[Scenario, np.ndarray], Picture]:
    """A figure's function that draws one of the pictures of the first drop under the improved scheme."""

    def paint(scenario: Scenario, seeds: np.ndarray) -> Picture:
        drops = drawing.draw(scenario, seeds[:1])
        decision = find_system("network").solve(drops, "improved", threads=1).decision
        return pictures(drops, decision, model.evaluate(drops, decision))[name]

    return paint


def pictures(drops: model.Drops, decision: model.Decision, metrics: model.Metrics) -> dict[str, Picture]:
    """The first drop; `sky` where satellites are declared, `map` where places are known."""
    scenario = drops.scenario
    tables = layout(scenario)
    found = {"map": _map(scenario, tables, drops, decision, metrics)}
    above = [j for j, node in enumerate(scenario.nodes.values()) if node.altitude_m is not None]
    if above:
        found["sky"] = _sky(scenario, drops, above)
    return {
        **found,
        "delay": _delay(drops, decision, metrics),
        "energy": _energy(drops, decision, metrics),
        "breakdown": _breakdown(drops, decision, metrics),
        "where": _where(scenario, tables, drops, decision),
        "load": stacked(list(drops.resource_name), {"in use": metrics.load[0]}, "share of the region", keep_empty=True),
    }


def _map(
    scenario: Scenario, tables: Layout, drops: model.Drops, decision: model.Decision, metrics: model.Metrics
) -> Picture:
    """Users, nodes and links from above; a satellite stands beside the field. Lines: used links."""
    nodes, users = _on_paper(scenario, drops)
    names, texts = _texts(scenario, drops, metrics)
    points: list[tuple[str, np.ndarray, np.ndarray]] = []
    for g, group in enumerate(scenario.users):
        here = drops.group == g
        if here.any():
            label = f"{group} ({int(here.sum())})"
            points.append((label, *users[here].T))
            texts[label] = tuple(names[i] for i in np.flatnonzero(here))
    for j, name in enumerate(scenario.nodes):
        points.append((_title(scenario, name), nodes[j, :1], nodes[j, 1:]))
    lines = []
    share: dict[str, np.ndarray] = {}
    rate: dict[str, np.ndarray] = {}
    for k, (name, link) in enumerate(scenario.links.items()):
        hops = (tables.hop_link == k) & (decision.split[0] > 0)[..., None]
        senders = np.flatnonzero(hops.any(axis=(1, 2)))
        if not senders.size:
            continue
        end = nodes[list(scenario.nodes).index(link.to)]
        load = metrics.load[0, drops.resource[hops][0]]
        bits = float((decision.split[0][..., None] * drops.work[0])[hops].sum())
        label = f"{name}: {bits / 1e6:.3g} Mbit, load {load:.2f}"
        part = np.where(hops, decision.split[0][..., None], 0.0).sum(axis=(1, 2))
        speed = np.where(hops, decision.rate[0], 0.0).sum(axis=(1, 2))
        if link.sources[0] in scenario.nodes:
            starts = nodes[[list(scenario.nodes).index(link.sources[0])]]
            share[label], rate[label] = np.array([part.sum() / len(part)]), np.array([speed.sum()])
            texts[label] = (f"{name}\n{amount(bits, 'bit')}\nload: {load:.3g}",)
        else:
            starts = users[senders]
            share[label], rate[label] = part[senders], speed[senders]
            snr = to_db(drops.link_snr[0, senders, k])
            texts[label] = told(
                [f"{name}: user {i}" for i in senders],
                length=(drops.distance_m[0, senders, k], "m"),
                whole_band_SNR=(snr, "dB"),
                share_of_the_task=(100 * part[senders], "%"),
                rate=(speed[senders], "bit/s"),
            )
        lines.append((label, *between(starts, end)))
    weights = {"share of the task": share, "rate (bit/s)": rate}
    return Picture("x (m)", "y (m)", points=tuple(points), lines=tuple(lines), texts=texts, weights=weights)


def _texts(
    scenario: Scenario, drops: model.Drops, metrics: model.Metrics
) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """What there is to say of each user, and of each node by its title."""
    users = told(
        [f"user {i}" for i in range(len(drops.group))],
        task=(drops.task_bits[0], "bit"),
        work=(drops.cycles[0], "cycle"),
        deadline=(drops.deadline_s[0], "s"),
        done_after=(metrics.delay_s[0], "s"),
        energy=(metrics.energy_j[0], "J"),
    )
    nodes = {}
    for name in scenario.nodes:
        at = np.flatnonzero(drops.resource_name == name)
        load = f"\nload: {float(metrics.load[0, at[0]]):.3g}" if at.size else ""
        nodes[_title(scenario, name)] = (f"{name}{load}",)
    return users, nodes


def _sky(scenario: Scenario, drops: model.Drops, above: list[int]) -> Picture:
    """Satellites by elevation; bearings are not part of the model."""
    names = list(scenario.nodes)
    elevation = from_deg(drops.elevation_deg[0, above])
    texts = {names[j]: (f"{names[j]}\n{scenario.nodes[names[j]].altitude_m or 0:.3g} m up",) for j in above}
    bearings = even(len(above))
    return sky({names[j]: (elevation[i : i + 1], bearings[i : i + 1]) for i, j in enumerate(above)}, texts)


def _delay(drops: model.Drops, decision: model.Decision, metrics: model.Metrics) -> Picture:
    """The part of each task that ends last, hop by hop."""
    n = drops.task_bits.shape[1]
    rows, last = np.arange(n), metrics.route_delay_s[0].argmax(axis=1)
    used = decision.split[0][rows, last] > 0
    parts: dict[str, np.ndarray] = {"latency": np.where(used, drops.latency_s[0][rows, last], 0.0)}
    for h in range(drops.resource.shape[2]):
        for m in np.unique(drops.resource[rows, last, h]):
            if m >= 0:
                here = used & (drops.resource[rows, last, h] == m)
                label = str(drops.resource_name[m])
                parts.setdefault(label, np.zeros(n))
                parts[label] = parts[label] + np.where(here, metrics.hop_delay_s[0][rows, last, h], 0.0)
    return dataclasses.replace(
        stacked([f"user {i}" for i in range(n)], parts, "delay (s)"), x_label="part that ends last"
    )


def _energy(drops: model.Drops, decision: model.Decision, metrics: model.Metrics) -> Picture:
    """Weighted energy by resource; transmitters charged while they are on apart."""
    spent = decision.split[0][..., None] * drops.energy_j[0]
    parts = {
        str(name): np.where(drops.resource == m, spent, 0.0).sum(axis=(1, 2))
        for m, name in enumerate(drops.resource_name)
    }
    parts["transmitters while on"] = np.maximum(metrics.energy_j[0] - spent.sum(axis=(1, 2)), 0.0)
    parts = {label: np.where(part > 1e-12 * metrics.energy_j[0].max(), part, 0.0) for label, part in parts.items()}
    return stacked([f"user {i}" for i in range(len(drops.group))], parts, "weighted energy (J)")


def _breakdown(drops: model.Drops, decision: model.Decision, metrics: model.Metrics) -> Picture:
    """One row for each part of a task, 40 at most: its latency, then hop after hop."""
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


def _where(scenario: Scenario, tables: Layout, drops: model.Drops, decision: model.Decision) -> Picture:
    """Share of each task, 40 at most, that each processor computes."""
    shares: dict[str, np.ndarray] = {}
    n = min(MOST, drops.task_bits.shape[1])
    for i in range(n):
        for r, path in enumerate(tables.paths[drops.group[i]]):
            end = scenario.links[path[-1]].to if path else LOCAL
            shares.setdefault(end, np.zeros(n))[i] += decision.split[0, i, r]
    columns = tuple(str(i) for i in range(n))
    return Picture(
        "user", "share of the task", stacks=tuple(shares.items()), columns=columns, stack_label="share of the task"
    )


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
