"""Environments: the checkers of Gymnasium and PettingZoo, rewards by hand, and the vector form step by step."""

import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from pettingzoo.test import parallel_api_test, parallel_seed_test

import sagin.learning
from sagin import InputError
from sagin.core import records
from sagin.experiments.policies import apply
from sagin.learning import SlotEnv, SlotVectorEnv, parallel_env
from sagin.learning.slot_env import pool_of as pool_of_file
from sagin.results.episode import Episodes
from sagin.results.episode_study import Policy
from tests.learning.conftest import actions, pool_of

STUDY = """
system: sixth
time: {start: "2026-11-01T12:00:00Z", slot_s: 5, slots: 12}
world: {roads: {file: "sample:grid", origin_m: [225, 225], range_m: 200, begin_s: 60}}
schemes: [equal]
seeds: 0:2
"""


def test_gymnasium_makes_and_checks_it(tmp_path) -> None:
    (tmp_path / "study.yaml").write_text(STUDY)
    pool_of_file.cache_clear()
    env = gymnasium.make("sagin/Slots-v0", study=str(tmp_path / "study.yaml"), seeds="0:3", render_mode="rgb_array")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped)
    many = gymnasium.make_vec("sagin/Slots-v0", num_envs=3, study=str(tmp_path / "study.yaml"), seeds="0:3")
    assert many.reset(seed=1)[0].shape == (3, env.observation_space.shape[0])
    assert (tmp_path / "results" / "study" / "shards").is_dir()  # bounds are kept where `sagin episode` keeps them


def test_pettingzoo_checks_it(pool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parallel_api_test(parallel_env(pool), num_cycles=60)
        parallel_seed_test(lambda: parallel_env(pool), num_cycles=30)


@pytest.mark.parametrize("name", ["sixth", "thz_uav_mec", "isac_sagin", "ccmsm"])
@pytest.mark.parametrize("age", [0, 2])
def test_an_episode_is_what_a_policy_of_that_age_makes_of_the_decisions(name, age) -> None:
    pool = pool_of(name, bounded=False)
    env = SlotEnv(pool, "objective", age=age)
    acts = actions(pool, *pool.usable.shape)
    rows = [np.flatnonzero(usable) for usable in pool.usable]
    filled = np.maximum(pool.latest, pool.order[:, :1])
    decision = pool.episodic.act(pool.drops, acts[np.arange(len(acts))[:, None], filled].reshape(-1, pool.n_actions))
    users = None if not pool.n_users else pool.holder.reshape(pool.usable.size, -1)
    start = None
    if pool.start is not None:
        start = records.take(pool.start, np.repeat(np.arange(len(rows)), pool.usable.shape[1]))
    serving = pool.serving.reshape(pool.usable.size, -1) if pool.serving.shape[2] else None
    whole = Episodes(pool.system, pool.drops, pool.usable, users, serving, pool.reach_m, start)
    expected = apply(whole, decision, Policy(age=age), pool.handover)
    for episode in range(len(rows)):
        env.reset(options={"episode": episode})
        for number, slot in enumerate(rows[episode].tolist()):
            _, reward, terminated, truncated, info = env.step(acts[episode, slot])
            row = episode * pool.usable.shape[1] + slot
            assert not terminated
            assert truncated == (number == len(rows[episode]) - 1)
            assert info["slot"] == slot
            assert info["in_force"] == (expected.source[row] >= 0)
            if not info["in_force"]:
                assert reward == 0
                continue
            assert info["objective"] == pytest.approx(expected.metrics.objective[row], rel=1e-12)
            assert info["charged"] == pytest.approx(expected.charged[row], rel=1e-12)
            assert info["feasible"] == expected.feasible[row]
            sign = 1 if pool.system.sense == "max" else -1
            if info["feasible"]:
                assert reward == pytest.approx(sign * expected.charged[row], rel=1e-12)
        with pytest.raises(gymnasium.error.ResetNeeded):
            env.step(acts[0, 0])


def test_reward_is_minus_gap_minus_violations(pool) -> None:
    env = SlotEnv(pool)
    env.reset(options={"episode": 1})
    _, reward, _, _, info = env.step(np.full(pool.n_actions, 0.3))
    assert info["gap"] == pytest.approx(info["charged"] / info["bound"] - 1)
    assert reward == pytest.approx(-min(info["gap"], 10) - min(info["violation"], 10))
    assert info["gap"] >= -1e-9


def test_vector_is_single_step_by_step_and_begins_again(pool) -> None:
    many = SlotVectorEnv(pool, 3)
    ones = [SlotEnv(pool) for _ in range(3)]
    seen, _ = many.reset(seed=0, options={"episode": [2, 0, 1]})
    for k, (env, episode) in enumerate(zip(ones, (2, 0, 1), strict=True)):
        np.testing.assert_array_equal(env.reset(options={"episode": episode})[0], seen[k])
    over = np.zeros(3, dtype=bool)
    for action in actions(pool, int(pool.length.max()), 3):
        seen, rewards, terminated, truncated, info = many.step(action)
        assert not terminated.any()
        for k, env in enumerate(ones):
            if over[k]:
                assert rewards[k] == 0
                assert not info["_gap"][k]
                continue
            mine, reward, _, last, one = env.step(action[k])
            assert reward == rewards[k]
            assert last == truncated[k]
            assert one["charged"] == info["charged"][k]
            if not last:
                np.testing.assert_array_equal(mine, seen[k])
        over = truncated
    assert over.any()


def test_two_runs_are_one(pool) -> None:
    runs = []
    for _ in range(2):
        env = SlotEnv(pool)
        trace = [env.reset(seed=5)[0]]
        for action in actions(pool, int(pool.length.min()) - 1):
            seen, reward, *_ = env.step(action)
            trace += [seen, np.array([reward])]
        runs.append(np.concatenate(trace))
    np.testing.assert_array_equal(*runs)


def test_returned_arrays_are_copies(pool) -> None:
    env = SlotEnv(pool)
    first, _ = env.reset(options={"episode": 0})
    kept = first.copy()
    first[:] = 7
    again, _ = env.reset(options={"episode": 0})
    np.testing.assert_array_equal(again, kept)


def test_picture(pool) -> None:
    env = SlotEnv(pool, render_mode="rgb_array")
    env.reset(seed=0)
    blank = env.render()
    for _ in range(3):
        env.step(env.action_space.sample())
    picture = env.render()
    assert picture.shape == (320, 480, 3)
    assert picture.dtype == np.uint8
    assert not np.array_equal(blank, picture)
    assert SlotEnv(pool).render() is None


def test_agents_see_their_own_and_the_shared_numbers() -> None:
    pool = pool_of("thz_uav_mec", bounded=False)
    env = parallel_env(pool, "objective")
    whole, _ = SlotEnv(pool, "objective").reset(options={"episode": 0})
    seen, _ = env.reset(options={"episode": 0})
    assert env.possible_agents == [*(f"iot_{i}" for i in range(6)), "controller"]
    np.testing.assert_array_equal(seen["controller"], whole)
    own = (pool.owner == 2) | (pool.owner < 0)
    np.testing.assert_array_equal(seen["iot_2"][: own.sum()], whole[: len(pool.owner)][own])
    acts = {name: np.full(env.action_space(name).shape, 0.1, dtype=np.float32) for name in env.agents}
    _, rewards, _, _, infos = env.step(acts)
    assert len(set(rewards.values())) == 1
    assert infos["iot_0"]["slot"] == infos["controller"]["slot"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: parallel_env(pool_of("isac_sagin", bounded=False)), "one decision maker: use SlotEnv"),
        (lambda: SlotEnv(pool_of("isac_sagin", bounded=False)), "reward = 'gap': must be objective"),
        (lambda: SlotEnv(pool_of("sixth"), "profit"), "reward = 'profit': must be gap or objective"),
        (lambda: SlotEnv(pool_of("sixth"), age=-1), "age = -1"),
        (lambda: SlotEnv(pool_of("sixth"), render_mode="human"), "render_mode = 'human'"),
        (
            lambda: SlotEnv(pool_of("sixth")).reset(options={"episode": 3}),
            "options.episode = 3: must be an",
        ),
        (lambda: SlotVectorEnv(pool_of("sixth"), 0), "num_envs = 0"),
        (lambda: SlotVectorEnv(pool_of("sixth"), 2).reset(options={"episode": [0]}), "options.episode = 1"),
    ],
)
def test_refusals(call, message) -> None:
    with pytest.raises(InputError, match=message):
        call()


def test_names_are_there() -> None:
    for name in sagin.learning.__all__:
        assert getattr(sagin.learning, name)
    with pytest.raises(AttributeError):
        sagin.learning.nothing  # noqa: B018
