"""Real inputs and time: satellites, roads, paths, weather and arrivals, and the world they make."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sagin.world.arrivals import Arrivals
    from sagin.world.clock import Times
    from sagin.world.paths import Paths, read_paths
    from sagin.world.rise_and_set import Passes, passes
    from sagin.world.road_files import read_traffic
    from sagin.world.roads import Traffic
    from sagin.world.satellite_files import read_satellites, write_omm
    from sagin.world.satellites import Satellites, walker
    from sagin.world.site import Site
    from sagin.world.tasks import Tasks, read_tasks
    from sagin.world.visibility import Sky, Subpoints, sky, subpoints
    from sagin.world.weather import Conditions, Rain, Weather, read_rain
    from sagin.world.world import World

__all__ = [
    "Arrivals",
    "Conditions",
    "Passes",
    "Paths",
    "Rain",
    "Satellites",
    "Site",
    "Sky",
    "Subpoints",
    "Tasks",
    "Times",
    "Traffic",
    "Weather",
    "World",
    "passes",
    "read_paths",
    "read_rain",
    "read_satellites",
    "read_tasks",
    "read_traffic",
    "sky",
    "subpoints",
    "walker",
    "write_omm",
]

# imported at first use: reading one file does not load the rest
_LATE = {
    "Arrivals": "arrivals",
    "Conditions": "weather",
    "Passes": "rise_and_set",
    "Paths": "paths",
    "Rain": "weather",
    "Satellites": "satellites",
    "Site": "site",
    "Sky": "visibility",
    "Subpoints": "visibility",
    "Tasks": "tasks",
    "Times": "clock",
    "Traffic": "roads",
    "Weather": "weather",
    "World": "world",
    "passes": "rise_and_set",
    "read_paths": "paths",
    "read_rain": "weather",
    "read_satellites": "satellite_files",
    "read_tasks": "tasks",
    "read_traffic": "road_files",
    "sky": "visibility",
    "subpoints": "visibility",
    "walker": "satellites",
    "write_omm": "satellite_files",
}


def __getattr__(name: str) -> Any:
    """The public functions and classes."""
    if name not in _LATE:
        raise AttributeError(f"module 'sagin.world' has no attribute {name!r}")
    return getattr(import_module(f"sagin.world.{_LATE[name]}"), name)
