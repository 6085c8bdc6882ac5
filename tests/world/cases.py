"""Reference data and small worlds that several tests use."""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core import records
from sagin.world import Satellites, Site, read_satellites
from sagin.world.satellites import from_elements

REFERENCE = Path(__file__).parents[1] / "reference" / "world"
START = "2026-11-01T12:00:00Z"
ISS = (
    "ISS (ZARYA)",
    "1 25544U 98067A   08264.51782528 -.00002182  00000-0 -11606-4 0  2927",
    "2 25544  51.6416 247.4627 0006703 130.5360 325.0288 15.72125391563537",
)


def rows(name: str) -> list[dict[str, str]]:
    lines = (REFERENCE / name).read_text().splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def shells() -> dict[str, Satellites]:
    """Reference shells by the first two digits of their catalogue numbers."""
    names = ("walker_550km_53deg_72_6_1.csv", "walker_star_1200km_88deg_24_4_1.csv")
    return {"90": read_satellites(REFERENCE / names[0]), "91": read_satellites(REFERENCE / names[1])}


def sites() -> dict[str, Site]:
    return {row["site"]: site_of(row) for row in rows("look_angles.csv")}


def site_of(row: dict[str, Any]) -> Site:
    names = ("latitude_deg", "longitude_deg", "height_m")
    return Site(**{name: float(row[name]) for name in names})


def elements(**changes: float) -> Satellites:
    """One satellite; by default circular at 550 km, inclined by 53 deg."""
    zero = ("eccentricity", "node_deg", "perigee_deg", "anomaly_deg", "bstar", "mean_motion_dot", "mean_motion_ddot")
    values = {**dict.fromkeys(zero, 0.0), "inclination_deg": 53.0, "mean_motion_rev_per_day": 15.05580994}
    values = {**values, "epoch": 1793534400.0, **changes}
    arrays = {name: np.array([value]) for name, value in values.items()}
    return from_elements(**{"name": np.array(["one"]), "catalogue": np.array([1]), **arrays})


def merge(one: Satellites, two: Satellites) -> Satellites:
    """Satellites of both."""
    arrays = {n: np.concatenate([getattr(one, n), getattr(two, n)]) for n in records.columns(Satellites)}
    return from_elements(handles=one.handles + two.handles, **arrays)
