"""Drawings of one drop: IoTs, UAVs and servers from above, what each IoT waits for, the load of the servers."""

from __future__ import annotations

import numpy as np

from sagin.core.figures import Picture
from sagin.core.pictures import between, numbered, stacked, told
from sagin.core.units import to_db
from sagin.systems.thz_uav_mec.model import Decision, Drops, Metrics


def pictures(drops: Drops, decision: Decision, metrics: Metrics) -> dict[str, Picture]:
    """The first drop; the model counts no energy."""
    names = numbered("IoT", drops.iot_xy.shape[1])
    delay = {"uplink": metrics.delay_communication[0], "queue and service": metrics.delay_computation[0]}
    return {
        "map": _map(drops, decision, metrics, names),
        "delay": stacked(names, delay, "delay (s)"),
        "load": _load(drops, decision),
    }


def _map(drops: Drops, decision: Decision, metrics: Metrics, names: list[str]) -> Picture:
    iot, mec, uav = drops.iot_xy[0], drops.mec_xy[0], decision.uav_xy[0]
    server, relay, band = decision.server[0], decision.relay[0], decision.subband[0]
    direct, relayed = np.flatnonzero(relay < 0), np.flatnonzero(relay >= 0)
    at = np.maximum(relay, 0)
    second = decision.uav_power[0][at, np.arange(len(relay))]
    hover = told(
        names,
        task=(drops.task_bits[0], "bit"),
        server=(server + 1, ""),
        through=(np.where(relay < 0, "no UAV", np.char.add("UAV ", (relay + 1).astype(str))), ""),
        sub_band=(drops.frequency_hz[0][np.clip(band, 0, drops.n_subbands - 1)], "Hz"),
        first_SNR=(to_db(metrics.snr_first_hop[0]), "dB"),
        uplink=(metrics.delay_communication[0], "s"),
        queue_and_service=(metrics.delay_computation[0], "s"),
    )
    hops = {
        "direct": (iot[direct], mec[server[direct]], direct, drops.iot_power_w[0]),
        "to a UAV": (iot[relayed], uav[at[relayed]], relayed, drops.iot_power_w[0]),
        "from a UAV": (uav[at[relayed]], mec[server[relayed]], relayed, second),
    }
    rate = drops.task_bits[0] / metrics.delay_communication[0]
    loads = told(numbered("server", len(mec)), utilisation=(100 * metrics.utilisation[0], "%"))
    spent = told(numbered("UAV", len(uav)), power=(decision.uav_power[0].sum(axis=1), "W"))
    return Picture(
        x_label="x (m)",
        y_label="y (m)",
        points=(("IoT", *iot.T), ("server", *mec.T), ("UAV", *uav.T)),
        lines=tuple((name, *between(a, b)) for name, (a, b, _, _) in hops.items() if len(a)),
        texts={
            "IoT": hover,
            "server": loads,
            "UAV": spent,
            **{name: tuple(hover[i] for i in who) for name, (_, _, who, _) in hops.items()},
        },
        weights={
            "power (W)": {name: power[who] for name, (_, _, who, power) in hops.items()},
            "rate (bit/s)": {name: rate[who] for name, (_, _, who, _) in hops.items()},
        },
    )


def _load(drops: Drops, decision: Decision) -> Picture:
    each = drops.arrival_rate_per_s[0] / (drops.n_units * drops.service_rate_per_s)
    server, through = decision.server[0], decision.relay[0] >= 0
    parts = {
        label: np.bincount(server[kind], weights=each[kind], minlength=drops.n_mecs)
        for label, kind in (("direct", ~through), ("relayed", through))
    }
    return stacked(numbered("server", drops.n_mecs), parts, "utilisation", keep_empty=True)
