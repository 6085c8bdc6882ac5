"""Papers' systems said as declared networks: the same decision has the same energy and delays under both models."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import sagin
from sagin.blocks.access.shannon import shannon_rate
from sagin.blocks.computing.queue_mmc import operation_delay
from sagin.core import records
from sagin.systems.ccmsm.model import Decision as Plan
from sagin.systems.dm_mimo_vec.model import ground_snr
from sagin.systems.isac_sagin.model import RatioPerFrame
from sagin.systems.network import bound, model
from sagin.systems.stin_vmdc.model import Decision as Paper

NETWORK = sagin.system("network")


@dataclass(frozen=True)
class Hop:
    """One hop of all users, (drop, user) each or the same: resource, need of a whole task, full rate, joules, watts."""

    at: int
    work: Any
    peak: Any
    energy_j: Any = 0.0
    on_power_w: Any = 0.0


def said(
    bits: np.ndarray, routes: Sequence[Sequence[Hop]], kinds: Sequence[str], latency_s: Any = 0.0, **more: Any
) -> model.Drops:
    """Drops in which every user has the same routes; `kinds`: regions of the resources."""
    d, n = bits.shape
    shape = (d, n, len(routes), max(map(len, routes)))
    resource = np.full(shape[1:], -1)
    table = {name: np.zeros(shape) for name in ("work", "energy_j", "on_power_w")} | {"peak": np.ones(shape)}
    for r, hops in enumerate(routes):
        for h, hop in enumerate(hops):
            resource[:, r, h] = hop.at
            for name, array in table.items():
                array[:, :, r, h] = getattr(hop, name)
    given: dict[str, Any] = {"cycles": bits, "deadline_s": np.full((d, n), np.inf), "weight": np.ones((d, n))}
    given |= {"beta": 1.0, "objective": "sum", "splitting": True, **more}
    return model.hand_drops(
        task_bits=bits,
        route_ok=np.ones(shape[:3], dtype=bool),
        latency_s=np.zeros(shape[:3]) + latency_s,
        resource=resource,
        snr=np.zeros(shape),
        kind=np.array(kinds),
        private=np.zeros(len(kinds), dtype=bool),
        resource_name=np.array([f"r{m}" for m in range(len(kinds))]),
        **table,
        **given,
    )


def judged(drops: model.Drops, split: np.ndarray, rate: np.ndarray) -> model.Metrics:
    """Metrics of a feasible decision, which the bound does not exceed."""
    metrics = model.evaluate(drops, model.Decision(split, rate))
    assert records.feasible(metrics).all()
    assert (bound.lower_bound(drops) <= metrics.objective * (1 + 1e-9)).all()
    return metrics


def best(drops: model.Drops) -> np.ndarray:
    """(drop,) cost of improved."""
    return NETWORK.evaluate(drops, NETWORK.solve(drops, "improved", threads=1).decision).objective


def test_stin_vmdc_with_given_powers_and_subchannels() -> None:
    """Own processor, base station behind two dedicated links, satellite behind a terahertz band shared by time and
    charged by duration; a processor for every task; least energy under the deadlines.
    """
    paper = sagin.system("stin_vmdc")
    source = paper.sample(paper.scenario(n_vehicles=4), seeds=[0, 3])
    d, n = 2, 4
    eta = np.zeros((d, source.n_subchannels, source.n_clusters), dtype=np.int64)
    for k in range(source.n_subchannels):
        eta[:, k, k % source.n_clusters] = 1
    share = np.array([0.4, 0.3, 0.2, 0.1]) * np.ones((d, 1))
    theta, zeta = np.full((d, n), 0.35), np.array([0.1, 0.25, 0.05, 0.4]) * np.ones((d, 1))
    decided = Paper(theta=theta, zeta=zeta, alpha=share, power=np.full((d, n), 0.5 * source.p_max_w), eta=eta)
    theirs = paper.evaluate(source, decided)
    assert np.isfinite(theirs.energy_j).all()

    bits, cycles = source.task_bits, source.cycles
    per_cycle = source.switched_capacitance_local * source.cpu_local_hz**2
    radio, relay = decided.power * bits / theirs.rate_rf_bps, source.p_rsu_w * bits / source.rate_rb_bps
    edge_j = source.switched_capacitance_bs * source.cpu_bs_hz**2 * cycles
    sky_j = source.switched_capacitance_sat * source.cpu_sat_hz**2 * cycles
    thz = theirs.rate_thz_bps / share
    local = [Hop(0, cycles, source.cpu_local_hz, per_cycle * cycles)]
    edge = [Hop(1, bits, theirs.rate_rf_bps, radio), Hop(2, bits, source.rate_rb_bps, relay)]
    edge += [Hop(3, cycles, source.cpu_bs_hz, edge_j)]
    sky = [Hop(4, bits, thz, on_power_w=source.p_thz_w), Hop(5, cycles, source.cpu_sat_hz, sky_j)]
    drops = said(
        bits,
        [local, edge, sky],
        ["box", "box", "box", "box", "linear", "box"],
        cycles=cycles,
        deadline_s=1.01 * np.max([theirs.delay_local_s, theirs.delay_edge_s, theirs.delay_sat_s], axis=0),
        beta=0.0,
    )
    rate = drops.peak * (drops.resource >= 0)
    rate[:, :, 2, 0] *= share
    ours = judged(drops, np.stack([1 - theta - zeta, theta, zeta], axis=2), rate)
    np.testing.assert_allclose(ours.energy_j, theirs.energy_j, rtol=1e-12)
    for r, delay in enumerate((theirs.delay_local_s, theirs.delay_edge_s, theirs.delay_sat_s)):
        np.testing.assert_allclose(ours.route_delay_s[:, :, r], delay, rtol=1e-12)
    np.testing.assert_allclose(bits.sum(axis=1) / ours.objective, theirs.objective, rtol=1e-12)


@pytest.mark.parametrize("scheme", ["saps_only", "ao"])
def test_dm_mimo_vec_with_the_precoders_of_a_scheme(scheme: str) -> None:
    """Upload by time, charged by duration; a processor for every task at the road-side unit, or the stream's MMSE rate
    and a processor behind it. Two parts of one upload end together: a common upload is a special case of flows.
    """
    paper = sagin.system("dm_mimo_vec")
    source = paper.sample(paper.scenario(n_vehicles=4), seeds=[0, 1])
    decided = paper.solve(source, scheme, threads=1).decision
    theirs = paper.evaluate(source, decided)
    assert records.feasible(theirs).all()
    bits, cycles = source.task_bits, source.task_bits * source.cycles_per_bit
    upload = [Hop(0, bits, shannon_rate(source.bandwidth_ground_hz, ground_snr(source)), 0.0, source.p_vehicle_w)]
    streams = np.maximum(theirs.rate_sat_bps, 1e-3)
    near_j = source.switched_capacitance_rsu * source.rsu_clock_hz**2 * cycles
    far_j = source.switched_capacitance_sat * source.cpu_clock_hz**2 * cycles
    near = [*upload, Hop(1, cycles, source.cpu_rsu_hz, near_j)]
    sky = Hop(2, bits, streams, theirs.p_stream_w * bits / streams)
    far = [*upload, sky, Hop(3, cycles, source.cpu_sat_hz, far_j)]
    kinds = ["linear", "box", "box", "box"]
    share = decided.s_sat_bits / bits
    split = np.stack([1 - share, share], axis=2)
    routes = [near, far]
    if scheme == "saps_only":
        assert (share == 1).all()
        routes, split = [far], split[:, :, 1:]
    deadline = np.full(bits.shape, source.t_max_s)
    drops = said(bits, routes, kinds, cycles=cycles, deadline_s=deadline, beta=source.beta)
    rate = drops.peak * (drops.resource >= 0)
    rate[..., 0] *= decided.alpha[..., None] * split
    ours = judged(drops, split, rate)
    np.testing.assert_allclose(ours.objective, theirs.objective, rtol=1e-9)
    np.testing.assert_allclose(ours.delay_s, theirs.t_total_s, rtol=1e-9)
    found = best(drops)
    assert (found <= theirs.objective * (1 + 1e-9)).all()
    if scheme == "saps_only":  # one route a user: the optimum, in closed form
        price = source.beta + (1 - source.beta) * source.p_vehicle_w
        seconds = bits / drops.peak[:, :, 0, 0]
        fixed = source.beta * (drops.work / drops.peak)[:, :, 0, 1:].sum(axis=2)
        fixed += (1 - source.beta) * drops.energy_j.sum(axis=(2, 3))
        optimum = np.sqrt(price * seconds).sum(axis=1) ** 2 + fixed.sum(axis=1)
        np.testing.assert_allclose(found, optimum, rtol=1e-9)
        np.testing.assert_allclose(bound.lower_bound(drops), optimum, rtol=1e-9)


def test_thz_uav_mec_with_given_positions_bands_and_waits() -> None:
    """Whole tasks, direct or over a UAV, every link its own sub-band; queueing as it is under the decided load."""
    paper = sagin.system("thz_uav_mec")
    source = paper.sample(paper.scenario(n_iots=4, n_mecs=2, n_uavs=1), seeds=[0, 1])
    decided = paper.solve(source, "improved", threads=1, kicks=2).decision
    theirs = paper.evaluate(source, decided)
    bits = source.task_bits
    load = np.stack([(source.arrival_rate_per_s * (decided.server == m)).sum(axis=1) for m in range(2)], axis=1)
    wait = operation_delay(load, source.n_units, source.service_rate_per_s)

    routes, taken, latency = [], np.zeros((*bits.shape, 4)), np.zeros((*bits.shape, 4))
    at = 0
    for m in range(2):
        for relay in (-1, 0):
            over = paper.evaluate(
                source,
                records.build(
                    type(decided),
                    server=np.full_like(decided.server, m),
                    subband=decided.subband,
                    relay=np.full_like(decided.relay, relay),
                    uav_xy=decided.uav_xy,
                    uav_power=np.maximum(decided.uav_power, 1e-6),
                ),
            )
            first = shannon_rate(source.bandwidth_hz, over.snr_first_hop)
            second = shannon_rate(source.bandwidth_hz, over.snr_second_hop) if relay == 0 else None
            first = bits / over.delay_communication if second is None else first  # clear only at times
            hops = [Hop(at, bits, first)] + ([Hop(at + 1, bits, second)] if second is not None else [])
            chosen = (decided.server == m) & (decided.relay == relay)
            taken[:, :, len(routes)], latency[:, :, len(routes)] = chosen, wait[:, m : m + 1]
            routes.append(hops)
            at += len(hops)
    drops = said(bits, routes, ["box"] * at, latency, weight=np.full(bits.shape, 1 / 4), splitting=False)
    ours = judged(drops, taken, drops.peak * (drops.resource >= 0) * taken[..., None])
    np.testing.assert_allclose(ours.delay_s, theirs.delay, rtol=1e-9)
    np.testing.assert_allclose(ours.objective, theirs.objective, rtol=1e-9)
    assert (best(drops) <= theirs.objective * (1 + 1e-9)).all()


def test_isac_sagin_frame_by_frame() -> None:
    """Given durations and bits: each frame's data in the AAV or in the satellite, least energy. A clock that follows
    the share is cheaper than a fixed one wherever the data are divided: that part is not expressible.
    """
    paper = sagin.system("isac_sagin")
    source = paper.sample(paper.scenario(n_frames=5), seeds=[0, 1])
    shape = (2, 5)
    pilot = np.full(2, 0.2 * source.frame_length_s)
    data = source.frame_length_s - pilot
    bits = np.full(shape, source.min_data_bits / 5)

    def spent(ratio: np.ndarray) -> np.ndarray:
        decision = records.build(RatioPerFrame, pilot_s=pilot, data_s=data, ratio=ratio, bits=bits)
        metrics = paper.evaluate(source, decision)
        return metrics.computing_energy_j + metrics.uplink_energy_j

    far = paper.evaluate(
        source, records.build(RatioPerFrame, pilot_s=pilot, data_s=data, ratio=np.ones(shape), bits=bits)
    )
    cycles, window = source.cycles_per_data_bit * bits, data[:, None] + np.zeros(shape)
    clock = cycles / window
    own = [Hop(0, cycles, clock, source.switched_capacitance_aav * clock**2 * cycles)]
    sky = [Hop(1, bits, bits / window, far.leo_power_w * window)]
    given: dict[str, Any] = {"cycles": cycles, "deadline_s": 1.001 * window, "beta": 0.0}
    drops = said(bits, [own, sky], ["box", "box"], splitting=False, **given)
    for ratio in (np.zeros(shape), np.ones(shape), np.arange(5) % 2 * np.ones(shape)):
        split = np.stack([1 - ratio, ratio], axis=2)
        ours = judged(drops, split, drops.peak * split[..., None])
        np.testing.assert_allclose(ours.objective, spent(ratio), rtol=1e-9)
    masks = (np.arange(2**5)[:, None] >> np.arange(5) & 1).astype(float)
    least = np.min([spent(mask * np.ones(shape)) for mask in masks], axis=0)
    np.testing.assert_allclose(best(drops), least, rtol=1e-9)

    half = np.full(shape, 0.5)
    divided = said(bits, [own, sky], ["box", "box"], **given)
    split = np.stack([half, half], axis=2)
    ours = judged(divided, split, divided.peak * split[..., None] * (divided.resource >= 0))
    assert (spent(half) < ours.objective * 0.9).all()


def test_ccmsm_with_one_task_a_core() -> None:
    """Given powers, at most one task a core: cores as one shared processor, an uplink for each terminal. What a core
    runs in sequence is not expressible: constant rates hold a core from the start to the end.
    """
    paper = sagin.system("ccmsm")
    sizes = {"n_terminals": 3, "n_tasks_min": 1, "n_tasks_max": 1, "n_cores": 3, "preference": 0.0}
    source = paper.sample(paper.scenario(**sizes, utility_mode="raw"), seeds=[0, 1])
    core = np.array([[1], [0], [2]]) * np.ones((2, 1, 1), dtype=np.int64)
    power = np.full((2, 3), source.p_max_w)
    theirs = paper.evaluate(source, Plan(core=core, queue=np.zeros((2, 3, 1), dtype=np.int64), power_w=power))
    bits, cycles = source.data_bits[..., 0], source.cycles[..., 0]
    own_j = source.switched_capacitance_local * source.cpu_local_hz**2 * cycles
    core_j = source.switched_capacitance_core * source.cpu_core_hz**2 * cycles
    own = [Hop(0, cycles, source.cpu_local_hz, own_j)]
    radio_j = power * bits / theirs.rate_bps
    server = [Hop(1, bits, theirs.rate_bps, radio_j), Hop(2, cycles, 3 * source.cpu_core_hz, core_j)]
    drops = said(bits, [own, server], ["box", "box", "linear"], cycles=cycles, objective="max", splitting=False)
    moved = (core[..., 0] > 0).astype(float)
    split = np.stack([1 - moved, moved], axis=2)
    rate = drops.peak * (drops.resource >= 0) * split[..., None]
    rate[:, :, 1, 1] /= 3
    ours = judged(drops, split, rate)
    np.testing.assert_allclose(ours.objective, theirs.makespan_s, rtol=1e-9)
    np.testing.assert_allclose(ours.energy_total_j, theirs.energy_j, rtol=1e-9)
    assert (best(drops) <= theirs.objective * (1 + 1e-9)).all()
