"""The paper's JTORA: alternate split, power, matching and band shares (Algorithm 2)."""

from __future__ import annotations

import numpy as np

from sagin.core import records, results
from sagin.core.errors import InputError
from sagin.systems.stin_vmdc.kernels import N_VERTICES, OPTIMAL, Task
from sagin.systems.stin_vmdc.kernels_loop import Rules, State, solve_drops
from sagin.systems.stin_vmdc.model import Decision, Drops
from sagin.systems.stin_vmdc.options import LoopOptions, OneStart, Starts


def tasks(d: Drops, quota: int | None = None) -> Task:
    """Arrays of the kernels; `quota` replaces that of the drops."""
    local_j = d.cycles * d.switched_capacitance_local * d.cpu_local_hz**2
    bs_j = d.cycles * d.switched_capacitance_bs * d.cpu_bs_hz**2
    sat_j = d.cycles * d.switched_capacitance_sat * d.cpu_sat_hz**2
    relay_s = d.task_bits / d.rate_rb_bps
    return Task(
        bits=d.task_bits,
        local_j=local_j,
        edge_j=bs_j - local_j + d.p_rsu_w * relay_s,
        sat_j=sat_j - local_j,
        edge_s=relay_s + d.cycles / d.cpu_bs_hz,
        sat_s=d.cycles / d.cpu_sat_hz,
        sat_rate=d.thz_bandwidth_hz * np.log1p(d.sinr_thz) / np.log(2.0),
        deadline=d.t_max_s,
        stay=d.stay_s,
        least=np.maximum(0.0, 1 - d.t_max_s * d.cpu_local_hz / d.cycles),
        gain=np.ascontiguousarray(np.swapaxes(d.fading_rf / d.sub_noise_w[:, None], 1, 2)),
        path=d.path_gain,
        cluster=d.cluster,
        members=members(d),
        node_weight=d.quad_w,
        band=d.sub_bandwidth_hz,
        fold=3 if np.all(d.sub_bandwidth_hz == d.sub_bandwidth_hz[0]) else 1,
        p_max=d.p_max_w,
        p_thz=d.p_thz_w,
        quota=d.max_subchannels_per_cluster if quota is None else quota,
    )


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


def start_powers(d: Drops, fractions: tuple[float, ...]) -> np.ndarray:
    """(drop, start, vehicle) [W] equal powers at fractions of P_max."""
    levels = d.p_max_w * np.array(fractions)
    return np.ascontiguousarray(np.broadcast_to(levels[:, None], (len(d.seeds), levels.size, d.n_vehicles)))


def run(
    d: Drops,
    rules: Rules,
    starts: np.ndarray,
    mix: np.ndarray | None = None,
    quota: int | None = None,
) -> results.Solution:
    """Alternate every drop from its start powers and keep the best end."""
    n_drops = len(d.seeds)
    states = empty_states(d)
    trace = np.full((n_drops, rules.max_iterations + 1), np.nan)
    rounds = np.zeros(n_drops, dtype=np.int64)
    weights = np.ones((n_drops, d.n_vehicles, N_VERTICES)) if mix is None else mix
    solve_drops(tasks(d, quota), rules, starts, weights, states, trace, rounds)
    history = d.task_bits.sum(axis=1)[:, None] / trace
    return results.solution(decision(d, states), converged=rounds > 0, iterations=np.abs(rounds), trace=history)


def empty_states(d: Drops) -> State:
    """Room for the decisions of all drops."""
    shape = (len(d.seeds), d.n_vehicles)
    owner = np.zeros((len(d.seeds), d.n_subchannels), dtype=np.int64)
    return State(np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape), owner)


def decision(d: Drops, states: State) -> Decision:
    """The kernels' states as a decision."""
    eta = states.owner[:, :, None] == np.arange(d.n_clusters)
    return records.build(
        Decision, theta=states.theta, zeta=states.zeta, alpha=states.alpha, power=states.power, eta=eta.astype(int)
    )


def rules(options: LoopOptions, *, split: int = OPTIMAL, honest: bool = True) -> Rules:
    """Rules of a scheme; powers that are not honest stay fixed, and idle vehicles are silenced at the end."""
    return Rules(split, honest, not honest, options.max_iterations, options.tolerance)


def solve_jtora(drops: Drops, options: Starts) -> results.Solution:
    """JTORA with powers as low as the deadlines allow, from several start powers; the best end is kept."""
    return run(drops, rules(options), start_powers(drops, options.start_fractions))


def solve_jtora_printed(drops: Drops, options: OneStart) -> results.Solution:
    """JTORA as printed: its power update returns P_max whatever the data, so the powers are fixed there."""
    start = start_powers(drops, (options.start_fraction,))  # Eqs. (43)-(47), see E16
    return run(drops, rules(options, honest=False), start)
