"""Drawings of one drop: vehicles round the road-side unit, the two tiers above, delays and energies of every task."""

from __future__ import annotations

import numpy as np

from sagin.core.figures import Picture
from sagin.core.pictures import around, between, numbered, stacked, told
from sagin.systems.stin_vmdc.model import Decision, Drops, Metrics


def pictures(drops: Drops, decision: Decision, metrics: Metrics) -> dict[str, Picture]:
    """The first drop. Bearings are not part of the model: vehicles stand at even ones, at their mean distance."""
    names = numbered("vehicle", drops.task_bits.shape[1])
    return {
        "map": _map(drops, decision, metrics, names),
        "delay": _delay(drops, decision, metrics, names),
        "energy": _energy(metrics, names),
    }


def _map(drops: Drops, decision: Decision, metrics: Metrics, names: list[str]) -> Picture:
    distance = drops.dist_m[0].mean(axis=1)
    places = around(distance)
    reach = 1.4 * float(distance.max())
    satellite, station, unit = np.array([0.6 * reach, reach]), np.array([-0.6 * reach, reach]), np.zeros(2)
    theta, zeta, power = decision.theta[0], decision.zeta[0], decision.power[0]
    hover = told(
        names,
        task=(drops.task_bits[0], "bit"),
        deadline=(drops.t_max_s[0], "s"),
        mean_distance=(distance, "m"),
        to_the_base_station=(100 * theta, "%"),
        to_the_satellite=(100 * zeta, "%"),
        RF_power=(power, "W"),
        RF_rate=(metrics.rate_rf_bps[0], "bit/s"),
        THz_rate=(metrics.rate_thz_bps[0], "bit/s"),
        cluster=(drops.cluster[0] + 1, ""),
        decoded=(drops.sic_rank[0] + 1, ""),
        energy=(metrics.energy_j[0], "J"),
    )
    rf, thz = np.flatnonzero(theta > 0), np.flatnonzero(zeta > 0)
    groups = {"RF upload": rf, "THz to the satellite": thz}
    lines = [("RF upload", *between(places[rf], unit)), ("THz to the satellite", *between(places[thz], satellite))]
    relayed = float((theta * drops.task_bits[0]).sum())
    relay = told(["to the base station"], bits=([relayed], "bit"), rate_a_stream=(drops.rate_rb_bps[0, :1], "bit/s"))
    if relayed > 0:
        lines.append(("relay", *between(unit, station)))
    part = {"RF upload": theta[rf], "THz to the satellite": zeta[thz]}
    watts = {"RF upload": power[rf], "THz to the satellite": np.full(len(thz), drops.p_thz_w)}
    rates = {"RF upload": metrics.rate_rf_bps[0][rf], "THz to the satellite": metrics.rate_thz_bps[0][thz]}
    return Picture(
        "x (m)",
        "y (m), satellite and base station not to scale",
        points=(
            ("vehicle", *places.T),
            ("road-side unit", np.zeros(1), np.zeros(1)),
            ("base station", station[:1], station[1:]),
            ("satellite", satellite[:1], satellite[1:]),
        ),
        lines=tuple(line for line in lines if len(line[1])),
        texts={"vehicle": hover, "relay": relay, **{k: tuple(hover[i] for i in v) for k, v in groups.items()}},
        weights={"share of the task": part, "power (W)": watts, "rate (bit/s)": rates},
    )


def _delay(drops: Drops, decision: Decision, metrics: Metrics, names: list[str]) -> Picture:
    """Up to three branches a task, side by side: it ends with the latest one."""
    theta, zeta, bits = decision.theta[0], decision.zeta[0], drops.task_bits[0]
    relay, sat_cp = theta * bits / drops.rate_rb_bps[0], zeta * drops.cycles[0] / drops.cpu_sat_hz
    upload = metrics.delay_upload_s[0]
    rows = []
    for i, name in enumerate(names):
        if theta[i] + zeta[i] < 1:
            rows.append((f"{name}: local", {"computing in the vehicle": metrics.delay_local_s[0, i]}))
        if theta[i] > 0:
            rest = {
                "upload": upload[i],
                "relay": relay[i],
                "computing at the base station": theta[i] * drops.cycles[0, i] / drops.cpu_bs_hz,
            }
            rows.append((f"{name}: base station", rest))
        if zeta[i] > 0:
            rest = {"to the satellite": metrics.delay_sat_s[0, i] - sat_cp[i], "computing on the satellite": sat_cp[i]}
            rows.append((f"{name}: satellite", rest))
    labels = dict.fromkeys(label for _, parts in rows for label in parts)
    parts = {label: np.array([part.get(label, 0.0) for _, part in rows]) for label in labels}
    return stacked([name for name, _ in rows], parts, "delay (s)", "branches of each task")


def _energy(metrics: Metrics, names: list[str]) -> Picture:
    parts = {
        "computing in the vehicle": metrics.energy_local_j[0],
        "upload": metrics.energy_uplink_j[0],
        "relay": metrics.energy_relay_j[0],
        "computing at the base station": metrics.energy_bs_j[0],
        "to the satellite": metrics.energy_thz_j[0],
        "computing on the satellite": metrics.energy_sat_j[0],
    }
    return stacked(names, parts, "energy (J)")
