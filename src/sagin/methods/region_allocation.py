"""Shares of a resource whose rate region is convex: least sum of squares over shares, and support functions.

A resource is used by k users. Shares q (k,) of the users' peak rates lie in a region that contains the origin:

    LINEAR  sum q <= 1                                                       one user at a time, a shared processor
    BOX     q_i <= 1                                                         everybody for himself
    OFDMA   q_i log(1+s_i) <= a_i log(1 + s_i/a_i), sum a <= 1               power of a user on its part
    NOMA    sum over S of q_i log(1+s_i) <= log(1 + sum over S of s_i)       for all S: Gaussian multiple access
    OWN     whatever a compiled support function says (`core.engine.support_address`)

`allocate` solves  min sum B_i^2 / q_i,  the answer to prices of time; `support` is  max sum price_i q_i.
At the allocation price_i = B_i^2 / q_i^2 and both agree: sum price q = support(price).

Sources: Tse and Hanly 1998 (polymatroid structure of multiple access); Shannon's formula for a power on part of a band.
"""

from __future__ import annotations

import numpy as np

from sagin.core.engine import bare_kernel, call_support, kernel

LINEAR, BOX, OFDMA, NOMA, OWN = 0, 1, 2, 3, 4
ROWS = 8  # rows of scratch that allocate and support need
VERTICES = 48  # most corners of an own region that an allocation mixes


@bare_kernel
def marginal_rate(z: float) -> float:
    """log(1+z) - z/(1+z), z >= 0: nats that a little more band is worth at signal-to-noise ratio z."""
    if z < 1e-3:
        return z * z * (0.5 - z * (2.0 / 3.0 - z * (0.75 - z * (0.8 - z * (5.0 / 6.0)))))
    return np.log1p(z) - z / (1.0 + z)


@bare_kernel
def band_parts(
    coefficient: np.ndarray, snr: np.ndarray, k: int, power: float, part: np.ndarray, room: np.ndarray
) -> None:
    """Parts a of a band, sum a = 1, with coefficient_i marginal(s_i/a_i) / (a_i log(1+s_i/a_i))^power equal for all.

    Newton on all log a and the logarithm of the common value at once. `coefficient`: (k,) >= 0, 0: no part. `part`:
    (k,) start (> 0 where the coefficient is) and result. `room`: (2, k) scratch.
    """
    total = 0.0
    for i in range(k):
        if coefficient[i] > 0.0:
            total += part[i]
        else:
            part[i] = 0.0
    if total <= 0.0:
        return
    for i in range(k):
        part[i] /= total
    for _ in range(60):
        drift, slope, total = 0.0, 0.0, 0.0
        for i in range(k):
            if part[i] > 0.0:
                z = snr[i] / part[i]
                log1z = np.log1p(z)
                gain = marginal_rate(z)
                ratio = z / (1.0 + z)
                value = np.log(coefficient[i] * gain) - power * np.log(part[i] * log1z)
                turn = -ratio * ratio / gain - power + power * ratio / log1z
                room[0, i], room[1, i] = value, turn
                drift += part[i] * value / turn
                slope += part[i] / turn
                total += part[i]
        level = (1.0 - total + drift) / slope
        moved, total = 0.0, 0.0
        for i in range(k):
            if part[i] > 0.0:
                change = min(max((level - room[0, i]) / room[1, i], -3.0), 3.0)
                moved = max(moved, abs(change))
                part[i] *= np.exp(change)
                total += part[i]
        for i in range(k):
            part[i] /= total
        if moved <= 1e-7:  # the error left is of the order of its square
            return


@bare_kernel
def _sort_falling(key: np.ndarray, order: np.ndarray, k: int) -> None:
    """Insertion sort of the indices `order` by falling key: nothing to do where the last order still holds."""
    for j in range(1, k):
        index = order[j]
        value = key[index]
        i = j - 1
        while i >= 0 and key[order[i]] < value:
            order[i + 1] = order[i]
            i -= 1
        order[i + 1] = index


@bare_kernel
def _decoded_shares(
    weight: np.ndarray, snr: np.ndarray, k: int, share: np.ndarray, order: np.ndarray, room: np.ndarray
) -> None:
    """NOMA allocation: with users by falling w/s the rates are w times the slopes of the greatest convex minorant of
    log(1 + cumulated s) over cumulated w (w = B sqrt(log(1+s))); blocks are pooled until the slopes rise.

    `room`: (5, k).
    """
    blocks = 0
    before = 1.0
    for i in range(k):
        share[i] = 0.0
        room[0, i] = weight[i] * np.sqrt(np.log1p(snr[i])) / snr[i]
    _sort_falling(room[0], order, k)
    for j in range(k):
        i = order[j]
        if weight[i] <= 0.0:
            continue
        mass, rise, count = room[0, i] * snr[i], np.log1p(snr[i] / before), 1.0
        before += snr[i]
        while blocks > 0 and room[2, blocks - 1] * mass >= rise * room[1, blocks - 1]:
            blocks -= 1
            mass += room[1, blocks]
            rise += room[2, blocks]
            count += room[3, blocks]
        room[1, blocks], room[2, blocks], room[3, blocks] = mass, rise, count
        blocks += 1
    block, left = -1, 0.0
    for j in range(k):
        i = order[j]
        if weight[i] <= 0.0:
            continue
        if left <= 0.0:
            block += 1
            left = room[3, block]
        left -= 1.0
        share[i] = room[0, i] * snr[i] * (room[2, block] / room[1, block]) / np.log1p(snr[i])


@bare_kernel
def _least(mix: np.ndarray) -> int:
    least = 0
    for c in range(mix.size):
        if mix[c] < mix[least]:
            least = c
    return least


@kernel
def _mixed_corners(address: int, weight: np.ndarray, snr: np.ndarray, k: int, share: np.ndarray) -> None:
    """Allocation in an own region from its support function alone: corners are asked for at the prices of the present
    shares and mixed by exchanges between the best and the worst one, until no corner is worth 1e-9 more.
    """
    corner, mix = np.zeros((VERTICES, k)), np.zeros(VERTICES)
    price, point = np.zeros(k), np.zeros(k)
    count, active = 0, 0
    for i in range(k):
        share[i] = 0.0
        active += weight[i] > 0.0
    for i in range(k):  # corners that give every active user something
        if weight[i] > 0.0:
            for j in range(k):
                price[j] = 1.0 if j == i else 0.0
            call_support(address, price, snr, point)
            for j in range(k):
                share[j] += point[j] / active
    for i in range(k):
        corner[0, i] = share[i]
    mix[0] = 1.0
    count = 1
    for _ in range(400):
        worth = 0.0
        for i in range(k):
            price[i] = (weight[i] / share[i]) ** 2 if weight[i] > 0.0 else 0.0
            worth += price[i] * share[i]
        top = call_support(address, price, snr, point)
        if top <= worth * (1.0 + 1e-9):
            break
        spot = count if count < VERTICES else _least(mix)
        if spot == count:
            count += 1
        elif mix[spot] > 0.0:  # no room: melt the least corner into the oldest
            for i in range(k):
                both = mix[0] * corner[0, i] + mix[spot] * corner[spot, i]
                corner[0, i] = both / (mix[0] + mix[spot])
            mix[0] += mix[spot]
        for i in range(k):
            corner[spot, i] = point[i]
        mix[spot] = 0.0
        _exchange_corners(corner, mix, count, weight, k, share)


@kernel
def _exchange_corners(
    corner: np.ndarray, mix: np.ndarray, count: int, weight: np.ndarray, k: int, share: np.ndarray
) -> None:
    """Move weight from the corner of least to the one of largest worth, by Newton steps on the line, until equal."""
    for _ in range(30 * count):
        best, worst, high, low = 0, 0, -np.inf, np.inf
        for c in range(count):
            worth = 0.0
            for i in range(k):
                if weight[i] > 0.0:
                    worth += (weight[i] / share[i]) ** 2 * corner[c, i]
            if worth > high:
                best, high = c, worth
            if mix[c] > 0.0 and worth < low:
                worst, low = c, worth
        if high - low <= 1e-10 * high:
            return
        step, bottom, top = 0.0, 0.0, mix[worst]
        for _ in range(60):
            slope, bend = 0.0, 0.0
            for i in range(k):
                if weight[i] > 0.0:
                    way = corner[best, i] - corner[worst, i]
                    now = share[i] + step * way
                    if now <= 0.0:
                        slope, bend = np.inf, 0.0
                        break
                    slope -= (weight[i] / now) ** 2 * way
                    bend += 2.0 * (weight[i] / now) ** 2 * way * way / now
            if slope > 0.0:
                top = step
            else:
                bottom = step
            new = step - slope / bend if bend > 0.0 else np.inf
            if not bottom < new < top:
                new = mix[worst] if top == mix[worst] and slope < 0.0 and new >= top else 0.5 * (bottom + top)
            if abs(new - step) <= 1e-14:
                break
            step = new
        step = min(step, mix[worst])
        for i in range(k):
            share[i] += step * (corner[best, i] - corner[worst, i])
        mix[best] += step
        mix[worst] = mix[worst] - step if step < mix[worst] else 0.0


@kernel
def _check_sizes(
    given: np.ndarray, snr: np.ndarray, k: int, part: np.ndarray, order: np.ndarray, room: np.ndarray
) -> None:
    if min(given.size, snr.size, part.size, order.size, room.shape[1]) < k or room.shape[0] < ROWS:
        raise ValueError("arrays must have k entries, room ROWS rows of k")


@kernel
def allocate(
    kind: int,
    address: int,
    weight: np.ndarray,
    snr: np.ndarray,
    k: int,
    share: np.ndarray,
    price: np.ndarray,
    part: np.ndarray,
    order: np.ndarray,
    room: np.ndarray,
) -> None:
    """Shares of least sum weight_i^2 / share_i over the region, and the prices weight^2 / share^2 they imply (N30-N33).

    `kind`, `address`: of the region (the address counts for OWN only). `weight`: (k,) >= 0. `snr`: (k,) > 0 for OFDMA
    and
    NOMA. `share`, `price`: (k,) output; a user of weight 0 has share 0 and the price at which it would stay away: that
    of the resource for LINEAR, else 0. `part` (k,) > 0, `order` (k,) a permutation: kept between calls, they save work
    and change results by rounding only. `room`: (ROWS, k) scratch. Arrays may be longer than k.
    """
    if min(share.size, price.size) < k:
        raise ValueError("share and price must have k entries")
    _check_sizes(weight, snr, k, part, order, room)
    total = 0.0
    for i in range(k):
        total += weight[i]
    if total <= 0.0:
        for i in range(k):
            share[i], price[i] = 0.0, 0.0
        return
    if kind == LINEAR:
        for i in range(k):
            share[i], price[i] = weight[i] / total, total * total
        return
    if kind == BOX:
        for i in range(k):
            share[i] = 1.0 if weight[i] > 0.0 else 0.0
    elif kind == OFDMA:
        for i in range(k):
            room[2, i] = np.log1p(snr[i]) * weight[i] * weight[i] / (total * total)
            part[i] = max(part[i], 1e-12)
        band_parts(room[2], snr, k, 2.0, part, room)
        for i in range(k):
            share[i] = part[i] * np.log1p(snr[i] / part[i]) / np.log1p(snr[i]) if part[i] > 0.0 else 0.0
    elif kind == NOMA:
        _decoded_shares(weight, snr, k, share, order, room)
    else:
        _mixed_corners(address, weight, snr, k, share)
        for i in range(k):
            share[i] = share[i] if weight[i] > 0.0 else 0.0
    for i in range(k):
        price[i] = (weight[i] / share[i]) ** 2 if share[i] > 0.0 else 0.0


@kernel
def support(
    kind: int,
    address: int,
    price: np.ndarray,
    snr: np.ndarray,
    k: int,
    part: np.ndarray,
    order: np.ndarray,
    room: np.ndarray,
) -> float:
    """An upper value of max sum price_i q_i over the region, right to rounding (N34); arguments as for `allocate`.

    OFDMA: for any parts a, sum P_i s_i/(1+z_i) + max P_i marginal(z_i) with z = s/a, P = price/log(1+s), is never below
    the maximum (the tangent of a concave function over the simplex); `part` gets the parts where it is attained.
    """
    _check_sizes(price, snr, k, part, order, room)
    value = 0.0
    if kind == LINEAR:
        for i in range(k):
            value = max(value, price[i])
        return value
    if kind == BOX:
        for i in range(k):
            value += price[i]
        return value
    if kind == OFDMA:
        for i in range(k):
            room[2, i] = price[i] / np.log1p(snr[i])
            part[i] = max(part[i], 1e-12)
        band_parts(room[2], snr, k, 0.0, part, room)
        level = 0.0
        for i in range(k):
            if part[i] > 0.0:
                z = snr[i] / part[i]
                value += room[2, i] * snr[i] / (1.0 + z)
                level = max(level, room[2, i] * marginal_rate(z))
            else:  # a price so small that its part underflows: the whole of what the user can earn
                value += price[i]
        return value + level
    if kind == NOMA:
        before = 1.0
        for i in range(k):
            room[0, i] = price[i] / np.log1p(snr[i])
        _sort_falling(room[0], order, k)
        for j in range(k):
            i = order[j]
            value += room[0, i] * np.log1p(snr[i] / before)
            before += snr[i]
        return value
    for i in range(k):
        room[0, i], room[1, i] = price[i], snr[i]
    return call_support(address, room[0, :k], room[1, :k], room[2, :k])


@kernel
def load(
    kind: int, share: np.ndarray, snr: np.ndarray, k: int, part: np.ndarray, order: np.ndarray, room: np.ndarray
) -> float:
    """Gauge of shares in a region that is not OWN: at most 1 inside (N18); arguments as for `allocate`.

    `part` of OFDMA: a_i log(1 + s_i/a_i) = u_i log(1+s_i) by Newton on a concave function from the left; inf where no
    band is enough.
    """
    _check_sizes(share, snr, k, part, order, room)
    value = 0.0
    if kind == LINEAR:
        for i in range(k):
            value += share[i]
    elif kind == BOX:
        for i in range(k):
            value = max(value, share[i])
    elif kind == OFDMA:
        for i in range(k):
            nats = share[i] * np.log1p(snr[i])
            if nats >= snr[i]:
                return np.inf
            value += _part_of_rate(nats, snr[i]) if nats > 1e-200 * snr[i] else 0.0
    else:
        for i in range(k):
            room[0, i] = share[i] * np.log1p(snr[i]) / snr[i]
        _sort_falling(room[0], order, k)
        nats, signal = 0.0, 0.0
        for j in range(k):
            i = order[j]
            if share[i] > 0.0:
                nats += room[0, i] * snr[i]
                signal += snr[i]
                value = max(value, nats / np.log1p(signal))
    return value


@bare_kernel
def _part_of_rate(nats: float, snr: float) -> float:
    """The part a of a band with a log(1 + snr/a) = nats < snr, nats > 0."""
    part = nats / np.log1p(snr) if nats <= np.log1p(snr) else 1.0
    low = 0.0
    for _ in range(100):
        z = snr / part
        gap = part * np.log1p(z) - nats
        step = gap / marginal_rate(z)
        new = part - step
        if gap > 0.0:
            if new <= low:
                new = 0.5 * (low + part)
        else:
            low = part
        if abs(new - part) <= 4e-16 * part:
            return new
        part = new
    return part
