"""The paper's JTORA: alternate split, power, matching and band shares (Algorithm 2)."""

from __future__ import annotations

import math

import numpy as np

from sagin.core import records, results
from sagin.core.errors import InputError
from sagin.systems.stin_vmdc.kernels import PLAN, VEHICLE, Task, Work
from sagin.systems.stin_vmdc.kernels_loop import N_VERTICES, OPTIMAL, Rules, alternate_each, deal_out
from sagin.systems.stin_vmdc.model import Decision, Drops
from sagin.systems.stin_vmdc.options import LoopOptions, OneStart, Starts

DUST = 1e-9  # a smaller share of a task is left to the vehicle


def tasks(d: Drops, quota: int | None = None) -> list[Task]:
    """What the kernels need of each drop; `quota` replaces that of the drops."""
    vehicle = np.empty(d.task_bits.shape, VEHICLE)
    vehicle["bits"] = d.task_bits
    vehicle["local_j"] = d.cycles * d.switched_capacitance_local * d.cpu_local_hz**2
    relay_s = d.task_bits / d.rate_rb_bps
    relay_j = d.p_rsu_w * relay_s
    vehicle["edge_j"] = d.cycles * d.switched_capacitance_bs * d.cpu_bs_hz**2 - vehicle["local_j"] + relay_j
    vehicle["sat_j"] = d.cycles * d.switched_capacitance_sat * d.cpu_sat_hz**2 - vehicle["local_j"]
    vehicle["edge_s"] = relay_s + d.cycles / d.cpu_bs_hz
    vehicle["sat_s"] = d.cycles / d.cpu_sat_hz
    vehicle["sat_rate"] = d.thz_bandwidth_hz * np.log1p(d.sinr_thz) / math.log(2.0)
    vehicle["deadline"] = d.t_max_s
    vehicle["stay"] = d.stay_s
    vehicle["least"] = np.maximum(0.0, 1 - d.t_max_s * d.cpu_local_hz / d.cycles)
    gain = np.ascontiguousarray(np.swapaxes(d.fading_rf / d.sub_noise_w[:, None], 1, 2))
    fold = 3 if np.all(d.sub_bandwidth_hz == d.sub_bandwidth_hz[0]) else 1
    limit = d.max_subchannels_per_cluster if quota is None else quota
    table = members(d)
    return [
        Task(
            vehicle[i],
            gain[i],
            d.path_gain[i],
            table[i],
            d.quad_w,
            d.sub_bandwidth_hz,
            fold,
            d.p_max_w,
            d.p_thz_w,
            limit,
        )
        for i in range(len(d.seeds))
    ]


def members(d: Drops) -> np.ndarray:
    """(drop, cluster, rank) int64: who is decoded when, -1 where nobody is; InputError if two share a place."""
    if d.cluster.max() >= d.n_clusters:
        raise InputError("cluster", int(d.cluster.max()), f"< n_clusters = {d.n_clusters}")
    if d.sic_rank.max() >= d.n_vehicles:
        raise InputError("sic_rank", int(d.sic_rank.max()), f"< n_vehicles = {d.n_vehicles}")
    n_drops, n = d.cluster.shape
    table = np.full((n_drops, d.n_clusters, int(d.sic_rank.max()) + 1), -1, dtype=np.int64)
    table[np.arange(n_drops)[:, None], d.cluster, d.sic_rank] = np.arange(n)
    if (table >= 0).sum() != n_drops * n:
        raise InputError("sic_rank", "repeated", "different for all members of a cluster", "the decoding order")
    return table


def workspace(d: Drops) -> Work:
    """Scratch arrays for one drop after the other."""
    n, n_sub, n_node = d.n_vehicles, d.n_subchannels, d.quad_w.size
    return Work(
        held=np.empty(n_sub, dtype=np.int64),
        seen=np.empty((n_sub, n_node)),
        above=np.empty((n_sub, n_node)),
        cubic=np.empty((n_sub, 3, n_node)),
        weight=np.empty(n_sub),
        cost=np.empty(n),
        lower=np.empty(n),
        shares=np.empty(n),
    )


def all_local(task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Plan and owners reported where no feasible split was found: nobody offloads, equal band shares."""
    plan = np.zeros(task.vehicle.size, PLAN)
    plan["alpha"] = 1 / plan.size
    owner = np.empty(task.band.size, dtype=np.int64)
    deal_out(task, owner)
    return plan, owner


def best_of(
    task: Task, rules: Rules, starts: np.ndarray, mix: np.ndarray, work: Work
) -> tuple[np.ndarray, np.ndarray, int, np.ndarray]:
    """Alternate from every row of `starts` (start, vehicle) [W]; plan, owners, rounds and trace of the best end.

    Rounds: 0 if no start is feasible, negative if the best ended at the limit. Trace: energy [J].
    """
    n, length = len(starts), rules.max_iterations + 1
    plans, owners = np.zeros((n, task.vehicle.size), PLAN), np.empty((n, task.band.size), dtype=np.int64)
    traces = np.full((n, length), np.nan)
    rounds = alternate_each(task, rules, mix, np.ascontiguousarray(starts), plans, owners, traces, work)
    energy = traces[np.arange(n), np.abs(rounds)]
    energy = np.where((rounds != 0) & (energy < math.inf), energy, math.inf)
    k = int(energy.argmin())
    if energy[k] == math.inf:
        return (*all_local(task), 0, np.full(length, np.nan))
    return plans[k], owners[k], int(rounds[k]), traces[k]


def run(
    d: Drops, rules: Rules, starts: np.ndarray, mix: np.ndarray | None = None, quota: int | None = None
) -> results.Solution:
    """Alternate every drop from its `starts` (drop, start, vehicle); fixed powers of idle vehicles end at 0."""
    work = workspace(d)
    weights = np.ones((len(d.seeds), d.n_vehicles, N_VERTICES)) if mix is None else mix
    batch = tasks(d, quota)
    ends = [
        best_of(task, rules, start, weight, work) for task, start, weight in zip(batch, starts, weights, strict=True)
    ]
    plans, owners, rounds, trace = (np.array(part) for part in zip(*ends, strict=True))
    if not rules.honest:
        plans["power"][plans["theta"] == 0] = 0.0
    history = d.task_bits.sum(axis=1)[:, None] / trace
    return results.solution(decision(d, plans, owners), converged=rounds > 0, iterations=np.abs(rounds), trace=history)


def decision(d: Drops, plans: np.ndarray, owners: np.ndarray) -> Decision:
    """Plans (drop, vehicle) and owners (drop, subchannel) as a decision; shares that are dust become exact zeros."""
    plans = plans.copy()
    plans["power"][plans["theta"] < DUST] = 0.0
    for name in ("theta", "zeta"):
        plans[name][plans[name] < DUST] = 0.0
    eta = (owners[:, :, None] == np.arange(d.n_clusters)).astype(np.int64)
    return records.build(Decision, eta=eta, **{name: plans[name] for name in ("theta", "zeta", "alpha", "power")})


def start_powers(d: Drops, fractions: tuple[float, ...]) -> np.ndarray:
    """(drop, start, vehicle) [W] equal powers at fractions of P_max."""
    levels = d.p_max_w * np.array(fractions)
    return np.broadcast_to(levels[:, None], (len(d.seeds), levels.size, d.n_vehicles))


def rules(options: LoopOptions, *, split: int = OPTIMAL, honest: bool = True) -> Rules:
    """Rules of a scheme."""
    return Rules(split, honest, options.max_iterations, options.tolerance)


def solve_jtora(drops: Drops, options: Starts) -> results.Solution:
    """JTORA with powers as low as the deadlines allow, from several start powers; the best end is kept."""
    return run(drops, rules(options), start_powers(drops, options.start_fractions))


def solve_jtora_printed(drops: Drops, options: OneStart) -> results.Solution:
    """JTORA as printed: its power update returns P_max whatever the data, so the powers are fixed there."""
    start = start_powers(drops, (options.start_fraction,))  # Eqs. (43)-(47), see E16
    return run(drops, rules(options, honest=False), start)
