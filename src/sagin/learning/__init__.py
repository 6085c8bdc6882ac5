"""Episodes as environments for learning: Gymnasium, its vector form, PettingZoo, and reference rows beside a policy.

Needs the extra `learn`: pip install "sagin[learn]".
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from sagin.core.errors import InputError

if TYPE_CHECKING:
    from sagin.learning.parallel import parallel_env
    from sagin.learning.pool import Pool
    from sagin.learning.slot_env import SlotEnv
    from sagin.learning.vector_env import SlotVectorEnv

for _package in ("gymnasium", "pettingzoo"):
    if find_spec(_package) is None:
        raise InputError(_package, "missing", "installed", 'pip install "sagin[learn]"')

__all__ = ["Pool", "SlotEnv", "SlotVectorEnv", "parallel_env"]

_LATE = {"Pool": "pool", "SlotEnv": "slot_env", "SlotVectorEnv": "vector_env", "parallel_env": "parallel"}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module 'sagin.learning' has no attribute {name!r}")
    return getattr(import_module(f"sagin.learning.{_LATE[name]}"), name)
