"""Joint computation offloading and resource allocation in space-air-ground integrated edge networks."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sagin.core.discovery import system, system_names
from sagin.core.errors import InputError

if TYPE_CHECKING:
    from sagin.core.own import scheme
    from sagin.experiments.runs import solve as run
    from sagin.experiments.store import load, save
    from sagin.experiments.tables import to_table

__version__ = "0.1.0"
__all__ = ["InputError", "__version__", "load", "run", "save", "scheme", "system", "system_names", "to_table"]

# imported at first use: `import sagin` stays light
_LATE = {
    "load": ("sagin.experiments.store", "load"),
    "run": ("sagin.experiments.runs", "solve"),
    "scheme": ("sagin.core.own", "scheme"),
    "save": ("sagin.experiments.store", "save"),
    "to_table": ("sagin.experiments.tables", "to_table"),
}


def __getattr__(name: str) -> Any:
    """The functions that need more than NumPy."""
    if name not in _LATE:
        raise AttributeError(f"module 'sagin' has no attribute {name!r}")
    module, function = _LATE[name]
    return getattr(import_module(module), function)
