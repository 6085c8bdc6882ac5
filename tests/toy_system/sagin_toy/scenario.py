"""Parameters of a made-up system: users share one processor over steered links."""

from typing import Literal

from pydantic import model_validator

from sagin.core.errors import InputError
from sagin.core.parameters import Parameters, parameter


class Scenario(Parameters):
    """Users upload tasks through steered links and share one server."""

    n_users: int = parameter(3, doc="users", symbol="I", source="paper Table I", ge=1, le=50)
    n_antennas: int = parameter(
        2, doc="antennas", symbol="N", source="assumed: smallest array", plausible=((1, 4), "small arrays"), ge=1
    )
    speed_bit_per_s: float = parameter(4e6, unit="bit/s", doc="server speed", source="paper", gt=0)
    task_bits_min: float = parameter(1e6, unit="bit", doc="smallest task", source="paper", gt=0)
    task_bits_max: float = parameter(2e6, unit="bit", doc="largest task", source="paper", gt=0)
    deadline_s: float = parameter(
        1e3, unit="s", doc="deadline of every task", source="assumed: loose", plausible=((5.0, 1e3), "loose"), gt=0
    )
    fading: Literal["rayleigh", "none"] = parameter(
        "rayleigh", doc="channel model", source="assumed: usual", plausible="same in law"
    )
    tight: bool = parameter(
        False, doc="whether the deadline counts", source="assumed: no", plausible=([True], "it may")
    )

    @model_validator(mode="after")
    def _sizes_in_order(self) -> "Scenario":
        if self.task_bits_min > self.task_bits_max:
            raise InputError("task_bits_min", self.task_bits_min, f"<= task_bits_max = {self.task_bits_max:g}")
        return self


class IterateOptions(Parameters):
    """Options of `iterate`."""

    rounds: int = parameter(8, doc="rounds", source="paper", ge=1)
    step: float = parameter(
        0.5, doc="step towards the optimal shares", source="assumed: half", plausible=((0.2, 1.0), "any"), gt=0, le=1
    )


class SlowOptions(Parameters):
    """Options of `slow`."""

    pause_s: float = parameter(0.0, unit="s", doc="pause a drop", source="assumed: none", plausible="only waits", ge=0)
    algorithm_seed: int = parameter(
        0, doc="seed of the scheme", source="assumed: 0", plausible="names a sequence", ge=0
    )
