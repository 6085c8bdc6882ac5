"""Judging: somebody's decisions on certified instances, beside the paper's algorithm, the baselines and ours."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core import own, records
from sagin.core.discovery import system
from sagin.core.errors import InputError
from sagin.results import instance_files, instance_tables, instances
from sagin.results.instances import Instance

START_S = 120.0  # for a process to import and to compile at its first instance, beside the time limit


@dataclass(frozen=True)
class Judged:
    """One decision, judged by our evaluator.

    `objective`: NaN where there is none; `why`: the violated constraint, or why there is no decision. `gap`: to the
    certified bound; `to_best`: relative distance to the best decision known, negative for a new record. `rank` among
    `of` entries: the schemes of the table with a feasible decision, and this one; 0 if infeasible.
    `seconds`: of the solve, NaN for a file.
    """

    instance: Instance
    by: str
    objective: float
    why: str
    gap: float
    to_best: float
    rank: int
    of: int
    seconds: float = np.nan
    decision: Any = None

    @property
    def feasible(self) -> bool:
        """The decision keeps every constraint."""
        return not self.why

    @property
    def is_record(self) -> bool:
        """Feasible and better than the best decision known."""
        return self.feasible and system(self.instance.system).beats(self.objective, self.instance.objective)

    @property
    def contradicts(self) -> bool:
        """Feasible and better than the certified bound by more than the constraints' tolerance can be worth."""
        return self.feasible and (self.instance.impossible or self.gap < -1e-5)


def judge(instance: Instance, made: Any, by: str, seconds: float = np.nan) -> Judged:
    """A decision on an instance, judged."""
    owner = system(instance.system)
    objective, why = instances.judge(owner, instances.drops_of(instance), made)
    known = [value for value in instance.schemes.values() if not np.isnan(value)]
    if why:
        return Judged(instance, by, objective, why, np.nan, np.nan, 0, len(known), seconds, made)
    ahead = sum(owner.beats(value, objective) for value in known)
    pair = np.array([objective]), np.array([instance.bound])
    best = np.array([instance.objective])
    gap, to_best = float(owner.gap(*pair)[0]), float(owner.gap(pair[0], best)[0])
    return Judged(instance, by, objective, "", gap, to_best, 1 + ahead, len(known) + 1, seconds, made)


def refused(instance: Instance, by: str, why: str, seconds: float = np.nan) -> Judged:
    """An instance that was not decided, and why."""
    return Judged(instance, by, np.nan, why, np.nan, np.nan, 0, len(instance.schemes), seconds)


def judge_files(paths: Iterable[str | Path]) -> list[Judged]:
    """Decisions in files or folders, one instance a file; InputError for one that cannot be read."""
    found = []
    for path in map(Path, paths):
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        for file in [item for item in inside if item == path or item.suffix.lower() in instance_files.KINDS]:
            instance, made = instance_files.read_decision(file)
            found.append(judge(instance, made, file.stem))
    if not found:
        raise InputError("files", [str(path) for path in paths], "files of decisions")
    return found


def judge_scheme(
    word: str, chosen: Sequence[Instance], limit_s: float | None = None, told: Callable[[Judged], None] | None = None
) -> list[Judged]:
    """A scheme (a name, or `FILE.py:FUNCTION`) on instances of its system, each decided alone in a process of its own.

    A solve that takes longer than `limit_s` ends with its process; its first one may take more, for compiling.
    """
    for instance in chosen:
        _check(word, instance)
    judged = []
    worker: _Worker | None = None
    try:
        for instance in chosen:
            worker = worker or _Worker(word)
            answer = worker.ask(instance.name, limit_s)
            if isinstance(answer, str):
                worker.end()
                worker = None
                judged.append(refused(instance, word, answer))
            else:
                made, seconds = answer
                judged.append(judge(instance, made, word, seconds))
            if told:
                told(judged[-1])
    finally:
        if worker:
            worker.end()
    return judged


def _check(word: str, instance: Instance) -> None:
    owner, names = own.placed(system(instance.system), [word])
    scheme, space = owner.scheme(names[0]), owner.spaces[0].decision
    if not issubclass(scheme.space, space):
        must = f"a scheme that decides {space.__name__}, of which the instances are"
        raise InputError("--scheme", word, must, f"it decides {scheme.space.__name__}")


class _Worker:
    """A process that decides instances by one scheme, and can be ended in the middle of one."""

    def __init__(self, word: str) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other, word), daemon=True)
        self.process.start()
        other.close()
        self.fresh = True

    def ask(self, name: str, limit_s: float | None) -> tuple[Any, float] | str:
        """Decision and seconds, or in words why there is none."""
        self.pipe.send(name)
        wait = None if limit_s is None else limit_s + (START_S if self.fresh else 1.0)
        self.fresh = False
        if not self.pipe.poll(wait):
            return f"no decision within {limit_s:g} s"
        try:
            made, seconds = self.pipe.recv()
        except EOFError:
            self.process.join(5)
            return f"its process ended with code {self.process.exitcode}"
        if isinstance(made, str):
            return made
        if limit_s is not None and seconds > limit_s:
            return f"no decision within {limit_s:g} s (it took {seconds:.3g} s)"
        return made, seconds

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _serve(pipe: Connection, word: str) -> None:
    """Answer names of instances by decisions until the pipe ends."""
    from time import perf_counter

    first = True
    while True:
        try:
            instance = instance_tables.select([pipe.recv()])[0]
        except (EOFError, OSError, KeyboardInterrupt):
            return
        try:
            owner, names = own.placed(system(instance.system), [word])
            drops = instances.drops_of(instance)
            if first:
                owner.solve(drops, names[0], threads=1)  # compiled before it is timed
                first = False
            start = perf_counter()
            made = owner.solve(drops, names[0], threads=1).decision
            seconds = perf_counter() - start
            plain = {name: np.asarray(getattr(made, name)) for name in records.columns(owner.spaces[0].decision)}
            answer: Any = instances.decision(instance, plain)
        except Exception as error:
            answer, seconds = " ".join(f"{type(error).__name__}: {error}".split()), np.nan
        pipe.send((answer, seconds))
