"""The report as one page of HTML that needs nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sagin.core import records, statistics
from sagin.core.figures import Figure, Series
from sagin.core.parameters import field_rows
from sagin.core.statistics import Interval
from sagin.experiments.compare import Pair
from sagin.experiments.gaps import Gap, remarks
from sagin.experiments.ledger import WORDS, Entry, fold
from sagin.experiments.series import mean_rows
from sagin.presentation.report import Chapter, Plate
from sagin.presentation.report_html import (
    Html,
    data_uri,
    document,
    el,
    join,
    pixels,
    plain_math,
    plain_unit,
    prose,
    slug,
    table,
    text,
)
from sagin.presentation.report_numbers import DASH, UNIT, number, percent, spread

SIGNS = {"holds": "✓", "partly": "◐", "does_not_hold": "✗", "contradictory": "≠", "undecided": "?"}
LONGEST_TABLE = 30  # points of a figure in the table of its numbers
COUNTED = {**WORDS, "holds": "hold", "does_not_hold": "do not hold"}  # several claims


def page(chapters: Sequence[Chapter], broken: Mapping[str, str], origin: Mapping[str, str]) -> str:
    """The whole document. `broken`: systems that cannot be loaded, and why. `origin`: provenance of this report."""
    many = len(chapters) != 1
    title = "Reproduction report" if many else f"Reproduction report: {chapters[0].system.title}"
    systems = f"{len(chapters)} systems" if many else chapters[0].system.name
    about = f"sagin {origin.get('sagin_version', '')}, {systems}, {origin.get('created_utc', '')[:10]}"
    body = el(
        "body",
        el("a", "Skip to the content", class_="skip", href="#main"),
        el("header", el("p", about, class_="kicker"), el("h1", title), el("p", _lead(chapters), class_="lead")),
        el(
            "main",
            _summary(chapters, broken),
            _contents(chapters),
            _reading(),
            *(_system(chapter) for chapter in chapters),
            _software(chapters),
            _origin(chapters, origin),
            id_="main",
        ),
        el("footer", el("p", "Made by ", el("code", "sagin report"), ".")),
    )
    return document(title, body)


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


def _contents(chapters: Sequence[Chapter]) -> Html:
    items = [el("li", _link("How to read this page", "reading"))]
    for chapter in chapters:
        name = slug(chapter.system.name)
        parts = [el("li", _link(title, f"{name}-{part}")) for part, title in _parts(chapter)]
        items.append(el("li", _link(chapter.system.title, name), el("ul", *parts)))
    items += [el("li", _link("Software to cite", "software")), el("li", _link("Provenance", "provenance"))]
    return el("nav", el("h2", "Contents", id_="contents"), el("ol", *items), aria_labelledby="contents")


def _parts(chapter: Chapter) -> list[tuple[str, str]]:
    parts = [("about", "What it is")]
    parts += [("claims", "Claims")] if chapter.entries else []
    parts += [("figures", "Figures")] if chapter.plates else []
    parts += [("gaps", "Gap to the certified bound"), ("improvement", "Our improvement"), ("speed", "Speed")]
    return [*parts, ("parameters", "Parameters"), ("cite", "How to cite")]


def _summary(chapters: Sequence[Chapter], broken: Mapping[str, str]) -> Html:
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
        name = el("a", chapter.system.name, href=f"#{slug(chapter.system.name)}")
        rows.append(
            (
                join((name, el("p", chapter.system.title, class_="small"))),
                _goal(chapter),
                _tally(chapter.entries),
                _distance(chapter.gap(chapter.paper)),
                _distance(min(improved, key=lambda gap: gap.mean, default=None)),
                _improved(best) if best else "no improved scheme",
                _fastest(chapter),
            )
        )
    sheet = table(caption, head, rows, kind="ledger glance")
    problems = [el("p", f"{name} cannot be loaded: {reason}", class_="note") for name, reason in broken.items()]
    least = min((plate.n_drops for chapter in chapters for plate in chapter.plates if plate.entries), default=0)
    if 0 < least < statistics.LEAST_DROPS:
        problems.append(
            el(
                "p",
                f"This report was made with {least} drops a point. Verdicts that compare means need"
                f" {statistics.LEAST_DROPS} at least: most claims stay undecided here.",
                class_="note",
            )
        )
    return el("section", el("h2", "Summary", id_="summary-title"), sheet, *problems, id_="summary")


def _goal(chapter: Chapter) -> str:
    """What is wanted, in few words."""
    meaning, unit = _objective(chapter)
    return f"{'least' if chapter.system.sense == 'min' else 'largest'} {meaning}" + (f" [{unit}]" if unit else "")


def _objective(chapter: Chapter) -> tuple[str, str]:
    """Meaning and unit of the objective."""
    meaning, unit = chapter.metrics.get("objective", ("", ""))
    return meaning or "objective", unit


def _distance(gap: Gap | None) -> Html:
    return join((percent(gap.mean), ", worst ", percent(gap.largest))) if gap else Html("no certificate")


def _cost(chapter: Chapter, pair: Pair) -> float:
    sign = 1 if chapter.system.sense == "min" else -1
    return sign * pair.difference.mean if pair.difference.n_used else np.inf


def _tally(entries: Sequence[Entry]) -> Html:
    counts = [(word, sum(entry.verdict == word for entry in entries)) for word in WORDS]
    parts = [verdict(word, count) for word, count in counts if count]
    return join(parts, " ") if parts else Html("none")


def verdict(word: str, count: int | None = None) -> Html:
    """A verdict as sign and word, never by colour alone; `count`: how many there are."""
    sign = el("span", SIGNS.get(word, ""), aria_hidden="true")
    many = "" if count is None else f"{count}\u00a0"
    return el("span", sign, "\u00a0", many, _counted(word, count or 1), class_=f"verdict {slug(word)}")


def _counted(word: str, count: int) -> str:
    return (WORDS if count == 1 else COUNTED).get(word, word)


def _reading() -> Html:
    terms = [
        (
            join([verdict(word) for word in WORDS], " "),
            "Verdicts are computed by the rule printed with each claim. An order of two curves needs the 95 % interval"
            " of their paired difference to exclude zero.",
        ),
        (
            "paper, baseline, improved, extension, own",
            "Roles of schemes. Improved schemes solve exactly the paper's problem. An extension decides more than the"
            " paper lets it, so it solves a larger problem and is never compared as if equal. Own schemes are those of"
            " a user: they stand beside the paper's in tables and figures, and claims are judged without them.",
        ),
        (
            "gap",
            "Relative distance of the objective to a bound that is certified for each drop: no decision of the same"
            " space can be closer than 0. Drops that are infeasible or have no certificate are left out and counted.",
        ),
        ("interval", "Mean and 95 % confidence interval (Student's t); comparisons are paired, drop by drop."),
        ("drop", "One random realisation of a scenario, fixed by its seed. All schemes decide the same drops."),
    ]
    items = [part for term, meaning in terms for part in (el("dt", term), el("dd", meaning))]
    return el("section", el("h2", "How to read this page"), el("dl", *items, class_="terms"), id_="reading")


def _system(chapter: Chapter) -> Html:
    makers = {
        "about": _about,
        "claims": _claims,
        "figures": _figures,
        "gaps": _gaps,
        "improvement": _improvement,
        "speed": _speed,
        "parameters": _parameters,
        "cite": _cite,
    }
    name = slug(chapter.system.name)
    parts = [
        el("section", el("h3", title), makers[part](chapter), id_=f"{name}-{part}", class_=part)
        for part, title in _parts(chapter)
    ]
    heading = el("h2", chapter.system.title, id_=f"{name}-title")
    return el("article", el("p", chapter.system.name, class_="kicker"), heading, *parts, id_=name, class_="system")


def _about(chapter: Chapter) -> Html:
    system = chapter.system
    meaning, unit = _objective(chapter)
    goal = {"min": "Minimised", "max": "Maximised"}[system.sense]
    sizes = ", ".join(f"{name.replace('_', ' ')}\u00a0×\u00a0{size}" for name, size in chapter.sizes.items() if size)
    opening = chapter.introduction
    chosen = [
        el("li", el("code", name), f": {plain_math(column.doc)}{_per(column.dims)}")
        for name, column in records.columns(system.spaces[0].decision).items()
    ]
    facts = [
        ("paper", join((prose(opening[0]) if opening else _link(system.reference, f"{slug(system.name)}-cite"),))),
        ("objective", f"{goal}: {meaning}" + (f"; in {unit}" if unit else "")),
        ("decided", el("ul", *chosen)),
        ("default sizes", sizes or DASH),
    ]
    terms = [part for term, meaning_ in facts for part in (el("dt", term), el("dd", meaning_))]
    rows = [(el("code", s.name), s.role, s.space.__name__, s.summary) for s in system.schemes]
    schemes = table("Schemes", ("scheme", "role", "decides", "what it does"), rows, kind="ledger")
    refused = [
        el("p", el("code", name), f" does not run at the default sizes ({reason})", class_="note")
        for name, reason in chapter.refused.items()
    ]
    return join((*(el("p", prose(part)) for part in opening[1:]), el("dl", *terms, class_="facts"), schemes, *refused))


def _per(dims: Sequence[str]) -> str:
    """Which members have a value of their own."""
    return f" (per {' and '.join(dims)})" if dims else ""


def _claims(chapter: Chapter) -> Html:
    name = slug(chapter.system.name)
    shared, notes = fold([plain_math(entry.note) for entry in chapter.entries])
    rows = []
    for entry, (letters, rest) in zip(chapter.entries, notes, strict=True):
        claim = [el("p", plain_math(entry.text)), el("p", "Holds when: ", plain_math(entry.rule), class_="small")]
        remarks = [el("a", f"note {letter}", href=f"#{name}-note-{letter}") for letter in letters]
        remarks += [text(rest)] if rest else []
        fairness = el("p", el("strong", "Fairness: "), join(remarks, "; "), class_="small") if remarks else None
        where = el("a", entry.figure, href=f"#{slug(chapter.system.name, 'figure', entry.figure)}")
        cells = (join(claim), join((_evidence(entry.evidence), fairness)), where, str(entry.drops))
        rows.append((verdict(entry.verdict), *cells))
    head = ("verdict", "claim", "evidence", "figure", "drops")
    listed = [
        el("p", el("strong", f"Note {letter}: "), remark, ".", class_="small", id_=f"{name}-note-{letter}")
        for letter, remark in shared.items()
    ]
    sheet = table("Claims, judged", head, rows, kind="ledger")
    return join((el("p", _tally(chapter.entries)), *listed, sheet))


def _evidence(words: str) -> Html:
    """The numbers behind a verdict; several of them as a list."""
    parts = re.split(r"; (?!least difference)", plain_math(words))
    if len(parts) < 3:
        return el("p", plain_math(words))
    return el("ul", *(el("li", part) for part in parts), class_="evidence")


def _figures(chapter: Chapter) -> Html:
    return el("div", *(_plate(chapter, plate) for plate in chapter.plates), class_="plates")


def _plate(chapter: Chapter, plate: Plate) -> Html:
    figure = plate.figure
    fixed = ", ".join(f"{name} = {_value(value)}" for name, value in figure.fixed.items())
    words = [el("strong", figure.name), " ", plain_math(figure.title), "."]
    if fixed:
        words.append(f" With {fixed}.")
    if plate.entries:
        words += [" Claims: ", _tally(plate.entries)]
    width, height = pixels(plate.kind, plate.image)
    image = el(
        "img", src=data_uri(plate.kind, plate.image), alt=alternative(plate), width=width or None, height=height or None
    )
    numbers = _numbers(plate)
    name = slug(chapter.system.name, "figure", figure.name)
    return el("figure", el("div", image, class_="paper"), el("figcaption", *words), numbers, id_=name)


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


def _numbers(plate: Plate) -> Html | None:
    """The means behind a chart, folded away, and what each curve is."""
    if plate.series is None:
        return None
    sheet = _means(plate.figure, plate.series)
    curves = []
    for curve in plate.figure.curves:
        changes = {**curve.overrides, **curve.options}
        words = f": scheme {curve.scheme}, metric {curve.value}"
        more = "; " + ", ".join(f"{name} = {value}" for name, value in changes.items()) if changes else ""
        curves.append(el("li", el("strong", plain_math(curve.label)), words + more))
    listed = el("ul", *curves, class_="small") if curves else None
    summary = el("summary", "Numbers behind ", plate.figure.name)
    return el("details", summary, sheet, listed, class_="numbers")


def _means(figure: Figure, series: Series) -> Html:
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
    return table(caption, (plain_math(figure.axis.label), *labels), lines, numbers=labels)


def _gaps(chapter: Chapter) -> Html:
    names = {
        entrant.scheme: join((el("code", entrant.scheme), " (larger problem)" if entrant.larger else ""))
        for entrant in chapter.entrants
    }
    rows = [
        (names[gap.scheme], gap.role, percent(gap.mean), percent(gap.largest), f"{gap.n_used}/{chapter.n_drops}")
        for gap in chapter.gaps
    ]
    head = ("scheme", "role", "mean gap", "largest gap", "drops")
    caption = "Relative distance to the certified bound of the scheme's own decision space, default scenario"
    missing = [gap for gap in chapter.gaps if not gap.n_used]
    notes = [
        el("p", el("code", gap.scheme), f": no certificate ({_why(chapter, gap.scheme)}).", class_="note")
        for gap in missing
    ]
    notes += [el("p", line + ".", class_="note") for line in remarks(chapter.system, chapter.gaps)]
    partly = [entrant for entrant in chapter.entrants if entrant.usable.any() and entrant.breaches]
    notes += [
        el("p", el("code", entrant.scheme), " infeasible: ", "; ".join(map(str, entrant.breaches)), ".", class_="note")
        for entrant in partly
    ]
    return join((table(caption, head, rows, numbers=head[2:]), *notes))


def _why(chapter: Chapter, scheme: str) -> str:
    entrant = next(entrant for entrant in chapter.entrants if entrant.scheme == scheme)
    if not entrant.usable.any():
        return "no feasible drop: " + "; ".join(map(str, entrant.breaches))
    space = chapter.system.scheme(scheme).space
    has = chapter.system.space(space).bound is not None
    return "its bound certifies nothing here" if has else f"its decision space {space.__name__} has no bound"


def _improvement(chapter: Chapter) -> Html:
    if not chapter.against_paper:
        return el("p", "There is nothing to compare with the paper's scheme at the default scenario.")
    parts: list[Html] = []
    for pair in chapter.improvements:
        used = f"{pair.difference.n_used} of {pair.difference.n} drops"
        words = (
            " against ",
            el("code", pair.second),
            ": ",
            el("strong", _improved(pair)),
            f" on {used}; ",
        )
        parts.append(el("p", el("code", pair.first), *words, _record(pair), "."))
    if not parts:
        parts.append(el("p", "This system has no improved scheme."))
    larger = {entrant.label for entrant in chapter.entrants if entrant.larger}
    rows = [
        (
            join((el("code", pair.first), " (larger problem)" if pair.first in larger else "")),
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
    return join((*parts, table(caption, head, rows, numbers=head[2:])))


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


def _improved(pair: Pair) -> str:
    """The same in words, where the interval leaves no doubt about the direction."""
    if pair.word not in ("better", "worse"):
        few = pair.difference.n_used < statistics.LEAST_DROPS
        return f"{_relative(pair)}, {'too few drops to decide' if few else pair.word}"
    scale = abs(pair.relative / pair.difference.mean)
    mean, *limits = (part.lstrip("−") for part in spread(pair.difference, 100 * scale))
    low, high = limits if pair.difference.mean > 0 else limits[::-1]
    way = "higher" if pair.difference.mean > 0 else "lower"
    return f"{pair.word}: {mean}{UNIT} {way} ({low} to {high})"


def _speed(chapter: Chapter) -> Html:
    if chapter.speed is None:
        command = f"python benchmarks/speed.py {chapter.system.name} --out speed.json"
        again = f"sagin report {chapter.system.name} --speed speed.json"
        return el("p", "Not measured. To measure: ", el("code", command), ", then ", el("code", again), ".")
    where = (
        "Peers: the same algorithm as a careful reader would write it with general solvers, run beside ours on the same"
        " drops. Ratio: the peer's time over ours."
        f" Measured on {chapter.speed.machine or 'an unnamed machine'}, {chapter.speed.created or 'undated'}."
    )
    return join(
        (el("p", where, class_="note"), *(_timings(name, rows) for name, rows in chapter.speed.sections.items()))
    )


def _timings(section: str, rows: Sequence[Mapping[str, Any]]) -> Html:
    head = [key for key in dict.fromkeys(["label", *(key for row in rows for key in row)]) if key != "aim"]
    right = [key for key in head if all(isinstance(row.get(key, 0.0), int | float) for row in rows)]
    lines = [[number(row[key]) if key in row else DASH for key in head] for row in rows]
    shown = {key: f"{key.removesuffix('_s').replace('_', ' ')}{' [s]' * key.endswith('_s')}" for key in head}
    caption = f"Speed: {section.replace('_', ' ')}"
    return table(caption, shown.values(), lines, numbers=[shown[key] for key in right])


def _fastest(chapter: Chapter) -> str:
    rows = [row for part in chapter.speed.sections.values() for row in part] if chapter.speed else []
    ratios = [float(row["ratio"]) for row in rows if isinstance(row.get("ratio"), int | float)]
    if not ratios:
        return "no peer measured" if chapter.speed else "not measured"
    span = f"{number(min(ratios), 3)} to {number(max(ratios), 3)}" if len(ratios) > 1 else number(ratios[0], 3)
    return f"{span} times as fast"


def _parameters(chapter: Chapter) -> Html:
    parts = [_fields(f"Scenario of {chapter.system.name}: defaults", chapter.scenario)]
    options: dict[type, list[str]] = {}
    for scheme in chapter.system.schemes:
        if scheme.options.model_fields:
            options.setdefault(scheme.options, []).append(scheme.name)
    for cls, names in options.items():
        sheet = _fields(f"Options of {', '.join(names)}: defaults", cls())
        parts.append(el("details", el("summary", "Options of ", join((el("code", n) for n in names), ", ")), sheet))
    return join(parts)


def _fields(caption: str, parameters: Any) -> Html:
    rows = [
        (
            el("code", row.name),
            el("code", _value(row.value)),
            plain_unit(row.unit) or DASH,
            plain_math(row.symbol) or DASH,
            _limits(row.bounds),
            plain_math(row.doc),
            row.source or DASH,
        )
        for row in field_rows(parameters)
    ]
    return table(caption, ("field", "value", "unit", "symbol", "must be", "meaning", "source"), rows, kind="fields")


def _limits(bounds: str) -> str:
    """Bounds of a field in the space of a narrow column."""
    words = bounds.replace(">= ", "≥\u00a0").replace("<= ", "≤\u00a0").replace("> ", ">\u00a0").replace("< ", "<\u00a0")
    return words.replace("an integer", "integer").replace(" and ", ", ")


def _cite(chapter: Chapter) -> Html:
    return _entry(chapter.system.reference, chapter.bibtex.get(chapter.system.reference, ""))


def _software(chapters: Sequence[Chapter]) -> Html:
    """The software's entries, which all systems share."""
    papers = {chapter.system.reference for chapter in chapters}
    entries = {key: entry for chapter in chapters for key, entry in chapter.bibtex.items() if key not in papers}
    return el("section", el("h2", "Software to cite"), *(_entry(*item) for item in entries.items()), id_="software")


def _entry(key: str, entry: str) -> Html:
    if entry:
        return el("pre", el("code", entry), tabindex="0", aria_label=f"BibTeX entry {key}")
    return el("p", "No BibTeX entry ", el("code", key), ".", class_="note")


def _origin(chapters: Sequence[Chapter], origin: Mapping[str, str]) -> Html:
    words = {
        "sagin_version": "version",
        "git_commit": "git commit",
        "library_versions": "libraries",
        "command": "command",
        "host_class": "machine",
        "created_utc": "made (UTC)",
    }
    rows: list[tuple[str, str]] = [(words.get(name, name), el("code", value)) for name, value in origin.items()]
    for chapter in chapters:
        drops = sorted({plate.n_drops for plate in chapter.plates})
        figures = f"; figures on seeds {_or([f'0:{count}' for count in drops])}" if drops else ""
        name = f"seeds of {chapter.system.name}"
        rows.append((name, f"0:{chapter.n_drops} (half-open) for gaps and improvement{figures}"))
        rows.append((f"sources of {chapter.system.name}", el("code", chapter.versions.get("sources", ""))))
    sheet = table("Where this report comes from", ("what", "value"), rows)
    return el("section", el("h2", "Provenance"), sheet, id_="provenance")


def _link(words: str, target: str) -> Html:
    return el("a", plain_math(words), href=f"#{target}")


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
