"""Options of the schemes."""

from __future__ import annotations

from sagin.core.parameters import Parameters, parameter


class AlternateOptions(Parameters):
    """Stopping rule of the alternation."""

    rounds: int = parameter(30, doc="most rounds of splits and rates from each start", ge=1)


class OffloadOptions(Parameters):
    """Where a task may go."""

    node: str = parameter("", doc="only routes that end at this node; empty: all but local")


class RandomOptions(Parameters):
    """Where the random split comes from."""

    algorithm_seed: int = parameter(0, doc="seed of the splits, beside that of the drop", ge=0)


class ImproveOptions(Parameters):
    """Effort of the refinement."""

    rounds: int = parameter(60, doc="most steps of a descent", ge=1)
    moves: int = parameter(6, doc="most rounds of moves of single users", ge=0)
    kicks: int = parameter(
        1, doc="random changes of the best split, each refined; up to 50 users whose tasks are divisible", ge=0
    )
