"""A user's best answer to prices: one route, or its own processor kept busy and one route beside it.

A task takes hops one after the other; a hop of work a [s at the peak rate] on share q takes t = a/q and costs a price
pi q, that is gamma/t with gamma = pi a. While it lasts it may also draw power p. Hops are given by `power` p (k,) and
`root` = sqrt(gamma) > 0 (k,); hops without price take no time and are left out. With om the multiplier of the time
limit,

    S(om) = sum root/sqrt(p + om)   seconds of a whole task        G(om) = sum root sqrt(p + om)   its cost / 2

are all that the hops matter for. Any om certifies: the dual value of a convex problem is below its optimum.
"""

from __future__ import annotations

import numpy as np

from sagin.core.engine import bare_kernel


@bare_kernel
def seconds(power: np.ndarray, root: np.ndarray, k: int, om: float) -> float:
    """S(om): seconds of the whole task when a second costs om beside the power; inf where a hop then costs nothing."""
    total = 0.0
    for h in range(k):
        total += root[h] / np.sqrt(power[h] + om)
    return total


@bare_kernel
def toll(power: np.ndarray, root: np.ndarray, k: int, om: float) -> float:
    """G(om) = sum root sqrt(p + om)."""
    total = 0.0
    for h in range(k):
        total += root[h] * np.sqrt(power[h] + om)
    return total


@bare_kernel
def second_price(power: np.ndarray, root: np.ndarray, k: int, limit: float) -> float:
    """The om >= 0 with S(om) = `limit`, 0 if S(0) is below: Newton from the left on a convex falling function."""
    free = 0.0
    for h in range(k):
        if power[h] == 0.0:
            free += root[h]
    om = (free / limit) ** 2 if free > 0.0 else 0.0
    if free == 0.0 and seconds(power, root, k, 0.0) <= limit:
        return 0.0
    for _ in range(100):
        total, slope = 0.0, 0.0
        for h in range(k):
            part = root[h] / np.sqrt(power[h] + om)
            total += part
            slope += 0.5 * part / (power[h] + om)
        # in log S against log om the steps are shorter than they need be, but never too long
        step = (total - limit) / slope
        if step <= 1e-14 * om:
            return om
        om += step
    return om


@bare_kernel
def whole_route(
    power: np.ndarray, root: np.ndarray, k: int, tw: float, latency: float, low: float, high: float
) -> tuple[float, float]:
    """Least cost of a whole task over one route at prices, and its om (N40): completion in [low, high] at tw a second.

    Cost = tw T + sum (p t + gamma/t), T = latency + sum t (or later), energy not counted. inf if high <= latency. A
    lower limit is not binding where arriving late costs nothing: `low` makes om < tw, never negative.
    """
    room = high - latency
    if k == 0:
        return (tw * max(latency, low), tw) if room >= 0.0 else (np.inf, tw)
    if room <= 0.0:
        return np.inf, tw
    needed = seconds(power, root, k, tw)
    om, limit = tw, 0.0
    if needed > room:
        limit = room
        om = second_price(power, root, k, room)
    elif needed < low - latency:
        limit = low - latency
        om = min(second_price(power, root, k, limit), tw)
    value = tw * latency + 2.0 * toll(power, root, k, om)
    return (value + (tw - om) * limit if om != tw else value), om


@bare_kernel
def beside_free(
    total_root: float, tw: float, slope: float, a0: float, lam: float, latency: float, low: float, high: float
) -> tuple[float, float]:
    """Best completion time T of a local processor kept busy until T and the rest over a route without power (N41, p =
    0).

    Local: a0 seconds for the whole task after `lam`. Minimises tw T + slope (T - lam)/a0 + y g^2/(T - latency) over T
    in [low, high], y = 1 - (T - lam)/a0, g = `total_root`, `slope` = local minus route energy. Returns (value, T); inf
    where there is no such T.
    """
    low = max(low, latency, lam)
    high = min(high, a0 + lam)
    rest = 1.0 - (latency - lam) / a0
    if high < low or rest <= 0.0 or high <= latency:
        return np.inf, high
    rise = tw + slope / a0
    s = high - latency
    if rise > 0.0:
        s = min(max(total_root * np.sqrt(rest / rise), low - latency), s)
    if s <= 0.0 and total_root > 0.0:
        return np.inf, high
    end = latency + s
    y = max(1.0 - (end - lam) / a0, 0.0)
    carried = y * total_root * total_root / s if total_root > 0.0 else 0.0
    return tw * end + slope * (end - lam) / a0 + carried, end


@bare_kernel
def beside_cost(power: np.ndarray, root: np.ndarray, k: int, y: float, room: float) -> tuple[float, float]:
    """psi = least sum p t + gamma y/t with sum t <= room, and its om."""
    if y <= 0.0 or k == 0:
        return 0.0, 0.0
    scale = np.sqrt(y)
    om = second_price(power, root, k, room / scale)
    return 2.0 * scale * toll(power, root, k, om) - om * room, om


@bare_kernel
def _balance(
    power: np.ndarray, root: np.ndarray, k: int, om: float, rise: float, a0: float, rest: float
) -> tuple[float, float]:
    """What waiting a little longer gains at om, 0 at a stationary time, and its derivative along om."""
    whole, third, cost = 0.0, 0.0, 0.0
    for h in range(k):
        part = root[h] / np.sqrt(power[h] + om)
        whole += part
        third += part / (power[h] + om)
        cost += part * (power[h] + om)
    square = whole * whole / a0
    s = 2.0 * rest * whole * whole / (square + np.sqrt(square * square + 4.0 * rest * whole * whole))
    scale = s / whole
    turn_s = -scale * scale * whole * third / (2.0 * s + square)
    turn = -1.0 - (0.5 * whole + 0.5 * cost * turn_s / (a0 * scale * scale)) / (a0 * scale)
    return rise - om - cost / (a0 * scale), turn


@bare_kernel
def _stationary(power: np.ndarray, root: np.ndarray, k: int, om: float, rise: float, a0: float, rest: float) -> float:
    """The om of a least cost inside, where the balance falls through 0 along om < rise; 0 if none is seen.

    Looked for around `om`, else downwards from `rise`; then Newton kept inside the bracket.
    """
    bottom, top = 0.8 * om, 1.25 * om
    near = 0.0 < om < rise and _balance(power, root, k, bottom, rise, a0, rest)[0] >= 0.0
    if not near or _balance(power, root, k, top, rise, a0, rest)[0] >= 0.0:
        bottom, top = rise, rise
        for step in range(20):
            top = bottom
            bottom *= 0.6
            if _balance(power, root, k, bottom, rise, a0, rest)[0] >= 0.0:
                break
            if step == 19:
                return 0.0
        om = bottom
    for _ in range(60):
        value, turn = _balance(power, root, k, om, rise, a0, rest)
        if value >= 0.0:
            bottom = om
        else:
            top = om
        new = om - value / turn if turn < 0.0 else top
        if not bottom < new < top:
            new = 0.5 * (bottom + top)
        if abs(new - om) <= 1e-10 * om:
            return new
        om = new
    return om


@bare_kernel
def beside_powered(
    power: np.ndarray,
    root: np.ndarray,
    k: int,
    tw: float,
    slope: float,
    a0: float,
    lam: float,
    latency: float,
    low: float,
    high: float,
    om: float,
) -> tuple[float, float, float]:
    """The same over a route that draws power (N41, p > 0): (value, T, om), the best of the ends and a least cost
    inside.

    Not certified. Along om the time is known in closed form; inside, om is below tw + slope/a0. `om`: where to look
    first.
    """
    low = max(low, latency, lam)
    high = min(high, a0 + lam)
    rest = 1.0 - (latency - lam) / a0
    if high < low or rest <= 0.0 or high <= latency:
        return np.inf, high, 0.0
    rise = tw + slope / a0
    y = max(1.0 - (high - lam) / a0, 0.0)
    psi, answer = beside_cost(power, root, k, y, high - latency)
    best, when = tw * high + slope * (high - lam) / a0 + psi, high
    inside = _stationary(power, root, k, om, rise, a0, rest) if rise > 0.0 else 0.0
    end = low
    if inside > 0.0:
        whole = seconds(power, root, k, inside)
        square = whole * whole / a0
        s = 2.0 * rest * whole * whole / (square + np.sqrt(square * square + 4.0 * rest * whole * whole))
        end = min(max(latency + s, low), high)
    if latency < end < high:
        y = max(1.0 - (end - lam) / a0, 0.0)
        psi, om = beside_cost(power, root, k, y, end - latency)
        value = tw * end + slope * (end - lam) / a0 + psi
        if value < best:
            best, when, answer = value, end, om
    return best, when, answer


@bare_kernel
def certified_beside(
    power: np.ndarray,
    root: np.ndarray,
    k: int,
    tw: float,
    slope: float,
    a0: float,
    lam: float,
    latency: float,
    low: float,
    high: float,
    goal: float,
    tolerance: float,
    stack: np.ndarray,
) -> float:
    """A value no T in [low, high] goes below, within `tolerance` of min(goal, minimum) from below or at least the goal.

    For fixed om the dual value 2 sqrt(y) G(om) - om (T - latency) is concave in T, so on a cell it is least at an end;
    the best om of the middle and both ends is taken and cells that stay too low are halved. `goal`: a value of the
    user's other columns, above which this one does not matter. `stack`: (64, 2) scratch.
    """
    low = max(low, latency, lam)
    high = min(high, a0 + lam)
    rest = 1.0 - (latency - lam) / a0
    if high < low or rest <= 0.0 or high <= latency:
        return np.inf
    depth, certified = 1, np.inf
    stack[0, 0], stack[0, 1] = low, high
    while depth > 0:
        depth -= 1
        left, right = stack[depth, 0], stack[depth, 1]
        y_left, y_right = max(1.0 - (left - lam) / a0, 0.0), max(1.0 - (right - lam) / a0, 0.0)
        base_left = tw * left + slope * (left - lam) / a0
        base_right = tw * right + slope * (right - lam) / a0
        middle = 0.5 * (left + right)
        bound = -np.inf
        target = goal - tolerance * abs(goal)
        for turn in range(3):
            end = middle if turn == 0 else (right if turn == 1 else left)
            y = max(1.0 - (end - lam) / a0, 0.0)
            if end <= latency:
                continue
            psi, om = beside_cost(power, root, k, y, end - latency)
            goal = min(goal, tw * end + slope * (end - lam) / a0 + psi)
            if y <= 0.0:  # nothing is left for the route: take the om that suits a little part
                om = second_price(power, root, k, max(end - latency, 1e-300) * 1e6)
            cost = 2.0 * toll(power, root, k, om)
            here = min(
                base_left + np.sqrt(y_left) * cost - om * (left - latency),
                base_right + np.sqrt(y_right) * cost - om * (right - latency),
            )
            bound = max(bound, here)
            if bound >= target:
                break
        target = goal - tolerance * abs(goal)
        if bound >= target or right - left <= 1e-13 * abs(right) or depth >= stack.shape[0] - 2:
            certified = min(certified, bound)
            continue
        stack[depth, 0], stack[depth, 1] = middle, right
        stack[depth + 1, 0], stack[depth + 1, 1] = left, middle
        depth += 2
    return certified


@bare_kernel
def exchange(
    cost: np.ndarray,
    amount: np.ndarray,
    usable: np.ndarray,
    rest: np.ndarray,
    scale: np.ndarray,
    n: int,
    u: int,
    y: np.ndarray,
) -> float:
    """Minimise cost.y + sum_j (rest_j + (amount' y)_j)^2 / scale_j over the simplex by exchanges between two columns.

    `cost`: (n,), `amount`: (n, u) >= 0, `usable`: (n,) bool, `y`: (n,) on the simplex, improved in place. `rest`: (u,)
    becomes rest + amount' y. `scale`: (u,) > 0; where it is inf the term does not count. Each exchange takes the column
    of least and the used one of largest gradient and solves their line exactly. Returns the last difference of
    gradients.
    """
    for c in range(n):
        if y[c] > 0.0:
            for j in range(u):
                rest[j] += y[c] * amount[c, j]
    spread = 0.0
    for _ in range(12 + 2 * n):
        best, worst, low, high = -1, -1, np.inf, -np.inf
        for c in range(n):
            if usable[c]:
                slope = cost[c]
                for j in range(u):
                    slope += 2.0 * amount[c, j] * rest[j] / scale[j]
                if slope < low:
                    best, low = c, slope
                if y[c] > 0.0 and slope > high:
                    worst, high = c, slope
        spread = high - low
        if best == worst or spread <= 1e-12 * (abs(high) + abs(low)):
            return spread
        bend = 0.0
        for j in range(u):
            way = amount[best, j] - amount[worst, j]
            bend += 2.0 * way * way / scale[j]
        step = min(spread / bend, y[worst]) if bend > 0.0 else y[worst]
        for j in range(u):
            rest[j] += step * (amount[best, j] - amount[worst, j])
        y[best] += step
        y[worst] = y[worst] - step if step < y[worst] else 0.0
    return spread
