"""Task traces from a table: when a task arrives, how large it is, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sagin.core import records
from sagin.core.records import constant
from sagin.world.tables import Table


@dataclass(frozen=True)
class Tasks:
    """Tasks in order of arrival."""

    seconds: np.ndarray = constant("task", unit="s", doc="arrival after the episode's start")
    bits: np.ndarray = constant("task", unit="bit", gt=0, doc="size")
    user: np.ndarray = constant("task", dtype=str, doc="seat number or vehicle name; empty: seats in turn")
    cycles: np.ndarray = constant("task", unit="cycle", ge=0, doc="work; 0: drawn as the system draws it")


def read_tasks(path: str | Path) -> Tasks:
    """Read a table `time_s,bits[,user][,cycles]`, sorted by time; sizes and given cycles are > 0."""
    table = Table(path, ["time_s", "bits"], ["user", "cycles"])
    seconds, bits = table.sorted_times(), table.numbers("bits")
    table.check("bits", bits, bits > 0, "> 0")
    cycles = np.zeros(len(table))
    if "cycles" in table:
        cycles = table.numbers("cycles", empty=0.0)
        given = np.array([cell != "" for cell in table.text("cycles")])
        table.check("cycles", cycles, (cycles > 0) | ~given, "> 0, or empty")
    user = table.text("user") if "user" in table else np.full(len(table), "")
    return records.build(Tasks, seconds=seconds, bits=bits, user=user, cycles=cycles)
