"""Episodes: a system decided slot by slot in a moving world, resumable; policies over time are index maps.

The schemes have no memory, so the usable slots of a seed are one batch, solved once. Every policy is then one batched
evaluation of those decisions at other slots.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.errors import InputError
from sagin.core.results import Solution
from sagin.experiments.policies import apply
from sagin.experiments.progress import progress
from sagin.experiments.shards import Shards
from sagin.results import jobs
from sagin.results.episode import Applied, Episodes, Result, Setting, follow
from sagin.results.episode_study import EpisodeStudy, Policy, read_episode_study
from sagin.results.fingerprint import Fingerprint, bound_code, fingerprint, scheme_code
from sagin.results.folders import open_folder
from sagin.results.jobs import BOUND, Answer, Job, key_of, outcome
from sagin.results.netcdf import pack, unpack
from sagin.results.run import Outcome, Run
from sagin.world.view import (
    Followed,
    Reason,
    filled,
    reasons_text,
)
from sagin.world.visibility import Sky, find_sky
from sagin.world.world import World

__all__ = ["EpisodeStudy", "Result", "read_episode_study", "run_episode"]

LEAST_SHARE, LOW_SHARE = 0.05, 0.5  # usable slots: below, an error; below, a warning
OUTPUTS = ("episode.nc", "slots.csv", "summary.csv", "report.html", "figures")


@dataclass(frozen=True)
class EpisodeJob(Job):
    """A scheme (or the bound) on the usable slots of one seed's episode."""

    setting: Setting | None = None

    def drops(self) -> Any:
        """The usable slots of the seeds, one seed after the other."""
        return records.concatenate([_usable(self.follow(seed)) for seed in self.seeds])

    def follow(self, seed: int) -> Followed:
        """The episode of a seed."""
        assert self.setting is not None
        return follow(self.system, self.scenario, self.setting.surroundings(), seed)

    def facts(self) -> dict[str, Any]:
        """What decides the result beside the code."""
        assert self.setting is not None
        return {**super().facts(), "episode": self.setting.facts()}

    @property
    def code(self) -> Fingerprint:
        """Code of the scheme, and of what makes the drops of an episode."""
        place = (id(self.system), self.scheme, "episode")
        if place not in self.codes:
            more = {"follow": self.system.episodic.follow}  # type: ignore[union-attr]
            if self.scheme == BOUND:
                code = bound_code(self.system, self.space, more)
            else:
                code = scheme_code(self.system, self.system.scheme(self.scheme), more)
            self.codes[place] = self.system, code
        return self.codes[place][1]

    def parts(self) -> Iterator[Job]:
        """One job a seed: the unit of resuming."""
        return (replace(self, seeds=(seed,)) for seed in self.seeds)


def _usable(followed: Followed) -> Any:
    return records.take(followed.drops, np.flatnonzero(followed.reason == Reason.USABLE))


def run_episode(
    study: EpisodeStudy, out: str | Path | None = None, *, force: bool = False, threads: int | None = None
) -> Result:
    """Compute a study, in memory or into a folder where a killed one goes on and ends with the same bits.

    The folder holds `episode.nc`, `slots.csv`, `summary.csv`, `manifest.json` and `shards/`; figures are drawn by
    `episode_figures.draw`.
    """
    setting = Setting.of(study)
    folder = None
    if out is not None:
        facts = {"study": study.to_dict(), "files": dict(setting.files), "versions": jobs.versions(study.system)}
        folder = open_folder(out, facts, force=force, outputs=OUTPUTS)
    shards = Shards(folder / "shards" if folder else None)
    surroundings = setting.surroundings(_sky(setting, shards))
    followed = tuple(follow(study.system, study.scenario, surroundings, seed) for seed in study.seeds)
    reason = np.array([part.reason for part in followed])
    _check_share(study, reason)
    episodes = _episodes(study, followed, reason)
    answers = _answers(study, setting, shards, int((reason == Reason.USABLE).sum()), threads)
    result = _result(study, setting, followed, episodes, answers)
    result = replace(result, counts={name: getattr(shards, name) for name in ("solved", "reused", "damaged")})
    if folder:
        from sagin.results.episode_file import write_results

        write_results(folder, result)
    return result


def _sky(setting: Setting, shards: Shards) -> Sky | None:
    """The sky of a study, found once and kept like every other piece."""
    source = setting.world.satellites
    if source is None or setting.known:
        return None
    facts = setting.facts()
    kept = {"site": facts["world"]["site"], "satellites": facts["world"]["satellites"], "time": facts["time"]}
    files = {name: text for name, text in facts["files"].items() if name == "satellites.file"}
    key = key_of({"sky": kept, "files": files}, fingerprint({"find": find_sky, "read": World.read_satellites}))
    tree = shards.store.get(key)
    if tree is not None:
        return unpack(Sky, tree)
    sky = setting.surroundings().sky
    assert sky is not None
    shards.store.put(key, pack(sky))
    return sky


def _check_share(study: EpisodeStudy, reason: np.ndarray) -> None:
    """InputError or a warning where few slots can be used."""
    share = float((reason == Reason.USABLE).mean())
    text = reasons_text(reason)
    if share < LEAST_SHARE:
        field = f"{study.system.name}, usable slots"
        raise InputError(field, f"{100 * share:.1f} %", f">= {100 * LEAST_SHARE:g} %", text)
    if share < LOW_SHARE:
        warnings.warn(f"only {100 * share:.1f} % of the slots can be used ({text})", stacklevel=3)


def _episodes(study: EpisodeStudy, followed: tuple[Followed, ...], reason: np.ndarray) -> Episodes:
    holders = serving = start = None
    if followed[0].users is not None:
        holders = np.concatenate([part.users.vehicle for part in followed])  # type: ignore[union-attr]
    if followed[0].satellites is not None:
        serving = np.concatenate([part.satellites.index for part in followed])  # type: ignore[union-attr]
    if followed[0].start is not None:
        start = records.concatenate([part.start for part in followed])
    speed = study.world.uav_speed_mps
    return Episodes(
        study.system,
        records.concatenate([part.drops for part in followed]),
        reason == Reason.USABLE,
        holders,
        serving,
        None if speed is None else speed * study.times.slot_s,
        start,
    )


def _answers(
    study: EpisodeStudy, setting: Setting, shards: Shards, n_usable: int, threads: int | None
) -> dict[str, tuple[Job, Answer]]:
    """Answers by scheme, and the bound if it is asked for."""
    wanted = {**study.schemes, **({BOUND: {}} if study.bound else {})}
    found = {}
    with progress(n_usable * len(wanted), f"episode {study.system.name}") as advance:
        for name, options in wanted.items():
            job = EpisodeJob(study.system, study.scenario, name, study.seeds, options, shards.codes, setting)
            found[name] = (job, shards.answer(job, threads, advance))
    return found


def _result(
    study: EpisodeStudy,
    setting: Setting,
    followed: tuple[Followed, ...],
    episodes: Episodes,
    answers: dict[str, tuple[Job, Answer]],
) -> Result:
    """Everything of a study from its answers."""
    reason = np.array([part.reason for part in followed])
    usable = (reason == Reason.USABLE).ravel()
    place = np.cumsum(usable) - 1  # row among the usable ones
    rows = place[np.concatenate([k * reason.shape[1] + filled(row) for k, row in enumerate(reason)])]
    drops = records.take(episodes.drops, np.flatnonzero(usable))
    schemes = {
        name: _expand(outcome(job, answer, drops), rows) for name, (job, answer) in answers.items() if name != BOUND
    }
    bound = answers[BOUND][1].metrics["objective"][rows] if BOUND in answers else None
    cost = (study.handover.seconds, study.handover.joules)
    applied = {
        (name, policy): apply(episodes, part.solution.decision, policy, cost)
        for name, part in schemes.items()
        for policy in dict.fromkeys((Policy(), *study.policies))
    }
    run = Run(study.system, episodes.drops, schemes)
    window = _window(study, usable.reshape(reason.shape), applied)
    return Result(study, setting, followed, episodes, run, applied, bound, reason, window)


def _expand(part: Outcome, rows: np.ndarray) -> Outcome:
    """An outcome of the usable slots for all rows: unusable ones repeat, as the drops do."""
    old = part.solution
    decision = records.take(old.decision, rows)
    solution = Solution(
        old.scheme, decision, old.status[rows], old.iterations[rows], old.trace[rows], options=old.options
    )
    return Outcome(solution, records.take(part.metrics, rows))


def _window(study: EpisodeStudy, usable: np.ndarray, applied: dict[tuple[str, Policy], Applied]) -> np.ndarray:
    """(row,) usable slots late enough that every policy of the study has a decision in force."""
    first = max(policy.age + policy.period - 1 for policy in study.policies)
    inside = usable & (np.arange(usable.shape[1]) >= first)
    in_force = [part.in_force for (_, policy), part in applied.items() if policy in study.policies]
    return inside.ravel() & np.logical_and.reduce(in_force)
