import warnings

import numpy as np
import pytest
from sgp4.api import Satrec
from tests.world.cases import REFERENCE, START, elements, merge, rows, shells, sites

from sagin.blocks.geometry.orbit import slant_range_at_elevation
from sagin.blocks.geometry.sidereal import gmst
from sagin.core.errors import InputError
from sagin.world import Site, Times, read_satellites, sky, subpoints, visibility, walker
from sagin.world.satellites import current

FIELDS = ("satellite", "elevation_rad", "azimuth_rad", "range_m", "range_rate_mps")


def test_look_angles_of_skyfield() -> None:
    known, places = shells(), sites()
    table = rows("look_angles.csv")
    assert len(table) > 100
    for site, shell in {(row["site"], row["catalogue"][:2]) for row in table}:
        satellites = known[shell]
        part = [row for row in table if row["site"] == site and row["catalogue"][:2] == shell]
        times = Times.at(START, sorted({float(row["seconds"]) for row in part}))
        found = sky(satellites, places[site], times, 5.0)
        for row in part:
            slot = int(np.flatnonzero(times.seconds == float(row["seconds"]))[0])
            entries = np.arange(found.first[slot], found.first[slot + 1])
            numbers = satellites.catalogue[found.satellite[entries]]
            entry = int(entries[numbers == int(row["catalogue"])][0])
            assert np.rad2deg(found.elevation_rad[entry]) == pytest.approx(float(row["elevation_deg"]), abs=0.01)
            off = (np.rad2deg(found.azimuth_rad[entry]) - float(row["azimuth_deg"]) + 180) % 360 - 180
            assert abs(off) * np.cos(found.elevation_rad[entry]) < 0.01
            assert found.range_m[entry] == pytest.approx(float(row["range_m"]), abs=100)
            assert found.range_rate_mps[entry] == pytest.approx(float(row["range_rate_mps"]), abs=0.5)


def test_subpoints_of_skyfield() -> None:
    known = shells()
    for row in rows("subpoints.csv"):
        satellites = known[row["catalogue"][:2]]
        place = int(np.flatnonzero(satellites.catalogue == int(row["catalogue"]))[0])
        found = subpoints(satellites.select([place]), Times.at(START, [float(row["seconds"])]))
        assert np.rad2deg(found.latitude_rad[0, 0]) == pytest.approx(float(row["latitude_deg"]), abs=1e-3)
        assert np.rad2deg(found.longitude_rad[0, 0]) == pytest.approx(float(row["longitude_deg"]), abs=1e-3)
        assert found.height_m[0, 0] == pytest.approx(float(row["height_m"]), abs=10)


def test_one_row_of_the_verification_suite_of_sgp4() -> None:
    """Satellite 00005 of Vallado's test cases, at 0 and 720 minutes [km]: a wrong build is noticed."""
    handle = Satrec.twoline2rv(
        "1 00005U 58002B   00179.78495062  .00000023  00000-0  28098-4 0  4753",
        "2 00005  34.2682 348.7242 1859667 331.7664  19.3264 10.82419157413667",
    )
    known = {0: (7022.46529266, -1400.08296755, 0.03995155), 720: (-7134.59340119, 6531.68641334, 3260.27186483)}
    for minutes, wanted in known.items():
        error, position, _ = handle.sgp4_tsince(minutes)
        assert error == 0
        np.testing.assert_allclose(position, wanted, atol=1e-6)


@pytest.mark.parametrize("slot_s", [0.5, 7.0, 45.0, 200.0])
@pytest.mark.parametrize("minimum", [0.0, 25.0, 60.0])
def test_two_levels_find_what_a_full_scan_finds(monkeypatch: pytest.MonkeyPatch, slot_s: float, minimum: float) -> None:
    satellites = walker(planes=9, per_plane=5, phasing=2)
    satellites = merge(satellites, elements(eccentricity=0.7, inclination_deg=63.4, mean_motion_rev_per_day=2.0061))
    satellites = merge(satellites, elements(inclination_deg=98.0, mean_motion_rev_per_day=16.2, bstar=1e-3))
    times = Times.every("2026-11-01T12:03:00Z", slot_s, 400)
    site = Site(latitude_deg=-61.0, longitude_deg=179.9)
    quick = visibility.find_sky(satellites, site, times, minimum)
    monkeypatch.setattr(visibility, "coarse_grid", lambda first, last: np.zeros(10**6))
    full = visibility.find_sky(satellites, site, times, minimum)
    assert quick.first.tolist() == full.first.tolist()
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(quick, name), getattr(full, name))


def test_geostationary_satellite_over_the_site_stays() -> None:
    node = np.rad2deg(gmst(*Times.at(START, [0.0]).jd()))[0]
    satellite = elements(mean_motion_rev_per_day=1.00273791, inclination_deg=0.0, anomaly_deg=node % 360)
    site = Site(latitude_deg=0.0, longitude_deg=0.0, height_m=0.0)
    found = sky(satellite, site, Times.every(START, 3600, 24), 25.0)
    assert found.counts().tolist() == [1] * 24
    assert np.rad2deg(found.elevation_rad).min() > 89.5
    assert np.abs(found.range_m - 35_786e3).max() < 30e3


def test_turning_the_earth_by_one_plane_relabels_the_satellites() -> None:
    satellites = walker(planes=8, per_plane=12, phasing=0)
    here = sky(satellites, Site(longitude_deg=0.0), Times.at(START, [100.0]), 0.0)
    there = sky(satellites, Site(longitude_deg=45.0), Times.at(START, [100.0]), 0.0)
    moved = (here.satellite + 12) % 96
    order = np.argsort(moved)
    assert len(order) > 2
    np.testing.assert_array_equal(moved[order], there.satellite)
    np.testing.assert_allclose(here.elevation_rad[order], there.elevation_rad, atol=1e-6)
    np.testing.assert_allclose(here.azimuth_rad[order], there.azimuth_rad, atol=1e-6)


def test_range_rate_is_the_derivative_and_range_that_of_a_circular_orbit() -> None:
    satellites, times = walker(planes=12, per_plane=10, phasing=1), Times.at(START, [599.95, 600.0, 600.05])
    found = sky(satellites, Site(), times, 10.0)
    ranges = {}
    for slot in range(3):
        part = slice(found.first[slot], found.first[slot + 1])
        ranges[slot] = dict(zip(found.satellite[part].tolist(), found.range_m[part].tolist(), strict=True))
    middle = range(found.first[1], found.first[2])
    assert len(middle) > 1
    for entry in middle:
        which = int(found.satellite[entry])
        assert found.range_rate_mps[entry] == pytest.approx((ranges[2][which] - ranges[0][which]) / 0.1, abs=1e-2)
        round_earth = slant_range_at_elevation(found.elevation_rad[entry], 550e3, 6371e3)
        assert found.range_m[entry] == pytest.approx(round_earth, abs=40e3)


@pytest.mark.parametrize("latitude", [-90.0, 90.0])
def test_poles(latitude: float) -> None:
    polar = walker(inclination_deg=88.0, star=True, planes=4, per_plane=8, phasing=0)
    assert sky(polar, Site(latitude_deg=latitude), Times.every(START, 60, 90), 0.0).counts().min() >= 1


def test_both_sides_of_the_date_line_are_one_place() -> None:
    times = Times.every(START, 30, 60)
    east, west = (sky(shells()["90"], Site(longitude_deg=edge), times, 5.0) for edge in (180, -180))
    np.testing.assert_array_equal(east.satellite, west.satellite)
    np.testing.assert_allclose(east.elevation_rad, west.elevation_rad, atol=1e-12)


def test_nothing_seen_and_no_satellites() -> None:
    none = sky(shells()["90"], Site(), Times.every(START, 10, 5), 89.9)
    assert none.first.tolist() == [0] * 6
    empty = sky(shells()["90"].select([]), Site(), Times.every(START, 10, 5))
    assert empty.first.tolist() == [0] * 6


@pytest.mark.parametrize("minimum", [-0.1, 90.0, "25", True, np.nan])
def test_minimum_elevations_that_are_refused(minimum: object) -> None:
    with pytest.raises(InputError, match="min_elevation_deg"):
        sky(shells()["90"], Site(), Times.every(START, 10, 1), minimum)  # type: ignore[arg-type]


def test_decayed_satellites_are_invisible_and_named() -> None:
    fallen = elements(mean_motion_rev_per_day=16.4, bstar=0.1)
    times = Times.every("2026-11-05T12:00:00Z", 60, 1440)
    with pytest.warns(UserWarning, match="SGP4 gives no position of 1 satellite at some times") as found:
        seen = sky(merge(elements(), fallen), Site(), times, 0.0)
    assert len(found) == 1
    assert set(seen.satellite.tolist()) == {0}
    with pytest.raises(InputError) as error:
        sky(fallen, Site(), times, 0.0)
    assert str(error.value) == "satellites = '1 sets': must be propagated by SGP4 (none can be, as 'one')"
    assert np.isnan(subpoints(fallen, times).height_m).all()


def test_ages_of_element_sets() -> None:
    satellites = read_satellites(REFERENCE / "walker_550km_53deg_72_6_1.csv")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        current(satellites, Times.every("2026-11-14T12:00:00Z", 1, 1).start)
    text = "_72_6_1.csv: 72 element sets are 30 days old at 2026-12-01: positions may be off by tens of km$"
    with pytest.warns(UserWarning, match=text):
        sky(satellites, Site(), Times.every("2026-12-01T12:00:00Z", 10, 2))
    with pytest.raises(InputError, match=r"max_age_days = 60.0: must be >= 91.0 \(every element set of"):
        current(satellites, Times.every("2027-01-31T12:00:00Z", 1, 1).start)


def test_sets_that_are_too_old_are_left_out() -> None:
    both = merge(elements(epoch=1793534400.0 - 70 * 86400), elements(catalogue=2))
    with pytest.warns(UserWarning, match="70 days old .*; 1 older than 60 days are left out"):
        assert current(both, Times.every(START, 1, 1).start).catalogue.tolist() == [2]


def test_of_one_number_the_nearest_epoch_is_kept() -> None:
    twice = merge(elements(epoch=1793534400.0 - 3 * 86400), elements())
    with pytest.warns(UserWarning, match="satellites: 1 satellite appears more than once, the nearest epochs are used"):
        kept = current(twice, Times.every(START, 1, 1).start)
    assert kept.epoch.tolist() == [1793534400.0]
