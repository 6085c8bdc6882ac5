"""Every system through an episode with one of its schemes: stored, read, judged again, policies by brute force."""

import warnings
from pathlib import Path

import numpy as np
import pytest

import sagin
from sagin.core import records
from sagin.experiments.episode import run_episode
from sagin.results import store
from sagin.results.episode import Result
from sagin.results.episode_file import verify_policies
from sagin.results.episode_study import EpisodeStudy, Policy, read_episode_study
from sagin.results.episode_tables import summary_rows
from sagin.world.world import SAMPLES, locate

DATA = locate("sample:grid", Path()).parent
STUDIES = sorted(path.name for path in DATA.glob("*.yaml"))
SLOTS = {"mission.yaml": 4}
POLICIES = ["every", {"stale": 1}, {"every": 2}, {"hysteresis": 0.05}]


def small(name: str, **changes: object) -> EpisodeStudy:
    full = read_episode_study(DATA / name)
    values = {
        "time": {**full.time.to_dict(), "slots": SLOTS.get(name, 6)},
        "world": full.world,
        "scenario": {k: v for k, v in full.scenario.to_dict().items() if v is not None},
        "schemes": [next(iter(full.schemes))],
        "policies": POLICIES,
        "handover": {"seconds": 0.01, "joules": 0.01},
        "seeds": range(2),
        "bound": True,
        "folder": full.folder,
    }
    return EpisodeStudy(full.system, **{**values, **changes})  # type: ignore[arg-type]


def test_every_system_has_a_sample_study() -> None:
    systems = {read_episode_study(DATA / name).system.name for name in STUDIES}
    assert systems == {name for name in sagin.system_names() if sagin.system(name).episodic} - {"sixth"}
    assert all((DATA / name).exists() for name in SAMPLES.values())


@pytest.mark.parametrize("name", STUDIES)
def test_a_sample_study_end_to_end(name: str, tmp_path: Path) -> None:
    described = small(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = run_episode(described, tmp_path / "out")
    run = store.load(tmp_path / "out" / "episode.nc")
    judged = store.verify(run) | verify_policies(run, tmp_path / "out" / "episode.nc")
    assert max(value for part in judged.values() for value in part.values()) <= store.TOLERANCE
    sign = 1 if described.system.sense == "min" else -1
    scheme = next(iter(described.schemes))
    n = described.time.slots
    for policy in described.policies:
        part = result.applied[scheme, policy]
        good = result.window & part.feasible
        assert result.bound is not None
        slack = sign * (part.charged[good] - result.bound[good])
        assert (slack >= -1e-9 * np.abs(result.bound[good])).all()
        assert (sign * (part.charged - part.metrics.objective)[result.window] >= 0).all()
        if not policy.hysteresis:
            for seed, usable in enumerate(result.episodes.usable):
                np.testing.assert_array_equal(part.source[seed * n : (seed + 1) * n], in_force(policy, usable))
    every = summary_rows(result)[0]
    assert every["regret"] == 0 or np.isnan(every["regret"])
    assert every["mean_age"] == 0


def in_force(policy: Policy, usable: np.ndarray) -> list[int]:
    """By the words of the rule."""
    made = [s for s in range(len(usable)) if usable[s] and s % policy.period == 0]
    return [max([s for s in made if s <= t - policy.age], default=-1) if usable[t] else -1 for t in range(len(usable))]


@pytest.fixture(scope="module")
def network() -> Result:
    return run_episode(small("network.yaml", schemes=["nearest"], seeds=[0], bound=False))


def test_a_network_follows_users_path_and_satellite(network: Result) -> None:
    drops, here, view = network.episodes.drops, network.setting.surroundings(), network.followed[0]
    scenario, users, serving = network.study.scenario, view.users, view.satellites
    assert users is not None
    assert serving is not None
    nodes, links = list(scenario.nodes), list(scenario.links)
    np.testing.assert_array_equal(drops.position_m[..., 0], users.east_m)
    assert (drops.position_m[..., 2] == 1.5).all()
    assert here.paths is not None
    flight = here.paths.at(here.times.seconds)[:, 0]
    np.testing.assert_allclose(drops.node_position_m[:, nodes.index("uav")], flight, rtol=1e-12)
    feeder = drops.distance_m[:, 0, links.index("feeder")]
    np.testing.assert_array_equal(feeder, serving.range_m[:, 0])
    way = np.linalg.norm(drops.position_m - flight[:, None], axis=2)
    np.testing.assert_allclose(drops.distance_m[..., links.index("air")], way, rtol=1e-12)
    assert records.n_drops(drops) == 6
