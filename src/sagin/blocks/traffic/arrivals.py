"""Numbers of tasks that arrive in slots of time: Poisson, and Markov-modulated Poisson of two states; bounded Pareto.

Source: Fischer and Meier-Hellstern 1993, "The Markov-modulated Poisson process (MMPP) cookbook".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sagin.core import random
from sagin.core.errors import InputError

HOURS = 24.0


FOREVER_S = 1e15
SWITCHES = 64  # stays drawn at once, an even number: every block begins in the first state


def poisson_counts(generator: np.random.Generator, rate_per_s: np.ndarray | float, slot_s: float, n: int) -> np.ndarray:
    """(n,) int64 arrivals in n slots. `rate_per_s`: >= 0, one or one a slot (mean over the slot); `slot_s`: > 0."""
    rate = np.broadcast_to(np.asarray(rate_per_s, dtype=float), (n,))
    _check_rates("rate_per_s", rate)
    _check_positive("slot_s", slot_s)
    return generator.poisson(rate * slot_s)


def mmpp_counts(
    generator: np.random.Generator,
    rates_per_s: Sequence[float],
    switch_per_s: Sequence[float],
    slot_s: float,
    n: int,
) -> np.ndarray:
    """(n,) int64 arrivals of a two-state MMPP, whose state goes on between slots and starts in its stationary law.

    `rates_per_s`: arrivals a second in the two states, >= 0. `switch_per_s`: rates of leaving state 0 and state 1,
    >= 0, not both 0 (a rate of 0: that state never ends; two of them have no stationary law). State and counts have
    streams of their own, so that more slots keep the earlier ones.
    """
    key = int(generator.integers(2**63))
    means = mmpp_means(random.stream(key, "state"), rates_per_s, switch_per_s, slot_s, n)
    return random.stream(key, "counts").poisson(means)


def mmpp_means(
    generator: np.random.Generator,
    rates_per_s: Sequence[float],
    switch_per_s: Sequence[float],
    slot_s: float,
    n: int,
) -> np.ndarray:
    """(n,) mean arrivals in each slot given the path of the state: its rate integrated over the slot."""
    _check_rates("rates_per_s", np.asarray(rates_per_s, dtype=float))
    _check_rates("switch_per_s", np.asarray(switch_per_s, dtype=float))
    _check_positive("slot_s", slot_s)
    leave = np.asarray(switch_per_s, dtype=float)
    if leave.sum() == 0:
        raise InputError("switch_per_s", list(switch_per_s), "not both 0", "no stationary law to start in")
    rates = np.asarray(rates_per_s, dtype=float)
    state = int(generator.random() < leave[0] / leave.sum())
    edges = np.arange(n + 1) * slot_s
    switched, arrived = [np.zeros(1)], [np.zeros(1)]  # knots of the arrivals so far, linear between switches
    while switched[-1][-1] < edges[-1]:
        turn = (state + np.arange(SWITCHES)) % 2
        with np.errstate(divide="ignore", over="ignore"):
            stay = np.minimum(generator.standard_exponential(SWITCHES) / leave[turn], FOREVER_S)
        switched.append(switched[-1][-1] + np.cumsum(stay))
        arrived.append(arrived[-1][-1] + np.cumsum(stay * rates[turn]))
    total = np.interp(edges, np.concatenate(switched), np.concatenate(arrived))
    return np.maximum(np.diff(total), 0.0)


def mmpp_moments(rates_per_s: Sequence[float], switch_per_s: Sequence[float], slot_s: float) -> tuple[float, float]:
    """Mean and variance of the arrivals in a slot of a two-state MMPP in its stationary law."""
    (l1, l2), (r12, r21) = rates_per_s, switch_per_s
    s = r12 + r21
    mean = (r21 * l1 + r12 * l2) / s * slot_s
    burst = 2 * (l1 - l2) ** 2 * r12 * r21 / s**3
    return mean, mean + burst * (slot_s + np.expm1(-s * slot_s) / s)


def bounded_pareto(
    generator: np.random.Generator, low: float, high: float, shape: float, size: int | tuple[int, ...]
) -> np.ndarray:
    """Pareto sizes cut to [low, high] by the inverse of their distribution; `shape` > 0, 0 < low <= high."""
    return bounded_pareto_quantile(generator.random(size), low, high, shape)


def bounded_pareto_quantile(uniform: np.ndarray, low: float, high: float, shape: float) -> np.ndarray:
    """The size that a share `uniform` in [0, 1) of all sizes stays below."""
    for name, value in (("low", low), ("shape", shape)):
        _check_positive(name, value)
    if not (high >= low and np.isfinite(high)):
        raise InputError("high", high, f"finite and >= low = {low:g}")
    cut = -np.expm1(shape * (np.log(low) - np.log(high)))  # 1 - (L/H)^a
    return np.clip(low * np.exp(-np.log1p(-np.asarray(uniform) * cut) / shape), low, high)


def bounded_pareto_mean(low: float, high: float, shape: float) -> float:
    """Mean of those sizes."""
    if high == low:
        return float(low)
    cut = -np.expm1(shape * (np.log(low) - np.log(high)))
    if shape == 1:
        return float(low * np.log(high / low) / cut)
    return float(low**shape / cut * shape / (shape - 1) * (low ** (1 - shape) - high ** (1 - shape)))


def profile_integral(
    profile: Sequence[Sequence[float]], start_hour: np.ndarray | float, hours: np.ndarray | float
) -> np.ndarray:
    """Integral [h] over time of a daily factor, linear between points (hour, factor) and wrapping at 24 h.

    `profile`: at least one point, hours in [0, 24) rising strictly, factors >= 0. `start_hour`: any shape, any day.
    `hours`: length, >= 0.
    """
    points = np.asarray(profile, dtype=float)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise InputError("profile", list(profile), "a list of [hour, factor]")
    hour, factor = points.T
    if not (np.isfinite(points).all() and (hour >= 0).all() and (hour < HOURS).all() and (np.diff(hour) > 0).all()):
        raise InputError("profile", list(profile), "hours in [0, 24), rising")
    if (factor < 0).any():
        raise InputError("profile", list(profile), "factors >= 0")
    knots = np.concatenate([hour[-1:] - HOURS, hour, hour[:1] + HOURS])
    values = np.concatenate([factor[-1:], factor, factor[:1]])
    area = np.concatenate([[0.0], np.cumsum(np.diff(knots) * (values[1:] + values[:-1]) / 2)])

    def until(time: np.ndarray) -> np.ndarray:
        """Integral from hour 0 of day 0."""
        day, rest = np.divmod(time, HOURS)
        return day * (within(np.asarray(HOURS)) - within(np.asarray(0.0))) + within(rest) - within(np.asarray(0.0))

    def within(rest: np.ndarray) -> np.ndarray:
        i = np.clip(np.searchsorted(knots, rest, side="right") - 1, 0, len(knots) - 2)
        step = rest - knots[i]
        slope = (values[i + 1] - values[i]) / (knots[i + 1] - knots[i])
        return area[i] + step * (values[i] + slope * step / 2)

    start = np.asarray(start_hour, dtype=float)
    return until(start + hours) - until(start)


def _check_rates(name: str, values: np.ndarray) -> None:
    bad = ~((values >= 0) & np.isfinite(values))
    if bad.any():
        raise InputError(name, float(values[bad].flat[0]), "finite and >= 0")


def _check_positive(name: str, value: float) -> None:
    if not (value > 0 and np.isfinite(value)):
        raise InputError(name, value, "finite and > 0")
