"""Pools to learn on: the smallest system, and one of each other kind."""

import functools

import numpy as np
import pytest

import sagin
from sagin.core.random import stream
from sagin.learning.pool import Pool
from sagin.results.episode_study import EpisodeStudy

ROADS = {"file": "sample:grid", "origin_m": [225, 225], "range_m": 200, "begin_s": 60}
SHELL = {"walker": {"planes": 36, "per_plane": 20, "phasing": 5}}
TIME = {"start": "2026-11-01T12:00:00Z", "slot_s": 5.0, "slots": 24}
STUDIES = {
    "sixth": ({}, {"roads": ROADS}, {}),
    "thz_uav_mec": (
        {"n_iots": 6, "n_mecs": 3, "n_uavs": 2, "area_side_m": 450},
        {"roads": ROADS, "uav_speed_mps": 5.0},
        {},
    ),
    "isac_sagin": ({"n_frames": 5}, {"satellites": SHELL, "paths": {"file": "sample:uav"}}, {"joules": 2.0}),
    "ccmsm": ({"n_terminals": 4}, {"roads": ROADS, "arrivals": {"rate_per_s": 0.2}}, {}),
}


@functools.lru_cache(maxsize=8)
def pool_of(name: str, n_seeds: int = 3, bounded: bool = True) -> Pool:
    fields, world, handover = STUDIES[name]
    handover = handover or {"seconds": 0.3}
    study = EpisodeStudy(
        name, scenario=fields, time=TIME, world=world, schemes=["baseline"], handover=handover, seeds=range(n_seeds)
    )
    if bounded:
        return Pool.from_study(study)
    from sagin.results.episode import Setting

    return Pool.build(
        sagin.system(name),
        study.scenario,
        Setting.of(study).surroundings(),
        study.seeds,
        handover=(study.handover.seconds, study.handover.joules),
        bound=lambda drops: np.full(len(drops.seeds), np.nan),
    )


@pytest.fixture
def pool() -> Pool:
    return pool_of("sixth")


def actions(pool: Pool, *shape: int, seed: int = 0) -> np.ndarray:
    return stream(seed, "actions").uniform(-1, 1, (*shape, pool.n_actions))
