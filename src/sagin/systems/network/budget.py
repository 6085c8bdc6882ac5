"""The link budget of user 0: every link and every route, unloaded; what to look at when nobody offloads."""

from __future__ import annotations

import numpy as np

from sagin.core.units import to_db
from sagin.systems.network.layout import layout, text_of
from sagin.systems.network.model import Drops, time_at

Row = tuple[str, float, str]


def budget(drops: Drops) -> list[Row]:
    """Distance, gain, SNR and peak rate of every link of user 0, then time, latency and energy of its routes alone."""
    scenario, tables = drops.scenario, layout(drops.scenario)
    rows: list[Row] = [
        ("task of user 0", float(drops.task_bits[0, 0]), "bit"),
        ("work of user 0", float(drops.cycles[0, 0]), "cycle"),
    ]
    for k, (name, link) in enumerate(scenario.links.items()):
        here = np.argwhere(tables.hop_link[0] == k)
        if not here.size:
            continue
        rows.append((f"{name}: distance", float(drops.distance_m[0, 0, k]), "m"))
        if link.rate_bps is None:
            tiny = np.finfo(float).tiny
            rows.append((f"{name}: gain, antennas and fading included", _db(max(drops.gain[0, 0, k], tiny)), "dB"))
            rows.append((f"{name}: SNR on the whole band", _db(max(drops.link_snr[0, 0, k], tiny)), "dB"))
        r, h = here[0]
        rows.append((f"{name}: rate alone", float(drops.peak[0, 0, r, h]), "bit/s"))
    for r, path in enumerate(tables.paths[tables.group[0]]):
        label = text_of(path)
        if not drops.route_ok[0, 0, r]:
            rows.append((f"{label}: usable", 0.0, ""))
            continue
        times = time_at(drops.work[0, 0, r], np.where(drops.peak[0, 0, r] > 0, drops.peak[0, 0, r], 1.0))
        energy = drops.energy_j[0, 0, r].sum() + (drops.on_power_w[0, 0, r] * times).sum()
        rows.append((f"{label}: time alone", float(times.sum()), "s"))
        rows.append((f"{label}: latency", float(drops.latency_s[0, 0, r]), "s"))
        rows.append((f"{label}: energy", float(energy), "J"))
    return rows


def _db(ratio: float) -> float:
    return float(to_db(ratio))
