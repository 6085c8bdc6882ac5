import dataclasses

import numpy as np

from sagin.core.contracts import System
from sagin.core.figures import Series
from sagin.experiments.ledger import Entry, judge, merge
from sagin.experiments.series import series_of
from sagin.presentation import ledger_text


def _entries(toy: System, name: str) -> list[Entry]:
    figure = toy.figure(name)
    return judge(figure, series_of(toy, figure, range(8)))


def test_csv_comes_back_and_other_figures_are_kept(toy: System, tmp_path) -> None:
    first, second = _entries(toy, "fig1"), _entries(toy, "fig2")
    path = tmp_path / "claims.csv"
    path.write_text(ledger_text.to_csv(first + second))
    assert ledger_text.from_csv(path) == first + second
    assert merge(toy, second, ledger_text.from_csv(path), ["fig2"]) == first + second
    assert merge(toy, first, second, ["fig1"]) == first + second
    path.write_text("something,else\n1,2\n")
    assert ledger_text.from_csv(path) == []
    assert ledger_text.from_csv(tmp_path / "none.csv") == []
    assert ledger_text.to_csv([]).startswith("figure,claim,verdict")


def test_page_counts_verdicts_and_escapes_bars(toy: System) -> None:
    series = Series(np.zeros(1), ("a",), np.zeros((1, 1, 8)), np.ones((1, 1, 8), dtype=bool))
    assert series.index("a") == 0
    entries = [*_entries(toy, "fig1"), Entry("fig2", "x", "holds", "a | b\nc", "t", "r", "", 8)]
    page = ledger_text.to_markdown(toy, entries)
    assert "2 holds" in page
    assert "1 contradictory" in page
    assert "a \\| b c" in page
    assert "no claims" in ledger_text.to_markdown(toy, [])


def test_remarks_that_several_notes_share_are_taken_out_once() -> None:
    assumed, reused = (
        "the paper gives no parameter but one, all are assumed",
        "every model is optimised with the same random numbers",
    )
    both = f"{assumed}; {reused}"
    notes = [both, f"{both}; at one end both tie", "", "short; short", f"Its own. {assumed.capitalize()}.", "short"]
    shared, rests = ledger_text.fold(notes)
    assert shared == {"a": both}
    assert rests == [
        (["a"], ""),
        (["a"], "at one end both tie"),
        ([], ""),
        ([], "short; short"),
        ([], rests[4][1]),
        ([], "short"),
    ]
    assert rests[4][1] == f"Its own; {assumed.capitalize()}"
    shared, rests = ledger_text.fold([both, assumed])
    assert shared == {"a": assumed}
    assert rests == [(["a"], reused), (["a"], "")]


def test_page_tells_shared_notes_once(toy: System) -> None:
    note = "calibrated so that the order of the two curves comes out"
    entries = [dataclasses.replace(entry, note=note) for entry in _entries(toy, "fig1")]
    page = ledger_text.to_markdown(toy, entries)
    assert page.count(note) == 1
    assert page.count("| note a |") == len(entries) > 1
