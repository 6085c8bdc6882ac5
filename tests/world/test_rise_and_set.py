import numpy as np
import pytest
from tests.world.cases import START, elements, rows, shells, sites

from sagin.core.errors import InputError
from sagin.core.units import to_deg
from sagin.world import Site, Times, passes, sky, walker


def test_passes_of_skyfield() -> None:
    known, places = shells(), sites()
    table = rows("passes.csv")
    assert len(table) > 40
    for site, shell in {(row["site"], row["catalogue"][:2]) for row in table}:
        satellites = known[shell]
        found = passes(satellites, places[site], START, 6 * 3600.0, 25.0)
        for row in [row for row in table if row["site"] == site and row["catalogue"][:2] == shell]:
            mine = np.flatnonzero(satellites.catalogue[found.satellite] == int(row["catalogue"]))
            nearest = mine[np.argmin(np.abs(found.rise_s[mine] - float(row["rise_s"])))]
            for name in ("rise_s", "culmination_s", "set_s"):
                assert getattr(found, name)[nearest] == pytest.approx(float(row[name]), abs=0.5)
            assert not found.cut[nearest]


@pytest.mark.parametrize("minimum", [0.0, 25.0, 80.0])
def test_passes_agree_with_a_fine_sky(minimum: float) -> None:
    satellites, site = walker(planes=10, per_plane=7, phasing=3), Site(latitude_deg=47.0)
    times = Times.every(START, 2.0, 1800)
    found, seen = passes(satellites, site, START, 3598.0, minimum), sky(satellites, site, times, minimum)
    assert (np.diff(found.rise_s) >= 0).all()
    up = np.zeros((len(times), len(satellites)), dtype=bool)
    for p in range(len(found)):
        inside = (times.seconds >= found.rise_s[p] - 1e-3) & (times.seconds <= found.set_s[p] + 1e-3)
        up[inside, found.satellite[p]] = True
    wanted = np.zeros_like(up)
    wanted[np.repeat(np.arange(len(times)), seen.counts()), seen.satellite] = True
    assert (up != wanted).sum() <= 2  # samples within a millisecond of an edge
    assert (found.cut == ((found.rise_s == 0) | (found.set_s == 3598.0))).all()
    assert (found.max_elevation_rad >= np.deg2rad(minimum) - 1e-9).all()
    assert ((found.rise_s <= found.culmination_s) & (found.culmination_s <= found.set_s)).all()


def test_passes_shorter_than_any_step_are_found() -> None:
    satellites, site = walker(planes=10, per_plane=7, phasing=3), Site(latitude_deg=47.0)
    all_of_them = passes(satellites, site, START, 7200.0, 20.0)
    best = int(np.argmax(np.where(all_of_them.cut, 0, all_of_them.max_elevation_rad)))
    top = float(to_deg(all_of_them.max_elevation_rad[best]))
    short = passes(satellites, site, START, 7200.0, top - 1e-4)
    mine = short.satellite == all_of_them.satellite[best]
    assert mine.sum() == 1
    assert 0 < (short.set_s - short.rise_s)[mine][0] < 3
    assert short.culmination_s[mine][0] == pytest.approx(all_of_them.culmination_s[best], abs=0.05)


def test_a_pass_that_dips_below_the_minimum_for_a_moment_is_two() -> None:
    molniya = elements(eccentricity=0.7, inclination_deg=63.4, mean_motion_rev_per_day=2.0061, perigee_deg=270.0)
    whole = passes(molniya, Site(), START, 86400.0, 10.0)
    assert (whole.set_s - whole.rise_s).max() > 4 * 3600
    times = Times.every(START, 5.0, 17280)
    seen = sky(molniya, Site(), times, 0.0)
    high = np.full(len(times), -1.0)
    high[np.repeat(np.arange(len(times)), seen.counts())] = seen.elevation_rad
    inner = np.flatnonzero((high[1:-1] < high[:-2]) & (high[1:-1] < high[2:]) & (high[1:-1] > 0)) + 1
    for dip in inner:
        level = float(to_deg(high[dip])) + 1e-5
        edges = passes(molniya, Site(), START, 86400.0, level)
        assert ((edges.rise_s > times.seconds[dip - 20]) & (edges.rise_s < times.seconds[dip + 20])).any()


def test_one_that_is_up_all_the_time() -> None:
    up = passes(elements(mean_motion_rev_per_day=1.00273791, inclination_deg=0.0, anomaly_deg=220.0),
                Site(latitude_deg=0.0, longitude_deg=0.0), START, 86400.0, 10.0)  # fmt: skip
    assert (up.rise_s.tolist(), up.set_s.tolist(), up.cut.tolist()) == ([0.0], [86400.0], [True])


@pytest.mark.parametrize("duration", [0, -5.0, 1e9, "60", np.nan])
def test_durations_that_are_refused(duration: object) -> None:
    with pytest.raises(InputError, match="duration_s"):
        passes(shells()["90"], Site(), START, duration)  # type: ignore[arg-type]
