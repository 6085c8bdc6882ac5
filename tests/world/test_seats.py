import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.world.cases import START

from sagin.core import records
from sagin.world import Site, Sky, Times, sky, walker
from sagin.world.satellites import Satellites
from sagin.world.seats import Candidates, seat_satellites, seat_users


def made(heights: list[dict[int, float]], n: int = 6) -> tuple[Sky, Satellites]:
    """A sky with these elevations [deg] of satellites by index in each slot."""
    rows = [(i, e) for slot in heights for i, e in sorted(slot.items())]
    first = np.cumsum([0] + [len(slot) for slot in heights])
    number, level = (np.array(column) for column in zip(*rows, strict=True)) if rows else (np.empty(0), np.empty(0))
    other = {name: np.ones(len(rows)) for name in ("azimuth_rad", "range_m", "range_rate_mps")}
    found = records.build(Sky, first=first, satellite=number, elevation_rad=np.deg2rad(level), **other)
    return found, walker(planes=1, per_plane=n, phasing=0)


def held(heights: list[dict[int, float]], n_seats: int, hold_deg: float = 90.0) -> list[list[int]]:
    return seat_satellites(*made(heights), n_seats, hold_deg).index.tolist()


def test_a_satellite_keeps_its_seat_until_it_sets() -> None:
    heights = [{0: 50.0, 1: 40.0, 2: 30.0}, {0: 35.0, 1: 41.0, 2: 60.0}, {1: 42.0, 2: 70.0}, {3: 26.0}]
    assert held(heights, 2) == [[0, 1], [0, 1], [2, 1], [3, -1]]


def test_hold_zero_serves_the_highest_and_changes_no_more_seats_than_it_must() -> None:
    heights = [{0: 50.0, 1: 40.0, 2: 30.0}, {0: 51.0, 1: 40.0, 2: 45.0}, {0: 52.0, 1: 53.0, 2: 60.0}]
    assert held(heights, 2, 0.0) == [[0, 1], [0, 2], [1, 2]]
    assert held(heights, 2, 7.5) == [[0, 1], [0, 1], [2, 1]]  # 8 deg higher than the lowest takes its seat


def test_ties_go_to_the_lower_catalogue_number() -> None:
    assert held([{2: 30.0, 1: 30.0, 3: 30.0}], 2) == [[1, 2]]


def test_empty_seats_have_no_direction() -> None:
    seats = seat_satellites(*made([{}, {4: 33.0}]), 2)
    assert seats.catalogue.tolist() == [[-1, -1], [90005, -1]]
    assert np.isnan(seats.elevation_rad[0]).all()
    np.testing.assert_allclose(np.linalg.norm(seats.direction, axis=2), [[0, 0], [1, 0]])
    assert seats.changed().tolist() == [[False, False], [True, False]]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.integers(0, 5), st.floats(25, 90)), min_size=1, max_size=12), st.integers(1, 4),
       st.sampled_from([0.0, 5.0, 90.0]))  # fmt: skip
def test_rules_of_satellite_seats(heights: list[dict[int, float]], n_seats: int, hold: float) -> None:
    before = [-1] * n_seats
    for slot, row in zip(heights, held(heights, n_seats, hold), strict=True):
        sitting = [one for one in row if one >= 0]
        assert len(set(sitting)) == len(sitting)
        assert set(sitting) <= set(slot)
        assert len(sitting) == min(n_seats, len(slot))
        standing = [slot[one] for one in slot if one not in sitting]
        for seat, one in enumerate(row):
            if one >= 0 and standing:
                assert max(standing) <= slot[one] + hold + 1e-9 or hold == 90
            if one != before[seat] and before[seat] in slot and before[seat] >= 0:
                assert slot[one] > slot[before[seat]] + hold - 1e-9  # lost to a higher one
        before = row


def test_a_real_sky_has_no_satellite_in_two_seats_and_holds_them() -> None:
    satellites = walker()
    found = sky(satellites, Site(), Times.every(START, 1, 240))
    seats = seat_satellites(found, satellites, 8)
    assert all(len(set(row)) == 8 for row in seats.index.tolist())
    changed = np.argwhere(seats.changed())
    assert len(changed) > 0
    for slot, seat in changed:
        old = seats.index[slot - 1, seat]
        assert old not in found.satellite[found.first[slot] : found.first[slot + 1]]


def people(where: list[dict[int, float]]) -> Candidates:
    """Vehicles at these distances from the site in each slot."""
    ordered = [sorted(slot.items(), key=lambda item: (item[1], item[0])) for slot in where]
    vehicle = [np.array([one for one, _ in slot], dtype=int) for slot in ordered]
    place = [np.array([[0.0, d] for _, d in slot]).reshape(-1, 2) for slot in ordered]
    other = [np.zeros(len(slot)) for slot in ordered]
    return Candidates(vehicle, place, other, other, np.ones(len(where), dtype=bool))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.integers(0, 7), st.floats(0, 200)), min_size=1, max_size=12), st.integers(1, 5))
def test_rules_of_user_seats(where: list[dict[int, float]], n_seats: int) -> None:
    names = np.array([f"v{i}" for i in range(8)])
    seats = seat_users(people(where), names, n_seats)
    before = [-1] * n_seats
    for slot, row in zip(where, seats.vehicle.tolist(), strict=True):
        sitting = [one for one in row if one >= 0]
        assert len(set(sitting)) == len(sitting) == min(n_seats, len(slot))
        new = [one for seat, one in enumerate(row) if one >= 0 and one != before[seat]]
        for seat, one in enumerate(before):
            if one in slot:
                assert row[seat] == one
        assert [slot[one] for one in new] == sorted(slot[one] for one in new)
        standing = [slot[one] for one in slot if one not in sitting]
        assert not new or not standing or max(slot[one] for one in new) <= min(standing)
        before = row


def test_a_newcomer_takes_the_seat_of_one_who_left() -> None:
    seats = seat_users(people([{0: 10.0, 1: 20.0}, {1: 5.0, 2: 100.0}, {2: 1.0}]), np.array(["a", "b", "c"]), 2)
    assert seats.name.tolist() == [["a", "b"], ["c", "b"], ["c", ""]]
    assert seats.changed().sum() == 2
    assert seats.distance_m(6.0)[0].tolist() == pytest.approx([np.hypot(10, 6), np.hypot(20, 6)])
    assert seats.in_range.tolist() == [2, 2, 1]
