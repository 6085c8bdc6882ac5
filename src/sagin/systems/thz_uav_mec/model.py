"""The model: a drop of the network, a decision, and the delays it gives. Labels (n) are the paper's, (Mn) ours."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from sagin.blocks.access.decode_forward import two_hop_time
from sagin.blocks.access.shannon import shannon_rate
from sagin.blocks.channel.blockage import clear_probability
from sagin.blocks.channel.free_space import free_space_gain
from sagin.blocks.channel.molecular_absorption import absorption_coefficient_per_m
from sagin.blocks.computing.queue_mmc import operation_delay
from sagin.core import random, records, units
from sagin.core.errors import InputError
from sagin.core.records import Floats, Ints, column, constant, metric, violation
from sagin.systems.thz_uav_mec.scenario import HIGHEST_HZ, LOWEST_HZ, SATURATION_MARGIN, Scenario


@dataclass(frozen=True)
class Drops(records.Drops):
    """Drops of the network: positions and per-device values vary, the rest is shared."""

    scenario: Scenario
    seeds: records.Ints
    iot_xy: Floats = column("iot", "axis", unit="m", doc="ground positions of the IoTs")
    mec_xy: Floats = column("mec", "axis", unit="m", doc="ground positions of the servers")
    frequency_hz: Floats = column("subband", unit="Hz", doc="centre of each sub-band", ge=LOWEST_HZ, le=HIGHEST_HZ)
    absorption_per_m: Floats = column("subband", unit="1/m", doc="power absorption coefficient", ge=0)
    task_bits: Floats = column("iot", unit="bit", doc="size of a task", gt=0)
    iot_power_w: Floats = column("iot", unit="W", doc="transmit power of an IoT", gt=0)
    arrival_rate_per_s: Floats = column("iot", unit="task/s", doc="tasks per second of an IoT", gt=0)
    delay_max_s: Floats = column("iot", unit="s", doc="maximum delay of an IoT", gt=0)
    uav_power_w: Floats = column("uav", unit="W", doc="power budget of a UAV", gt=0)
    n_iots: int = constant(doc="number of IoTs", dtype=int, ge=1)
    n_mecs: int = constant(doc="number of servers", dtype=int, ge=1)
    n_uavs: int = constant(doc="number of UAVs", dtype=int, ge=0)
    n_subbands: int = constant(doc="number of sub-bands", dtype=int, ge=1)
    uav_height_m: float = constant(unit="m", doc="height of the UAVs", gt=0)
    mec_height_m: float = constant(unit="m", doc="height of the servers", ge=0)
    iot_height_m: float = constant(unit="m", doc="height of the IoTs", ge=0)
    blocker_height_m: float = constant(unit="m", doc="height of a person", ge=0)
    blocker_radius_m: float = constant(unit="m", doc="radius of a person", ge=0)
    blocker_density_per_m2: float = constant(unit="1/m^2", doc="people per area", ge=0)
    bandwidth_hz: float = constant(unit="Hz", doc="bandwidth of a sub-band", gt=0)
    noise_psd_w_per_hz: float = constant(unit="W/Hz", doc="noise density", gt=0)
    antenna_gain: float = constant(doc="linear antenna gain of both ends together", gt=0)
    n_units: int = constant(doc="computing units of a server", dtype=int, ge=1)
    service_rate_per_s: float = constant(unit="task/s", doc="service rate of a unit", gt=0)
    area_side_m: float = constant(unit="m", doc="side of the square", gt=0)

    def __post_init__(self) -> None:
        lengths = {"n_iots": "iot_xy", "n_mecs": "mec_xy", "n_uavs": "uav_power_w", "n_subbands": "frequency_hz"}
        for count, array in lengths.items():
            length = getattr(self, array).shape[1]
            if getattr(self, count) != length:
                raise InputError(f"{array}.shape", getattr(self, array).shape, f"{getattr(self, count)} along {count}")
        if self.n_subbands < self.n_iots:
            raise InputError("n_subbands", self.n_subbands, f">= n_iots = {self.n_iots}", "one IoT a sub-band")
        for name in ("iot_height_m", "mec_height_m"):
            if self.uav_height_m <= getattr(self, name):
                raise InputError("uav_height_m", self.uav_height_m, f"> {name} = {getattr(self, name):g}")


@dataclass(frozen=True)
class Decision(records.Record):
    """Server, sub-band and relay of each IoT; position and powers of each UAV."""

    server: Ints = column("iot", doc="server of an IoT, 0 to M - 1", dtype=int)
    subband: Ints = column("iot", doc="sub-band of an IoT, 0 to F - 1, all different", dtype=int)
    relay: Ints = column("iot", doc="UAV that relays an IoT, -1: direct", dtype=int)
    uav_xy: Floats = column("uav", "axis", unit="m", doc="ground positions below the UAVs")
    uav_power: Floats = column("uav", "iot", unit="W", doc="power a UAV spends on an IoT")


@dataclass(frozen=True)
class Metrics(records.Metrics):
    """Delays of a decision and its constraint violations."""

    objective: Floats = metric(unit="s", doc="mean delay")
    upper_bounded_objective: Floats = metric(unit="s", doc="mean delay with the bounded waiting probability")
    communication_delay: Floats = metric(unit="s", doc="mean uplink delay")
    computation_delay: Floats = metric(unit="s", doc="mean delay in queue and service")
    delay: Floats = metric("iot", unit="s", doc="delay of each IoT")
    delay_communication: Floats = metric("iot", unit="s", doc="uplink delay of each IoT")
    delay_computation: Floats = metric("iot", unit="s", doc="queue and service delay of each IoT")
    utilisation: Floats = metric("mec", doc="utilisation of each server")
    snr_first_hop: Floats = metric("iot", doc="SNR of the direct link or of the link to the relay")
    snr_second_hop: Floats = metric("iot", doc="SNR from the relay to the server; infinite for direct links")
    n_relayed: Floats = metric(doc="number of relayed IoTs")
    violation_index_range: Floats = violation("number of indices out of range", 0.0)
    violation_subband_reuse: Floats = violation("IoTs less distinct sub-bands", 0.0)
    violation_uav_power: Floats = violation("largest relative excess over a power budget", 1e-9)
    violation_uav_power_negative: Floats = violation("largest negative power [W]", 1e-9)
    violation_uav_box: Floats = violation("largest distance of a UAV from the area [m]", 1e-9)
    violation_stability: Floats = violation("largest utilisation less that of a stable queue", 0.0)
    violation_delay_max: Floats = violation("largest excess over a maximum delay [s]", 1e-6)


def draw(scenario: Scenario, seeds: np.ndarray) -> Drops:
    """IoTs and servers uniform in the square, one random stream each, so that larger networks keep the smaller."""
    s = scenario
    n = len(seeds)

    def positions(name: str, count: int) -> np.ndarray:
        rows = [
            [random.stream(int(seed), name, i).uniform(0, s.area_side_m, 2) for i in range(count)] for seed in seeds
        ]
        return np.array(rows).reshape(n, count, 2)

    return assemble(s, seeds, iot_xy=positions("iot", s.n_iots), mec_xy=positions("mec", s.n_mecs))


def assemble(s: Scenario, seeds: np.ndarray, **arrays: np.ndarray) -> Drops:
    """Drops of positions and of any other arrays given; all else is the scenario's."""
    n = len(seeds)

    def each(count: int, value: float) -> np.ndarray:
        return np.full((n, count), value)

    frequency = band_centres(s)
    own = {
        "frequency_hz": np.tile(frequency, (n, 1)),
        "absorption_per_m": np.tile(absorption(frequency), (n, 1)),
        "task_bits": each(s.n_iots, s.task_bits),
        "iot_power_w": each(s.n_iots, s.iot_power_w),
        "arrival_rate_per_s": each(s.n_iots, s.arrival_rate_per_s),
        "delay_max_s": each(s.n_iots, s.delay_max_s),
        "uav_power_w": each(s.n_uavs, s.uav_power_w),
    }
    return records.build(
        Drops,
        scenario=s,
        seeds=np.asarray(seeds),
        n_iots=s.n_iots,
        n_mecs=s.n_mecs,
        n_uavs=s.n_uavs,
        n_subbands=s.subbands,
        noise_psd_w_per_hz=units.from_dbm(s.noise_psd_dbm_per_hz),
        antenna_gain=units.from_db(s.antenna_gain_db),
        bandwidth_hz=s.subband_bandwidth_hz,
        service_rate_per_s=s.unit_service_rate_per_s,
        **{name: getattr(s, name) for name in _SAME},
        **(own | arrays),
    )


def band_centres(s: Scenario) -> np.ndarray:
    """(subband,) centre of each sub-band [Hz]."""
    return s.carrier_frequency_hz + (np.arange(s.subbands) + 0.5) * s.subband_bandwidth_hz  # Eq. (M1) [Hz]


_SAME = (
    *("uav_height_m", "mec_height_m", "iot_height_m", "area_side_m", "n_units"),
    *("blocker_height_m", "blocker_radius_m", "blocker_density_per_m2"),
)


def derive(drops: Drops, given: frozenset[str]) -> Drops:
    """Drops with your own frequencies get the table's absorption, unless you gave that as well."""
    if "frequency_hz" in given and "absorption_per_m" not in given:
        return dataclasses.replace(drops, absorption_per_m=absorption(drops.frequency_hz))
    return drops


@lru_cache(maxsize=1)
def _table() -> tuple[np.ndarray, np.ndarray]:
    with files("sagin.systems.thz_uav_mec").joinpath("absorption.csv").open(encoding="ascii") as lines:
        frequency_ghz, attenuation = np.loadtxt(lines, delimiter=",", skiprows=1).T
    return frequency_ghz * 1e9, np.log(attenuation)


def absorption(frequency_hz: np.ndarray) -> np.ndarray:
    """Absorption coefficient [1/m] by log-linear interpolation of a table of P.676-12 (296 K, 7.5 g/m^3)."""
    outside = (frequency_hz < LOWEST_HZ) | (frequency_hz > HIGHEST_HZ)
    if np.any(outside):
        raise InputError("frequency_hz", float(frequency_hz[outside][0]), "1e11 to 1e12", "range of the table")
    attenuation = np.exp(np.interp(frequency_hz, *_table()))  # Eq. (M2) [dB/km]
    return absorption_coefficient_per_m(attenuation)


def distance(horizontal_m: np.ndarray, height_difference_m: float) -> np.ndarray:
    """Slant distance [m] of points `horizontal_m` apart on the ground."""
    return np.sqrt(horizontal_m**2 + height_difference_m**2)  # Eq. (M3) [m]


def link_snr(drops: Drops, power_w: Any, distance_m: Any, frequency_hz: Any, absorption_per_m: Any) -> np.ndarray:
    """SNR of a link; arguments broadcast."""
    gain = free_space_gain(distance_m, frequency_hz) * np.exp(-absorption_per_m * distance_m)  # Eq. (M4)
    return power_w * drops.antenna_gain * gain / (drops.noise_psd_w_per_hz * drops.bandwidth_hz)


def clear(drops: Drops, horizontal_m: np.ndarray) -> np.ndarray:
    """Probability that nobody blocks a direct link."""
    return clear_probability(  # Eq. (M5)
        horizontal_m,
        heights_m=(drops.iot_height_m, drops.mec_height_m),
        blocker_height_m=drops.blocker_height_m,
        blocker_radius_m=drops.blocker_radius_m,
        blocker_density_per_m2=drops.blocker_density_per_m2,
    )


def evaluate(drops: Drops, decision: Decision) -> Metrics:
    """Delays and violations of a decision; wrong indices count as violations and make every delay infinite."""
    n_uavs, n_iots = drops.n_uavs, drops.n_iots
    bad = np.zeros(len(drops.seeds))
    for index, low, high in (
        (decision.server, 0, drops.n_mecs),
        (decision.subband, 0, drops.n_subbands),
        (decision.relay, -1, n_uavs),
    ):
        bad += ((index < low) | (index >= high)).sum(axis=1)  # Eq. (1), (4)
    server = np.clip(decision.server, 0, drops.n_mecs - 1)
    band = np.clip(decision.subband, 0, drops.n_subbands - 1)
    relay = np.clip(decision.relay, -1, n_uavs - 1)
    relayed = relay >= 0

    row = np.arange(len(server))[:, None]
    at_server = drops.mec_xy[row, server]  # (drop, iot, 2)
    frequency = drops.frequency_hz[row, band]
    absorbed = drops.absorption_per_m[row, band]
    ground = np.linalg.norm(at_server - drops.iot_xy, axis=2)
    direct_distance = distance(ground, drops.mec_height_m - drops.iot_height_m)
    first = link_snr(drops, drops.iot_power_w, direct_distance, frequency, absorbed)
    second = np.full_like(first, np.inf)
    if n_uavs:
        up, down, power = _relay_links(drops, decision, relay, at_server)
        first = np.where(relayed, link_snr(drops, drops.iot_power_w, up, frequency, absorbed), first)
        second = np.where(relayed, link_snr(drops, power, down, frequency, absorbed), np.inf)
    rate = np.where(relayed, 1.0, clear(drops, ground)) * shannon_rate(drops.bandwidth_hz, first)  # Eq. (M6) [bit/s]
    # a direct link is a relay link whose second hop takes no time
    communication = two_hop_time(drops.task_bits, rate, shannon_rate(drops.bandwidth_hz, second))  # Eq. (M7) [s]

    load = np.zeros((len(server), drops.n_mecs))
    np.add.at(load, (row, server), drops.arrival_rate_per_s)
    capacity = drops.n_units * drops.service_rate_per_s
    utilisation = load / capacity  # Eq. (7)
    queue = operation_delay(load, drops.n_units, drops.service_rate_per_s)  # Eq. (5), (6) [s]
    bounded = operation_delay(load, drops.n_units, drops.service_rate_per_s, bounded=True)  # Eq. (18), see E3 [s]
    computation = queue[row, server]
    wrong = (bad > 0)[:, None]
    communication = np.where(wrong, np.inf, communication)
    computation = np.where(wrong, np.inf, computation)
    delay = communication + computation  # Eq. (M8) [s]
    ceiling = communication + bounded[row, server]

    distinct = np.array([len(np.unique(row)) for row in decision.subband])
    spent = decision.uav_power.sum(axis=2) / drops.uav_power_w
    outside = np.maximum(-decision.uav_xy, decision.uav_xy - drops.area_side_m)
    return records.build(
        Metrics,
        objective=delay.mean(axis=1),  # Eq. (M9) [s]
        upper_bounded_objective=ceiling.mean(axis=1),
        communication_delay=communication.mean(axis=1),
        computation_delay=computation.mean(axis=1),
        delay=delay,
        delay_communication=communication,
        delay_computation=computation,
        utilisation=utilisation,
        snr_first_hop=first,
        snr_second_hop=second,
        n_relayed=relayed.sum(axis=1).astype(float),
        violation_index_range=bad,
        violation_subband_reuse=(n_iots - distinct).astype(float),  # Eq. (3)
        violation_uav_power=np.max(spent - 1.0, axis=1, initial=-1.0),  # Eq. (2)
        violation_uav_power_negative=np.max(-decision.uav_power, axis=(1, 2), initial=0.0),
        violation_uav_box=np.max(outside, axis=(1, 2), initial=0.0),
        violation_stability=utilisation.max(axis=1) - (1 - SATURATION_MARGIN),
        violation_delay_max=np.max(delay - drops.delay_max_s, axis=1),
    )


def _relay_links(
    drops: Drops, decision: Decision, relay: np.ndarray, at_server: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distances (drop, iot) to and from the chosen UAV [m] and its power for the IoT [W]; any values where direct."""
    row, chosen = np.arange(len(relay))[:, None], np.maximum(relay, 0)
    at_uav = decision.uav_xy[row, chosen]
    up = distance(np.linalg.norm(at_uav - drops.iot_xy, axis=2), drops.uav_height_m - drops.iot_height_m)
    down = distance(np.linalg.norm(at_uav - at_server, axis=2), drops.uav_height_m - drops.mec_height_m)
    power = decision.uav_power[row, chosen, np.arange(drops.n_iots)]
    return up, down, np.maximum(power, 0.0)


def budget(drops: Drops) -> list[tuple[str, float, str]]:
    """Link budget of the first IoT to its nearest server and through a UAV midway, first sub-band, first drop."""
    ground = np.linalg.norm(drops.mec_xy[0] - drops.iot_xy[0, 0], axis=1).min()
    frequency, absorbed = drops.frequency_hz[0, 0], drops.absorption_per_m[0, 0]
    rows = [("noise power", units.to_dbm(drops.noise_psd_w_per_hz * drops.bandwidth_hz), "dBm")]
    away = ground / 2
    lengths = {
        "direct link": float(distance(ground, drops.mec_height_m - drops.iot_height_m)),
        "link to a UAV midway": float(distance(away, drops.uav_height_m - drops.iot_height_m)),
        "link from a UAV midway": float(distance(away, drops.uav_height_m - drops.mec_height_m)),
    }
    for name, length in lengths.items():
        power = drops.uav_power_w[0, 0] if name.startswith("link from") and drops.n_uavs else drops.iot_power_w[0, 0]
        share = float(clear(drops, ground)) if name == "direct link" else 1.0
        snr = float(link_snr(drops, power, length, frequency, absorbed))
        rate = share * float(shannon_rate(drops.bandwidth_hz, snr))
        rows += [
            (f"{name}: length", length, "m"),
            (f"{name}: transmit power", units.to_dbm(power), "dBm"),
            (f"{name}: antenna gain", units.to_db(drops.antenna_gain), "dB"),
            (f"{name}: free-space gain", units.to_db(float(free_space_gain(length, frequency))), "dB"),
            (f"{name}: molecular absorption", units.to_db(float(np.exp(-absorbed * length))), "dB"),
            (f"{name}: SNR", units.to_db(snr), "dB"),
            (f"{name}: clear probability", share, ""),
            (f"{name}: rate", rate, "bit/s"),
            (f"{name}: time of a task", float(drops.task_bits[0, 0]) / rate if rate > 0 else np.inf, "s"),
        ]
    busy = drops.arrival_rate_per_s[0].sum() / drops.n_mecs
    queue = operation_delay(busy, drops.n_units, drops.service_rate_per_s)
    return [*rows, ("queue and service of a task, even load", float(queue), "s")]
