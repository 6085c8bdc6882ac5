"""GA-SSA as a careful reader of the paper would write it: plain Python, and with pymoo's genetic algorithm.

Both follow the same settings and evaluate the utility exactly as often as our scheme (5 860 times in the genetic pass,
1 220 times in the sparrow pass), so that only the implementation differs.
"""

from __future__ import annotations

import numpy as np
from benchmarks.harness import Comparison, Growth

from sagin.core import records
from sagin.core.random import stream
from sagin.systems.ccmsm import model


class Instance:
    """One drop in the plain numbers that the paper's equations use."""

    def __init__(self, drops: model.Drops) -> None:
        self.n, self.slots = drops.task_mask.shape[1:]
        self.cores = drops.n_cores
        self.mask, self.bits, self.cycles = drops.task_mask[0], drops.data_bits[0], drops.cycles[0]
        self.clock, self.core_clock = drops.cpu_local_hz[0], drops.cpu_core_hz
        self.bandwidth = drops.bandwidth_hz
        self.snr = drops.gain[0] / (drops.noise_psd_w_per_hz * drops.bandwidth_hz)
        self.local_energy = drops.switched_capacitance_local * self.clock[:, None] ** 2 * self.cycles
        self.core_energy = drops.switched_capacitance_core * self.core_clock**2 * self.cycles
        self.low, self.high = drops.p_min_w, drops.p_max_w
        self.weight = drops.preference
        energy, time = model.references(drops)
        self.energy_unit, self.time_unit = float(energy[0]), float(time[0])
        self.settings = drops.scenario

    def utility(self, core: np.ndarray, queue: np.ndarray, power: np.ndarray) -> float:
        """Eqs. (1) to (9), one plan."""
        rate = self.bandwidth * np.log1p(power * self.snr) / np.log(2)
        energy, longest = 0.0, 0.0
        waiting: list[list[tuple[float, float]]] = [[] for _ in range(self.cores)]
        for i in range(self.n):
            own, arrival = 0.0, 0.0
            for j in queue[i]:
                if core[i, j] == 0:
                    own += self.cycles[i, j] / self.clock[i]
                    energy += self.local_energy[i, j]
                else:
                    tau = self.bits[i, j] / rate[i]
                    arrival += tau
                    energy += self.core_energy[i, j] + power[i] * tau
                    waiting[core[i, j] - 1].append((arrival, self.cycles[i, j] / self.core_clock))
            longest = max(longest, own)
        for tasks in waiting:
            finish = 0.0
            for arrival, work in sorted(tasks):
                finish = max(finish, arrival) + work
            longest = max(longest, finish)
        return self.weight * energy / self.energy_unit + (1 - self.weight) * longest / self.time_unit

    def utilities(self, core: np.ndarray, queue: np.ndarray, power: np.ndarray) -> np.ndarray:
        """The same for plans (plan, terminal, slot) at once."""
        count = len(core)
        rate = self.bandwidth * np.log1p(power * self.snr) / np.log(2)
        away = core > 0
        tau = np.where(away, self.bits / rate[..., None], 0.0)
        arrival = np.empty_like(tau)
        np.put_along_axis(arrival, queue, np.cumsum(np.take_along_axis(tau, queue, 2), axis=2), 2)
        energy = np.where(away, self.core_energy + power[..., None] * tau, self.local_energy).sum(axis=(1, 2))
        longest = np.where(away, 0.0, self.cycles / self.clock[:, None]).sum(axis=2).max(axis=1)
        order = np.argsort(arrival.reshape(count, -1), axis=1, kind="stable")
        sorted_arrival = np.take_along_axis(arrival.reshape(count, -1), order, 1)
        sorted_core = np.take_along_axis(core.reshape(count, -1), order, 1)
        work = np.broadcast_to(self.cycles / self.core_clock, core.shape).reshape(count, -1)
        work = np.take_along_axis(work, order, 1)
        for k in range(1, self.cores + 1):
            here = sorted_core == k
            rest = np.cumsum(np.where(here, work, 0.0)[:, ::-1], axis=1)[:, ::-1]
            longest = np.maximum(longest, np.where(here, sorted_arrival + rest, 0.0).max(axis=1))
        return self.weight * energy / self.energy_unit + (1 - self.weight) * longest / self.time_unit


def solve_plain(drops: model.Drops) -> model.Decision:
    """GA-SSA in plain Python, one evaluation at a time."""
    instance = Instance(drops)
    draw = stream(int(drops.seeds[0]), "peer/plain")
    core, queue, power = _genetic(instance, draw)
    return _record(core, queue, _sparrow(instance, draw, core, queue, power))


def _genetic(instance: Instance, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    settings = instance.settings
    power = np.full(instance.n, instance.low + settings.power_init_fraction * (instance.high - instance.low))

    def score(plan: tuple[np.ndarray, np.ndarray]) -> float:
        return round(instance.utility(*plan, power), 12)

    def random_plan() -> tuple[np.ndarray, np.ndarray]:
        core = draw.integers(0, instance.cores + 1, size=(instance.n, instance.slots)) * instance.mask
        return core, np.argsort(draw.random(core.shape), axis=1)

    population = [random_plan() for _ in range(settings.ga_population)]
    fitness = [score(plan) for plan in population]
    for _ in range(settings.ga_generations):
        order = np.argsort(fitness, kind="stable")
        population, fitness = [population[r] for r in order], [fitness[r] for r in order]
        children = population[: settings.ga_elites]
        scores = fitness[: settings.ga_elites]
        while len(children) < settings.ga_population:
            child = _child(instance, draw, population)
            children.append(child)
            scores.append(score(child))
        population, fitness = children, scores
    best = int(np.argmin(fitness))
    return (*population[best], power)


def _child(instance: Instance, draw: np.random.Generator, population: list) -> tuple[np.ndarray, np.ndarray]:
    settings, size, slots = instance.settings, len(population), instance.slots
    first = population[draw.integers(0, size, settings.ga_tournament).min()]
    second = population[draw.integers(0, size, settings.ga_tournament).min()]
    core, queue = first[0].copy(), first[1].copy()
    if draw.random() < settings.ga_crossover_prob:
        swap = draw.random(core.shape) < 0.5
        core[swap] = second[0][swap]
        for i in range(instance.n):
            if draw.random() < 0.5:
                low, high = sorted(draw.integers(0, slots + 1, 2))
                kept = set(first[1][i, low:high].tolist())
                rest = [gene for gene in second[1][i] if gene not in kept]
                queue[i, :low], queue[i, high:] = rest[:low], rest[low:]
    probability = settings.ga_core_mutation_prob or 1 / core.size
    redraw = (draw.random(core.shape) < probability) & instance.mask
    core[redraw] = draw.integers(0, instance.cores + 1, redraw.sum())
    for i in range(instance.n):
        if draw.random() < settings.ga_swap_mutation_prob:
            one, other = draw.integers(0, slots, 2)
            queue[i, [one, other]] = queue[i, [other, one]]
    return core, queue


def _sparrow(
    instance: Instance, draw: np.random.Generator, core: np.ndarray, queue: np.ndarray, power: np.ndarray
) -> np.ndarray:
    """Xue and Shen's update rules on the powers."""
    settings, n, dims = instance.settings, instance.settings.ssa_population, instance.n
    span = instance.high - instance.low
    rounds = settings.ssa_iterations
    producers = max(1, round(settings.ssa_producer_fraction * n))
    scouts = max(1, round(settings.ssa_scout_fraction * n))

    def score(place: np.ndarray) -> float:
        return round(instance.utility(core, queue, instance.low + span * place), 12)

    places = draw.random((n, dims))
    places[0] = (power - instance.low) / span if span > 0 else 0.0
    fitness = np.array([score(place) for place in places])
    for _ in range(rounds):
        order = np.argsort(fitness, kind="stable")
        places, fitness = places[order], fitness[order]
        best, worst = places[0], places[-1]
        moved = places.copy()
        calm = draw.random() < settings.ssa_safety_threshold
        for r in range(producers):
            if calm:
                moved[r] = places[r] * np.exp(-(r + 1) / ((1 - draw.random()) * rounds))
            else:
                moved[r] = places[r] + draw.standard_normal()
        moved[:producers] = np.clip(moved[:producers], 0, 1)
        leader = moved[np.argmin([score(place) for place in moved[:producers]])]
        for r in range(producers, n):
            if r + 1 > n / 2:
                moved[r] = draw.standard_normal() * np.exp((worst - places[r]) / (r + 1) ** 2)
            else:
                signs = np.where(draw.random(dims) < 0.5, 1.0, -1.0)
                moved[r] = leader + np.sum(signs * np.abs(places[r] - leader)) / dims
        for r in draw.permutation(n)[:scouts]:
            if fitness[r] > fitness[0]:
                moved[r] = best + draw.standard_normal(dims) * np.abs(places[r] - best)
            else:
                rate = draw.uniform(-1, 1) / ((fitness[r] - fitness[-1]) - 1e-12)
                moved[r] = places[r] + rate * np.abs(places[r] - worst)
        moved = np.clip(moved, 0, 1)
        scores = np.array([score(place) for place in moved])
        better = scores < fitness
        places[better], fitness[better] = moved[better], scores[better]
    return instance.low + span * places[int(np.argmin(fitness))]


def solve_pymoo(drops: model.Drops) -> model.Decision:
    """The genetic pass in pymoo with vectorised evaluation, then the plain sparrow pass with vectorised evaluation.

    Queues are coded by keys (the order of the keys is the queue), as pymoo's mixed variables would be slower. Same
    population, elites by survival of the fittest, and as many evaluations.
    """
    from pymoo.algorithms.soo.nonconvex.ga import GA
    from pymoo.core.problem import Problem
    from pymoo.operators.crossover.ux import UniformCrossover
    from pymoo.operators.mutation.pm import PolynomialMutation
    from pymoo.operators.sampling.rnd import FloatRandomSampling
    from pymoo.optimize import minimize

    instance = Instance(drops)
    settings, genes = instance.settings, instance.n * instance.slots
    power = np.full(instance.n, instance.low + settings.power_init_fraction * (instance.high - instance.low))

    def decode(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        shape = (len(keys), instance.n, instance.slots)
        places = np.minimum((keys[:, :genes] * (instance.cores + 1)).astype(int), instance.cores)
        return places.reshape(shape) * instance.mask, np.argsort(keys[:, genes:].reshape(shape), axis=2)

    class Plans(Problem):
        def __init__(self) -> None:
            super().__init__(n_var=2 * genes, n_obj=1, xl=0.0, xu=1.0)

        def _evaluate(self, keys: np.ndarray, out: dict, *args: object, **kwargs: object) -> None:
            core, queue = decode(keys)
            out["F"] = instance.utilities(core, queue, np.broadcast_to(power, (len(keys), instance.n)))

    algorithm = GA(
        pop_size=settings.ga_population,
        n_offsprings=settings.ga_population - settings.ga_elites,
        sampling=FloatRandomSampling(),
        crossover=UniformCrossover(prob=settings.ga_crossover_prob),
        mutation=PolynomialMutation(prob=1.0, prob_var=1.0 / genes, eta=3),
        eliminate_duplicates=False,
    )
    stop = ("n_gen", settings.ga_generations + 1)
    keys = minimize(Plans(), algorithm, stop, seed=int(drops.seeds[0]) + 1, verbose=False).X
    core, queue = (part[0] for part in decode(np.atleast_2d(keys)))
    draw = stream(int(drops.seeds[0]), "peer/pymoo")
    return _record(core, queue, _sparrow_batched(instance, draw, core, queue, power))


def _sparrow_batched(
    instance: Instance, draw: np.random.Generator, core: np.ndarray, queue: np.ndarray, power: np.ndarray
) -> np.ndarray:
    """`_sparrow` with all sparrows of a step evaluated at once."""
    settings, n, dims = instance.settings, instance.settings.ssa_population, instance.n
    span, rounds = instance.high - instance.low, instance.settings.ssa_iterations
    producers = max(1, round(settings.ssa_producer_fraction * n))
    scouts = max(1, round(settings.ssa_scout_fraction * n))
    rank = np.arange(1, n + 1)[:, None]

    def score(places: np.ndarray) -> np.ndarray:
        shape = (len(places), *core.shape)
        powers = instance.low + span * places
        return instance.utilities(np.broadcast_to(core, shape), np.broadcast_to(queue, shape), powers).round(12)

    places = draw.random((n, dims))
    places[0] = (power - instance.low) / span if span > 0 else 0.0
    fitness = score(places)
    for _ in range(rounds):
        order = np.argsort(fitness, kind="stable")
        places, fitness = places[order], fitness[order]
        if draw.random() < settings.ssa_safety_threshold:
            front = places[:producers] * np.exp(-rank[:producers] / ((1 - draw.random((producers, 1))) * rounds))
        else:
            front = places[:producers] + draw.standard_normal((producers, 1))
        front = np.clip(front, 0, 1)
        leader = front[np.argmin(score(front))]
        signs = np.where(draw.random((n, dims)) < 0.5, 1.0, -1.0)
        near = leader + (signs * np.abs(places - leader)).sum(axis=1, keepdims=True) / dims
        far = draw.standard_normal((n, 1)) * np.exp((places[-1] - places) / rank**2)
        moved = np.where(rank > n / 2, far, near)
        moved[:producers] = front
        for r in draw.permutation(n)[:scouts]:
            if fitness[r] > fitness[0]:
                moved[r] = places[0] + draw.standard_normal(dims) * np.abs(places[r] - places[0])
            else:
                rate = draw.uniform(-1, 1) / ((fitness[r] - fitness[-1]) - 1e-12)
                moved[r] = places[r] + rate * np.abs(places[r] - places[-1])
        moved = np.clip(moved, 0, 1)
        scores = score(moved)
        better = scores < fitness
        places[better], fitness[better] = moved[better], scores[better]
    return instance.low + span * places[int(np.argmin(fitness))]


def _record(core: np.ndarray, queue: np.ndarray, power_w: np.ndarray) -> model.Decision:
    return records.build(model.Decision, core=core[None], queue=queue[None], power_w=power_w[None])


NOTE = "same settings, same number of evaluations; a chance algorithm, so only means compare"
SIZES = (8, 20, 50, 100, 200)

COMPARISONS = (
    Comparison("GA-SSA, plain Python", "ga_ssa", solve_plain, aim=150.0, tolerance=None, drops=3, note=NOTE),
    Comparison(
        "GA-SSA, pymoo with vectorised evaluation",
        "ga_ssa",
        solve_pymoo,
        aim=20.0,
        tolerance=None,
        drops=10,
        note=NOTE + "; queues coded by keys",
    ),
)
GROWTH = (
    Growth("terminals", "ga_ssa", tuple((n, {"n_terminals": n}) for n in SIZES)),
    Growth("terminals", "improved", tuple((n, {"n_terminals": n}) for n in SIZES)),
    Growth("cores", "ga_ssa", tuple((k, {"n_cores": k}) for k in (1, 3, 6, 12))),
    Growth("cores", "improved", tuple((k, {"n_cores": k}) for k in (1, 3, 6, 12))),
)
