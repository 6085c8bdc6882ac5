import dataclasses
import itertools
import json
import math
import re
from base64 import b64decode
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import sagin
from sagin import InputError
from sagin.core import discovery
from sagin.core.contracts import System
from sagin.core.figures import Series
from sagin.core.parameters import field_rows
from sagin.core.statistics import Interval
from sagin.experiments import compare, gaps
from sagin.experiments.proofs import Proof
from sagin.presentation import report
from sagin.presentation.ledger_text import WORDS
from sagin.presentation.report import Chapter, chapter, speed_of
from sagin.presentation.report_numbers import number, percent, spread
from sagin.presentation.report_page import SIGNS, page
from sagin.presentation.reproduce import reproduce
from sagin.results.instances import Instance

TOY = Path(__file__).parents[1] / "toy_system"
ORIGIN = {"sagin_version": "1.2.3", "git_commit": "abc", "host_class": "a <machine>", "created_utc": "2026-11-22T00:00"}
DROPS = 6
EMPTY = {"br", "img", "meta", "col"}


class Page(HTMLParser):
    """What a browser or a screen reader finds; elements that are not closed in order are an error."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(words)
        self.close()
        assert self.open == []
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names)
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += f" {data}"

    def all(self, tag: str) -> list[dict[str, str]]:
        """Attributes of all elements of a kind."""
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="module")
def toy_chapter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chapter]:
    """The made-up system, computed once for this module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(TOY)
        discovery.forget()
        toy = sagin.system("toy")
        chosen = tuple(toy.figure(name) for name in ("fig1", "fig3", "schedule", "computed"))
        results = tmp_path_factory.mktemp("results")
        yield chapter(dataclasses.replace(toy, figures=chosen), results, n_drops=DROPS, threads=1)
    discovery.forget()


@pytest.fixture
def few(toy: System) -> System:
    """The made-up system with what a test of files needs."""
    return dataclasses.replace(toy, figures=(toy.figure("fig2"), toy.figure("computed")), schemes=toy.schemes[:4:3])


@pytest.fixture(scope="module")
def html(toy_chapter: Chapter) -> str:
    return page([toy_chapter], {}, ORIGIN)


@pytest.fixture(scope="module")
def parsed(html: str) -> Page:
    return Page(html)


def test_page_is_one_well_formed_document(html: str, parsed: Page) -> None:
    assert html.startswith('<!DOCTYPE html>\n<html lang="en">')
    for tag in ("html", "head", "title", "body", "main", "h1"):
        assert len(parsed.all(tag)) == 1
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in parsed.all("meta")
    levels = [int(tag[1]) for tag, _ in parsed.tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_identifiers_are_unique_and_links_resolve(parsed: Page) -> None:
    found = [attrs["id"] for _, attrs in parsed.tags if "id" in attrs]
    assert len(set(found)) == len(found)
    links = [attrs["href"] for attrs in parsed.all("a")]
    assert len(links) > 10
    assert {link for link in links if link.removeprefix("#") not in found or link[0] != "#"} == set()
    labelled = [attrs["aria-labelledby"] for _, attrs in parsed.tags if "aria-labelledby" in attrs]
    assert set(labelled) <= set(found)


def test_nothing_is_loaded_from_elsewhere(html: str, parsed: Page) -> None:
    names = {tag for tag, _ in parsed.tags}
    assert not names & {"script", "link", "iframe", "object", "embed", "base", "form", "video", "audio"}
    sources = [attrs[key] for _, attrs in parsed.tags for key in ("src", "srcset", "poster", "data") if key in attrs]
    assert all(source.startswith("data:image/") for source in sources)
    assert not [attrs for _, attrs in parsed.tags if "style" in attrs or any(name.startswith("on") for name in attrs)]
    style = html.split("<style>")[1].split("</style>")[0]
    assert not re.search(r"url\(|@import|http", style)
    (policy,) = [attrs["content"] for attrs in parsed.all("meta") if "http-equiv" in attrs]
    assert policy.startswith("default-src 'none'")
    for attrs in parsed.all("img"):
        image = b64decode(attrs["src"].split(",")[1]).decode()
        assert image.startswith("<svg")
        assert not re.search(r"<script|<!DOCTYPE|<text|font-family|href=\"(?!#)", image)


def test_figures_have_words_and_numbers(toy_chapter: Chapter, parsed: Page) -> None:
    images = parsed.all("img")
    assert len(images) == len(toy_chapter.plates) == 4
    alternatives = [attrs["alt"] for attrs in images]
    assert alternatives[0].startswith("Chart: Delay against users. sum delay (s) against number of users I (2 to 4): ")
    assert "equal, large tasks from " in alternatives[0]
    assert alternatives[2] == "Drawing: Schedule. It shows 3 bars in 2 rows."
    assert len(parsed.all("figure")) == 4
    assert "Numbers behind fig1" in parsed.text
    assert "scheme iterate, metric objective; rounds = 4" in parsed.text
    assert "With tight = True." in parsed.text


def test_claims_are_judged_in_words(toy_chapter: Chapter, parsed: Page) -> None:
    assert len(toy_chapter.entries) == 3
    for entry in toy_chapter.entries:
        for words in (entry.text, entry.evidence, entry.rule, entry.note):
            assert " ".join(words.split()) in parsed.text
        assert f"{SIGNS[entry.verdict]} {WORDS[entry.verdict]}" in parsed.text.replace("\u00a0", " ").replace("  ", " ")
    assert set(SIGNS) == set(WORDS)
    assert len(set(SIGNS.values())) == len(SIGNS)


def test_gaps_and_improvement_are_those_of_the_library(toy_chapter: Chapter, parsed: Page) -> None:
    toy = toy_chapter.system
    drops = toy.sample(toy.scenario(), range(DROPS))
    _, expected = gaps.gaps(toy, drops, {scheme.name: {} for scheme in toy.schemes})
    for ours, theirs in zip(toy_chapter.gaps, expected, strict=True):
        assert (ours.scheme, ours.role, ours.space) == (theirs.scheme, theirs.role, theirs.space)
        np.testing.assert_array_equal(ours.gaps, theirs.gaps)
        if ours.n_used:
            assert f"{percent(ours.mean)} {percent(ours.largest)} 6/6".replace("\u00a0", " ") in parsed.text
    assert "boosted : no certificate (for what it decides (boosted decision) there is no bound)" in parsed.text
    assert "boosted (larger problem)" in parsed.text
    (pair,) = toy_chapter.improvements
    objectives = {entrant.label: entrant.values("objective") for entrant in toy_chapter.entrants}
    assert pair.difference.mean == pytest.approx((objectives["closed_form"] - objectives["iterate"]).mean())
    assert "better on 6, equal on 0, worse on 0" in parsed.text


def test_parameters_citation_and_provenance_are_complete(toy_chapter: Chapter, parsed: Page) -> None:
    for row in field_rows(toy_chapter.scenario):
        for words in (row.name, row.unit, row.symbol, row.source, row.doc):
            assert words in parsed.text
        limits = re.findall(r"[-\d.e+]+", row.bounds)
        assert " ".join(limits) in " ".join(re.findall(r"[-\d.e+]+", parsed.text.split(row.name)[-1]))[:400]
    assert "integer, ≥ 1, ≤ 50" in parsed.text
    assert "step towards the optimal shares" in parsed.text  # an option of a scheme
    assert "@article{toy2026" in parsed.text
    assert "No BibTeX entry other2026" not in parsed.text
    for value in ORIGIN.values():
        assert value in parsed.text
    assert "0:6 (half-open)" in parsed.text
    assert toy_chapter.versions["sources"] in parsed.text


def test_tables_have_captions_and_scopes(parsed: Page) -> None:
    assert len(parsed.all("caption")) == len(parsed.all("table"))
    assert {attrs["scope"] for attrs in parsed.all("th")} == {"col", "row"}


def test_same_numbers_give_the_same_page(few: System, tmp_path: Path) -> None:
    one = chapter(few, tmp_path / "one", n_drops=3, threads=1)
    two = chapter(few, tmp_path / "two", n_drops=3, threads=2)
    again = chapter(few, tmp_path / "one", n_drops=3, threads=2)
    assert one.shards[0] == two.shards[0] > 0
    assert again.shards[0] == 0
    assert page([one], {}, ORIGIN) == page([two], {}, ORIGIN) == page([again], {}, ORIGIN)


def test_pieces_are_shared_with_reproduce(few: System, tmp_path: Path) -> None:
    done = reproduce(few, ["fig2"], out=tmp_path / "toy", n_drops=4)
    one = dataclasses.replace(few, figures=few.figures[:1])
    first = chapter(one, tmp_path, n_drops=4)
    assert first.shards[1] == done.solved == 2
    assert [entry.verdict for entry in first.entries] == [entry.verdict for entry in done.entries]
    none = dataclasses.replace(few, figures=())
    assert chapter(none, tmp_path, n_drops=2).n_drops == 2  # other drops in the same folder
    chapter(none, tmp_path / "new", n_drops=4)
    assert reproduce(few, ["computed"], out=tmp_path / "new" / "toy", n_drops=4).solved == 1  # goes on there


def test_folders_of_others_are_left_alone(few: System, tmp_path: Path) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="it holds other files"):
        chapter(few, tmp_path, n_drops=4)


def test_words_of_systems_are_escaped(toy_chapter: Chapter) -> None:
    nasty = '<script>alert("x")</script>'
    system = dataclasses.replace(toy_chapter.system, title=nasty, objective_unit="<b>")
    parsed = Page(page([dataclasses.replace(toy_chapter, system=system)], {nasty: "it & that"}, {"command": nasty}))
    assert not parsed.all("script")
    assert nasty in parsed.text
    assert "cannot be loaded: it & that" in parsed.text


def test_several_systems_and_none_of_the_extras(toy: System, toy_chapter: Chapter, tmp_path: Path) -> None:
    bare = dataclasses.replace(
        toy, name="bare", figures=(), sense="max", schemes=toy.schemes[1:2], spaces=toy.spaces[1:] + toy.spaces[:1]
    )  # no figure, no paper's scheme, first space without bound
    other = chapter(bare, tmp_path, n_drops=3)
    parsed = Page(page([toy_chapter, other], {}, ORIGIN))
    found = [attrs["id"] for _, attrs in parsed.tags if "id" in attrs]
    assert len(set(found)) == len(found)
    assert "bare-claims" not in found
    assert "nothing to compare with the paper's scheme" in parsed.text
    assert "2 systems" in parsed.text
    assert "Maximised: weighted sum delay; in s" in parsed.text
    assert "largest weighted sum delay [s]" in parsed.text


def test_a_scheme_that_refuses_the_default_sizes_is_named(toy: System, tmp_path: Path) -> None:
    def refuse(drops: object, options: object) -> None:
        raise InputError("n_users", 3, "<= 2", "exact search")

    exact = dataclasses.replace(toy.schemes[1], name="exact", solve=refuse)
    system = dataclasses.replace(toy, figures=(), schemes=(*toy.schemes[:2], exact))
    part = chapter(system, tmp_path, n_drops=3)
    text = Page(page([part], {}, {})).text
    assert "exact does not run at the default sizes (n_users = 3: must be <= 2 (exact search))" in text
    assert [entrant.label for entrant in part.entrants] == ["iterate", "equal"]


def test_improvement_is_told_in_words_where_it_is_sure(toy_chapter: Chapter) -> None:
    values = np.array([10.0, 11, 12, 13, 14, 15])
    about = {"options": {}, "usable": np.ones(6, dtype=bool), "space": "Decision", "larger": False, "source": ""}
    paper = compare.Entrant(label="iterate", scheme="iterate", role="paper", metrics={"objective": values}, **about)
    ours = dataclasses.replace(paper, label="closed_form", scheme="closed_form", metrics={"objective": 0.9 * values})
    table = compare.pairs([paper, ours], compare.Metric("objective", "min"), "iterate")
    text = Page(page([dataclasses.replace(toy_chapter, against_paper=table)], {}, {})).text
    assert "better: 10.0 % lower (8.4 to 11.6) on 6 of 6 drops" in text
    table = compare.pairs([paper, paper], compare.Metric("objective", "min"))
    table = [dataclasses.replace(table[0], first="closed_form")]
    text = Page(page([dataclasses.replace(toy_chapter, against_paper=table)], {}, {})).text
    assert "0 %, equal on 6 of 6 drops" in text


def test_speed_is_shown_where_it_was_measured(toy_chapter: Chapter, tmp_path: Path) -> None:
    text = Page(page([toy_chapter], {}, {})).text
    assert "Not measured. To measure:" in text
    row = {"label": "iterate against CVXPY", "ratio": 812.3, "drops": 3, "note": "as printed"}
    sections = {"latency": [row, {**row, "label": "equal", "ratio": 2}], "cold": [{"label": "first", "seconds": 1.5}]}
    document = {"provenance": {"host_class": "a fast one"}, "systems": {"toy": sections, "bare": {"latency": []}}}
    found = speed_of(document, "toy")
    assert found is not None
    assert speed_of(document, "bare") is speed_of(document, "nix") is speed_of(None, "toy") is None
    text = Page(page([dataclasses.replace(toy_chapter, speed=found)], {}, {})).text
    assert "2 to 812 times as fast" in text
    assert "Measured on a fast one, undated." in text
    assert "iterate against CVXPY 812.3 3 as printed" in text
    assert "Speed: cold label seconds first 1.5" in text
    path = tmp_path / "speed.json"
    path.write_text(json.dumps(document))
    assert report.read_speed(path) == document
    path.write_text("[]")
    with pytest.raises(InputError, match=r"written by benchmarks/speed\.py"):
        report.read_speed(path)
    path.write_text("{")
    with pytest.raises(InputError, match="must be a JSON document"):
        report.read_speed(path)
    with pytest.raises(InputError, match=r"--speed = .*none.json.: must be a readable file"):
        report.read_speed(tmp_path / "none.json")


def test_large_drawings_become_pixels(toy_chapter: Chapter, toy: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "LARGEST_SVG", 10)
    plate = report.plate(toy, toy.figure("map"), range(3), report.Shards())
    assert plate.kind == "png"
    assert plate.image.startswith(b"\x89PNG")


def test_numbers_read_well() -> None:
    cases = {0.1234567: "12.3", -0.05: "−5.00", 0.0: "0", 1e-12: "0", 85.3: "8530", 1e-5: "0.00100", 9.996: "1000"}
    assert {value: percent(value).removesuffix("\u00a0%") for value in cases} == cases
    assert percent(3e-8) == "< 0.001\u00a0%"
    assert percent(0.05, signed=True) == "+5.00\u00a0%"
    assert percent(np.nan) == number(np.nan) == "–"
    assert (number(-1.23456), number(3), number(True), number("<")) == ("−1.235", "3", "True", "<")
    assert (number(1912.4, 3), number(-12345.6), number(2.5e7)) == ("1,910", "−12,350", "2.5e+07")


def test_intervals_have_the_digits_they_support() -> None:
    assert spread(Interval(12.345, 11.9, 12.79, 6, 6)) == ["12.35", "11.90", "12.79"]
    assert spread(Interval(0.12345, -0.01, 0.25, 6, 6), 100, sign="+") == ["+12", "−1", "+25"]
    assert spread(Interval(-1.94e-6, -3e-6, -0.87e-6, 6, 6), 100) == ["−1.9·10⁻⁴", "−3.0·10⁻⁴", "−0.9·10⁻⁴"]
    assert spread(Interval(1234567.0, 1200000.0, 1270000.0, 6, 6)) == ["1.235·10⁶", "1.200·10⁶", "1.270·10⁶"]
    assert spread(Interval(2.0, 2.0, 2.0, 6, 6)) == ["2.00000"] * 3
    assert spread(Interval(2.0, np.nan, np.nan, 1, 1)) == ["2"]


def test_what_a_paper_is_about_comes_from_its_own_page(toy_chapter: Chapter) -> None:
    opening = ("A. Uthor, *Title*. Key `toy2026`.", "Users share a server, at $\\mu$ = 3 %.")
    text = Page(page([dataclasses.replace(toy_chapter, introduction=opening)], {}, {})).text
    assert "Users share a server, at μ = 3 %." in text
    assert "A. Uthor, Title . Key toy2026 ." in text


def test_repeated_fairness_notes_are_told_once(toy_chapter: Chapter) -> None:
    plate = toy_chapter.plates[0]
    common = "calibrated so that the order of the two curves comes out"
    entries = [dataclasses.replace(entry, note=f"{common}; own remark {n}") for n, entry in enumerate(plate.entries)]
    part = dataclasses.replace(toy_chapter, plates=[dataclasses.replace(plate, entries=entries)])
    parsed = Page(page([part], {}, {}))
    assert len(entries) > 1
    assert parsed.text.count(common) == 1
    assert parsed.text.count("note a ; own remark") == len(entries)
    assert sum(attrs.get("href") == "#toy-note-a" for attrs in parsed.all("a")) == len(entries)


def test_few_drops_are_owned_up_to(toy_chapter: Chapter) -> None:
    plates = [dataclasses.replace(plate, n_drops=3) for plate in toy_chapter.plates]
    few = Page(page([dataclasses.replace(toy_chapter, plates=plates)], {}, {})).text
    assert "made with 3 drops a point" in few
    assert "drops a point" not in Page(page([toy_chapter], {}, {})).text


def test_tables_of_long_figures_show_some_points_and_no_rounding(toy_chapter: Chapter) -> None:
    values = np.repeat(np.linspace(1, 2, 100)[None, :, None], 6, axis=2)
    values[..., 0] += 1e-15
    series = Series(np.arange(100.0), ("a",), values, np.ones(values.shape, dtype=bool))
    plate = dataclasses.replace(toy_chapter.plates[0], series=series)
    text = Page(page([dataclasses.replace(toy_chapter, plates=[plate])], {}, {})).text
    table = text.split("one point in 4")[1].split("Gap to the certified bound")[0]
    assert " 0 1 4 1.04 8 1.081 " in table
    assert " 96 1.97 99 2 " in table
    assert "±" not in table


def test_proven_gaps_stand_beside_the_quick_ones(toy_chapter: Chapter) -> None:
    best = min(entrant.values("objective")[0] for entrant in toy_chapter.entrants if entrant.space == "Decision")
    quick, bound = 0.8 * best, 0.9 * best
    proof = Proof(0, best, "proof", None, quick=quick, bound=bound, steps=3, ended=False)
    shown = Page(page([dataclasses.replace(toy_chapter, proofs=(proof,) * DROPS)], {}, ORIGIN))
    assert "mean gap, proven" in shown.text
    before, after = (
        percent(float(toy_chapter.system.gap(np.array([best]), np.array([value]))[0])) for value in (quick, bound)
    )
    words = f"best known proof {before} {before} {DROPS}/{DROPS} {after} {after}"
    assert " ".join(words.split()) in shown.text


def test_certified_instances_are_a_table(toy_chapter: Chapter) -> None:
    items = (
        Instance("dm_mimo_vec", "small", 0, objective=2.0, by="ao", bound=1.9, bound_by="proof", quick=1.8, steps=4),
        Instance("dm_mimo_vec", "tight", 1, bound=math.inf, bound_by="bound", quick=math.inf),
    )
    shown = Page(page([dataclasses.replace(toy_chapter, instances=items)], {}, ORIGIN))
    words = f"small/0 2 ao 1.9 proof {percent(2 / 1.8 - 1)} {percent(2 / 1.9 - 1)}"
    assert " ".join(words.split()) in shown.text
    assert "certified infeasible" in shown.text
    assert "Certified instances" not in Page(page([toy_chapter], {}, ORIGIN)).text
