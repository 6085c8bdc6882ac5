"""The paper's Algorithm 1 as printed, for a batch: old values in all three steps, (27) with its y, no safeguard."""

from __future__ import annotations

import math

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.fractional_programming import GAIN, MULTIPLIER, PRICE, surrogate_minimiser
from sagin.methods.hermitian import identity
from sagin.systems.dm_mimo_vec.kernels import (
    ALPHA,
    BITS_SAT,
    Link,
    Problem,
    best_shares,
    best_split,
    copy,
    copy_link,
    cost,
    new_link,
    pick,
    receive,
)
from sagin.systems.dm_mimo_vec.kernels_alternate import Effort, Outcome, even_plan, silence
from sagin.systems.dm_mimo_vec.kernels_precoder import Tools, new_tools

_AIDS = 8  # rows of what a stream keeps while (27) is solved
_SIZE, _MSE, _LEVEL, _SQUARE, _LINEAR, _Y2, _RATE, _NORM = range(_AIDS)
_INNER = 50  # steps of one solution of (27)
_LEAST_STEP = 1e-6


@kernel
def printed_batch(batch: Problem, effort: Effort, unit_bits: float, outcome: Outcome) -> None:
    """Shares (16), precoders (27) and split, each for the values of the round before, see E17.

    `unit_bits`: what a task size is counted in where (27a) multiplies it by y; 0 for the root of (19) instead.
    """
    n_drops, n, m = outcome.v.shape
    link, new, tools = new_link(n, m), new_link(n, m), new_tools(n, m)
    shares, split = np.zeros((4, n)), np.zeros((4, n))
    for d in range(n_drops):
        problem, plan, trace = pick(batch, d), outcome.plan[d], outcome.trace[d]
        copy(outcome.v[d], link.v)
        receive(problem, link)
        even_plan(problem.tasks, link.rate, plan)
        trace[0] = cost(problem, link, plan)
        number = 0
        while number < effort.rounds and not outcome.converged[d]:
            number += 1
            copy(plan, shares)
            best_shares(problem.tasks, problem.t_max_s, shares)
            copy_link(link, new)
            _send(problem, plan, new, tools, effort, unit_bits)
            copy(plan, split)
            best_split(problem, link, split)
            for i in range(n):
                plan[ALPHA, i], plan[BITS_SAT, i] = shares[ALPHA, i], split[BITS_SAT, i]
            copy_link(new, link)
            trace[number] = cost(problem, link, plan)
            outcome.converged[d] = abs(trace[number - 1] - trace[number]) <= effort.tolerance * abs(trace[number])
        trace[number] = silence(problem, plan, link)
        outcome.iterations[d] = number
        copy(link.v, outcome.v[d])


@kernel
def _send(problem: Problem, plan: np.ndarray, link: Link, tools: Tools, effort: Effort, unit_bits: float) -> None:
    """(27) solved, its auxiliary variables (28), (29) and the rates' renewed, and again, until the precoders stay."""
    aid = np.zeros((_AIDS, link.rate.size))
    for _ in range(effort.steps):
        _renew(problem, plan, link, tools, unit_bits, aid)
        copy(link.v, tools.other.v)
        _solve(problem, link, tools, effort, aid)
        moved = 0.0
        for i in range(link.rate.size):
            for a in range(link.v.shape[1]):
                gap = link.v[i, a] - tools.other.v[i, a]
                moved += gap.real**2 + gap.imag**2
        receive(problem, link)
        if moved <= effort.step_tolerance * problem.p_max_w:
            break


@kernel
def _renew(problem: Problem, plan: np.ndarray, link: Link, tools: Tools, unit_bits: float, aid: np.ndarray) -> None:
    """Rates' surrogates (25), (26) and y (29) at the precoders of `link`."""
    n, m = link.v.shape
    for i in range(n):
        bits, power, mse = plan[BITS_SAT, i], link.power[i], link.error[i, i].real
        noise = mse
        for j in range(n):
            noise -= link.error[i, j].real ** 2 + link.error[i, j].imag ** 2
        aid[_SIZE, i] = bits if link.rate[i] > 0.0 else 0.0
        aid[_MSE, i] = mse
        aid[_LEVEL, i] = -math.log(mse) + 1.0 - (1.0 + noise) / mse  # Eq. (25)
        aid[_LINEAR, i] = 0.0
        aid[_SQUARE, i] = 0.0
        aid[_Y2, i] = 0.0
        if aid[_SIZE, i] > 0.0:
            aid[_Y2, i] = bits * power / link.rate[i] ** 2  # Eq. (29), squared
            if unit_bits > 0.0:
                aid[_SQUARE, i] = 2.0 * math.sqrt(bits / unit_bits * power) * bits / link.rate[i]  # Eq. (27a): 2 y S
            else:
                aid[_LINEAR, i] = 2.0 * math.sqrt(power) * bits / link.rate[i]  # Eq. (19): 2 y sqrt(S)
        for a in range(m):
            total = 0j
            for j in range(n):
                total += link.v[j, a] * link.error[j, i]
            tools.channels[i, a] = problem.gains[a] * total  # Eq. (28), in vector form, see E15


@kernel
def _value(problem: Problem, v: np.ndarray, channels: np.ndarray, aid: np.ndarray) -> float:
    """(27a) with the sending times of (27b); fills the surrogate rates and the norms of the precoders."""
    n, m = v.shape
    beta, total = problem.beta, 0.0
    for i in range(n):
        if aid[_SIZE, i] > 0.0:
            own, all_streams = 0.0, 0.0
            for j in range(n):
                inner = 0j
                for a in range(m):
                    inner += channels[i, a].conjugate() * v[j, a]
                all_streams += inner.real**2 + inner.imag**2
                if j == i:
                    own = inner.real
            nats = aid[_LEVEL, i] + (2.0 * own - all_streams) / aid[_MSE, i]
            aid[_RATE, i] = nats * problem.bandwidth_hz / math.log(2.0)  # Eq. (26) [bit/s]
            if nats <= 0.0:
                return math.inf
            power = 0.0
            for a in range(m):
                power += v[i, a].real ** 2 + v[i, a].imag ** 2
            aid[_NORM, i] = math.sqrt(power)
            total += beta * aid[_SIZE, i] / aid[_RATE, i]  # Eq. (27b), one t a vehicle, see E11
            total -= (1.0 - beta) * aid[_Y2, i] * aid[_RATE, i]
            total += (1.0 - beta) * (aid[_SQUARE, i] * power + aid[_LINEAR, i] * aid[_NORM, i])
    return total


@kernel
def _solve(problem: Problem, link: Link, tools: Tools, effort: Effort, aid: np.ndarray) -> None:
    """The convex problem (27) for fixed auxiliary variables, by surrogates of its own objective."""
    v, target, channels, beta = link.v, tools.direction, tools.channels, problem.beta
    n, m = v.shape
    trial = np.zeros((n, m), dtype=np.complex128)
    identity(tools.basis)
    tools.terms[MULTIPLIER, :] = 0.0
    value = _value(problem, v, channels, aid)
    for _ in range(_INNER):
        for i in range(n):
            tools.terms[GAIN, i] = 0.0
            tools.terms[PRICE, i] = 0.0
            if aid[_SIZE, i] > 0.0:
                slope = beta * aid[_SIZE, i] / aid[_RATE, i] ** 2 + (1.0 - beta) * aid[_Y2, i]
                tools.terms[GAIN, i] = slope * problem.bandwidth_hz / math.log(2.0) / aid[_MSE, i]
                round_norm = 0.5 * aid[_LINEAR, i] / aid[_NORM, i] if aid[_NORM, i] > 0.0 else 0.0
                tools.terms[PRICE, i] = (1.0 - beta) * (aid[_SQUARE, i] + round_norm)
        limit, per_stream = problem.p_max_w, problem.per_stream
        surrogate_minimiser(channels, tools.terms, limit, per_stream, tools.basis, tools.matrix, tools.half, target)
        step, before = 1.0, value
        while True:
            for i in range(n):
                for a in range(m):
                    trial[i, a] = v[i, a] + step * (target[i, a] - v[i, a])
            value = _value(problem, trial, channels, aid)
            if value <= before or step < _LEAST_STEP:
                break
            step *= 0.5
        if not value <= before:
            break
        copy(trial, v)
        if before - value <= effort.step_tolerance * abs(value):
            break
