"""The channel-constrained multi-core sequential model: drops, decisions, and the judge (paper Section II).

Every terminal sends its offloaded tasks one after another; every core of the server runs what arrives first come first
served. Slots without a task are padding, marked by a mask.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sagin.blocks.access.shannon import shannon_rate
from sagin.blocks.access.uplink import upload_time
from sagin.blocks.channel.macro_pathloss import macro_gain
from sagin.blocks.computing.cpu import cpu_energy, cpu_time
from sagin.blocks.computing.multicore import fcfs_finish, list_dispatch, static_split_finish, unlimited_finish
from sagin.core import random, records
from sagin.core.errors import InputError
from sagin.core.records import Bools, Floats, Ints, column, constant, metric, violation
from sagin.core.units import from_dbm, to_db
from sagin.systems.ccmsm.scenario import Scenario

EXACT = 1e-9  # tolerance of the constraints


@dataclass(frozen=True)
class Drops(records.Drops):
    """Random instances: tasks, clocks and channels of every terminal."""

    scenario: Scenario
    seeds: records.Ints
    task_mask: Bools = column("terminal", "slot", doc="whether the slot holds a task", dtype=bool)
    data_bits: Floats = column("terminal", "slot", unit="bit", doc="size of a task, 0 in padding", ge=0)
    cycles: Floats = column("terminal", "slot", unit="cycle", doc="work of a task, 0 in padding", ge=0)
    cpu_local_hz: Floats = column("terminal", unit="Hz", doc="clock of the terminal", gt=0)
    gain: Floats = column("terminal", doc="channel power gain", gt=0)
    n_cores: int = constant(doc="cores of the server", dtype=int, ge=1)
    cpu_core_hz: float = constant(unit="Hz", doc="clock of a core", gt=0)
    switched_capacitance_local: float = constant(unit="J s^2/cycle^3", doc="energy coefficient of terminals", gt=0)
    switched_capacitance_core: float = constant(unit="J s^2/cycle^3", doc="energy coefficient of cores", ge=0)
    bandwidth_hz: float = constant(unit="Hz", doc="uplink bandwidth of a terminal", gt=0)
    noise_psd_w_per_hz: float = constant(unit="W/Hz", doc="noise density with the noise figure", gt=0)
    p_min_w: float = constant(unit="W", doc="least transmit power", gt=0)
    p_max_w: float = constant(unit="W", doc="largest transmit power", gt=0)
    preference: float = constant(doc="weight of energy", ge=0, le=1)


@dataclass(frozen=True)
class Decision(records.Record):
    """Where each task runs, in which order each terminal sends, and with which power."""

    core: Ints = column("terminal", "slot", doc="core of a task, 1 to K; 0: in its terminal", dtype=int)
    queue: Ints = column("terminal", "slot", doc="slot of the task sent s-th; others are skipped", dtype=int)
    power_w: Floats = column("terminal", unit="W", doc="transmit power")


@dataclass(frozen=True)
class Metrics(records.Metrics):
    """Utility of a plan, its delay and energy, and how far each constraint is violated."""

    objective: Floats = metric(doc="utility U: weighted energy and makespan, in the scenario's utility_mode")
    raw_utility: Floats = metric(doc="preference E [J] + (1 - preference) T [s]")
    normalised_utility: Floats = metric(doc="utility relative to the all-local plan, whose value is 1")
    makespan_s: Floats = metric(unit="s", doc="time at which the last task ends")
    energy_j: Floats = metric(unit="J", doc="energy of everything")
    energy_local_j: Floats = metric(unit="J", doc="computing energy of the terminals")
    energy_core_j: Floats = metric(unit="J", doc="computing energy of the server")
    energy_radio_j: Floats = metric(unit="J", doc="transmission energy")
    offloaded_tasks: Floats = metric(doc="number of offloaded tasks")
    rate_bps: Floats = metric("terminal", unit="bit/s", doc="uplink rate")
    terminal_time_s: Floats = metric("terminal", unit="s", doc="end of local computing")
    upload_time_s: Floats = metric("terminal", unit="s", doc="end of the upload")
    core_time_s: Floats = metric("core", unit="s", doc="end of the core's last task")
    arrival_s: Floats = metric("terminal", "slot", unit="s", doc="arrival of a task; infinite if not offloaded")
    violation_power_low: Floats = violation("(10a) least power", EXACT)
    violation_power_high: Floats = violation("(10a) largest power", EXACT)
    violation_core_low: Floats = violation("(10b)-(10d) one place a task", EXACT)
    violation_core_high: Floats = violation("(10b)-(10d) one place a task", EXACT)
    violation_padding: Floats = violation("padding is not offloaded", EXACT)
    violation_queue_permutation: Floats = violation("each queue names every slot once", EXACT)


@dataclass(frozen=True)
class ComputingModel:
    """A belief about the server: K cores, or one K times as fast, and how a core serves its tasks."""

    name: str
    single: bool
    discipline: int  # 0 first come first served, 1 static equal split, 2 a core of its own for every task


MODELS = {
    model.name: model
    for model in (
        ComputingModel("n_s", False, 0),
        ComputingModel("n_p", False, 1),
        ComputingModel("1_s", True, 0),
        ComputingModel("1_p", True, 1),
        ComputingModel("n_u", False, 2),
    )
}
FINISH = (fcfs_finish, static_split_finish, unlimited_finish)  # Eqs. (M1), (M4) and (M5)
TRUTH = "n_s"


def computing_model(name: str) -> ComputingModel:
    """The computing model of that name."""
    if name not in MODELS:
        raise InputError("model", name, "one of " + ", ".join(MODELS))
    return MODELS[name]


def n_labels(drops: Drops, model: ComputingModel) -> int:
    """Number of cores a model's plan may name."""
    return 1 if model.single else drops.n_cores


def draw(scenario: Scenario, seeds: np.ndarray) -> Drops:
    """Independent drops. One stream a terminal, tasks drawn slot by slot: larger sets keep the earlier members."""
    n, slots = scenario.n_terminals, scenario.n_tasks_max
    position = np.empty((len(seeds), n, 4))
    tasks = np.empty((len(seeds), n, slots, 2))
    for drop, seed in enumerate(seeds):
        for i in range(n):
            generator = random.stream(int(seed), "terminal", i)
            position[drop, i, :3] = generator.random(3)
            position[drop, i, 3] = generator.standard_exponential()
            tasks[drop, i] = random.stream(int(seed), "tasks", i).random((slots, 2))
    distance_m = _between(scenario.distance_min_m, scenario.distance_max_m, position[..., 0])
    fading = position[..., 3] if scenario.fading == "rayleigh" else np.ones(position.shape[:2])
    spread = slots - scenario.n_tasks_min + 1
    held = scenario.n_tasks_min + np.minimum((position[..., 2] * spread).astype(np.int64), spread - 1)
    mask = np.arange(slots) < held[..., None]
    bits = _between(scenario.data_bits_min, scenario.data_bits_max, tasks[..., 0])
    intensity = _between(scenario.cycles_per_bit_min, scenario.cycles_per_bit_max, tasks[..., 1])
    return assemble(
        scenario,
        seeds,
        task_mask=mask,
        data_bits=np.where(mask, bits, 0.0),
        cycles=np.where(mask, bits * intensity, 0.0),
        cpu_local_hz=_between(scenario.cpu_local_min_hz, scenario.cpu_local_max_hz, position[..., 1]),
        gain=mean_gain(scenario, distance_m) * fading,
    )


def mean_gain(scenario: Scenario, distance_m: np.ndarray | float) -> np.ndarray:
    """Channel power gain without fading at distances of any shape [m]."""
    return macro_gain(distance_m, scenario.pathloss_1km_db, scenario.pathloss_exponent)


def assemble(scenario: Scenario, seeds: np.ndarray, **arrays: np.ndarray) -> Drops:
    """Drops of the arrays that vary; all else is the scenario's."""
    drops = records.build(
        Drops,
        scenario=scenario,
        seeds=np.asarray(seeds),
        n_cores=scenario.n_cores,
        cpu_core_hz=scenario.cpu_core_hz,
        switched_capacitance_local=scenario.switched_capacitance_local,
        switched_capacitance_core=scenario.switched_capacitance_core,
        bandwidth_hz=scenario.bandwidth_hz,
        noise_psd_w_per_hz=from_dbm(scenario.noise_psd_dbm_per_hz + scenario.noise_figure_db),
        p_min_w=from_dbm(scenario.p_min_dbm),
        p_max_w=from_dbm(scenario.p_max_dbm),
        preference=scenario.preference,
        **arrays,
    )
    return checked(drops)


def _between(low: float, high: float, uniform: np.ndarray) -> np.ndarray:
    return low + (high - low) * uniform


def checked(drops: Drops, given: frozenset[str] = frozenset()) -> Drops:
    """The drops with empty padding, if they can be used: InputError on an empty drop, task or power range."""
    empty = ~drops.task_mask.any(axis=(1, 2))
    if empty.any():
        raise InputError(
            "task_mask", f"no task in the drop of seed {drops.seeds[empty][0]}", "at least one task a drop"
        )
    for name in ("data_bits", "cycles"):
        values = getattr(drops, name)[drops.task_mask]
        if not np.all(values > 0):
            raise InputError(name, float(values.min()), "> 0 wherever task_mask is true", "a task has size and work")
    if drops.p_max_w < drops.p_min_w:
        raise InputError("p_max_w", drops.p_max_w, f">= p_min_w = {drops.p_min_w:g}", "an empty range")
    return replace(
        drops,
        data_bits=np.where(drops.task_mask, drops.data_bits, 0.0),
        cycles=np.where(drops.task_mask, drops.cycles, 0.0),
    )


def references(drops: Drops) -> tuple[np.ndarray, np.ndarray]:
    """(drop,) energy [J] and makespan [s] that one unit of utility stands for: those of the all-local plan, or 1."""
    if drops.scenario.utility_mode == "raw":
        return np.ones(len(drops.seeds)), np.ones(len(drops.seeds))
    return all_local(drops)


def all_local(drops: Drops) -> tuple[np.ndarray, np.ndarray]:
    """(drop,) energy [J] and makespan [s] of the plan that offloads nothing."""
    clock = drops.cpu_local_hz[..., None]
    energy = cpu_energy(drops.cycles, clock, drops.switched_capacitance_local).sum(axis=(1, 2))
    return energy, cpu_time(drops.cycles, clock).sum(axis=2).max(axis=1)


def local_utility(drops: Drops) -> np.ndarray:
    """(drop,) utility of the plan that offloads nothing: 1 in the normalised form."""
    (energy, time), (energy_unit, time_unit) = all_local(drops), references(drops)
    weight = drops.preference
    return weight * energy / energy_unit + (1 - weight) * time / time_unit


def evaluate(drops: Drops, decision: Decision) -> Metrics:
    """Metrics of a decision under the true model: K cores, each first come first served."""
    return believe(drops, decision, TRUTH)


def believe(drops: Drops, decision: Decision, model: str) -> Metrics:
    """Metrics of a decision as one of the computing models sees it."""
    belief = computing_model(model)
    cores = n_labels(drops, belief)
    offloaded = (decision.core > 0) & drops.task_mask
    rate = uplink_rate(drops, decision.power_w)
    arrival, sent = arrivals(drops, offloaded, decision.queue, rate)
    clock, clock_of_energy = core_clocks(drops, belief)
    work = _flat(cpu_time(drops.cycles, clock))  # Eq. (1) [s]
    finish = FINISH[belief.discipline]
    core_time = np.zeros((len(drops.seeds), drops.n_cores))
    for k in range(cores):
        on_core = _flat(offloaded & (decision.core == k + 1))
        core_time[:, k] = finish(_flat(arrival), work, on_core)  # Eq. (4), (M1) [s]
    own = drops.cpu_local_hz[..., None]
    kept = np.where(offloaded, 0.0, drops.cycles)
    terminal_time = cpu_time(kept, own).sum(axis=2)  # Eq. (5) [s]
    makespan = np.maximum(terminal_time.max(axis=1), core_time.max(axis=1))  # Eq. (6) [s]

    moved = np.where(offloaded, drops.cycles, 0.0).sum(axis=(1, 2))
    local_j = cpu_energy(kept, own, drops.switched_capacitance_local).sum(axis=(1, 2))  # Eq. (7) [J]
    core_j = cpu_energy(moved, clock_of_energy, drops.switched_capacitance_core)  # Eq. (7) [J]
    radio_j = np.where(sent > 0, _radio_energy(decision.power_w, sent), 0.0).sum(axis=1)  # Eq. (8), corrected, see E2
    energy = local_j + core_j + radio_j
    energy_unit, time_unit = all_local(drops)
    raw = utility(drops, energy, makespan)  # Eq. (9)
    normalised = utility(drops, energy / energy_unit, makespan / time_unit)  # Eq. (M3)
    return records.build(
        Metrics,
        objective=raw if drops.scenario.utility_mode == "raw" else normalised,
        raw_utility=raw,
        normalised_utility=normalised,
        makespan_s=makespan,
        energy_j=energy,
        energy_local_j=local_j,
        energy_core_j=core_j,
        energy_radio_j=radio_j,
        offloaded_tasks=offloaded.sum(axis=(1, 2)).astype(float),
        rate_bps=rate,
        terminal_time_s=terminal_time,
        upload_time_s=sent,
        core_time_s=core_time,
        arrival_s=np.where(offloaded, arrival, np.inf),
        **_violations(drops, decision, cores),
    )


def uplink_rate(drops: Drops, power_w: np.ndarray) -> np.ndarray:
    """(drop, terminal) uplink rate [bit/s]; 0 for powers that are not positive."""
    noise_w = drops.noise_psd_w_per_hz * drops.bandwidth_hz
    return shannon_rate(drops.bandwidth_hz, np.maximum(power_w, 0.0) * drops.gain / noise_w)  # Eq. (M2) [bit/s]


def arrivals(drops: Drops, offloaded: np.ndarray, queue: np.ndarray, rate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(drop, terminal, slot) arrival [s] of the offloaded tasks and (drop, terminal) end of the upload [s]."""
    place = np.clip(queue, 0, queue.shape[2] - 1)
    upload = upload_time(np.where(offloaded, drops.data_bits, 0.0), rate[..., None])  # Eq. (2) [s]
    in_order = np.cumsum(np.take_along_axis(upload, place, 2), axis=2)  # Eq. (3) [s]
    arrival = np.full(upload.shape, np.inf)
    np.put_along_axis(arrival, place, in_order, 2)  # back from places in the queue to tasks, see E5
    return arrival, upload.sum(axis=2)


def utility(drops: Drops, energy: np.ndarray, makespan: np.ndarray) -> np.ndarray:
    """Weighted sum of energy and makespan; a weight of 0 drops its term even if that is infinite."""
    weight = drops.preference
    if weight == 0:
        return makespan
    return energy if weight == 1 else weight * energy + (1 - weight) * makespan


def realise(drops: Drops, decision: Decision, model: str) -> Decision:
    """The plan of a computing model on the K real cores: single-core plans are dispatched in order of arrival."""
    if not computing_model(model).single:
        return decision
    offloaded = (decision.core > 0) & drops.task_mask
    return replace(decision, core=dispatch(drops, offloaded, decision.queue, decision.power_w))


def dispatch(drops: Drops, offloaded: np.ndarray, queue: np.ndarray, power_w: np.ndarray) -> np.ndarray:
    """(drop, terminal, slot) cores when each task, in order of arrival, goes where it can start first."""
    arrival, _ = arrivals(drops, offloaded, queue, uplink_rate(drops, power_w))
    work = _flat(cpu_time(drops.cycles, drops.cpu_core_hz))
    return list_dispatch(_flat(arrival), work, _flat(offloaded), drops.n_cores).reshape(offloaded.shape)


def core_clocks(drops: Drops, belief: ComputingModel) -> tuple[float, float]:
    """Clock of a core [Hz], and the one that its energy is counted at."""
    if not belief.single:
        return drops.cpu_core_hz, drops.cpu_core_hz
    fast = drops.n_cores * drops.cpu_core_hz
    return fast, fast if drops.scenario.single_core_energy_law == "frequency" else drops.cpu_core_hz


def _radio_energy(power_w: np.ndarray, sent: np.ndarray) -> np.ndarray:
    """Power times time; infinite for an upload that never ends."""
    return np.where(np.isfinite(sent), power_w * np.where(np.isfinite(sent), sent, 0.0), np.inf)


def _flat(values: np.ndarray) -> np.ndarray:
    return values.reshape(values.shape[0], -1)  # (drop, terminal x slot)


def _violations(drops: Drops, decision: Decision, cores: int) -> dict[str, np.ndarray]:
    power, core = decision.power_w, decision.core
    wrong = np.any(np.sort(decision.queue, axis=2) != np.arange(core.shape[2]), axis=2)
    return {
        "violation_power_low": np.max(drops.p_min_w - power, axis=1) / drops.p_max_w,  # Eq. (10)
        "violation_power_high": np.max(power - drops.p_max_w, axis=1) / drops.p_max_w,
        "violation_core_low": -core.min(axis=(1, 2)).astype(float),
        "violation_core_high": (core.max(axis=(1, 2)) - cores).astype(float),
        "violation_padding": np.where(drops.task_mask, 0, core).sum(axis=(1, 2)).astype(float),
        "violation_queue_permutation": wrong.sum(axis=1).astype(float),
    }


def budget(drops: Drops) -> list[tuple[str, float, str]]:
    """Link budget of the first drop's first terminal at full power, and what its first task costs here and there."""
    scenario, noise_w = drops.scenario, drops.noise_psd_w_per_hz * drops.bandwidth_hz
    snr = drops.p_max_w * drops.gain[0, 0] / noise_w
    rate = float(shannon_rate(drops.bandwidth_hz, snr))
    i, j = (int(index) for index in np.argwhere(drops.task_mask[0])[0])
    bits, cycles, clock = drops.data_bits[0, i, j], drops.cycles[0, i, j], drops.cpu_local_hz[0, i]
    speed = float(uplink_rate(drops, np.full(drops.gain.shape, drops.p_max_w))[0, i])
    return [
        ("transmit power", scenario.p_max_dbm, "dBm"),
        ("channel gain", to_db(float(drops.gain[0, 0])), "dB"),
        ("noise density with noise figure", scenario.noise_psd_dbm_per_hz + scenario.noise_figure_db, "dBm/Hz"),
        ("SNR", to_db(float(snr)), "dB"),
        ("rate", rate / 1e6, "Mbit/s"),
        ("task size", float(bits) / 1e6, "Mbit"),
        ("task work", float(cycles) / 1e9, "Gcycle"),
        ("local time", float(cycles / clock), "s"),
        ("upload time", float(bits / speed), "s"),
        ("core time", float(cycles / drops.cpu_core_hz), "s"),
        ("local energy", float(cpu_energy(cycles, clock, drops.switched_capacitance_local)), "J"),
        ("radio energy", float(drops.p_max_w * bits / speed), "J"),
        ("core energy", float(cpu_energy(cycles, drops.cpu_core_hz, drops.switched_capacitance_core)), "J"),
    ]
