"""Drawings of one drop: the road-side unit's cell, the satellites above it, what each task waits for and costs."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from sagin.core.figures import Picture
from sagin.core.pictures import around, between, even, numbered, sky, stacked, told
from sagin.core.units import to_db
from sagin.systems.dm_mimo_vec import model


def pictures(drops: model.Drops, decision: Any, metrics: Any) -> dict[str, Picture]:
    """The first drop. Bearings are not part of the model: vehicles and satellites stand at even ones."""
    names = numbered("vehicle", drops.task_bits.shape[1])
    return {
        "map": _map(drops, decision, metrics, names),
        "sky": _sky(drops),
        "delay": _delay(metrics, names),
        "energy": _energy(metrics, names),
    }


def _map(drops: model.Drops, decision: Any, metrics: Any, names: list[str]) -> Picture:
    places, center = around(drops.distance_m[0]), np.zeros(2)
    share = decision.alpha[0] if hasattr(decision, "alpha") else np.ones(len(names))
    rate = drops.task_bits[0] / np.where(metrics.e_up_j[0] > 0, metrics.e_up_j[0] / drops.p_vehicle_w[0], np.inf)
    offloaded = decision.s_sat_bits[0] / drops.task_bits[0]
    hover = told(
        names,
        task=(drops.task_bits[0], "bit"),
        distance=(drops.distance_m[0], "m"),
        whole_band_SNR=(to_db(model.ground_snr(drops)[0]), "dB"),
        share_of_the_band=(100 * share, "%"),
        upload_rate=(rate, "bit/s"),
        power=(drops.p_vehicle_w[0], "W"),
        sent_to_the_satellites=(100 * offloaded, "%"),
        done_after=(metrics.t_total_s[0], "s"),
    )
    upload = "upload"
    return Picture(
        "x (m)",
        "y (m)",
        points=(("vehicle", *places.T), ("road-side unit", np.zeros(1), np.zeros(1))),
        lines=((upload, *between(places, center)),),
        texts={"vehicle": hover, upload: hover},
        weights={
            "share of the band": {upload: share},
            "power (W)": {upload: drops.p_vehicle_w[0]},
            "rate (bit/s)": {upload: rate},
        },
    )


def _sky(drops: model.Drops) -> Picture:
    n = drops.theta_sat_rad.shape[1]
    gain = to_db((np.abs(drops.h_sat[0]) ** 2).sum(axis=1))
    hover = told(numbered("SAP", n), range=(drops.d_sat_m[0], "m"), gain=(gain, "dB"))
    return sky({"SAP": (np.pi / 2 - drops.theta_sat_rad[0], even(n))}, {"SAP": hover})


def _delay(metrics: Any, names: list[str]) -> Picture:
    """Two branches a task, side by side: it ends with the later one."""
    zero = np.zeros(len(names))
    wait = getattr(metrics, "t_wait_s", zero[None])[0]
    rsu = {"upload": metrics.t_up_s[0], "computing at the RSU": metrics.t_rsu_s[0]}
    satellite = {
        "upload": metrics.t_up_s[0],
        "wait for the link": wait,
        "to the satellites": metrics.t_sat_tx_s[0],
        "computing behind them": metrics.t_sat_cp_s[0],
    }
    used = np.column_stack([rsu["computing at the RSU"] > 0, satellite["to the satellites"] > 0]).ravel()
    columns = [f"{name}: {branch}" for name in names for branch in ("RSU", "satellites")]
    parts = {
        label: np.column_stack([rsu.get(label, zero), satellite.get(label, zero)]).ravel()
        for label in {**rsu, **satellite}
    }
    kept = np.flatnonzero(used)
    whole = stacked([columns[i] for i in kept], {label: part[kept] for label, part in parts.items()}, "delay (s)")
    return dataclasses.replace(whole, x_label="branches of each task")


def _energy(metrics: Any, names: list[str]) -> Picture:
    parts = {
        "upload": metrics.e_up_j[0],
        "computing at the RSU": metrics.e_rsu_j[0],
        "to the satellites": metrics.e_sat_tx_j[0],
        "computing behind them": metrics.e_cpu_j[0],
    }
    return stacked(names, parts, "energy (J)")
