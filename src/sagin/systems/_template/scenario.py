"""Parameters: every field with unit, bounds, symbol and source."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from sagin.core.errors import InputError
from sagin.core.parameters import Parameters, parameter


class Scenario(Parameters):
    """Users that upload one task each over a shared band."""

    n_users: int = parameter(
        4,
        symbol="I",
        doc="number of users",
        source="assumed: small",
        ge=1,
        plausible=((2, 12), "small groups"),
    )
    bandwidth_hz: float = parameter(
        2e6,
        unit="Hz",
        symbol="B",
        doc="shared band",
        source="assumed: usual",
        gt=0,
        plausible=((1e6, 20e6), "bands in use"),
    )
    task_bits_min: float = parameter(
        4e6,
        unit="bit",
        symbol="S",
        doc="least task",
        source="assumed: usual",
        gt=0,
        plausible=((1e6, 6e6), "usual"),
    )
    task_bits_max: float = parameter(
        8e6,
        unit="bit",
        symbol="S",
        doc="largest task",
        source="assumed: usual",
        gt=0,
        plausible=((4e6, 20e6), "usual"),
    )
    snr_min_db: float = parameter(
        5.0,
        unit="dB",
        doc="least SNR",
        source="assumed: cell edge",
        plausible=((0.0, 10.0), "cell edges"),
    )
    snr_max_db: float = parameter(
        25.0,
        unit="dB",
        doc="largest SNR",
        source="assumed: cell centre",
        plausible=((15.0, 35.0), "cell centres"),
    )

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        if self.task_bits_min > self.task_bits_max:
            raise InputError("task_bits_min", self.task_bits_min, "<= task_bits_max", "a range")
        if self.snr_min_db > self.snr_max_db:
            raise InputError("snr_min_db", self.snr_min_db, "<= snr_max_db", "a range")
        return self


class IterationOptions(Parameters):
    """Stopping rule of the fixed-point iteration."""

    max_iterations: int = parameter(60, doc="most iterations", ge=1)
    tolerance: float = parameter(1e-10, doc="relative change at which to stop", ge=0)
