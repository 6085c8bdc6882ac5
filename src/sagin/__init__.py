"""Joint computation offloading and resource allocation in space-air-ground integrated edge networks."""

from sagin.core.discovery import system, system_names
from sagin.core.errors import InputError

__version__ = "0.1.0"
__all__ = ["InputError", "__version__", "system", "system_names"]
