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
    from sagin.learning.reference import compare, random_policy
    from sagin.learning.slot_env import SlotEnv
    from sagin.learning.vector_env import SlotVectorEnv

for _package in ("gymnasium", "pettingzoo"):
    if find_spec(_package) is None:
        raise InputError(_package, "missing", "installed", 'pip install "sagin[learn]"')

__all__ = ["Pool", "SlotEnv", "SlotVectorEnv", "compare", "parallel_env", "random_policy"]

_LATE = {
    "Pool": "pool",
    "SlotEnv": "slot_env",
    "SlotVectorEnv": "vector_env",
    "compare": "reference",
    "parallel_env": "parallel",
    "random_policy": "reference",
}
ENVIRONMENT = "sagin/Slots-v0"


def __getattr__(name: str) -> Any:
    """The names above, imported at first use."""
    if name not in _LATE:
        raise AttributeError(f"module 'sagin.learning' has no attribute {name!r}")
    return getattr(import_module(f"sagin.learning.{_LATE[name]}"), name)


def _register() -> None:
    """Make `gymnasium.make(ENVIRONMENT, study=...)` and `gymnasium.make_vec` know the environments."""
    import gymnasium

    if ENVIRONMENT not in gymnasium.registry:
        gymnasium.register(
            ENVIRONMENT,
            entry_point="sagin.learning.slot_env:make",
            vector_entry_point="sagin.learning.vector_env:make",
        )


_register()
