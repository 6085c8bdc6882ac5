"""The system in time: a slot is a mission, flown on a path below satellites that move and change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sagin.blocks.access.estimated_channel import sinr_with_estimate
from sagin.blocks.access.shannon import shannon_rate
from sagin.core import records
from sagin.core.errors import InputError
from sagin.core.units import from_db
from sagin.methods.capped_level import capped_level
from sagin.systems.isac_sagin import model
from sagin.systems.isac_sagin.model import Decision, Drops, Metrics
from sagin.systems.isac_sagin.scenario import Scenario
from sagin.world.seats import SatelliteSeats
from sagin.world.view import Followed, Reason, View, filled
from sagin.world.weather import Conditions

LEAST_SHARE, MOST_SHARE = 0.02, 0.98  # of a frame for pilots


def follow(scenario: Scenario, view: View, seed: int) -> Followed:
    """Drops of one seed, one a slot; positions are those in the middle of every frame."""
    s = scenario
    mission_s = s.n_frames * s.frame_length_s
    if len(view.times) > 1 and not np.allclose(np.diff(view.times.seconds), mission_s, rtol=1e-9):
        raise InputError(
            "slot_s", view.times.slot_s, f"n_frames x frame_length_s = {mission_s:g}", "a slot is a mission"
        )
    if view.paths is None:
        raise InputError("world.paths", None, "given", "the AAV needs a path")
    n = len(view.times)
    middle = (view.times.seconds[:, None] + (np.arange(s.n_frames) + 0.5) * s.frame_length_s).ravel()
    serving = view.satellites_at(middle)
    shape = (n, s.n_frames)
    leo = (serving.direction[:, 0] * serving.range_m[:, :1]).reshape(*shape, 3)
    target, seated = _target(s, view)
    reason = np.where(serving.taken()[:, 0].reshape(shape).all(axis=1), Reason.USABLE, Reason.NO_SATELLITE)
    reason = np.where((reason == Reason.USABLE) & ~seated, Reason.FEW_USERS, reason).astype(np.int8)
    rows = filled(reason)
    base = {
        "aav_position_m": view.paths.at(middle)[:, 0].reshape(*shape, 3)[rows],
        "iot_position_m": np.tile(np.asarray(s.iot_position_m), (n, 1)),
        "target_position_m": target[rows],
    }
    fading = [model.fading(seed, s.n_frames, s.n_rx, f"slot {slot}/") for slot in rows.tolist()]
    drops = model.assemble(s, np.full(n, seed), base, leo[rows], fading)
    air = _air(view, seed, middle).losses_db(s.carrier_hz, serving.elevation_rad).reshape(shape)
    notes = {"share of frames in which the AAV hovers": float(view.paths.hovering(middle)[:, 0].mean())}
    drops = replace(drops, leo_gain=drops.leo_gain * from_db(-air[rows]))
    return Followed(drops, reason, notes, satellites=_first_frames(serving, s.n_frames))


def _target(s: Scenario, view: View) -> tuple[np.ndarray, np.ndarray]:
    """(slot, 3) place of the target and (slot,) whether it is there: the scenario's, or the nearest vehicle, held."""
    n = len(view.times)
    if view.surroundings.traffic is None:
        return np.tile(np.asarray(s.target_position_m), (n, 1)), np.ones(n, dtype=bool)
    users = replace(view, n_users=1).users
    place = np.stack([users.east_m[:, 0], users.north_m[:, 0], np.zeros(n)], axis=1)
    return place, users.taken()[:, 0]


def _air(view: View, seed: int, seconds: np.ndarray) -> Conditions:
    """The weather at other instants than the slots."""
    return replace(view.conditions(seed), seconds=seconds)


def _first_frames(serving: SatelliteSeats, n_frames: int) -> SatelliteSeats:
    """Who serves in the first frame of each slot."""
    return SatelliteSeats(*(getattr(serving, name)[::n_frames] for name in serving.__dataclass_fields__))


def seats(scenario: Scenario) -> tuple[int, int]:
    """Satellite and user seats."""
    return 1, 0


def carry(decided: Drops, decision: Decision, now: Drops) -> Decision:
    """A decision applied later: as it is."""
    return decision


def association(drops: Drops, decision: Decision) -> np.ndarray:
    """(drop, 0): the one device has one AAV; handovers are the satellite's."""
    return np.zeros((len(drops.seeds), 0), dtype=np.int64)


def charge(drops: Drops, metrics: Metrics, seconds: np.ndarray, joules: np.ndarray) -> np.ndarray:
    """(drop,) energy with joules added; seconds do not enter this objective."""
    return metrics.objective + joules.sum(axis=1)


def numbers_a_user(drops: Drops) -> int:
    """Numbers of an action for each user."""
    return 0


def numbers_shared(drops: Drops) -> int:
    """Numbers of an action beyond those of the users."""
    return 2


def act(drops: Drops, action: np.ndarray) -> Decision:
    """Decision of two numbers (drop, 2) in [-1, 1]: the pilot's share of a frame, and the ratio forwarded.

    Bits follow a common level below what each frame's channel carries, so that they sum to the mission's least.
    """
    unit = (np.clip(np.asarray(action, dtype=float), -1, 1) + 1) / 2
    pilot = drops.frame_length_s * (LEAST_SHARE + (MOST_SHARE - LEAST_SHARE) * unit[:, 0])
    data = drops.frame_length_s - pilot
    pilots = drops.pilot_symbol_rate_hz * pilot[:, None]
    sinr = sinr_with_estimate(drops.iot_power_w * drops.channel_gain / drops.noise_power_w, pilots)
    caps = shannon_rate(drops.bandwidth_hz, sinr) * data[:, None]
    bits = np.empty_like(caps)
    for cap, row in zip(caps, bits, strict=True):
        capped_level(cap, drops.min_data_bits, row)
    return records.build(Decision, pilot_s=pilot, data_s=data, ratio=unit[:, 1], bits=bits)
