"""Larger, convex problems solved by one price: a ratio a frame, within limits, and a pilot duration a frame as well.

With a frame's own part x = (1 - r) l and its forwarded part y = r l free of each other the energy
A x^3 + G (e^(th y) - 1) is jointly convex in x, y and the pilot duration, and so are the limits
    x + y <= U,  y <= V,  a (x + y) <= y <= b (x + y).
For any price p >= 0 of the bits the least Lagrangian is a lower bound of the energy of every decision whose ratio
lies in [a, b], and any tangent of it by the pilot duration is one for all durations.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.bracketed_root import FACTOR, HIGH, LOW, SIZE, narrow, next_point, open_bracket, open_outward
from sagin.methods.priced_allocation import Cost, answer, marginal
from sagin.systems.isac_sagin.kernels import LAST, At, Problem, limits, room_for, set_pilot


class Frame(NamedTuple):
    """One frame at one pilot duration: A, th, G, U, V of the energy and its limits, and the ratio's limits a, b."""

    cubic: float
    rate: float
    uplink: float
    cap: float
    top: float
    least: float
    most: float


@kernel
def best_frame(frame: Frame, price: float) -> tuple[float, float, float, float]:
    """Parts x, y that minimise energy - price (x + y) in a frame, and the multipliers of x + y <= U and of y <= V."""
    A, th, G, U, V, a, b = frame
    x = np.sqrt(price / (3.0 * A))
    first = G * th  # marginal energy of forwarding the first bit
    y = min(np.log(price / first) / th, V) if price > first else 0.0
    worth = max(price - first * np.exp(th * V), 0.0) if y == V else 0.0
    ray = -1.0
    if y > b * (x + y):
        ray = b
    elif y < a * (x + y):
        ray = a
    if ray >= 0.0:
        most = V / ray if ray > 0.0 else np.inf
        l = _on_ray(A, th, G, ray, price, min(U, most))  # noqa: E741
        x, y = (1.0 - ray) * l, ray * l
        worth = 0.0
        if l == most and most <= U:
            worth = max(price - marginal(_ray(A, th, ray), G, 0.0, l)[0], 0.0) / ray
    if x + y < U:
        return x, y, 0.0, worth
    if a * U > V:  # the rate U cannot be reached: the satellite's cap ends the ray a before
        return x, y, 0.0, worth
    low, high = a * U, min(b * U, V)
    y = _on_face(A, th, G, U, low, high)
    x = U - y
    own, sent = 3.0 * A * x * x, first * np.exp(th * y)
    if y >= high and high < b * U:
        return x, y, max(price - own, 0.0), max(own - sent, 0.0)
    share = a if y <= low else b if y >= high else 0.0
    return x, y, max(price - ((1.0 - share) * own + share * sent), 0.0), 0.0


@kernel
def _ray(A: float, th: float, ratio: float) -> Cost:
    return Cost(A * (1.0 - ratio) ** 3, th, ratio, 0.0, 0.0, 0.0)


@kernel
def _on_ray(A: float, th: float, G: float, ratio: float, price: float, cap: float) -> float:
    """Bits on a fixed ratio at a price, at most `cap`; starts from what one of the two parts alone would take."""
    cost = _ray(A, th, ratio)
    if cap <= 0.0 or marginal(cost, G, 0.0, cap)[0] <= price:
        return cap
    if ratio < 1.0:
        cap = min(cap, np.sqrt(price / (3.0 * cost.cubic)))
    return answer(cost, G, 0.0, 0.0, cap, price)


@kernel
def _on_face(A: float, th: float, G: float, U: float, low: float, high: float) -> float:
    """The forwarded part in [low, high] that makes both marginal energies equal when x + y = U."""
    if G * th * np.exp(th * low) >= 3.0 * A * (U - low) ** 2:
        return low
    y = high
    for _ in range(200):
        sent = G * th * np.exp(th * y)
        gap = sent - 3.0 * A * (U - y) ** 2
        if gap > 0.0:
            high = y
        else:
            low = y
        step = y - gap / (th * sent + 6.0 * A * (U - y))
        if not low <= step <= high:
            step = 0.5 * (low + high)
        if abs(step - y) <= 4e-16 * U or low == high:
            return step
        y = step
    return y


@kernel
def lagrangian(
    problem: Problem,
    pilot: float,
    price: float,
    least: float,
    most: float,
    at: At,
    x: np.ndarray,
    y: np.ndarray,
) -> tuple[float, float, float]:
    """Least Lagrangian at a price and a pilot duration (set in `at`), its slope by the duration, and sum (x + y).

    Ratios in [least, most]; fills x, y. The first is a lower bound of the energy at this duration for any price >= 0.
    """
    data = problem.frame - pilot
    A = problem.computing / data**2
    th = problem.exponent / data
    value = problem.estimation * pilot + price * x.size  # Eq. (M12)
    slope = problem.estimation
    total = 0.0
    for n in range(x.size):
        frame = Frame(A, th, at.uplink[n], at.cap[n], at.top[n], least, most)
        x[n], y[n], full, worth = best_frame(frame, price)
        cube = A * x[n] ** 3
        rise = np.expm1(th * y[n])
        value += cube + at.uplink[n] * rise - price * (x[n] + y[n])
        slope += (2.0 * cube + at.uplink[n] * (th * y[n] * (rise + 1.0) - rise) + worth * at.top[n]) / data
        slope -= full * at.cap_slope[n]
        total += x[n] + y[n]
    return value, slope, total


@kernel
def price_at(
    problem: Problem,
    pilot: float,
    least: float,
    most: float,
    guess: float,
    at: At,
    x: np.ndarray,
    y: np.ndarray,
) -> tuple[float, float, float]:
    """The price at which the bits sum to the budget, for a common duration: price, least energy, slope by the duration.

    Sets `at`, fills x, y. Energy inf where the caps leave no room; the slope then points to where they grow.
    """
    budget = float(x.size)
    set_pilot(problem, pilot, at)
    room, growth = 0.0, 0.0
    for n in range(x.size):
        if least * at.cap[n] > at.top[n]:
            room += at.top[n] / least
            growth -= at.top[n] / least / (problem.frame - pilot)
        else:
            room += at.cap[n]
            growth += at.cap_slope[n]
    if room < budget * (1.0 - 1e-12):
        return guess, np.inf, -growth
    budget = min(budget, room)
    state = np.empty(SIZE)
    open_outward(state, guess)
    price, value, slope = guess, 0.0, 0.0
    for _ in range(200):
        price = next_point(state)
        value, slope, total = lagrangian(problem, pilot, price, least, most, at, x, y)
        narrow(state, price, total - budget)
        if abs(total - budget) <= 1e-14 * budget or (
            state[FACTOR] == 0.0 and state[HIGH] - state[LOW] <= 4e-16 * price
        ):
            break
    return price, value, slope


@kernel
def crossing(low: np.ndarray, high: np.ndarray) -> float:
    """Least value, between two points, of a convex function with given tangents there (point, value, slope).

    A slope < 0 at `low` and >= 0 at `high`; value inf: infeasible from there outward, no tangent.
    """
    if low[1] == np.inf and high[1] == np.inf:
        return np.inf
    if low[1] == np.inf:
        return high[1] + high[2] * (low[0] - high[0])
    if high[1] == np.inf:
        return low[1] + low[2] * (high[0] - low[0])
    step = (high[1] - low[1] - high[2] * (high[0] - low[0])) / (low[2] - high[2])
    return low[1] + low[2] * step


@kernel
def ratio_bound(
    problem: Problem,
    first: float,
    least: float,
    most: float,
    guess: float,
    x: np.ndarray,
    y: np.ndarray,
) -> tuple[float, float, float, float]:
    """Best common duration >= `first`, a ratio a frame in [least, most]: bound, energy, duration, price; fills x, y.

    The bound is certified: tangents of the Lagrangian by the duration are below the energy everywhere. inf: infeasible.
    """
    at = room_for(x.size)
    price, value, slope = price_at(problem, first, least, most, guess, at, x, y)
    if slope >= 0.0:  # convex by the duration: rises from here on
        return value, value, first, price
    low = np.array([first, value, slope])
    high = np.array([problem.frame * (1.0 - LAST), np.inf, np.inf])
    best, best_value = first, value
    state = np.empty(SIZE)
    open_bracket(state, first, slope if value < np.inf else -np.inf, high[0], np.inf)
    for _ in range(200):
        pilot = next_point(state)
        price, value, slope = price_at(problem, pilot, least, most, price, at, x, y)
        end = low if slope < 0.0 else high
        end[0], end[1], end[2] = pilot, value, slope
        narrow(state, pilot, slope if value < np.inf else -np.inf if slope < 0.0 else np.inf)
        if value < best_value:
            best, best_value = pilot, value
        if state[HIGH] - state[LOW] <= 4e-16 * problem.frame:
            break
        if best_value < np.inf and best_value - crossing(low, high) <= 1e-13 * best_value:
            break
    price, value, slope = price_at(problem, best, least, most, price, at, x, y)
    return crossing(low, high), value, best, price


@kernel
def own_duration(
    problem: Problem, n: int, first: float, price: float, state: np.ndarray, ends: np.ndarray
) -> tuple[float, float, float, float, float]:
    """Best duration >= `first` of a frame at a price: duration, x, y, energy, and the certified least Lagrangian."""
    last = problem.frame * (1.0 - LAST)
    pilot = first
    x, y, energy = 0.0, 0.0, 0.0
    for step in range(200):
        data = problem.frame - pilot
        th = problem.exponent / data
        G, U, U_slope, V = limits(problem, n, pilot)
        frame = Frame(problem.computing / data**2, th, G, U, V, 0.0, 1.0)
        x, y, full, worth = best_frame(frame, price)
        cube = frame.cubic * x**3
        rise = np.expm1(th * y)
        each = problem.estimation / problem.snr.size
        slope = each + (2.0 * cube + G * (th * y * (rise + 1.0) - rise) + worth * V) / data - full * U_slope
        energy = each * pilot + cube + G * rise
        value = energy - price * (x + y)
        if step == 0:
            if slope >= 0.0:
                return pilot, x, y, energy, value
            ends[0, 0], ends[0, 1], ends[0, 2] = pilot, value, slope
            ends[1, 0], ends[1, 1], ends[1, 2] = last, np.inf, np.inf
            open_bracket(state, pilot, slope, last, np.inf)
        else:
            end = ends[0] if slope < 0.0 else ends[1]
            end[0], end[1], end[2] = pilot, value, slope
            narrow(state, pilot, slope)
            if slope == 0.0 or state[HIGH] - state[LOW] <= 4e-16 * problem.frame:
                break
        pilot = next_point(state)
    return pilot, x, y, energy, crossing(ends[0], ends[1])


@kernel
def own_durations(
    problem: Problem,
    guess: float,
    pilots: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
) -> tuple[float, float]:
    """Best duration and ratio of every frame: certified bound and energy (inf: infeasible); fills pilots, x, y."""
    budget = float(x.size)
    state, inner, ends = np.empty(SIZE), np.empty(SIZE), np.empty((2, 3))
    open_outward(state, guess)
    bound, energy = -np.inf, np.inf
    for _ in range(200):
        price = next_point(state)
        if price > 1e200 * guess:
            return np.inf, np.inf
        lower, total, energy = price * budget, 0.0, 0.0
        for n in range(x.size):
            pilots[n], x[n], y[n], spent, value = own_duration(problem, n, problem.least[n], price, inner, ends)
            lower += value
            energy += spent
            total += x[n] + y[n]
        bound = max(bound, lower)
        narrow(state, price, total - budget)
        if abs(total - budget) <= 1e-14 * budget or (
            state[FACTOR] == 0.0 and state[HIGH] - state[LOW] <= 4e-16 * price
        ):
            break
    return bound, energy
