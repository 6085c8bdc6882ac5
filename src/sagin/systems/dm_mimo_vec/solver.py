"""Alternate Optimization (the paper's Algorithm 1, repaired), and how drops become arrays for the kernels."""

from __future__ import annotations

import numpy as np

from sagin.blocks.access.shannon import shannon_rate
from sagin.core import records, results
from sagin.methods.hermitian import eigen_batch
from sagin.systems.dm_mimo_vec.kernels import Problem
from sagin.systems.dm_mimo_vec.kernels_alternate import Effort, Outcome, alternate_batch
from sagin.systems.dm_mimo_vec.model import Decision, Drops, ground_snr
from sagin.systems.dm_mimo_vec.scenario import AoOptions


def prepare(drops: Drops) -> Problem:
    """The drops as the kernels see them; nothing depends on the number of satellites any more."""
    whitened = drops.h_sat / np.sqrt(drops.noise_sat_w)
    gains, basis = eigen_batch(np.ascontiguousarray(whitened.conj().swapaxes(1, 2) @ whitened))
    energy = drops.cycles_per_bit * np.array([drops.rsu_clock_hz, drops.cpu_clock_hz]) ** 2
    return Problem(
        gains=np.maximum(gains, 0.0),
        basis=basis,
        bits=drops.task_bits,
        upload_s=drops.task_bits / shannon_rate(drops.bandwidth_ground_hz, ground_snr(drops)),
        upload_weight=drops.beta + (1 - drops.beta) * drops.p_vehicle_w,
        rsu_s_per_bit=drops.cycles_per_bit / drops.cpu_rsu_hz,
        sat_s_per_bit=drops.cycles_per_bit / drops.cpu_sat_hz,
        rsu_j_per_bit=drops.switched_capacitance_rsu * energy[0],
        sat_j_per_bit=drops.switched_capacitance_sat * energy[1],
        beta=drops.beta,
        t_max_s=drops.t_max_s,
        bandwidth_hz=drops.bandwidth_sat_hz,
        p_max_w=drops.p_max_w,
        per_stream=drops.power_limit == "per_stream",
    )


def new_outcome(drops: Drops, n_iterations: int) -> Outcome:
    """Empty results of a batch, with room for a trace of `n_iterations` after the start."""
    n_drops, _, n_antennas = drops.h_sat.shape
    n_vehicles = drops.task_bits.shape[1]
    return Outcome(
        alpha=np.zeros((n_drops, n_vehicles)),
        bits_sat=np.zeros((n_drops, n_vehicles)),
        v=np.zeros((n_drops, n_vehicles, n_antennas), dtype=complex),
        trace=np.full((n_drops, n_iterations + 1), np.nan),
        iterations=np.zeros(n_drops, dtype=np.int32),
        converged=np.zeros(n_drops, dtype=bool),
    )


def to_decision(problem: Problem, alpha: np.ndarray, bits_sat: np.ndarray, v: np.ndarray) -> Decision:
    """A decision from precoders (drop, vehicle, antenna) in the eigenbasis."""
    return records.build(Decision, alpha=alpha, s_sat_bits=bits_sat, v=v @ problem.basis.swapaxes(1, 2))


def effort(options: AoOptions) -> Effort:
    """The options as the kernels see them."""
    return Effort(options.rounds, options.tolerance, options.steps, options.step_tolerance)


def solve_ao(drops: Drops, options: AoOptions) -> results.Solution:
    """Shares of the band (16), precoders (18)-(29) and split in turn until the objective settles."""
    problem, outcome = prepare(drops), new_outcome(drops, options.rounds)
    alternate_batch(problem, effort(options), outcome)
    return results.solution(
        to_decision(problem, outcome.alpha, outcome.bits_sat, outcome.v),
        converged=outcome.converged,
        iterations=outcome.iterations,
        trace=outcome.trace,
    )
