"""Compiled search for the best place of one UAV at given prices: branch and bound over rectangles and relayed IoTs.

In a rectangle the time of a hop is bounded below by a plane: the time increases with the resistance r (power for an SNR
of one) and is concave in it, whether the power is given or priced, so a chord in r is below it; and r is convex in the
position, so its tangent is below it. The least of several planes is concave, so a sum of such least values takes its
least at a corner. The error falls with the square of the sides.

Notation: k IoT, m server, f sub-band, w kind of work; nu price of the UAV's power [s/W].
"""

# numpy types an element of an array as an array; kernels read elements everywhere
# pyright: reportArgumentType=false, reportReturnType=false

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import bare_kernel, kernel
from sagin.methods.lambert_w import lambert_w
from sagin.systems.thz_uav_mec.kernels import FIRM_EXCESS, LEAST_SNR, Problem, link_time
from sagin.systems.thz_uav_mec.kernels_limits import split_within
from sagin.systems.thz_uav_mec.kernels_uav import priced_hop

MOST_RESIST = 1.0 / LEAST_SNR
NEVER, MAYBE, ALWAYS = 0, 1, 2  # whether the UAV relays an IoT
CENTRE = 4  # the column of the least times anywhere in the rectangle, after the four corners
SMALL = 1e-3  # part of the side of the area, below which the place no longer matters
PRICES = 8  # of power tried in a rectangle at most
KEPT = 24  # good relays reported


class Prices(NamedTuple):
    """What a UAV pays and gets for relaying; infinite where a link is not allowed."""

    worth: np.ndarray  # (K,) of relaying an IoT [s]
    server: np.ndarray  # (K, M) [s]
    band: np.ndarray  # (K, F) [s]
    room: np.ndarray  # (K, M) most link time [s]


class Cell(NamedTuple):
    """Bounds of all hops in a rectangle; columns are its four corners and CENTRE."""

    up: np.ndarray  # (K, F, 5) first hops [s]
    low: np.ndarray  # (M, F) least resistance of second hops [W]
    high: np.ndarray  # (M, F)
    tangent: np.ndarray  # (M, F, 4)
    down: np.ndarray  # (W, M, F, 5) priced second hops [s]
    least: np.ndarray  # (W, M, F) second hops at full power [s]
    pace: np.ndarray  # (W, M, F) second hops at the priced power [s]
    ask: np.ndarray  # (K, 5) power of the cheapest link [W]
    link: np.ndarray  # (K, 5) cheapest m F + f of each IoT, int64
    gain: np.ndarray  # (K, 5) what relaying it costs less its worth [s]
    split: np.ndarray  # (4, K) works, gains, powers and times left of a split


class Open(NamedTuple):
    """Parts of the search that are left."""

    box: np.ndarray  # (n, 4) x, y from; x, y to
    use: np.ndarray  # (n, K) int8
    price: np.ndarray  # (n,)
    bound: np.ndarray  # (n,)


class Relays(NamedTuple):
    """Good ways to use the UAV that were met, the best first."""

    value: np.ndarray  # (KEPT,) cost less worth
    link: np.ndarray  # (KEPT, K) m F + f, -1: not relayed
    xy: np.ndarray  # (KEPT, 2)
    time: np.ndarray  # (KEPT, K) link times [s], 0 if not relayed


@kernel
def new_cell(n_iots: int, n_mecs: int, n_bands: int, n_works: int) -> Cell:
    """Room for the bounds of a rectangle."""
    return Cell(
        np.empty((n_iots, n_bands, 5)), np.empty((n_mecs, n_bands)), np.empty((n_mecs, n_bands)),
        np.empty((n_mecs, n_bands, 4)), np.empty((n_works, n_mecs, n_bands, 5)), np.empty((n_works, n_mecs, n_bands)),
        np.empty((n_works, n_mecs, n_bands)), np.empty((n_iots, 5)), np.empty((n_iots, 5), dtype=np.int64),
        np.empty((n_iots, 5)), np.empty((4, n_iots)),
    )  # fmt: skip


@bare_kernel
def _resistances(problem: Problem, f: int, ends: np.ndarray, out: np.ndarray) -> None:
    """Least and largest resistance in a rectangle and its tangent at the corners; `ends`: see `_distances`."""
    spread, loss = problem.spread[f], problem.absorption[f]
    out[0] = min(ends[0] * ends[0] * np.exp(loss * ends[0]) / spread, MOST_RESIST)
    out[1] = min(ends[1] * ends[1] * np.exp(loss * ends[1]) / spread, MOST_RESIST)
    d = ends[2]
    middle = d * d * np.exp(loss * d) / spread
    slope = middle * (loss + 2.0 / d)
    for c in range(4):
        out[2 + c] = middle + slope * ((2 * (c % 2) - 1) * ends[3] + (2 * (c // 2) - 1) * ends[4])


@bare_kernel
def _distances(box: np.ndarray, point: np.ndarray, height: float, ends: np.ndarray) -> None:
    """Least and largest distance of a point to a rectangle, that to its middle, and its change along half the sides."""
    half_x, half_y = 0.5 * (box[2] - box[0]), 0.5 * (box[3] - box[1])
    dx, dy = 0.5 * (box[0] + box[2]) - point[0], 0.5 * (box[1] + box[3]) - point[1]
    square = height * height
    ends[0] = np.sqrt(max(abs(dx) - half_x, 0.0) ** 2 + max(abs(dy) - half_y, 0.0) ** 2 + square)
    ends[1] = np.sqrt((abs(dx) + half_x) ** 2 + (abs(dy) + half_y) ** 2 + square)
    ends[2] = np.sqrt(dx * dx + dy * dy + square)
    ends[3] = half_x * dx / ends[2]
    ends[4] = half_y * dy / ends[2]


@bare_kernel
def _planes(low_time: float, high_time: float, resist: np.ndarray, out: np.ndarray) -> None:
    """A time at the corners, on the chord between its values at the least and largest resistance."""
    slope = 0.0
    if resist[1] < MOST_RESIST and resist[1] > resist[0] * (1.0 + 1e-9):
        slope = max(0.0, (high_time - low_time) / (resist[1] - resist[0]))
    for c in range(4):
        out[c] = low_time + slope * (resist[2 + c] - resist[0])
    out[CENTRE] = low_time


@kernel
def fill_cell(problem: Problem, prices: Prices, use: np.ndarray, box: np.ndarray, most: float, cell: Cell) -> None:
    """Bounds of hops that do not depend on the price of power; IoTs not worth all of it anywhere here: NEVER in `use`.

    `most`: power of the UAV [W].
    """
    ends, resist = np.empty(5), np.empty(6)
    n_mecs, n_bands = cell.low.shape
    for m in range(n_mecs):
        _distances(box, problem.mec_xy[m], problem.height_down, ends)
        for f in range(n_bands):
            _resistances(problem, f, ends, resist)
            cell.low[m, f], cell.high[m, f] = resist[0], resist[1]
            for c in range(4):
                cell.tangent[m, f, c] = resist[2 + c]
            for w in range(len(problem.works)):
                cell.least[w, m, f] = link_time(problem.works[w], most / resist[0])
    for k in range(len(use)):
        if use[k] == NEVER:
            continue
        work, power = problem.work[k], problem.iot_power[k]
        _distances(box, problem.iot_xy[k], problem.height_up, ends)
        best = np.inf
        for f in range(n_bands):
            _resistances(problem, f, ends, resist)
            low, high = link_time(work, power / resist[0]), link_time(work, power / resist[1])
            _planes(low, high, resist, cell.up[k, f])
            for m in range(n_mecs):
                time = low + cell.least[problem.kind[k], m, f]
                if time <= prices.room[k, m]:
                    best = min(best, time + prices.server[k, m] + prices.band[k, f])
        if use[k] == MAYBE and best >= prices.worth[k]:
            use[k] = NEVER


@kernel
def price_cell(
    problem: Problem, prices: Prices, use: np.ndarray, most: float, price: float, cell: Cell
) -> tuple[float, float, int]:  # fmt: skip
    """Least cost less worth in the rectangle at a price of power, the power that would use, and the column."""
    n_bands, resist = len(problem.spread), np.empty(6)
    point = cell.high[0, 0] <= cell.low[0, 0] * (1.0 + 1e-9)
    for m in range(len(problem.mec_xy)):
        for f in range(n_bands):
            resist[0], resist[1] = cell.low[m, f], cell.high[m, f]
            for c in range(4):
                resist[2 + c] = cell.tangent[m, f, c]
            for w in range(len(problem.works)):
                work = problem.works[w]
                power = asked_power(work, resist[0], price, most)
                cell.pace[w, m, f] = link_time(work, power / resist[0])
                low = cell.pace[w, m, f] + price * power
                high = low if point else priced_hop(work, 1.0 / resist[1], price, most)
                _planes(low, high, resist, cell.down[w, m, f])
    best, at = _sum_column(problem, prices, use, price, most, cell, CENTRE), CENTRE
    if not point:
        corner, at_corner = np.inf, CENTRE
        for c in range(4):
            total = _sum_column(problem, prices, use, price, most, cell, c)
            if total < corner:
                corner, at_corner = total, c
        if corner > best:
            best, at = corner, at_corner
    used = 0.0
    if best < np.inf:
        for k in range(len(use)):
            if use[k] == ALWAYS or (use[k] == MAYBE and cell.gain[k, at] < 0.0):
                used += cell.ask[k, at]
    return best - price * most, used, at


@bare_kernel
def asked_power(work: float, resist: float, price: float, most: float) -> float:
    """Power p <= most that minimises A / ln(1 + p / r) + price p."""
    if price <= 0.0:
        return most
    return min(most, np.expm1(2.0 * lambert_w(0.5 * np.sqrt(work / (resist * price)))) * resist)


@bare_kernel
def _sum_column(
    problem: Problem, prices: Prices, use: np.ndarray, price: float, most: float, cell: Cell, c: int
) -> float:  # fmt: skip
    """Sum of what the IoTs cost less their worth at a column; fills their links, gains and powers there.

    At CENTRE a second hop may have to be faster than its price says, to be in time.
    """
    n_mecs, n_bands = cell.low.shape
    total = 0.0
    for k in range(len(use)):
        if use[k] == NEVER:
            continue
        cell.gain[k, c], cell.link[k, c] = np.inf, -1
        w = problem.kind[k]
        for m in range(n_mecs):
            room = prices.room[k, m]
            for f in range(n_bands):
                cost = cell.up[k, f, c] + cell.down[w, m, f, c] + prices.server[k, m] + prices.band[k, f]
                left = room - cell.up[k, f, CENTRE]
                if cost >= cell.gain[k, c] or cell.least[w, m, f] > left:
                    continue
                if c == CENTRE and cell.pace[w, m, f] > left:
                    power = np.expm1(problem.work[k] / left) * cell.low[m, f]
                    cost += left + price * power - cell.down[w, m, f, c]
                    if cost >= cell.gain[k, c]:
                        continue
                cell.gain[k, c], cell.link[k, c] = cost, m * n_bands + f
        cell.gain[k, c] -= prices.worth[k]
        if use[k] == ALWAYS or cell.gain[k, c] < 0.0:
            total += cell.gain[k, c]
            if cell.link[k, c] >= 0:
                m, f = cell.link[k, c] // n_bands, cell.link[k, c] % n_bands
                resist = cell.low[m, f]
                if c != CENTRE:
                    resist = min(max(cell.tangent[m, f, c], resist), cell.high[m, f])
                cell.ask[k, c] = asked_power(problem.work[k], resist, price, most)
                left = prices.room[k, m] - cell.up[k, f, CENTRE]
                if cell.pace[w, m, f] > left:
                    cell.ask[k, c] = max(cell.ask[k, c], np.expm1(problem.work[k] / left) * cell.low[m, f])
    return total


@kernel
def bound_cell(
    problem: Problem, prices: Prices, use: np.ndarray, most: float, price: float, cell: Cell, over: np.ndarray,
    under: np.ndarray, enough: float, precise: float,
) -> tuple[float, float]:  # fmt: skip
    """Lower bound of cost less worth in the filled rectangle, and the best price of power found.

    Ends at a bound of `enough`, or where another price promises less than `precise`.

    `over`, `under`: (K,) links of what uses more and at most the power, -1: not relayed; of the last prices tried.
    """
    best, best_price = -np.inf, price
    low, high, idle = 0.0, np.inf, False
    over[:] = -1
    under[:] = -1
    for _ in range(PRICES):
        value, used, at = price_cell(problem, prices, use, most, price, cell)
        if value > best:
            best, best_price = value, price
        if value >= enough:
            break
        target = over if used > most else under
        for k in range(len(use)):
            taken = use[k] == ALWAYS or (use[k] == MAYBE and cell.gain[k, at] < 0.0)
            target[k] = cell.link[k, at] if taken else -1
        if used > most:
            low = price
        else:
            high = price
        if price == 0.0:
            break
        if used == 0.0:
            price = 0.0 if idle else 0.1 * price
            idle = True
            continue
        step = min(max((used / most) ** 2, 0.02), 50.0)
        ahead = price * step
        if not low < ahead < high:
            ahead = np.sqrt(low * high) if low > 0.0 else 0.3 * high
        if abs(used - most) * abs(ahead - price) < precise:
            break
        price = ahead
    return best, best_price


@kernel
def keep_relays(
    problem: Problem, prices: Prices, use: np.ndarray, xy: np.ndarray, most: float, links: np.ndarray, cell: Cell,
    found: Relays,
) -> float:  # fmt: skip
    """Cost less worth of links (K,) of a UAV at a point, the power split exactly; kept among the best if new."""
    n_bands = len(problem.spread)
    n = 0
    value = 0.0
    for k in range(len(links)):
        if links[k] < 0:
            if use[k] == ALWAYS:
                return np.inf
            continue
        m, f = links[k] // n_bands, links[k] % n_bands
        cell.split[0, n], cell.split[1, n] = problem.work[k], 1.0 / cell.low[m, f]
        cell.split[3, n] = prices.room[k, m] - cell.up[k, f, CENTRE]
        value += prices.server[k, m] + prices.band[k, f] - prices.worth[k]
        n += 1
    if n == 0:
        return 0.0
    split_within(cell.split[0], cell.split[1], cell.split[3], n, most, cell.split[2], FIRM_EXCESS)
    n = 0
    for k in range(len(links)):
        if links[k] < 0:
            continue
        m, f = links[k] // n_bands, links[k] % n_bands
        time = link_time(problem.work[k], cell.split[1, n] * cell.split[2, n])
        if cell.up[k, f, CENTRE] + time > prices.room[k, m] * (1.0 + 1e-7):
            return np.inf
        cell.split[3, n] = cell.up[k, f, CENTRE] + time
        value += cell.split[3, n]
        n += 1
    at = KEPT - 1
    for i in range(KEPT):
        same = found.value[i] < np.inf
        for k in range(len(links)):
            same = same and found.link[i, k] == links[k]
        if same:
            if value >= found.value[i]:
                return value
            at = i
            break
    if value < found.value[at]:
        while at > 0 and found.value[at - 1] > value:
            found.value[at], found.link[at] = found.value[at - 1], found.link[at - 1]
            found.xy[at], found.time[at] = found.xy[at - 1], found.time[at - 1]
            at -= 1
        found.value[at] = value
        found.xy[at, 0], found.xy[at, 1] = xy[0], xy[1]
        n = 0
        for k in range(len(links)):
            found.link[at, k], found.time[at, k] = links[k], 0.0
            if links[k] >= 0:
                found.time[at, k] = cell.split[3, n]
                n += 1
    return value


@kernel
def best_place(
    problem: Problem, prices: Prices, use: np.ndarray, box: np.ndarray, most: float, price: float, tolerance: float,
    most_parts: int, stack: Open, found: Relays,
) -> tuple[float, float, int]:  # fmt: skip
    """Lower bound of cost less worth of one UAV in a rectangle, 0 if it may stay idle; best price; parts bounded.

    `use`: (K,) int8 NEVER, MAYBE, ALWAYS. Ends when the best found is within `tolerance` [s], or after `most_parts`.
    `found`: output, good relays.
    """
    n_iots, n_mecs, n_bands = problem.direct.shape
    cell = new_cell(n_iots, n_mecs, n_bands, len(problem.works))
    over, under = np.empty(n_iots, dtype=np.int64), np.empty(n_iots, dtype=np.int64)
    point, now = np.empty(4), use.copy()
    precise = tolerance
    found.value[:] = np.inf
    incumbent = 0.0
    for k in range(n_iots):
        if use[k] == ALWAYS:
            incumbent = np.inf
    start = use.copy()
    fill_cell(problem, prices, start, box, most, cell)
    value, guess = bound_cell(problem, prices, start, most, price, cell, over, under, np.inf, precise)
    if guess > 0.0:
        price = guess
    stack.box[0], stack.use[0], stack.price[0], stack.bound[0] = box, start, price, value
    n, visited, best_price, aside = 1, 1, price, np.inf
    while n > 0:
        at = 0
        for i in range(n):
            if stack.bound[i] < stack.bound[at]:
                at = i
        lower = stack.bound[at]
        if lower >= min(incumbent, aside) - tolerance or n + 2 > len(stack.bound) or visited >= most_parts:
            return min(lower, incumbent, aside), best_price, visited
        part, state, guess = stack.box[at].copy(), stack.use[at].copy(), stack.price[at]
        n -= 1
        stack.box[at], stack.use[at], stack.price[at], stack.bound[at] = (
            stack.box[n], stack.use[n], stack.price[n], stack.bound[n]
        )  # fmt: skip
        now[:] = state
        point[0] = point[2] = 0.5 * (part[0] + part[2])
        point[1] = point[3] = 0.5 * (part[1] + part[3])
        fill_cell(problem, prices, now, point, most, cell)
        here, here_price = bound_cell(problem, prices, now, most, guess, cell, over, under, np.inf, precise)
        reached = min(
            keep_relays(problem, prices, use, point, most, over, cell, found),
            keep_relays(problem, prices, use, point, most, under, cell, found),
        )
        if here_price <= 0.0:
            here_price = guess
        if reached < incumbent:
            incumbent, best_price = reached, here_price
        chosen = -1
        if reached - here > here - lower:
            for k in range(n_iots):
                if state[k] == MAYBE and (over[k] >= 0) != (under[k] >= 0):
                    chosen = k
            if chosen < 0 and part[2] - part[0] + part[3] - part[1] < SMALL * problem.side:  # one link or another
                aside = min(aside, lower)
                continue
        for child in range(2):
            stack.box[n], stack.use[n] = part, state
            if chosen >= 0:
                stack.use[n, chosen] = ALWAYS if child else NEVER
            else:
                axis = 0 if part[2] - part[0] >= part[3] - part[1] else 1
                stack.box[n, axis if child else 2 + axis] = 0.5 * (part[axis] + part[2 + axis])
            fill_cell(problem, prices, stack.use[n], stack.box[n], most, cell)
            value, stack.price[n] = bound_cell(
                problem, prices, stack.use[n], most, here_price, cell, over, under, incumbent, precise
            )
            stack.bound[n] = max(value, lower)
            if stack.price[n] <= 0.0:
                stack.price[n] = here_price
            visited += 1
            if stack.bound[n] < incumbent:
                n += 1
    return min(incumbent, aside), best_price, visited
