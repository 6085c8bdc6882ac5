"""Learn to decide slots with NumPy alone: an evolution strategy, judged beside the schemes and the bound."""

import numpy as np

from sagin.learning import Pool, SlotVectorEnv, compare, random_policy
from sagin.results.episode_study import EpisodeStudy

PAIRS, GENERATIONS, SPREAD, STEP = 16, 50, 0.05, 0.01


def episodes(seeds: range) -> EpisodeStudy:
    time = {"start": "2026-11-01T12:00:00Z", "slot_s": 5, "slots": 30}
    roads = {"file": "sample:grid", "origin_m": [225, 225], "range_m": 250, "begin_s": 60}
    world = {"roads": roads, "satellites": {"walker": {"planes": 72, "per_plane": 22, "phasing": 17}}}
    return EpisodeStudy("dm_mimo_vec", time=time, world=world, schemes=["ao"], seeds=seeds)


def act(weights: np.ndarray, seen: np.ndarray) -> np.ndarray:
    each = np.tanh(seen[:, own] @ weights[..., :-1].swapaxes(-1, -2) + weights[..., None, :, -1])
    return np.reshape(each, (len(seen), -1))


train = Pool.from_study(episodes(range(6)))
test = Pool.from_study(episodes(range(100, 104)), scaling=train.scaling)  # the same numbers mean the same
env = SlotVectorEnv(train, num_envs=2 * PAIRS)
dice = np.random.default_rng(0)
own = np.array([np.flatnonzero((train.owner == user) | (train.owner < 0)) for user in range(train.n_users)])
weights = np.zeros((train.widths[0], own.shape[1] + 1))
for generation in range(GENERATIONS):
    noise = dice.standard_normal((PAIRS, *weights.shape))
    trial = weights + SPREAD * np.concatenate([noise, -noise])
    episode = generation % len(train.seeds)
    seen, total = env.reset(options={"episode": [episode] * env.num_envs})[0], np.zeros(env.num_envs)
    for _ in range(train.length[episode]):
        seen, reward = env.step(act(trial, seen))[:2]
        total += reward
    rank = np.argsort(np.argsort(total)) / (env.num_envs - 1) - 0.5
    weights += STEP * np.tensordot(rank[:PAIRS] - rank[PAIRS:], noise, 1)
mine = {"zero": lambda seen: act(0 * weights, seen), "learned": lambda seen: act(weights, seen)}
print(compare(test, {"random actions": random_policy, **mine}, ["ao", "equal_mrt", "rsu_only"]))
