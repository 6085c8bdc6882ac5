"""Parts of a sweep, computed by the tasks of a job array that know nothing of each other."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import NamedTuple

from sagin.core.errors import InputError

MOST = 100_000
# variables of a task: its number, the first, the step, how many or the last
SLURM = ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_STEP", "SLURM_ARRAY_TASK_COUNT")
SGE = ("SGE_TASK_ID", "SGE_TASK_FIRST", "SGE_TASK_STEPSIZE", "SGE_TASK_LAST")


class Part(NamedTuple):
    """The `index`-th (1, 2, ...) of so many parts."""

    index: int
    of: int

    def __str__(self) -> str:
        return f"{self.index}/{self.of}"


WHOLE = Part(1, 1)


def parse_part(text: str, environment: Mapping[str, str] = os.environ) -> Part:
    """`i/n` with 1 <= i <= n, or `array`: as the scheduler numbers the task (SLURM or SGE)."""
    if text == "array":
        return _of_array(environment)
    found = re.fullmatch(r"\s*(\d{1,6})\s*/\s*(\d{1,6})\s*", text, re.ASCII)
    part = Part(int(found[1]), int(found[2])) if found else None
    if part is None or not 1 <= part.index <= part.of <= MOST:
        raise InputError("--part", text, f"i/n with 1 <= i <= n <= {MOST}, or array")
    return part


def _of_array(environment: Mapping[str, str]) -> Part:
    for names in (SLURM, SGE):
        given = {name: environment[name] for name in names if environment.get(name, "undefined") != "undefined"}
        if names[0] not in given:
            continue
        wrong = [name for name in names if not given.get(name, "1" if name == names[2] else "").isdigit()]
        if wrong:
            raise InputError(wrong[0], given.get(wrong[0]), "a number", "--part i/n says it without the scheduler")
        number, first, step = (int(given.get(name, "1")) for name in names[:3])
        last = int(given[names[3]])
        of = last if names is SLURM else (last - first) // step + 1
        index, rest = divmod(number - first, step)
        if rest or not 0 <= index < of:
            why = "an array with gaps, as of tasks that are run again, does not say how many parts there are"
            raise InputError(names[0], number, f"one of {of} from {first} on", f"{why}: give --part i/n")
        return Part(index + 1, of)
    raise InputError("--part", "array", "i/n", "neither SLURM_ARRAY_TASK_ID nor SGE_TASK_ID is set")
