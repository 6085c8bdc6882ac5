"""`alternate`: splits at frozen rates and rates at frozen splits in turn; how drops become arrays."""

from __future__ import annotations

import numpy as np

from sagin.core.engine import support_address
from sagin.methods.region_allocation import OWN
from sagin.systems.network import access
from sagin.systems.network.kernels import Problem
from sagin.systems.network.model import Drops


def prepare(drops: Drops) -> Problem:
    """The drops as the kernels see them. `Problem.address` points into functions that `access.own_regions` keeps."""
    kind, regions = access.kind_codes(drops), access.own_regions(drops)
    addresses = [support_address(region.support)[0] for region in regions]
    address = np.array([addresses[code - OWN] if code >= OWN else 0 for code in kind], dtype=np.int64)
    pair, first, user = number_pairs(drops.resource, len(kind))
    is_max = drops.objective == "max"
    usable = drops.route_ok[..., None] & (drops.resource >= 0)
    a = np.where(usable, drops.work / np.where(usable, drops.peak, 1.0), 0.0)
    delay_weight = 0.0 * drops.weight if is_max else drops.weight * drops.beta
    energy_weight = 0.0 * drops.weight if is_max else drops.weight * (1 - drops.beta)
    power = np.where(usable, energy_weight[..., None, None] * drops.on_power_w, 0.0)
    energy = energy_weight[..., None] * np.where(usable, drops.energy_j, 0.0).sum(axis=-1)
    idle = (delay_weight == 0.0) if not is_max else (drops.weight == 0.0)
    typical = np.maximum(drops.weight.mean(axis=1, keepdims=True), 1e-300)
    snr = np.full((len(a), len(user)), 1e-30)
    slots = pair >= 0
    for row in range(len(a)):
        np.maximum.at(snr[row], pair[slots], np.where(usable[row], drops.snr[row], 0.0)[slots])
    return Problem(
        pair=pair,
        first=first,
        user=user,
        kind=np.minimum(kind, OWN),
        address=address,
        private=np.asarray(drops.private, dtype=bool)[np.repeat(np.arange(len(kind)), np.diff(first))],
        is_max=is_max,
        splitting=bool(drops.splitting),
        a=a,
        p=power,
        ke=energy,
        latency=np.ascontiguousarray(drops.latency_s),
        ok=drops.route_ok,
        deadline=drops.deadline_s,
        tw=delay_weight,
        weight=drops.weight,
        least=np.where(idle & np.isinf(drops.deadline_s), 1e-9 * typical, 0.0),
        snr=snr,
    )


def number_pairs(resource: np.ndarray, n_resources: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers of the (user, resource) pairs, resource by resource: of every hop (-1: none), the first of every
    resource, and the user of every pair.
    """
    used, users = resource >= 0, np.broadcast_to(np.arange(len(resource))[:, None, None], resource.shape)
    keys, numbers = np.unique(resource[used] * len(resource) + users[used], return_inverse=True)
    pair = np.full(resource.shape, -1, dtype=np.int64)
    pair[used] = numbers
    first = np.searchsorted(keys, np.arange(n_resources + 1) * len(resource)).astype(np.int64)
    return pair, first, (keys % len(resource)).astype(np.int64)
