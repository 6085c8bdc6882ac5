"""Parameters of the channel-constrained multi-core sequential model: the paper gives only the preference."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from sagin.core.errors import InputError
from sagin.core.parameters import Parameters, parameter

NONE_GIVEN = "assumed: the paper gives no value; "


class Scenario(Parameters):
    """Terminals with a backlog of indivisible tasks, one uplink each, and an edge server with identical cores."""

    n_terminals: int = parameter(
        8,
        symbol="N",
        ge=1,
        le=10_000,
        doc="terminals",
        source="assumed: middle of the swept range 4 to 14",
        plausible=((4, 14), "the swept range"),
    )
    n_tasks_max: int = parameter(
        4, symbol="L", ge=1, le=10_000, doc="task slots of a terminal", source="paper Fig. 3: four tasks a terminal"
    )
    n_tasks_min: int = parameter(
        4,
        ge=0,
        doc="least number of tasks of a terminal; the number is uniform up to n_tasks_max",
        source="assumed: every slot filled",
        plausible=([1, 2], "the paper's slots may be partly filled"),
    )
    n_cores: int = parameter(
        3,
        symbol="K",
        ge=1,
        le=10_000,
        doc="cores of the edge server",
        source="assumed: middle of the swept range 1 to 6",
        plausible=((1, 6), "the swept range"),
    )
    data_bits_min: float = parameter(
        0.4e6,
        unit="bit",
        symbol="u",
        gt=0,
        doc="least size of a task",
        source="assumed: 50 kB sensor extract",
        plausible=((0.1e6, 1.6e6), "sensor extracts"),
    )
    data_bits_max: float = parameter(
        1.6e6,
        unit="bit",
        symbol="u",
        gt=0,
        doc="largest size of a task",
        source="assumed: 200 kB camera extract",
        plausible=((0.4e6, 8e6), "to a compressed camera frame"),
    )
    cycles_per_bit_min: float = parameter(
        400.0,
        unit="cycle/bit",
        symbol="c/u",
        gt=0,
        doc="least intensity",
        source="assumed: usual range around 1000",
        plausible=((100.0, 1200.0), "published task profiles"),
    )
    cycles_per_bit_max: float = parameter(
        1200.0,
        unit="cycle/bit",
        symbol="c/u",
        gt=0,
        doc="largest intensity",
        source="assumed: usual range around 1000",
        plausible=((400.0, 3000.0), "published task profiles"),
    )
    cpu_local_min_hz: float = parameter(
        0.8e9,
        unit="Hz",
        symbol="f_i^loc",
        gt=0,
        doc="least clock of a terminal",
        source="assumed: vehicle unit near 1 GHz",
        plausible=((0.5e9, 1.2e9), "embedded processors"),
    )
    cpu_local_max_hz: float = parameter(
        1.2e9,
        unit="Hz",
        symbol="f_i^loc",
        gt=0,
        doc="largest clock of a terminal",
        source="assumed: vehicle unit near 1 GHz",
        plausible=((0.8e9, 2.5e9), "embedded processors"),
    )
    cpu_core_hz: float = parameter(
        3.0e9,
        unit="Hz",
        symbol="f^core",
        gt=0,
        doc="clock of a server core",
        source="assumed: server processor",
        plausible=((2e9, 10e9), "server cores to accelerators"),
    )
    switched_capacitance_local: float = parameter(
        1e-27,
        unit="J s^2/cycle^3",
        symbol="k_i",
        gt=0,
        doc="energy coefficient of a terminal",
        source="assumed: usual value, 1 nJ/cycle at 1 GHz",
        plausible=((1e-28, 1e-26), "values in the offloading literature"),
    )
    switched_capacitance_core: float = parameter(
        2e-29,
        unit="J s^2/cycle^3",
        symbol="k_i",
        ge=0,
        doc="energy coefficient of a core",
        source="assumed: 0.18 nJ/cycle, so that one core K times as fast is still worth using at preference 0.4",
        plausible=([0.0, 1e-29, 1e-28, 1e-27], "free for the terminals, to as dear as a terminal"),
    )
    bandwidth_hz: float = parameter(
        1e6,
        unit="Hz",
        symbol="W^ul",
        gt=0,
        doc="uplink bandwidth of each terminal",
        source="assumed: orthogonal uplinks",
        plausible=((0.125e6, 10e6), "one shared megahertz, to 10 MHz each"),
    )
    noise_psd_dbm_per_hz: float = parameter(
        -174.0,
        unit="dBm/Hz",
        symbol="N_0",
        ge=-400,
        le=100,
        doc="thermal noise density",
        source="assumed: 290 K",
        plausible="thermal noise; the noise figure varies instead",
    )
    noise_figure_db: float = parameter(
        9.0,
        unit="dB",
        ge=-100,
        le=100,
        doc="receiver noise figure, added to the density",
        source="assumed: usual receiver",
        plausible=((0.0, 10.0), "ideal to cheap receivers"),
    )
    distance_min_m: float = parameter(
        50.0,
        unit="m",
        gt=0,
        doc="least distance",
        source="assumed: urban cell",
        plausible=((10.0, 100.0), "urban cells"),
    )
    distance_max_m: float = parameter(
        500.0,
        unit="m",
        gt=0,
        doc="largest distance",
        source="assumed: urban cell",
        plausible=((200.0, 1000.0), "urban cells"),
    )
    pathloss_1km_db: float = parameter(
        128.1,
        unit="dB",
        ge=-100,
        le=1000,
        doc="path loss at 1 km",
        source="assumed: 3GPP urban macro cell",
        plausible=((120.0, 140.0), "3GPP macro and micro cells"),
    )
    pathloss_exponent: float = parameter(
        3.76,
        ge=0,
        le=20,
        doc="path loss exponent",
        source="assumed: 3GPP urban macro cell",
        plausible=((2.2, 4.0), "line of sight to obstructed"),
    )
    fading: Literal["rayleigh", "none"] = parameter(
        "rayleigh",
        doc="small-scale fading, constant over the drop",
        source="assumed: urban street without line of sight",
        plausible=(["none"], "the paper has one gain h_i and names no fading"),
    )
    p_min_dbm: float = parameter(
        10.0,
        unit="dBm",
        symbol="p_min",
        ge=-200,
        le=200,
        doc="least transmit power",
        source="assumed: 10 mW",
        plausible=((0.0, 10.0), "1 to 10 mW"),
    )
    p_max_dbm: float = parameter(
        30.0,
        unit="dBm",
        symbol="p_max",
        ge=-200,
        le=200,
        doc="largest transmit power",
        source="assumed: 1 W",
        plausible=((20.0, 33.0), "0.1 to 2 W"),
    )
    preference: float = parameter(
        0.4,
        symbol="lambda",
        ge=0,
        le=1,
        doc="weight of energy against delay",
        source="paper Section IV: 0.4 between models, 0.5 between algorithms",
    )
    utility_mode: Literal["normalised", "raw"] = parameter(
        "normalised",
        doc="utility relative to the all-local plan, or joules plus seconds",
        source="assumed: the paper's spreads only make sense for a relative index",
        plausible=(["raw"], "Eq. (9) as printed adds joules and seconds"),
    )
    single_core_energy_law: Literal["frequency", "capacity"] = parameter(
        "frequency",
        doc="energy of the single fast core: by its own clock, or as K slow cores",
        source="paper Eq. (7) read literally",
        plausible=(["capacity"], "the paper's index of (7) fits neither core nor clock, see E3"),
    )
    algorithm_seed: int = parameter(
        0,
        ge=0,
        le=2**31 - 1,
        doc="seed of the schemes' own randomness",
        source="assumed: any",
        plausible="of the search, not of the model; seeds of the search differ by 0.2 to 0.6 % in the mean",
    )
    power_init_fraction: float = parameter(
        0.25,
        ge=0,
        le=1,
        doc="power during the genetic pass, as a fraction of the way from p_min to p_max",
        source="assumed: best for the paper's algorithm near preference 0.45",
        plausible=((0.0, 1.0), "Section III gives no power for the first pass"),
    )
    ga_population: int = parameter(
        60,
        ge=2,
        le=1_000_000,
        doc="individuals",
        source=NONE_GIVEN + "usual",
        plausible=((30, 120), "usual"),
    )
    ga_generations: int = parameter(
        100,
        ge=0,
        le=1_000_000,
        doc="generations",
        source=NONE_GIVEN + "usual",
        plausible=((50, 200), "usual"),
    )
    ga_tournament: int = parameter(
        2,
        ge=1,
        le=1_000_000,
        doc="tournament size",
        source=NONE_GIVEN + "usual",
        plausible=((2, 4), "usual"),
    )
    ga_crossover_prob: float = parameter(
        0.9,
        ge=0,
        le=1,
        doc="crossover probability",
        source=NONE_GIVEN + "usual",
        plausible=((0.6, 1.0), "usual"),
    )
    ga_core_mutation_prob: float | None = parameter(
        None,
        ge=0,
        le=1,
        doc="probability that a core gene is redrawn; none: 1 / (N L)",
        source=NONE_GIVEN + "usual",
        plausible=([0.01, 0.1, 0.2], "usual"),
    )
    ga_swap_mutation_prob: float = parameter(
        0.2,
        ge=0,
        le=1,
        doc="probability that two places of a queue are swapped",
        source=NONE_GIVEN + "usual",
        plausible=((0.05, 0.4), "usual"),
    )
    ga_elites: int = parameter(
        2,
        ge=1,
        le=1_000_000,
        doc="individuals kept unchanged",
        source=NONE_GIVEN + "usual",
        plausible=((1, 6), "usual"),
    )
    ssa_population: int = parameter(
        20,
        ge=2,
        le=1_000_000,
        doc="sparrows",
        source=NONE_GIVEN + "usual",
        plausible=((10, 40), "usual"),
    )
    ssa_iterations: int = parameter(
        50,
        ge=0,
        le=1_000_000,
        doc="iterations",
        source=NONE_GIVEN + "usual",
        plausible=((20, 100), "usual"),
    )
    ssa_producer_fraction: float = parameter(
        0.2,
        symbol="PD",
        ge=0,
        le=1,
        doc="share of producers",
        source="assumed: default of Xue and Shen 2020",
        plausible=((0.1, 0.4), "usual"),
    )
    ssa_scout_fraction: float = parameter(
        0.1,
        symbol="SD",
        ge=0,
        le=1,
        doc="share of scouts",
        source="assumed: default of Xue and Shen 2020",
        plausible=((0.05, 0.3), "usual"),
    )
    ssa_safety_threshold: float = parameter(
        0.8,
        symbol="ST",
        ge=0,
        le=1,
        doc="alarm level from which producers walk at random",
        source="assumed: default of Xue and Shen 2020",
        plausible=((0.5, 1.0), "the whole range Xue and Shen allow"),
    )

    @model_validator(mode="after")
    def _ranges(self) -> Scenario:
        pairs = (
            ("n_tasks_min", "n_tasks_max"),
            ("data_bits_min", "data_bits_max"),
            ("cycles_per_bit_min", "cycles_per_bit_max"),
            ("cpu_local_min_hz", "cpu_local_max_hz"),
            ("distance_min_m", "distance_max_m"),
            ("p_min_dbm", "p_max_dbm"),
            ("ga_elites", "ga_population"),
        )
        for low, high in pairs:
            if getattr(self, low) > getattr(self, high):
                raise InputError(low, getattr(self, low), f"<= {high} = {getattr(self, high)}", "an empty range")
        return self


class SeedOptions(Parameters):
    """Options of `seeds`."""

    horizons: int = parameter(
        32,
        ge=1,
        le=100_000,
        doc="makespans at which the bound's prices suggest plans",
        source="assumed: measured",
        plausible="option of ours: no claim of the paper uses it",
    )


class ImprovedOptions(SeedOptions):
    """Options of `improved`."""

    starts: int = parameter(
        9,
        ge=1,
        le=1000,
        doc="best seeds that are descended",
        source="assumed: measured",
        plausible="option of ours: no claim of the paper uses it",
    )
    kicks: int = parameter(
        8,
        ge=0,
        le=100_000,
        doc="random disturbances of the best plan",
        source="assumed: measured",
        plausible="option of ours: no claim of the paper uses it",
    )
    with_ga_ssa: bool = parameter(
        True,
        doc="also take the paper's plan, polished: never above ga_ssa",
        source="assumed: costs one ga_ssa a drop",
        plausible="option of ours: no claim of the paper uses it",
    )
    patience: int = parameter(
        0,
        ge=0,
        le=100_000_000,
        doc="failed moves in a row that end a descent; 0: scaled with the tasks",
        source="assumed: measured",
        plausible="option of ours: no claim of the paper uses it",
    )
