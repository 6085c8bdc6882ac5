"""Drawings of one mission: the flight past device and target, the satellite, how each frame spends time and energy."""

from __future__ import annotations

from typing import Any

import numpy as np

from sagin.blocks.computing.cpu import cpu_energy
from sagin.core.figures import Picture
from sagin.core.pictures import between, numbered, sky, stacked, told
from sagin.systems.isac_sagin import model


def pictures(drops: model.Drops, decision: Any, metrics: model.Metrics) -> dict[str, Picture]:
    """The first drop; frames take the place of users."""
    n = drops.aav_position_m.shape[1]
    names = numbered("frame", n)
    pilot, data, ratio = (
        np.broadcast_to(part[0], (n,)) for part in (decision.pilot_s, decision.data_s, decision.ratio)
    )
    return {
        "map": _map(drops, decision, metrics, names, ratio),
        "sky": _sky(drops, names),
        "delay": stacked(names, {"pilot phase": pilot, "data phase": data}, "time of the frame (s)"),
        "energy": stacked(names, _energies(drops, decision.bits[0], pilot, data, ratio, metrics), "energy (J)"),
        "data": stacked(
            names,
            {"processed on the AAV": (1 - ratio) * decision.bits[0], "forwarded": ratio * decision.bits[0]},
            "data (bit)",
        ),
    }


def _map(drops: model.Drops, decision: Any, metrics: model.Metrics, names: list[str], ratio: np.ndarray) -> Picture:
    flight, device, target = drops.aav_position_m[0], drops.iot_position_m[0], drops.target_position_m[0]
    bits = decision.bits[0]
    hover = told(
        names,
        data=(bits, "bit"),
        forwarded=(100 * ratio, "%"),
        rate_from_the_device=(metrics.iot_rate_bps[0], "bit/s"),
        rate_to_the_satellite=(metrics.leo_rate_bps[0], "bit/s"),
        power=(metrics.leo_power_w[0], "W"),
        detection=(100 * metrics.detection_probability[0], "%"),
    )
    label = "device to AAV"
    return Picture(
        "x (m)",
        "y (m)",
        points=(
            ("AAV", flight[:, 0], flight[:, 1]),
            ("IoT device", device[:1], device[1:2]),
            ("target", target[:1], target[1:2]),
        ),
        lines=((label, *between(device[:2], flight[:, :2])),),
        texts={"AAV": hover, label: hover},
        weights={
            "data (bit)": {label: bits},
            "power (W)": {label: metrics.leo_power_w[0]},
            "rate (bit/s)": {label: metrics.iot_rate_bps[0]},
        },
    )


def _sky(drops: model.Drops, names: list[str]) -> Picture:
    """The satellite from the AAV, frame by frame."""
    way = np.asarray(drops.scenario.leo_position_m) - drops.aav_position_m[0]
    distance = np.linalg.norm(way, axis=1)
    elevation, azimuth = np.arcsin(way[:, 2] / distance), np.arctan2(way[:, 0], way[:, 1])
    return sky({"satellite": (elevation, azimuth)}, {"satellite": told(names, distance=(distance, "m"))})


def _energies(
    drops: model.Drops, bits: np.ndarray, pilot: np.ndarray, data: np.ndarray, ratio: np.ndarray, metrics: model.Metrics
) -> dict[str, np.ndarray]:
    """(frame,) by part, as `evaluate` adds them up: Eq. (10) to (12)."""
    kappa = drops.switched_capacitance_aav
    with np.errstate(all="ignore"):
        estimation = drops.cycles_per_pilot_bit * drops.pilot_bits_per_symbol * drops.bandwidth_hz * pilot
        cycles = drops.cycles_per_data_bit * np.maximum((1 - ratio) * bits, 0.0)
        return {
            "channel estimation": cpu_energy(estimation, estimation / pilot, kappa),
            "processing on the AAV": cpu_energy(cycles, cycles / data, kappa),
            "forwarding": metrics.leo_power_w[0] * data,
        }
