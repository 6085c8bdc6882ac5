"""The system in time: drops of a moving world, old decisions on new channels, handovers, actions."""

from __future__ import annotations

import numpy as np

from sagin.core import random, records
from sagin.systems.dm_mimo_vec import model
from sagin.systems.dm_mimo_vec.baselines import strongest_rows
from sagin.systems.dm_mimo_vec.model import Decision, Drops, Metrics
from sagin.systems.dm_mimo_vec.scenario import Scenario
from sagin.world.view import Followed, View, filled

NOWHERE_M = 1e7  # range of an empty seat, at the horizon: its channel is zero, which changes nothing


def seats(scenario: Scenario) -> tuple[int, int]:
    """Satellite and user seats."""
    return scenario.n_saps, scenario.n_vehicles


def follow(scenario: Scenario, view: View, seed: int) -> Followed:
    """Drops of one seed, one a slot."""
    cfg, sats, users = scenario, view.satellites, view.users
    n_slots, n_saps, n = len(view.times), cfg.n_saps, cfg.n_vehicles
    taken = sats.taken()
    d_sat_m = np.where(taken, sats.range_m, NOWHERE_M)
    theta = np.where(taken, np.pi / 2 - sats.elevation_rad, np.pi / 2)
    shadow_db = cfg.shadow_std_db * view.satellite_shadow(seed, "satellite/shadow")
    gain = model.link_gain(cfg, d_sat_m, theta, shadow_db + view.losses(cfg.carrier_sat_hz, seed))
    start = random.stream(seed, "satellite/phase").random((n_slots, n_saps, n))
    phase = view.steady_phase(np.pi * (2 * start - 1))
    scatter = view.satellite_scatter(seed, cfg.carrier_sat_hz, "satellite/scatter", n)
    h_sat = model.satellite_channel(cfg, np.where(taken, gain, 0.0), phase, scatter)

    ground = random.stream(seed, "ground/phase").random((n_slots, n))
    ground_phase = view.at_taking(users, np.pi * (2 * ground - 1))
    ground_scatter = view.ground_scatter(seed, users, cfg.carrier_ground_hz, "ground/scatter")[..., 0]
    reason = view.user_reasons(users)
    rows = filled(reason)
    drops = model.assemble(
        cfg,
        np.full(n_slots, seed),
        task_bits=view.task_bits(seed, users, cfg.task_bits_min, cfg.task_bits_max)[rows],
        distance_m=users.distance_m(view.world.site.mast_m)[rows],
        gain_ground=model.ground_gain(cfg, ground_phase, ground_scatter)[rows],
        h_sat=h_sat[rows],
        d_sat_m=d_sat_m[rows],
        theta_sat_rad=theta[rows],
    )
    return Followed(drops, reason)


def carry(decided: Drops, decision: Decision, now: Drops) -> Decision:
    """A decision applied later: shares fit the band, the same *share* of each new task, powers within the limit."""
    alpha = np.maximum(decision.alpha, 0.0)
    share = np.clip(decision.s_sat_bits / decided.task_bits, 0.0, 1.0)
    power = np.real(decision.v) ** 2 + np.imag(decision.v) ** 2
    used = (
        power.sum(axis=2, keepdims=True) if now.power_limit == "per_stream" else power.sum(axis=(1, 2), keepdims=True)
    )
    scale = np.sqrt(np.minimum(1.0, now.p_max_w / np.maximum(used, 1e-300)))
    return records.build(
        Decision,
        alpha=alpha / np.maximum(1.0, alpha.sum(axis=1, keepdims=True)),
        s_sat_bits=share * now.task_bits,
        v=decision.v * scale,
    )


def association(drops: Drops, decision: Decision) -> np.ndarray:
    """(drop, vehicle) 1 where a part of the task goes to the satellites, else 0."""
    return (decision.s_sat_bits > 0).astype(np.int64)


def charge(drops: Drops, metrics: Metrics, seconds: np.ndarray, joules: np.ndarray) -> np.ndarray:
    """(drop,) objective with the time and energy of handovers."""
    return metrics.objective + drops.beta * seconds.sum(axis=1) + (1 - drops.beta) * joules.sum(axis=1)


def numbers_a_user(drops: Drops) -> int:
    """Numbers of an action for each user."""
    return 3


def numbers_shared(drops: Drops) -> int:
    """Numbers of an action beyond those of the users."""
    return 0


def act(drops: Drops, action: np.ndarray) -> Decision:
    """Decision of numbers (drop, n) in [-1, 1], a row of three for each vehicle.

    Share of the band by a softmax over vehicles; part of the task for the satellites; power of its stream, by a softmax
    under a total limit, along the channel of the strongest satellites, matched.
    """
    n_drops, n = drops.task_bits.shape
    rows = np.clip(np.asarray(action, dtype=float), -1, 1).reshape(n_drops, n, 3)
    directions = strongest_rows(drops).conj()
    norm = np.linalg.norm(directions, axis=2, keepdims=True)
    unit = directions / np.where(norm > 0, norm, 1.0)
    each = (rows[..., 2] + 1) / 2 if drops.power_limit == "per_stream" else _softmax(3 * rows[..., 2])
    return records.build(
        Decision,
        alpha=_softmax(3 * rows[..., 0]),
        s_sat_bits=(rows[..., 1] + 1) / 2 * drops.task_bits,
        v=np.sqrt(drops.p_max_w * each)[..., None] * unit,
    )


def _softmax(values: np.ndarray) -> np.ndarray:
    grown = np.exp(values - values.max(axis=1, keepdims=True))
    return grown / grown.sum(axis=1, keepdims=True)
