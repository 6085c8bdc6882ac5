"""What `import sagin` gives: a light start, every promised name, types that an editor and mypy can use."""

import inspect
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

import sagin
from sagin.core import discovery

PROBE = """
import sagin
from sagin.systems.{name} import SYSTEM

system = sagin.system("{name}")
reveal_type(system)
reveal_type(SYSTEM)
reveal_type(system.scenario())
drops = system.sample(system.scenario(), seeds=range(3))
solution = system.solve(drops)
reveal_type(solution.decision)
reveal_type(system.evaluate(drops, solution.decision).feasible)
reveal_type(system.bound(drops))
reveal_type(drops.replace())
reveal_type(sagin.run(system, drops, ["improved"]).drops)
system.scenario(no_such_field=1)
"""


def test_every_promised_name_is_there_and_listed() -> None:
    assert dir(sagin) == sorted(sagin.__all__)
    for name in sagin.__all__:
        assert getattr(sagin, name) is not None, name
    for name in ("System", "Scheme", "Study", "sweep", "compare", "interval", "solution", "column", "parameter"):
        assert name in dir(sagin)
    assert sagin.run.__module__ == "sagin.experiments.runs"
    assert inspect.ismodule(sagin.records)
    with pytest.raises(AttributeError, match="no attribute 'swep'"):
        sagin.swep  # noqa: B018


def test_every_public_name_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "public.md").read_text(encoding="utf-8")
    table = page.partition("## Names of the package")[2]
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    listed = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(listed) == sorted(sagin.__all__)
    for name in sagin.__all__:
        thing = getattr(sagin, name)
        assert isinstance(thing, str) or inspect.getdoc(thing), name


def test_importing_loads_nothing_heavy() -> None:
    heavy = {"scipy", "numba", "pydantic", "xarray", "h5py", "pandas", "matplotlib", "rich", "typer", "numpy"}
    code = f"import sys, sagin; dir(sagin); sagin.system_names(); print(*sorted(set(sys.modules) & {heavy!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_types_are_shipped_and_name_every_system_of_ours() -> None:
    assert files("sagin").joinpath("py.typed").is_file()
    ours = {name for name, module in discovery.locations().items() if module.startswith("sagin.")}
    text = Path(sagin.__file__).read_text(encoding="utf-8")
    assert set(re.findall(r'name: Literal\["(\w+)"\]', text)) == ours


def test_an_editor_knows_scenario_drops_decision_and_metrics(tmp_path: Path) -> None:
    (tmp_path / "probe.py").write_text(PROBE.format(name="stin_vmdc"), encoding="utf-8")
    words = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--follow-imports=silent", "probe.py"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, check=False)
    revealed = re.findall(r'Revealed type is "(.+)"', done.stdout)
    model = "sagin.systems.stin_vmdc.model"
    scenario = "sagin.systems.stin_vmdc.scenario.Scenario"
    system = f"sagin.core.contracts.System[{scenario}, {model}.Drops, {model}.Decision, {model}.Metrics]"
    array = "numpy.ndarray[tuple[Any, ...], numpy.dtype[numpy.{}]]"
    assert revealed == [
        *(system, system, scenario, f"{model}.Decision"),
        *(array.format("bool[bool]"), array.format("float64"), f"{model}.Drops", f"{model}.Drops"),
    ], done.stdout
    assert 'Unexpected keyword argument "no_such_field"' in done.stdout
