"""Drawings of one drop: terminals round the server, the schedule of links and cores, delays and energies."""

from __future__ import annotations

import numpy as np

from sagin.blocks.computing.cpu import cpu_energy, cpu_time
from sagin.blocks.computing.multicore import fcfs_start
from sagin.core.figures import Picture
from sagin.core.pictures import around, between, numbered, stacked, told
from sagin.core.units import from_db, to_db
from sagin.systems.ccmsm import model


def pictures(drops: model.Drops, decision: model.Decision, metrics: model.Metrics) -> dict[str, Picture]:
    """The first drop under the true model."""
    names = numbered("terminal", drops.gain.shape[1])
    return {
        "map": _map(drops, decision, metrics, names),
        "delay": _delay(drops, decision, metrics, names),
        "energy": _energy(drops, decision, metrics, names),
        "schedule": schedule(drops, decision),
    }


def _map(drops: model.Drops, decision: model.Decision, metrics: model.Metrics, names: list[str]) -> Picture:
    """Distances are those that the gains stand for without fading; bearings are not part of the model."""
    s = drops.scenario
    loss_db = -to_db(drops.gain[0]) - s.pathloss_1km_db
    distance = 1e3 * from_db(loss_db / max(s.pathloss_exponent, 1e-3))
    places, sent = around(distance), ((decision.core[0] > 0) & drops.task_mask[0]).sum(axis=1)
    hover = told(
        names,
        tasks=(drops.task_mask[0].sum(axis=1), ""),
        offloaded=(sent, ""),
        gain=(to_db(drops.gain[0]), "dB"),
        power=(decision.power_w[0], "W"),
        rate=(metrics.rate_bps[0], "bit/s"),
        uploads_end=(metrics.upload_time_s[0], "s"),
        own_processor_ends=(metrics.terminal_time_s[0], "s"),
    )
    busy = np.flatnonzero(sent)
    label, share = "upload", sent / np.maximum(drops.task_mask[0].sum(axis=1), 1)
    return Picture(
        "x (m)",
        "y (m)",
        points=(("terminal", *places.T), ("server", np.zeros(1), np.zeros(1))),
        lines=((label, *between(places[busy], np.zeros(2))),) if busy.size else (),
        texts={"terminal": hover, label: tuple(hover[i] for i in busy)},
        weights={
            "share of the tasks": {label: share[busy]},
            "power (W)": {label: decision.power_w[0][busy]},
            "rate (bit/s)": {label: metrics.rate_bps[0][busy]},
        },
    )


def _delay(drops: model.Drops, decision: model.Decision, metrics: model.Metrics, names: list[str]) -> Picture:
    """A terminal computes and uploads at once: two columns each; what is uploaded is then computed on a core."""
    begin, work, moved = _starts(drops, decision, metrics)
    last = np.where(moved, begin + work, 0.0).max(axis=1)
    waits = np.where(moved, begin, 0.0) - np.where(moved, metrics.arrival_s[0], 0.0)
    place = np.where(moved, begin + work, -1.0).argmax(axis=1)
    rows = np.arange(len(names))
    wait, run = waits[rows, place], np.where(moved, work, 0.0)[rows, place]
    zero = np.zeros(len(names))
    columns = [f"{name}: {what}" for name in names for what in ("own", "server")]
    parts = {
        "computing in the terminal": (metrics.terminal_time_s[0], zero),
        "until its last task arrives": (zero, np.where(last > 0, last - wait - run, 0.0)),
        "wait for a core": (zero, wait),
        "computing on a core": (zero, run),
    }
    pairs = {label: np.column_stack(pair).ravel() for label, pair in parts.items()}
    kept = np.flatnonzero(np.column_stack([metrics.terminal_time_s[0] > 0, last > 0]).ravel())
    return stacked(
        [columns[i] for i in kept],
        {k: v[kept] for k, v in pairs.items()},
        "delay (s)",
        "processor and last task of each terminal",
    )


def _energy(drops: model.Drops, decision: model.Decision, metrics: model.Metrics, names: list[str]) -> Picture:
    moved = (decision.core[0] > 0) & drops.task_mask[0]
    own = drops.cpu_local_hz[0][:, None]
    local = cpu_energy(np.where(moved, 0.0, drops.cycles[0]), own, drops.switched_capacitance_local).sum(axis=1)
    core = cpu_energy(np.where(moved, drops.cycles[0], 0.0), drops.cpu_core_hz, drops.switched_capacitance_core).sum(
        axis=1
    )
    radio = decision.power_w[0] * metrics.upload_time_s[0]
    parts = {"computing in the terminal": local, "upload": radio, "computing on a core": core}
    return stacked(names, parts, "energy (J)")


def _starts(
    drops: model.Drops, decision: model.Decision, metrics: model.Metrics
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(terminal, slot) start on a core [s] (inf: not offloaded), time on it [s], and whether a task is offloaded."""
    moved = (decision.core[0] > 0) & drops.task_mask[0]
    work = cpu_time(drops.cycles[0], drops.cpu_core_hz)
    begin = np.full(moved.shape, np.inf)
    for k in range(1, drops.n_cores + 1):
        here = moved & (decision.core[0] == k)
        start = fcfs_start(metrics.arrival_s[0].ravel(), work.ravel(), here.ravel()).reshape(moved.shape)
        begin = np.where(here, start, begin)
    return begin, work, moved


def schedule(drops: model.Drops, decision: model.Decision) -> Picture:
    """Uploads, cores and terminals of the first drop of a batch as bars, one colour a terminal."""
    n = drops.task_mask.shape[1]
    metrics = model.evaluate(drops, decision)
    arrival = metrics.arrival_s[0]
    begin, work, moved = _starts(drops, decision, metrics)
    upload = drops.data_bits[0] / model.uplink_rate(drops, decision.power_w)[0][:, None]
    own = cpu_time(drops.cycles[0], drops.cpu_local_hz[0][:, None])
    bars: list[tuple[str, int, float, float]] = []
    for i in range(n):
        busy = 0.0
        for j in np.flatnonzero(drops.task_mask[0, i]):
            label = f"terminal {i + 1}"
            if moved[i, j]:
                bars.append((label, i, float(arrival[i, j] - upload[i, j]), float(upload[i, j])))
                bars.append((label, n + int(decision.core[0, i, j]) - 1, float(begin[i, j]), float(work[i, j])))
            else:
                bars.append((label, n + drops.n_cores + i, busy, float(own[i, j])))
                busy += float(own[i, j])
    rows = [*numbered("uplink", n), *numbered("core", drops.n_cores), *numbered("terminal", n)]
    return Picture("time (s)", "", bars=tuple(bars), rows=tuple(rows))
