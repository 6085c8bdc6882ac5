"""Alternate Optimization (the paper's Algorithm 1, repaired), and how drops become arrays for the kernels."""

from __future__ import annotations

import numpy as np

from sagin.blocks.access.shannon import shannon_rate
from sagin.blocks.computing.cpu import cpu_energy, cpu_time
from sagin.core import records, results
from sagin.methods.hermitian import eigen_batch
from sagin.systems.dm_mimo_vec.kernels import (
    ALPHA,
    BITS,
    BITS_SAT,
    RSU_S_PER_BIT,
    SAT_S_PER_BIT,
    UPLOAD_S,
    UPLOAD_WEIGHT,
    Problem,
)
from sagin.systems.dm_mimo_vec.kernels_alternate import Effort, Outcome, alternate_batch
from sagin.systems.dm_mimo_vec.kernels_printed import printed_batch
from sagin.systems.dm_mimo_vec.model import Decision, Drops, ground_snr
from sagin.systems.dm_mimo_vec.scenario import AoOptions, PrintedOptions


def prepare(drops: Drops) -> tuple[Problem, np.ndarray]:
    """The drops as the kernels see them, and the eigenbasis (drop, antenna, antenna) of their precoders.

    Nothing depends on the number of satellites any more.
    """
    whitened = drops.h_sat / np.sqrt(drops.noise_sat_w)
    gains, basis = eigen_batch(np.ascontiguousarray(whitened.conj().swapaxes(1, 2) @ whitened))
    cycles, seconds = drops.cycles_per_bit, np.ones_like(drops.task_bits)
    tasks = [seconds] * 5
    tasks[BITS] = drops.task_bits
    tasks[UPLOAD_S] = drops.task_bits / shannon_rate(drops.bandwidth_ground_hz, ground_snr(drops))
    tasks[UPLOAD_WEIGHT] = drops.beta + (1 - drops.beta) * drops.p_vehicle_w
    tasks[RSU_S_PER_BIT] = cpu_time(cycles * seconds, drops.cpu_rsu_hz)
    tasks[SAT_S_PER_BIT] = cpu_time(cycles * seconds, drops.cpu_sat_hz)
    problem = Problem(
        gains=np.maximum(gains, 0.0),
        tasks=np.stack(tasks, axis=1),
        rsu_j_per_bit=float(cpu_energy(cycles, drops.rsu_clock_hz, drops.switched_capacitance_rsu)),
        sat_j_per_bit=float(cpu_energy(cycles, drops.cpu_clock_hz, drops.switched_capacitance_sat)),
        beta=drops.beta,
        t_max_s=drops.t_max_s,
        bandwidth_hz=drops.bandwidth_sat_hz,
        p_max_w=drops.p_max_w,
        per_stream=drops.power_limit == "per_stream",
    )
    return problem, basis


def new_outcome(drops: Drops, v: np.ndarray, n_iterations: int) -> Outcome:
    """Results of a batch before the first iteration: start `v` in the eigenbasis, room for a trace."""
    n_drops, n_vehicles = drops.task_bits.shape
    return Outcome(
        plan=np.zeros((n_drops, 4, n_vehicles)),
        v=np.ascontiguousarray(v),
        trace=np.full((n_drops, n_iterations + 1), np.nan),
        iterations=np.zeros(n_drops, dtype=np.int32),
        converged=np.zeros(n_drops, dtype=bool),
    )


def antenna_streams(drops: Drops, basis: np.ndarray) -> np.ndarray:
    """The start: stream i from antenna i (modulo their number) with an equal part of the power, in the eigenbasis."""
    n = drops.task_bits.shape[1]
    antenna = np.arange(n) % drops.h_sat.shape[2]
    return np.sqrt(drops.p_max_w / n) * basis[:, antenna].conj()


def to_decision(outcome: Outcome, basis: np.ndarray) -> Decision:
    """The decision of a batch; its precoders leave the eigenbasis. Shares beyond all numbers (a gain of 0) become 0."""
    v = outcome.v @ basis.swapaxes(1, 2)
    alpha = np.where(np.isfinite(outcome.plan[:, ALPHA]), outcome.plan[:, ALPHA], 0.0)
    return records.build(Decision, alpha=alpha, s_sat_bits=outcome.plan[:, BITS_SAT], v=v)


def effort(options: AoOptions) -> Effort:
    """The options as the kernels see them."""
    return Effort(options.rounds, options.tolerance, options.steps, options.step_tolerance)


def solve_ao(drops: Drops, options: AoOptions) -> results.Solution:
    """Shares of the band (16), precoders (18) to (29) and split in turn until the objective settles."""
    problem, basis = prepare(drops)
    outcome = new_outcome(drops, antenna_streams(drops, basis), options.rounds)
    alternate_batch(problem, effort(options), outcome)
    return results.solution(
        to_decision(outcome, basis),
        converged=outcome.converged,
        iterations=outcome.iterations,
        trace=outcome.trace,
    )


def solve_ao_printed(drops: Drops, options: PrintedOptions) -> results.Solution:
    """Algorithm 1 as printed: shares (16), precoders (27) and split for the values of the round before.

    Its loop goes on while the objective falls or for 1000 rounds: it never stops early. Here it stops as `ao` does.
    """
    problem, basis = prepare(drops)
    outcome = new_outcome(drops, antenna_streams(drops, basis), options.rounds)
    unit_bits = options.size_unit_bits if options.power_term == "(27)" else 0.0
    printed_batch(problem, effort(options), unit_bits, outcome)
    return results.solution(
        to_decision(outcome, basis), converged=outcome.converged, iterations=outcome.iterations, trace=outcome.trace
    )
