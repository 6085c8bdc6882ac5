"""From a batch of drops to the compiled problem of one drop."""

from __future__ import annotations

import numpy as np

from sagin.blocks.computing.cpu import cpu_energy, cpu_time
from sagin.systems.ccmsm.kernels import Problem
from sagin.systems.ccmsm.model import TRUTH, Drops, computing_model, core_clocks, n_labels, references


def problems(drops: Drops, model: str = TRUTH) -> list[Problem]:
    """The problem of every drop, as one of the computing models sees it."""
    belief = computing_model(model)
    clock, clock_of_energy = core_clocks(drops, belief)
    energy_unit, time_unit = references(drops)
    own = drops.cpu_local_hz[..., None]
    local_j = cpu_energy(drops.cycles, own, drops.switched_capacitance_local)
    core_j = cpu_energy(drops.cycles, clock_of_energy, drops.switched_capacitance_core)
    local_s, work_s = cpu_time(drops.cycles, own), cpu_time(drops.cycles, clock)
    energy_weight = drops.preference / energy_unit
    snr_per_w = drops.gain / (drops.noise_psd_w_per_hz * drops.bandwidth_hz)
    rows = (
        drops.data_bits,
        local_s,
        work_s,
        energy_weight[:, None, None] * local_j,
        energy_weight[:, None, None] * core_j,
    )
    tasks = np.stack([row.reshape(len(drops.seeds), -1) for row in rows])  # in the order of kernels.BITS ...
    return [
        Problem(
            padding=~drops.task_mask[d].ravel(),
            task=np.ascontiguousarray(tasks[:, d]),
            snr_per_w=snr_per_w[d],
            n_cores=n_labels(drops, belief),
            discipline=belief.discipline,
            bandwidth_hz=drops.bandwidth_hz,
            energy_weight=float(energy_weight[d]),
            time_weight=float((1 - drops.preference) / time_unit[d]),
            p_min_w=drops.p_min_w,
            p_max_w=drops.p_max_w,
        )
        for d in range(len(drops.seeds))
    ]
