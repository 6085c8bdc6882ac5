"""The report as one page of HTML that needs nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from sagin.core import records, statistics
from sagin.core.contracts import System
from sagin.core.figures import Figure, Series
from sagin.core.parameters import field_rows
from sagin.core.prefixes import prefixed
from sagin.core.statistics import Interval
from sagin.experiments.compare import Pair
from sagin.experiments.gaps import Gap, remarks
from sagin.experiments.ledger import Entry
from sagin.experiments.series import mean_rows
from sagin.presentation.ledger_text import WORDS, fold
from sagin.presentation.pages import Table, data_uri, part, pixels, plain_math, plain_unit, render, slug
from sagin.presentation.report import Chapter, Plate
from sagin.presentation.report_numbers import DASH, UNIT, number, percent, spread

SIGNS = {"holds": "✓", "partly": "◐", "does_not_hold": "✗", "contradictory": "≠", "undecided": "?"}
NOTHING = 5e-4  # a relative difference that is 0.0 % in a table of one digit
LONGEST_TABLE = 30  # points of a figure in the table of its numbers
COUNTED = {**WORDS, "holds": "hold", "does_not_hold": "do not hold"}  # several claims


def page(chapters: Sequence[Chapter], broken: Mapping[str, str], origin: Mapping[str, str]) -> str:
    """The whole document. `broken`: systems that cannot be loaded, and why. `origin`: provenance of this report."""
    many = len(chapters) != 1
    systems = f"{len(chapters)} systems" if many else chapters[0].system.name
    papers = {chapter.system.reference for chapter in chapters}
    return render(
        "report.html",
        title="Reproduction report" if many else f"Reproduction report: {chapters[0].system.title}",
        made_by="sagin report",
        about=f"sagin {origin.get('sagin_version', '')}, {systems}, {origin.get('created_utc', '')[:10]}",
        lead=_lead(chapters),
        summary=_summary(chapters),
        problems=_problems(chapters, broken),
        verdicts=[verdict(word) for word in WORDS],
        chapters=[_chapter(chapter) for chapter in chapters],
        software={key: text for one in chapters for key, text in one.bibtex.items() if key not in papers},
        origin=_origin(chapters, origin),
    )


def _lead(chapters: Sequence[Chapter]) -> str:
    entries = [entry for chapter in chapters for entry in chapter.entries]
    figures = sum(len(chapter.plates) for chapter in chapters)
    counts = [(word, sum(entry.verdict == word for entry in entries)) for word in WORDS]
    tally = ", ".join(f"{count} {_counted(word, count)}" for word, count in counts if count)
    papers = f"{len(chapters)} published systems, each" if len(chapters) != 1 else "A published system,"
    return (
        f"{papers} rebuilt from the equations of its paper: {figures} figures drawn again, {len(entries)} claims judged"
        f" by the data behind them ({tally or 'none'}), and for every scheme how far, at most, it is from the best"
        " possible decision."
    )


def _parts(chapter: Chapter) -> dict[str, str]:
    """Titles of the sections of a system, by the word in their address."""
    parts = [("about", "What it is")]
    parts += [("claims", "Claims")] if chapter.entries else []
    parts += [("figures", "Figures")] if chapter.plates else []
    parts += [("gaps", "Gap to the certified bound"), ("improvement", "Our improvement"), ("speed", "Speed")]
    parts += [("instances", "Certified instances")] if chapter.instances else []
    return dict([*parts, ("parameters", "Parameters"), ("cite", "How to cite")])


def _summary(chapters: Sequence[Chapter]) -> Table:
    counts = sorted({chapter.n_drops for chapter in chapters})
    caption = (
        "All systems at a glance. Gap: how far, at most, the objective is from the best possible one, mean and worst of"
        f" {_or(counts)} drops of the default scenario"
    )
    head = (
        "system",
        "wanted",
        "claims",
        "gap of its algorithm",
        "gap of ours",
        "ours against it",
        "speed against peers",
    )
    rows = []
    for chapter in chapters:
        improved = [gap for name in chapter.system.names("improved") if (gap := chapter.gap(name))]
        best = min(chapter.improvements, key=lambda pair: _cost(chapter, pair), default=None)
        rows.append(
            (
                part("system", chapter.system.name, chapter.system.title),
                _goal(chapter),
                _tally(chapter.entries),
                _distance(chapter.gap(chapter.paper)),
                _distance(min(improved, key=lambda gap: gap.mean, default=None)),
                _improved(best) if best else "no improved scheme",
                _fastest(chapter),
            )
        )
    return Table(caption, head, rows, kind="ledger glance")


def _problems(chapters: Sequence[Chapter], broken: Mapping[str, str]) -> list[str]:
    """What a reader has to know of the report as a whole."""
    lines = [f"{name} cannot be loaded: {reason}" for name, reason in broken.items()]
    least = min((plate.n_drops for chapter in chapters for plate in chapter.plates if plate.entries), default=0)
    if 0 < least < statistics.LEAST_DROPS:
        lines.append(
            f"This report was made with {least} drops a point. Verdicts that compare means need"
            f" {statistics.LEAST_DROPS} at least: most claims stay undecided here."
        )
    return lines


def _goal(chapter: Chapter) -> str:
    """What is wanted, in few words."""
    meaning, unit = _objective(chapter)
    return f"{'least' if chapter.system.sense == 'min' else 'largest'} {meaning}" + (f" [{unit}]" if unit else "")


def _objective(chapter: Chapter) -> tuple[str, str]:
    """Meaning and unit of the objective."""
    meaning, unit = chapter.metrics.get("objective", ("", ""))
    return meaning or "objective", unit


def _distance(gap: Gap | None) -> str:
    return f"{percent(gap.mean)}, worst {percent(gap.largest)}" if gap else "no certificate"


def _cost(chapter: Chapter, pair: Pair) -> float:
    sign = 1 if chapter.system.sense == "min" else -1
    return sign * pair.difference.mean if pair.difference.n_used else np.inf


def _tally(entries: Sequence[Entry]) -> Markup | str:
    counts = [(word, sum(entry.verdict == word for entry in entries)) for word in WORDS]
    parts = [verdict(word, count) for word, count in counts if count]
    return Markup(" ").join(parts) if parts else "none"


def verdict(word: str, count: int | None = None) -> Markup:
    """A verdict as sign and word, never by colour alone; `count`: how many there are."""
    return part("verdict", word, SIGNS.get(word, ""), _counted(word, count or 1), count)


def _counted(word: str, count: int) -> str:
    return (WORDS if count == 1 else COUNTED).get(word, word)


def _chapter(chapter: Chapter) -> dict[str, Any]:
    """What `report_system.html` says of a system."""
    system = chapter.system
    shared, notes = fold([plain_math(entry.note) for entry in chapter.entries])
    return {
        "system": system,
        "name": slug(system.name),
        "title": system.title,
        "parts": _parts(chapter),
        **_about(chapter),
        "tally": _tally(chapter.entries),
        "notes": shared,
        "claims": _claims(chapter, notes),
        "plates": [_plate(chapter, plate) for plate in chapter.plates],
        **_gaps(chapter),
        "instances": _instances(chapter),
        **_improvement(chapter),
        "measured": chapter.speed,
        "timings": [_timings(name, rows) for name, rows in chapter.speed.sections.items()] if chapter.speed else [],
        "fields": _fields(f"Scenario of {system.name}: defaults", chapter.scenario),
        "options": _options(chapter),
        "bibtex": chapter.bibtex.get(system.reference, ""),
    }


def _about(chapter: Chapter) -> dict[str, Any]:
    system = chapter.system
    meaning, unit = _objective(chapter)
    wanted = {"min": "Minimised", "max": "Maximised"}[system.sense]
    sizes = ", ".join(f"{name.replace('_', ' ')}\u00a0×\u00a0{size}" for name, size in chapter.sizes.items() if size)
    columns = records.columns(system.spaces[0].decision)
    schemes = [(part("code", s.name), s.role, _decides(system, s.space), s.summary) for s in system.schemes]
    return {
        "opening": chapter.introduction,
        "goal": f"{wanted}: {meaning}" + (f"; in {unit}" if unit else ""),
        "decided": [(name, f"{plain_math(column.doc)}{_per(column.dims)}") for name, column in columns.items()],
        "sizes": sizes or DASH,
        "schemes": Table("Schemes", ("scheme", "role", "decides", "what it does"), schemes, kind="ledger"),
        "refused": chapter.refused,
    }


def _per(dims: Sequence[str]) -> str:
    """Which members have a value of their own."""
    return f" (per {' and '.join(dims)})" if dims else ""


def _claims(chapter: Chapter, notes: Sequence[tuple[list[str], str]]) -> Table:
    rows = [
        (
            verdict(entry.verdict),
            part("claim", entry.text, entry.rule),
            part("evidence", _evidence(entry.evidence), slug(chapter.system.name), letters, rest),
            part("link", entry.figure, slug(chapter.system.name, "figure", entry.figure)),
            str(entry.drops),
        )
        for entry, (letters, rest) in zip(chapter.entries, notes, strict=True)
    ]
    return Table("Claims, judged", ("verdict", "claim", "evidence", "figure", "drops"), rows, kind="ledger")


def _evidence(words: str) -> list[str]:
    """The numbers behind a verdict; one or two are a sentence."""
    parts = re.split(r"; (?!least difference)", plain_math(words))
    return parts if len(parts) > 2 else [plain_math(words)]


def _plate(chapter: Chapter, plate: Plate) -> dict[str, Any]:
    """A figure, and folded away the means behind it and what each curve is."""
    figure = plate.figure
    width, height = pixels(plate.kind, plate.image)
    curves = []
    for curve in figure.curves if plate.series is not None else ():
        changes = {**curve.overrides, **curve.options}
        more = "; " + ", ".join(f"{name} = {value}" for name, value in changes.items()) if changes else ""
        curves.append((plain_math(curve.label), f": scheme {curve.scheme}, metric {curve.value}{more}"))
    return {
        "name": slug(chapter.system.name, "figure", figure.name),
        "label": figure.name,
        "title": plain_math(figure.title),
        "fixed": ", ".join(f"{name} = {_value(value)}" for name, value in figure.fixed.items()),
        "tally": _tally(plate.entries) if plate.entries else "",
        "source": data_uri(plate.kind, plate.image),
        "alternative": alternative(plate),
        "width": width,
        "height": height,
        "numbers": _means(figure, plate.series) if plate.series is not None else None,
        "curves": curves,
    }


def alternative(plate: Plate) -> str:
    """What a figure shows, in words, for those who do not see it."""
    figure, series = plate.figure, plate.series
    title = plain_math(figure.title)
    if plate.picture is not None:
        picture = plate.picture
        groups = [label for label, *_ in (*picture.points, *picture.lines, *picture.stacks)]
        bars = [f"{len(picture.bars)} bars in {len(picture.rows)} rows"] if picture.bars else []
        return f"Drawing: {title}. It shows {', '.join([*groups, *bars]) or 'nothing'}."
    assert series is not None
    means = statistics.common_means(series)
    parts = []
    for label, row in zip(series.labels, means, strict=True):
        known = row[np.isfinite(row)]
        span = f"from {number(known[0])} to {number(known[-1])}" if known.size else "infeasible"
        parts.append(f"{plain_math(label)} {span}")
    ends = f"{number(series.x[0])} to {number(series.x[-1])}" if len(series.x) else "nothing"
    axes = f"{plain_math(figure.y_label)} against {plain_math(figure.axis.label)} ({ends})"
    return f"Chart: {title}. {axes}: {'; '.join(parts)}."


def _means(figure: Figure, series: Series) -> Table:
    rows = mean_rows(None, series)
    points = len(series.x)
    every = -(-points // LONGEST_TABLE)
    lines = [
        (number(series.x[point]), *(_spread(rows[row * points + point]) for row in range(len(series.labels))))
        for point in sorted({*range(0, points, every), points - 1})
    ]
    n = series.values.shape[2]
    caption = f"{figure.name}: mean ± half of the 95 % interval over the drops feasible for all curves, {n} drops"
    caption += f"; one point in {every}" if every > 1 else ""
    labels = [plain_math(label) for label in series.labels]
    return Table(caption, (plain_math(figure.axis.label), *labels), lines, numbers=labels)


def _gaps(chapter: Chapter) -> dict[str, Any]:
    names = {entrant.scheme: part("scheme", entrant.scheme, entrant.larger) for entrant in chapter.entrants}
    rows: list[tuple[str, ...]] = [
        (names[gap.scheme], gap.role, percent(gap.mean), percent(gap.largest), f"{gap.n_used}/{chapter.n_drops}")
        for gap in chapter.gaps
    ]
    head: tuple[str, ...] = ("scheme", "role", "mean gap", "largest gap", "drops")
    caption = "Relative distance to the certified bound of the scheme's own decision space, default scenario"
    if chapter.proofs:
        caption += "; to the quick bound, and to the one that a proof reached"
        head = (*head, "mean gap, proven", "largest gap, proven")
        rows = [(*row, *_proven(chapter, gap)) for row, gap in zip(rows, chapter.gaps, strict=True)]
        rows.append(("best known", "proof", *_best(chapter)))
    partly = [entrant for entrant in chapter.entrants if entrant.usable.any() and entrant.breaches]
    return {
        "gaps": Table(caption, head, rows, numbers=head[2:]),
        "without_bound": [(gap.scheme, _why(chapter, gap.scheme)) for gap in chapter.gaps if not gap.n_used],
        "gap_remarks": remarks(chapter.system, chapter.gaps),
        "infeasible": [(entrant.scheme, "; ".join(map(str, entrant.breaches))) for entrant in partly],
    }


def _proven(chapter: Chapter, gap: Gap) -> tuple[str, str]:
    """Mean and largest gap of a scheme to the proven bound, which is of the first space."""
    if gap.space != chapter.system.spaces[0].decision.__name__:
        return DASH, DASH
    entrant = next(entrant for entrant in chapter.entrants if entrant.scheme == gap.scheme)
    bound = np.array([proof.bound for proof in chapter.proofs])
    return _mean_and_largest(chapter.system.gap(entrant.values("objective"), bound))


def _best(chapter: Chapter) -> tuple[str, str, str, str, str]:
    """Gaps of the best decisions known after the proofs, to the quick and to the proven bounds."""
    best, quick, bound = (
        np.array([getattr(proof, name) for proof in chapter.proofs]) for name in ("objective", "quick", "bound")
    )
    gaps = chapter.system.gap(best, bound)
    count = f"{np.isfinite(gaps).sum()}/{chapter.n_drops}"
    return *_mean_and_largest(chapter.system.gap(best, quick)), count, *_mean_and_largest(gaps)


def _mean_and_largest(gaps: np.ndarray) -> tuple[str, str]:
    known = gaps[np.isfinite(gaps)]
    return (percent(float(known.mean())), percent(float(known.max()))) if known.size else (DASH, DASH)


def _instances(chapter: Chapter) -> Table | None:
    """What the table of a system's certified instances says."""
    if not chapter.instances:
        return None
    rows = []
    for item in chapter.instances:
        state = "certified infeasible" if item.impossible else "optimal" if item.optimal else percent(item.gap)
        known = part("scheme", item.by, False) if item.by in item.schemes else item.by or DASH
        numbers = number(item.objective, 6), known, number(item.bound, 6), item.bound_by, percent(item.quick_gap)
        rows.append((f"{item.family}/{item.seed}", *numbers, state))
    head = ("instance", "best known", "by", "certified bound", "from", "quick gap", "gap")
    solved = sum(item.optimal for item in chapter.instances)
    caption = (
        f"{len(rows)} instances that everybody can draw again, {solved} of them proven (gap at most 0.0001\u00a0%)"
    )
    return Table(caption, head, rows, numbers=(head[1], head[3], head[5], head[6]))


def _why(chapter: Chapter, scheme: str) -> str:
    entrant = next(entrant for entrant in chapter.entrants if entrant.scheme == scheme)
    if not entrant.usable.any():
        return "no feasible drop: " + "; ".join(map(str, entrant.breaches))
    space = chapter.system.scheme(scheme).space
    has = chapter.system.space(space).bound is not None
    words = _decides(chapter.system, space)
    return "its bound certifies nothing here" if has else f"for what it decides ({words}) there is no bound"


def _decides(system: System, space: type) -> str:
    """A decision space in words: that of the paper, or its name taken apart."""
    if space is system.spaces[0].decision:
        return "as the paper"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", space.__name__).lower()


def _improvement(chapter: Chapter) -> dict[str, Any]:
    if not chapter.against_paper:
        return {"differences": None}
    larger = {entrant.label for entrant in chapter.entrants if entrant.larger}
    rows = [
        (
            part("scheme", pair.first, pair.first in larger),
            chapter.system.scheme(pair.first).role,
            _interval(pair.difference),
            _relative(pair),
            f"{pair.wins}/{pair.ties}/{pair.losses}",
            f"{pair.difference.n_used}/{pair.difference.n}",
        )
        for pair in chapter.against_paper
    ]
    unit = _objective(chapter)[1] or chapter.system.objective_unit
    head = ("scheme", "role", "difference" + (f" [{unit}]" if unit else ""), "relative", "win/tie/loss", "drops")
    better = {"min": "lower", "max": "higher"}[chapter.system.sense]
    caption = f"Objective minus that of {chapter.paper}, paired, mean and 95 % interval ({better} is better)"
    improvements = []
    for pair in chapter.improvements:
        used = f"{pair.difference.n_used} of {pair.difference.n} drops"
        improvements.append((pair.first, pair.second, _improved(pair), _matters(pair), used, _record(pair)))
    return {"improvements": improvements, "differences": Table(caption, head, rows, numbers=head[2:])}


def _record(pair: Pair) -> str:
    return f"better on {pair.wins}, equal on {pair.ties}, worse on {pair.losses}"


def _relative(pair: Pair) -> str:
    """A paired difference as a part of the paper's mean, with its interval."""
    span = pair.difference
    if not span.n_used or not np.isfinite(pair.relative) or span.mean == 0:
        return f"0{UNIT}" if span.n_used and span.mean == 0 else "not comparable"
    scale = pair.relative / span.mean
    if not np.isfinite(span.low):
        return percent(pair.relative, signed=True)
    mean, low, high = spread(span, 100 * scale, sign="+")
    return f"{mean}{UNIT} ({low} to {high})"


def _matters(pair: Pair) -> bool:
    """Is a difference decided, and one that does not round to nothing?"""
    if pair.word not in ("better", "worse"):
        return False
    span = pair.difference
    largest = max(abs(end) for end in (span.mean, span.low, span.high) if np.isfinite(end))
    return bool(largest * abs(pair.relative / span.mean) >= NOTHING)


def _improved(pair: Pair) -> str:
    """The same in words, where the interval leaves no doubt about the direction."""
    if pair.word not in ("better", "worse"):
        few = pair.difference.n_used < statistics.LEAST_DROPS
        return f"{_relative(pair)}, {'too few drops to decide' if few else pair.word}"
    if not _matters(pair):
        return f"equal to within {100 * NOTHING:g}{UNIT}"
    scale = abs(pair.relative / pair.difference.mean)
    mean, *limits = (part.lstrip("−") for part in spread(pair.difference, 100 * scale))
    low, high = limits if pair.difference.mean > 0 else limits[::-1]
    way = "higher" if pair.difference.mean > 0 else "lower"
    return f"{pair.word}: {mean}{UNIT} {way} ({low} to {high})"


def _timings(section: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    head = [key for key in dict.fromkeys(["label", *(key for row in rows for key in row)]) if key != "aim"]
    right = [key for key in head if all(isinstance(row.get(key, 0.0), int | float) for row in rows)]
    lines = [[number(row[key]) if key in row else DASH for key in head] for row in rows]
    shown = {key: f"{key.removesuffix('_s').replace('_', ' ')}{' [s]' * key.endswith('_s')}" for key in head}
    caption = f"Speed: {section.replace('_', ' ')}"
    return Table(caption, list(shown.values()), lines, numbers=[shown[key] for key in right])


def _fastest(chapter: Chapter) -> str:
    rows = [row for part in chapter.speed.sections.values() for row in part] if chapter.speed else []
    ratios = [float(row["ratio"]) for row in rows if isinstance(row.get("ratio"), int | float)]
    if not ratios:
        return "no peer measured" if chapter.speed else "not measured"
    span = f"{number(min(ratios), 3)} to {number(max(ratios), 3)}" if len(ratios) > 1 else number(ratios[0], 3)
    return f"{span} times as fast"


def _options(chapter: Chapter) -> list[tuple[list[str], Table]]:
    """Names of the schemes that share options, and these."""
    options: dict[type, list[str]] = {}
    for scheme in chapter.system.schemes:
        if scheme.options.model_fields:
            options.setdefault(scheme.options, []).append(scheme.name)
    return [(names, _fields(f"Options of {', '.join(names)}: defaults", kind())) for kind, names in options.items()]


def _fields(caption: str, parameters: Any) -> Table:
    written = [(row, *prefixed(row.value, row.unit)) for row in field_rows(parameters)]
    rows = [
        (
            part("code", row.name),
            part("code", _value(value)),
            plain_unit(unit) or DASH,
            plain_math(row.symbol) or DASH,
            _limits(row.bounds),
            plain_math(row.doc),
            row.source or DASH,
        )
        for row, value, unit in written
    ]
    return Table(caption, ("field", "value", "unit", "symbol", "must be", "meaning", "source"), rows, kind="fields")


def _limits(bounds: str) -> str:
    """Bounds of a field in the space of a narrow column."""
    words = bounds.replace(">= ", "≥\u00a0").replace("<= ", "≤\u00a0").replace("> ", ">\u00a0").replace("< ", "<\u00a0")
    return words.replace("an integer", "integer").replace(" and ", ", ")


def _origin(chapters: Sequence[Chapter], origin: Mapping[str, str]) -> Table:
    words = {
        "sagin_version": "version",
        "git_commit": "git commit",
        "library_versions": "libraries",
        "command": "command",
        "host_class": "machine",
        "created_utc": "made (UTC)",
    }
    rows: list[tuple[str, str]] = [(words.get(name, name), part("code", value)) for name, value in origin.items()]
    for chapter in chapters:
        drops = sorted({plate.n_drops for plate in chapter.plates})
        figures = f"; figures on seeds {_or([f'0:{count}' for count in drops])}" if drops else ""
        name = f"seeds of {chapter.system.name}"
        rows.append((name, f"0:{chapter.n_drops} (half-open) for gaps and improvement{figures}"))
        rows.append((f"sources of {chapter.system.name}", part("code", chapter.versions.get("sources", ""))))
    return Table("Where this report comes from", ("what", "value"), rows)


def _or(parts: Sequence[Any]) -> str:
    return " or ".join(map(str, parts))


def _interval(span: Interval) -> str:
    if not span.n_used:
        return DASH
    mean, *limits = spread(span)
    return f"{mean} ({limits[0]} to {limits[1]})" if limits else mean


def _spread(row: Mapping[str, Any]) -> str:
    if not row["n_used"]:
        return DASH
    half = row["high"] - row["mean"]
    known = np.isfinite(half) and half > 1e-12 * abs(row["mean"])  # less is rounding: the same value in every drop
    return number(row["mean"]) + (f" ± {number(half, 2)}" if known else "")


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
