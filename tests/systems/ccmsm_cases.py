"""Hand instances of ccmsm and random plans, for its tests."""

import numpy as np

import sagin
from sagin.core import records
from sagin.systems.ccmsm import model
from sagin.systems.ccmsm.scenario import Scenario

SYSTEM = sagin.system("ccmsm")

COMMON = {
    "cpu_core_hz": 2e9,
    "switched_capacitance_local": 1e-27,
    "switched_capacitance_core": 1e-28,
    "bandwidth_hz": 1e6,
    "noise_psd_w_per_hz": 1e-15,
    "p_min_w": 0.1,
    "p_max_w": 1.0,
    "preference": 0.4,
}
TINY_1 = {
    "task_mask": [[True, True]],
    "data_bits": [[1e6, 2e6]],
    "cycles": [[3e9, 1e9]],
    "cpu_local_hz": [1e9],
    "gain": [3e-9],
    "n_cores": 1,
}
TINY_2 = {
    "task_mask": [[True, True], [True, True]],
    "data_bits": [[1e6, 2e6], [1e6, 1e6]],
    "cycles": [[3e9, 1e9], [2e9, 2e9]],
    "cpu_local_hz": [1e9, 0.8e9],
    "gain": [3e-9, 1e-9],
    "n_cores": 2,
}


def tiny(instance: dict, **changes) -> model.Drops:
    """One hand instance as drops."""
    values = {**COMMON, **instance, **changes}
    table = records.columns(model.Drops)
    batch = {name: np.asarray(value)[None] if table[name].per_drop else value for name, value in values.items()}
    return records.build(model.Drops, scenario=Scenario(), seeds=np.zeros(1, dtype=np.int64), **batch)


def decision(core, queue, power) -> model.Decision:
    """One decision as a batch."""
    return records.build(
        model.Decision, core=np.array([core]), queue=np.array([queue]), power_w=np.array([power], dtype=float)
    )


def sample(n: int = 4, **fields) -> model.Drops:
    """Random drops."""
    return SYSTEM.sample(SYSTEM.scenario(**fields), range(n))


def plans(drops: model.Drops, seed: int = 0) -> model.Decision:
    """Random plans."""
    return SYSTEM.solve(
        SYSTEM.sample(drops.scenario.replace(algorithm_seed=seed), drops.seeds), "random", threads=1
    ).decision
