"""The system model of Zhang, Wang, Chen, Xu, Li and Nallanathan (vehicular computing over hybrid THz/RF links).

Equation numbers are the paper's; (M..) are ours where the paper has none. `see E..` cites the errata of paper.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sagin.blocks.access.mmse_precoding import mmse_precoder, stream_sinr
from sagin.blocks.access.noma_sic import decoded_later, sic_sinr
from sagin.blocks.access.shannon import shannon_rate
from sagin.blocks.channel.free_space import free_space_gain
from sagin.blocks.channel.power_law import power_law_gain
from sagin.blocks.channel.thz_link import slant_transmittance, thermal_noise_w, thz_link_gain
from sagin.blocks.computing.cpu import cpu_energy, cpu_time
from sagin.blocks.geometry.orbit import slant_range_at_elevation
from sagin.core import random, records
from sagin.core.constants import EARTH_RADIUS_M
from sagin.core.errors import InputError
from sagin.core.records import Floats, Ints, column, constant, metric, violation
from sagin.core.units import from_db, from_dbm, from_deg, to_db, to_dbm
from sagin.methods.gauss_legendre import gauss_legendre
from sagin.systems.stin_vmdc.scenario import Scenario


@dataclass(frozen=True)
class Drops(records.Drops):
    """Realisations of a scenario: tasks, vehicles, fading, clusters and the two backhauls."""

    scenario: Scenario
    seeds: records.Ints
    n_vehicles: int = constant(doc="vehicles", dtype=int, ge=1)
    n_subchannels: int = constant(doc="RF sub-channels", dtype=int, ge=1)
    n_clusters: int = constant(doc="NOMA clusters", dtype=int, ge=1)
    max_subchannels_per_cluster: int = constant(doc="sub-channels a cluster may hold", dtype=int, ge=1)
    task_bits: Floats = column("vehicle", unit="bit", doc="size of the task", gt=0)
    cycles: Floats = column("vehicle", unit="cycle", doc="work of the whole task", gt=0)
    t_max_s: Floats = column("vehicle", unit="s", doc="deadline", gt=0)
    stay_s: Floats = column("vehicle", unit="s", doc="time in the road-side unit's coverage", gt=0)
    cpu_local_hz: Floats = column("vehicle", unit="cycle/s", doc="clock of the vehicle", gt=0)
    switched_capacitance_local: Floats = column(
        "vehicle", unit="J s^2/cycle^3", doc="switched capacitance of the vehicle's processor", ge=0
    )
    cpu_bs_hz: float = constant(unit="cycle/s", doc="clock at the base station", gt=0)
    cpu_sat_hz: float = constant(unit="cycle/s", doc="clock on the satellite", gt=0)
    switched_capacitance_bs: float = constant(unit="J s^2/cycle^3", doc="capacitance at the base station", ge=0)
    switched_capacitance_sat: float = constant(unit="J s^2/cycle^3", doc="capacitance on the satellite", ge=0)
    p_max_w: float = constant(unit="W", doc="largest RF power of a vehicle", gt=0)
    p_thz_w: float = constant(unit="W", doc="terahertz power of a vehicle", gt=0)
    p_rsu_w: float = constant(unit="W", doc="power of one stream to the base station", gt=0)
    thz_bandwidth_hz: float = constant(unit="Hz", doc="terahertz band", gt=0)
    sub_bandwidth_hz: Floats = constant("subchannel", unit="Hz", doc="bandwidth of a sub-channel", gt=0)
    sub_noise_w: Floats = constant("subchannel", unit="W", doc="noise in a sub-channel", gt=0)
    fading_rf: Floats = column("subchannel", "vehicle", doc="squared magnitude of the RF fading", ge=0)
    path_gain: Floats = column("vehicle", "node", doc="RF path gain at the nodes of the pass", gt=0)
    dist_m: Floats = column("vehicle", "node", unit="m", doc="distance to the road-side unit at the nodes", gt=0)
    quad_w: Floats = constant("node", doc="weights of the nodes", gt=0)
    cluster: Ints = column("vehicle", doc="NOMA cluster", dtype=int, ge=0)
    sic_rank: Ints = column("vehicle", doc="decoding position in the cluster, 0 first", dtype=int, ge=0)
    sinr_thz: Floats = column("vehicle", doc="SINR of the terahertz link over the full band", gt=0)
    rate_rb_bps: Floats = column("vehicle", unit="bit/s", doc="rate from the road-side unit to the base station", gt=0)

    def __post_init__(self) -> None:
        for name, length in (("n_vehicles", self.task_bits.shape[1]), ("n_subchannels", self.fading_rf.shape[1])):
            if getattr(self, name) != length:
                raise InputError(name, getattr(self, name), f"{length}, as the arrays have")
        if self.cluster.max() >= self.n_clusters:
            raise InputError("cluster", int(self.cluster.max()), f"< n_clusters = {self.n_clusters}", "counted from 0")


@dataclass(frozen=True)
class Decision(records.Record):
    """Splits, terahertz shares, RF powers and the sub-channels of every cluster."""

    theta: Floats = column("vehicle", doc="share of the task for the base station")
    zeta: Floats = column("vehicle", doc="share of the task for the satellite")
    alpha: Floats = column("vehicle", doc="share of the terahertz band")
    power: Floats = column("vehicle", unit="W", doc="RF power over all sub-channels")
    eta: Ints = column("subchannel", "cluster", doc="1 where the sub-channel serves the cluster", dtype=int)


@dataclass(frozen=True)
class Metrics(records.Metrics):
    """Computation efficiency, its parts, and signed violations of (30)."""

    objective: Floats = metric(unit="bit/J", doc="computation efficiency J, bits computed a joule")
    energy_per_bit_j: Floats = metric(unit="J/bit", doc="energy a bit, 1/J")
    energy_j: Floats = metric("vehicle", unit="J", doc="energy of a vehicle's task")
    energy_local_j: Floats = metric("vehicle", unit="J", doc="computing in the vehicle")
    energy_uplink_j: Floats = metric("vehicle", unit="J", doc="RF transmission to the road-side unit")
    energy_relay_j: Floats = metric("vehicle", unit="J", doc="transmission on to the base station")
    energy_bs_j: Floats = metric("vehicle", unit="J", doc="computing at the base station")
    energy_thz_j: Floats = metric("vehicle", unit="J", doc="terahertz transmission to the satellite")
    energy_sat_j: Floats = metric("vehicle", unit="J", doc="computing on the satellite")
    rate_rf_bps: Floats = metric("vehicle", unit="bit/s", doc="mean RF rate over the pass")
    rate_thz_bps: Floats = metric("vehicle", unit="bit/s", doc="terahertz rate of the vehicle's share")
    delay_local_s: Floats = metric("vehicle", unit="s", doc="local computing")
    delay_upload_s: Floats = metric("vehicle", unit="s", doc="upload to the road-side unit")
    delay_edge_s: Floats = metric("vehicle", unit="s", doc="whole path over the base station")
    delay_sat_s: Floats = metric("vehicle", unit="s", doc="whole path over the satellite")
    violation_theta_low: Floats = violation("theta >= 0")
    violation_theta_high: Floats = violation("theta <= 1")
    violation_zeta_low: Floats = violation("zeta >= 0")
    violation_zeta_high: Floats = violation("zeta <= 1")
    violation_split_sum: Floats = violation("theta + zeta <= 1")
    violation_alpha_low: Floats = violation("alpha >= 0")
    violation_alpha_high: Floats = violation("alpha <= 1")
    violation_alpha_sum: Floats = violation("the shares sum to 1")
    violation_power_low: Floats = violation("power >= 0, relative to P_max")
    violation_power_high: Floats = violation("power <= P_max, relative")
    violation_eta_binary: Floats = violation("eta is 0 or 1")
    violation_eta_one_cluster: Floats = violation("a sub-channel serves at most one cluster")
    violation_eta_quota: Floats = violation("a cluster holds at most its quota of sub-channels")
    violation_stay: Floats = violation("upload within the stay, relative")
    violation_delay_local: Floats = violation("local computing within the deadline, relative")
    violation_delay_edge: Floats = violation("base station path within the deadline, relative")
    violation_delay_sat: Floats = violation("satellite path within the deadline, relative")


def draw(scenario: Scenario, seeds: np.ndarray) -> Drops:
    """Drops of a scenario; every vehicle has its own streams, so larger scenarios keep the smaller ones' members."""
    c = scenario
    raw = [_draw_one(c, int(seed)) for seed in seeds]
    uniform, chi, fading, elevation, rate_rb = (np.array(part) for part in zip(*raw, strict=True))
    task_bits = _between(uniform[..., 0], c.task_bits_min, c.task_bits_max)
    cycles = _between(uniform[..., 1], c.cycles_per_bit_min, c.cycles_per_bit_max) * task_bits
    offset = _between(uniform[..., 2], c.rsu_offset_min_m, c.rsu_offset_max_m)
    speed = _between(uniform[..., 3], c.speed_min_mps, c.speed_max_mps)
    chord = 2 * np.sqrt(c.rsu_radius_m**2 - offset**2)  # Eq. (1) [m]
    stay = chord / speed  # Eq. (2) [s]
    nodes, quad_w = gauss_legendre(c.n_quad)
    dist = np.sqrt(offset[..., None] ** 2 + (nodes * chord[..., None] / 2) ** 2)  # Eq. (9) [m]
    distance = slant_range_at_elevation(elevation, c.sat_altitude_m, EARTH_RADIUS_M)
    sinr_thz = thz_sinr(c, thz_gain(c, distance, elevation)[:, None], chi)
    if not (sinr_thz > 0).all():
        raise InputError("thz_abs_coeff_per_m", c.thz_abs_coeff_per_m, "less", "no power reaches the satellite")
    return assemble(
        c,
        seeds,
        task_bits=task_bits,
        cycles=cycles,
        stay_s=stay,
        dist_m=dist,
        quad_w=quad_w,
        fading_rf=fading,
        sinr_thz=sinr_thz,
        rate_rb_bps=rate_rb[:, None] * np.ones_like(task_bits),
    )


def assemble(c: Scenario, seeds: np.ndarray, **arrays: np.ndarray) -> Drops:
    """Drops of the arrays that vary: path gains of the distances, clusters of the gains; all else is the scenario's."""
    path_gain = power_law_gain(arrays["dist_m"], c.pathloss_exponent)  # (drop, vehicle, node)
    cluster, sic_rank = clusters(arrays["fading_rf"], path_gain, arrays["quad_w"], c.n_clusters)
    full = np.ones_like(arrays["task_bits"])
    return records.build(
        Drops,
        scenario=c,
        seeds=seeds,
        n_vehicles=c.n_vehicles,
        n_subchannels=c.n_channels,
        n_clusters=c.n_clusters,
        max_subchannels_per_cluster=c.quota,
        t_max_s=c.t_max_s * full,
        cpu_local_hz=c.cpu_local_hz * full,
        switched_capacitance_local=c.switched_capacitance_local * full,
        cpu_bs_hz=c.cpu_bs_hz,
        cpu_sat_hz=c.cpu_sat_hz,
        switched_capacitance_bs=c.switched_capacitance_bs,
        switched_capacitance_sat=c.switched_capacitance_sat,
        p_max_w=from_dbm(c.p_max_dbm),
        p_thz_w=from_dbm(c.thz_power_dbm),
        p_rsu_w=from_dbm(c.rsu_power_dbm),
        thz_bandwidth_hz=c.thz_bandwidth_hz,
        sub_bandwidth_hz=np.full(c.n_channels, c.rf_bandwidth_hz / c.n_channels),
        sub_noise_w=np.full(c.n_channels, c.channel_noise_w),
        path_gain=path_gain,
        cluster=cluster,
        sic_rank=sic_rank,
        **arrays,
    )


def thz_sinr(c: Scenario, gain: np.ndarray, fading: np.ndarray) -> np.ndarray:
    """SINR over the full terahertz band of power gains without and powers of the fading; they broadcast."""
    noise = thermal_noise_w(c.thz_noise_temp_k, c.thz_bandwidth_hz, from_db(c.thz_noise_figure_db))
    return from_dbm(c.thz_power_dbm) * gain * fading / noise  # Eq. (4) [1]


def _draw_one(c: Scenario, seed: int) -> tuple[Any, ...]:
    """(vehicle, 4) uniforms, (vehicle,) fading of both bands, elevation [rad] and the rate to the base station."""
    vehicles = range(c.n_vehicles)
    uniform, chi = np.empty((c.n_vehicles, 4)), np.empty(c.n_vehicles)
    for m in vehicles:
        generator = random.stream(seed, "vehicle", m)
        uniform[m] = generator.random(4)
        chi[m] = generator.gamma(c.thz_nakagami_m, 1 / c.thz_nakagami_m)
    fading = np.empty((c.n_channels, c.n_vehicles))
    for m in vehicles:
        fading[:, m] = random.stream(seed, "fading", m).exponential(size=fading.shape[0])
    low, high = from_deg(c.sat_elevation_min_deg), from_deg(c.sat_elevation_max_deg)
    elevation = _between(random.stream(seed, "satellite").random(), low, high)
    return uniform, chi, fading, elevation, backhaul_mean_rate(c, seed)


def _between(uniform: Any, low: float, high: float) -> Any:
    return low + (high - low) * uniform


def backhaul_mean_rate(c: Scenario, seed: int) -> float:
    """Mean rate of a stream to the base station [bit/s], over streams and channel draws."""
    channel = np.empty((c.n_bs_draws, c.n_vehicles, c.rsu_antennas), dtype=complex)
    for m in range(c.n_vehicles):
        rows = random.complex_normal(random.stream(seed, "rsu_bs", m), c.n_bs_draws * c.rsu_antennas)
        channel[:, m] = rows.reshape(c.n_bs_draws, c.rsu_antennas)
    channel *= np.sqrt(power_law_gain(c.rsu_bs_distance_m, c.pathloss_exponent))
    rates = backhaul_rate(channel, from_dbm(c.rsu_power_dbm), from_dbm(c.noise_bs_dbm), c.rsu_bs_bandwidth_hz)
    return float(rates.mean())  # Eq. (14) [bit/s]


def thz_gain(c: Scenario, distance: np.ndarray, elevation: np.ndarray, *, layer: bool = True) -> np.ndarray:
    """Power gain of the terahertz link without fading over a distance [m] under an elevation [rad], same shapes.

    `layer`: with the scenario's absorbing layer; without it, the air is left to the caller.
    """
    gains = c.thz_rho * from_db(c.thz_gain_vehicle_dbi + c.thz_gain_sat_dbi)
    absorbing = (c.thz_abs_coeff_per_m if layer else 0.0, c.thz_abs_height_m)
    return thz_link_gain(distance, elevation, c.thz_carrier_hz, gains, absorbing)  # Eq. (3), corrected, see E3, E4, E5


def backhaul_rate(channel: np.ndarray, power_w: float, noise_w: float, bandwidth_hz: float) -> np.ndarray:
    """(..., stream) [bit/s] rates from the road-side unit to the base station; `channel`: (..., stream, antenna)."""
    precoder = mmse_precoder(channel, noise_w / power_w)  # Eq. (12), unit columns, see E11
    sinr = stream_sinr(channel, precoder, power_w, noise_w)  # Eq. (13), corrected, see E10
    return shannon_rate(bandwidth_hz, sinr)


def clusters(
    fading: np.ndarray, path_gain: np.ndarray, quad_w: np.ndarray, n_clusters: int
) -> tuple[np.ndarray, np.ndarray]:
    """(drop, vehicle) cluster and decoding position: vehicles dealt out in falling order of mean gain."""
    gain = mean_gain(fading, path_gain, quad_w)
    order = np.argsort(-gain, axis=-1, kind="stable")
    position = np.argsort(order, axis=-1, kind="stable")
    return position % n_clusters, position // n_clusters  # Eq. (M1), see E17


def mean_gain(fading: np.ndarray, path_gain: np.ndarray, quad_w: np.ndarray) -> np.ndarray:
    """(drop, vehicle) RF power gain averaged over the sub-channels and the pass."""
    return fading.mean(axis=-2) * (path_gain @ quad_w)


def derive(drops: Drops, given: frozenset[str]) -> Drops:
    """Path gains of given distances, clusters of given gains; arrays given themselves stay as they are."""
    fields = {name: getattr(drops, name) for name in records.columns(Drops)}
    if "dist_m" in given and "path_gain" not in given:
        fields["path_gain"] = power_law_gain(drops.dist_m, drops.scenario.pathloss_exponent)
    if given & {"dist_m", "path_gain", "fading_rf", "quad_w", "n_clusters"} and not given & {"cluster", "sic_rank"}:
        gains = (fields["fading_rf"], fields["path_gain"], drops.quad_w)
        fields["cluster"], fields["sic_rank"] = clusters(*gains, drops.n_clusters)
    return records.build(Drops, scenario=drops.scenario, seeds=drops.seeds, **fields)


def rf_rates(d: Drops, power: np.ndarray, eta: np.ndarray) -> np.ndarray:
    """(drop, vehicle) [bit/s] mean RF rates; `power`: (drop, vehicle) [W], `eta`: (drop, subchannel, cluster)."""
    serves = np.take_along_axis(eta, np.broadcast_to(d.cluster[:, None, :], d.fading_rf.shape), axis=2) > 0
    count = serves.sum(axis=1)  # (drop, vehicle)
    per_channel = np.maximum(power, 0) / np.maximum(count, 1)
    later = decoded_later(d.cluster, d.sic_rank)
    nodes = np.moveaxis(d.path_gain, -1, 0)[:, :, None, :]  # (node, drop, 1, vehicle)
    received = (serves * per_channel[:, None] * d.fading_rf) * nodes
    sinr = sic_sinr(received, later, d.sub_noise_w)  # Eq. (8), corrected, see E7, E8
    instant = shannon_rate(d.sub_bandwidth_hz[:, None], sinr).sum(axis=2)  # Eq. (10) [bit/s]
    rate = np.zeros_like(power)
    for weight, part in zip(d.quad_w, instant, strict=True):
        rate += weight * part  # Eq. (11) [bit/s]
    return rate


def evaluate(d: Drops, x: Decision) -> Metrics:
    """Metrics of a decision; infinite delays and energies where bits meet no rate, never an exception."""
    if x.eta.shape[2] != d.n_clusters:
        raise InputError("eta.shape", x.eta.shape, f"{d.n_clusters} along cluster", "one column a NOMA cluster")
    local = 1 - x.theta - x.zeta
    rate_rf = rf_rates(d, x.power, x.eta)
    rate_thz = np.maximum(x.alpha, 0) * shannon_rate(d.thz_bandwidth_hz, d.sinr_thz)  # Eq. (5) [bit/s], see E2
    t_local = local * cpu_time(d.cycles, d.cpu_local_hz)  # Eq. (15) [s]
    t_upload = _time(x.theta * d.task_bits, rate_rf)  # Eq. (17) [s]
    t_relay = _time(x.theta * d.task_bits, d.rate_rb_bps)  # Eq. (18) [s]
    t_bs = x.theta * cpu_time(d.cycles, d.cpu_bs_hz)  # Eq. (19) [s]
    t_edge = t_upload + t_relay + t_bs  # Eq. (22) [s]
    t_thz = _time(x.zeta * d.task_bits, rate_thz)  # Eq. (20) [s]
    t_sat = x.zeta * cpu_time(d.cycles, d.cpu_sat_hz)  # Eq. (21) [s]
    parts = {
        "local": local * cpu_energy(d.cycles, d.cpu_local_hz, d.switched_capacitance_local),  # Eq. (16) [J]
        "uplink": _energy(x.power, t_upload),  # Eq. (23) [J]
        "relay": d.p_rsu_w * t_relay,  # Eq. (24) [J], see E11
        "bs": x.theta * cpu_energy(d.cycles, d.cpu_bs_hz, d.switched_capacitance_bs),  # Eq. (25) [J]
        "thz": d.p_thz_w * t_thz,  # Eq. (26) [J], see E2
        "sat": x.zeta * cpu_energy(d.cycles, d.cpu_sat_hz, d.switched_capacitance_sat),  # Eq. (27) [J]
    }
    energy = sum(parts.values())  # Eq. (28) [J]
    bits, total = d.task_bits.sum(axis=1), np.asarray(energy).sum(axis=1)
    with np.errstate(divide="ignore"):
        objective = np.where(np.isfinite(total), bits / total, 0.0)  # Eq. (29) [bit/J]
    served = x.eta.sum(axis=2)
    return records.build(
        Metrics,
        objective=objective,
        energy_per_bit_j=total / bits,
        energy_j=energy,
        **{f"energy_{name}_j": value for name, value in parts.items()},
        rate_rf_bps=rate_rf,
        rate_thz_bps=rate_thz,
        delay_local_s=t_local,
        delay_upload_s=t_upload,
        delay_edge_s=t_edge,
        delay_sat_s=t_thz + t_sat,
        **_box(theta=x.theta, zeta=x.zeta, alpha=x.alpha, power=x.power / d.p_max_w),  # Eq. (30)
        violation_split_sum=(x.theta + x.zeta - 1).max(axis=1),
        violation_alpha_sum=np.abs(x.alpha.sum(axis=1) - 1),
        violation_eta_binary=np.minimum(np.abs(x.eta), np.abs(x.eta - 1)).max(axis=(1, 2)),
        violation_eta_one_cluster=served.max(axis=1) - 1,
        violation_eta_quota=x.eta.sum(axis=1).max(axis=1) - d.max_subchannels_per_cluster,
        violation_stay=(t_upload / d.stay_s).max(axis=1) - 1,
        violation_delay_local=(t_local / d.t_max_s).max(axis=1) - 1,
        violation_delay_edge=(t_edge / d.t_max_s).max(axis=1) - 1,
        violation_delay_sat=((t_thz + t_sat) / d.t_max_s).max(axis=1) - 1,
    )


def _box(**values: np.ndarray) -> dict[str, np.ndarray]:
    """Violations of 0 <= value <= 1, by name."""
    low = {f"violation_{name}_low": (-value).max(axis=1) for name, value in values.items()}
    return low | {f"violation_{name}_high": value.max(axis=1) - 1 for name, value in values.items()}


def _time(bits: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Bits over rate [s]; no bits take no time, bits without a rate take for ever."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bits > 0, bits / rate, 0.0)


def _energy(power: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Power times time [J], infinite where the time is."""
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(time), power * time, np.inf)


def budget(d: Drops) -> list[tuple[str, float, str]]:
    """Link budget at mid elevation without fading, and the means over the vehicles of the first drop."""
    c = d.scenario
    elevation = np.array(from_deg((c.sat_elevation_min_deg + c.sat_elevation_max_deg) / 2))
    distance = float(slant_range_at_elevation(elevation, c.sat_altitude_m, EARTH_RADIUS_M))
    absorption = slant_transmittance(elevation, c.thz_abs_coeff_per_m, c.thz_abs_height_m)
    noise = to_dbm(thermal_noise_w(c.thz_noise_temp_k, c.thz_bandwidth_hz, from_db(c.thz_noise_figure_db)))
    sinr = c.thz_power_dbm + to_db(thz_gain(c, np.asarray(distance), elevation)) - noise
    rf_gain = mean_gain(d.fading_rf, d.path_gain, d.quad_w)[0]
    bits, cycles = d.task_bits[0].mean(), d.cycles[0].mean()
    return [
        ("satellite: elevation", float(np.rad2deg(elevation)), "deg"),
        ("satellite: slant range", distance, "m"),
        ("satellite: transmit power", c.thz_power_dbm, "dBm"),
        ("satellite: antenna gains", c.thz_gain_vehicle_dbi + c.thz_gain_sat_dbi, "dB"),
        ("satellite: absorption", float(to_db(absorption)), "dB"),
        ("satellite: free-space gain", float(to_db(free_space_gain(distance, c.thz_carrier_hz))), "dB"),
        ("satellite: noise", float(noise), "dBm"),
        ("satellite: SINR", float(sinr), "dB"),
        ("satellite: full-band rate", float(shannon_rate(c.thz_bandwidth_hz, from_db(sinr))), "bit/s"),
        ("road-side unit: mean gain", float(to_db(rf_gain.mean())), "dB"),
        ("road-side unit: mean SNR at P_max", float(to_db(rf_gain.mean() * d.p_max_w / d.sub_noise_w.sum())), "dB"),
        ("base station: rate of a stream", float(d.rate_rb_bps[0].mean()), "bit/s"),
        ("mean task: size", float(bits), "bit"),
        ("mean task: all local", float(cycles / d.cpu_local_hz[0].mean()), "s"),
        ("mean task: computed at the base station", float(cycles / d.cpu_bs_hz), "s"),
        ("mean task: computed on the satellite", float(cycles / d.cpu_sat_hz), "s"),
        ("mean task: local energy", float(cpu_energy(cycles, c.cpu_local_hz, c.switched_capacitance_local)), "J"),
        ("mean task: base station energy", float(cpu_energy(cycles, c.cpu_bs_hz, c.switched_capacitance_bs)), "J"),
        ("mean task: satellite energy", float(cpu_energy(cycles, c.cpu_sat_hz, c.switched_capacitance_sat)), "J"),
    ]
