"""Joint computation offloading and resource allocation in space-air-ground integrated edge networks."""

from typing import TYPE_CHECKING, Any

from sagin.core.discovery import system, system_names
from sagin.core.errors import InputError

if TYPE_CHECKING:
    from sagin.experiments.store import load, save

__version__ = "0.1.0"
__all__ = ["InputError", "__version__", "load", "save", "system", "system_names"]


def __getattr__(name: str) -> Any:
    """`load` and `save` are imported at first use: `import sagin` stays light."""
    if name in ("load", "save"):
        from sagin.experiments import store

        return getattr(store, name)
    raise AttributeError(f"module 'sagin' has no attribute {name!r}")
