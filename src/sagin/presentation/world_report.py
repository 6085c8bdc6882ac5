"""What is in the inputs of an episode: satellites, users, weather, seats; said before a long run."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np

from sagin.core import records
from sagin.core.errors import InputError
from sagin.core.parameters import field_rows
from sagin.core.units import from_deg, to_deg
from sagin.experiments.episode import LOW_SHARE
from sagin.results.episode import Setting, follow
from sagin.results.episode_study import EpisodeStudy
from sagin.results.tables import Row
from sagin.world.clock import text_utc
from sagin.world.rise_and_set import passes
from sagin.world.satellites import describe_epochs
from sagin.world.view import Followed, Reason, Surroundings, reasons_text
from sagin.world.weather import Conditions, height_of_rain_m

ELEVATIONS_DEG = (10.0, 25.0, 40.0, 90.0)
USABLE_SHARE = 0.95
TRIED_SLOTS = 8  # decided before a long run
_CARRIER = re.compile(r"carrier\w*_hz|frequency\w*_hz")
_LOWEST_CARRIER_HZ = 1e8


def world_rows(setting: Setting, study: EpisodeStudy | None) -> list[Row]:
    """What there is, as rows (part, what, value)."""
    here = setting.surroundings()
    site = here.world.site
    place = f"{site.latitude_deg:g} deg N, {site.longitude_deg:g} deg E, {site.height_m:g} m"
    rows = [("site", "position", place)]
    last = float(here.times.seconds[-1])
    rows.append(("time", "first slot", text_utc(here.times.start)))
    rows.append(("time", "slots", f"{len(here.times)} of {here.times.slot_s:g} s, the last begins after {last:g} s"))
    rows += _sky_rows(here) + _user_rows(here) + _path_rows(here) + _weather_rows(here, study)
    if study is not None:
        rows += _system_rows(study, here)
    return [{"part": part, "what": what, "value": value} for part, what, value in rows]


def _sky_rows(here: Surroundings) -> list[tuple[str, str, str]]:
    if here.satellites is None or here.sky is None or here.world.satellites is None:
        return []
    ages, counts = here.satellites.age_days(here.times.start), here.sky.counts()
    low, high = to_deg(float(here.sky.elevation_rad.min())), to_deg(float(here.sky.elevation_rad.max()))
    minimum = here.world.satellites.min_elevation_deg
    return [
        ("satellites", "element sets", f"{len(here.satellites):,} from {Path(here.satellites.source).name}"),
        ("satellites", "epochs", describe_epochs(here.satellites)),
        ("satellites", "age at the start", f"{ages.min():.3g} to {ages.max():.3g} days"),
        ("satellites", f"visible above {minimum:g} deg", _spread(counts)),
        ("satellites", "slots without any", f"{int((counts == 0).sum())}"),
        ("satellites", "elevations seen", f"{low:.1f} to {high:.1f} deg"),
    ]


def _user_rows(here: Surroundings) -> list[tuple[str, str, str]]:
    roads, traffic = here.world.roads, here.traffic
    if roads is None or traffic is None:
        return []
    west, east, south, north = traffic.extent_m()
    found = here.in_range
    counts = np.array([len(vehicles) for vehicles in found.vehicle])
    span = f"{traffic.seconds[0]:g} to {traffic.seconds[-1]:g} s; slot 0 is at {roads.begin_s:g} s"
    rows = [
        ("roads", "vehicles", f"{len(traffic.name):,}, {len(traffic.x_m):,} entries"),
        ("roads", "seconds", span),
        ("roads", "extent round the site", f"x {west:.0f} to {east:.0f} m, y {south:.0f} to {north:.0f} m"),
        ("roads", f"users within {roads.range_m:g} m", _spread(counts[found.traced])),
        ("roads", "slots without a trace", f"{int((~found.traced).sum())}"),
        ("roads", "most seats usable in 95 % of the slots", f"{most_seats(counts)}"),
    ]
    steps = sorted(set(np.linspace(1, max(counts.max(), 1), 6).astype(int).tolist()))
    shares = [(n, float((counts >= n).mean())) for n in steps]
    text = ", ".join(f"{n}: {100 * share:.0f} %" for n, share in shares)
    return [*rows, ("roads", "slots with at least n users", text)]


def most_seats(counts: np.ndarray) -> int:
    """Largest number of user seats that are all taken in 95 % of the slots."""
    ordered = np.sort(counts)[::-1]
    return int(ordered[min(int(np.ceil(USABLE_SHARE * len(ordered))), len(ordered)) - 1])


def _path_rows(here: Surroundings) -> list[tuple[str, str, str]]:
    if here.paths is None:
        return []
    rows = [("paths", "UAVs", ", ".join(here.paths.name.tolist()))]
    still = here.paths.hovering(here.times.seconds)
    if still.any():
        rows.append(("paths", "hovering before or after its path", f"{100 * float(still.mean()):.1f} % of the slots"))
    return rows


def _weather_rows(here: Surroundings, study: EpisodeStudy | None) -> list[tuple[str, str, str]]:
    weather = here.world.weather
    if weather is None:
        return []
    rows = [("weather", "rain height", f"{height_of_rain_m(weather, here.world.site):.0f} m above the sea")]
    seed = study.seeds[0] if study else 0
    angles = np.broadcast_to(from_deg(np.array(ELEVATIONS_DEG)), (len(here.times), len(ELEVATIONS_DEG)))
    for name, carrier in carriers(study).items() if study else ():
        conditions = Conditions(weather, here.world.site, here.times.seconds, seed, here.rain)
        try:
            loss = conditions.losses_db(carrier, angles)
        except InputError as error:
            rows.append(("weather", f"loss at {carrier / 1e9:g} GHz ({name})", str(error)))
            continue
        mean, most = loss.mean(axis=0), loss.max(axis=0)
        parts = [f"{e:g} deg: {a:.2f}" + (f" (to {b:.2f})" if b > a + 0.005 else "")
                 for e, a, b in zip(ELEVATIONS_DEG, mean, most, strict=True)]  # fmt: skip
        rows.append(("weather", f"mean loss at {carrier / 1e9:g} GHz ({name}) [dB]", ", ".join(parts)))
    return rows


def carriers(study: EpisodeStudy) -> dict[str, float]:
    """Carriers of a scenario, by field."""
    found = {row.name: row.value for row in field_rows(study.scenario) if _CARRIER.search(row.name)}
    return {n: float(v) for n, v in found.items() if isinstance(v, int | float) and v > _LOWEST_CARRIER_HZ}


def _system_rows(study: EpisodeStudy, here: Surroundings) -> list[tuple[str, str, str]]:
    """How the first seed's slots come out."""
    seats = study.episodic.seats(study.scenario)
    rows = [("system", study.system.name, f"{seats[0]} satellite seats, {seats[1]} user seats")]
    try:
        followed = follow(study.system, study.scenario, here, study.seeds[0])
    except InputError as error:
        return [*rows, ("system", "usable slots", str(error))]
    share = float((followed.reason == Reason.USABLE).mean())
    lost = reasons_text(followed.reason)
    rows.append(("system", "usable slots", f"{100 * share:.1f} %" + (f" ({lost})" if lost else "")))
    if share < LOW_SHARE:
        warnings.warn(f"only {100 * share:.1f} % of the slots can be used ({lost})", stacklevel=2)
    rows += _tried(study, followed)
    if followed.satellites is not None:
        taken, changed = followed.satellites.taken(), followed.satellites.changed()
        rows.append(("system", "empty satellite seats", f"{100 * float((~taken).mean()):.1f} %"))
        rows.append(("system", "satellite changes", f"{int(changed.sum())}"))
    if followed.users is not None:
        rows.append(("system", "changes of users", f"{int(followed.users.changed().sum())}"))
    rows += [("system", name, f"{value:.4g}") for name, value in followed.notes.items()]
    if study.episodic.ignored:
        rows.append(("system", "fields the world replaces", ", ".join(study.episodic.ignored)))
    return rows


def _tried(study: EpisodeStudy, followed: Followed) -> list[tuple[str, str, str]]:
    """Whether the first scheme of a study keeps its constraints in some slots of the first seed."""
    usable = np.flatnonzero(followed.reason == Reason.USABLE)
    slots = np.unique(usable[np.linspace(0, len(usable) - 1, TRIED_SLOTS).astype(int)])
    drops = records.take(followed.drops, slots)
    scheme, options = next(iter(study.schemes.items()))
    metrics = study.system.evaluate(drops, study.system.solve(drops, scheme, **options).decision)
    share = float(records.feasible(metrics).mean())
    worst = [f"{breach.name} by {breach.amount:.3g}" for breach in records.breaches(metrics)]
    text = f"{100 * share:.0f} %" + (f" (violated: {', '.join(worst)})" if worst else "")
    if share < LOW_SHARE:
        warnings.warn(f"{scheme} keeps all constraints in {text} of {len(slots)} slots tried", stacklevel=3)
    return [("system", f"feasible for {scheme}, {len(slots)} slots tried", text)]


def pass_rows(setting: Setting) -> list[Row]:
    """Passes within the episode, as rows."""
    here = setting.surroundings()
    if here.satellites is None or here.world.satellites is None:
        raise InputError("world.satellites", None, "given", "passes are those of satellites")
    duration = float(here.times.seconds[-1] - here.times.seconds[0]) + here.times.slot_s
    minimum = here.world.satellites.min_elevation_deg
    found = passes(here.satellites, here.world.site, here.times.start, duration, minimum)
    return [
        {
            "satellite": str(here.satellites.name[one]) or str(here.satellites.catalogue[one]),
            "catalogue": int(here.satellites.catalogue[one]),
            "rise_s": round(float(found.rise_s[p]), 3),
            "culmination_s": round(float(found.culmination_s[p]), 2),
            "set_s": round(float(found.set_s[p]), 3),
            "highest_deg": round(float(to_deg(found.max_elevation_rad[p])), 2),
            "cut": bool(found.cut[p]),
        }
        for p, one in enumerate(found.satellite.tolist())
    ]


def _spread(counts: np.ndarray) -> str:
    if not counts.size:
        return "none"
    return f"{counts.min()} to {counts.max()}, mean {counts.mean():.1f}"
