"""The page of episode studies: keys of the YAML file and of every block of a world, from their Parameters classes."""

from __future__ import annotations

from sagin.core.parameters import Parameters, field_rows, nested_classes
from sagin.results.episode_study import Handover, Time
from sagin.world.view import Reason
from sagin.world.world import SAMPLES, Place, World
from sagin_docs.text import code, docstring, escape, page, table, with_unit

BLOCKS = {
    "SatelliteSource": "satellites",
    "Shell": "satellites.walker",
    "PathSource": "paths",
    "Place": "an edge server",
}
TOP = (
    ("system", "name of a system with episodes; required"),
    ("scenario", "fields of its scenario, or the name of a YAML file that holds them"),
    ("time", "when; required, see below"),
    ("world", "where, and what moves; required, see below"),
    ("schemes", "names, roles or `all`, or names with options; those that decide the first decision space"),
    (
        "policies",
        "`every`, `{every: K}`, `{stale: D}`, `{hysteresis: H}`, or `period`, `age` and `hysteresis`; default: `every`",
    ),
    ("handover", "what a change of the server costs, see below"),
    ("seeds", "as `0:5` or a list; default: `0:5`"),
    ("bound", "`true`: certified bound of every slot, and gaps"),
)


def world_page() -> str:
    """Everything a study of an episode may say."""
    return page(
        "# Episode studies in YAML",
        "What `sagin episode` and `sagin world` read. File names are relative to the study; "
        + ", ".join(code(f"sample:{name}") for name in SAMPLES)
        + " come with the package. Unknown keys are refused with a suggestion; `sagin world` prints what is in a file.",
        "## Study",
        table(("key", "meaning"), TOP),
        "## time",
        _fields(Time),
        "## handover",
        _fields(Handover),
        "## world",
        "Blocks that are left out do not exist: no sky, no roads, the system's own air.",
        table(
            ("block", "meaning"),
            [(code(name), escape(info.description or "")) for name, info in World.model_fields.items()],
        ),
        *(part for cls in (*nested_classes(World), Place) for part in _block(cls)),
        "## Reasons of unusable slots",
        table(("number", "reason"), [(str(int(kind)), escape(kind.words)) for kind in Reason]),
    )


def _block(cls: type[Parameters]) -> list[str]:
    title = BLOCKS.get(cls.__name__, cls.__name__.lower())
    return [f"### {title}", docstring(cls.__doc__ or ""), _fields(cls)]


def _fields(cls: type[Parameters]) -> str:
    rows = [
        (code(row.name), escape(with_unit(row.value, row.unit)), escape(row.bounds), escape(row.doc))
        for row in field_rows(cls)
    ]
    return table(("field", "default", "must be", "meaning"), rows)
