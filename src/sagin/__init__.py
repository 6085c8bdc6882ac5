"""Joint computation offloading and resource allocation in space-air-ground integrated edge networks."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sagin.core.discovery import system_names
from sagin.core.errors import InputError
from sagin.core.version import __version__

if TYPE_CHECKING:
    from typing import Literal, overload

    from sagin.core import random, records
    from sagin.core.choices import assignment, binary, box, simplex
    from sagin.core.contracts import Scheme, Space, System, late
    from sagin.core.own import scheme
    from sagin.core.parameters import Parameters, parameter
    from sagin.core.records import column, constant, extend, metric, violation
    from sagin.core.results import Solution, Status, solution
    from sagin.core.statistics import interval
    from sagin.experiments.compare import compare
    from sagin.experiments.gaps import gaps
    from sagin.experiments.runs import solve as run
    from sagin.experiments.study import Study, read_study
    from sagin.experiments.sweep import sweep
    from sagin.methods.enumeration import enumerate_all
    from sagin.methods.population_search import SearchOptions, search, search_scheme
    from sagin.presentation.plot import plot
    from sagin.presentation.reproduce import reproduce
    from sagin.results.run import Run
    from sagin.results.store import load, save
    from sagin.results.tables import to_table
    from sagin.systems.ccmsm.model import Decision as CcmsmDecision
    from sagin.systems.ccmsm.model import Drops as CcmsmDrops
    from sagin.systems.ccmsm.model import Metrics as CcmsmMetrics
    from sagin.systems.ccmsm.scenario import Scenario as CcmsmScenario
    from sagin.systems.dm_mimo_vec.model import Decision as DmMimoVecDecision
    from sagin.systems.dm_mimo_vec.model import Drops as DmMimoVecDrops
    from sagin.systems.dm_mimo_vec.model import Metrics as DmMimoVecMetrics
    from sagin.systems.dm_mimo_vec.scenario import Scenario as DmMimoVecScenario
    from sagin.systems.isac_sagin.model import Decision as IsacSaginDecision
    from sagin.systems.isac_sagin.model import Drops as IsacSaginDrops
    from sagin.systems.isac_sagin.model import Metrics as IsacSaginMetrics
    from sagin.systems.isac_sagin.scenario import Scenario as IsacSaginScenario
    from sagin.systems.network.model import Decision as NetworkDecision
    from sagin.systems.network.model import Drops as NetworkDrops
    from sagin.systems.network.model import Metrics as NetworkMetrics
    from sagin.systems.network.scenario import Scenario as NetworkScenario
    from sagin.systems.stin_vmdc.model import Decision as StinVmdcDecision
    from sagin.systems.stin_vmdc.model import Drops as StinVmdcDrops
    from sagin.systems.stin_vmdc.model import Metrics as StinVmdcMetrics
    from sagin.systems.stin_vmdc.scenario import Scenario as StinVmdcScenario
    from sagin.systems.thz_uav_mec.model import Decision as ThzUavMecDecision
    from sagin.systems.thz_uav_mec.model import Drops as ThzUavMecDrops
    from sagin.systems.thz_uav_mec.model import Metrics as ThzUavMecMetrics
    from sagin.systems.thz_uav_mec.scenario import Scenario as ThzUavMecScenario

    # an editor knows what each of our systems draws, decides and returns; a test holds the list against the folders
    @overload
    def system(name: Literal["ccmsm"]) -> System[CcmsmScenario, CcmsmDrops, CcmsmDecision, CcmsmMetrics]: ...
    @overload
    def system(
        name: Literal["dm_mimo_vec"],
    ) -> System[DmMimoVecScenario, DmMimoVecDrops, DmMimoVecDecision, DmMimoVecMetrics]: ...
    @overload
    def system(
        name: Literal["isac_sagin"],
    ) -> System[IsacSaginScenario, IsacSaginDrops, IsacSaginDecision, IsacSaginMetrics]: ...
    @overload
    def system(name: Literal["network"]) -> System[NetworkScenario, NetworkDrops, NetworkDecision, NetworkMetrics]: ...
    @overload
    def system(
        name: Literal["stin_vmdc"],
    ) -> System[StinVmdcScenario, StinVmdcDrops, StinVmdcDecision, StinVmdcMetrics]: ...
    @overload
    def system(
        name: Literal["thz_uav_mec"],
    ) -> System[ThzUavMecScenario, ThzUavMecDrops, ThzUavMecDecision, ThzUavMecMetrics]: ...
    @overload
    def system(name: str) -> System: ...
    def system(name: str) -> Any:
        """The system of that name; InputError lists the known ones."""
else:
    from sagin.core.discovery import system


__all__ = [
    "InputError",
    "Parameters",
    "Run",
    "Scheme",
    "SearchOptions",
    "Solution",
    "Space",
    "Status",
    "Study",
    "System",
    "__version__",
    "assignment",
    "binary",
    "box",
    "column",
    "compare",
    "constant",
    "enumerate_all",
    "extend",
    "gaps",
    "interval",
    "late",
    "load",
    "metric",
    "parameter",
    "plot",
    "random",
    "read_study",
    "records",
    "reproduce",
    "run",
    "save",
    "scheme",
    "search",
    "search_scheme",
    "simplex",
    "solution",
    "sweep",
    "system",
    "system_names",
    "to_table",
    "violation",
]

# imported at first use, so that `import sagin` stays light: names by module
_LATE = {
    "sagin.core.choices": ("assignment", "binary", "box", "simplex"),
    "sagin.core.contracts": ("Scheme", "Space", "System", "late"),
    "sagin.core.own": ("scheme",),
    "sagin.core.parameters": ("Parameters", "parameter"),
    "sagin.core.records": ("column", "constant", "extend", "metric", "violation"),
    "sagin.core.results": ("Solution", "Status", "solution"),
    "sagin.core.statistics": ("interval",),
    "sagin.experiments.compare": ("compare",),
    "sagin.experiments.gaps": ("gaps",),
    "sagin.experiments.runs": ("run",),
    "sagin.experiments.study": ("Study", "read_study"),
    "sagin.experiments.sweep": ("sweep",),
    "sagin.methods.enumeration": ("enumerate_all",),
    "sagin.methods.population_search": ("SearchOptions", "search", "search_scheme"),
    "sagin.presentation.plot": ("plot",),
    "sagin.presentation.reproduce": ("reproduce",),
    "sagin.results.run": ("Run",),
    "sagin.results.store": ("load", "save"),
    "sagin.results.tables": ("to_table",),
}
_MODULES = ("random", "records")
_CALLED = {"run": "solve"}


def __getattr__(name: str) -> Any:
    """What needs more than NumPy, from the module that holds it."""
    if name in _MODULES:
        return import_module(f"sagin.core.{name}")
    for module, names in _LATE.items():
        if name in names:
            return getattr(import_module(module), _CALLED.get(name, name))
    raise AttributeError(f"module 'sagin' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
