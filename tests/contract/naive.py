"""Independent judges: every system's objective and constraints once more, drop by drop, in plain loops.

Written from the equations in paper.md, with log2(1 + x) and 2**x as a reader would write them, so that a decision which
only holds up in careful arithmetic is found out. `judge(system, drops, decision, i)` gives the objective of drop i and
its largest violation, relative where the constraint has a scale.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..systems import network_reference

Judged = tuple[float, float]


def log_rate(bandwidth: float, snr: float) -> float:
    return bandwidth * math.log2(1 + snr) if math.isfinite(snr) else math.inf


def seconds(bits: float, rate: float) -> float:
    if bits <= 0:
        return 0.0
    return bits / rate if rate > 0 else math.inf


def dm_mimo_vec(d: Any, x: Any, i: int) -> Judged:
    n = d.task_bits.shape[1]
    sequential = hasattr(x, "order")
    received = d.h_sat[i] @ x.v[i].T
    upload = [
        log_rate(
            d.bandwidth_ground_hz,
            d.gain_ground[i, k] * d.p_vehicle_w[i, k] / d.distance_m[i, k] ** d.pathloss_exponent / d.noise_ground_w,
        )
        for k in range(n)
    ]
    sent, branch, energy, power = np.zeros(n), np.zeros(n), 0.0, np.zeros(n)
    near = np.zeros(n)
    for k in range(n):
        rest = np.eye(len(received)) * d.noise_sat_w
        if not sequential:
            rest = rest + sum(np.outer(received[:, j], received[:, j].conj()) for j in range(n) if j != k)
        wanted = received[:, k]
        sinr = float(np.real(wanted.conj() @ np.linalg.solve(rest, wanted)))
        up, down = x.s_sat_bits[i, k], d.task_bits[i, k] - x.s_sat_bits[i, k]
        power[k] = float((np.abs(x.v[i, k]) ** 2).sum())
        sent[k] = seconds(up, log_rate(d.bandwidth_sat_hz, max(sinr, 0.0)))
        branch[k] = sent[k] + d.cycles_per_bit * up / d.cpu_sat_hz[i, k]
        near[k] = d.cycles_per_bit * down / d.cpu_rsu_hz[i, k]
        energy += d.switched_capacitance_rsu * d.rsu_clock_hz**2 * d.cycles_per_bit * down
        energy += d.switched_capacitance_sat * d.cpu_clock_hz**2 * d.cycles_per_bit * up
        energy += power[k] * sent[k] if power[k] > 0 else 0.0
    ends, violation = np.zeros(n), 0.0
    if sequential:
        now, free = 0.0, 0.0
        for k in x.order[i]:
            took = d.task_bits[i, k] / upload[k]
            now += took
            energy += d.p_vehicle_w[i, k] * took
            start = max(now, free) if sent[k] > 0 else now
            free = max(free, start + sent[k])
            ends[k] = max(now + near[k], start + branch[k])
        violation = power.max() / d.p_max_w - 1
    else:
        for k in range(n):
            took = seconds(d.task_bits[i, k], x.alpha[i, k] * upload[k])
            energy += d.p_vehicle_w[i, k] * took
            ends[k] = took + max(near[k], branch[k])
        used = power.max() if d.power_limit == "per_stream" else power.sum()
        violation = max(used / d.p_max_w - 1, x.alpha[i].sum() - 1, (-x.alpha[i]).max())
    share = x.s_sat_bits[i] / d.task_bits[i]
    violation = max(violation, (-share).max(), (share - 1).max(), ends.max() / d.t_max_s - 1)
    delay = ends.sum()
    return (d.beta * delay + (1 - d.beta) * energy if np.isfinite(delay) else math.inf), float(violation)


def stin_vmdc(d: Any, x: Any, i: int) -> Judged:
    n, n_sub = d.task_bits.shape[1], len(d.sub_bandwidth_hz)
    total, violation = 0.0, 0.0
    held = [[f for f in range(n_sub) if x.eta[i, f, d.cluster[i, m]] > 0] for m in range(n)]
    for m in range(n):
        theta, zeta, bits = x.theta[i, m], x.zeta[i, m], d.task_bits[i, m]
        rate = 0.0
        for q, weight in enumerate(d.quad_w):
            for f in held[m]:
                noise = d.sub_noise_w[f]
                for j in range(n):
                    if d.cluster[i, j] == d.cluster[i, m] and d.sic_rank[i, j] > d.sic_rank[i, m]:
                        gain = d.fading_rf[i, f, j] * d.path_gain[i, j, q]
                        noise += x.power[i, j] / len(held[m]) * gain
                own = x.power[i, m] / len(held[m]) * d.fading_rf[i, f, m] * d.path_gain[i, m, q]
                rate += weight * log_rate(d.sub_bandwidth_hz[f], own / noise)
        thz = x.alpha[i, m] * log_rate(d.thz_bandwidth_hz, d.sinr_thz[i, m])
        up, over = seconds(theta * bits, rate), seconds(zeta * bits, thz)
        relay = theta * bits / d.rate_rb_bps[i, m]
        cycles, local = d.cycles[i, m], 1 - theta - zeta
        total += local * cycles * d.switched_capacitance_local[i, m] * d.cpu_local_hz[i, m] ** 2
        total += (x.power[i, m] * up if theta > 0 else 0.0) + d.p_rsu_w * relay + d.p_thz_w * over
        total += theta * cycles * d.switched_capacitance_bs * d.cpu_bs_hz**2
        total += zeta * cycles * d.switched_capacitance_sat * d.cpu_sat_hz**2
        deadline = d.t_max_s[i, m]
        violation = max(
            violation,
            *(-theta, -zeta, theta + zeta - 1, x.power[i, m] / d.p_max_w - 1, -x.power[i, m] / d.p_max_w),
            *(-x.alpha[i, m], up / d.stay_s[i, m] - 1, local * cycles / d.cpu_local_hz[i, m] / deadline - 1),
            (up + relay + theta * cycles / d.cpu_bs_hz) / deadline - 1,
            (over + zeta * cycles / d.cpu_sat_hz) / deadline - 1,
        )
    eta = x.eta[i]
    quota = max(eta.sum(axis=1).max() - 1, eta.sum(axis=0).max() - d.max_subchannels_per_cluster)
    violation = max(violation, abs(x.alpha[i].sum() - 1), float(quota))
    return d.task_bits[i].sum() / total if math.isfinite(total) else 0.0, float(violation)


def erlang_wait(c: int, rho: float) -> float:
    """Probability of waiting, by its defining sum of a^k / k!, in terms scaled by the last one."""
    a, term, total = c * rho, 1.0, 0.0
    for k in range(c, 0, -1):
        term *= k / a
        total += term
    return 1 / (1 + (1 - rho) * total)


def thz_uav_mec(d: Any, x: Any, i: int) -> Judged:
    n, total, violation = d.n_iots, 0.0, 0.0
    if len(set(x.subband[i].tolist())) < n:
        violation = 1.0
    load = np.bincount(x.server[i], d.arrival_rate_per_s[i], d.n_mecs)

    def snr(power: float, length: float, f: int) -> float:
        spread = (299792458.0 / (4 * math.pi * d.frequency_hz[i, f] * length)) ** 2
        lost = math.exp(-d.absorption_per_m[i, f] * length)
        return power * d.antenna_gain * spread * lost / (d.noise_psd_w_per_hz * d.bandwidth_hz)

    for k in range(n):
        m, f, u = x.server[i, k], x.subband[i, k], x.relay[i, k]
        ground = math.dist(d.iot_xy[i, k], d.mec_xy[i, m])
        bits = d.task_bits[i, k]
        if u < 0:
            length = math.hypot(ground, d.mec_height_m - d.iot_height_m)
            low, high = sorted((d.iot_height_m, d.mec_height_m))
            clear = 1.0
            if d.blocker_height_m > low:
                part = min(1.0, (d.blocker_height_m - low) / (high - low))
                strip = 2 * d.blocker_radius_m * (part * ground + d.blocker_radius_m)
                clear = math.exp(-d.blocker_density_per_m2 * strip)
            link = seconds(bits, clear * log_rate(d.bandwidth_hz, snr(d.iot_power_w[i, k], length, f)))
        else:
            up = math.hypot(math.dist(x.uav_xy[i, u], d.iot_xy[i, k]), d.uav_height_m - d.iot_height_m)
            down = math.hypot(math.dist(x.uav_xy[i, u], d.mec_xy[i, m]), d.uav_height_m - d.mec_height_m)
            link = seconds(bits, log_rate(d.bandwidth_hz, snr(d.iot_power_w[i, k], up, f)))
            link += seconds(bits, log_rate(d.bandwidth_hz, snr(x.uav_power[i, u, k], down, f)))
        rho = load[m] / (d.n_units * d.service_rate_per_s)
        if rho >= 1:
            return math.inf, math.inf
        queue = 1 / d.service_rate_per_s
        queue += erlang_wait(d.n_units, rho) / (d.n_units * d.service_rate_per_s - load[m])
        total += link + queue
        violation = max(violation, link + queue - d.delay_max_s[i, k])
    for u in range(d.n_uavs):
        violation = max(violation, x.uav_power[i, u].sum() / d.uav_power_w[i, u] - 1, -x.uav_power[i, u].min())
    return total / n, float(violation)


def isac_sagin(d: Any, x: Any, i: int) -> Judged:
    n = d.leo_gain.shape[1]
    frame_bits = d.min_data_bits / n
    pilots, data, ratios = (np.broadcast_to(v[i], n) for v in (x.pilot_s, x.data_s, x.ratio))
    energy, violation = 0.0, 1 - x.bits[i].sum() / d.min_data_bits
    n_rx = d.steering_rx.shape[2]
    clutter = float(np.trace(d.clutter_covariance[i]).real)
    for f in range(n):
        symbols = d.pilot_symbol_rate_hz * pilots[f]
        snr = d.iot_power_w * d.channel_gain[i, f] / d.noise_power_w
        rate = log_rate(d.bandwidth_hz, snr / (1 + 1 / symbols))
        top = log_rate(d.bandwidth_hz, d.aav_max_power_w * d.leo_gain[i, f] / d.noise_power_w)
        up = ratios[f] * x.bits[i, f]
        power = d.noise_power_w / d.leo_gain[i, f] * (2 ** (up / data[f] / d.bandwidth_hz) - 1)
        cycles = d.cycles_per_pilot_bit * d.pilot_bits_per_symbol * d.bandwidth_hz * pilots[f]
        energy += d.switched_capacitance_aav * cycles * (cycles / pilots[f]) ** 2
        cycles = d.cycles_per_data_bit * (1 - ratios[f]) * x.bits[i, f]
        energy += d.switched_capacitance_aav * cycles * (cycles / data[f]) ** 2 + power * data[f]
        echo = d.iot_power_w * symbols
        sensed = echo * n_rx * d.target_gain[i, f] / (echo * clutter + n_rx * d.noise_power_w)
        violation = max(
            violation,
            *((x.bits[i, f] - rate * data[f]) / frame_bits, (up - top * data[f]) / frame_bits),
            *(1 - sensed / d.sensing_sinr_min, abs((pilots[f] + data[f]) / d.frame_length_s - 1)),
            *(-ratios[f], ratios[f] - 1, -x.bits[i, f] / frame_bits),
        )
    return energy, float(violation)


def ccmsm(d: Any, x: Any, i: int) -> Judged:
    n, slots = d.data_bits.shape[1:]
    noise = d.noise_psd_w_per_hz * d.bandwidth_hz
    ends, energy, jobs = [0.0], 0.0, {}
    whole, alone = 0.0, [0.0]
    for t in range(n):
        rate = log_rate(d.bandwidth_hz, x.power_w[i, t] * d.gain[i, t] / noise)
        now, own, sent = 0.0, 0.0, 0.0
        for s in x.queue[i, t]:
            if d.task_mask[i, t, s] and x.core[i, t, s] > 0:
                now += d.data_bits[i, t, s] / rate
                jobs.setdefault(int(x.core[i, t, s]), []).append((now, t, int(s)))
        sent = now
        for s in range(slots):
            local = d.switched_capacitance_local * d.cpu_local_hz[i, t] ** 2 * d.cycles[i, t, s]
            whole += local
            if x.core[i, t, s] > 0:
                energy += d.switched_capacitance_core * d.cpu_core_hz**2 * d.cycles[i, t, s]
            else:
                own += d.cycles[i, t, s] / d.cpu_local_hz[i, t]
                energy += local
        energy += x.power_w[i, t] * sent
        ends.append(own)
        alone.append(float(d.cycles[i, t].sum() / d.cpu_local_hz[i, t]))
    for queue in jobs.values():
        free = 0.0
        for arrival, t, s in sorted(queue):
            free = max(free, arrival) + d.cycles[i, t, s] / d.cpu_core_hz
        ends.append(free)
    makespan = max(ends)
    if d.scenario.utility_mode == "normalised":
        energy, makespan = energy / whole, makespan / max(alone)
    bad = np.sort(x.queue[i], axis=1) != np.arange(slots)
    outside = max((d.p_min_w - x.power_w[i]).max(), (x.power_w[i] - d.p_max_w).max()) / d.p_max_w
    wrong = bad.any() or x.core[i].min() < 0 or x.core[i].max() > d.n_cores or (x.core[i] * ~d.task_mask[i]).any()
    return d.preference * energy + (1 - d.preference) * makespan, max(float(outside), float(wrong))


def network(d: Any, x: Any, i: int) -> Judged:
    found = network_reference.judge(network_reference.table_of(d, i), x.split[i], x.rate[i])
    return found["objective"], float(max(found["violation"].values()))


JUDGES: dict[str, Callable[[Any, Any, int], Judged]] = {
    judge.__name__: judge for judge in (dm_mimo_vec, stin_vmdc, thz_uav_mec, isac_sagin, ccmsm, network)
}
