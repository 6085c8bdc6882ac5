"""Options of the schemes."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from sagin.core.errors import InputError
from sagin.core.parameters import Parameters, parameter


class LoopOptions(Parameters):
    """Stopping rule of the alternation."""

    max_iterations: int = parameter(50, doc="rounds at most", source="paper Algorithm 2", ge=1)
    tolerance: float = parameter(
        1e-5, doc="relative gain below which a round is the last", source="paper Algorithm 2", ge=0
    )


class OneStart(LoopOptions):
    """Alternation from one start power."""

    start_fraction: float = parameter(1.0, doc="start power over P_max", source="paper Algorithm 2", gt=0, le=1)


class Starts(LoopOptions):
    """Alternation from several start powers; the best end is kept."""

    start_fractions: tuple[float, ...] = parameter(
        (1.0, 0.3, 0.1, 0.03, 0.01, 0.003),
        doc="start powers over P_max",
        source="assumed: one start at P_max strands the alternation",
        plausible=([(1.0,)], "Algorithm 2 starts once, at P_max"),
    )

    @model_validator(mode="after")
    def _fractions_are_in_range(self) -> Self:
        if not self.start_fractions or not all(0 < fraction <= 1 for fraction in self.start_fractions):
            raise InputError("start_fractions", self.start_fractions, "one or more numbers in (0, 1]")
        return self


class RandomStarts(Starts):
    """Several starts with one random mixture of the split's vertices a vehicle."""

    algorithm_seed: int = parameter(
        0,
        doc="seed of the mixture weights",
        source="assumed: free",
        ge=0,
        plausible="of the search, not of the model",
    )


class FixedBudget(LoopOptions):
    """Alternation at powers fixed by the scenario's benchmark budget."""


class SearchOptions(Starts):
    """The local search over splits and matchings."""

    max_sweeps: int = parameter(
        30,
        doc="sweeps over all vehicles a round at most",
        source="assumed: rarely reached",
        ge=1,
        plausible="option of ours: no claim of the paper uses it",
    )
    max_rounds: int = parameter(
        6,
        doc="rounds of sweeps and rematching at most",
        source="assumed: rarely reached",
        ge=1,
        plausible="option of ours: no claim of the paper uses it",
    )
    sweep_tolerance: float = parameter(
        1e-3,
        doc="relative gain that ends the sweeps of a round",
        source="assumed: negligible",
        ge=0,
        plausible="option of ours: no claim of the paper uses it",
    )
    round_tolerance: float = parameter(
        1e-6,
        doc="relative gain that ends the rounds",
        source="assumed: negligible",
        ge=0,
        plausible="option of ours: no claim of the paper uses it",
    )
