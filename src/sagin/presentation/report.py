"""What a report tells about a system, computed: figures, claims, gaps, improvement; resumable through shards."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context

from sagin.core import records
from sagin.core.contracts import System
from sagin.core.errors import InputError
from sagin.core.figures import Figure, Picture, Series
from sagin.core.files import make_folder
from sagin.core.values import ByValue
from sagin.experiments.beside import figures_beside
from sagin.experiments.compare import Entrant, Metric, Pair, pairs, solved
from sagin.experiments.gaps import Gap, bound_gap
from sagin.experiments.ledger import Entry
from sagin.experiments.progress import progress
from sagin.experiments.proofs import Proof, prove
from sagin.experiments.reproduced import Reproduced, reproduced
from sagin.experiments.series import jobs_of
from sagin.experiments.shards import Shards
from sagin.presentation import figure_writer
from sagin.presentation.citations import citations, introduction
from sagin.results.folders import MANIFEST, open_folder
from sagin.results.instance_tables import instances
from sagin.results.instances import Instance
from sagin.results.jobs import BOUND, Job, versions
from sagin.results.tables import Row

DROPS = 20  # seeds 0, 1, ... behind gaps and improvement where the caller does not say
LARGEST_SVG = 400_000  # bytes; a drawing of more strokes is kept as pixels


@dataclass(frozen=True)
class Plate:
    """One figure: its drawing, the values behind it (or the drawing's parts), its claims as judged."""

    figure: Figure
    image: bytes
    kind: str
    series: Series | None
    picture: Picture | None
    entries: list[Entry]
    n_drops: int


@dataclass(frozen=True)
class Speed:
    """Measured speed: rows (plain values, with a `label`) by section, where and when."""

    sections: Mapping[str, list[Row]]
    machine: str
    created: str


@dataclass(frozen=True)
class Chapter(ByValue):
    """Everything the report says about one system. `scenario`: the defaults, on which `n_drops` drops are compared.

    `sizes`: members of each dimension of a drop. `refused`: schemes that do not take the default sizes, and why.
    `against_paper`: paired differences of the objective to the paper's scheme. `metrics`: meaning and unit by name.
    `introduction`: opening paragraphs of paper.md. `speed`: None if not measured. `shards`: pieces computed, found,
    damaged. `proofs`: of the compared drops, none if not asked for. `instances`: what the system's table says.
    """

    system: System
    scenario: Any
    n_drops: int
    sizes: Mapping[str, int]
    plates: list[Plate]
    gaps: list[Gap]
    entrants: list[Entrant]
    against_paper: list[Pair]
    refused: Mapping[str, str]
    metrics: Mapping[str, tuple[str, str]]
    bibtex: Mapping[str, str]
    versions: Mapping[str, str]
    introduction: tuple[str, ...] = ()
    speed: Speed | None = None
    shards: tuple[int, int, int] = (0, 0, 0)
    proofs: tuple[Proof, ...] = ()
    instances: tuple[Instance, ...] = ()

    @property
    def entries(self) -> list[Entry]:
        """All claims, judged."""
        return [entry for plate in self.plates for entry in plate.entries]

    @property
    def paper(self) -> str:
        """Name of the paper's (first) scheme; "" if there is none."""
        return next(iter(self.system.names("paper")), "")

    def gap(self, scheme: str) -> Gap | None:
        """The certified gap of a scheme, if it could be measured."""
        return next((gap for gap in self.gaps if gap.scheme == scheme and gap.n_used), None)

    @property
    def improvements(self) -> list[Pair]:
        """The improved schemes against the paper's."""
        improved = set(self.system.names("improved"))
        return [pair for pair in self.against_paper if pair.first in improved]


def chapter(
    system: System,
    results: str | Path,
    *,
    n_drops: int | None = None,
    threads: int | None = None,
    speed: Mapping[str, Any] | None = None,
    prove_s: float | None = None,
) -> Chapter:
    """Compute (or find) everything about a system; `results/SYSTEM/shards` keeps every finished piece.

    `prove_s`: seconds of a proof of each compared drop, none without; proofs are not kept.
    Schemes of users that the system carries are in every table, and beside the paper's curves in its figures.
    """
    system = dataclasses.replace(system, figures=figures_beside(system, system.figures))
    seeds = None if n_drops is None else range(n_drops)
    numbers = tuple(range(n_drops or DROPS))
    scenario = system.scenario()
    shards = Shards(shard_folder(system, results, n_drops))
    codes = shards.codes
    work = {scheme.name: Job(system, scenario, scheme.name, numbers, codes=codes) for scheme in system.schemes}
    bounds = {
        space.decision: Job(system, scenario, BOUND, numbers, {"space": space.decision.__name__}, codes)
        for space in system.spaces
        if space.bound
    }
    compared = {job.key for job in (*work.values(), *bounds.values())}
    drawn = {job.key: job for figure in system.figures for job in jobs_of(system, figure, seeds, codes)}
    drawn = {key: job for key, job in drawn.items() if key not in compared}
    total = sum(len(job.seeds) for job in (*drawn.values(), *work.values(), *bounds.values()))
    with progress(total, f"report {system.name}") as advance:
        entrants, refused = _entrants(work, shards, threads, advance)
        certified = {space: shards.recall(job, threads, advance).metrics["objective"] for space, job in bounds.items()}
        shards.fill((part for job in drawn.values() for part in job.parts()), threads, advance)
    found = shards.reused  # what follows reads the compared pieces again
    plates = [plate(system, figure, seeds, shards, threads) for figure in system.figures]
    drops = system.sample(scenario, numbers)
    return Chapter(
        system=system,
        scenario=scenario,
        n_drops=len(numbers),
        sizes={name: size for name, size in records.sizes(drops).items() if name != "drop"},
        plates=plates,
        gaps=_gaps(system, entrants, certified),
        entrants=entrants,
        against_paper=_against_paper(system, entrants),
        refused=refused,
        metrics=_metrics(work, entrants, shards),
        bibtex=citations(system),
        versions=versions(system),
        introduction=introduction(system),
        speed=speed_of(speed, system.name),
        shards=(shards.solved, found, shards.damaged),
        proofs=tuple(_proofs(system, drops, prove_s)),
        instances=tuple(instances(system)),
    )


def shard_folder(system: System, results: str | Path, n_drops: int | None) -> Path:
    """The folder of finished pieces inside `results/SYSTEM`, shared with `reproduce`.

    InputError if it holds other work.
    """
    folder = make_folder(results, "results") / system.name
    facts = {"reproduce": system.name, "drops": n_drops or "as each figure says", "versions": versions(system)}
    try:
        ours = json.loads((folder / MANIFEST).read_text(encoding="utf-8")).get("reproduce") == system.name
    except (OSError, ValueError, AttributeError):
        ours = False
    # pieces are found by everything that decides them, so a folder made with other drops or versions serves as well
    return (folder if ours else open_folder(folder, facts)) / "shards"


def plate(
    system: System, figure: Figure, seeds: Iterable[int] | None, shards: Shards, threads: int | None = None
) -> Plate:
    """One figure, drawn and judged; the drawing is an SVG without fonts, the same for the same values."""
    found = reproduced(system, figure, seeds, shards, threads)
    with rc_context({"svg.hashsalt": "sagin", "svg.fonttype": "path"}):
        image, kind = _draw(system, found, "svg"), "svg"
        if len(image) > LARGEST_SVG:
            image, kind = _draw(system, found, "png"), "png"
    return Plate(figure, image, kind, found.series, found.picture, found.entries, len(found.seeds))


def _draw(system: System, found: Reproduced, kind: str) -> bytes:
    if found.picture is not None:
        image = figure_writer.draw_picture(found.picture, (kind,))[kind]
    else:
        assert found.series is not None
        image = figure_writer.draw_series(found.figure, found.series, (kind,), system=system)[kind]
    if kind == "svg":  # prolog, document type and metadata only name addresses
        words = re.sub(r"^.*?(?=<svg\b)|<metadata>.*?</metadata>\s*", "", image.decode(), flags=re.DOTALL)
        image = words.encode()
    return image


def _entrants(
    work: Mapping[str, Job], shards: Shards, threads: int | None, advance: Callable[[int], None]
) -> tuple[list[Entrant], dict[str, str]]:
    entrants, refused = [], {}
    for name, job in work.items():
        try:
            entrants += solved([job], lambda job: shards.pieces(job, threads, advance))
        except InputError as error:  # an exact scheme may refuse the default sizes
            refused[name] = str(error)
    return entrants, refused


def _proofs(system: System, drops: Any, seconds: float | None) -> list[Proof]:
    if seconds is None:
        return []
    with progress(records.n_drops(drops), f"prove {system.name}") as advance:
        return prove(system, drops, time_s=seconds, progress=advance)


def _gaps(system: System, entrants: list[Entrant], certified: Mapping[type, np.ndarray]) -> list[Gap]:
    table = []
    for entrant in entrants:
        objective = entrant.values("objective")
        bound = certified.get(system.scheme(entrant.scheme).space, np.full(len(objective), np.nan))
        table.append(bound_gap(system, (entrant.scheme, entrant.role, entrant.space), objective, bound))
    return table


def _against_paper(system: System, entrants: list[Entrant]) -> list[Pair]:
    paper = next(iter(system.names("paper")), "")
    if len(entrants) < 2 or paper not in [entrant.label for entrant in entrants]:
        return []
    return pairs(entrants, Metric("objective", system.sense), paper)


def _metrics(work: Mapping[str, Job], entrants: list[Entrant], shards: Shards) -> dict[str, tuple[str, str]]:
    if not entrants:
        return {}
    table = next(iter(shards.pieces(work[entrants[0].scheme]))).about
    return {name: (str(about.get("long_name", "")), str(about.get("units", ""))) for name, about in table.items()}


def read_speed(path: str | Path) -> dict[str, Any]:
    """What `benchmarks/speed.py --out` wrote; InputError if it is something else."""
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError("--speed", str(path), "a readable file", error.strerror or str(error)) from None
    except ValueError as error:
        raise InputError("--speed", str(path), "a JSON document", " ".join(str(error).split())) from None
    if not isinstance(document, dict) or not isinstance(document.get("systems"), dict):
        raise InputError("--speed", str(path), "written by benchmarks/speed.py", "it has no `systems`")
    return document


def speed_of(document: Mapping[str, Any] | None, system: str) -> Speed | None:
    """What a benchmark's document says about a system."""
    sections = document["systems"].get(system) if document else None
    if not document or not isinstance(sections, dict):
        return None
    tables = {name: [dict(row) for row in rows] for name, rows in sections.items() if isinstance(rows, list) and rows}
    origin = document.get("provenance") or {}
    return Speed(tables, str(origin.get("host_class", "")), str(origin.get("created_utc", ""))) if tables else None
